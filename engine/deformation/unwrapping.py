"""Errors of unwrapping: whole turns by which a pair's phase is off, found where loops of three pairs do not close.

Around a loop of pairs i–j, j–k, i–k, phase sums to nearly 0, and to a whole number of turns when one of the three was
unwrapped wrongly. A pair that is wrong shows in all loops that it is part of, a right one only in those that it shares
with a wrong one: pixel by pixel, the pair with the largest share of loops that do not close is taken for wrong until
those of the others close. Noise opens loops too: `wrong_regions` tells what is to be taken out.
"""

import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from engine.compiled import fast_kernel, kernel
from engine.deformation.network import Network

_LANES = 64


def find_loops(network: Network) -> NDArray[np.int64]:
    """Numbers of the pairs i–j, j–k and i–k of every loop of dates i < j < k, shape (loops, 3)."""
    number = {(int(first), int(second)): pair for pair, (first, second) in enumerate(network.edges)}
    later: dict[int, list[int]] = {}
    for first, second in sorted(number):
        later.setdefault(first, []).append(second)
    found = [
        (number[first, second], number[second, third], number[first, third])
        for first, others in later.items()
        for second, third in combinations(others, 2)
        if (second, third) in number
    ]
    return np.array(found, np.int64).reshape(-1, 3)


def find_wrongly_unwrapped(loops: NDArray[np.int64], phase: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where a pair is off by whole turns by the loops of the pixel itself, shape (pairs, pixels).

    loops : of the network (`find_loops`). phase : radians, shape (pairs, pixels), NaN for no data. A pair that is in no
    loop cannot be told wrong. Of pairs with equal shares the one with more loops is taken, then the later one.
    """
    wrong = np.zeros(phase.shape, np.bool_)
    if len(loops):
        _find(loops, phase, wrong)
    return wrong


@kernel
def _find(loops: NDArray[np.int64], phase: NDArray[np.float32], wrong: NDArray[np.bool_]) -> None:
    count, pixels = phase.shape
    turns, most = np.empty((len(loops), _LANES), np.float32), np.empty(_LANES, np.float32)
    observed = np.empty((count, _LANES), np.float32)
    open_loops, all_loops = np.empty(count, np.int64), np.empty(count, np.int64)
    for start in range(0, pixels, _LANES):
        end = min(start + _LANES, pixels)
        observed[:, : end - start] = phase[:, start:end]
        observed[:, end - start :] = 0
        _close(loops, observed, turns, most)
        for lane in range(end - start):
            while most[lane] > 0:
                worst = _worst(loops, turns[:, lane], open_loops, all_loops)
                if worst < 0:
                    break
                wrong[worst, start + lane] = True
                for loop in range(len(loops)):
                    if loops[loop, 0] == worst or loops[loop, 1] == worst or loops[loop, 2] == worst:
                        turns[loop, lane] = np.nan


@fast_kernel
def _close(
    loops: NDArray[np.int64], observed: NDArray[np.float32], turns: NDArray[np.float32], most: NDArray[np.float32]
) -> None:
    """Turns by which each loop misses closing, NaN without phase in all three pairs; the most of each lane."""
    most[:] = 0
    per_turn = np.float32(0.5 / math.pi)
    for loop in range(len(loops)):
        there, on, across = loops[loop]
        for lane in range(observed.shape[1]):
            missed = (observed[there, lane] + observed[on, lane] - observed[across, lane]) * per_turn
            whole = np.floor(missed + np.float32(0.5))
            turns[loop, lane] = whole
            most[lane] = max(most[lane], abs(whole))


@kernel
def _worst(
    loops: NDArray[np.int64],
    turns: NDArray[np.float32],
    open_loops: NDArray[np.int64],
    all_loops: NDArray[np.int64],
) -> int:
    """The pair to take for wrong next, -1 when all loops close."""
    open_loops[:] = 0
    all_loops[:] = 0
    for loop in range(len(loops)):
        if math.isnan(turns[loop]):
            continue
        for pair in loops[loop]:
            all_loops[pair] += 1
            if turns[loop] != 0:
                open_loops[pair] += 1
    worst = -1
    for pair in range(len(open_loops)):
        if open_loops[pair] == 0:
            continue
        if worst < 0:
            worst = pair
            continue
        # Shares are compared as whole numbers.
        one, other = open_loops[pair] * all_loops[worst], open_loops[worst] * all_loops[pair]
        if one > other or (one == other and open_loops[pair] >= open_loops[worst]):
            worst = pair
    return worst
