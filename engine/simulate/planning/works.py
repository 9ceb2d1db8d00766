"""What becomes of the patches from 2019 to 2021: their activity, what two images show of it, and how the ground moves.

Shares follow the paper's count (of 228: 22 rise, 38 sink, 4 are lost to decorrelation, 164 do not change), with more at
work, so that each kind occurs often enough to be assessed; settlement after closure, which the paper does not tell
apart, is added.
"""

import datetime
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from numpy.random import Generator

from engine.simulate.plan import Activity, Change, MineClass, Motion, MotionKind

Kind = TypeVar("Kind")

# Of the patches of a class, how many do what; the rest is idle.
_SHARES = {
    MineClass.GANGUE_DUMP: {
        Activity.TIPPING: 0.22,
        Activity.REMOVAL: 0.08,
        Activity.SETTLEMENT: 0.07,
        Activity.LEVELLING: 0.03,
    },
    MineClass.IRON_PIT: {
        Activity.EXTRACTION: 0.34,
        Activity.DIGGING: 0.10,
        Activity.LEVELLING: 0.09,
        Activity.SETTLEMENT: 0.10,
    },
    MineClass.CLAY_PIT: {Activity.EXTRACTION: 0.40, Activity.DIGGING: 0.08, Activity.SETTLEMENT: 0.10},
    MineClass.SANDSTONE_PIT: {Activity.EXTRACTION: 0.40, Activity.DIGGING: 0.17, Activity.SETTLEMENT: 0.08},
}
_CHANGES = {
    Activity.IDLE: {Change.UNCHANGED: 0.94, Change.LEVELLED: 0.03, Change.SHRUNK: 0.03},
    Activity.EXTRACTION: {Change.GROWN: 0.55, Change.NEW: 0.25, Change.UNCHANGED: 0.20},
    # The paper saw no difference in the images of the dumps that rise.
    Activity.TIPPING: {Change.UNCHANGED: 0.75, Change.GROWN: 0.15, Change.NEW: 0.10},
    Activity.REMOVAL: {Change.UNCHANGED: 0.5, Change.SHRUNK: 0.5},
    Activity.LEVELLING: {Change.LEVELLED: 1.0},
    Activity.SETTLEMENT: {Change.UNCHANGED: 1.0},
    Activity.DIGGING: {Change.GROWN: 0.7, Change.NEW: 0.3},
}
_MOTIONS = {
    Activity.EXTRACTION: {
        MotionKind.LINEAR: 0.40,
        MotionKind.ONSET: 0.28,
        MotionKind.ACCELERATING: 0.16,
        MotionKind.STEP: 0.08,
        MotionKind.STOP: 0.08,
    },
    Activity.TIPPING: {MotionKind.LINEAR: 0.6, MotionKind.ONSET: 0.3, MotionKind.STEP: 0.1},
    Activity.REMOVAL: {MotionKind.LINEAR: 0.6, MotionKind.ONSET: 0.2, MotionKind.STOP: 0.2},
    Activity.LEVELLING: {MotionKind.ONSET: 0.5, MotionKind.STOP: 0.5},
    Activity.SETTLEMENT: {MotionKind.DECAY: 1.0},
    Activity.DIGGING: {MotionKind.VIOLENT: 1.0},
    Activity.IDLE: {MotionKind.NONE: 0.85, MotionKind.SEASONAL: 0.15},
}
_RISING = {Activity.TIPPING}
_SLOWEST, _FASTEST, _FASTEST_RISE = 6.5, 18.0, 14.8  # mm/yr


class Work(NamedTuple):
    """What is done at a patch, what images show of it, how it moves, and since when, where it began in the period."""

    activity: Activity
    change: Change
    motion: Motion
    started: datetime.date | None


def assign_works(classes: Sequence[MineClass], large: Sequence[bool], chance: Generator) -> list[Work]:
    """One for each patch, in the shares above as nearly as whole numbers allow; what moves is never too small to see.

    large : whether a patch is large enough for radar to see its motion. One levelled iron pit carries a solar station.
    """
    works: list[Work | None] = [None] * len(classes)
    for kind in MineClass:
        members = [number for number, own in enumerate(classes) if own is kind]
        members = [int(number) for number in chance.permutation(members)]
        members.sort(key=lambda number: not large[number])
        activities = _portions(_SHARES[kind], len(members))
        for activity, count in activities.items():
            changes, motions = (_spread(table[activity], count, chance) for table in (_CHANGES, _MOTIONS))
            for change, motion in zip(changes, motions, strict=True):
                works[members.pop(0)] = _work(activity, change, motion, chance)
    found = [work for work in works if work is not None]
    _extremes(found)
    _solar_station(found, classes)
    return found


def figure_10a(chance: Generator) -> Work:
    """A clay pit at work all along, the more so since August 2020."""
    day = datetime.date(2020, 8, int(chance.integers(5, 26)))
    motion = Motion(MotionKind.ONSET, rate=-float(chance.uniform(13, 16)), before=-2.5, day=day, creep=0.15)
    return Work(Activity.EXTRACTION, Change.GROWN, motion, None)


