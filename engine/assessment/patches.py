"""Patches on a grid, and which extracted one stands for which true one: one to one, by their IoU (METHOD §4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy.ndimage import label
from scipy.optimize import linear_sum_assignment
from shapely.geometry.base import BaseGeometry

from engine.grid import Grid
from engine.patches.labels import UNLABELLED

LEAST_IOU = 0.2
_NEIGHBOURS = np.ones((3, 3), bool)  # pixels that meet at a corner belong to one patch


@dataclass(frozen=True)
class Patches:
    """Patches on a grid.

    numbers : shape (rows, cols), from 1, 0 where there is none. classes : code of each patch, shape (patches,).
    """

    numbers: NDArray[np.int32]
    classes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.classes)

    @cached_property
    def pixels(self) -> NDArray[np.int64]:
        """Of each patch, shape (patches,)."""
        return self.pixels_in(self.numbers > 0)

    def pixels_in(self, where: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many pixels of each patch lie in a part of the grid, shape (patches,)."""
        return np.bincount(self.numbers[where], minlength=len(self) + 1)[1:]


def extracted_patches(mask: NDArray[np.uint8], least_pixels: float = 1) -> Patches:
    """The 8-connected parts of a mask of at least so many pixels, whatever their classes; each is of the class of most
    of its pixels. mask : codes of classes, 0 for none, UNLABELLED for no data."""
    return _numbered(mask, (mask > 0) & (mask != UNLABELLED), least_pixels)


def labelled_patches(labels: NDArray[np.uint8]) -> Patches:
    """The 8-connected parts of each class of labels, where nothing tells the patches apart."""
    codes = np.unique(labels)
    found = [_numbered(labels, labels == code, 1) for code in codes[(codes > 0) & (codes != UNLABELLED)]]
    numbers, classes = np.zeros(labels.shape, np.int32), np.zeros(0, np.uint8)
    for one in found:
        there = one.numbers > 0
        numbers[there] = one.numbers[there] + len(classes)
        classes = np.concatenate([classes, one.classes])
    return Patches(numbers, classes)


def outlined_patches(outlines: Sequence[BaseGeometry], classes: Sequence[int], grid: Grid) -> Patches:
    """Patches from outlines in the grid's CRS: the pixels whose centre is inside. Those that take none are left out;
    where outlines lie on each other, the later one has the pixel."""
    numbers = np.zeros(grid.shape, np.int32)
    burnt = [(outline, number) for number, outline in enumerate(outlines, start=1) if not outline.is_empty]
    if burnt:
        rasterize(burnt, out=numbers, transform=grid.transform, all_touched=False)
    codes = np.array(classes, np.uint8)
    return _kept(Patches(numbers, codes), Patches(numbers, codes).pixels > 0)


def _numbered(codes: NDArray[np.uint8], where: NDArray[np.bool_], least_pixels: float) -> Patches:
    numbers = np.zeros(codes.shape, np.int32)
    count = int(label(where, _NEIGHBOURS, output=numbers))
    kinds = int(codes[where].max(initial=0)) + 1
    counts = np.bincount(numbers[where].astype(np.int64) * kinds + codes[where], minlength=(count + 1) * kinds)
    counts = counts.reshape(count + 1, kinds)[1:]
    patches = Patches(numbers, counts.argmax(axis=1).astype(np.uint8))
    return _kept(patches, counts.sum(axis=1) >= least_pixels)


def _kept(patches: Patches, keep: NDArray[np.bool_]) -> Patches:
    """Some of the patches, numbered anew."""
    if keep.all():
        return patches
    number = np.zeros(len(patches) + 1, np.int32)
    number[1:][keep] = np.arange(1, keep.sum() + 1)
    return Patches(number[patches.numbers], patches.classes[keep])


@dataclass(frozen=True)
class Pairs:
    """Which extracted patch stands for which true one. true, extracted : indices from 0, shape (pairs,); iou : of each
    pair."""

    true: NDArray[np.intp]
    extracted: NDArray[np.intp]
    iou: NDArray[np.float64]


def match(true: Patches, extracted: Patches, least_iou: float = LEAST_IOU) -> Pairs:
    """The pairs of one true and one extracted patch whose IoUs sum to most, each patch in one pair at most and no pair
    under `least_iou` (assignment problem; Kuhn 1955)."""
    both = (true.numbers > 0) & (extracted.numbers > 0)
    joint = (true.numbers[both].astype(np.int64) - 1) * len(extracted) + extracted.numbers[both] - 1
    index, common = np.unique(joint, return_counts=True)
    rows, cols = np.divmod(index, max(len(extracted), 1))
    iou = common / (true.pixels[rows] + extracted.pixels[cols] - common)
    near = iou >= least_iou
    rows, cols, iou = rows[near], cols[near], iou[near]
    # Only patches that have a partner take part: a table of all by all would be large and mostly empty.
    those, row = np.unique(rows, return_inverse=True)
    others, col = np.unique(cols, return_inverse=True)
    table = np.zeros((len(those), len(others)))
    table[row, col] = iou
    chosen_rows, chosen_cols = linear_sum_assignment(table, maximize=True)
    chosen = table[chosen_rows, chosen_cols]
    real = chosen > 0
    return Pairs(those[chosen_rows[real]], others[chosen_cols[real]], chosen[real])
