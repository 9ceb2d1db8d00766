"""The only reader and writer of georeferenced rasters."""

import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.shutil import copy
from rasterio.vrt import WarpedVRT
from rasterio.warp import reproject
from rasterio.windows import Window

from engine.errors import InputError
from engine.grid import Block, Grid, cover

# Formats that rasters may come in. Anything else (a VRT that points elsewhere, say) is refused.
READABLE = {"GTiff", "COG", "ENVI", "ISCE", "ROI_PAC"}

# A pixel of a series cube is read without its neighbours beyond this many rows and columns.
CUBE_TILE = 16
# Pixels along an edge that are resampled at a time: what they see of a finer raster has to fit into memory.
_PIECE = 256
_BESIDE = 2  # pixels round what is seen, which bilinear resampling reaches
_NO_CODE = -9999  # which no raster of codes holds


class Raster:
    """One open raster. Use as a context manager; reading returns arrays in the file's own type."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(
                "the file does not exist", file=path, field="path", mend="check the path, or supply the file"
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                self._dataset: DatasetReader = rasterio.open(path)
        except RasterioError as error:
            raise InputError(
                f"not a readable raster ({error})",
                file=path,
                field="format",
                mend="supply the file again, as a GeoTIFF",
            ) from None
        self.path = path
        if self._dataset.driver not in READABLE:
            raise InputError(
                f"the format {self._dataset.driver} is not read here",
                file=path,
                field="format",
                mend="convert it to GeoTIFF",
            )

    def __enter__(self) -> "Raster":
        return self

    def __exit__(self, *_: object) -> None:
        self._dataset.close()

    @property
    def grid(self) -> Grid:
        """The raster's grid; without a CRS or a transform it has none, which is an error."""
        if self._dataset.crs is None and (self._dataset.gcps[0] or self._dataset.rpcs):
            raise InputError(
                "it is placed by control points or rational polynomials, and has no grid of its own",
                file=self.path,
                field="transform",
                mend="bring it onto a map, for example with `gdalwarp -t_srs EPSG:32648 FILE OUT` (and -rpc)",
            )
        if self._dataset.crs is None:
            raise InputError(
                "the raster has no coordinate reference system",
                file=self.path,
                field="CRS",
                mend="set it, for example with `rio edit-info --crs EPSG:4326 FILE`",
            )
        if self._dataset.transform.is_identity:
            raise InputError(
                "the raster has no geotransform",
                file=self.path,
                field="transform",
                mend="supply the georeferenced (geocoded) product",
            )
        if self._dataset.transform.is_degenerate or not np.isfinite(self._dataset.transform).all():
            raise InputError(
                "its pixels have no height or no width",
                file=self.path,
                field="transform",
                mend="set the right size of a pixel, for example with `rio edit-info --transform [...] FILE`",
            )
        return Grid(CRS.from_wkt(self._dataset.crs.to_wkt()), self._dataset.transform, self._dataset.shape)

    @property
    def files(self) -> list[Path]:
        """The file, and those beside it that the format reads with it (headers, world files)."""
        return [Path(name) for name in self._dataset.files] or [self.path]

    @property
    def tags(self) -> dict[str, str]:
        return dict(self._dataset.tags())

    @property
    def nodata(self) -> float | None:
        nodata: float | None = self._dataset.nodata
        return nodata

    @property
    def dtype(self) -> str:
        """Of the first band, as NumPy names it."""
        name: str = self._dataset.dtypes[0]
        return name

    @property
    def bands(self) -> int:
        count: int = self._dataset.count
        return count

    @property
    def band_names(self) -> list[str]:
        return [name or "" for name in self._dataset.descriptions]

    @property
    def colours(self) -> list[str]:
        """What the file says each band shows: red, green, blue, alpha, gray, undefined and the like."""
        return [colour.name for colour in self._dataset.colorinterp]

    @property
    def scales(self) -> list[float]:
        """What the file says to multiply the numbers of each band with; it is not done here."""
        return list(self._dataset.scales)

    @property
    def offsets(self) -> list[float]:
        """What the file says to subtract from the numbers of each band before that, 0 where it says nothing."""
        pairs = zip(self._dataset.scales, self._dataset.offsets, strict=True)
        return [round(-offset / scale, 6) if scale and offset else 0.0 for scale, offset in pairs]

    @property
    def says_alpha(self) -> bool:
        """Whether the last band is said to be opacity, as GDAL says of any fourth band of bytes unless told."""
        return self._dataset.colorinterp[-1] is ColorInterp.alpha

    @property
    def has_mask(self) -> bool:
        """Whether the file, or one beside it, has a mask that says where there is data, apart from bands and values."""
        others = {MaskFlags.all_valid, MaskFlags.alpha, MaskFlags.nodata}
        return any(others.isdisjoint(flags) for flags in self._dataset.mask_flag_enums)

    def read_masked(self, block: Block | None = None) -> NDArray[np.bool_]:
        """Where the mask of any band says that there is no data, shape (rows, cols); nowhere where there is no mask."""
        if not self.has_mask:
            return np.zeros(self._dataset.shape if block is None else block.shape, bool)
        try:
            masks: NDArray[np.uint8] = self._dataset.read_masks(window=_window(block))
        except RasterioError as error:
            raise self._corrupt(error) from None
        masked: NDArray[np.bool_] = (masks == 0).any(axis=0)
        return masked

    def read(self, band: int = 1, block: Block | None = None) -> NDArray[Any]:
        """One band (counted from 1), whole or of a block, shape (rows, cols)."""
        try:
            values: NDArray[Any] = self._dataset.read(band, window=_window(block))
        except RasterioError as error:
            raise self._corrupt(error) from None
        return values

    def read_bands(self, block: Block | None = None) -> NDArray[Any]:
        """All bands, whole or of a block, shape (bands, rows, cols)."""
        try:
            values: NDArray[Any] = self._dataset.read(window=_window(block))
        except RasterioError as error:
            raise self._corrupt(error) from None
        return values

    def read_bands_onto(
        self, grid: Grid, block: Block, nodata: float | None, *, together: bool, opacity: int | None = None
    ) -> NDArray[np.float32]:
        """All bands resampled bilinearly onto a block of another grid, shape (bands, rows, cols); NaN for no data.

        together : only a pixel whose every band is `nodata` has none; else each band has its own. opacity : index of
        the band in which 0 means that there is no data in any.
        """
        _ = self.grid  # without CRS or transform it cannot be brought anywhere
        if opacity is not None or self.says_alpha or self.has_mask:
            return self._read_apart_onto(grid, block, nodata, together=together, opacity=opacity)
        with self._warp(grid, "float32", src_nodata=nodata, UNIFIED_SRC_NODATA="YES" if together else "NO") as warped:
            values: NDArray[np.float32] = warped.read(window=_window(block))
        return values

    def _read_apart_onto(
        self, grid: Grid, block: Block, nodata: float | None, *, together: bool, opacity: int | None
    ) -> NDArray[np.float32]:
        """`read_bands_onto` without GDAL's own way with opacity, which weighs the bands by it and drops what is not
        wholly opaque: what it calls opacity is near infrared in many a file. Masks are heeded.
        """
        found = np.full((self.bands, *block.shape), np.nan, np.float32)
        for part in cover(block.shape, _PIECE):
            place = Affine.translation(block.col0 + part.col0, block.row0 + part.row0)
            onto = Grid(grid.crs, grid.transform @ place, part.shape)
            own = self._seen_by(onto)
            if own is None:
                continue
            values = self.read_bands(own).astype(np.float32)
            colours = np.arange(self.bands) != (self.bands if opacity is None else opacity)
            missing = self.read_masked(own)
            if opacity is not None:
                missing |= values[opacity] == 0
            if nodata is not None:
                holds = values[colours] == nodata
                missing |= holds.all(axis=0) if together else holds.any(axis=0)
            values[:, missing] = np.nan
            corner = Affine.translation(own.col0, own.row0)
            source = Grid(self.grid.crs, self.grid.transform @ corner, own.shape)
            found[(slice(None), *part.slices)] = [resample(band, source, onto) for band in values]
        return found

    def _seen_by(self, grid: Grid) -> Block | None:
        """The pixels that show the ground of another grid, and those beside them; None where there are none."""
        own = self.grid
        to_own = Transformer.from_crs(grid.crs, own.crs, always_xy=True)
        west, south, east, north = to_own.transform_bounds(*grid.bounds)
        if not np.isfinite([west, south, east, north]).all():
            return None
        cols, rows = zip(*(~own.transform @ (x, y) for x in (west, east) for y in (south, north)), strict=True)
        row0, row1 = max(math.floor(min(rows)) - _BESIDE, 0), min(math.ceil(max(rows)) + _BESIDE, own.rows)
        col0, col1 = max(math.floor(min(cols)) - _BESIDE, 0), min(math.ceil(max(cols)) + _BESIDE, own.cols)
        return Block(row0, row1, col0, col1) if row0 < row1 and col0 < col1 else None

    def read_sample(self, size: int) -> NDArray[np.float32]:
        """All bands, thinned to at most `size` pixels along an edge; NaN for no data."""
        share = min(1.0, size / max(self._dataset.shape))
        shape = (self.bands, *(max(1, round(edge * share)) for edge in self._dataset.shape))
        try:
            values = self._dataset.read(out_shape=shape, masked=True)
        except RasterioError as error:
            raise self._corrupt(error) from None
        thinned: NDArray[np.float32] = values.astype(np.float32).filled(np.nan)
        return thinned

    def read_onto(self, grid: Grid) -> NDArray[np.float64]:
        """The first band resampled bilinearly onto another grid; NaN where it has no data.

        Raises
        ------
        InputError
            When the raster has no CRS, breaks off, or shows nothing of the grid.
        """
        _ = self.grid  # without CRS or transform it cannot be brought anywhere
        with self._warp(grid, "float64") as warped:
            band: NDArray[np.float64] = warped.read(1)
        if not np.isfinite(band).any():
            raise self._elsewhere(grid)
        return band

    def read_codes_onto(self, grid: Grid, *, with_zero: bool = False) -> NDArray[np.int32]:
        """The first band, in codes, brought onto another grid, each pixel's by its centre; −1 where it has none.

        with_zero : 0 is a code even where the file calls it no data.

        Raises
        ------
        InputError
            When the raster has no CRS, breaks off, or shows nothing of the grid.
        """
        _ = self.grid  # without CRS or transform it cannot be brought anywhere
        none: dict[str, Any] = {"src_nodata": _NO_CODE} if with_zero and self.nodata == 0 else {}
        with self._warp(grid, "int32", resampling=Resampling.nearest, nodata=-1, **none) as warped:
            codes: NDArray[np.int32] = warped.read(1)
        if (codes == -1).all():
            raise self._elsewhere(grid)
        return codes

    @contextmanager
    def _warp(self, grid: Grid, dtype: str, **extras: Any) -> Iterator[WarpedVRT]:
        options = {"resampling": Resampling.bilinear, "nodata": np.nan} | extras
        try:
            with WarpedVRT(
                self._dataset,
                crs=grid.crs.to_wkt(),
                transform=grid.transform,
                height=grid.rows,
                width=grid.cols,
                dtype=dtype,
                **options,
            ) as warped:
                yield warped
        except RasterioError as error:
            raise self._corrupt(error) from None

    def _elsewhere(self, grid: Grid) -> InputError:
        return InputError(
            f"it shows nothing of the frame {grid.bounds} in {grid.crs.name}",
            file=self.path,
            field="extent",
            mend="supply the raster of this area",
        )

    def _corrupt(self, error: RasterioError) -> InputError:
        return InputError(
            f"the raster breaks off or is corrupt ({error})",
            file=self.path,
            field="pixels",
            mend="copy or download it again",
        )


