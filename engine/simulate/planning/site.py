"""Free ground, and where what suits."""

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from engine.simulate.frame import Frame
from engine.simulate.noise import Field, smooth
from engine.simulate.plan import MineClass
from engine.simulate.terrain import SEQUENCE, Terrain, stratum_at

_STRATA = {
    MineClass.GANGUE_DUMP: ("coal measures", "shale"),
    MineClass.IRON_PIT: ("red beds",),
    MineClass.CLAY_PIT: ("marl", "limestone"),
    MineClass.SANDSTONE_PIT: ("sandstone",),
}

# Between patches, and between them and what looks like them.
GAP_M = 14.0


@dataclass
class Site:
    """Free ground, and places drawn from where they suit."""

    terrain: Terrain
    _taken: list[tuple[tuple[float, ...], BaseGeometry]] = field(default_factory=list)

    @property
    def frame(self) -> Frame:
        return self.terrain.frame

    def take(self, shape: BaseGeometry) -> None:
        self._taken.append((shape.bounds, shape))

    def is_free(self, shape: BaseGeometry, gap: float = 0.0, inset: float = 30.0) -> bool:
        """Whether a shape lies `inset` m or more within the frame, and more than `gap` m from all that is taken."""
        bounds, (west, south, east, north) = self.frame.bounds, shape.bounds
        if min(west - bounds.west, south - bounds.south, bounds.east - east, bounds.north - north) < inset:
            return False
        near = shape.buffer(gap) if gap else shape
        return not any(near.intersects(other) for other in self._near(near))

    def _near(self, shape: BaseGeometry) -> list[BaseGeometry]:
        own = shape.bounds
        return [one for bounds, one in self._taken if meet(bounds, own)]

    def suits(self, lattice: Field, inset: float = 60.0) -> "Places":
        """Places to draw from, by weights on the terrain's lattice, within the frame."""
        bounds, terrain = self.frame.bounds, self.terrain
        rows = (terrain.y > bounds.south + inset) & (terrain.y < bounds.north - inset)
        cols = (terrain.x > bounds.west + inset) & (terrain.x < bounds.east - inset)
        weights = np.where(rows[:, None] & cols[None, :], lattice, 0).ravel().astype(np.float64)
        return Places(terrain, np.cumsum(weights))

    def downhill(self, x: float, y: float) -> float:
        """Azimuth of the steepest fall, degrees."""
        at = np.array([x - 40, x + 40, x, x]), np.array([y, y, y - 40, y + 40])
        west, east, south, north = self.terrain.sample(*at)
        return float(np.degrees(np.arctan2(west - east, south - north)) % 360)


@dataclass
class Places:
    """Cells of the terrain's lattice to draw from.

    cumulated : sum of the weights up to each cell, in row-major order, shape (rows x cols,).
    """

    terrain: Terrain
    cumulated: NDArray[np.float64]

    def draw(self, chance: Generator) -> tuple[float, float]:
        """x and y in m, EPSG:4544, anywhere in the cell that is drawn."""
        cell = int(np.searchsorted(self.cumulated, chance.uniform(0, self.cumulated[-1])))
        row, col = divmod(min(cell, len(self.cumulated) - 1), len(self.terrain.x))
        away = chance.uniform(-5, 5, 2)
        return float(self.terrain.x[col] + away[0]), float(self.terrain.y[row] + away[1])


def meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two rectangles (west, south, east, north) touch."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


class Taken:
    """Shapes that nothing may touch, growing."""

    def __init__(self, shapes: list[BaseGeometry]) -> None:
        self._shapes, self._tree = shapes, STRtree(shapes)
        self._later: list[tuple[tuple[float, ...], BaseGeometry]] = []

    def take(self, shape: BaseGeometry) -> bool:
        """Whether it touches none; then it is one of them."""
        if len(self._tree.query(shape, predicate="intersects")):
            return False
        own = shape.bounds
        if any(meet(own, bounds) and shape.intersects(one) for bounds, one in self._later):
            return False
        self._later.append((own, shape))
        if len(self._later) > 60:
            self._shapes += [one for _, one in self._later]
            self._tree, self._later = STRtree(self._shapes), []
        return True


def suitability(site: Site, kind: MineClass) -> Field:
    """Where a class of mine may lie, shape of the terrain's lattice: strata of its kind, not too steep, in clusters."""
    terrain = site.terrain
    strata = stratum_at(terrain.across_strike)
    fitting = np.isin(strata, [number for number, stratum in enumerate(SEQUENCE) if stratum.name in _STRATA[kind]])
    clusters = smooth(site.frame.stream("clusters", int(kind)), terrain.x, terrain.y, 650.0)
    high = terrain.mountains if kind is not MineClass.CLAY_PIT else 0.25 + 0.5 * (1 - terrain.mountains)
    weight = (0.04 + fitting) * np.exp(1.1 * clusters) * (0.06 + high) * (terrain.slope < 0.55)
    return np.asarray(weight, np.float32)
