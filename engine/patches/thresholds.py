"""The two thresholds of a model's mask, fitted to ground it was trained or tried on, and how far its edges lie off."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.measures import f_measure
from engine.patches.boundary import boundary_error
from engine.patches.inference import PROBABILITY
from engine.patches.labelled import ReadImage
from engine.patches.labels import UNLABELLED
from engine.patches.scoring import EIGHT, LEAST_M2, find

_LEVELS = np.arange(20, 100, 5)  # per cent
# A region is right when so much of it is a mine, and a patch is found when so much of it is in regions.
_TRUE_SHARE = 0.2
# What a mask may be worse by, of 2, for one whose area is nearer to that of the mines: that much is chance.
_AS_GOOD = 0.005


class Thresholds(NamedTuple):
    """Of a mask: pixels of at least `low` that are connected to one of at least `high`, 0 to 1."""

    low: float
    high: float


class Tried(NamedTuple):
    """An image that a model was tried on. percent : probability of a mine, over 100 for no data, shape (rows, cols)."""

    one: ReadImage
    percent: NDArray[np.uint8]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where it is known what is true, and training saw it."""
        known: NDArray[np.bool_] = self.one.seen & (self.one.image.labels != UNLABELLED) & (self.percent <= 100)
        return known

    @property
    def mined(self) -> NDArray[np.bool_]:
        return self.known & (self.one.image.labels > 0)

    @property
    def pixel_m(self) -> float:
        return self.one.grid.square_pixel_m


class _Tally(NamedTuple):
    """By low and high level, shape (levels, levels): pixels marked, those of mines, regions, those on a patch, and
    patches that are found."""

    marked: NDArray[np.int64]
    hits: NDArray[np.int64]
    regions: NDArray[np.int64]
    true: NDArray[np.int64]
    found: NDArray[np.int64]


def try_on(read: Iterable[ReadImage], checkpoint: Path) -> list[Tried]:
    """What a model finds in those images of which training saw the date."""
    return [
        Tried(one, find(one.image, one.grid, one.bands, checkpoint, PROBABILITY)) for one in read if not one.held_out
    ]


def best_thresholds(tried: Sequence[Tried]) -> Thresholds:
    """The thresholds whose mask is the best, by pixel and by patch, on the labels of the ground that training saw.

    Crops are centred on patches, so that at 0.5 a network marks too much of ground with its true share of mines; and of
    what it is only half sure there are many small regions, which weigh little by pixel and much by patch. So the mean
    of two measures decides: F1 of pixels (any mine), and the F measure of the share of regions that are right and that
    of patches that are found. The high threshold, which decides what is found at all, is that of the best pair. The low
    one, which decides where outlines run, is of those that are as good the one whose mask has the area of the mines:
    lower ones add a rim, higher ones take one off.
    """
    tally = _Tally(*(np.zeros((len(_LEVELS), len(_LEVELS)), np.int64) for _ in _Tally._fields))
    mines = patches = 0
    for one in tried:
        numbered, count = label(one.mined, EIGHT)
        mines, patches = mines + int((numbered > 0).sum()), patches + count
        _count(one.percent, one.known, numbered, LEAST_M2 / one.pixel_m**2, tally)
    by_pixel = 2 * tally.hits / np.maximum(tally.marked + mines, 1)
    right, seen = tally.true / np.maximum(tally.regions, 1), tally.found / max(patches, 1)
    both = np.where(_LEVELS[:, None] <= _LEVELS[None], by_pixel + f_measure(right, seen), -1)
    high = int(both.max(axis=0).argmax())
    unlike = np.abs(np.log(np.maximum(tally.marked[:, high], 1) / max(mines, 1)))
    low = int(np.where(both[:, high] >= both.max() - _AS_GOOD, unlike, np.inf).argmin())
    return Thresholds(float(_LEVELS[low]) / 100, float(_LEVELS[high]) / 100)


def outline_error_m(tried: Sequence[Tried], thresholds: Thresholds) -> float | None:
    """How far outlines of the mask lie from the true ones (`boundary_error`), metres; None where too few mines tell."""
    pixels = boundary_error((_mask(one.percent, thresholds) & one.known, one.mined) for one in tried)
    return None if pixels is None else pixels * tried[0].pixel_m


def _mask(percent: NDArray[np.uint8], thresholds: Thresholds) -> NDArray[np.bool_]:
    inside = (percent >= 100 * thresholds.low) & (percent <= 100)
    regions, count = label(inside, EIGHT)
    kept = np.bincount(regions[inside & (percent >= 100 * thresholds.high)], minlength=count + 1) > 0
    mask: NDArray[np.bool_] = kept[regions]
    return mask


def _count(
    percent: NDArray[np.uint8], known: NDArray[np.bool_], patches: NDArray[np.int32], least: float, tally: _Tally
) -> None:
    """Add an image to the tally. patches : their numbers from 1, 0 for none. least : pixels of a region."""
    size_of = np.bincount(patches.ravel())
    for row, low in enumerate(_LEVELS.tolist()):
        inside = (percent >= low) & (percent <= 100)
        regions, count = label(inside, EIGHT)
        of = regions[inside]
        top = np.zeros(count + 1, np.uint8)
        np.maximum.at(top, of, percent[inside])
        size = np.bincount(of, minlength=count + 1)
        marked = np.bincount(of, known[inside], count + 1).astype(np.int64)
        hits = np.bincount(of, patches[inside] > 0, count + 1).astype(np.int64)
        shared = (patches > 0) & inside
        region_of, patch_of = regions[shared], patches[shared]
        counted = (size >= least) & (marked > 0)
        true = counted & (hits >= _TRUE_SHARE * marked)
        for column, high in enumerate(_LEVELS.tolist()):
            reached = top >= high
            tally.marked[row, column] += int(marked[reached].sum())
            tally.hits[row, column] += int(hits[reached].sum())
            tally.regions[row, column] += int((counted & reached).sum())
            tally.true[row, column] += int((true & reached).sum())
            covered = np.bincount(patch_of[(counted & reached)[region_of]], minlength=size_of.size)
            tally.found[row, column] += int((covered[1:] >= _TRUE_SHARE * size_of[1:]).sum())