def resample(values: NDArray[np.float32], grid: Grid, onto: Grid) -> NDArray[np.float32]:
    """An array of one grid on another, bilinearly, NaN for no data.

    Neighbours stand in for a pixel without data where values are blended, but never fill it: where the nearest pixel
    has none there is none.
    """
    places = {
        "src_transform": grid.transform,
        "src_crs": grid.crs.to_wkt(),
        "src_nodata": np.nan,
        "dst_transform": onto.transform,
        "dst_crs": onto.crs.to_wkt(),
        "dst_nodata": np.nan,
        "tolerance": 0,  # places exactly, not interpolated between some of them
    }
    blended, nearest = (np.full(onto.shape, np.nan, np.float32) for _ in range(2))
    reproject(values, blended, resampling=Resampling.bilinear, **places)
    reproject(values, nearest, resampling=Resampling.nearest, **places)
    blended[np.isnan(nearest)] = np.nan
    return blended


def write_cog(path: Path, array: NDArray[Any], grid: Grid, *, nodata: float | None, unit: str, name: str) -> None:
    """Write one band as a cloud-optimised GeoTIFF, whole or not at all.

    Parameters
    ----------
    array : shape of the grid; its type is kept.
    nodata : the value that means no data (NaN for floats), None when every pixel has a value.
    unit, name : of the band, kept in the file.

    Raises
    ------
    ValueError
        When the array has not the grid's shape.
    """
    if array.shape != grid.shape:
        raise ValueError(f"an array of shape {array.shape} does not fit a grid of shape {grid.shape}")
    with start_cog(path, grid, dtype=array.dtype, nodata=nodata, unit=unit, names=[name]) as write:
        write(Block(0, grid.rows, 0, grid.cols), array[None])


