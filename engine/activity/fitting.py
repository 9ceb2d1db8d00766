"""Which course fits a series best, when it turned, and between which days (METHOD §6).

Noise is white, of each date, and a random walk, which the errors of short pairs pile up to; how much of either a series
has is chosen with the course, by Schwarz's criterion (1978). Days have 95 % intervals by profile likelihood. Whether a
series turned at all is told from what noise alone does to the same choice, and the share of false alarms among all
series is held down (Benjamini & Hochberg 1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov
from scipy.stats import f as fisher
from scipy.stats import false_discovery_control

from engine.activity.courses import KINKS, MAY_FADE, SMOOTH, STEPS, Course, Family, Turn, Values, families, turn_of

DAYS_PER_YEAR = 365.25
# Fewer dates tell no course, and fewer than the second no day on which it turned.
LEAST_DATES, LEAST_DATES_FOR_TURNS = 12, 24
# Variance that a random walk gathers in a year, as a multiple of the variance of a date's own noise.
_WALKS = (0.0, *np.geomspace(0.1, 300.0, 11).tolist())
# How well the walk of a place is known beforehand: standard deviation of the logarithm of its size.
_WALK_KNOWN = 0.4
_CONFIDENCE = 0.95
# Of the dates, that show motion at all: fewer show no rate.
_LEAST_SPAN = 4
# A step by less than this many times the noise of a date, or than so many mm, is left to errors of unwrapping and to
# filters. It may take some days, which are added to its interval on either side.
_LEAST_STEP, _LEAST_STEP_MM, _STEP_DAYS = 6.0, 3.0, 3.0
# Ground that moves does so less steadily than ground that stands still seems to: days of kinks have the intervals of a
# noise that walks two classes further (docs/activity.md).
_UNSTEADY = 2
_DRAWS = 400
# Motion has faded when less than this of its first rate is left.
_FADED = 0.5
# Standard errors beyond which there was surely motion: of many spans the best is taken, which asks for more than 95 %.
_SURE = 3.0
_AT_ONCE = 512  # series that are fitted at a time


@dataclass(frozen=True)
class Fit:
    """The course that was chosen for a series.

    rate_before, rate_after : mm/yr at the first and at the last date, without the yearly swing; error_before,
    error_after : standard errors. day, first, last : of the turn and its 95 % interval, None where nothing turned.
    step_mm : of a step, else NaN. annual_mm : amplitude of the yearly swing, 0 without one. noise_mm : of a date.
    walk_mm : standard deviation that the random walk gathers in a year. p_value : that noise alone makes a turn look as
    likely. cusum_p : of the sums of residuals about a line, a second opinion (Ploberger & Krämer 1992). fitted,
    fitted_error : course on each date and its standard error, mm. sure_from, sure_until : the earliest day by which,
    and the latest day after which, there was surely motion; None where that cannot be said of any day.
    rate, error : of a line through the whole series, mm/yr. fading : how probable it is, of all courses, that motion
    fades without having turned.
    """

    course: Course
    turn: Turn | None
    day: date | None
    first: date | None
    last: date | None
    rate_before: float
    rate_after: float
    error_before: float
    error_after: float
    step_mm: float
    annual_mm: float
    noise_mm: float
    walk_mm: float
    p_value: float
    cusum_p: float
    fitted: Values
    fitted_error: Values
    sure_from: date | None
    sure_until: date | None
    rate: float
    error: float
    fading: float


class _Whitened(NamedTuple):
    """A family under one noise: orthonormal base, unit columns orthogonal to it.

    least : what a column has to explain at least, for each column, in terms of the residual variance and in mm².
    """

    base: Values
    columns: Values
    least: tuple[Values, Values]


class _Chosen(NamedTuple):
    """Of each series: Schwarz's criterion, number of the family and of the noise."""

    criterion: Values
    family: NDArray[np.intp]
    walk: NDArray[np.intp]


