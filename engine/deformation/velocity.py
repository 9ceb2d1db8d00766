"""Rates of motion and their uncertainty from displacement series."""

from collections.abc import Sequence
from datetime import date
from itertools import compress
from typing import Literal, NamedTuple

import numpy as np
from mintpy.utils.time_func import estimate_time_func
from numpy.typing import NDArray
from pydantic import Field
from scipy.ndimage import distance_transform_edt, gaussian_filter, uniform_filter

from engine.deformation.network import DAYS_PER_YEAR
from engine.errors import InputError
from engine.options import Day, Options

MAD_TO_SIGMA = 1.4826


# Draws of a bootstrap; their spread is then known to some 4 %.
_DRAWS = 400
# Pairs of places that tell a spread.
_LEAST_RATIOS = 200
# Curvature of rates: of what they are when smoothed by so many pixels (one sigma), in a square of so many.
_SMOOTHED, _ROUND = 1.5, 5


class VelocityOptions(Options):
    """Which rate is estimated, and how uncertain it is said to be.

    start, end : of the period, both included; the whole series where nothing is said.
    standard_error : "residual", from the residuals about the line; "bootstrap", the spread of the rate when dates are
    drawn anew (Efron & Tibshirani 1986), which allows for noise that differs from date to date; or "covariance", which
    adds what the noise of the pairs comes to by way of the network. That noise piles up from date to date like a random
    walk, bends series slowly and hides from residuals about a line; it is the larger part of the error of a rate.
    resolution_pixels : width of the average that multilooking and filters took of phase. What it may have changed is a
    part of the standard error (`resolution_error`); 0 leaves it out.
    """

    start: Day | None = None
    end: Day | None = None
    standard_error: Literal["residual", "bootstrap", "covariance"] = "residual"
    resolution_pixels: float = Field(default=2.5, ge=0)

    def functional(self, dates: Sequence[date]) -> NDArray[np.float64]:
        """g of the rate gᵀd of a series d, 1/years, shape (dates,)."""
        inside = self.within(dates)
        years = np.array([(day - dates[0]).days for day in dates]) / DAYS_PER_YEAR
        centred = np.where(inside, years - years[inside].mean(), 0.0)
        slope: NDArray[np.float64] = centred / (centred**2).sum()
        return slope

    def within(self, dates: Sequence[date]) -> NDArray[np.bool_]:
        """Which dates lie in the period, shape (dates,).

        Raises
        ------
        InputError
            When fewer than three do.
        """
        first, last = self.start or date.min, self.end or date.max
        inside = np.array([first <= day <= last for day in dates])
        if inside.sum() < 3:
            raise InputError(
                f"{inside.sum()} of the dates from {dates[0]} to {dates[-1]} lie in the period, which give no rate",
                field="velocity.start, velocity.end",
                mend="choose a period with at least three dates",
            )
        return inside


WHOLE_SERIES = VelocityOptions()


class Rate(NamedTuple):
    """Linear rate of some pixels.

    rate : in the series' unit a year. standard_error : of it (n − 2 degrees of freedom); errors that are correlated in
    time make it too small. intercept : of the line at the first date.
    """

    rate: NDArray[np.float32]
    standard_error: NDArray[np.float32]
    intercept: NDArray[np.float32]


def fit_rate(series: NDArray[np.float32], dates: Sequence[date], options: VelocityOptions = WHOLE_SERIES) -> Rate:
    """Fit a line to each series, shape (dates, pixels); NaN where a series has NaN.

    The first date counts like any other: it is the reference, but its own noise is in all the others.
    """
    pixels = series.shape[1]
    rate, error, intercept = (np.full(pixels, np.nan, np.float32) for _ in range(3))
    whole = np.isfinite(series).all(axis=0)
    if whole.any():
        inside = options.within(dates)
        days = list(compress(dates, inside))
        names = [f"{day:%Y%m%d}" for day in days]
        own = series[np.ix_(inside, whole)]
        design, parameters, squares = estimate_time_func({"polynomial": 1}, names, own, ref_date=names[0])
        freedom = len(names) - design.shape[1]
        at_start, rate[whole] = parameters
        intercept[whole] = at_start - rate[whole] * ((days[0] - dates[0]).days / DAYS_PER_YEAR)
        if options.standard_error == "bootstrap":
            error[whole] = (_redrawn_slopes(design[:, 1]) @ own).std(axis=0, ddof=1)
        else:
            covariance = np.linalg.inv(design.T @ design)
            error[whole] = np.sqrt(np.maximum(squares, 0) / freedom * covariance[1, 1])
    return Rate(rate, error, intercept)


