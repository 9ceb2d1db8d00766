"""Signs of work, dated by what the engine measures so far.

A sign says that there was work at some time after one day and not after another. What is no sign of it is left out:
ground settles by itself after a mine closes, and moves with the seasons (METHOD §6).
"""

import datetime
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from engine.grid import WGS84
from engine.permits.subjects import MotionSeries, Subject

THRESHOLD_MM_YEAR = 5.0  # slower is no motion
_DAYS_PER_YEAR = 365.25
_LEAST_DATES = 12
_LEAST_DAYS = 365  # over a year the seasons nearly cancel
_CONFIDENCE = 0.975  # two-sided 95 %
# Digging goes on; settlement fades. Of the rate of the first half, that the second one must keep.
_LASTING = 0.75
_DUMPS = ("dump", "heap", "tip", "spoil", "tailings", "waste", "排土", "矸石", "堆")


class Sign(NamedTuple):
    """Work at some time after a day and not after another. code : growth or motion."""

    code: str
    after: datetime.date
    by: datetime.date


def signs_of_work(subject: Subject, outline_m: float, threshold: float = THRESHOLD_MM_YEAR) -> list[Sign]:
    """All that dates work at a patch, by what was measured; empty where nothing does.

    outline_m : by which an outline may be too wide or too narrow (`Precision`). Growth has to be more than two such
    outlines, of two days and perhaps of two interpreters, explain. threshold : mm/yr, slower is no motion.

    Uplift of a dump is tipping. Sinking is digging only in a pit that an image still shows and whose sinking does not
    fade, or together with growth: old pits and dumps sink by themselves, and what levels them is no mining either.
    """
    found = []
    growth = subject.growth
    grew = growth is not None and growth.gained_m2 > outline_m * _perimeters(subject)
    if growth is not None and grew:
        found.append(Sign("growth", growth.after, growth.by))
    motion = subject.motion
    if motion is not None and _is_work(subject, motion, threshold, grew=grew):
        late, early = _latest_start(motion, threshold), _earliest_end(motion, threshold)
        if late is not None:
            found.append(Sign("motion", late, motion.dates[-1]))
        if early is not None:
            found.append(Sign("motion", motion.dates[0], early))
    return found


def is_dump(mine_class: str) -> bool:
    """Whether a class, by its key or title, is of what is heaped up, and not of what is dug."""
    words = mine_class.lower().replace("_", " ")
    return any(word in words for word in _DUMPS)


def _perimeters(subject: Subject) -> float:
    """Of the first and of the last outline, m; as errors that have nothing to do with one another add up."""
    shapes = [one.shape for one in (subject.outlines[0], *subject.outlines[1:][-1:])]
    return math.hypot(*(abs(WGS84.geometry_length(shape.boundary)) for shape in shapes))


def _is_work(subject: Subject, motion: MotionSeries, threshold: float, *, grew: bool) -> bool:
    if abs(motion.rate) <= threshold:
        return False
    dump = is_dump(subject.mine_class)
    if motion.rate > 0:
        return dump
    return grew or (not dump and subject.stands and _lasts(motion))


def _lasts(motion: MotionSeries) -> bool:
    """Whether it is in its second half nearly as fast as in its first."""
    middle = len(motion.dates) // 2
    if middle < _LEAST_DATES:
        return False
    years = _years(motion)
    first, second = (
        np.polyfit(years[part], motion.displacement[part], 1)[0] for part in (slice(None, middle), slice(middle, None))
    )
    return bool(first * second > 0 and abs(second) >= _LASTING * abs(first))


def _latest_start(motion: MotionSeries, threshold: float) -> datetime.date | None:
    """The latest date after which it is sure that there was still motion."""
    return next(
        (motion.dates[at] for at in reversed(range(len(motion.dates))) if _moves(motion, slice(at, None), threshold)),
        None,
    )


def _earliest_end(motion: MotionSeries, threshold: float) -> datetime.date | None:
    """The earliest date by which it is sure that there had been motion."""
    count = len(motion.dates)
    return next(
        (motion.dates[at - 1] for at in range(1, count + 1) if _moves(motion, slice(None, at), threshold)), None
    )


def _moves(motion: MotionSeries, part: slice, threshold: float) -> bool:
    """Whether the 95 % interval of the rate over some of the dates lies beyond the threshold, on the side of the whole.

    Its error is that of the line's residuals, or of the dates' noise where that is more.
    """
    years, moved = _years(motion)[part], motion.displacement[part]
    if len(years) < _LEAST_DATES or (years[-1] - years[0]) * _DAYS_PER_YEAR < _LEAST_DAYS:
        return False
    centred = years - years.mean()
    rate = float(centred @ moved / (centred @ centred))
    residuals = moved - moved.mean() - rate * centred
    freedom = len(years) - 2
    noise = motion.noise[part]
    known = noise[np.isfinite(noise)]
    spread = max(float(residuals @ residuals) / freedom, float(np.mean(known**2)) if known.size else 0.0)
    error = float(np.sqrt(spread / (centred @ centred)))
    return rate * motion.rate > 0 and abs(rate) - float(student.ppf(_CONFIDENCE, freedom)) * error > threshold


def _years(motion: MotionSeries) -> NDArray[np.float64]:
    return np.array([(day - motion.dates[0]).days for day in motion.dates]) / _DAYS_PER_YEAR
