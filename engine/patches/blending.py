"""Windows over an image, and how their probabilities become the image's.

Windows overlap, and where they do their probabilities are blended. Probabilities and weights are integers: their sums
are exact, so that the result depends neither on the order in which windows finish nor on who computes them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.grid import Block

NO_PROBABILITY = 255  # per cent, where there is no data

# A probability of 1, and the greatest weight along one axis. Up to nine windows of weight _FULL² meet in a pixel: their
# sums stay below 2³².
ONE, _FULL = 10_000, 64
MISSING = np.int16(-1)
_SEGMENT = 8  # windows
_AT_ONCE = 64  # rows, so that what is divided stays in the processor's cache


def plan_windows(shape: tuple[int, int], window: int, margin: int) -> Iterator[Block]:
    """Windows that cover an image, row by row, neighbours overlapping by `margin` pixels, the last ones by more.

    All have the same shape.
    """
    for rows in _spans(shape[0], window, margin):
        for cols in _spans(shape[1], window, margin):
            yield Block(*rows, *cols)


def plan_segments(shape: tuple[int, int], window: int, margin: int) -> Iterator[Block]:
    """Runs of neighbouring windows of one row, which are read together: compressed tiles are opened less often so.

    `plan_windows` of a segment's own shape gives its windows, counted from its corner.
    """
    across = _spans(shape[1], window, margin)
    for rows in _spans(shape[0], window, margin):
        for first in range(0, len(across), _SEGMENT):
            own = across[first : first + _SEGMENT]
            yield Block(*rows, own[0][0], own[-1][1])


def within(segment: Block, window: Block) -> Block:
    """A window of a segment's own plan, counted from the corner of the image."""
    return Block(
        segment.row0 + window.row0,
        segment.row0 + window.row1,
        segment.col0 + window.col0,
        segment.col0 + window.col1,
    )


def _spans(size: int, window: int, margin: int) -> list[tuple[int, int]]:
    last = max(0, size - window)
    return [(start, min(start + window, size)) for start in (*range(0, last, window - margin), last)]


class Finished(NamedTuple):
    """Rows that no window will touch any more, in per cent, NO_PROBABILITY where there is no data.

    probability : of any mine, shape (rows, cols). by_class : shape (classes, rows, cols).
    """

    rows: Block
    probability: NDArray[np.uint8]
    by_class: NDArray[np.uint8]


class Blend:
    """Weighted sums of windows. Rows that no window will touch any more are given out and forgotten."""

    def __init__(self, shape: tuple[int, int], windows: Sequence[Block], classes: int, margin: int) -> None:
        self._shape, self._margin = shape, margin
        self._pending = Counter(window.row0 for window in windows)
        self._first = 0  # row of the image that the sums begin with
        self._sums = np.zeros((classes, 0, shape[1]), np.uint32)
        self._weights = np.zeros((0, shape[1]), np.uint32)

    @property
    def held(self) -> int:
        """Rows that there is room for."""
        return len(self._weights)

    def add(self, window: Block, probability: NDArray[np.int16]) -> Iterator[Finished]:
        """Add a window's probabilities in units of 1/ONE, shape (classes, rows, cols), MISSING for no data."""
        self._make_room(window.row1)
        rows, cols = window.slices
        rows = slice(rows.start - self._first, rows.stop - self._first)
        weights = self._weights_of(window)
        missing = probability[0] == MISSING
        if missing.any():
            weights = np.where(missing, np.uint32(0), weights)
            probability = np.where(missing, np.int16(0), probability)
        self._weights[rows, cols] += weights
        for sums, own in zip(self._sums, probability, strict=True):
            sums[rows, cols] += weights * own.astype(np.uint32)
        self._pending[window.row0] -= 1
        end = min((row for row, left in self._pending.items() if left), default=self._shape[0])
        if end > self._first:
            yield self._give(end)

    def _make_room(self, row: int) -> None:
        more = row - self._first - self.held
        if more > 0:
            self._weights = np.pad(self._weights, ((0, more), (0, 0)))
            self._sums = np.pad(self._sums, ((0, 0), (0, more), (0, 0)))

    def _weights_of(self, window: Block) -> NDArray[np.uint32]:
        """Full but towards neighbours; there is nothing to give way to at the edges of the image."""
        return _weights(
            window.shape,
            (window.row0 > 0, window.row1 < self._shape[0]),
            (window.col0 > 0, window.col1 < self._shape[1]),
            self._margin,
        )

    def _give(self, end: int) -> Finished:
        height = end - self._first
        by_class = np.empty((len(self._sums), height, self._shape[1]), np.uint8)
        probability = np.empty(by_class.shape[1:], np.uint8)
        for row in range(0, height, _AT_ONCE):
            part = slice(row, min(row + _AT_ONCE, height))
            weights = self._weights[part]
            whole = np.maximum(weights, 1) * np.float64(ONE)
            total = np.zeros(whole.shape)
            for sums, shown in zip(self._sums[:, part], by_class[:, part], strict=True):
                total += sums
                shown[:] = _per_cent(sums, whole)
            # Rounding of each class's probability may bring their sum a little over one.
            probability[part] = _per_cent(np.minimum(total, whole), whole)
            unseen = weights == 0
            if unseen.any():
                by_class[:, part][:, unseen] = probability[part][unseen] = NO_PROBABILITY
        block = Block(self._first, end, 0, self._shape[1])
        self._forget(height)
        return Finished(block, probability, by_class)

    def _forget(self, height: int) -> None:
        """Move what is left to the top; the room below is used again."""
        left = self.held - height
        for array in (self._weights, *self._sums):
            array[:left] = array[height:]
            array[left:] = 0
        self._first += height


def _per_cent(sums: NDArray[Any], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded half up; a quotient of two whole numbers that ends in .5 is exact."""
    percent: NDArray[np.float64] = np.floor(100.0 * sums / whole + 0.5)
    return percent


@lru_cache(maxsize=16)
def _weights(
    shape: tuple[int, int], by_row: tuple[bool, bool], by_col: tuple[bool, bool], margin: int
) -> NDArray[np.uint32]:
    """Weights of a window, with neighbours (before, after) it along either axis. Not to be written to."""
    weights = np.outer(_profile(shape[0], *by_row, margin), _profile(shape[1], *by_col, margin))
    weights.flags.writeable = False
    return weights


def _profile(length: int, before: bool, after: bool, margin: int) -> NDArray[np.uint32]:
    """Weights along one axis of a window that has neighbours before or after it.

    A Hann ramp in the middle half of the margin. The outer quarter, where the network lacks context, weighs nothing.
    """
    outer = margin // 4
    inner = margin - 2 * outer
    places = (np.arange(inner) + 0.5) / max(inner, 1)
    rising = np.rint(_FULL * np.sin(np.pi / 2 * places) ** 2)
    ramp = np.concatenate([np.zeros(outer), rising, np.full(outer, _FULL)]).astype(np.uint32)
    weights = np.full(length, _FULL, np.uint32)
    if before:
        weights[:margin] = ramp
    if after:
        weights[length - margin :] = np.minimum(weights[length - margin :], ramp[::-1])
    return weights
