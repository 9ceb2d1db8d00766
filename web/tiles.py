"""Raster tiles of a release's layers, coloured."""

import asyncio
import io
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import PIL.Image as pillow
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from store.home import Home
from store.reader import ReleaseReader, release
from store.rows import Layer
from web.palette import CODE_COLOURS, HATCHED, OTHER_CODE, lookup_table, rgb
from web.sampling import sample

# A few threads that keep files open; more of them than processors would only wait for one another.
_drawing = ThreadPoolExecutor(max(2, os.cpu_count() or 2), thread_name_prefix="tiles")
_DEEPEST = 30  # zoom level
_HATCH_PERIOD = 8  # pixels; divides the tile, so that hatching runs on across tiles
_HATCH_COLOUR = (40, 40, 40, 210)
# A release never changes, so a tile may be kept for good, by this browser alone.
_CACHED = {"Cache-Control": "private, max-age=31536000, immutable"}


class Image(NamedTuple):
    content: bytes
    media_type: str


async def tile(request: Request) -> Response:
    """A 256-pixel PNG or JPEG in Web Mercator; 204 outside the layer, 404 for what is not there."""
    return await asyncio.get_running_loop().run_in_executor(_drawing, _answer, request.path_params)


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
    return Response(image.content, media_type=image.media_type, headers=_CACHED)


def tile_address(given: Mapping[str, str]) -> tuple[int, int, int] | None:
    """Zoom level, column and row of a tile; None for what is no tile."""
    if not all(re.fullmatch(r"[0-9]{1,10}", given[axis]) for axis in "zxy"):
        return None
    z, x, y = (int(given[axis]) for axis in "zxy")
    return (z, x, y) if z <= _DEEPEST and max(x, y) < 2**z else None


def _tile(reader: ReleaseReader, name: str, x: int, y: int, z: int) -> Image | None:
    layer = reader.layers[name]
    # Measured pixels stay squares; only what lies behind them, relief and pictures, is smoothed.
    found = sample(reader.layer_path(name), z, x, y, smooth=layer.palette in ("grey", "picture"))
    return None if found is None else colour(*found, layer, reader.codes(name))


def colour(values: NDArray[Any], seen: NDArray[np.bool_], layer: Layer, codes: Mapping[int, str]) -> Image:
    """The image of one tile's values, shape (bands, rows, cols), where they are seen. codes : of a layer of codes."""
    if layer.palette == "picture":
        rgb_ = np.moveaxis(values, 0, -1)
        # What is photographed all over is a tenth as large, and thirty times as fast, as JPEG.
        return _jpeg(rgb_) if seen.all() else _png(np.dstack([rgb_, np.where(seen, 255, 0).astype(np.uint8)]))
    band = values[0]
    if layer.palette in CODE_COLOURS:
        rgba = _filled(band, codes, CODE_COLOURS[layer.palette])
        rgba[..., 3] *= seen
    elif layer.palette == "state":
        rgba = _hatch(band, codes)
        rgba[..., 3] *= seen
    else:
        seen = seen & np.isfinite(band)
        low, high = layer.low or 0.0, layer.high if layer.high is not None else 1.0
        table = _table(layer.palette, high, layer.neutral)
        index = np.clip((np.where(seen, band, low) - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)
        rgba = np.dstack([table[index], np.where(seen, 255, 0).astype(np.uint8)])
    return _png(rgba)


def _png(rgba: NDArray[np.uint8]) -> Image:
    return Image(_encoded(rgba, "PNG", compress_level=1), "image/png")


def _jpeg(rgb_: NDArray[np.uint8]) -> Image:
    return Image(_encoded(rgb_, "JPEG", quality=88), "image/jpeg")


def _encoded(pixels: NDArray[np.uint8], form: str, **options: int) -> bytes:
    file = io.BytesIO()
    pillow.fromarray(np.ascontiguousarray(pixels)).save(file, form, **options)
    return file.getvalue()


@lru_cache(maxsize=64)
def _table(palette: str, high: float, neutral: float | None) -> NDArray[np.uint8]:
    return lookup_table(palette, high, neutral)


def _filled(values: NDArray[np.uint8], codes: Mapping[int, str], colours: Mapping[str, str]) -> NDArray[np.uint8]:
    """Each code in its colour; what has none is clear."""
    table = np.zeros((256, 4), np.uint8)
    for value, code in codes.items():
        table[value] = (*rgb(colours.get(code, OTHER_CODE)), 255)
    return table[values]


def _hatch(values: NDArray[np.uint8], states: Mapping[int, str]) -> NDArray[np.uint8]:
    """Diagonal lines where the state is to look uncertain: thin where it is flagged, thick where it is lost."""
    rows, cols = np.indices(values.shape)
    phase = (rows + cols) % _HATCH_PERIOD
    rgba = np.zeros((*values.shape, 4), np.uint8)
    for value, code in states.items():
        if width := HATCHED.get(code):
            rgba[(values == value) & (phase < width)] = _HATCH_COLOUR
    return rgba
