"""A window of the ground as one image sees it: places, noise, and the masks of what lies there."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy.ndimage import distance_transform_edt
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import Frame
from engine.simulate.noise import Field, smooth

# Distances from an outline are told up to here; all that depends on them is even farther in, or out.
REACH_M = 72.0


@dataclass(frozen=True)
class Window:
    """Pixel centres of a part of the plane, evenly spaced.

    x : of the columns, from west to east. y : of the rows, from north to south; m, EPSG:4544.
    """

    frame: Frame
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    _noise: dict[tuple[object, ...], Field] = field(default_factory=dict)

    @property
    def pixel(self) -> float:
        return float(self.x[1] - self.x[0])

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.y), len(self.x)

    @cached_property
    def transform(self) -> Affine:
        half = self.pixel / 2
        return Affine(self.pixel, 0, self.x[0] - half, 0, -self.pixel, self.y[0] + half)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        half = self.pixel / 2
        return self.x[0] - half, self.y[-1] - half, self.x[-1] + half, self.y[0] + half

    def noise(self, subject: str, spacing: float, along: float = 1.0) -> Field:
        """Of mean 0 and standard deviation 1, features of about twice `spacing`; computed once."""
        key = (subject, spacing, along)
        if key not in self._noise:
            # Finer than the pixels there is nothing to see.
            stream = self.frame.stream(subject, str(spacing))
            self._noise[key] = smooth(stream, self.x, self.y, max(spacing, self.pixel), along)
        return self._noise[key]

    def numbers(self, shapes: Sequence[BaseGeometry]) -> NDArray[np.int32]:
        """Which of the shapes a pixel's centre lies in, counted from 1, the last of several; 0 for none."""
        if not shapes:
            return np.zeros(self.shape, np.int32)
        return _burn(shapes, self.shape, self.transform)

    def chip(self, shape: BaseGeometry, margin: float) -> "Chip | None":
        """What of the window lies within `margin` of a shape; None if nothing does."""
        west, south, east, north = shape.bounds
        cols = np.searchsorted(self.x, [west - margin, east + margin])
        rows = np.searchsorted(-self.y, [-(north + margin), -(south - margin)])
        if cols[0] >= cols[1] or rows[0] >= rows[1]:
            return None
        return Chip(self, shape, slice(int(rows[0]), int(rows[1])), slice(int(cols[0]), int(cols[1])))


@dataclass(frozen=True)
class Chip:
    """The part of a window round one shape."""

    window: Window
    shape: BaseGeometry
    rows: slice
    cols: slice

    @property
    def slices(self) -> tuple[slice, slice]:
        return self.rows, self.cols

    def noise(self, subject: str, spacing: float, along: float = 1.0) -> Field:
        return self.window.noise(subject, spacing, along)[self.slices]

    @cached_property
    def x(self) -> Field:
        """Relative to the shape's middle, m, shape (1, cols)."""
        east: Field = (self.window.x[None, self.cols] - self.shape.centroid.x).astype(np.float32)
        return east

    @cached_property
    def y(self) -> Field:
        """As `x`, shape (rows, 1)."""
        north: Field = (self.window.y[self.rows, None] - self.shape.centroid.y).astype(np.float32)
        return north

    @cached_property
    def inside(self) -> Field:
        """Distance from the outline in m: positive inside, negative outside, at most REACH_M either way.

        The chip may end at the window's edge; pixels beyond it, up to the reach, count as well.
        """
        pixel = self.window.pixel
        more = int(np.ceil(REACH_M / pixel))
        shape = self.rows.stop - self.rows.start + 2 * more, self.cols.stop - self.cols.start + 2 * more
        transform = self.window.transform @ Affine.translation(self.cols.start - more, self.rows.start - more)
        mask = _burn([self.shape], shape, transform) > 0
        if not mask.any():
            return np.full((shape[0] - 2 * more, shape[1] - 2 * more), -REACH_M, np.float32)
        distance = distance_transform_edt(mask, sampling=pixel) - distance_transform_edt(~mask, sampling=pixel)
        own = distance[more:-more, more:-more].astype(np.float32)
        # Distances are to the centre of the first pixel beyond the outline, half a pixel too long.
        inside: Field = np.clip(own - np.sign(own) * np.float32(pixel / 2), -REACH_M, REACH_M)
        return inside


_burning = threading.Lock()


def _burn(shapes: Sequence[BaseGeometry], shape: tuple[int, int], transform: Affine) -> NDArray[np.int32]:
    """Which of the shapes each pixel's centre lies in, counted from 1, the last of several; 0 for none.

    rasterio silences a warning meanwhile, by filters that all threads share: one at a time, or it comes through.
    """
    with _burning:
        burnt: NDArray[np.int32] = rasterize(
            zip(shapes, range(1, len(shapes) + 1), strict=True), shape, transform=transform, dtype="int32"
        )
    return burnt


def smoothstep(low: float, high: float, value: Field) -> Field:
    """0 up to `low`, 1 from `high`, smooth between."""
    part: Field = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return part * part * (np.float32(3) - np.float32(2) * part)
