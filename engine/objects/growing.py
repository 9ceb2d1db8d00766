"""Rounds of local mutual best fitting: pairs that are each other's best merge, until none does (METHOD §2).

A region's best neighbour is kept from round to round. It changes only where the region or one beside it has merged, and
nearly always what is known of the merged one tells how; where it does not, all neighbours are looked at again. Only
regions whose best has changed can be of a new pair, so that a round costs no more than what happens in it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.compiled import inlined, kernel
from engine.objects.regions import (
    NEIGHBOUR,
    NOBODY,
    Integers,
    Measure,
    Regions,
    deviation,
    heterogeneity,
    offer,
    rise_of,
)

# What happened to a region in a round.
_MERGED, _CHANGED = 1, 2
# In place of a best neighbour that has merged and is the best no more.
_UNKNOWN = -2


class Growing:
    """Regions that grow, and what each region at the start has become."""

    def __init__(self, regions: Regions, measure: Measure) -> None:
        self.regions, self._measure = regions, measure
        self.count = regions.table.size - 1
        self._becomes: list[Integers] = []
        self._events = np.zeros(self.count, np.uint8)

    def grow(self, limit: float, rounds: int | None = None) -> None:
        """Merge pairs whose heterogeneity rises by less than `limit`, in so many rounds at most."""
        done = 0
        # Pairs that a lower limit has kept apart are found among all.
        candidates = alive(self.regions.table)
        while rounds is None or done < rounds:
            pairs, largest = find_pairs(self.regions, candidates, self._events, limit)
            if not len(pairs):
                break
            merge(self.regions, self._measure, pairs)
            candidates = update(self.regions, self._measure, pairs, largest, self._events)
            candidates.sort()
            self.count -= len(pairs)
            done += 1
            if 2 * self.count < self.regions.table.size:
                candidates = self._renumber(candidates)

    def local_variance(self) -> float:
        """Mean over regions of the standard deviation within, averaged over bands (Drăguţ et al. 2010)."""
        return mean_deviation(self.regions, self._measure.weights.size)

    def becomes(self) -> tuple[Integers, int]:
        """For each region at the start the number that it has now, and one more than the greatest."""
        now = roots(self.regions.table)
        for earlier in reversed(self._becomes):
            now = now[earlier]
        return now, self.regions.table.size - 1

    def _renumber(self, candidates: Integers) -> Integers:
        """Leave out what has been absorbed; the order stays. Returns the candidates' new numbers."""
        numbers, neighbours = pack(self.regions)
        table, colour, _ = self.regions
        self.regions = Regions(table[: self.count + 1], colour[: self.count], neighbours)
        self._events = self._events[: self.count]
        self._becomes.append(numbers)
        return numbers[candidates]


@kernel
def find_pairs(regions: Regions, candidates: Integers, events: NDArray[np.uint8], limit: float) -> tuple[Integers, int]:
    """The pairs to merge, kept region and absorbed one, shape (pairs, 2); and the most neighbours that any may have."""
    table = regions.table
    pairs, count, largest = np.empty((candidates.size, 2), np.int32), 0, 0
    for number in candidates:
        region = table[number]
        if region.best == NOBODY or events[number] == _MERGED or not region.rise < limit:
            continue
        other = table[region.best]
        if other.best == number:
            events[number] = events[region.best] = _MERGED
            pairs[count, 0], pairs[count, 1] = min(number, region.best), max(number, region.best)
            largest = max(largest, region.count + other.count)
            count += 1
    return pairs[:count].copy(), largest


