"""What all pictures of a dossier share: the font that ships, colours, and PNGs that come out the same each time."""

import io
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from numpy.typing import NDArray
from PIL import Image

FONT_FILE = Path(__file__).parents[2] / "static" / "fonts" / "wqy-microhei.ttf"

# Okabe–Ito colours (Okabe & Ito 2008), the app's own for the same things.
PATCH, PERMIT, CLUSTER, EARLIER = "#D55E00", "#F0E442", "#0072B2", "#56B4E9"
ZONE = "#CC79A7"
INK, QUIET, RULE = "#1d2730", "#5c6770", "#c9d0d6"
_AWAY, _TOWARDS = (0.0, 0.1, 0.2, 0.3), (0.7, 0.8, 0.9, 1.0)
_STILL = "#d9d9d9"
DPI = 200
_FAST = 3  # of zlib: a tenth larger than the default, in half the time
MM = 1 / 25.4


def font(size: float) -> FontProperties:
    """The font that ships, which has Latin and Chinese letters; `size` in points."""
    return FontProperties(fname=str(FONT_FILE), size=size)


def figure(width_mm: float, height_mm: float) -> Figure:
    """A figure of its own, which no other thread knows of."""
    return Figure(figsize=(width_mm * MM, height_mm * MM), dpi=DPI)


def png(drawn: Figure) -> bytes:
    """The figure as PNG, without a word on what made it and when."""
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()  # type: ignore[no-untyped-call]
    # Nothing of it is transparent: a fourth band would cost a second picture in the PDF.
    return encoded(np.asarray(canvas.buffer_rgba())[..., :3])  # type: ignore[no-untyped-call]


def encoded(colours: NDArray[np.uint8]) -> bytes:
    """Colours, shape (rows, cols, 3) or with opacity (rows, cols, 4), as PNG."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colours)).save(file, format="PNG", dpi=(DPI, DPI), compress_level=_FAST)
    return file.getvalue()


@cache
def motion_colours(high: float, neutral: float) -> LinearSegmentedColormap:
    """ColorBrewer's RdBu (Brewer 2003) from −high to high, grey within ± neutral: red away from the satellite."""
    scale, side = colormaps["RdBu"], 0.5 * (1 - neutral / high)
    # Where parts meet their places are the same number, whatever was rounded: places may not fall.
    away = [(side * (at / _AWAY[-1]), to_hex(scale(at))) for at in _AWAY]
    towards = [(1 - side * ((1 - at) / (1 - _TOWARDS[0])), to_hex(scale(at))) for at in _TOWARDS]
    still = [(side, _STILL), (1 - side, _STILL)]
    return LinearSegmentedColormap.from_list("motion", [*away, *still, *towards], N=512)