def figure_10b(chance: Generator) -> Work:
    """A sandstone quarry at work all along."""
    return Work(
        Activity.EXTRACTION,
        Change.GROWN,
        Motion(MotionKind.LINEAR, rate=-float(chance.uniform(10, 13)), creep=0.2),
        None,
    )


def _portions(shares: dict[Activity, float], count: int) -> dict[Activity, int]:
    """Whole numbers near to shares of a count; where one share is meant to occur and room is, it occurs."""
    numbers = {activity: round(share * count) for activity, share in shares.items()}
    numbers |= {activity: 1 for activity, number in numbers.items() if number == 0 and count >= 5}
    return numbers | {Activity.IDLE: count - sum(numbers.values())}


def _spread(shares: dict[Kind, float], count: int, chance: Generator) -> list[Kind]:
    """`count` kinds in given shares, in any order."""
    kinds = list(shares)
    total, drawn = 0.0, []
    for kind in kinds:
        first, total = total, total + shares[kind]
        drawn += [kind] * (round(total * count) - round(first * count))
    drawn += [kinds[0]] * (count - len(drawn))
    return [drawn[number] for number in chance.permutation(len(drawn))]


def _work(activity: Activity, change: Change, kind: MotionKind, chance: Generator) -> Work:
    motion = _motion(activity, kind, chance)
    started = None
    if change is Change.NEW:
        started = motion.day if motion.day and motion.day > datetime.date(2019, 5, 18) else _day(chance, 2019.5, 2020.4)
        if kind in (MotionKind.LINEAR, MotionKind.ACCELERATING):
            motion = Motion(MotionKind.ONSET, rate=motion.rate, day=started, creep=motion.creep)
    elif activity in (Activity.EXTRACTION, Activity.TIPPING, Activity.DIGGING) and kind in (
        MotionKind.ONSET,
        MotionKind.STEP,
        MotionKind.VIOLENT,
    ):
        started = motion.day
    return Work(activity, change, motion, started)


def _motion(activity: Activity, kind: MotionKind, chance: Generator) -> Motion:
    rising = activity in _RISING
    rate = float(chance.uniform(_SLOWEST, 0.95 * (_FASTEST_RISE if rising else _FASTEST))) * (1 if rising else -1)
    creep = float(chance.uniform(0, 0.35)) if activity is not Activity.IDLE else 0.0
    match kind:
        case MotionKind.LINEAR:
            return Motion(kind, rate=rate, annual_mm=float(chance.uniform(0, 1.5)), creep=creep)
        case MotionKind.ONSET:
            # Late onsets are fast, or their mean over the period would be next to nothing.
            day = _day(chance, 2019.7, 2020.9)
            return Motion(kind, rate=max(-_FASTEST, min(_FASTEST_RISE, 1.25 * rate)), day=day, creep=creep)
        case MotionKind.STOP:
            return Motion(kind, rate=max(-_FASTEST, 1.25 * rate), day=_day(chance, 2020.6, 2021.5), creep=creep)
        case MotionKind.ACCELERATING:
            return Motion(kind, rate=max(-_FASTEST, 1.4 * rate), creep=creep)
        case MotionKind.STEP:
            return Motion(kind, step_mm=2.6 * rate, day=_day(chance, 2019.8, 2021.2), creep=creep)
        case MotionKind.DECAY:
            return Motion(
                kind,
                rate=-float(chance.uniform(26, 38)),
                day=_day(chance, 2018.6, 2019.4),
                decay_years=float(chance.uniform(0.9, 1.5)),
            )
        case MotionKind.VIOLENT:
            day = _day(chance, 2019.2, 2020.3)
            return Motion(kind, day=day, until=None if chance.random() < 0.6 else _day(chance, 2021.2, 2021.8))
        case MotionKind.SEASONAL:
            return Motion(kind, annual_mm=float(chance.uniform(2, 5)))
        case MotionKind.NONE:
            return Motion(kind)


def _day(chance: Generator, first: float, last: float) -> datetime.date:
    """A day between two years and parts of years."""
    start = datetime.date(int(first), 1, 1) + datetime.timedelta(days=round(365 * (first % 1)))
    return start + datetime.timedelta(days=int(chance.integers(0, max(1, round(365 * (last - first))))))


def _extremes(works: list[Work]) -> None:
    """The fastest that sinks and the fastest that rises reach the ends of the paper's range."""
    for rising, rate in ((False, -_FASTEST), (True, _FASTEST_RISE)):
        linear = [n for n, work in enumerate(works) if work.motion.kind is MotionKind.LINEAR]
        moving = [n for n in linear if (works[n].motion.rate > 0) is rising]
        if moving:
            most = max(moving, key=lambda number: abs(works[number].motion.rate))
            motion = works[most].motion
            works[most] = works[most]._replace(motion=Motion(motion.kind, rate=rate, creep=motion.creep))


def _solar_station(works: list[Work], classes: Sequence[MineClass]) -> None:
    levelled = [n for n, work in enumerate(works) if work.change is Change.LEVELLED]
    iron = [number for number in levelled if classes[number] is MineClass.IRON_PIT]
    for number in (iron or levelled)[:1]:
        works[number] = works[number]._replace(change=Change.SOLAR_STATION)