@kernel
def merge(regions: Regions, measure: Measure, pairs: Integers) -> None:
    """Let the first of each pair absorb the second: all but the neighbours."""
    table, colour = regions.table, regions.colour
    for pair in range(len(pairs)):
        kept, absorbed = table[pairs[pair, 0]], table[pairs[pair, 1]]
        kept.name = min(kept.name, absorbed.name)
        kept.pixels += absorbed.pixels
        kept.perimeter += absorbed.perimeter - 2 * kept.common
        kept.top = min(kept.top, absorbed.top)
        kept.left = min(kept.left, absorbed.left)
        kept.bottom = max(kept.bottom, absorbed.bottom)
        kept.right = max(kept.right, absorbed.right)
        for band in range(colour.shape[1]):
            colour[pairs[pair, 0], band] += colour[pairs[pair, 1], band]
        kept.heterogeneity = heterogeneity(regions, measure, pairs[pair, 0])
        absorbed.parent = pairs[pair, 0]


@kernel
def update(regions: Regions, measure: Measure, pairs: Integers, largest: int, events: NDArray[np.uint8]) -> Integers:
    """Bring neighbours and best neighbours up to date after `merge`; returns the regions whose best has changed.

    largest : at least the number of neighbours of any merged region. events : as `find_pairs` left it; 0 afterwards.
    """
    table = regions.table
    # Both have room for all that may happen; memory that is never touched costs nothing.
    changed, unknown = np.empty(table.size, np.int32), np.empty(table.size, np.int32)
    joined = np.empty(largest, NEIGHBOUR)
    changes, unknowns = 0, 0
    for pair in range(len(pairs)):
        number, absorbed = pairs[pair]
        count = gather(regions, number, number, joined, 0)
        count = gather(regions, number, absorbed, joined, count)
        append(table, number, absorbed)
        lay_down(regions, number, joined, count)
        changed[changes] = number
        changes += 1
        table[number].best, table[number].rise = NOBODY, np.inf
        for at in range(count):
            beside, side = joined[at].region, joined[at].side
            rise = rise_of(regions, measure, number, beside, side)
            other = table[beside]
            offer(table, number, beside, side, rise)
            if events[beside] == _MERGED or other.best == _UNKNOWN:
                continue
            if other.best == number or other.best == absorbed:
                # No other was better than what has merged, nor of equals was one named earlier.
                better = rise <= other.rise
                if not better:
                    other.best = _UNKNOWN
                    unknown[unknowns] = beside
                    unknowns += 1
            else:
                better = rise < other.rise or (rise == other.rise and table[number].name < table[other.best].name)
            if better:
                other.best = number
                other.common = side
                other.rise = rise
                if events[beside] != _CHANGED:
                    events[beside] = _CHANGED
                    changed[changes] = beside
                    changes += 1
    for at in range(unknowns):
        number = unknown[at]
        if table[number].count > joined.size:
            joined = np.empty(table[number].count, NEIGHBOUR)
        count = gather(regions, number, number, joined, 0)
        lay_down(regions, number, joined, count)
        table[number].best, table[number].rise = NOBODY, np.inf
        for at in range(count):
            rise = rise_of(regions, measure, number, joined[at].region, joined[at].side)
            offer(table, number, joined[at].region, joined[at].side, rise)
        if events[number] != _CHANGED:
            events[number] = _CHANGED
            changed[changes] = number
            changes += 1
    for pair in range(len(pairs)):
        events[pairs[pair, 0]] = events[pairs[pair, 1]] = 0
    for at in range(changes):
        events[changed[at]] = 0
    return changed[:changes].copy()


@inlined
def root_in(table: NDArray[Any], region: int) -> int:
    """`root_of` in a table."""
    at = region
    while table[at].parent != at:
        table[at].parent = table[table[at].parent].parent
        at = table[at].parent
    return at


@inlined
def gather(regions: Regions, region: int, owner: int, joined: NDArray[Any], count: int) -> int:
    """Add the neighbours on the list of `owner` to those that `region` has; returns how many it has then.

    joined : the neighbours, each once, and none that is absorbed.
    """
    table, neighbours = regions.table, regions.neighbours
    left, piece, found = table[owner].count, owner, count
    while left > 0:
        start = table[piece].start
        stop = min(start + left, table[piece + 1].start)
        left -= stop - start
        for at in range(start, stop):
            other = root_in(table, neighbours[at].region)
            if other != region:
                place = table[other].mark
                if place == NOBODY:
                    table[other].mark = found
                    joined[found].region = other
                    joined[found].side = neighbours[at].side
                    found += 1
                else:
                    joined[place].side += neighbours[at].side
        piece = table[piece].next
    return found


