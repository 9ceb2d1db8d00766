"""The mean series of the pixels that speak for a patch."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import linregress

from engine.activity.scenes import Motion
from engine.grid import Block

ReadSeries = Callable[[Block], NDArray[np.float32]]
_DAYS_PER_YEAR = 365.25
_FLOOR = 0.5  # of the median standard error: one pixel weighs at most four times a middling one
_LEAST_ERROR = 0.01  # mm/yr


class MeanSeries(NamedTuple):
    """Mean displacement at each date in mm, weighted by 1/σ² of the pixels' rates, and its spread between pixels.

    rate, standard_error : of a line through the mean series, mm/yr. The pixels share their atmosphere, so the error is
    not smaller for more pixels.
    """

    displacement: NDArray[np.float64]
    spread: NDArray[np.float64]
    pixels: int
    rate: float
    standard_error: float


def mean_series(
    pixels: NDArray[np.bool_], motion: Motion, read_series: ReadSeries, dates: Sequence[date]
) -> MeanSeries | None:
    """The mean series of the coherent ones among `pixels`, or None when there are none."""
    coherent = pixels & np.isfinite(motion.rate)
    if not coherent.any():
        return None
    rows, cols = np.flatnonzero(coherent.any(axis=1)), np.flatnonzero(coherent.any(axis=0))
    block = Block(int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1)
    inside = coherent[block.slices]
    series = read_series(block)[:, inside].astype(np.float64)
    error = motion.standard_error[block.slices][inside].astype(np.float64)
    # The error of a single pixel rests on few residuals (and is 0 at a reference point): none is trusted much more
    # than the middling one.
    weight = np.maximum(error, max(_FLOOR * float(np.median(error)), _LEAST_ERROR)) ** -2
    weight /= weight.sum()
    mean = series @ weight
    spread = np.sqrt(((series - mean[:, None]) ** 2) @ weight)
    years = np.array([(day - dates[0]).days for day in dates]) / _DAYS_PER_YEAR
    line = linregress(years, mean)
    # A series without any scatter has no standard error that linregress could tell.
    standard_error = float(np.nan_to_num(line.stderr))
    return MeanSeries(mean, spread, int(inside.sum()), float(line.slope), standard_error)
