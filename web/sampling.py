"""One tile's pixels out of a raster of any projection.

A warped view of GDAL's, as rio-tiler uses, takes 23 ms of a core for a tile with nearest neighbours and 69 ms with
bilinear ones, when everything that it reads is in memory already. Here the raster is read at about the tile's own
resolution, from its overviews, and looked up at the tile's pixels; Pillow bends what is smoothed, square by square.
"""

import math
from collections import OrderedDict
from pathlib import Path
from threading import local
from typing import Any

import numpy as np
import PIL.Image as pillow
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.windows import Window

TILE_SIZE = 256
_WORLD = math.pi * 6_378_137.0  # metres of Web Mercator from the middle to an edge
# A projection is computed at so many places along each side, and between them by straight lines; a picture is bent by
# squares of so many of their distances.
_KNOTS = 33
_SQUARE = 4
# Files that a thread keeps open: what has been read of them stays in GDAL's own memory.
_MOST_OPEN = 12

_opened = local()


def sample(path: Path, z: int, x: int, y: int, *, smooth: bool) -> tuple[NDArray[Any], NDArray[np.bool_]] | None:
    """Values, shape (bands, 256, 256), of a tile in Web Mercator, and where there are any; None outside the raster.

    smooth : interpolated between pixels, and averaged where they are finer than the tile's; else the nearest one.
    """
    raster = _open(path)
    rows, cols = _knots(raster, z, x, y)
    top, left = max(math.floor(rows.min()) - 1, 0), max(math.floor(cols.min()) - 1, 0)
    bottom, right = min(math.ceil(rows.max()) + 1, raster.height), min(math.ceil(cols.max()) + 1, raster.width)
    if bottom <= top or right <= left:
        return None
    window = Window(left, top, right - left, bottom - top)
    finer = max(1.0, (rows.max() - rows.min()) / TILE_SIZE, (cols.max() - cols.min()) / TILE_SIZE)
    shape = math.ceil(window.height / finer), math.ceil(window.width / finer)
    method = Resampling.average if smooth and finer > 1 else Resampling.nearest
    values = raster.read(window=window, out_shape=(raster.count, *shape), resampling=method)
    # From pixels of the raster to those that were read, whose middles are at halves, too.
    fewer = shape[0] / window.height, shape[1] / window.width
    seen = _seen(values, raster.nodata)
    covered = rows.min() >= 0 and rows.max() < raster.height and cols.min() >= 0 and cols.max() < raster.width
    bent = _bent(values, (rows - top) * fewer[0], (cols - left) * fewer[1]) if smooth else None
    if bent is not None and covered and seen.all():  # as most pictures are
        return bent, np.ones((TILE_SIZE, TILE_SIZE), bool)
    rows, cols = _spread(rows), _spread(cols)
    inside = (rows >= 0) & (rows < raster.height) & (cols >= 0) & (cols < raster.width)
    down = np.clip(((rows - top) * fewer[0]).astype(np.int32), 0, shape[0] - 1)
    along = np.clip(((cols - left) * fewer[1]).astype(np.int32), 0, shape[1] - 1)
    return values[:, down, along] if bent is None else bent, inside & seen[down, along]


def _open(path: Path) -> rasterio.DatasetReader:
    """The raster, kept open by this thread. A release's files are never written again."""
    kept: OrderedDict[Path, rasterio.DatasetReader] = _opened.__dict__.setdefault("kept", OrderedDict())
    if path not in kept:
        kept[path] = rasterio.open(path)
        if len(kept) > _MOST_OPEN:
            kept.popitem(last=False)[1].close()
    kept.move_to_end(path)
    return kept[path]


def _knots(raster: rasterio.DatasetReader, z: int, x: int, y: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row and column, in pixels from the raster's upper left, of places from edge to edge of the tile."""
    side = 2 * _WORLD / 2**z
    knots = np.linspace(0, 1, _KNOTS)
    east, north = np.meshgrid(-_WORLD + side * (x + knots), _WORLD - side * (y + knots))
    there = _projection(raster.crs.to_wkt())
    cols, rows = ~raster.transform @ there.transform(east, north)
    return rows, cols


def _spread(knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values at the middles of the tile's pixels, by straight lines between knots, shape (knots, knots)."""
    at = (np.arange(TILE_SIZE) + 0.5) / TILE_SIZE * (_KNOTS - 1)
    first = at.astype(np.int32)
    share = at - first
    down = knots[first] + (knots[first + 1] - knots[first]) * share[:, None]
    steps = np.diff(down, axis=1)
    spread: NDArray[np.float64] = down.take(first, axis=1) + steps.take(first, axis=1) * share
    return spread


def _projection(wkt: str) -> Transformer:
    # A transformer is used by one thread alone.
    kept: dict[str, Transformer] = _opened.__dict__.setdefault("projections", {})
    if wkt not in kept:
        kept[wkt] = Transformer.from_crs("EPSG:3857", wkt, always_xy=True)
    return kept[wkt]


def _seen(values: NDArray[Any], nodata: float | None) -> NDArray[np.bool_]:
    """Where any band has a value."""
    missing: Any = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)
    if nodata is not None and not math.isnan(nodata):
        missing |= np.equal(values, nodata)
    seen: NDArray[np.bool_] = ~missing.all(axis=0)
    return seen


def _bent(values: NDArray[Any], down: NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[Any]:
    """Interpolated between the middles of pixels. down, along : of the knots, in pixels of `values`."""
    size = TILE_SIZE * _SQUARE // (_KNOTS - 1)
    # A pixel more all round: what lies on the rim, or a rounding beyond it, has a neighbour.
    corners = np.stack([along, down], axis=-1)[::_SQUARE, ::_SQUARE] + 1
    north, south = corners[:-1], corners[1:]
    quads = np.concatenate([north[:, :-1], south[:, :-1], south[:, 1:], north[:, 1:]], axis=-1)
    mesh = [
        ((col * size, row * size, (col + 1) * size, (row + 1) * size), quad)
        for row, line in enumerate(quads.tolist())
        for col, quad in enumerate(line)
    ]
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1)), mode="edge")
    if values.dtype == np.uint8 and len(values) == 3:
        picture = pillow.fromarray(np.ascontiguousarray(np.moveaxis(padded, 0, -1)))
        return np.moveaxis(np.asarray(_transformed(picture, mesh)), -1, 0)
    plain = padded if values.dtype == np.uint8 else padded.astype(np.float32)
    bent = np.stack([np.asarray(_transformed(pillow.fromarray(band), mesh)) for band in plain])
    found: NDArray[Any] = bent.astype(values.dtype) if values.dtype.kind == "f" else np.rint(bent).astype(values.dtype)
    return found


def _transformed(picture: pillow.Image, mesh: list[tuple[tuple[int, int, int, int], list[float]]]) -> pillow.Image:
    method, between = pillow.Transform.MESH, pillow.Resampling.BILINEAR
    return picture.transform((TILE_SIZE, TILE_SIZE), method, mesh, between)
