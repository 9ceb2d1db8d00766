"""Least squares for many pixels at once where each has its own pairs and weights, by banded normal equations.

A network links dates that are near in time, so that the normal matrix AᵀWA of the phases at the dates is banded: its
half-width is the largest gap, in dates, of a pair. Some pixels are solved side by side, one in each lane of the arrays'
last axis, which processors add and multiply several of at a time.

The phase is pinned to 0 at one date of every group of dates that a pixel's pairs link; within a group the solution is
the only one then. Nothing links one group to another: they are moved against each other to the least velocity, which is
the minimum-norm solution (Berardino et al. 2002).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.compiled import fast_kernel, inlined, kernel
from engine.deformation.inversion import Inversion
from engine.deformation.network import Network

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
Groups = NDArray[np.int16]

# Pixels side by side: enough to fill the processor's registers and whole cache lines, few enough for its caches.
_LANES = 64
# A pivot this small against its diagonal may be 0 but for rounding: the pixel's network is looked at.
_SMALL_PIVOT, _NO_PIVOT = 1e-7, 1e-13
# Robust: the least residual that is told from 0, in radians; the greatest change of a phase that ends the rounds, and
# the most rounds.
_LEAST_RESIDUAL, _STILL, _MOST_ROUNDS = 1e-3, 1e-3, 50


class _Edges(NamedTuple):
    """Dates of each pair, by number, shape (pairs,) each; half_width : the largest gap of a pair, in dates."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    half_width: int


def invert_by_normal_equations(
    network: Network,
    phase: Singles,
    weight: Singles | None = None,
    *,
    robust: bool = False,
    functional: Doubles | None = None,
) -> Inversion:
    """Invert `phase`, radians, shape (pairs, pixels), NaN for no data, by positive `weight` of the same shape.

    robust : to the least sum of absolute residuals, each times its weight, in place of squares, by reweighting in
    rounds (Lauknes et al. 2011): a pair that was unwrapped wrongly counts for little.
    functional : g of the `deviation` √(gᵀ (AᵀWA)⁻¹ g) of gᵀφ, shape (dates,), of which the sum is 0.
    """
    first, second = network.edges.T.copy()
    edges = _Edges(first, second, int((second - first).max()))
    pixels = phase.shape[1]
    found = _nothing_found(len(network.dates), pixels)
    # Where there are no weights, one is read for all.
    weights = np.ones((1, 1), np.float32) if weight is None else weight
    at_first = np.zeros((len(network.dates), 1), np.int16)
    asked = np.zeros(len(network.dates)) if functional is None else functional
    _solve(edges, phase, weights, at_first, robust, asked, *found)
    doubtful = np.flatnonzero(found.doubtful)
    if doubtful.size:
        groups, reached = _group(edges, phase[:, doubtful], len(network.dates))
        found.groups[doubtful] = groups.max(axis=0, initial=-1) + 1
        missing = doubtful[~reached]
        for values in (found.phase, found.coherence, found.residual):
            values[..., missing] = np.nan
        apart = reached & (groups.max(axis=0, initial=-1) > 0)
        _solve_apart(network, edges, phase, weights, robust, found, doubtful[apart], groups[:, apart])
    found.deviation[found.groups > 1] = np.nan
    return Inversion(*found[:-1])


class _Found(NamedTuple):
    """As in `Inversion`; and which pixels' pairs may not link all dates."""

    phase: Singles
    coherence: Singles
    pairs: NDArray[np.uint16]
    groups: NDArray[np.uint16]
    residual: Singles
    deviation: Singles
    doubtful: NDArray[np.bool_]


def _nothing_found(dates: int, pixels: int) -> _Found:
    return _Found(
        phase=np.full((dates, pixels), np.nan, np.float32),
        coherence=np.full(pixels, np.nan, np.float32),
        pairs=np.zeros(pixels, np.uint16),
        groups=np.ones(pixels, np.uint16),
        residual=np.full(pixels, np.nan, np.float32),
        deviation=np.full(pixels, np.nan, np.float32),
        doubtful=np.zeros(pixels, np.bool_),
    )


