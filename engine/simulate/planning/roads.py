"""Roads and tracks: the easiest way over the terrain to the roads that there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Point

from engine.simulate.lattice import overlapping
from engine.simulate.noise import smooth
from engine.simulate.terrain import Terrain

_SPACING_M = 40.0
# A road of this slope is twice as long to drive.
_STEEP = 0.10
# Tracks of so many places are sought together; the next may join them.
_TOGETHER = 8


@dataclass
class Network:
    """Grows road by road on a lattice of 40 m."""

    terrain: Terrain
    _on_road: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        bounds = self.terrain.frame.bounds
        self._x = np.arange(bounds.west, bounds.east + 1, _SPACING_M)
        self._y = np.arange(bounds.north, bounds.south - 1, -_SPACING_M)
        x, y = np.meshgrid(self._x, self._y)
        self._height = self.terrain.sample(x.ravel(), y.ravel()).reshape(x.shape)
        # Rough ground makes even a level way wind.
        self._rough = np.exp(0.45 * smooth(self.terrain.frame.stream("rough ground"), self._x, self._y, 130.0))
        self._graph = self._link()

    def _link(self) -> coo_array:
        """Costs to the eight neighbours and to eight more by a knight's move, in m of level road."""
        index = np.arange(self._height.size).reshape(self._height.shape)
        starts, ends, costs = [], [], []
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1)):
            here, there = overlapping(self._height.shape, down, right)
            distance = _SPACING_M * np.hypot(down, right)
            slope = np.abs(self._height[there] - self._height[here]) / distance
            starts.append(index[here].ravel())
            ends.append(index[there].ravel())
            costs.append((distance * self._rough[here] * (1 + (slope / _STEEP) ** 2)).ravel())
        start, end, cost = (np.concatenate(parts) for parts in (starts, ends, costs))
        return coo_array((cost, (start, end)), shape=(index.size, index.size)).tocsr()

    def through(self, places: Sequence[tuple[float, float]], chance: Generator) -> LineString:
        """A road through places in turn; it becomes part of the network."""
        nodes = [self._node(*place) for place in places]
        path = [nodes[0]]
        for start, end in pairwise(nodes):
            _, before = dijkstra(self._graph, directed=False, indices=start, return_predecessors=True)
            path += _walk(before, end)[::-1][1:]
        self._on_road.update(path)
        return self._line(path, chance)

    def reach(self, places: Sequence[Point], chance: Generator) -> list[LineString]:
        """Tracks from places to the nearest road, by effort; they become part of the network, a few at a time."""
        tracks: list[LineString] = []
        for number, place in enumerate(places):
            if number % _TOGETHER == 0:
                roads = sorted(self._on_road)
                _, before, _ = dijkstra(
                    self._graph, directed=False, indices=roads, min_only=True, return_predecessors=True
                )
            path = _walk(before, self._node(place.x, place.y))
            line = self._line(path, chance) if len(path) > 1 else LineString([place, self._place(path[0])])
            tracks.append(LineString([(place.x, place.y), *line.coords[1:]]))
            self._on_road.update(path)
        return tracks

    # A node is a place's number on the lattice in row-major order.
    def _node(self, x: float, y: float) -> int:
        col = int(np.clip(np.rint((x - self._x[0]) / _SPACING_M), 0, len(self._x) - 1))
        row = int(np.clip(np.rint((self._y[0] - y) / _SPACING_M), 0, len(self._y) - 1))
        return row * len(self._x) + col

    def _place(self, node: int) -> tuple[float, float]:
        row, col = divmod(node, len(self._x))
        return float(self._x[col]), float(self._y[row])

    def _line(self, path: Sequence[int], chance: Generator) -> LineString:
        """Through the nodes, a few metres beside them, its corners cut."""
        places = np.array([self._place(node) for node in path])
        places[1:-1] += chance.normal(0, 5.0, (max(0, len(places) - 2), 2))
        return LineString(_rounded(_rounded(places)))


def _walk(before: NDArray[np.int32], node: int) -> list[int]:
    """The nodes from one back to where the search began; before : each node's predecessor, negative for none."""
    path = [node]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return path


def _rounded(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chaikin's corner cutting (1974)."""
    if len(places) < 3:
        return places
    near = 0.75 * places[:-1] + 0.25 * places[1:]
    far = 0.25 * places[:-1] + 0.75 * places[1:]
    inner = np.column_stack([near, far]).reshape(-1, 2)
    return np.concatenate([places[:1], inner[1:-1], places[-1:]])
