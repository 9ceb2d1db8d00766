"""The records of one mine: drawn for a case, with days and boundaries that make it that case."""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import Polygon

from engine.simulate.measures import geodesic_m2
from engine.simulate.plan import MineClass
from engine.simulate.register import terms
from engine.simulate.register.mines import LEAST_ROOM_M, Mine, boundary, keeps_clear
from engine.simulate.register.permit_outlines import MOST_CORNERS, corners_of, cut, depth_of_share, moved
from engine.simulate.register.permits import MINERALS, OTHER_MINERALS, Permit, PermitCase, PermitKind
from engine.simulate.register.terms import Term
from engine.simulate.register.working_time import last_sight

# Greatest distance outside of a crossing that is within the positional error, and the least of one that is not, m.
_DOUBTFUL_M, _CERTAIN_M = (1.0, 4.0), 8.0
# Room round a mine, m, by case; exploration covers more ground, and what is to be shifted has to miss it.
_ROOM_M = {PermitCase.EXPLORATION_ONLY: (60.0, 260.0), PermitCase.SHIFTED: (LEAST_ROOM_M, 13.0)}
_USUAL_ROOM_M = 12.0, 80.0
_TRIES = 10
_SOUTH_WEST = np.radians(225.0)


@dataclass(frozen=True)
class Drafter:
    """Draws records for mines. mines : all of them, since each draft keeps clear of the others. shift_m : by which a
    wrong datum moved permits, east and north."""

    mines: tuple[Mine, ...]
    shift_m: tuple[float, float]

    def draft(
        self, case: PermitCase, mine: Mine, chance: np.random.Generator, *, doubtful: bool = False
    ) -> list[Permit] | None:
        """Records that should make a mine a case, still without numbers and names; None where none can be drawn."""
        if case is PermitCase.NO_PERMIT:
            return []
        term = terms.term_of(case, mine.patches, chance)
        outline = self._outline(case, mine, chance, doubtful)
        if term is None or outline is None:
            return None
        drafts = [record(_mineral(case, kind, chance), term, outline, chance, case) for kind in mine.classes]
        if case is PermitCase.SHIFTED:
            drafts = [replace(draft, shift_m=self.shift_m) for draft in drafts]
        if case is PermitCase.EXPLORATION_ONLY:
            drafts = [replace(drafts[0], kind=PermitKind.EXPLORATION, reclaim_by=None)]
        if case is PermitCase.OTHER_MINERAL:
            drafts = drafts[:1]
        if case is PermitCase.INSIDE and chance.random() < 0.2:
            # The permit that it had before, which registers go on listing.
            drafts += [record(drafts[0].mineral, terms.expired(chance), mine.tightest, chance, case)]
        return drafts

    def _outline(self, case: PermitCase, mine: Mine, chance: np.random.Generator, doubtful: bool) -> Polygon | None:
        others = shapely.STRtree([other.ground for other in self.mines if other is not mine])
        outline = roomy(mine, others, chance, _ROOM_M.get(case, _USUAL_ROOM_M))
        if case is PermitCase.CROSSES:
            return _crossing(outline, mine, chance, doubtful)
        if case is PermitCase.SHIFTED:
            outline = moved(outline, self.shift_m)
            return outline if keeps_clear(outline, others) else None
        return outline


def roomy(mine: Mine, others: shapely.STRtree, chance: np.random.Generator, room_m: tuple[float, float]) -> Polygon:
    """A boundary round a mine with as much room as chance and its neighbours allow."""
    room = chance.uniform(*room_m)
    for _ in range(_TRIES):
        outline = boundary(mine.ground, room, int(chance.integers(4, 9)), chance)
        if keeps_clear(outline, others):
            return outline
        room = max(LEAST_ROOM_M, 0.7 * room)
    return mine.tightest


def record(
    mineral: str, term: Term, outline: Polygon, chance: np.random.Generator, case: PermitCase | None = None
) -> Permit:
    """A mining permit without number and names. Its declared area is not quite that of its outline, as in registers."""
    top = 10 * int(chance.integers(132, 165))
    return Permit(
        number="",
        mine="",
        holder="",
        mineral=mineral,
        kind=PermitKind.MINING,
        **vars(term),
        area_km2=_declared(geodesic_m2(outline) / 1e6, chance),
        top_m=top,
        bottom_m=top - 10 * int(chance.integers(3, 25)),
        outline=outline,
        case=case,
    )


def _declared(area_km2: float, chance: np.random.Generator) -> float:
    """An area as declared, with four decimals: up to 1.5 % off, and never what it is."""
    off = float(chance.uniform(0.002, 0.015) * chance.choice((-1, 1)))
    declared = round(area_km2 * (1 + off), 4)
    return declared if declared != round(area_km2, 4) else round(declared + 1e-4, 4)


def _mineral(case: PermitCase, mine_class: MineClass, chance: np.random.Generator) -> str:
    if case is not PermitCase.OTHER_MINERAL:
        names = MINERALS[mine_class]
        return str(chance.choice(names, p=np.array([0.6, 0.3, 0.1])[: len(names)]))
    strangers = [MINERALS[other][0] for other in MineClass if other is not mine_class]
    return str(chance.choice([*strangers, *OTHER_MINERALS]))


def _crossing(outline: Polygon, mine: Mine, chance: np.random.Generator, doubtful: bool) -> Polygon | None:
    """Cut so that some of the mine lies outside, of the paper's Figure 10b the south-west."""
    shape = shapely.union_all([last_sight(patch).outline for patch in mine.patches])
    share = chance.uniform(0.1, 0.4)
    bearing = chance.uniform(0, 2 * np.pi)
    if mine.role == "figure 10b":
        bearing, share = _SOUTH_WEST, 0.35
    depth = chance.uniform(*_DOUBTFUL_M) if doubtful else max(depth_of_share(shape, bearing, share), _CERTAIN_M)
    try:
        outline = cut(outline, shape, bearing, depth)
    except ValueError:
        return None
    return outline if corners_of(outline) <= MOST_CORNERS else None
