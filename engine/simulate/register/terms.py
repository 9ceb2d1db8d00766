"""Days on which permits are issued, begin and end, so that a case is what it is meant to be."""

import datetime
from dataclasses import dataclass, replace

import numpy as np

from engine.simulate.frame import EPOCHS
from engine.simulate.plan import MotionKind, Patch
from engine.simulate.register.permits import PermitCase, PermitStatus
from engine.simulate.register.working_time import WorkingTime, working_time

_DAY = datetime.timedelta(days=1)
SEEN = EPOCHS[1].date
# An office is slow to mark what has expired: the share of permits that it still calls valid.
_STILL_CALLED_VALID = 0.15


@dataclass(frozen=True)
class Term:
    status: PermitStatus | None
    issued: datetime.date | None
    valid_from: datetime.date | None
    valid_to: datetime.date | None
    reclaim_by: datetime.date | None


def term_of(case: PermitCase, patches: tuple[Patch, ...], chance: np.random.Generator) -> Term | None:
    """For the patches that a permit covers; None where no days make the case."""
    works = [work for patch in patches if (work := working_time(patch))]
    if case is PermitCase.BEFORE_START:
        return _before_start(works, chance) if len(works) == len(patches) else None
    if case in (PermitCase.AFTER_EXPIRY, PermitCase.RENEWAL_PENDING):
        return _lapsed(case, patches, works, chance) if works else None
    if case is PermitCase.NOT_RECLAIMED:
        return None if len(works) == len(patches) else not_reclaimed(chance)
    if case is PermitCase.MISSING_DATES:
        return _undated(chance)
    return valid(chance)


def valid(chance: np.random.Generator) -> Term:
    """Valid in both images, and all of the time between."""
    first = _between(datetime.date(2008, 2, 1), datetime.date(2018, 6, 30), chance)
    last = _between(datetime.date(2022, 6, 1), datetime.date(2034, 12, 31), chance)
    return _term(PermitStatus.VALID, first, last, chance)


def expired(chance: np.random.Generator) -> Term:
    """Run out before the period, its duties passed on or met."""
    last = _between(datetime.date(2010, 1, 1), datetime.date(2018, 11, 30), chance)
    term = _term(PermitStatus.EXPIRED, last - int(chance.integers(1_000, 3_600)) * _DAY, last, chance)
    return Term(term.status, term.issued, term.valid_from, term.valid_to, None)


def not_reclaimed(chance: np.random.Generator) -> Term:
    """The ground had to be restored before the 2021 image."""
    last = _between(datetime.date(2012, 1, 1), datetime.date(2019, 12, 31), chance)
    due = _between(max(last + 180 * _DAY, datetime.date(2019, 7, 1)), datetime.date(2021, 8, 31), chance)
    return _term(_called_expired(chance), last - int(chance.integers(1_000, 3_600)) * _DAY, last, chance, due)


def _before_start(works: list[WorkingTime], chance: np.random.Generator) -> Term | None:
    """Two in three have not begun by the image; the others did long after the work."""
    start = _between(SEEN + 20 * _DAY, datetime.date(2022, 12, 31), chance)
    earliest, latest = max(work.first for work in works) + 120 * _DAY, SEEN - 60 * _DAY
    if chance.random() < 1 / 3 and earliest < latest:
        start = _between(earliest, latest, chance)
    term = _term(PermitStatus.VALID, start, start + int(chance.integers(1_800, 5_500)) * _DAY, chance)
    issued = min(start, SEEN) - int(chance.integers(5, 100)) * _DAY
    return replace(term, issued=issued)


def _lapsed(
    case: PermitCase, patches: tuple[Patch, ...], works: list[WorkingTime], chance: np.random.Generator
) -> Term | None:
    earliest = max(work.first for work in works) - 150 * _DAY
    latest = min(min(work.last for work in works), SEEN) - 45 * _DAY
    if any(patch.role == "figure 10a" or patch.motion.kind is MotionKind.ONSET for patch in patches):
        # Shut, and taken up again after the permit had run out.
        latest = max(work.first for work in works) - 20 * _DAY
        earliest = latest - 60 * _DAY
    if earliest > latest:
        earliest = latest - 150 * _DAY
    last = _between(earliest, latest, chance)
    first = last - int(chance.integers(1_000, 3_600)) * _DAY
    if case is PermitCase.RENEWAL_PENDING:
        return _term(PermitStatus.RENEWAL, first, last, chance)
    # Where others of its patches lie idle, their duty is due.
    idle = len(works) < len(patches)
    within = last + int(chance.integers(90, 180) if idle else chance.integers(300, 1_100)) * _DAY
    return _term(_called_expired(chance), first, last, chance, min(within, SEEN - 30 * _DAY) if idle else within)


def _undated(chance: np.random.Generator) -> Term:
    """Without its end, without its beginning, or without both and the day of issue."""
    term, lost = valid(chance), chance.random()
    first = None if lost >= 0.4 else term.valid_from
    last = None if lost < 0.4 or lost >= 0.6 else term.valid_to
    issued = term.issued if first or last else None
    return Term(PermitStatus.VALID if chance.random() < 0.5 else None, issued, first, last, None)


def _called_expired(chance: np.random.Generator) -> PermitStatus:
    return PermitStatus.VALID if chance.random() < _STILL_CALLED_VALID else PermitStatus.EXPIRED


def _term(
    status: PermitStatus,
    first: datetime.date,
    last: datetime.date,
    chance: np.random.Generator,
    due: datetime.date | None = None,
) -> Term:
    issued = first - int(chance.integers(0, 40)) * _DAY
    return Term(status, issued, first, last, due or last + int(chance.integers(365, 1_100)) * _DAY)


def _between(first: datetime.date, last: datetime.date, chance: np.random.Generator) -> datetime.date:
    return first + int(chance.integers(0, max((last - first).days, 0) + 1)) * _DAY
