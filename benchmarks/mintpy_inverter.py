"""MintPy's estimator in the form of this project's inverters: the peer that benchmarks and tests hold them against."""

from collections.abc import Iterator

import numpy as np
from mintpy.ifgram_inversion import estimate_timeseries
from numpy.typing import NDArray

from engine.deformation.inversion import Inversion
from engine.deformation.network import Network


def invert_with_mintpy(
    network: Network, phase: NDArray[np.float32], weight: NDArray[np.float32] | None = None
) -> Inversion:
    """Invert with MintPy's estimator (Yunjun et al. 2019), minimum-norm velocity.

    Pixels that miss the same pairs share one design matrix and are solved together, unless weights differ between them.
    """
    design, velocity_design = network.incidence_matrix[:, 1:], _velocity_design(network)
    intervals = np.diff(network.years)[:, None]
    solution = np.full((len(network.dates), phase.shape[1]), np.nan, np.float32)
    coherence = np.full(phase.shape[1], np.nan, np.float32)
    pairs = np.isfinite(phase).sum(axis=0).astype(np.uint16)
    groups = np.zeros(phase.shape[1], np.uint16)
    for used, pixels in _same_pairs(phase):
        labels = network.groups(used)
        groups[pixels] = labels.max() + 1
        reached = np.unique(network.edges[used])
        if len(reached) < len(network.dates):
            continue
        for together in [pixels] if weight is None else pixels[:, None]:
            series, quality, _ = estimate_timeseries(
                A=design[used],
                B=velocity_design[used],
                y=phase[np.ix_(used, together)],
                tbase_diff=intervals,
                weight_sqrt=None if weight is None else np.sqrt(weight[np.ix_(used, together)]),
                print_msg=False,
            )
            solution[:, together] = series
            coherence[together] = quality
    left = phase - network.incidence_matrix @ solution
    squares = np.where(np.isfinite(left), left, 0.0) ** 2
    residual = np.where(np.isnan(coherence), np.nan, np.sqrt(squares.sum(axis=0) / np.maximum(pairs, 1)))
    nothing = np.full(coherence.shape, np.nan, np.float32)
    return Inversion(solution, coherence, pairs, groups, residual.astype(np.float32), nothing)


def _velocity_design(network: Network) -> NDArray[np.float64]:
    """B of Bv = Δφ with the mean velocities between dates as unknowns, in years, shape (pairs, dates − 1)."""
    matrix = np.zeros((len(network.pairs), len(network.dates) - 1))
    intervals = np.diff(network.years)
    for row, (first, second) in enumerate(network.edges):
        matrix[row, first:second] = intervals[first:second]
    return matrix


def _same_pairs(phase: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64]]]:
    """Each set of used pairs, shape (pairs,), with the indices of the pixels that have phase in just these."""
    valid = np.isfinite(phase)
    packed = np.packbits(valid, axis=0)
    _, which = np.unique(packed, axis=1, return_inverse=True)
    order = np.argsort(which, kind="stable")
    for pixels in np.split(order, np.flatnonzero(np.diff(which[order])) + 1):
        yield valid[:, pixels[0]], pixels
