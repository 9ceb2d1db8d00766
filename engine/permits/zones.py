"""Zones in which nothing may be mined."""

import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from engine.errors import InputError
from engine.permits.dates import as_date
from engine.permits.options import ZoneOptions
from engine.vectors import column_of, polygons_in, read_vectors, require_degrees, texts, vector_files

ZONE_COLUMNS = ["name", "since", "geometry"]
_READABLE = frozenset({".geojson", ".json", ".gpkg", ".shp"})


def no_zones() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({name: [] for name in ZONE_COLUMNS}, geometry="geometry", crs="EPSG:4326")


def read_zones(options: tuple[ZoneOptions, ...], area_folder: Path) -> gpd.GeoDataFrame:
    """The zones of all layers: columns `name` (empty where none is given), `since` (a date, or None for always),
    geometry in EPSG:4326.

    Raises
    ------
    InputError
        For a file that cannot be read, no CRS, a missing column, a date that is none, and no polygon at all.
    """
    layers = [_read(one, area_folder) for one in options]
    if not layers:
        return no_zones()
    return gpd.GeoDataFrame(pd.concat(layers, ignore_index=True), crs="EPSG:4326")


def zone_files(options: tuple[ZoneOptions, ...], area_folder: Path) -> list[Path]:
    return [file for one in options for file in vector_files(area_folder / one.path)]


def _read(options: ZoneOptions, area_folder: Path) -> gpd.GeoDataFrame:
    path = area_folder / options.path
    table = read_vectors(
        path,
        field="permits.zones.path",
        readable=_READABLE,
        layer=options.layer,
        encoding=options.encoding if path.suffix.lower() == ".shp" else None,  # the other forms are UTF-8
        crs=options.crs,
    )
    shapes = gpd.GeoSeries([polygons_in(shape) for shape in table.geometry], crs=table.crs)
    if shapes.is_empty.all():
        raise InputError("no polygon in it", file=path, field="geometry", mend="supply the zones as polygons")
    degrees = shapes.to_crs("EPSG:4326")
    require_degrees(degrees[~degrees.is_empty], path)
    zones = gpd.GeoDataFrame(
        {
            "name": texts(column_of(table, options.name, path, "permits.zones.name")),
            "since": pd.Series(_days(table, options.since, path), dtype=object),
        },
        geometry=degrees.to_numpy(),
        crs="EPSG:4326",
    )
    return zones[~zones.geometry.is_empty].reset_index(drop=True)


def _days(table: gpd.GeoDataFrame, column: str | None, path: Path) -> list[datetime.date | None]:
    if column is None:
        return [None] * len(table)
    days = []
    for row, value in enumerate(column_of(table, column, path, "permits.zones.since"), start=1):
        try:
            days.append(as_date(value))
        except ValueError as error:
            raise InputError(
                f"{error} (row {row})", file=path, field=column, mend="write it as 2020-12-31 or leave it empty"
            ) from None
    return days
