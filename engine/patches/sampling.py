"""What a training sees: which rows and dates, and crops cut from them at random, turned, mirrored and tinted.

Images for training are read whole into memory (a labelled district is small: 401 x 401 pixels of ten bands are 6 MB).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.grid import Block
from engine.patches.labels import UNLABELLED
from engine.patches.options import ReferenceOptions, TrainingOptions

# Radiometric changes that stand, beside those of light, for what the few dates of a training do not show, in standard
# deviations of a band: the contrast and brightness of the whole image, those of each band of its own, and noise.
_CONTRAST, _BRIGHTNESS = 0.15, 0.2
_BAND_CONTRAST, _BAND_BRIGHTNESS = 0.15, 0.2
_NOISE = 0.03
# How far from the chosen pixel of a patch a crop's centre may lie, as a share of the crop's edge.
_OFF_CENTRE = 1 / 3


@dataclass(frozen=True)
class LabelledImage:
    """An image and what is known of it.

    values : shape (bands, rows, cols), NaN for no data. labels : shape (rows, cols), as `labels` gives them.
    """

    name: str
    date: date
    values: NDArray[np.float32]
    labels: NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, int]:
        rows, cols = self.labels.shape
        return rows, cols


class Standard(NamedTuple):
    """Mean and standard deviation of each band, shape (bands,), in the image's units."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


def training_parts(images: Sequence[LabelledImage], reference: ReferenceOptions) -> list[LabelledImage]:
    """The parts of images that a training may see: neither held-out dates nor held-out rows, each part whole rows.

    What is held out is not in them at all, so that no crop can reach it, not even as the surroundings of a patch.
    """
    parts = []
    for image in images:
        if image.date in reference.held_out_dates:
            continue
        for first, end in _rows_left(image.shape[0], reference.held_out_rows):
            rows = slice(first, end)
            parts.append(LabelledImage(image.name, image.date, image.values[:, rows], image.labels[rows]))
    return parts


def _rows_left(rows: int, held_out: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    first = 0
    for start, end in [*sorted(held_out), (rows, rows)]:
        if first < min(start, rows):
            yield first, min(start, rows)
        first = max(first, end)


def measure(parts: Sequence[LabelledImage]) -> Standard:
    """Mean and standard deviation of each band over all pixels with data."""
    pixels = np.concatenate([part.values.reshape(len(part.values), -1) for part in parts], axis=1).astype(np.float64)
    return Standard(np.nanmean(pixels, axis=1), np.maximum(np.nanstd(pixels, axis=1), 1e-6))


class Sampler:
    """Random crops of images, standardised; the same seed gives the same crops.

    A share of them (`balanced_share`) is centred on patches: every class is as likely as any other, and so is every
    patch of a class, be it large or small. The others lie anywhere.
    """

    def __init__(self, parts: Sequence[LabelledImage], standard: Standard, options: TrainingOptions) -> None:
        self._parts, self._options = parts, options
        self._mean, self._std = (array.astype(np.float32)[:, None, None] for array in standard)
        self._random = np.random.default_rng(options.seed)

    @cached_property
    def _patches(self) -> dict[int, list[tuple[int, NDArray[np.intp]]]]:
        """By class, its patches: number of the image, and the patch's pixels, shape (pixels, 2)."""
        found: dict[int, list[tuple[int, NDArray[np.intp]]]] = {}
        for number, labels in enumerate(part.labels for part in self._parts):
            for code in np.unique(labels[(labels > 0) & (labels != UNLABELLED)]):
                regions, count = label(labels == code)
                found.setdefault(int(code), []).extend(
                    (number, np.argwhere(regions == region)) for region in range(1, count + 1)
                )
        return found

    def batch(self, step: int, rank: int = 0, ranks: int = 1) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Crops of a step, shape (batch, bands, crop, crop), and their labels, (batch, crop, crop).

        Of several processes each draws its share.
        """
        crops, labels = zip(*(self._crop(step, n) for n in range(rank, self._options.batch, ranks)), strict=True)
        return np.stack(crops), np.stack(labels)

    def _crop(self, step: int, number: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        self._random = np.random.default_rng((self._options.seed, step, number))
        random, size = self._random, self._options.crop
        if self._patches and random.random() < self._options.balanced_share:
            patches = self._patches[int(random.choice(sorted(self._patches)))]
            number, pixels = patches[random.integers(len(patches))]
            reach = int(size * _OFF_CENTRE)
            row, col = pixels[random.integers(len(pixels))] - size // 2 + random.integers(-reach, reach + 1, 2)
        else:
            sizes = np.array([part.labels.size for part in self._parts])
            number = int(random.choice(len(sizes), p=sizes / sizes.sum()))
            row, col = (int(random.integers(max(1, edge - size + 1))) for edge in self._parts[number].shape)
        values, labels = cut(self._parts[number], (int(row), int(col)), size)
        return self._changed(values, labels)

    def _changed(
        self, values: NDArray[np.float32], labels: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Turned, mirrored and tinted."""
        random = self._random
        turns = int(random.integers(4))
        values, labels = np.rot90(values, turns, (1, 2)), np.rot90(labels, turns)
        if random.random() < 0.5:
            values, labels = values[:, :, ::-1], labels[:, ::-1]
        return self._tinted(values), np.ascontiguousarray(labels)

    def _tinted(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardised, in another light and season; 0 for no data."""
        random, each = self._random, (len(values), 1, 1)
        standardised = (random.uniform(*self._options.light) * values - self._mean) / self._std
        contrast = 1 + random.uniform(-_CONTRAST, _CONTRAST)
        contrasts = contrast * (1 + random.uniform(-_BAND_CONTRAST, _BAND_CONTRAST, each))
        brightness = random.uniform(-_BRIGHTNESS, _BRIGHTNESS)
        brightnesses = brightness + random.uniform(-_BAND_BRIGHTNESS, _BAND_BRIGHTNESS, each)
        noise = _NOISE * random.standard_normal(values.shape)
        tinted: NDArray[np.float32] = (contrasts * standardised + brightnesses + noise).astype(np.float32)
        return np.nan_to_num(tinted, copy=False, nan=0.0)


def cut(image: LabelledImage, corner: tuple[int, int], size: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """A square of an image and its labels, moved so that it lies within the image.

    Where the image is smaller, pixels without data and without label are added below and beside.
    """
    rows, cols = image.shape
    row, col = (min(max(at, 0), max(edge - size, 0)) for at, edge in zip(corner, (rows, cols), strict=True))
    block = Block(row, min(row + size, rows), col, min(col + size, cols))
    below, beside = size - block.shape[0], size - block.shape[1]
    values = image.values[(slice(None), *block.slices)]
    return (
        np.pad(values, ((0, 0), (0, below), (0, beside)), constant_values=np.nan),
        np.pad(image.labels[block.slices], ((0, below), (0, beside)), constant_values=UNLABELLED),
    )
