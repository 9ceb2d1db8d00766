"""Outlines as an interpreter draws them on the image, with an interpreter's errors: what a model may train on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import EPOCHS
from engine.simulate.measures import polygons_of
from engine.simulate.plan import MineClass, Patch, Plan
from engine.simulate.truth import outlines_in
from engine.simulate.vectors import texts, write_geopackage

# Standard deviations of an outline's place and of its corners, and how far a simplified line may stray, m.
_OFFSET_M, _CORNER_M, _STRAY_M = 1.2, 0.6, (1.5, 3.0)
# None of these is more than such a share of a patch's extent: small patches are looked at more closely.
_MOST_OF_EXTENT = 0.05
# Holes are closed that are smaller than both, m² and as a share of the patch.
_SMALL_HOLE_M2, _SMALL_SHARE = 250.0, 0.06
# Of the patches that are left out, at least and at most.
_LEFT_OUT = 0.02, 0.04
# Neighbours up to this far apart may be drawn as one, m.
_TOGETHER_M = 30.0


class Interpreter(NamedTuple):
    """wide_m : by which outlines are drawn too wide on the mean (negative: too narrow)."""

    name: str
    wide_m: float


INTERPRETERS = Interpreter("A", 0.5), Interpreter("B", -0.3), Interpreter("C", 0.9)


@dataclass(frozen=True)
class Drawn:
    """One polygon of the reference."""

    outline: BaseGeometry
    code: MineClass
    interpreter: str
    numbers: tuple[int, ...]


def write_reference(plan: Plan, folder: Path) -> list[Path]:
    """Write `reference_2019.gpkg` and `reference_2021.gpkg`: code, mine_class, interpreter, in EPSG:4544."""
    paths = []
    for epoch in EPOCHS:
        drawn = interpret(plan, epoch.date.year)
        path = folder / f"reference_{epoch.date.year}.gpkg"
        columns = {
            "code": np.array([int(one.code) for one in drawn], np.int32),
            "mine_class": texts([one.code.title for one in drawn]),
            "interpreter": texts([one.interpreter for one in drawn]),
        }
        write_geopackage(path, columns, [one.outline for one in drawn])
        paths.append(path)
    return paths


def interpret(plan: Plan, year: int) -> list[Drawn]:
    """A year's patches as they are interpreted, from the west to the east."""
    seen = outlines_in(plan, year)
    overlooked = _overlooked(seen, plan.frame.chance("reference", year, "left out"))
    drawn = []
    for patch, outline in seen:
        if patch.number not in overlooked:
            chance = plan.frame.chance("reference", year, patch.number)
            by = INTERPRETERS[int(chance.integers(len(INTERPRETERS)))]
            drawn.append(Drawn(_draw(outline, by, chance), patch.mine_class, by.name, (patch.number,)))
    drawn = _confused(_together(drawn, len(seen)), plan.frame.chance("reference", year, "classes"))
    return sorted(drawn, key=lambda one: (one.outline.centroid.x, one.numbers))


def _overlooked(seen: Sequence[tuple[Patch, BaseGeometry]], chance: np.random.Generator) -> set[int]:
    """Numbers of patches that are left out: small and weathered ones above all, never a case of Figure 10."""
    areas = np.array([outline.area for _, outline in seen])
    old = np.array([_weathered_share(patch, outline) for patch, outline in seen])
    wanted = np.array([patch.role is None for patch, _ in seen])
    weights = wanted * (areas / np.median(areas)) ** -1.2 * (1 + 3 * old)
    count = max(1, round(float(chance.uniform(*_LEFT_OUT)) * len(seen)))
    chosen = chance.choice(len(seen), count, replace=False, p=weights / weights.sum())
    return {seen[at][0].number for at in chosen}


def _weathered_share(patch: Patch, outline: BaseGeometry) -> float:
    return 0.0 if patch.weathered is None else float(patch.weathered.intersection(outline).area / outline.area)


def _draw(outline: BaseGeometry, by: Interpreter, chance: np.random.Generator) -> BaseGeometry:
    """One outline with an interpreter's errors."""
    most = _MOST_OF_EXTENT * float(np.sqrt(outline.area))
    offset = np.clip(chance.normal(0, _OFFSET_M, 2), -2 * most, 2 * most)
    wide = float(np.clip(chance.normal(by.wide_m, 0.7), -most, most))
    parts = [_without_small_holes(part) for part in shapely.get_parts(outline)]
    shape = shapely.union_all(parts).buffer(wide, join_style="mitre", mitre_limit=2.0)
    simple = shapely.simplify(shape, min(float(chance.uniform(*_STRAY_M)), most))
    spread = min(_CORNER_M, most)
    rough = [
        Polygon(_jittered(part.exterior, spread, chance), [_jittered(hole, spread, chance) for hole in part.interiors])
        for part in shapely.get_parts(simple)
    ]
    placed = [shapely.transform(part, lambda at: np.round(at + offset, 2)) for part in rough]
    return polygons_of(shapely.union_all(shapely.make_valid(placed, method="structure")))


def _without_small_holes(part: Polygon) -> Polygon:
    least = min(_SMALL_HOLE_M2, _SMALL_SHARE * part.area)
    return Polygon(part.exterior, [hole for hole in part.interiors if Polygon(hole).area >= least])


def _jittered(ring: shapely.LinearRing, spread_m: float, chance: np.random.Generator) -> NDArray[np.float64]:
    corners = shapely.get_coordinates(ring)[:-1]
    return np.asarray(corners + chance.normal(0, spread_m, corners.shape), np.float64)


def _together(drawn: list[Drawn], patches: int) -> list[Drawn]:
    """The nearest neighbours of one class drawn as one: up to three pairs in a large area, one in a small."""
    outlines = [one.outline for one in drawn]
    first, second = shapely.STRtree(outlines).query(outlines, predicate="dwithin", distance=_TOGETHER_M)
    pairs = sorted(
        (outlines[one].distance(outlines[two]), int(one), int(two))
        for one, two in zip(first, second, strict=True)
        if one < two and drawn[one].code is drawn[two].code
    )
    joined: dict[int, int] = {}
    for _, one, two in pairs:
        if len(joined) < 2 * max(1, min(3, patches // 40)) and one not in joined and two not in joined:
            joined |= {one: two, two: one}
    result = [one for at, one in enumerate(drawn) if at not in joined]
    for one, two in joined.items():
        if one < two:
            gap = drawn[one].outline.distance(drawn[two].outline)
            both = drawn[one].outline.union(drawn[two].outline)
            # Closing: what lies between them goes with them.
            closed = both.buffer(gap / 2 + 4, quad_segs=2).buffer(-gap / 2 - 4, quad_segs=2).union(both)
            numbers = drawn[one].numbers + drawn[two].numbers
            result.append(replace(drawn[one], outline=shapely.simplify(closed, 0.5), numbers=numbers))
    return result


def _confused(drawn: list[Drawn], chance: np.random.Generator) -> list[Drawn]:
    """One or two of about a hundred patches taken for another class."""
    count = min(3, round(len(drawn) / 60)) if len(drawn) > 40 else 0
    wrong = {int(at) for at in chance.choice(len(drawn), count, replace=False)}
    others = [MineClass(int(code)) for code in chance.integers(1, len(MineClass), len(drawn))]
    return [
        replace(one, code=other if other is not one.code else MineClass.SANDSTONE_PIT) if at in wrong else one
        for at, (one, other) in enumerate(zip(drawn, others, strict=True))
    ]