@inlined
def append(table: NDArray[Any], kept: int, absorbed: int) -> None:
    """Let one region's list go on in the pieces of another."""
    piece = kept
    while table[piece].next != NOBODY:
        piece = table[piece].next
    table[piece].next = absorbed


@inlined
def lay_down(regions: Regions, region: int, joined: NDArray[Any], count: int) -> None:
    """Make what `gather` found the list of a region, and forget the marks. Pieces that stay empty are let go."""
    table, neighbours = regions.table, regions.neighbours
    piece, at = region, table[region].start
    for place in range(count):
        while at == table[piece + 1].start:
            piece = table[piece].next
            at = table[piece].start
        neighbours[at].region = joined[place].region
        neighbours[at].side = joined[place].side
        table[joined[place].region].mark = NOBODY
        at += 1
    table[piece].next = NOBODY
    table[region].count = count


@kernel
def alive(table: NDArray[Any]) -> Integers:
    """The regions that none has absorbed."""
    found, count = np.empty(table.size, np.int32), 0
    for number in range(table.size - 1):
        if table[number].parent == number:
            found[count] = number
            count += 1
    return found[:count].copy()


@kernel
def roots(table: NDArray[Any]) -> Integers:
    """Where each region has ended up."""
    found = np.empty(table.size - 1, np.int32)
    for number in range(table.size - 1):
        found[number] = root_in(table, number)
    return found


@kernel
def pack(regions: Regions) -> tuple[Integers, NDArray[Any]]:
    """Bring all that is known of the living to the front, in order, under new numbers.

    Returns
    -------
    For each region the new number of what it has become; the neighbours, one piece a region.
    """
    table, colour = regions.table, regions.colour
    size = table.size - 1
    numbers, count, largest, entries = np.empty(size, np.int32), 0, 0, 0
    for number in range(size):
        if table[number].parent == number:
            numbers[number] = count
            count += 1
            entries += table[number].count
            largest = max(largest, table[number].count)
        else:
            # What absorbs comes before what it absorbs.
            numbers[number] = numbers[table[number].parent]
    packed, joined, entries = np.empty(entries, NEIGHBOUR), np.empty(largest, NEIGHBOUR), 0
    for number in range(size):
        if table[number].parent != number:
            continue
        # Pieces of a list stand at or after the region itself, so that what is written here has been read.
        found = gather(regions, number, number, joined, 0)
        for at in range(found):
            table[joined[at].region].mark = NOBODY
            packed[entries + at].region = numbers[joined[at].region]
            packed[entries + at].side = joined[at].side
        if table[number].best != NOBODY:
            table[number].best = numbers[table[number].best]
        table[number].start = entries
        table[number].count = found
        table[number].next = NOBODY
        entries += found
    for number in range(size):
        if table[number].parent == number:
            table[numbers[number]] = table[number]
            table[numbers[number]].parent = numbers[number]
            for band in range(colour.shape[1]):
                colour[numbers[number], band] = colour[number, band]
    table[count].start = entries
    return numbers, packed[:entries]


@kernel
def mean_deviation(regions: Regions, bands: int) -> float:
    """Mean over the living of the standard deviation within, averaged over bands."""
    table, colour = regions.table, regions.colour
    total, count = 0.0, 0
    for number in range(table.size - 1):
        if table[number].parent == number:
            pixels = float(table[number].pixels)
            for band in range(bands):
                total += deviation(pixels, colour[number, band], colour[number, bands + band]) / (pixels * bands)
            count += 1
    return total / count if count else 0.0
