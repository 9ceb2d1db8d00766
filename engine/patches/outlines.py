"""Patches that are given rather than extracted: outlines of mines from a vector file."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from engine.errors import InputError
from engine.grid import geodesic_area
from engine.options import Options
from engine.vectors import column_of, polygons_in, read_vectors, require_degrees, texts


class OutlineOptions(Options):
    """path : of the vector file, relative to the area's folder. layer : of a file with several.

    id_field, name_field : columns for identifier and name; without them patches are numbered.
    mine_class : what all of them are, in the users' words.
    """

    path: Path
    layer: str | None = None
    id_field: str | None = None
    name_field: str | None = None
    mine_class: str = "mine"


def read_outlines(options: OutlineOptions, area_folder: Path) -> gpd.GeoDataFrame:
    """Read the outlines as patches in EPSG:4326.

    Returns
    -------
    Columns patch_id, name, mine_class, area_m2 (geodesic), mended (whether the ring crossed itself), geometry.

    Raises
    ------
    InputError
        For a missing or unreadable file, no CRS, no polygons, a missing column or an identifier that occurs twice.
    """
    path = area_folder / options.path
    table = read_vectors(path, field="patches.path", layer=options.layer)
    broken = ~table.geometry.is_valid
    polygons = table.set_geometry([polygons_in(shape) for shape in table.geometry], crs=table.crs).to_crs("EPSG:4326")
    kept = ~polygons.geometry.is_empty
    require_degrees(polygons.geometry[kept], path)
    polygons, broken = polygons[kept], broken[kept]
    if polygons.empty:
        raise InputError("no polygon in it", file=path, field="geometry", mend="supply outlines as polygons")
    return gpd.GeoDataFrame(
        {
            "patch_id": _identifiers(polygons, options, path),
            "name": texts(column_of(polygons, options.name_field, path, "patches.name_field")),
            "mine_class": options.mine_class,
            "area_m2": [geodesic_area(shape) for shape in polygons.geometry],
            "mended": broken.to_numpy(),
        },
        geometry=polygons.geometry.values,
        crs="EPSG:4326",
    )


def _identifiers(table: gpd.GeoDataFrame, options: OutlineOptions, path: Path) -> pd.Series:
    if options.id_field is None:
        return pd.Series([f"P-{number:04d}" for number in range(1, len(table) + 1)])
    identifiers = texts(column_of(table, options.id_field, path, "patches.id_field"))
    if (identifiers == "").any():
        raise InputError(
            "an outline has no identifier",
            file=path,
            field=options.id_field,
            mend="give each one, or leave id_field out",
        )
    if (twice := identifiers[identifiers.duplicated()]).any():
        raise InputError(
            f"the identifier '{twice.iloc[0]}' occurs twice", file=path, field=options.id_field, mend="make it unique"
        )
    return identifiers