def _solve_apart(
    network: Network,
    edges: _Edges,
    phase: Singles,
    weights: Singles,
    robust: bool,
    found: _Found,
    pixels: NDArray[np.int64],
    groups: Groups,
) -> None:
    """Pixels, by number, whose dates fall into these groups, shape (dates, pixels)."""
    own = _nothing_found(len(network.dates), pixels.size)
    weights = weights if weights.size == 1 else weights[:, pixels]
    _solve(edges, phase[:, pixels], weights, groups, robust, np.zeros(len(network.dates)), *own)
    _move_least(own.phase, groups, np.diff(network.years))
    found.phase[:, pixels], found.coherence[pixels], found.residual[pixels] = own.phase, own.coherence, own.residual


@kernel
def _solve(
    edges: _Edges,
    phase: Singles,
    weights: Singles,
    groups: Groups,
    robust: bool,
    functional: Doubles,
    solution: Singles,
    coherence: Singles,
    pairs: NDArray[np.uint16],
    _: NDArray[np.uint16],
    residual: Singles,
    deviation: Singles,
    doubtful: NDArray[np.bool_],
) -> None:
    """Solve all pixels, `_LANES` at a time. groups : of the dates, of each pixel or, shape (dates, 1), of all."""
    count, pixels = phase.shape
    dates = len(solution)
    observed, own = np.empty((count, _LANES), np.float32), np.empty((count, _LANES), np.float32)
    weight = np.empty((count, _LANES), np.float32)
    bands = np.empty((dates, edges.half_width + 1, _LANES))
    right, before, diagonal = np.empty((dates, _LANES)), np.empty((dates, _LANES)), np.empty((dates, _LANES))
    still = np.empty(_LANES, np.bool_)
    for start in range(0, pixels, _LANES):
        end = min(start + _LANES, pixels)
        still[:] = False
        _take(phase, weights, start, end, observed, own)
        weight[:] = own
        for turn in range(_MOST_ROUNDS if robust else 1):
            _assemble(edges, observed, weight, bands, right)
            _pin(groups, start, end, bands, right)
            diagonal[:] = bands[:, 0]
            _solve_banded(bands, right, diagonal)  # which leaves the pivots' shares of the diagonal there
            if robust:
                _settle(right, before, still, turn == 0)
                if still.all():
                    break
                _reweight(edges, observed, own, right, still, weight)
        if functional.any():
            _propagate(bands, functional, start, end, before, deviation)
        _judge(edges, observed, own, right, start, end, coherence, residual, pairs)
        _give(right, diagonal, start, end, solution, doubtful)


@fast_kernel
def _take(phase: Singles, weights: Singles, start: int, end: int, observed: Singles, own: Singles) -> None:
    """Phase and weight of some pixels, both 0 where there is no phase, or no pixel."""
    count, weighted = end - start, weights.size > 1
    observed[:, count:] = 0
    own[:, count:] = 0
    for pair in range(len(phase)):
        for lane in range(count):
            value = phase[pair, start + lane]
            observed[pair, lane] = 0 if math.isnan(value) else value
        for lane in range(count):
            value, weight = phase[pair, start + lane], weights[pair, start + lane] if weighted else np.float32(1)
            own[pair, lane] = 0 if math.isnan(value) else weight


@fast_kernel
def _give(
    series: Doubles, pivots: Doubles, start: int, end: int, solution: Singles, doubtful: NDArray[np.bool_]
) -> None:
    """Hand out the solutions, and which of them rest on a pivot that may be none."""
    for date in range(len(series)):
        for lane in range(end - start):
            solution[date, start + lane] = series[date, lane]
            doubtful[start + lane] |= pivots[date, lane] < _SMALL_PIVOT


@fast_kernel
def _assemble(edges: _Edges, observed: Singles, weight: Singles, bands: Doubles, right: Doubles) -> None:
    """AᵀWA and AᵀWφ. bands : [date, lag, lane] couples a date with the one `lag` later."""
    lanes = observed.shape[1]
    bands[:] = 0
    right[:] = 0
    for pair in range(len(observed)):
        first, second = edges.first[pair], edges.second[pair]
        lag = second - first
        for lane in range(lanes):
            own = np.float64(weight[pair, lane])
            moment = own * observed[pair, lane]
            bands[first, 0, lane] += own
            bands[second, 0, lane] += own
            bands[first, lag, lane] -= own
            right[first, lane] -= moment
            right[second, lane] += moment


