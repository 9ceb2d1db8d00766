"""Where the radar's pixels lie in the plan's coordinates, and which of them a shape holds."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from engine.grid import Block
from engine.simulate.frame import OPTICAL_CRS, RADAR_CRS, RADAR_PIXEL_M, Frame

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Places:
    """Centres of the radar's pixels in m, EPSG:4544.

    UTM 48N and EPSG:4544 share their central meridian, so that columns have one x and rows one y to 1e-8 m.
    """

    frame: Frame

    @cached_property
    def _axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        grid = self.frame.radar_grid
        to_plan = Transformer.from_crs(RADAR_CRS, OPTICAL_CRS, always_xy=True)
        east = grid.transform.c + RADAR_PIXEL_M * (np.arange(grid.cols) + 0.5)
        north = grid.transform.f - RADAR_PIXEL_M * (np.arange(grid.rows) + 0.5)
        x, _ = to_plan.transform(east, np.full(len(east), north[0]))
        _, y = to_plan.transform(np.full(len(north), east[0]), north)
        # Evenly spaced to the last digit, as noise that is looked up by place wants it.
        return np.linspace(x[0], x[-1], len(x)), np.linspace(y[0], y[-1], len(y))

    @property
    def x(self) -> NDArray[np.float64]:
        """Of the columns, shape (cols,)."""
        return self._axes[0]

    @property
    def y(self) -> NDArray[np.float64]:
        """Of the rows, from north to south, shape (rows,)."""
        return self._axes[1]

    @property
    def shape(self) -> tuple[int, int]:
        return self.frame.radar_grid.shape

    def window(self, shape: BaseGeometry, margin: float) -> Block | None:
        """The pixels within `margin` m of a shape's bounds; None where the frame has none of them."""
        if shape.is_empty:
            return None
        west, south, east, north = shape.bounds
        cols = np.flatnonzero((self.x >= west - margin) & (self.x <= east + margin))
        rows = np.flatnonzero((self.y >= south - margin) & (self.y <= north + margin))
        if not len(cols) or not len(rows):
            return None
        return Block(int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1)

    def axes(self, block: Block) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x of a block's columns and y of its rows."""
        rows, cols = block.slices
        return self.x[cols], self.y[rows]

    def inside(self, shape: BaseGeometry, block: Block) -> Mask:
        """Pixels of a block whose centre a shape holds."""
        x, y = np.meshgrid(*self.axes(block))
        shapely.prepare(shape)
        return np.asarray(shapely.contains_xy(shape, x, y), np.bool_)

    def distance(self, shape: BaseGeometry, block: Block) -> NDArray[np.float64]:
        """Of a block's pixels to a shape in m, 0 inside it."""
        x, y = np.meshgrid(*self.axes(block))
        shapely.prepare(shape)
        return np.asarray(shapely.distance(shape, shapely.points(x, y)), np.float64)

    def paint(self, raster: NDArray[np.generic], shape: BaseGeometry, value: int | float) -> None:
        """Set the pixels that a shape holds."""
        block = self.window(shape, 0.0)
        if block is not None:
            raster[block.slices][self.inside(shape, block)] = value
