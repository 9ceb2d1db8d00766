"""Least squares for many pixels at once where each has its own pairs and weights, by banded normal equations.

A network links dates that are near in time, so that the normal matrix AᵀWA of the phases at the dates is banded: its
half-width is the largest gap, in dates, of a pair. It is factored for all pixels side by side. Where a pixel's pairs
link all dates the solution is the only one, and that of `invert_with_mintpy` but for rounding; pixels whose network
falls apart, which need the minimum norm, are left to that.
"""

import numpy as np
from numpy.typing import NDArray

from engine.deformation.inversion import Inversion, invert_with_mintpy
from engine.deformation.network import Network

_COEFFICIENTS = 1_000_000  # of the pixels that are solved side by side; it bounds memory
_LEAST_PIXELS = 64


def invert_by_normal_equations(
    network: Network, phase: NDArray[np.float32], weight: NDArray[np.float32] | None = None
) -> Inversion:
    """Invert `phase`, radians, shape (pairs, pixels), NaN for no data, by positive `weight` of the same shape."""
    count = phase.shape[1]
    solution = np.full((len(network.dates), count), np.nan, np.float32)
    coherence = np.full(count, np.nan, np.float32)
    pairs, groups = np.zeros(count, np.uint16), np.zeros(count, np.uint16)
    together = max(_COEFFICIENTS // (len(network.dates) * (_half_width(network) + 1)), _LEAST_PIXELS)
    for start in range(0, count, together):
        part = np.arange(start, min(start + together, count))
        valid = np.isfinite(phase[:, part])
        pairs[part] = valid.sum(axis=0)
        groups[part] = count_groups(network, valid)
        linked = part[groups[part] == 1]
        if linked.size:
            own = None if weight is None else weight[:, linked]
            solution[:, linked], coherence[linked] = _solve(network, phase[:, linked], own)
    apart = np.flatnonzero(groups > 1)
    apart = apart[_reaches_all(network, np.isfinite(phase[:, apart]))]
    if apart.size:
        rest = invert_with_mintpy(network, phase[:, apart], None if weight is None else weight[:, apart])
        solution[:, apart], coherence[apart] = rest.phase, rest.temporal_coherence
    return Inversion(solution, coherence, pairs, groups)


def count_groups(network: Network, valid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many groups each pixel's pairs, True in `valid`, shape (pairs, pixels), leave the dates in; shape (pixels,).

    Both dates of a pair take on the lesser of their labels, until nothing changes: one label is left in each group.
    """
    names = np.arange(len(network.dates), dtype=np.int16)[:, None]
    labels = np.repeat(names, valid.shape[1], axis=1)
    before = np.full_like(labels, -1)
    while not np.array_equal(labels, before):
        before[:] = labels
        for (first, second), used in zip(network.edges, valid, strict=True):
            least = np.minimum(labels[first], labels[second])
            np.copyto(labels[first], least, where=used)
            np.copyto(labels[second], least, where=used)
    groups: NDArray[np.int64] = (labels == names).sum(axis=0)
    return groups


def _half_width(network: Network) -> int:
    """Of the normal matrix: the largest gap of a pair, counted in dates."""
    return int(np.diff(network.edges).max())


def _reaches_all(network: Network, valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each pixel's pairs reach every date, shape (pixels,)."""
    reached = np.zeros((len(network.dates), valid.shape[1]), np.bool_)
    for edge, used in zip(network.edges, valid, strict=True):
        reached[edge] |= used
    every: NDArray[np.bool_] = reached.sum(axis=0) == len(network.dates)
    return every


def _solve(
    network: Network, phase: NDArray[np.float32], weight: NDArray[np.float32] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Phase at the dates, 0 at the first, shape (dates, pixels), and temporal coherence, of pixels with one group.

    Temporal coherence is |Σ exp(jε)| / M over the residuals ε of the M pairs (Pepe & Lanari 2006, equation 2).
    """
    valid = np.isfinite(phase)
    observed = np.where(valid, phase, 0.0).astype(np.float64)
    weights = valid.astype(np.float64) if weight is None else np.where(valid, weight, 0.0).astype(np.float64)
    # [lag, date] of the bands couples a date with the one `lag` later.
    bands = np.zeros((_half_width(network) + 1, len(network.dates), phase.shape[1]))
    solution = np.zeros((len(network.dates), phase.shape[1]))
    for (first, second), value, own in zip(network.edges, observed, weights, strict=True):
        bands[0, first] += own
        bands[0, second] += own
        bands[second - first, first] -= own
        solution[first] -= own * value
        solution[second] += own * value
    solution[0] = 0
    _solve_banded(bands[:, 1:], solution[1:])
    residual_vectors = np.zeros(phase.shape[1], np.complex128)
    for (first, second), value, used in zip(network.edges, observed, valid, strict=True):
        residual_vectors += used * np.exp(1j * (value - solution[second] + solution[first]))
    return solution, np.abs(residual_vectors) / valid.sum(axis=0)


def _solve_banded(bands: NDArray[np.float64], right: NDArray[np.float64]) -> None:
    """Solve symmetric positive definite systems side by side, in place, `right` becoming the solution.

    bands : [lag, row, system] is the coefficient of unknown row + lag in equation row. right : [row, system].
    """
    size = len(right)
    for row in range(size):
        reach = min(len(bands), size - row)
        for lag in range(1, reach):
            share = bands[lag, row] / bands[0, row]
            bands[: reach - lag, row + lag] -= share * bands[lag:reach, row]
            right[row + lag] -= share * right[row]
    for row in reversed(range(size)):
        for lag in range(1, min(len(bands), size - row)):
            right[row] -= bands[lag, row] * right[row + lag]
        right[row] /= bands[0, row]