@kernel
def _pin(groups: Groups, start: int, end: int, bands: Doubles, right: Doubles) -> None:
    """Set the phase of the first date of each group to 0, and that of lanes without a pixel."""
    dates, width = bands.shape[:2]
    for lane in range(_LANES):
        largest = -1
        for date in range(dates):
            if lane < end - start:
                group = groups[date, 0 if groups.shape[1] == 1 else start + lane]
                if group <= largest:
                    continue
                largest = group
            bands[date, 0, lane], right[date, lane] = 1, 0
            for lag in range(1, width):
                bands[date, lag, lane] = 0
                if lag <= date:
                    bands[date - lag, lag, lane] = 0


@fast_kernel
def _solve_banded(bands: Doubles, right: Doubles, diagonal: Doubles) -> None:
    """Solve symmetric positive definite systems side by side, in place, `right` becoming the solution.

    bands : as `_assemble` leaves them, becomes the factors. diagonal : of the matrix, becomes each pivot's share of it.
    """
    size, width, lanes = bands.shape
    share = np.empty(lanes)
    for row in range(size):
        reach = min(width, size - row)
        pivots, whole = bands[row, 0], diagonal[row]
        for lane in range(lanes):
            pivot = pivots[lane]
            least = _NO_PIVOT * whole[lane]
            whole[lane] = pivot / whole[lane] if whole[lane] > 0 else 0.0
            # Kept as its inverse.
            pivots[lane] = 1 / pivot if pivot > least else 1.0
        for lag in range(1, reach):
            for lane in range(lanes):
                share[lane] = bands[row, lag, lane] * pivots[lane]
            for further in range(lag, reach):
                _take_share(bands[row + lag, further - lag], share, bands[row, further])
            _take_share(right[row + lag], share, right[row])
    for row in range(size - 1, -1, -1):
        for lag in range(1, min(width, size - row)):
            _take_share(right[row], bands[row, lag], right[row + lag])
        for lane in range(lanes):
            right[row, lane] *= bands[row, 0, lane]


@fast_kernel
def _propagate(bands: Doubles, functional: Doubles, start: int, end: int, scratch: Doubles, deviation: Singles) -> None:
    """√(gᵀ N⁻¹ g) from the factors N = LDLᵀ that `_solve_banded` leaves: Σ yᵢ² / dᵢ with Ly = g."""
    size, width, lanes = bands.shape
    variance = np.zeros(lanes)
    for row in range(size):
        for lane in range(lanes):
            scratch[row, lane] = functional[row]
    scratch[0] = 0  # pinned
    for row in range(size):
        for lane in range(lanes):
            scaled = scratch[row, lane] * bands[row, 0, lane]
            variance[lane] += scratch[row, lane] * scaled
            scratch[row, lane] = scaled
        for lag in range(1, min(width, size - row)):
            _take_share(scratch[row + lag], bands[row, lag], scratch[row])
    for lane in range(end - start):
        deviation[start + lane] = np.sqrt(variance[lane])


@inlined
def _take_share(values: Doubles, share: Doubles, other: Doubles) -> None:
    for lane in range(values.size):
        values[lane] -= share[lane] * other[lane]


@kernel
def _settle(series: Doubles, before: Doubles, still: NDArray[np.bool_], first: bool) -> None:
    """Tell which pixels change no more, and remember their series.

    Each stops by itself, so that the result does not depend on what is solved beside it.
    """
    for lane in range(len(still)):
        most = 0.0
        for date in range(len(series)):
            most = max(most, abs(series[date, lane] - before[date, lane]))
            before[date, lane] = series[date, lane]
        still[lane] |= most < _STILL and not first


@fast_kernel
def _reweight(
    edges: _Edges, observed: Singles, own: Singles, series: Doubles, still: NDArray[np.bool_], weight: Singles
) -> None:
    """Weights by which squares of the residuals come to their absolute values, of pixels that still change."""
    lanes = observed.shape[1]
    for pair in range(len(observed)):
        first, second = edges.first[pair], edges.second[pair]
        for lane in range(lanes):
            off = np.abs(observed[pair, lane] - series[second, lane] + series[first, lane])
            changed = own[pair, lane] / max(off, _LEAST_RESIDUAL)
            weight[pair, lane] = weight[pair, lane] if still[lane] else changed


