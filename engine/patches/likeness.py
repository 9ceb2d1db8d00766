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
    """Correlation of the brightness of two images on one grid within a piece of ground, −1 to 1.

    NaN where too little of it is seen on both, or either shows a single brightness.
    """
    with Raster(first) as one, Raster(second) as other:
        grid = one.grid
        outline = gpd.GeoSeries([ground], crs=crs).to_crs(grid.crs).iloc[0]
        block = block_round(outline, grid)
        images = [_brightness(raster.read_bands(block)) for raster in (one, other)]
    transform = grid.transform @ grid.transform.translation(block.col0, block.row0)
    inside = geometry_mask([outline], block.shape, transform, invert=True)
    known = inside & np.isfinite(images[0]) & np.isfinite(images[1])
    before, after = (image[known] for image in images)
    if before.size < _LEAST_PIXELS or not before.std() or not after.std():
        return float("nan")
    return float(np.corrcoef(before, after)[0, 1])


def _brightness(image: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of all bands and of a few pixels; NaN beside such as have none."""
    smooth: NDArray[np.float64] = uniform_filter(image.mean(axis=0, dtype=np.float64), _MEAN)
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