class _Solution(NamedTuple):
    """at : number of the column. variance : of the noise of a date, mm². told : parameters, base first.

    rates, errors : at the first and the last date, mm/yr.
    """

    at: int
    variance: float
    design: Values
    told: Values
    covariance: Values
    rates: list[float]
    errors: list[float]


class Fitter:
    """All that is the same for all series of some dates."""

    def __init__(self, dates: Sequence[date]) -> None:
        """Raises ValueError for fewer than `LEAST_DATES` dates."""
        if len(dates) < LEAST_DATES:
            raise ValueError(f"{len(dates)} dates, of at least {LEAST_DATES}")
        self.dates = list(dates)
        self.years = np.array([(day - dates[0]).days for day in dates]) / DAYS_PER_YEAR
        self.families = families(self.years)
        walk = np.minimum.outer(self.years, self.years)
        self.covariances = [np.eye(len(dates)) + ratio * walk for ratio in _WALKS]
        # x -> L⁻¹ x, so that noise becomes white.
        self.whiten = [np.linalg.inv(np.linalg.cholesky(one)) for one in self.covariances]
        self.log_determinants = [float(np.linalg.slogdet(one)[1]) for one in self.covariances]
        self._whitened = [[_whitened(family, white) for family in self.families] for white in self.whiten]

    def fit(self, series: Values, walks: Values | None = None) -> list[Fit]:
        """The course of each series, shape (series, dates), mm, without NaN.

        walks : what a random walk is known to gather in a year at each, mm; without it series alone tell.
        """
        if not len(series):
            return []
        criterion = self._criterion(series, walks)
        smooth, turned = self._chosen(criterion)
        if len(self.dates) < LEAST_DATES_FOR_TURNS:
            turned = smooth
        p_values = self._p_values(smooth, turned, known=walks is not None)
        believed = false_discovery_control(p_values) <= 1 - _CONFIDENCE
        fits = []
        for number, values in enumerate(series):
            best = turned if believed[number] and turned.criterion[number] < smooth.criterion[number] else smooth
            family, walk = int(best.family[number]), int(best.walk[number])
            if self.families[family].course in KINKS:
                # Work slackens in winter and soil swells in spring: a kink is dated beside a yearly swing.
                family = family % len(Course) + (len(Course) if len(self.families) > len(Course) else 0)
            fading = self._fading(values, criterion[number])
            fits.append(self._describe(values, family, walk, float(p_values[number]), fading))
        return fits

    def _criterion(self, series: Values, walks: Values | None) -> Values:
        """Schwarz's criterion, shape (series, noises, families), of the best column of each."""
        count = len(self.dates)
        shape = (len(series), len(_WALKS), len(self.families))
        criterion = np.empty(shape)
        for start in range(0, len(series), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            for walk, white in enumerate(self.whiten):
                values = series[part] @ white.T
                for number, (family, ready) in enumerate(zip(self.families, self._whitened[walk], strict=True)):
                    left = _squares(values, ready).min(axis=1)
                    criterion[part, walk, number] = (
                        count * np.log(np.maximum(left, 1e-12) / count)
                        + self.log_determinants[walk]
                        + family.parameters * np.log(count)
                    )
                    if walks is not None:
                        own = np.sqrt(_WALKS[walk] * left / (count - family.parameters))
                        off = np.log(np.maximum(own, 1e-12) / walks[part])
                        criterion[part, walk, number] += (off / _WALK_KNOWN) ** 2
        return criterion

    def _chosen(self, criterion: Values) -> tuple[_Chosen, _Chosen]:
        """The best course without a turn, and the best with one."""
        turns = np.array([family.course not in SMOOTH for family in self.families])
        return _least(criterion, ~turns), _least(criterion, turns)

    def _fading(self, values: Values, criterion: Values) -> float:
        """Weight of the courses that fade, among all (Burnham & Anderson 2002, §2.9)."""
        walks = criterion.argmin(axis=0)
        best = criterion.min(axis=0)
        weights = np.exp(-(best - best.min()) / 2)
        faded = 0.0
        for number, family in enumerate(self.families):
            if family.course in MAY_FADE and weights[number] > 1e-3:
                before, after = self._solve(values, number, int(walks[number])).rates
                faded += weights[number] * float(before * after >= 0 and abs(after) < _FADED * abs(before))
        return float(faded / weights.sum())

    def _p_values(self, smooth: _Chosen, turned: _Chosen, *, known: bool) -> Values:
        """How often a line and noise alone prefer a turn as strongly, for each series with its own kind of noise."""
        gains = smooth.criterion - turned.criterion
        p_values = np.ones(len(gains))
        for walk in np.unique(smooth.walk):
            chance = np.random.default_rng(int(walk))
            noise = chance.normal(size=(_DRAWS, len(self.dates))) @ np.linalg.cholesky(self.covariances[walk]).T
            walks = np.full(_DRAWS, np.sqrt(_WALKS[walk])) if known else None
            by_noise = self._chosen(self._criterion(noise, walks))
            null = np.sort(by_noise[0].criterion - by_noise[1].criterion)
            own = smooth.walk == walk
            above = null.size - np.searchsorted(null, gains[own])
            p_values[own] = (1 + above) / (1 + null.size)
        return p_values

    def _solve(self, values: Values, number: int, walk: int) -> "_Solution":
        """The best column of a family under one noise, and what goes with it."""
        family, white = self.families[number], self.whiten[walk]
        squares = _squares((white @ values)[None], self._whitened[walk][number])[0]
        at = int(np.argmin(squares))
        variance = float(squares[at]) / (len(values) - family.parameters)
        design = np.column_stack([family.base, family.columns[:, at : at + 1]])
        inverse = np.linalg.pinv(white @ design)
        told, covariance = inverse @ (white @ values), variance * inverse @ inverse.T
        ends = [family.slope_design(at, self.years, end) for end in (0, -1)]
        rates, errors = [float(row @ told) for row in ends], [float(np.sqrt(row @ covariance @ row)) for row in ends]
        return _Solution(at, variance, design, told, covariance, rates, errors)

    def _interval(self, values: Values, number: int, walk: int) -> tuple[float, float]:
        """Between which days, in years, a turn lies, by the profile of the likelihood (95 %)."""
        family, step = self.families[number], self.families[number].course in STEPS
        walk = walk if step else min(walk + _UNSTEADY, len(_WALKS) - 1)
        squares = _squares((self.whiten[walk] @ values)[None], self._whitened[walk][number])[0]
        freedom = len(values) - family.parameters
        near = squares <= squares.min() * (1 + float(fisher.ppf(_CONFIDENCE, 1, freedom)) / freedom)
        low, high = family.at[near].min(), family.at[near].max()
        if step:
            # It lies anywhere between two dates.
            few = _STEP_DAYS / DAYS_PER_YEAR
            return self.years[self.years < low].max() - few, self.years[self.years > high].min() + few
        return low, high

    def _describe(self, values: Values, number: int, walk: int, p_value: float, fading: float) -> Fit:
        family, found = self.families[number], self._solve(values, number, walk)
        day = first = last = turn = None
        if family.course not in SMOOTH:
            low, high = self._interval(values, number, walk)
            day, first, last = (self._day(float(one)) for one in (family.at[found.at], low, high))
            turn = turn_of(family.course, found.rates, found.errors)
        swing = family.swing
        level = values - (found.design[:, swing] @ found.told[swing] if family.annual else 0.0)
        rate, error = _slope(level, self.years, found.variance * self.covariances[walk])
        moves = family.course is not Course.CONSTANT
        sure_from, sure_until = self._sure(level, walk, found.variance, rate) if moves else (None, None)
        spread = np.einsum("ij,jk,ik->i", found.design, found.covariance, found.design)
        return Fit(
            course=family.course,
            turn=turn,
            day=day,
            first=first,
            last=last,
            rate_before=found.rates[0],
            rate_after=found.rates[1],
            error_before=found.errors[0],
            error_after=found.errors[1],
            step_mm=float(found.told[-1]) if family.course in STEPS else float("nan"),
            annual_mm=float(np.hypot(*found.told[swing])) if family.annual else 0.0,
            noise_mm=float(np.sqrt(found.variance)),
            walk_mm=float(np.sqrt(found.variance * _WALKS[walk])),
            p_value=p_value,
            cusum_p=self._cusum(values, walk),
            fitted=found.design @ found.told,
            fitted_error=np.sqrt(np.maximum(spread, 0)),
            sure_from=sure_from,
            sure_until=sure_until,
            rate=rate,
            error=error,
            fading=fading,
        )

    def _day(self, years: float) -> date:
        return self.dates[0] + timedelta(days=round(years * DAYS_PER_YEAR))

    def _cusum(self, values: Values, walk: int) -> float:
        """Probability of sums of residuals about a line this far from zero, if nothing turned."""
        white = self.whiten[walk]
        line = white @ np.vander(self.years, 2)
        left = white @ values
        left = left - line @ (np.linalg.pinv(line) @ left)
        spread = np.sqrt((left @ left) / (len(left) - 2))
        return float(kolmogorov(np.abs(np.cumsum(left)).max() / (spread * np.sqrt(len(left))))) if spread else 1.0

    def _sure(self, values: Values, walk: int, variance: float, rate: float) -> tuple[date | None, date | None]:
        """The earliest date up to which, and the latest from which on, there is surely motion of the whole's sign."""
        covariance, count = variance * self.covariances[walk], len(values)

        def moves(part: slice) -> bool:
            own, error = _slope(values[part], self.years[part], covariance[part, part])
            return bool(own * np.sign(rate) > _SURE * error)

        until = next((at for at in range(count - _LEAST_SPAN, -1, -1) if moves(slice(at, count))), None)
        since = next((at for at in range(_LEAST_SPAN, count + 1) if moves(slice(0, at))), None)
        return (
            None if since is None else self.dates[since - 1],
            None if until is None else self.dates[until],
        )


def _slope(values: Values, years: Values, covariance: Values) -> tuple[float, float]:
    """Rate of a line and its standard error by generalised least squares (Aitken 1936)."""
    white = np.linalg.inv(np.linalg.cholesky(covariance))
    inverse = np.linalg.pinv(white @ np.vander(years, 2))
    return float((inverse @ white @ values)[0]), float(np.linalg.norm(inverse[0]))


def _whitened(family: Family, white: Values) -> _Whitened:
    base = np.linalg.qr(white @ family.base)[0]
    columns = white @ family.columns
    columns = columns - base @ (base.T @ columns)
    length = np.linalg.norm(columns, axis=0)
    usable = length > 1e-9
    # A step of s explains s² times the squared length of its column.
    least = [
        (size * length) ** 2 if family.course in STEPS else np.zeros(length.size)
        for size in (_LEAST_STEP, _LEAST_STEP_MM)
    ]
    return _Whitened(base, columns / np.where(usable, length, 1.0) * usable, (least[0], least[1]))


def _squares(values: Values, ready: _Whitened) -> Values:
    """Residual sums of squares, shape (series, candidates), of whitened series (series, dates).

    A column that explains too little explains nothing.
    """
    left = values - (values @ ready.base) @ ready.base.T
    squares = np.einsum("ij,ij->i", left, left)[:, None]
    if not ready.columns.shape[1]:
        return np.asarray(squares, np.float64)
    explained = (left @ ready.columns) ** 2
    freedom = values.shape[1] - ready.base.shape[1] - 1
    enough = (explained * freedom >= ready.least[0] * (squares - explained)) & (explained >= ready.least[1])
    return np.asarray(squares - np.where(enough, explained, 0.0), np.float64)


def _least(criterion: Values, families: NDArray[np.bool_]) -> _Chosen:
    """The least of (series, noise, family) over the families that are asked for."""
    allowed = np.where(families, criterion, np.inf)
    flat = allowed.reshape(len(criterion), -1)
    best = flat.argmin(axis=1)
    walk, family = np.unravel_index(best, criterion.shape[1:])
    return _Chosen(flat[np.arange(len(flat)), best], family, walk)