@fast_kernel
def _judge(
    edges: _Edges,
    observed: Singles,
    own: Singles,
    series: Doubles,
    start: int,
    end: int,
    coherence: Singles,
    residual: Singles,
    pairs: NDArray[np.uint16],
) -> None:
    """Temporal coherence |Σ exp(jε)| / M of the residuals ε of M pairs (Pepe & Lanari 2006, equation 2), and their RMS.

    Sine and cosine are Taylor's sums at half the angle, which a whole number of turns is taken from: right to 1e-7.
    """
    lanes = observed.shape[1]
    real, imaginary, squares, used = np.zeros(lanes), np.zeros(lanes), np.zeros(lanes), np.zeros(lanes)
    for pair in range(len(observed)):
        first, second = edges.first[pair], edges.second[pair]
        for lane in range(lanes):
            off = observed[pair, lane] - series[second, lane] + series[first, lane]
            turns = off * (0.5 / math.pi)
            half = math.pi * (turns - np.floor(turns + 0.5))
            x = half * half
            sine = half * (1 - x / 6 * (1 - x / 20 * (1 - x / 42 * (1 - x / 72 * (1 - x / 110 * (1 - x / 156))))))
            cosine = 1 - x / 2 * (1 - x / 12 * (1 - x / 30 * (1 - x / 56 * (1 - x / 90 * (1 - x / 132)))))
            counts = 1.0 if own[pair, lane] > 0 else 0.0
            real[lane] += counts * (1 - 2 * sine * sine)
            imaginary[lane] += counts * 2 * sine * cosine
            squares[lane] += counts * off * off
            used[lane] += counts
    for lane in range(end - start):
        if used[lane] > 0:
            coherence[start + lane] = np.sqrt(real[lane] ** 2 + imaginary[lane] ** 2) / used[lane]
            residual[start + lane] = np.sqrt(squares[lane] / used[lane])
        pairs[start + lane] = used[lane]


@kernel
def _group(edges: _Edges, phase: Singles, dates: int) -> tuple[Groups, NDArray[np.bool_]]:
    """Group of each date, from 0 by first date, shape (dates, pixels); and whether pairs reach every date.

    Both dates of a pair take on the lesser of their labels, until nothing changes.
    """
    pixels = phase.shape[1]
    groups = np.empty((dates, pixels), np.int16)
    whole = np.ones(pixels, np.bool_)
    label, reached = np.empty(dates, np.int16), np.empty(dates, np.bool_)
    for pixel in range(pixels):
        label[:] = np.arange(dates)
        reached[:] = False
        changed = True
        while changed:
            changed = False
            for pair in range(len(phase)):
                if math.isnan(phase[pair, pixel]):
                    continue
                first, second = edges.first[pair], edges.second[pair]
                reached[first] = reached[second] = True
                if label[first] != label[second]:
                    label[first] = label[second] = min(label[first], label[second])
                    changed = True
        whole[pixel] = reached.all()
        found = 0
        for date in range(dates):
            # Labels are the numbers of the first dates of groups, which come before all others of theirs.
            if label[date] == date:
                groups[date, pixel] = found
                found += 1
            else:
                groups[date, pixel] = groups[label[date], pixel]
    return groups, whole


@kernel
def _move_least(solution: Singles, groups: Groups, intervals: Doubles) -> None:
    """Move the groups of each pixel against each other to the least velocity: min Σ ((φᵢ₊₁ − φᵢ) / Δtᵢ)²."""
    dates, pixels = solution.shape
    for pixel in range(pixels):
        others = groups[:, pixel].max()
        matrix, right = np.zeros((others + 1, others + 1)), np.zeros(others + 1)
        for date in range(dates - 1):
            one, other = groups[date, pixel], groups[date + 1, pixel]
            if one == other:
                continue
            inverse = 1 / intervals[date] ** 2
            step = (solution[date + 1, pixel] - solution[date, pixel]) * inverse
            matrix[one, one] += inverse
            matrix[other, other] += inverse
            matrix[one, other] -= inverse
            matrix[other, one] -= inverse
            right[one] += step
            right[other] -= step
        moved = np.linalg.solve(matrix[1:, 1:].copy(), right[1:].copy())
        for date in range(dates):
            if groups[date, pixel] > 0:
                solution[date, pixel] += moved[groups[date, pixel] - 1]
