"""Raster tiles of a release's layers, coloured."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import anyio.to_thread
import numpy as np
from numpy.typing import NDArray
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.models import ImageData
from rio_tiler.utils import render
from starlette.requests import Request
from starlette.responses import Response

from store.home import Home
from store.reader import ReleaseReader, release
from store.rows import Layer
from web.palette import CODE_COLOURS, HATCHED, OTHER_CODE, lookup_table, rgb

TILE_SIZE = 256
_DEEPEST = 30  # zoom level
_HATCH_PERIOD = 8  # pixels; divides the tile, so that hatching runs on across tiles
_HATCH_COLOUR = (40, 40, 40, 210)
# A release never changes, so a tile may be kept for good, by this browser alone.
_CACHED = {"Cache-Control": "private, max-age=31536000, immutable"}


async def tile(request: Request) -> Response:
    """A 256-pixel PNG in Web Mercator; 204 outside the layer, 404 for what is not there."""
    return await anyio.to_thread.run_sync(_answer, request.path_params)


def _answer(given: dict[str, Any]) -> Response:
    reader = release(Home.default(), given["area"], given["release"])
    if reader is None or given["layer"] not in reader.layers:
        return Response(status_code=404)
    place = tile_address(given)
    if place is None:
        return Response(status_code=404)
    z, x, y = place
    image = _tile(reader, given["layer"], x, y, z)
    if image is None:
        return Response(status_code=204, headers=_CACHED)
    return Response(image, media_type="image/png", headers=_CACHED)


def tile_address(given: Mapping[str, str]) -> tuple[int, int, int] | None:
    """Zoom level, column and row of a tile; None for what is no tile."""
    if not all(re.fullmatch(r"[0-9]{1,10}", given[axis]) for axis in "zxy"):
        return None
    z, x, y = (int(given[axis]) for axis in "zxy")
    return (z, x, y) if z <= _DEEPEST and max(x, y) < 2**z else None


def _tile(reader: ReleaseReader, name: str, x: int, y: int, z: int) -> bytes | None:
    layer = reader.layers[name]
    try:
        with Reader(str(reader.layer_path(name))) as raster:
            # Measured pixels stay squares; only what lies behind them, relief and pictures, is smoothed.
            resampling = "bilinear" if layer.palette in ("grey", "picture") else "nearest"
            image = raster.tile(x, y, z, tilesize=TILE_SIZE, resampling_method=resampling, reproject_method=resampling)
    except TileOutsideBounds:
        return None
    return colour(image, layer, reader.codes(name))


def colour(image: ImageData, layer: Layer, codes: dict[int, str]) -> bytes:
    """The PNG of one tile's values. codes : of a layer of codes, by value."""
    if layer.palette == "picture":
        return image.render(img_format="PNG", add_mask=True)
    values, seen = image.array.data[0], ~np.ma.getmaskarray(image.array)[0]
    if layer.palette in CODE_COLOURS:
        rgba = _filled(values, codes, CODE_COLOURS[layer.palette])
        rgba[..., 3] *= seen
    elif layer.palette == "state":
        rgba = _hatch(values, codes)
        rgba[..., 3] *= seen
    else:
        seen &= np.isfinite(values)
        low, high = layer.low or 0.0, layer.high if layer.high is not None else 1.0
        table = _table(layer.palette, high, layer.neutral)
        index = np.clip((np.where(seen, values, low) - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)
        rgba = np.dstack([table[index], np.where(seen, 255, 0).astype(np.uint8)])
    return render(np.moveaxis(rgba[..., :3], -1, 0), rgba[..., 3])


@lru_cache(maxsize=64)
def _table(palette: str, high: float, neutral: float | None) -> NDArray[np.uint8]:
    return lookup_table(palette, high, neutral)


def _filled(values: NDArray[np.uint8], codes: dict[int, str], colours: Mapping[str, str]) -> NDArray[np.uint8]:
    """Each code in its colour; what has none is clear."""
    table = np.zeros((256, 4), np.uint8)
    for value, code in codes.items():
        table[value] = (*rgb(colours.get(code, OTHER_CODE)), 255)
    return table[values]


def _hatch(values: NDArray[np.uint8], states: dict[int, str]) -> NDArray[np.uint8]:
    """Diagonal lines where the state is to look uncertain: thin where it is flagged, thick where it is lost."""
    rows, cols = np.indices(values.shape)
    phase = (rows + cols) % _HATCH_PERIOD
    rgba = np.zeros((*values.shape, 4), np.uint8)
    for value, code in states.items():
        if width := HATCHED.get(code):
            rgba[(values == value) & (phase < width)] = _HATCH_COLOUR
    return rgba
