"""Permits on ground without a mine: adjoining those of mines, overlapping each other, or by themselves."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely import Polygon

from engine.simulate.plan import Plan
from engine.simulate.register import terms
from engine.simulate.register.drafts import record
from engine.simulate.register.mines import Mine, keeps_clear
from engine.simulate.register.permit_outlines import around, directions, moved, rounded
from engine.simulate.register.permits import MINERALS, OTHER_MINERALS, Permit, PermitKind, PermitStatus

# Of each kind, as a share of the number of mines.
_ADJOINING, _ALONE = 0.08, 0.1
_TRIES = 60


def ground_permits(
    plan: Plan, mines: Sequence[Mine], neighbours: Sequence[Polygon], chance: np.random.Generator
) -> list[Permit]:
    """Permits that keep clear of all mines, still without numbers and names. neighbours : outlines of other permits.

    At least two of those by themselves overlap.
    """
    tree = shapely.STRtree([mine.ground for mine in mines])
    outlines = [outline for one in neighbours if (outline := _adjoining(one, tree, chance))]
    outlines = outlines[: max(2, round(_ADJOINING * len(mines)))]
    for _ in range(max(2, round(_ALONE * len(mines)))):
        outlines += _overlapping(plan, tree, chance)
    return [_record(outline, chance) for outline in outlines]


def _record(outline: Polygon, chance: np.random.Generator) -> Permit:
    mineral = str(chance.choice([*(names[0] for names in MINERALS.values()), *OTHER_MINERALS]))
    term = terms.expired(chance) if chance.random() < 0.25 else terms.valid(chance)
    permit = record(mineral, term, outline, chance)
    if chance.random() < 0.3:
        return replace(permit, kind=PermitKind.EXPLORATION, reclaim_by=None)
    return replace(permit, status=PermitStatus.WITHDRAWN) if chance.random() < 0.1 else permit


def _adjoining(neighbour: Polygon, mines: shapely.STRtree, chance: np.random.Generator) -> Polygon | None:
    """The ground behind one of a boundary's sides, which both share."""
    corners = shapely.get_coordinates(neighbour.exterior)
    for at in chance.permutation(len(corners) - 1):
        first, second = corners[at], corners[at + 1]
        along = second - first
        length = float(np.hypot(*along))
        if length < 60.0:
            continue
        out = np.array([along[1], -along[0]]) / length * chance.uniform(80.0, 260.0)
        if neighbour.contains(shapely.Point((first + second) / 2 + 0.01 * out)):
            out = -out
        skew = along * chance.uniform(-0.15, 0.15)
        outline = rounded(Polygon([first, first + out + skew, second + out - skew, second]))
        if keeps_clear(outline, mines):
            return outline
    return None


def _overlapping(plan: Plan, mines: shapely.STRtree, chance: np.random.Generator) -> list[Polygon]:
    """A permit somewhere in the frame, and another one half on it."""
    bounds = plan.frame.bounds
    for _ in range(_TRIES):
        place = shapely.Point(chance.uniform(bounds.west, bounds.east), chance.uniform(bounds.south, bounds.north))
        turn, half = chance.uniform(0, np.pi), chance.uniform((50, 40), (210, 150))
        along = np.array([np.cos(turn), np.sin(turn)])
        axes = np.array([along * half[0], along[::-1] * (-1, 1) * half[1]])
        core = Polygon([(place.x, place.y) + np.array(signs) @ axes for signs in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
        outline = around(core, 10.0, directions(int(chance.integers(4, 8)), chance))
        other = around(core, chance.uniform(5, 40), directions(int(chance.integers(4, 8)), chance))
        other = moved(other, (float(chance.uniform(60, 140)), float(chance.uniform(-60, 60))))
        if keeps_clear(outline, mines) and keeps_clear(other, mines):
            return [outline, other]
    return []
