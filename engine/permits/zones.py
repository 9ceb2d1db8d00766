"""Zones in which nothing may be mined."""

import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from engine.errors import InputError
from engine.permits.cadastre import Cadastre
from engine.permits.dates import as_date
from engine.permits.options import ZoneOptions
from engine.vectors import column_of, polygons_in, read_vectors, require_degrees, texts, vector_files

ZONE_COLUMNS = ["name", "since", "geometry"]
_USUAL = {
    "name": {"name", "zone", "nombre", "nome", "名称", "保护区名称", "红线名称", "区域名称"},
    "since": {"since", "valid_from", "in_force", "date", "desde", "批准时间", "批准日期", "生效日期", "划定时间"},
}
_READABLE = frozenset({".geojson", ".json", ".gpkg", ".shp"})


def no_zones() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({name: [] for name in ZONE_COLUMNS}, geometry="geometry", crs="EPSG:4326")


def zones_of(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Zones from a table that is laid out as the store's, geometry as WKB in EPSG:4326."""
    if table.empty:
        return no_zones()
    shapes = gpd.GeoSeries.from_wkb([bytes(one) for one in table["geometry"]], crs="EPSG:4326")
    return gpd.GeoDataFrame(table[["name", "since"]], geometry=shapes)[ZONE_COLUMNS]


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


def zones_in(cadastre: Cadastre) -> gpd.GeoDataFrame:
    """The zones of a file that was read like a register, the columns of their names and days told by what these are
    usually called; columns as of `read_zones`.

    Raises
    ------
    InputError
        For a date that is none.
    """
    table = cadastre.table.reset_index(drop=True)
    usual = {name: _usual_column(table, names) for name, names in _USUAL.items()}
    zones = gpd.GeoDataFrame(
        {
            "name": texts(column_of(table, usual["name"], Path(cadastre.name), "--zones")),
            "since": pd.Series(_days(table, usual["since"], Path(cadastre.name)), dtype=object),
        },
        geometry=table.geometry.to_crs("EPSG:4326").to_numpy(),
        crs="EPSG:4326",
    )
    return zones[~zones.geometry.is_empty].reset_index(drop=True)


def _usual_column(table: pd.DataFrame, names: set[str]) -> str | None:
    """The column of a usual name, or of what ten bytes of a shapefile leave of one."""
    columns = [str(one) for one in table.columns]
    whole = [one for one in columns if one.casefold() in names]
    cut = [one for one in columns if len(one) >= 3 and any(name.startswith(one.casefold()) for name in names)]
    return next(iter(whole + cut), None)


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
