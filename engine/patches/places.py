"""Where the crops of a training lie: on patches, each class alike, on what was taken for one, and anywhere; or the
paper's tiles.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.errors import InputError
from engine.patches.options import TrainingOptions
from engine.patches.split import is_mine
from engine.patches.tiling import count_in_windows, window_starts

# How far from the chosen pixel of a patch a crop's centre may lie, as a share of the crop's edge.
_OFF_CENTRE = 1 / 3
# Least share of a crop of background that training may see.
_LEAST_SEEN = 0.5
# Crops of background begin this share of their edge apart.
_BACKGROUND_STEP = 1 / 16


class Errors(NamedTuple):
    """Where a model saw mines and there are none, and the mines that it did not see, shape (rows, cols)."""

    alarms: NDArray[np.bool_]
    missed: NDArray[np.bool_]


class Ground(NamedTuple):
    """A part, shape (rows, cols): its labels, what training may see of it (None for all), and a model's errors in it
    (None where nobody looked)."""

    labels: NDArray[np.uint8]
    seen: NDArray[np.bool_] | None
    errors: Errors | None = None


class Place(NamedTuple):
    """A crop's number of the part, and row and column of its middle."""

    part: int
    row: int
    col: int


class CropPlaces:
    """Of the crops, a share (`balanced_share`) lies on patches: every class is as likely as any other, and so is every
    patch of a class, be it large or small; others on false alarms (`hard_share`) and on mines that were not seen
    (`missed_share`), each as likely as any other. The rest lies wherever training may see at least half of it, and so
    do those for which there is no patch, alarm or missed mine.
    """

    def __init__(self, parts: Sequence[Ground], options: TrainingOptions) -> None:
        self._parts, self._crop = parts, options.crop
        self._shares = np.cumsum([options.balanced_share, options.hard_share, options.missed_share])

    def draw(self, random: np.random.Generator) -> Place:
        kind = int(np.searchsorted(self._shares, random.random(), side="right"))
        if kind == 0 and self._patches:
            return self._on(self._patches[int(random.choice(sorted(self._patches)))], random)
        if kind in (1, 2) and (wrong := self._errors[kind - 1]):
            return self._on(wrong, random)
        return Place(*(int(value) for value in self._background[random.integers(len(self._background))]))

    def _on(self, regions: list[tuple[int, NDArray[np.intp]]], random: np.random.Generator) -> Place:
        """Round a pixel of one of them."""
        number, pixels = regions[random.integers(len(regions))]
        reach = int(self._crop * _OFF_CENTRE)
        row, col = pixels[random.integers(len(pixels))] + random.integers(-reach, reach + 1, 2)
        return Place(number, int(row), int(col))

    @cached_property
    def _patches(self) -> dict[int, list[tuple[int, NDArray[np.intp]]]]:
        """By class, its patches: number of the part, and the patch's pixels, shape (pixels, 2)."""
        found: dict[int, list[tuple[int, NDArray[np.intp]]]] = {}
        for number, part in enumerate(self._parts):
            for code, pixels in _patches(part.labels):
                found.setdefault(code, []).append((number, pixels))
        return found

    @cached_property
    def _errors(self) -> list[list[tuple[int, NDArray[np.intp]]]]:
        """False alarms, and missed mines: number of the part, and pixels, shape (pixels, 2), of each."""
        marked = [(number, part.errors) for number, part in enumerate(self._parts) if part.errors is not None]
        return [
            [(number, pixels) for number, errors in marked for _, pixels in _patches(errors[kind].astype(np.uint8))]
            for kind in range(len(Errors._fields))
        ]

    @cached_property
    def _background(self) -> NDArray[np.int64]:
        """Middles of crops anywhere, on a lattice, shape (places, 3): number of the part, row, column."""
        step = max(1, int(self._crop * _BACKGROUND_STEP))
        corners, shares = [], []
        for number, part in enumerate(self._parts):
            rows, cols = (window_starts(edge, self._crop, step) for edge in part.labels.shape)
            corners.append(_all_corners(number, rows, cols))
            shares.append(_share_seen(part.seen, part.labels.shape, rows, cols, self._crop).ravel())
        share = np.concatenate(shares)
        # Where ground lies in such shreds that no crop holds half of it, those that hold most.
        there = np.concatenate(corners)[share >= min(_LEAST_SEEN, share.max())]
        middles: NDArray[np.int64] = there + np.array([0, self._crop // 2, self._crop // 2])
        return middles


class TilePlaces:
    """The paper's tiles: those that touch a patch and as many without, drawn anew for every epoch, in random order.

    They begin half their edge apart, and training may see all of each.

    Raises
    ------
    InputError
        When no tile that touches a patch lies within what training may see.
    """

    def __init__(self, parts: Sequence[Ground], options: TrainingOptions) -> None:
        size, self._seed = options.crop, options.seed
        tiles, with_patch = [], []
        for number, (labels, seen, _) in enumerate(parts):
            rows, cols = (window_starts(edge, size, size // 2) for edge in labels.shape)
            whole = _share_seen(seen, labels.shape, rows, cols, size) == 1
            tiles.append(_all_corners(number, rows, cols)[whole.ravel()])
            with_patch.append((count_in_windows(is_mine(labels), rows, cols, size) > 0)[whole])
        middles = np.concatenate(tiles) + np.array([0, size // 2, size // 2])
        touches = np.concatenate(with_patch)
        if not touches.any():
            raise InputError(
                f"no tile of {size} pixels that training may see touches a patch",
                field="training.crop",
                mend="take as many pixels as reference.split.tile or fewer, or crops instead of tiles",
            )
        self._mines, self._background = middles[touches], middles[~touches]
        self._epoch, self._order = -1, np.empty((0, 3), np.int64)

    @property
    def count(self) -> int:
        """Tiles of an epoch."""
        return len(self._mines) + min(len(self._mines), len(self._background))

    def draw(self, turn: int) -> Place:
        """The tile whose turn it is, counted from 0 over the whole training."""
        epoch, at = divmod(turn, self.count)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffled(epoch)
        return Place(*(int(value) for value in self._order[at]))

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        # Four numbers, the last not 0: no crop has this generator.
        random = np.random.default_rng((self._seed, epoch, 0, 1))
        others = random.permutation(self._background)[: len(self._mines)]
        order: NDArray[np.int64] = random.permutation(np.concatenate([self._mines, others]))
        return order


def _patches(labels: NDArray[np.uint8]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Code and pixels, shape (pixels, 2), of every 8-connected patch; one of several classes is a patch of each."""
    regions, _ = label(is_mine(labels), structure=np.ones((3, 3)), output=np.int32)
    pixels = np.argwhere(regions)
    codes = labels[pixels[:, 0], pixels[:, 1]]
    keys = regions[pixels[:, 0], pixels[:, 1]].astype(np.int64) * 256 + codes
    order = np.argsort(keys, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(keys[order])) + 1) if len(order) else []:
        yield int(codes[members[0]]), pixels[members]


def _all_corners(part: int, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> NDArray[np.int64]:
    """Shape (rows * cols, 3): number of the part, row, column."""
    down, along = np.meshgrid(rows, cols, indexing="ij")
    return np.stack([np.full(down.size, part), down.ravel(), along.ravel()], axis=1)


def _share_seen(
    seen: NDArray[np.bool_] | None,
    shape: tuple[int, ...],
    rows: NDArray[np.int64],
    cols: NDArray[np.int64],
    window: int,
) -> NDArray[np.float64]:
    """Share of each window that training may see, shape (rows, cols); it sees nothing beyond the image."""
    if seen is None:
        return np.full((len(rows), len(cols)), min(window, shape[0]) * min(window, shape[1]) / window**2)
    return count_in_windows(seen, rows, cols, window) / window**2
