"""Ground that stands still: what a patch's motion is held against, and what it tells of noise.

The air over a patch is that over the ground beside it. What still ground nearby seems to do is taken from the patch's
series; on simulated ground that leaves a quarter of the noise (docs/activity.md). What is left piles up from date to
date like a random walk, since it comes from short pairs; how much, is seen where nothing moves.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from engine.activity.motion import Motion
from engine.activity.sites import Mask, Site

# Fewer pixels that stand still tell nothing of the air.
LEAST_STILL = 30
_MAD_TO_SIGMA = 1.4826
# Edges of the squares of pixels over which noise is looked at.
_EDGES = (1, 3, 5, 9, 17)
# Fewer places tell no spread.
_LEAST_PLACES = 50

# Standard deviation, in mm, that a random walk gathers in a year: of the mean of pixels with a middling standard error
# of the rate (mm/yr), of their number.
WalkOf = Callable[[float, int], float]


def still_ground(site: Site, motion: Motion, threshold: float) -> Mask | None:
    """Pixels round a patch that stand still, shape of its block; None where there are too few."""
    rate = motion.rate[site.block.slices]
    still: Mask = site.ring & (np.abs(np.nan_to_num(rate, nan=np.inf)) <= threshold)
    return still if int(still.sum()) >= LEAST_STILL else None


def walk_of_noise(motion: Motion, far: Mask, *, years: float, radius_m: float, threshold: float) -> WalkOf | None:
    """How far noise walks, as still ground shows it; None where there is too little of it.

    A walk that gathers q mm in a year puts an error of q √(6 / 5T) into the rate over T years. So the spread of rates
    of squares of pixels against the ground round them, in terms of their standard errors, says what q is.

    Parameters
    ----------
    far : ground out of the reach of every patch, shape of the grid.
    years : length of the time that the rates are of. radius_m : of the ground round a square.
    """
    still = far & (np.abs(np.nan_to_num(motion.rate, nan=np.inf)) <= threshold)
    rate, error = (np.where(still, part, 0.0).astype(np.float64) for part in (motion.rate, motion.standard_error))
    reach = 2 * max(1, round(radius_m / motion.grid.square_pixel_m)) + 1

    def mean(values: NDArray[np.float64], edge: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        share = uniform_filter(still.astype(np.float64), edge, mode="constant")
        with np.errstate(divide="ignore", invalid="ignore"):
            return uniform_filter(values, edge, mode="constant") / share, share

    around, share = mean(rate, reach)
    known = share * reach**2 >= LEAST_STILL
    counts, sizes = [], []
    for edge in _EDGES:
        own, whole = mean(rate, edge)
        middling, _ = mean(error, edge)
        # Squares that do not overlap, whole ones alone.
        places = np.zeros(still.shape, bool)
        step = max(edge, 4)
        places[::step, ::step] = True
        used = places & known & (whole > 1 - 1e-9)
        if int(used.sum()) < _LEAST_PLACES:
            continue
        ratio = (own[used] - around[used]) / np.maximum(middling[used], 1e-6)
        counts.append(edge**2)
        sizes.append(_MAD_TO_SIGMA * float(np.median(np.abs(ratio))) * np.sqrt(5 * years / 6))
    if not counts:
        return None
    logs, walks = np.log(counts), np.log(np.maximum(sizes, 1e-6))

    def walk(error: float, pixels: int) -> float:
        return float(error * np.exp(np.interp(np.log(pixels), logs, walks)))

    return walk


def median_series(series: NDArray[np.float32], pixels: Mask) -> NDArray[np.float64]:
    """Median over pixels of the series of a block, shape (dates,)."""
    middle: NDArray[np.float64] = np.median(series[:, pixels], axis=1).astype(np.float64)
    return middle
