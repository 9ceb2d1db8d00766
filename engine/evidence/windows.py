"""Windows of rasters round a patch, brought onto a grid of their own."""

from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT

from engine.evidence.case import Crop
from engine.grid import Bounds

MERCATOR = "EPSG:3857"
_MOST_PIXELS, _FEWEST_PIXELS = 900, 24


def colours(path: Path, bounds: Bounds, crs: str, most: int = _MOST_PIXELS) -> Crop | None:
    """A picture's window, as fine as the file is, at most so many pixels wide; None where it shows nothing of it."""
    with rasterio.open(path) as source, _warped(source.name, bounds, crs, Resampling.bilinear, most) as window:
        bands = window.read()  # at once: a warped view computes its pixels for every call
        with_alpha = window.colorinterp[-1] is ColorInterp.alpha
        seen = bands[-1] > 0 if with_alpha else window.dataset_mask() > 0
        values = bands[:3] if len(bands) >= 3 + with_alpha else bands[[0, 0, 0]]
    return Crop(np.moveaxis(values, 0, -1), seen, bounds, crs) if seen.any() else None


def numbers(path: Path, bounds: Bounds, crs: str) -> Crop | None:
    """A window of the first band, its pixels kept as squares; None where it has no data."""
    with rasterio.open(path) as source, _warped(source.name, bounds, crs, Resampling.nearest) as window:
        values = window.read(1)
    seen = np.isfinite(values)
    return Crop(values, seen, bounds, crs) if seen.any() else None


def _warped(path: str, bounds: Bounds, crs: str, resampling: Resampling, most: int = _MOST_PIXELS) -> WarpedVRT:
    """The file on the grid of a window; opened by name, since a warped view may outlive what it was made of."""
    source = rasterio.open(path)
    wide, high = bounds.east - bounds.west, bounds.north - bounds.south
    native = Transformer.from_crs(crs, source.crs, always_xy=True).transform_bounds(*bounds)
    fine = (native[2] - native[0]) / abs(source.res[0])
    cols = int(np.clip(round(fine * 1.5), _FEWEST_PIXELS, most))
    rows = max(1, round(cols * high / wide))
    return WarpedVRT(
        source,
        crs=crs,
        transform=from_bounds(*bounds, cols, rows),
        width=cols,
        height=rows,
        resampling=resampling,
        add_alpha=source.nodata is None and source.count in (1, 3) and source.dtypes[0] == "uint8",
    )
