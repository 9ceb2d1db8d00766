"""Rates of motion and their uncertainty from displacement series."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from mintpy.utils.time_func import estimate_time_func
from numpy.typing import NDArray
from scipy.stats import t as student

from engine.deformation.network import DAYS_PER_YEAR

_MAD_TO_SIGMA = 1.4826


class Rate(NamedTuple):
    """Linear rate of some pixels.

    rate : in the series' unit a year. standard_error : of it, from the residuals about the line (n − 2 degrees of
    freedom); errors that are correlated in time make it too small. intercept : displacement at the first date.
    """

    rate: NDArray[np.float32]
    standard_error: NDArray[np.float32]
    intercept: NDArray[np.float32]


def fit_rate(series: NDArray[np.float32], dates: Sequence[date]) -> Rate:
    """Fit a line to each series, shape (dates, pixels); NaN where a series has NaN.

    The first date counts like any other: it is the reference, but its own noise is in all the others.
    """
    pixels = series.shape[1]
    rate, error, intercept = (np.full(pixels, np.nan, np.float32) for _ in range(3))
    whole = np.isfinite(series).all(axis=0)
    if whole.any():
        names = [f"{day:%Y%m%d}" for day in dates]
        design, parameters, squares = estimate_time_func({"polynomial": 1}, names, series[:, whole], ref_date=names[0])
        freedom = len(dates) - design.shape[1]
        covariance = np.linalg.inv(design.T @ design)
        intercept[whole], rate[whole] = parameters
        error[whole] = np.sqrt(np.maximum(squares, 0) / freedom * covariance[1, 1])
    return Rate(rate, error, intercept)


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
    spread: NDArray[np.float64] = _MAD_TO_SIGMA * np.median(np.abs(centred), axis=1)
    return spread


def t95(dates: int) -> float:
    """Factor from the standard error of a line through `dates` points to its 95 % interval (Student's t)."""
    return float(student.ppf(0.975, dates - 2))


def to_vertical(line_of_sight: NDArray[np.float32], incidence_deg: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vertical motion, up positive, when horizontal motion is taken as nil: d_up = d_LOS / cos θ."""
    return (line_of_sight / np.cos(np.radians(incidence_deg))).astype(np.float32)
