"""Which pixels are a patch's own, which lie in its halo, and which in that of a nearer patch.

Everything about a patch is done in a window of its own, so that the time is that of the patches and not of the frame.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio.features import geometry_mask, rasterize
from rasterio.windows import Window
from rasterio.windows import transform as window_transform
from scipy.ndimage import distance_transform_edt
from shapely.geometry.base import BaseGeometry

from engine.activity.options import ActivityOptions
from engine.grid import Block, Grid

Mask = NDArray[np.bool_]

# Motion of a patch reaches beyond its outline, by slopes that give way and by filters of the phase, m.
_REACH_M = 60.0


@dataclass(frozen=True)
class Site:
    """A patch in a window of the grid; all masks have the shape of the block.

    inside : its pixels. halo : those round it that are nearer to it than to any other patch. distance : from it, m.
    shared : of the pixels within the halo's radius, the share that lies in or nearer to other patches.
    ring : those round it, out of the reach of every patch, where ground that stands still is looked for.
    """

    block: Block
    inside: Mask
    halo: Mask
    distance: NDArray[np.float64]
    shared: float
    ring: Mask

    @property
    def scene(self) -> Mask:
        return self.inside | self.halo


class Sites:
    """The patches of an area on the grid of its radar; patches in longitude and latitude (WGS 84)."""

    def __init__(self, patches: gpd.GeoSeries, grid: Grid, options: ActivityOptions) -> None:
        self.grid, self.options = grid, options
        self.outlines = list(patches.to_crs(grid.crs)) if len(patches) else []
        self.numbers = np.zeros(grid.shape, np.int32)
        drawn = [(shape, number) for number, shape in enumerate(self.outlines, start=1) if not shape.is_empty]
        if drawn:
            rasterize(drawn, out=self.numbers, transform=grid.transform)

    def __iter__(self) -> Iterator[Site | None]:
        """The site of each patch in order; None of one outside the frame."""
        return (self._site(number, shape) for number, shape in enumerate(self.outlines, start=1))

    def far_from_all(self) -> Mask:
        """Pixels out of the reach of every patch, shape of the grid."""
        if not self.numbers.any():
            return np.ones(self.grid.shape, bool)
        away: Mask = distance_transform_edt(self.numbers == 0, sampling=self.grid.pixel_size) > _REACH_M
        return away

    def _site(self, number: int, shape: BaseGeometry) -> Site | None:
        frame = block_of(shape, self.grid)
        if frame is None:
            return None
        radius = max(self.options.radius_m, self.options.still_radius_m)
        block = widened(frame, self.grid, radius)
        # A pixel of the halo may be nearer to a patch that lies as far beyond it.
        wide = widened(frame, self.grid, 2 * radius)
        inside = pixels_of(shape, self.grid, wide)
        if not inside.any():
            return None
        others = (self.numbers[wide.slices] > 0) & (self.numbers[wide.slices] != number) & ~inside
        size = self.grid.pixel_size
        distance = distance_transform_edt(~inside, sampling=size)
        to_others = distance_transform_edt(~others, sampling=size) if others.any() else np.full(wide.shape, np.inf)
        # Distances are from the middle of pixels to the middle of those inside; the outline lies half a pixel further.
        within = ~inside & (distance <= self.options.radius_m + self.grid.square_pixel_m / 2)
        halo = within & (distance <= to_others)
        ring = (distance <= self.options.still_radius_m) & (np.minimum(distance, to_others) > _REACH_M)
        part = _within(block, wide)
        count = int(within.sum() + inside.sum())
        return Site(
            block,
            inside[part],
            halo[part],
            distance[part],
            1 - float(halo.sum() + inside.sum()) / count,
            ring[part],
        )


def block_of(shape: BaseGeometry, grid: Grid) -> Block | None:
    """The pixels that the bounds of a shape touch, in the grid's system; None outside the frame."""
    if shape.is_empty:
        return None
    west, south, east, north = shape.bounds
    corners = [~grid.transform @ (x, y) for x in (west, east) for y in (south, north)]
    cols, rows = zip(*corners, strict=True)
    block = Block(
        max(math.floor(min(rows)), 0),
        min(math.ceil(max(rows)), grid.rows),
        max(math.floor(min(cols)), 0),
        min(math.ceil(max(cols)), grid.cols),
    )
    return block if block.row0 < block.row1 and block.col0 < block.col1 else None


def widened(block: Block, grid: Grid, metres: float) -> Block:
    """With so much ground more on every side, as far as the grid goes."""
    height, width = grid.pixel_size
    rows, cols = math.ceil(metres / height), math.ceil(metres / width)
    return Block(
        max(block.row0 - rows, 0),
        min(block.row1 + rows, grid.rows),
        max(block.col0 - cols, 0),
        min(block.col1 + cols, grid.cols),
    )


def pixels_of(shape: BaseGeometry, grid: Grid, block: Block) -> Mask:
    """Pixels whose centre lies in a shape of the grid's system, shape of the block.

    A patch too small to hold any centre is seen by the pixels that it touches.
    """
    window = Window(block.col0, block.row0, block.shape[1], block.shape[0])
    transform = window_transform(window, grid.transform)
    mask: Mask = geometry_mask([shape], block.shape, transform, invert=True)
    if not mask.any():
        mask = geometry_mask([shape], block.shape, transform, invert=True, all_touched=True)
    return mask


def _within(block: Block, wide: Block) -> tuple[slice, slice]:
    return (
        slice(block.row0 - wide.row0, block.row1 - wide.row0),
        slice(block.col0 - wide.col0, block.col1 - wide.col0),
    )
