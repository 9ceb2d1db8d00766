"""The bare ground's shape and what it is made of: fractal ridges above fans, strata that run east-west."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from engine.simulate.frame import EPOCHS, Epoch, Frame
from engine.simulate.noise import Field, fractal, smooth, spline_matrix

SPACING_M = 10.0
_MARGIN_M = 1_000.0
_LOWEST_M = 1_253.0
# A shadow's edge is as wide as the ground that the sun's disk and the lattice blur together.
_SHADOW_EDGE_M = 3.0


class Stratum(NamedTuple):
    """One unit of the sequence: its thickness across the strike in m, and the material that its outcrops show."""

    name: str
    thickness: float


# From south to north, again and again: coal measures, clay and ore stand in turn, as in the region's Carboniferous.
SEQUENCE = (
    Stratum("sandstone", 230.0),
    Stratum("coal measures", 260.0),
    Stratum("limestone", 190.0),
    Stratum("red beds", 330.0),
    Stratum("marl", 210.0),
    Stratum("sandstone", 180.0),
    Stratum("shale", 150.0),
    Stratum("red beds", 200.0),
)
_TOPS = np.cumsum([stratum.thickness for stratum in SEQUENCE])


@dataclass(frozen=True)
class Terrain:
    """Heights on a lattice of 10 m that reaches 1 km beyond the frame."""

    frame: Frame

    @cached_property
    def x(self) -> NDArray[np.float64]:
        """Of the lattice's columns, m, EPSG:4544."""
        west, east = self.frame.bounds.west - _MARGIN_M, self.frame.bounds.east + _MARGIN_M
        return np.arange(west, east, SPACING_M) + SPACING_M / 2

    @cached_property
    def y(self) -> NDArray[np.float64]:
        """Of the lattice's rows, from north to south, m, EPSG:4544."""
        north, south = self.frame.bounds.north + _MARGIN_M, self.frame.bounds.south - _MARGIN_M
        return np.arange(north, south, -SPACING_M) - SPACING_M / 2

    @cached_property
    def mountains(self) -> Field:
        """From 0 on the fans and the plain to 1 in the folded mountains of the north, shape (y, x)."""
        bounds = self.frame.bounds
        north = (self.y - bounds.south) / (bounds.north - bounds.south)
        east = (self.x - bounds.west) / (bounds.east - bounds.west)
        edge = self._smooth("mountain front", 900.0, 2.0)
        rise = north[:, None] + 0.18 * (east[None, :] - 0.5) - 0.42 + 0.10 * edge
        return (1 / (1 + np.exp(-rise / 0.085))).astype(np.float32)

    @cached_property
    def height(self) -> Field:
        """Above sea level in m, shape (y, x): within the frame from 1253 m up."""
        fans = fractal(self.frame.stream("fans"), self.x, self.y, 600.0, 5, persistence=0.42)
        fall = (self.y - self.frame.bounds.south)[:, None] / 1_000.0
        rough = (
            165.0 * self.mountains * np.maximum(self._ridges(), 0) ** 1.6
            + 9.0 * fans * (1.2 - self.mountains)
            + 26.0 * self.mountains
            + 7.0 * fall
        )
        washes = np.exp(-((self._smooth("washes", 320.0, 0.6) / 0.07) ** 2))
        return self._in_range(gaussian_filter(rough - 5.0 * washes * (1.1 - self.mountains), 1.1))

    def _ridges(self) -> Field:
        """Ridged noise, shape (y, x): crests along the strike, the finer ones less strong and less stretched."""
        ridges, weight = np.zeros((len(self.y), len(self.x)), np.float32), np.ones((), np.float32)
        for octave, spacing in enumerate((640.0, 330.0, 170.0, 90.0, 45.0)):
            ridge = 1 - np.abs(self._smooth(f"ridge {octave}", spacing, 2.2 if octave < 2 else 1.3))
            ridges += np.float32(0.6**octave) * weight * ridge
            # Small forms stand on high ground; valleys stay smooth.
            weight = np.clip(0.35 + 0.65 * ridges / 1.4, 0, 1)
        return ridges

    def _in_range(self, heights: Field) -> Field:
        """Brought into the range that the area has."""
        rows = (self.y > self.frame.bounds.south) & (self.y < self.frame.bounds.north)
        cols = (self.x > self.frame.bounds.west) & (self.x < self.frame.bounds.east)
        inside = heights[np.ix_(rows, cols)]
        low, high = float(inside.min()), float(inside.max())
        return (_LOWEST_M + (heights - low) * self.frame.size.relief_m / (high - low)).astype(np.float32)

    @cached_property
    def slope(self) -> Field:
        """Rise over run, shape (y, x)."""
        down, along = np.gradient(self.height, SPACING_M)
        steepness: Field = np.hypot(down, along).astype(np.float32)
        return steepness

    @cached_property
    def drainage(self) -> Field:
        """Ground that drains through each place, as the logarithm of its count of lattice cells, shape (y, x).

        Water runs to the lowest of eight neighbours (O'Callaghan and Mark, 1984); it ends in hollows.
        """
        rough = self.height + 0.6 * self._smooth("drainage", 25.0, 1.0)
        target = _steepest_fall(rough).ravel().tolist()
        cells = [1] * rough.size
        for place in np.argsort(-rough, axis=None).tolist():
            if target[place] != place:
                cells[target[place]] += cells[place]
        drained: Field = np.log(np.array(cells, np.float32)).reshape(rough.shape)
        return drained

    @cached_property
    def across_strike(self) -> Field:
        """Place in the sequence of strata in m, increasing to the north, shape (y, x)."""
        fold = 260.0 * self._smooth("fold", 1_500.0, 3.0) + 70.0 * self._smooth("small fold", 420.0, 3.0)
        # Beds dip, so that height counts.
        return (self.y[:, None] + fold + 0.9 * (self.height - _LOWEST_M)).astype(np.float32)

    @cached_property
    def sunlight(self) -> tuple[Field, ...]:
        """For each epoch, from 0 in the shadow of the terrain to 1, shape (y, x)."""
        return tuple(self._sunlight(epoch) for epoch in EPOCHS)

    def _sunlight(self, epoch: Epoch) -> Field:
        """From 0 where higher ground stands before the sun to 1, shape (y, x)."""
        rise = np.tan(np.radians(epoch.sun_elevation))
        towards = np.radians(epoch.sun_azimuth)
        clear = np.full(self.height.shape, np.inf, np.float32)
        rows, cols = np.indices(self.height.shape, np.float32)
        for step in range(1, 1 + int(self.frame.size.relief_m / rise / SPACING_M)):
            there = map_coordinates(
                self.height, [rows - step * np.cos(towards), cols + step * np.sin(towards)], order=1, mode="nearest"
            )
            np.minimum(clear, self.height + step * SPACING_M * rise - there, out=clear)
        lit: Field = np.clip(0.5 + clear / (2 * _SHADOW_EDGE_M), 0, 1).astype(np.float32)
        return lit

    def sample(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights at any points within the lattice, bilinear."""
        return self.sample_of(self.height, x, y)

    def sample_of(self, lattice: Field, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of a lattice of this shape at any points, bilinear."""
        rows = np.clip((self.y[0] - np.asarray(y)) / SPACING_M, 0, lattice.shape[0] - 1.001)
        cols = np.clip((np.asarray(x) - self.x[0]) / SPACING_M, 0, lattice.shape[1] - 1.001)
        row, col = rows.astype(np.intp), cols.astype(np.intp)
        down, right = rows - row, cols - col
        upper = lattice[row, col] * (1 - right) + lattice[row, col + 1] * right
        lower = lattice[row + 1, col] * (1 - right) + lattice[row + 1, col + 1] * right
        values: NDArray[np.float64] = upper * (1 - down) + lower * down
        return values

    def window(self, lattice: Field, x: NDArray[np.float64], y: NDArray[np.float64]) -> Field:
        """A lattice of this shape brought smoothly (cubic B-spline) onto places evenly spaced along both axes."""
        cols, across = spline_matrix((x - self.x[0]) / SPACING_M)
        rows, down = spline_matrix((self.y[0] - y) / SPACING_M)
        last_row, last_col = lattice.shape[0] - 1, lattice.shape[1] - 1
        part = lattice[np.ix_(np.clip(rows, 0, last_row), np.clip(cols, 0, last_col))]
        # In double precision: places in the sequence of strata are millions of metres, of which single precision keeps
        # half a metre, and processors sum in different orders.
        return np.asarray(np.asarray(down, np.float64) @ part @ across.T, np.float32)

    def _smooth(self, subject: str, spacing: float, along: float) -> Field:
        return smooth(self.frame.stream(subject), self.x, self.y, spacing, along)


def stratum_at(across_strike: NDArray[np.floating]) -> NDArray[np.intp]:
    """Which of SEQUENCE crops out, same shape."""
    numbers: NDArray[np.intp] = np.searchsorted(_TOPS, np.mod(across_strike, _TOPS[-1]), side="right")
    return numbers


def _steepest_fall(height: Field) -> NDArray[np.intp]:
    """For each cell the flat index of the neighbour to which the ground falls most steeply, its own in a hollow."""
    rows, cols = height.shape
    padded = np.pad(height, 1, constant_values=np.inf)
    around = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    heights = np.stack([padded[1 + down : 1 + down + rows, 1 + right : 1 + right + cols] for down, right in around])
    falls = (height - heights) / np.array([max(1.0, np.hypot(*way)) for way in around])[:, None, None]
    steps = np.array([down * cols + right for down, right in around])
    lowest: NDArray[np.intp] = np.arange(height.size).reshape(height.shape) + steps[falls.argmax(axis=0)]
    return lowest
