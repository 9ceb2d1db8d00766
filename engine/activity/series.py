"""The mean series of the pixels that speak for a patch, and what still ground round it seems to do."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import linregress

from engine.activity.fitting import DAYS_PER_YEAR
from engine.activity.motion import Motion
from engine.activity.sites import Mask
from engine.grid import Block

_FLOOR = 0.5  # of the median standard error: one pixel weighs at most four times a middling one
_LEAST_ERROR = 0.01  # mm/yr


class MeanSeries(NamedTuple):
    """Mean displacement at each date in mm, weighted by 1/σ² of the pixels' rates, and its spread between pixels.

    error : median standard error of the pixels' rates, mm/yr. rate, standard_error : of a line through the mean series,
    mm/yr. The pixels share their atmosphere, so the error is not smaller for more pixels.
    """

    displacement: NDArray[np.float64]
    spread: NDArray[np.float64]
    pixels: int
    error: float
    rate: float
    standard_error: float


def mean_series(
    pixels: Mask, block: Block, series: NDArray[np.float32], motion: Motion, dates: Sequence[date]
) -> MeanSeries | None:
    """The mean series of the coherent ones among `pixels`, or None when there are none.

    pixels : shape of the block. series : displacement in mm, shape (dates, rows, cols) of the block.
    """
    coherent = pixels & np.isfinite(motion.rate[block.slices])
    if not coherent.any():
        return None
    own = series[:, coherent].astype(np.float64)
    error = motion.standard_error[block.slices][coherent].astype(np.float64)
    # The error of a single pixel rests on few residuals (and is 0 at a reference point): none is trusted much more
    # than the middling one.
    middling = float(np.median(error))
    weight = np.maximum(error, max(_FLOOR * middling, _LEAST_ERROR)) ** -2
    weight /= weight.sum()
    mean = own @ weight
    spread = np.sqrt(((own - mean[:, None]) ** 2) @ weight)
    years = np.array([(day - dates[0]).days for day in dates]) / DAYS_PER_YEAR
    line = linregress(years, mean)
    # A series without any scatter has no standard error that linregress could tell.
    standard_error = float(np.nan_to_num(line.stderr))
    return MeanSeries(mean, spread, int(coherent.sum()), middling, float(line.slope), standard_error)
