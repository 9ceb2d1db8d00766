"""Since when, and until when, the ground of a patch has been losing its coherence.

Digging moves metres from one acquisition to the next: no phase is left, and that is a sign of its own (METHOD §6). The
coherence of consecutive acquisitions, held against that of the ground round the patch, drops while it goes on.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as fisher

# Coherence of a pair of dates, by its number in the stack, shape of the grid; NaN for no data.
ReadCoherence = Callable[[int], NDArray[np.float32]]
_CONFIDENCE = 0.95
# A drop by less is that of weather, not of work.
_LEAST_DROP = 0.1
# Pairs on either side, that a drop has to last for; longer pairs than this are no consecutive acquisitions, days.
_LEAST_PAIRS, _LONGEST = 3, 48


class DatedPair(NamedTuple):
    """number : in the stack."""

    number: int
    first: date
    second: date


class Loss(NamedTuple):
    """first, last : between which days it began, 95 %. until_first, until_last : and ended; None while it goes on.

    sure_until : day after which it surely still went on. drop : by how much coherence falls against that of the ground
    round it.
    """

    first: date
    last: date
    until_first: date | None
    until_last: date | None
    sure_until: date
    drop: float


def consecutive(pairs: Sequence[DatedPair]) -> list[DatedPair]:
    """For each date the shortest pair that begins on it, in order; what is longer than 48 days is left out."""
    shortest: dict[date, DatedPair] = {}
    for pair in pairs:
        known = shortest.get(pair.first)
        if (pair.second - pair.first).days <= _LONGEST and (known is None or pair.second < known.second):
            shortest[pair.first] = pair
    return [shortest[day] for day in sorted(shortest)]


def date_loss(coherence: NDArray[np.float64], pairs: Sequence[DatedPair]) -> Loss | None:
    """When coherence dropped, and when it came back; None where it did neither.

    coherence : of a patch less that of the ground round it, by pair, NaN where it is not known. Levels before, during
    and after a drop are constant; Schwarz's criterion says whether there is one, profile likelihood between which days.
    """
    known = np.isfinite(coherence)
    values, used = coherence[known], [pair for pair, one in zip(pairs, known, strict=True) if one]
    count = len(values)
    if count < 4 * _LEAST_PAIRS:
        return None
    # Residual sums of squares for every first and last pair of a drop; a drop to the end has no return.
    sums, squares = (np.concatenate([[0.0], np.cumsum(part)]) for part in (values, values**2))
    begin = np.array([0, *range(_LEAST_PAIRS, count - _LEAST_PAIRS + 1)])
    ends = np.arange(_LEAST_PAIRS, count + 1)
    start, end = np.meshgrid(begin, ends, indexing="ij")
    during = end - start
    inside = sums[end] - sums[start]
    outside = count - during
    left = squares[-1] - inside**2 / np.maximum(during, 1) - (sums[-1] - inside) ** 2 / np.maximum(outside, 1)
    drop = (sums[-1] - inside) / np.maximum(outside, 1) - inside / np.maximum(during, 1)
    returns = end < count
    possible = (
        (during >= _LEAST_PAIRS)
        & (outside >= _LEAST_PAIRS)
        & (~returns | (count - end >= _LEAST_PAIRS))
        & (drop > _LEAST_DROP)
    )
    if not possible.any():
        return None
    criteria = [count * np.log(max(squares[-1] - sums[-1] ** 2 / count, 1e-12) / count) + np.log(count)]
    places = []
    for kind, parameters in ((~returns, 3), (returns, 4)):
        own = np.where(possible & kind, left, np.inf)
        place = np.unravel_index(int(own.argmin()), own.shape)
        places.append((own, place, parameters))
        criteria.append(count * np.log(max(float(own[place]), 1e-12) / count) + parameters * np.log(count))
    best = int(np.argmin(criteria))
    if best == 0:
        return None
    own, place, parameters = places[best - 1]
    if start[place] == 0:
        return None  # it had been lost before the first pair, on no day that could be told
    freedom = count - parameters - 1
    near = own <= own[place] * (1 + float(fisher.ppf(_CONFIDENCE, 1, freedom)) / freedom)
    first, last = max(int(start[near].min()), 1), int(start[near].max())
    ended = (end[near].min(), end[near].max()) if best == 2 else None
    return Loss(
        # Ground that is dug up days before an acquisition may keep some of its coherence up to it.
        first=_middle(used[first - 1]),
        last=used[last].second,
        until_first=used[ended[0] - 1].first if ended else None,
        until_last=used[min(ended[1], count - 1)].second if ended else None,
        sure_until=used[int(end[near].min()) - _LEAST_PAIRS].first,
        drop=float(drop[place]),
    )


def _middle(pair: DatedPair) -> date:
    return pair.first + (pair.second - pair.first) / 2