def _redrawn_slopes(years: NDArray[np.float64]) -> NDArray[np.float32]:
    """What series are multiplied by to give the slopes of lines through dates drawn anew, shape (draws, dates)."""
    chance = np.random.default_rng(0)
    counts = chance.multinomial(years.size, np.full(years.size, 1 / years.size), size=4 * _DRAWS)
    counts = counts[(counts > 0).sum(axis=1) >= 3][:_DRAWS]
    centred = years - (counts @ years / years.size)[:, None]
    weights = counts * centred
    slopes: NDArray[np.float32] = (weights / (weights * centred).sum(axis=1, keepdims=True)).astype(np.float32)
    return slopes


def spread_factor(rate: NDArray[np.float32], deviation: NDArray[np.float32], apart: int) -> float:
    """What deviations have to be multiplied by to be those of the rates, as differences between places show it.

    Places that many pixels `apart`, along both axes, differ by their noise; few of them move. Filters that were laid
    over phase, and pairs that share noise, make the factor differ from 1.
    """
    ratios = []
    for one, other in ((np.s_[apart:], np.s_[:-apart]), (np.s_[:, apart:], np.s_[:, :-apart])):
        ratios.append((rate[one] - rate[other]) / np.hypot(deviation[one], deviation[other]))
    ratio = np.concatenate([part.ravel() for part in ratios])
    ratio = ratio[np.isfinite(ratio)]
    return float(MAD_TO_SIGMA * np.median(np.abs(ratio))) if ratio.size >= _LEAST_RATIOS else 1.0


def resolution_error(rate: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """How far rates may be off since phase was averaged with what lies beside it, shape (rows, cols), NaN as they are.

    Multilooking and filters take from motion that is small beside what they average, give it to the ground round it,
    and leave no residual. What an average of a width (one sigma, along each axis) of `reach` pixels changes is half its
    square times how much rates are curved; here the curvature is the norm of the second derivatives of rates that are
    smoothed a little, over some pixels, since at the flanks of a bowl it is nil. Evenly inclined ground loses nothing.
    """
    known = np.isfinite(rate)
    if not known.any():
        return np.full_like(rate, np.nan)
    nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
    whole = rate[tuple(nearest)].astype(np.float64)
    down, mixed, across = (gaussian_filter(whole, _SMOOTHED, order=order) for order in ((2, 0), (1, 1), (0, 2)))
    # Running sums may end a little below 0.
    curvature = np.sqrt(np.maximum(uniform_filter(down**2 + 2 * mixed**2 + across**2, _ROUND), 0))
    return np.where(known, reach**2 / 2 * curvature, np.nan).astype(np.float32)


def date_noise(series: NDArray[np.float32], dates: Sequence[date]) -> NDArray[np.float64]:
    """Noise of each date: robust spread, over pixels, of the residuals about each pixel's own line, shape (dates,).

    It holds what the atmosphere left in an acquisition, which the misfit of the network cannot show, and is drawn as
    the error bar of every pixel on that date. `series` has shape (dates, pixels) and no NaN.
    """
    if series.shape[1] == 0:
        return np.full(len(dates), np.nan)
    sample = series.astype(np.float64)
    fit = fit_rate(series, dates)
    years = np.array([(day - dates[0]).days for day in dates]) / DAYS_PER_YEAR
    residual = sample - (fit.intercept + years[:, None] * fit.rate)
    centred = residual - np.median(residual, axis=1, keepdims=True)
    spread: NDArray[np.float64] = MAD_TO_SIGMA * np.median(np.abs(centred), axis=1)
    return spread


def t95(dates: int) -> float:
    """Factor from the standard error of a line through `dates` points to its 95 % interval (Student's t)."""
    from scipy.stats import t as student  # takes a second to import, and not all who need the options need it

    return float(student.ppf(0.975, dates - 2))


def to_vertical(line_of_sight: NDArray[np.float32], incidence_deg: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vertical motion, up positive, when horizontal motion is taken as nil: d_up = d_LOS / cos θ."""
    return (line_of_sight / np.cos(np.radians(incidence_deg))).astype(np.float32)
