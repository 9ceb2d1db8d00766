"""A register of permits for an area, in which every way of standing to it occurs as often as wanted."""

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from engine.simulate.plan import Patch, Plan
from engine.simulate.register.drafts import Drafter
from engine.simulate.register.ground_permits import ground_permits
from engine.simulate.register.mines import Mine, mines_of
from engine.simulate.register.permits import (
    Permit,
    PermitCase,
    Register,
    holder_name,
    mine_name,
    permit_number,
)
from engine.simulate.register.verdicts import judge
from engine.simulate.register.zones import ecological_zones

# Cases that need work in a certain time come first, while there are mines at work to choose from.
_ORDER = (
    PermitCase.BEFORE_START,
    PermitCase.AFTER_EXPIRY,
    PermitCase.RENEWAL_PENDING,
    PermitCase.NOT_RECLAIMED,
    PermitCase.SHIFTED,
    PermitCase.CROSSES,
    PermitCase.EXPLORATION_ONLY,
    PermitCase.OTHER_MINERAL,
    PermitCase.MISSING_DATES,
    PermitCase.NO_PERMIT,
    PermitCase.INSIDE,
)
_AT_WORK = _ORDER[:3]
# What stands of a mine that is gone by 2021 is judged by the 2019 image; of these cases the days fit both.
_DAYS_DO_NOT_MATTER = {
    PermitCase.INSIDE,
    PermitCase.NO_PERMIT,
    PermitCase.EXPLORATION_ONLY,
    PermitCase.OTHER_MINERAL,
    PermitCase.MISSING_DATES,
}
# What mines become once there are enough of each case.
_REST = {
    PermitCase.INSIDE: 0.62,
    PermitCase.NO_PERMIT: 0.12,
    PermitCase.NOT_RECLAIMED: 0.08,
    PermitCase.CROSSES: 0.08,
    PermitCase.OTHER_MINERAL: 0.05,
    PermitCase.MISSING_DATES: 0.05,
}
_SHIFT_M = 40.0, 120.0
# Year and month in the number of a permit whose day of issue nobody has.
_UNKNOWN = datetime.date(2012, 4, 1)


class _Book:
    """Cases and records of the mines that have been dealt with."""

    def __init__(self, mines: Sequence[Mine], drafter: Drafter) -> None:
        self.free = list(mines)
        self.drafter = drafter
        self.cases: dict[int, PermitCase] = {}
        self.permits: list[list[Permit]] = []
        self.counts: Counter[PermitCase] = Counter()
        self.doubtful = 0

    def take(self, mine: Mine, case: PermitCase, chance: np.random.Generator, *, doubtful: bool = False) -> bool:
        """Make a mine a case, if records can be drawn that do; whether they could."""
        if mine.gone and case not in _DAYS_DO_NOT_MATTER:
            return False
        drafts = self.drafter.draft(case, mine, chance, doubtful=doubtful)
        if drafts is None:
            return False
        found = sum(_is(case, patch, drafts, doubtful) for patch in mine.patches)
        if not found or (doubtful and len(mine.patches) > 1):
            return False
        self.counts[case] += found
        self.doubtful += doubtful
        self.cases |= {patch.number: case for patch in mine.patches}
        self.permits.append(drafts)
        self.free.remove(mine)
        return True


