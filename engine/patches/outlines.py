"""Patches that are given rather than extracted: outlines of mines from a vector file."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry.base import BaseGeometry

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
    broken = ~table.geometry.is_valid
    polygons = table.set_geometry(shapely.force_2d([_polygons(shape) for shape in table.geometry])).to_crs("EPSG:4326")
    kept = ~polygons.geometry.is_empty
    west, south, east, north = polygons[kept].total_bounds if kept.any() else (0, 0, 0, 0)
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise InputError(
            f"coordinates up to {east:.6g}, {north:.6g} are no longitude and latitude",
            file=path,
            field="CRS",
            mend="the file says the wrong coordinate system; set the right one (GeoJSON is always WGS 84 degrees)",
        )
    polygons, broken = polygons[kept], broken[kept]
    if polygons.empty:
        raise InputError("no polygon in it", file=path, field="geometry", mend="supply outlines as polygons")
    return gpd.GeoDataFrame(
        {
            "patch_id": _identifiers(polygons, options, path),
            "name": _texts(_column(polygons, options.name_field, path, "patches.name_field")),
            "mine_class": options.mine_class,
            "area_m2": [geodesic_area(shape) for shape in polygons.geometry],
            "mended": broken.to_numpy(),
        },
        geometry=polygons.geometry.values,
        crs="EPSG:4326",
    )


def vector_files(path: Path) -> list[Path]:
    """A vector file, and what a shape file is made of beside it."""
    if path.suffix.lower() != ".shp":
        return [path]
    return [path, *(beside for beside in sorted(path.parent.glob(f"{path.stem}.*")) if beside != path)]


def _polygons(shape: BaseGeometry | None) -> BaseGeometry:
    """The polygons in a geometry, mended and as one (multi)polygon; empty where there is none."""
    if shape is None:
        return shapely.Polygon()
    parts = shapely.get_parts(shapely.make_valid(shape, method="structure"))
    while any(part.geom_type.startswith(("Multi", "GeometryCollection")) for part in parts):
        parts = shapely.get_parts(parts)
    return shapely.union_all([part for part in parts if part.geom_type == "Polygon"])


def _read(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    if not path.is_file():
        raise InputError("the file does not exist", file=path, field="patches.path", mend="correct the path")
    if path.suffix.lower() not in READABLE:
        raise InputError(
            f"'{path.suffix}' is not read here", file=path, mend=f"supply one of {', '.join(sorted(READABLE))}"
        )
    try:
        table = gpd.read_parquet(path) if path.suffix.lower() == ".parquet" else gpd.read_file(path, layer=layer)
    except (DataSourceError, DataLayerError, ValueError, OSError) as error:
        raise InputError(f"not a readable vector file ({error})", file=path, mend="supply it again") from None
    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError("no geometry in it", file=path, field="geometry", mend="supply outlines as polygons")
    return table


def _identifiers(table: gpd.GeoDataFrame, options: OutlineOptions, path: Path) -> pd.Series:
    if options.id_field is None:
        return pd.Series([f"P-{number:04d}" for number in range(1, len(table) + 1)])
    identifiers = _texts(_column(table, options.id_field, path, "patches.id_field"))
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


def _texts(values: pd.Series) -> pd.Series:
    """Values as text; what is missing is empty."""
    return values.astype(object).where(values.notna(), "").astype(str)


def _column(table: gpd.GeoDataFrame, name: str | None, path: Path, option: str) -> pd.Series:
    if name is None:
        return pd.Series([""] * len(table))
    if name not in table.columns:
        columns = ", ".join(column for column in table.columns if column != "geometry")
        raise InputError(f"no column '{name}'", file=path, field=option, mend=f"take one of: {columns}")
    return table[name].reset_index(drop=True)
