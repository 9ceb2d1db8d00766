"""Labels of an image, from a raster of codes or from polygons, brought onto its grid.

As an array: 0 background, 1 … K the classes in the order of the options, UNLABELLED where nothing is known.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyogrio.errors import DataSourceError
from pyproj.exceptions import ProjError
from rasterio.features import rasterize
from rasterio.warp import Resampling, reproject

from engine.errors import InputError
from engine.grid import Grid, lies_nowhere
from engine.patches.options import ReferenceOptions
from engine.raster import Raster
from engine.vectors import polygons_in

BACKGROUND, UNLABELLED = 0, 255

_RASTERS = {".tif", ".tiff", ".img", ".bsq", ".dat"}
_VECTORS = {".geojson", ".json", ".gpkg", ".shp", ".parquet"}
_NO_CODE = np.nan


def read_labels(path: Path, grid: Grid, reference: ReferenceOptions) -> NDArray[np.uint8]:
    """Labels on a grid, shape of the grid. Rasters are brought there by the nearest pixel; of polygons' edges, the
    pixels whose centre is inside count.

    Raises
    ------
    InputError
        For a file that cannot be read, no CRS, labels that lie elsewhere, or a field that is not there.
    """
    if not path.is_file():
        raise InputError("the file does not exist", file=path, field="labels", mend="correct the path")
    suffix = path.suffix.lower()
    if suffix in _VECTORS:
        return _from_polygons(path, grid, reference)
    if suffix in _RASTERS:
        return _from_raster(path, grid, reference)
    raise InputError(
        f"'{path.suffix}' is not read as labels",
        file=path,
        field="labels",
        mend=f"supply one of {', '.join(sorted(_RASTERS | _VECTORS))}",
    )


def require_every_class(
    labels: Iterable[NDArray[np.uint8]], reference: ReferenceOptions, files: Sequence[Path]
) -> None:
    """Refuse a training without a single pixel of a class, or of background.

    Raises
    ------
    InputError
        Naming the class and the files in which it was looked for.
    """
    seen = np.zeros(256, bool)
    for one in labels:
        seen[np.unique(one)] = True
    for code, name in enumerate(("background", *reference.classes)):
        if not seen[code]:
            codes = reference.background if code == BACKGROUND else reference.classes[name]
            looked_for = f" (codes {', '.join(str(one) for one in codes)})" if codes else ""
            raise InputError(
                f"no pixel that may be trained on is labelled '{name}'{looked_for}",
                file=", ".join(str(path) for path in files),
                field=f"reference.classes.{name}" if code else "reference.background",
                mend="label some, correct its codes, hold out less, or leave the class out",
            )


def _from_raster(path: Path, grid: Grid, reference: ReferenceOptions) -> NDArray[np.uint8]:
    with Raster(path) as raster:
        codes, own, nodata = raster.read().astype(np.float64), raster.grid, raster.nodata
        codes[raster.read_masked()] = _NO_CODE
    if nodata is not None:
        codes[codes == nodata] = _NO_CODE
    if not own.matches(grid):
        there = np.full(grid.shape, _NO_CODE)
        reproject(
            codes,
            there,
            src_transform=own.transform,
            src_crs=own.crs.to_wkt(),
            src_nodata=_NO_CODE,
            dst_transform=grid.transform,
            dst_crs=grid.crs.to_wkt(),
            dst_nodata=_NO_CODE,
            resampling=Resampling.nearest,
        )
        codes = there
    if not np.isfinite(codes).any():
        raise _elsewhere(path, grid)
    labels = np.full(grid.shape, UNLABELLED, np.uint8)
    for label, wanted in enumerate((reference.background, *reference.classes.values())):
        labels[np.isin(codes, _as_numbers(wanted, path))] = label
    return labels


def _as_numbers(codes: Sequence[int | str], path: Path) -> list[float]:
    try:
        return [float(code) for code in codes]
    except ValueError:
        raise InputError(
            f"the pixels of a raster are numbers, and the codes are {', '.join(str(code) for code in codes)}",
            file=path,
            field="reference.classes",
            mend="give the codes as numbers",
        ) from None


def _from_polygons(path: Path, grid: Grid, reference: ReferenceOptions) -> NDArray[np.uint8]:
    try:
        table = gpd.read_parquet(path) if path.suffix.lower() == ".parquet" else gpd.read_file(path)
    except (DataSourceError, ValueError, OSError) as error:
        raise InputError(f"not a readable vector file ({error})", file=path, mend="supply it again") from None
    if not isinstance(table, gpd.GeoDataFrame) or table.crs is None:
        raise InputError(
            "the labels have no coordinate reference system", file=path, field="CRS", mend="supply its .prj, or set it"
        )
    classes_of = labels_of(table, path, reference)
    # Lines and points are no ground; a pixel that one of them crosses would count as labelled.
    mixed = ~table.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    polygons = table.geometry.mask(mixed, table.geometry[mixed].map(polygons_in))
    try:
        shapes = polygons.to_crs(grid.crs.to_wkt())
    except ProjError:
        raise lies_nowhere(table.crs.name, path) from None
    there = (~(shapes.is_empty | shapes.isna())).to_numpy()
    bounds = grid.bounds
    if not shapes[there].cx[bounds.west : bounds.east, bounds.south : bounds.north].size:
        raise _elsewhere(path, grid)
    burnt = list(zip(shapes[there], classes_of[there], strict=True))
    # The later ones hold where polygons lie on each other: what is known over what is not, background (a lake in a pit)
    # over classes.
    burnt.sort(key=lambda item: (item[1] != UNLABELLED, -item[1]))
    labels = np.full(grid.shape, BACKGROUND, np.uint8)
    return np.asarray(rasterize(burnt, out=labels, transform=grid.transform, all_touched=False), np.uint8)


def labels_of(table: gpd.GeoDataFrame, path: Path, reference: ReferenceOptions) -> NDArray[np.int64]:
    """The label of each polygon, shape (polygons,); UNLABELLED for a code that means nothing."""
    field = reference.class_field
    if field is None:
        if len(reference.classes) > 1:
            raise InputError(
                f"{len(reference.classes)} classes, and nothing says which polygon is of which",
                file=path,
                field="reference.class_field",
                mend="name the column that holds the codes",
            )
        return np.ones(len(table), np.int64)
    if field not in table.columns:
        columns = ", ".join(column for column in table.columns if column != "geometry")
        raise InputError(
            f"no column '{field}'", file=path, field="reference.class_field", mend=f"take one of: {columns}"
        )
    label_of = {str(code): label for label, group in enumerate(reference.classes.values(), start=1) for code in group}
    label_of |= {str(code): BACKGROUND for code in reference.background}
    return np.array([label_of.get(_as_text(code), UNLABELLED) for code in table[field]], np.int64)


def _as_text(code: object) -> str:
    """A code as the options write it: a column of integers with gaps is read as floats."""
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code).strip()


def _elsewhere(path: Path, grid: Grid) -> InputError:
    return InputError(
        f"it labels nothing of the image's frame {tuple(grid.bounds)} in {grid.crs.name}",
        file=path,
        field="extent",
        mend="supply the labels of this place, or correct their CRS",
    )
