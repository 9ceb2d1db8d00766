"""Vector files: which are read, as what, and the polygons in them."""

from collections.abc import Collection
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry.base import BaseGeometry

from engine.errors import InputError

READABLE = frozenset({".geojson", ".json", ".gpkg", ".shp", ".parquet"})
_BEGINNINGS = {".gpkg": b"SQLite format 3\0", ".shp": b"\x00\x00\x27\x0a", ".parquet": b"PAR1", ".zip": b"PK"}
_HEAD = 1024  # bytes; JSON may begin with blanks


def read_vectors(
    path: Path,
    *,
    field: str,
    readable: Collection[str] = READABLE,
    layer: str | None = None,
    encoding: str | None = None,
    within: str | None = None,
    crs: str | None = None,
) -> gpd.GeoDataFrame:
    """Read a table with geometry and a coordinate reference system.

    Parameters
    ----------
    field : the option that names the file. readable : suffixes of the forms that are read, in lower case.
    layer : of a file with several. encoding : of a shapefile's texts, where it does not say so itself.
    within : address of the table inside an archive; it is opened instead of `path`, which errors name. crs : where the
    file does not say it.

    Raises
    ------
    InputError
        For a file that is missing, of another form or cannot be read, and for one without geometry or without a CRS.
    """
    if not path.is_file():
        raise InputError("the file does not exist", file=path, field=field, mend="correct the path")
    if path.suffix.lower() not in readable:
        raise InputError(
            f"'{path.suffix}' is not read here", file=path, mend=f"supply one of {', '.join(sorted(readable))}"
        )
    with path.open("rb") as file:
        if not begins_as(path.suffix.lower(), file.read(_HEAD)):
            raise InputError("not a readable vector file (it holds something else)", file=path, mend="supply it again")
    try:
        if path.suffix.lower() == ".parquet":
            table = gpd.read_parquet(path)
        else:
            table = gpd.read_file(within or path, layer=layer, encoding=encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"its texts are not written in {error.encoding}", file=path, field="encoding", mend="name the right one"
        ) from None
    except (DataSourceError, DataLayerError, ValueError, OSError) as error:
        raise InputError(f"not a readable vector file ({error})", file=path, mend="supply it again") from None
    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError("no geometry in it", file=path, field="geometry", mend="supply outlines as polygons")
    if table.crs is None and crs is not None:
        table = table.set_crs(crs)
    if table.crs is None:
        raise InputError(
            "the vector file has no coordinate reference system", file=path, field="CRS", mend="supply its .prj"
        )
    return table


def begins_as(suffix: str, head: bytes) -> bool:
    """Whether a file of that suffix (in lower case) begins so. What begins otherwise is handed to no library: some open
    whatever files a text names."""
    beginning = _BEGINNINGS.get(suffix)
    return head.startswith(beginning) if beginning else head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def vector_files(path: Path) -> list[Path]:
    """A vector file, and what a shapefile is made of beside it."""
    if path.suffix.lower() != ".shp":
        return [path]
    return [path, *(beside for beside in sorted(path.parent.glob(f"{path.stem}.*")) if beside != path)]


def polygons_in(shape: BaseGeometry | None) -> BaseGeometry:
    """The polygons in a geometry, mended, flat, and as one (multi)polygon; empty where there is none."""
    if shape is None:
        return shapely.Polygon()
    parts = shapely.get_parts(shapely.make_valid(shapely.force_2d(shape), method="structure"))
    while any(part.geom_type.startswith(("Multi", "GeometryCollection")) for part in parts):
        parts = shapely.get_parts(parts)
    return shapely.union_all([part for part in parts if part.geom_type == "Polygon"])


def require_degrees(shapes: gpd.GeoSeries, path: Path) -> None:
    """Refuse shapes in EPSG:4326 that cannot lie there: their file says the wrong coordinate system."""
    if shapes.empty:
        return
    west, south, east, north = shapes.total_bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise InputError(
            f"coordinates up to {east:.6g}, {north:.6g} are no longitude and latitude",
            file=path,
            field="CRS",
            mend="the file says the wrong coordinate system; set the right one (GeoJSON is always WGS 84 degrees)",
        )


def column_of(table: gpd.GeoDataFrame, name: str | None, path: Path, option: str) -> pd.Series:
    """A column, numbered from 0; empty texts where none is named.

    Raises
    ------
    InputError
        When the column is not there; it names those that are.
    """
    if name is None:
        return pd.Series([""] * len(table))
    if name not in table.columns:
        columns = ", ".join(str(column) for column in table.columns if column != table.geometry.name)
        raise InputError(f"no column '{name}'", file=path, field=option, mend=f"take one of: {columns}")
    return table[name].reset_index(drop=True)


def texts(values: pd.Series) -> pd.Series:
    """Values as text; what is missing is empty."""
    return values.astype(object).where(values.notna(), "").astype(str)