@contextmanager
def start_cog(
    path: Path,
    grid: Grid,
    *,
    dtype: npt.DTypeLike,
    nodata: float | None,
    unit: str,
    names: Sequence[str],
) -> Iterator[Callable[[Block, NDArray[Any]], None]]:
    """Write a cloud-optimised GeoTIFF block by block, in any order, whole or not at all.

    Gives a function that writes one block of all bands, shape (bands, rows, cols). What is never written is `nodata`.

    Parameters
    ----------
    names : of the bands, kept in the file. nodata, unit : as for `write_cog`.
    """
    plain, partial = path.with_name(path.name + ".plain"), path.with_name(path.name + ".partial")
    try:
        with start_plain(plain, grid, dtype=dtype, nodata=nodata, unit=unit, names=names) as write:
            yield write
        # Means of codes are no codes; a picture's bands (8-bit, several) are averaged like measurements.
        categorical = np.issubdtype(np.dtype(dtype), np.integer) and len(names) == 1
        copy(
            plain,
            partial,
            driver="COG",
            compress="DEFLATE",
            predictor="YES",
            overview_resampling="NEAREST" if categorical else "AVERAGE",
            BIGTIFF="IF_SAFER",
        )
        os.replace(partial, path)
    finally:
        plain.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)


@contextmanager
def start_plain(
    path: Path,
    grid: Grid,
    *,
    dtype: npt.DTypeLike,
    nodata: float | None,
    unit: str,
    names: Sequence[str],
) -> Iterator[Callable[[Block, NDArray[Any]], None]]:
    """`start_cog` without compression and overviews, as it comes: for what is read once and thrown away."""
    profile = {
        "driver": "GTiff",
        "height": grid.rows,
        "width": grid.cols,
        "count": len(names),
        "dtype": np.dtype(dtype),
        "crs": grid.crs.to_wkt(),
        "transform": grid.transform,
        "nodata": nodata,
        "tiled": True,
        "BIGTIFF": "IF_SAFER",
    }
    with rasterio.open(path, "w", **profile) as target:
        for band, name in enumerate(names, start=1):
            target.set_band_description(band, name)
            target.set_band_unit(band, unit)
        yield lambda block, bands: target.write(bands, window=_window(block))


