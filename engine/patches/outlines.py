"""Patches that are given rather than extracted: outlines of mines from a vector file."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from pyogrio.errors import DataSourceError

from engine.errors import InputError
from engine.grid import geodesic_area
from engine.options import Options

READABLE = {".geojson", ".json", ".gpkg", ".shp", ".parquet"}


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
    table = _read(path, options.layer)
    if table.crs is None:
        raise InputError(
            "the vector file has no coordinate reference system", file=path, field="CRS", mend="supply its .prj"
        )
    table = table.to_crs("EPSG:4326")
    polygons = table[table.geom_type.isin(["Polygon", "MultiPolygon"])]
    if polygons.empty:
        raise InputError("no polygon in it", file=path, field="geometry", mend="supply outlines as polygons")
    mended = ~polygons.geometry.is_valid
    geometry = shapely.force_2d(polygons.geometry.make_valid(method="structure").values)
    return gpd.GeoDataFrame(
        {
            "patch_id": _identifiers(polygons, options, path),
            "name": _column(polygons, options.name_field, path, "patches.name_field").fillna(""),
            "mine_class": options.mine_class,
            "area_m2": [geodesic_area(shape) for shape in geometry],
            "mended": mended.to_numpy(),
        },
        geometry=geometry,
        crs="EPSG:4326",
    )


def _read(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    if not path.exists():
        raise InputError("the file does not exist", file=path, field="patches.path", mend="correct the path")
    if path.suffix.lower() not in READABLE:
        raise InputError(
            f"'{path.suffix}' is not read here", file=path, mend=f"supply one of {', '.join(sorted(READABLE))}"
        )
    try:
        if path.suffix.lower() == ".parquet":
            return gpd.read_parquet(path)
        return gpd.read_file(path, layer=layer)
    except (DataSourceError, ValueError, OSError) as error:
        raise InputError(f"not a readable vector file ({error})", file=path, mend="supply it again") from None


def _identifiers(table: gpd.GeoDataFrame, options: OutlineOptions, path: Path) -> pd.Series:
    if options.id_field is None:
        return pd.Series([f"P-{number:04d}" for number in range(1, len(table) + 1)])
    identifiers = _column(table, options.id_field, path, "patches.id_field").astype(str)
    if (twice := identifiers[identifiers.duplicated()]).any():
        raise InputError(
            f"the identifier '{twice.iloc[0]}' occurs twice", file=path, field=options.id_field, mend="make it unique"
        )
    return identifiers


def _column(table: gpd.GeoDataFrame, name: str | None, path: Path, option: str) -> pd.Series:
    if name is None:
        return pd.Series([""] * len(table))
    if name not in table.columns:
        columns = ", ".join(column for column in table.columns if column != "geometry")
        raise InputError(f"no column '{name}'", file=path, field=option, mend=f"take one of: {columns}")
    return table[name].reset_index(drop=True)
