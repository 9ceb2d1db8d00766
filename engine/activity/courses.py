"""The courses that ground may take: a level, a line, a curve, a decay, a kink, a step; with a yearly swing or without.

Every course is a base and one more column: a level, or a level and a line, either with a yearly swing; and a line, a
curve, an exponential decay, a kink or a step on some day. So a fit is one product of matrices for all series, all days
and all courses.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# A yearly swing is told from a bend when it was seen this long, years.
_LEAST_FOR_SWING = 1.5
# Time constants of a decay, years.
_DECAYS = np.geomspace(0.25, 4.0, 16)
# Of the dates, that lie on either side of a kink at least: fewer show no rate.
_LEAST_SIDE = 8
_TWO_SIDED_95 = 1.96

Values = NDArray[np.float64]


class Course(StrEnum):
    CONSTANT = "constant"
    LINEAR = "linear"
    QUADRATIC = "quadratic"
    DECAY = "decay"  # ever more slowly, towards an end
    ONSET = "onset"  # still, then a line
    STOP = "stop"  # a line, then still
    BILINEAR = "bilinear"  # two lines
    STEP = "step"  # two levels
    STEP_AND_LINE = "step_and_line"


class Turn(StrEnum):
    """What a dated course says of the motion."""

    ONSET = "onset"
    STOP = "stop"
    FASTER = "faster"
    SLOWER = "slower"
    REVERSAL = "reversal"
    STEP = "step"


# With these nothing happens on one day.
STEPS = (Course.STEP, Course.STEP_AND_LINE)
SMOOTH = (Course.CONSTANT, Course.LINEAR, Course.QUADRATIC, Course.DECAY)
_WITH_LINE = (Course.QUADRATIC, Course.BILINEAR, Course.STEP_AND_LINE)
KINKS = (Course.ONSET, Course.STOP, Course.BILINEAR)
MAY_FADE = (Course.QUADRATIC, Course.DECAY, Course.BILINEAR)


class Family(NamedTuple):
    """Courses of one kind, with and without yearly swing, over their days or time constants.

    columns : what is added to the base, shape (dates, candidates). at : day or time constant of each, years.
    parameters : number of them, the day included, the noise not.
    """

    course: Course
    annual: bool
    base: Values
    columns: Values
    at: Values
    parameters: int

    @property
    def swing(self) -> slice:
        """Which of the base's columns are the yearly swing, where there is one."""
        return slice(2, 4) if self.course in _WITH_LINE else slice(1, 3)

    def slope_design(self, at: int, years: Values, end: int) -> Values:
        """What the parameters, with the column `at`, are multiplied by to give the rate at the first (0) or last (−1)
        date, mm/yr."""
        row = np.zeros(self.base.shape[1] + min(1, self.columns.shape[1]))
        t = years[end]
        if self.course in _WITH_LINE:
            row[1] = 1.0
        match self.course:
            case Course.LINEAR:
                row[-1] = 1.0
            case Course.QUADRATIC:
                row[-1] = 2 * t
            case Course.DECAY:
                row[-1] = -np.exp(-t / self.at[at]) / self.at[at]
            case Course.ONSET | Course.BILINEAR:
                row[-1] = float(end == -1)
            case Course.STOP:
                row[-1] = float(end == 0)
        return row


def families(years: Values) -> list[Family]:
    """Of each kind, with a yearly swing and without where one can be told; years : of the dates, since the first."""
    one, t = np.ones_like(years), years
    swing = [np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)]
    inner = years[_LEAST_SIDE - 1 : -_LEAST_SIDE]
    kinks = np.sort(np.concatenate([inner, (inner[1:] + inner[:-1]) / 2]))
    gaps = (years[1:] + years[:-1])[1:-1] / 2
    late = np.maximum(t[:, None] - kinks, 0)
    after = (t[:, None] > gaps).astype(float)
    fading = np.exp(-t[:, None] / _DECAYS)
    none = np.zeros(1)
    kinds: list[tuple[Course, Values, Values, int]] = [
        (Course.CONSTANT, np.empty((t.size, 0)), np.empty(0), 1),
        (Course.LINEAR, t[:, None], none, 2),
        (Course.QUADRATIC, t[:, None] ** 2, none, 3),
        (Course.DECAY, fading, _DECAYS, 3),
        (Course.ONSET, late, kinks, 3),
        (Course.STOP, np.minimum(t[:, None], kinks), kinks, 3),
        (Course.BILINEAR, late, kinks, 4),
        (Course.STEP, after, gaps, 3),
        (Course.STEP_AND_LINE, after, gaps, 4),
    ]
    found = []
    for annual in (False, True) if t[-1] >= _LEAST_FOR_SWING else (False,):
        for course, columns, at, parameters in kinds:
            base = [one, *([t] if course in _WITH_LINE else []), *(swing if annual else [])]
            found.append(Family(course, annual, np.stack(base, axis=1), columns, at, parameters + 2 * annual))
    return found


def turn_of(course: Course, rates: Sequence[float], errors: Sequence[float]) -> Turn:
    """What two lines say."""
    if course in STEPS:
        return Turn.STEP
    if course is Course.ONSET:
        return Turn.ONSET
    if course is Course.STOP:
        return Turn.STOP
    (before, after), (error_before, error_after) = rates, errors
    if before * after < 0:
        if abs(before) <= _TWO_SIDED_95 * error_before:
            return Turn.ONSET
        return Turn.STOP if abs(after) <= _TWO_SIDED_95 * error_after else Turn.REVERSAL
    return Turn.FASTER if abs(after) > abs(before) else Turn.SLOWER