def write_cube(
    path: Path,
    read: Callable[[Block], NDArray[Any]],
    grid: Grid,
    *,
    band_names: Sequence[str],
    unit: str,
    dtype: npt.DTypeLike = np.float32,
) -> None:
    """Write a cube of bands so that one pixel is read without the rest: small tiles, all bands of a pixel together.

    Parameters
    ----------
    read : gives the bands of a block, shape (bands, rows, cols), NaN for no data; of a type of whole numbers every
    pixel has a value.
    band_names : one for each band (the dates of a series).
    """
    partial = path.with_name(path.name + ".partial")
    floating = np.issubdtype(np.dtype(dtype), np.floating)
    profile = {
        "driver": "GTiff",
        "height": grid.rows,
        "width": grid.cols,
        "count": len(band_names),
        "dtype": np.dtype(dtype),
        "crs": grid.crs.to_wkt(),
        "transform": grid.transform,
        "nodata": np.nan if floating else None,
        "interleave": "pixel",
        "tiled": True,
        "blockxsize": CUBE_TILE,
        "blockysize": CUBE_TILE,
        "compress": "DEFLATE",
        "predictor": 3 if floating else 2,
        "BIGTIFF": "IF_SAFER",
    }
    with rasterio.open(partial, "w", **profile) as target:
        for band, name in enumerate(band_names, start=1):
            target.set_band_description(band, name)
            target.set_band_unit(band, unit)
        for block in _whole_rows(grid, CUBE_TILE):
            target.write(read(block), window=_window(block))
    os.replace(partial, path)


def _whole_rows(grid: Grid, height: int) -> Iterable[Block]:
    for row in range(0, grid.rows, height):
        yield Block(row, min(row + height, grid.rows), 0, grid.cols)


def _window(block: Block | None) -> Window | None:
    return None if block is None else Window.from_slices(*block.slices)


def write_tiled(path: Path, array: NDArray[Any], grid: Grid, *, nodata: float | None) -> None:
    """Write one band as a plain tiled GeoTIFF, whole or not at all: no overviews, for what is read once and whole."""
    partial = path.with_name(path.name + ".partial")
    floating = np.issubdtype(array.dtype, np.floating)
    profile = {
        "driver": "GTiff",
        "height": grid.rows,
        "width": grid.cols,
        "count": 1,
        "dtype": array.dtype,
        "crs": grid.crs.to_wkt(),
        "transform": grid.transform,
        "nodata": nodata,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "DEFLATE",
        "predictor": 3 if floating else 2,
        "zlevel": 4,
        "BIGTIFF": "IF_SAFER",
    }
    with rasterio.open(partial, "w", **profile) as target:
        target.write(array, 1)
    os.replace(partial, path)
