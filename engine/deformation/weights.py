"""How much an observation weighs, from its coherence."""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.compiled import kernel

# MintPy's floor of coherence in weights, and the width of the bins of its table of phase variance.
_FLOOR, _BIN = 5e-2, 0.005


def weights_from_coherence(
    coherence: NDArray[np.float32], weights: Literal["variance", "coherence"], looks: float
) -> NDArray[np.float32]:
    """Weight of each observation, of the shape of `coherence`; what has no coherence (NaN) weighs least.

    weights : "variance", the inverse of the phase variance of distributed scatterers in 1/rad² (Tough et al. 1995,
    equation 66), as MintPy tabulates it in bins of coherence; or "coherence" itself. looks : independent looks.
    """
    if weights == "coherence":
        return np.fmax(coherence, np.float32(_FLOOR))
    found = np.empty(coherence.shape, np.float32)
    _look_up(coherence.ravel(), _by_variance(max(round(looks), 1)), found.ravel())
    return found


@lru_cache
def _by_variance(looks: int) -> NDArray[np.float32]:
    """Weight for each bin of coherence."""
    from mintpy.simulation.decorrelation import coherence2phase_variance  # takes seconds to import

    bins = round(1 / _BIN)
    within = (np.arange(bins) + 0.75) * _BIN  # well inside each bin, whatever way it is rounded
    table: NDArray[np.float32] = (1 / coherence2phase_variance(within, looks)).astype(np.float32)
    return table


@kernel
def _look_up(coherence: NDArray[np.float32], table: NDArray[np.float32], weight: NDArray[np.float32]) -> None:
    least, largest = 0.5 * _BIN, 1 - 0.5 * _BIN
    for place in range(coherence.size):
        known = coherence[place] > _FLOOR  # which NaN is not
        value = min(float(coherence[place]), largest) if known else _FLOOR
        weight[place] = table[int((value - least) / _BIN)]
