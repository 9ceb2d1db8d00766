"""Whether a piece of ground looks as it did: the pattern of its surface in two images.

Rock, tracks and furrows stay where they are as long as nobody works there, whatever sun, haze and season do to their
brightness; where ground was opened, heaped up or covered, nothing of the pattern is left. So the correlation of two
images within the piece tells one from the other.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.features import geometry_mask
from scipy.ndimage import uniform_filter
from shapely.geometry.base import BaseGeometry

from engine.grid import Block, Grid
from engine.raster import Raster

# Edge of the mean that is taken first, pixels: images of two dates lie a pixel or so beside each other.
_MEAN = 3
# Fewer pixels have no pattern.
_LEAST_PIXELS = 60


def likeness(first: Path, second: Path, ground: BaseGeometry, crs: CRS) -> float:
    """Correlation of the brightness of two images on one grid within a piece of ground (`pattern_likeness`)."""
    with Raster(first) as one, Raster(second) as other:
        grid = one.grid
        outline = gpd.GeoSeries([ground], crs=crs).to_crs(grid.crs).iloc[0]
        block = block_round(outline, grid)
        transform = grid.transform @ grid.transform.translation(block.col0, block.row0)
        inside = geometry_mask([outline], block.shape, transform, invert=True)
        return pattern_likeness(one.read_bands(block), other.read_bands(block), inside)


def pattern_likeness(first: NDArray[np.floating], second: NDArray[np.floating], inside: NDArray[np.bool_]) -> float:
    """Correlation of the brightness of two pictures of one piece of ground, −1 to 1.

    Parameters
    ----------
    first, second : shape (bands, rows, cols), NaN for no data. inside : the piece, shape (rows, cols).

    Returns
    -------
    NaN where too little of it is seen on both, or either shows a single brightness.
    """
    images = [_brightness(image) for image in (first, second)]
    known = inside & np.isfinite(images[0]) & np.isfinite(images[1])
    before, after = (image[known] for image in images)
    if before.size < _LEAST_PIXELS or not before.std() or not after.std():
        return float("nan")
    return float(np.corrcoef(before, after)[0, 1])


def _brightness(image: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of all bands, and of those of a few pixels that have data; NaN where a pixel has none itself."""
    bright = image.mean(axis=0, dtype=np.float64)
    known = np.isfinite(bright)
    share = uniform_filter(known.astype(np.float64), _MEAN)
    # The filter sums along rows and columns: one NaN in it would be all that follows.
    total = uniform_filter(np.where(known, bright, 0.0), _MEAN)
    smooth: NDArray[np.float64] = np.divide(total, share, out=np.full(bright.shape, np.nan), where=known)
    return smooth


def block_round(outline: BaseGeometry, grid: Grid) -> Block:
    """The pixels round a polygon in the grid's CRS, at least one."""
    west, south, east, north = outline.bounds
    corners = [~grid.transform @ (x, y) for x in (west, east) for y in (south, north)]
    cols, rows = zip(*corners, strict=True)
    row0, col0 = (
        int(np.clip(np.floor(min(side)), 0, size - 1)) for side, size in ((rows, grid.rows), (cols, grid.cols))
    )
    row1, col1 = (int(np.clip(np.ceil(max(side)), 1, size)) for side, size in ((rows, grid.rows), (cols, grid.cols)))
    return Block(row0, max(row1, row0 + 1), col0, max(col1, col0 + 1))
