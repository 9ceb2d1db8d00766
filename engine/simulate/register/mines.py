"""Patches that one permit covers: those of a mine, and those that no boundary of a few corners can keep apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from engine.simulate.plan import MineClass, Patch
from engine.simulate.register.permit_outlines import around, directions, rounded
from engine.simulate.register.working_time import WorkingTime, working_time

# No boundary comes nearer to a patch of another mine, so that the positional error brings none into doubt, m.
CLEARANCE_M = 7.0
# Room that a boundary leaves at least, m.
LEAST_ROOM_M = 9.0
# Patches of one class that lie nearer than this belong to one mine, of which there are not more than so many.
_NEAR_M, _MOST_PATCHES = 60.0, 3


@dataclass(frozen=True)
class Mine:
    patches: tuple[Patch, ...]

    @cached_property
    def ground(self) -> BaseGeometry:
        """All that it covers in either year."""
        return shapely.union_all([patch.ground for patch in self.patches])

    @cached_property
    def tightest(self) -> Polygon:
        """The tightest boundary that a register would draw."""
        return boundary(self.ground, LEAST_ROOM_M, 10)

    @cached_property
    def classes(self) -> tuple[MineClass, ...]:
        return tuple(sorted({patch.mine_class for patch in self.patches}))

    @cached_property
    def works(self) -> tuple[WorkingTime | None, ...]:
        """When work goes on, by patch."""
        return tuple(working_time(patch) for patch in self.patches)

    @property
    def gone(self) -> bool:
        """Whether one of its patches is none any more in 2021."""
        return any(patch.after is None for patch in self.patches)

    @property
    def role(self) -> str | None:
        return next((patch.role for patch in self.patches if patch.role), None)


def boundary(shape: BaseGeometry, room_m: float, corners: int, chance: np.random.Generator | None = None) -> Polygon:
    """A boundary with some room round a shape; by chance not quite regular."""
    return rounded(around(shape, room_m, directions(corners, chance)))


def mines_of(patches: Sequence[Patch]) -> list[Mine]:
    """The patches by mines, so that the tightest boundary of each keeps clear of the patches of all others."""
    mines = _joined([Mine((patch,)) for patch in patches], _neighbours(patches))
    while pairs := _entangled(mines):
        mines = _joined(mines, pairs)
    return mines


def keeps_clear(outline: Polygon, others: shapely.STRtree) -> bool:
    """Whether an outline comes near none of the shapes in a tree."""
    return len(others.query(outline, predicate="dwithin", distance=CLEARANCE_M)) == 0


def _neighbours(patches: Sequence[Patch]) -> list[tuple[int, int]]:
    """Pairs of patches of one class that are near each other, nearest first, in mines that do not grow too large."""
    tree = shapely.STRtree([patch.ground for patch in patches])
    first, second = tree.query([patch.ground for patch in patches], predicate="dwithin", distance=_NEAR_M)
    pairs = [
        (patches[one].ground.distance(patches[two].ground), int(one), int(two))
        for one, two in zip(first, second, strict=True)
        if one < two and patches[one].mine_class is patches[two].mine_class
    ]
    mine_of, taken = [{at} for at in range(len(patches))], []
    for _, one, two in sorted(pairs):
        together = mine_of[one] | mine_of[two]
        if len(together) <= _MOST_PATCHES:
            taken.append((one, two))
            for at in together:
                mine_of[at] = together
    return taken


def _entangled(mines: Sequence[Mine]) -> list[tuple[int, int]]:
    tree = shapely.STRtree([mine.ground for mine in mines])
    outlines = [mine.tightest for mine in mines]
    first, second = tree.query(outlines, predicate="dwithin", distance=CLEARANCE_M)
    return [(int(one), int(two)) for one, two in zip(first, second, strict=True) if one != two]


def _joined(mines: Sequence[Mine], pairs: Iterable[tuple[int, int]]) -> list[Mine]:
    """Mines with those of each pair made one, and so on along chains of pairs."""
    head = list(range(len(mines)))

    def top(at: int) -> int:
        while head[at] != at:
            at = head[at]
        return at

    for one, two in pairs:
        low, high = sorted((top(one), top(two)))
        head[high] = low
    groups: dict[int, list[Patch]] = {}
    for at, mine in enumerate(mines):
        groups.setdefault(top(at), []).extend(mine.patches)
    return [Mine(tuple(sorted(group, key=lambda patch: patch.number))) for group in groups.values()]