def draw_register(plan: Plan) -> Register:
    """The register of an area, with at least 8 patches of each case (1 of each in a small area), some of the crossings
    within the positional error. The same plan gives the same register.

    Raises
    ------
    ValueError
        When the plan has too few patches of the kind that a case needs.
    """
    frame = plan.frame
    chance = frame.chance("register")
    bearing, length = chance.uniform(0, 2 * np.pi), chance.uniform(*_SHIFT_M)
    shift = round(float(length * np.cos(bearing)), 2), round(float(length * np.sin(bearing)), 2)
    mines = mines_of(plan.patches)
    book = _Book(mines, Drafter(tuple(mines), shift))
    _figures(book, frame.chance("register", "figure 10"))
    wanted = max(1, min(8, len(plan.patches) // 12))
    for case in _turns(wanted):
        if case is PermitCase.CROSSES:
            _fill(book, case, book.counts[case] + (wanted + 2) // 3, chance, doubtful=True)
        _fill(book, case, wanted, chance)
    short = [f"{book.counts[case]} '{case}'" for case in _ORDER if book.counts[case] < wanted]
    short += [f"{book.doubtful} in doubt"] if book.doubtful < (wanted + 2) // 3 else []
    if short:
        raise ValueError(f"of {wanted} patches wanted of each case there can only be {', '.join(short)}")
    for mine in list(book.free):
        wish = PermitCase(str(chance.choice([case.value for case in _REST], p=list(_REST.values()))))
        if not (book.take(mine, wish, chance) or book.take(mine, PermitCase.INSIDE, chance)):
            raise ValueError(f"no permit can be drawn round patch {mine.patches[0].number}")
    outlines = [drafts[0].outline for drafts in book.permits if drafts]
    ground = ground_permits(plan, mines, outlines, frame.chance("register", "ground"))
    groups = [drafts for drafts in book.permits if drafts] + [[permit] for permit in ground]
    permits = _named(groups, frame.chance("register", "names"))
    return Register(permits, ecological_zones(plan, frame.chance("register", "zones")), dict(book.cases))


def _is(case: PermitCase, patch: Patch, drafts: Sequence[Permit], doubtful: bool) -> bool:
    """Whether records make a patch what they were drawn for."""
    found = {verdict.verdict: verdict for verdict in judge(patch, drafts)}
    if case is PermitCase.SHIFTED:
        return any(one in found and found[one].certain for one in (PermitCase.CROSSES, PermitCase.NO_PERMIT))
    if case is PermitCase.RENEWAL_PENDING:
        return case in found and found[case].since is not None
    return case in found and found[case].certain is not doubtful


def _turns(wanted: int) -> Iterator[PermitCase]:
    """Cases that need work take turns, so that what mines there are at work go round."""
    for _ in range(wanted):
        yield from _AT_WORK
    yield from _ORDER[len(_AT_WORK) :]


def _figures(book: _Book, chance: np.random.Generator) -> None:
    """The two cases of the paper's Figure 10: a clay pit taken up again, a quarry that reaches beyond its boundary."""
    for role, case in (("figure 10a", PermitCase.AFTER_EXPIRY), ("figure 10b", PermitCase.CROSSES)):
        for mine in [mine for mine in book.free if mine.role == role]:
            if not any(book.take(mine, case, chance) for _ in range(20)):
                raise ValueError(f"the patch of {role} cannot be made '{case}'")


def _fill(book: _Book, case: PermitCase, wanted: int, chance: np.random.Generator, *, doubtful: bool = False) -> None:
    """Make mines a case until enough patches are; those of the cases that take turns, one mine at a time."""
    for mine in sorted(_shuffled(book.free, chance), key=lambda mine: _waste(mine, case)):
        if book.counts[case] >= wanted:
            return
        if book.take(mine, case, chance, doubtful=doubtful) and case in _AT_WORK:
            return


def _waste(mine: Mine, case: PermitCase) -> int:
    """How many of a mine's patches a case has no use for, and others do."""
    working = sum(work is not None for work in mine.works)
    if case in _AT_WORK:
        return len(mine.patches) - working
    return working + len(mine.patches) - 1


def _shuffled(mines: Sequence[Mine], chance: np.random.Generator) -> list[Mine]:
    return [mines[at] for at in chance.permutation(len(mines))]


def _named(groups: Sequence[Sequence[Permit]], chance: np.random.Generator) -> tuple[Permit, ...]:
    """Records of mines, each a group, with numbers and names, in an order that tells nothing."""
    serials = chance.permutation(np.arange(1, 10 * sum(map(len, groups)) + 1))
    owners = chance.integers(1, max(2, 2 * len(groups) // 3), len(groups))
    places = chance.permutation(len(groups)) + 1
    records = [
        replace(
            permit,
            number=permit_number(permit.kind, permit.mineral, permit.issued or _UNKNOWN, int(serials[10 * at + part])),
            mine=mine_name(int(places[at]), permit.mineral),
            holder=holder_name(int(owners[at])),
        )
        for at, group in enumerate(groups)
        for part, permit in enumerate(group)
    ]
    return tuple(records[at] for at in chance.permutation(len(records)))
