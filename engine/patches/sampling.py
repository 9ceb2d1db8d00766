"""What a training sees: ground and dates that are not held out, and crops of them, turned, mirrored, scaled and tinted.

Images for training are read whole into memory (a labelled district is small: 401 x 401 pixels of ten bands are 6 MB).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import avg_pool2d, interpolate

from engine.blocks import map_threads
from engine.grid import Block
from engine.patches.labels import UNLABELLED
from engine.patches.options import ReferenceOptions, TrainingOptions
from engine.patches.places import CropPlaces, Errors, Ground, TilePlaces

# Radiometric changes that stand, beside those of light, for what the few dates of a training do not show, in standard
# deviations of a band: the contrast and brightness of the whole image, those of each band of its own, and noise.
_CONTRAST, _BRIGHTNESS = 0.15, 0.2
_BAND_CONTRAST, _BAND_BRIGHTNESS = 0.15, 0.2
_NOISE = 0.03
# A shadow that is cast over a crop: what light is left in it, how far bands differ in that (skylight is blue), cells of
# the noise that gives it its shape, and how soft its edge is.
_LEFT, _SKYLIGHT, _SHADOW_CELLS, _EDGE = (0.25, 0.65), 0.06, 4, (3.0, 30.0)
# Pixels that are measured at a time: they stay in a processor's caches.
_STRIP = 16_384


@dataclass(frozen=True)
class LabelledImage:
    """An image and what is known of it.

    values : shape (bands, rows, cols), NaN for no data; in half precision where that holds them exactly. labels :
    shape (rows, cols), as `labels` gives them.
    seen : what a training may see of the values, shape (rows, cols); None for all. standard : what brings the values to
    mean 0 and standard deviation 1; None for values as they are. Both are applied where crops are cut, which saves a
    copy of the image. place : number of the area that it shows; images of one place show one ground. errors : of a
    model, in it; None where nobody looked.
    """

    name: str
    date: date
    values: NDArray[np.float16] | NDArray[np.float32]
    labels: NDArray[np.uint8]
    seen: NDArray[np.bool_] | None = None
    standard: "Standard | None" = None
    place: int = 0
    errors: Errors | None = None

    @property
    def shape(self) -> tuple[int, int]:
        rows, cols = self.labels.shape
        return rows, cols


class Standard(NamedTuple):
    """Mean and standard deviation of each band, shape (bands,), in the image's units."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


def training_parts(
    images: Sequence[LabelledImage], reference: ReferenceOptions, grounds: Sequence[NDArray[np.bool_]]
) -> list[LabelledImage]:
    """The parts of images that a training may see, without labels where it may not: no held-out date, no row without
    any ground that it may see, each part whole rows.

    Parameters
    ----------
    grounds : of each image, as `training_ground` gives them.
    """
    parts = []
    for image, ground in zip(images, grounds, strict=True):
        if image.date in reference.held_out_dates:
            continue
        for rows in _runs(ground):
            labels, seen = image.labels[rows], ground[rows]
            whole = bool(seen.all())
            parts.append(
                LabelledImage(
                    image.name,
                    image.date,
                    image.values[:, rows],
                    labels if whole else np.where(seen, labels, np.uint8(UNLABELLED)),
                    None if whole else seen,
                    errors=None if image.errors is None else Errors(*(where[rows] & seen for where in image.errors)),
                )
            )
    return parts


def _runs(ground: NDArray[np.bool_]) -> Iterator[slice]:
    """Rows that hold any of the ground, one after another."""
    wanted = ground.any(axis=1).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], wanted, [0]])))
    for first, end in edges.reshape(-1, 2).tolist():
        yield slice(first, end)


class Moments(NamedTuple):
    """Of the pixels with data of each band, shape (bands,): their number, mean, and sum of squared distances to it."""

    pixels: NDArray[np.float64]
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]

    def joined(self, other: "Moments") -> "Moments":
        """Of both together (Chan, Golub & LeVeque 1979)."""
        pixels, apart = self.pixels + other.pixels, other.mean - self.mean
        share = other.pixels / np.maximum(pixels, 1)
        squares = self.squares + other.squares + apart**2 * self.pixels * share
        return Moments(pixels, self.mean + apart * share, squares)

    @property
    def standard(self) -> Standard:
        return Standard(self.mean, np.maximum(np.sqrt(self.squares / np.maximum(self.pixels, 1)), 1e-6))


def measure(parts: Sequence[LabelledImage]) -> Standard:
    """Mean and standard deviation of each band over all pixels with data that a training may see."""
    return reduce(Moments.joined, measure_images(parts).values()).standard


def measure_images(parts: Sequence[LabelledImage]) -> dict[tuple[int, date], Moments]:
    """The same of each image by itself, by place and date."""
    by_part = map_threads(lambda part: reduce(Moments.joined, map(_moments, _strips(part))), parts)
    found: dict[tuple[int, date], Moments] = {}
    for part, own in zip(parts, by_part, strict=True):
        image = part.place, part.date
        found[image] = found[image].joined(own) if image in found else own
    return found


def normalised(parts: Sequence[LabelledImage], own: Mapping[tuple[int, date], Moments]) -> list[LabelledImage]:
    """Parts that are brought to mean 0 and standard deviation 1 in each image, by what training sees of it.

    own : as `measure_images` gives them.
    """
    return [replace(part, standard=own[part.place, part.date].standard) for part in parts]


def _moments(pixels: NDArray[np.float64]) -> Moments:
    """Of pixels of shape (bands, pixels), NaN for no data."""
    known = np.isfinite(pixels)
    count = known.sum(axis=1).astype(np.float64)
    mean = pixels.sum(axis=1, where=known) / np.maximum(count, 1)
    return Moments(count, mean, np.square(pixels - mean[:, None]).sum(axis=1, where=known))


def _strips(part: LabelledImage) -> Iterator[NDArray[np.float64]]:
    """The pixels of a part that a training may see, a few rows at a time, shape (bands, pixels)."""
    rows, cols = part.shape
    step = max(1, _STRIP // cols)
    for first in range(0, rows, step):
        strip = slice(first, first + step)
        values: NDArray[np.floating] = part.values[:, strip].reshape(len(part.values), -1)
        if part.seen is not None:  # several times as fast as an index of true and false
            values = np.compress(part.seen[strip].ravel(), values, axis=1)
        yield values.astype(np.float64)


class Sampler:
    """Crops of images for training, standardised. What a step sees depends on the seed and the step alone, so that a
    training can go on at any step, and several processes can share the crops of a step.

    Either random crops (`CropPlaces`), turned, mirrored, scaled and tinted, or the paper's tiles (`TilePlaces`), turned
    by 0, 90, 180 or 270°.
    """

    def __init__(self, parts: Sequence[LabelledImage], standard: Standard, options: TrainingOptions) -> None:
        self._parts, self._options = parts, options
        self._mean, self._std = (array.astype(np.float32)[:, None, None] for array in standard)
        grounds = [Ground(part.labels, part.seen, part.errors) for part in parts]
        self._crops = CropPlaces(grounds, options)
        self._tiles = TilePlaces(grounds, options) if options.sampling == "tiles" else None

    def batch(self, step: int, rank: int = 0, ranks: int = 1) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Crops of shape (n, bands, crop, crop) and their labels, (n, crop, crop), of a step, counted from 0.

        rank, ranks : every `ranks`-th crop from the `rank`-th on; all ranks together have the step's `batch` crops.
        """
        crops, labels = zip(
            *(self._crop(step, number) for number in range(rank, self._options.batch, ranks)), strict=True
        )
        return np.stack(crops), np.stack(labels)

    def _crop(self, step: int, number: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        options, random = self._options, np.random.default_rng((self._options.seed, step, number))
        changed = self._tiles is None
        place = self._tiles.draw(step * options.batch + number) if self._tiles else self._crops.draw(random)
        scale = np.exp(random.uniform(-options.rescale, options.rescale)) if changed else 1.0
        size = max(1, round(options.crop / scale))
        values, labels = cut(self._parts[place.part], (place.row - size // 2, place.col - size // 2), size)
        values, labels = _resized(values, labels, options.crop)
        if changed and options.coarse_share and random.random() < options.coarse_share:
            values = _coarsened(values)
        if changed and options.shadow_share and random.random() < options.shadow_share:
            values = self._shaded(values, place.part, random)
        turns = int(random.integers(4))
        values, labels = np.rot90(values, turns, (1, 2)), np.rot90(labels, turns)
        if changed and random.random() < 0.5:
            values, labels = values[:, :, ::-1], labels[:, ::-1]
        factor, shift = self._tint(random) if changed else (1 / self._std, -self._mean / self._std)
        values = np.asarray(factor * values + shift, np.float32)
        if changed and options.jitter > 0:
            values += np.float32(options.jitter * _NOISE) * random.standard_normal(values.shape, np.float32)
        return np.nan_to_num(values, copy=False, nan=0.0), np.ascontiguousarray(labels)

    def _shaded(self, values: NDArray[np.float32], part: int, random: np.random.Generator) -> NDArray[np.float32]:
        """A crop with a hill's or a cloud's shadow over some of it, where skylight alone is left."""
        coarse = random.standard_normal((1, 1, _SHADOW_CELLS, _SHADOW_CELLS), np.float32)
        field = interpolate(torch.from_numpy(coarse), values.shape[1:], mode="bicubic", align_corners=True)[0].numpy()
        shadow = np.clip(0.5 + random.uniform(*_EDGE) * (field - random.uniform(-0.5, 0.5)), 0, 1)
        left = random.uniform(*_LEFT) * np.exp(random.normal(0, _SKYLIGHT, (len(values), 1, 1)))
        factor = np.asarray(1 + shadow * (left - 1), np.float32)
        own = self._parts[part].standard
        if own is None:
            return values * factor
        # Standardised values are dark where the image's own are 0.
        none = np.asarray(-own.mean / own.std, np.float32)[:, None, None]
        return none + (values - none) * factor

    def _tint(self, random: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Another light and season: the factor and the shift that standardise values with them, shape (bands, 1, 1)."""
        jitter, each = self._options.jitter, self._mean.shape
        light = random.uniform(*self._options.light)
        contrast = 1 + jitter * random.uniform(-_BAND_CONTRAST, _BAND_CONTRAST, each)
        contrast *= 1 + jitter * random.uniform(-_CONTRAST, _CONTRAST)
        brightness = random.uniform(-_BRIGHTNESS, _BRIGHTNESS) + random.uniform(
            -_BAND_BRIGHTNESS, _BAND_BRIGHTNESS, each
        )
        factor = light * contrast / self._std
        shift = jitter * brightness - contrast * self._mean / self._std
        return factor.astype(np.float32), shift.astype(np.float32)


def _resized(
    values: NDArray[np.float32], labels: NDArray[np.uint8], size: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """A square brought to another size: values bilinearly, no data where any of it comes in, labels by the nearest."""
    if len(labels) == size:
        return values, labels
    resized = interpolate(torch.from_numpy(values)[None], (size, size), mode="bilinear", align_corners=False)[0].numpy()
    nearest = ((np.arange(size) + 0.5) * len(labels) / size).astype(np.intp)
    known = labels[np.ix_(nearest, nearest)]
    known[np.isnan(resized).any(axis=0)] = UNLABELLED
    return resized, known


def _coarsened(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A crop as an image of pixels twice as large shows it, enlarged as it enters a network."""
    coarse = avg_pool2d(torch.from_numpy(values)[None], 2)
    return interpolate(coarse, values.shape[1:], mode="bilinear", align_corners=False)[0].numpy()


def cut(image: LabelledImage, corner: tuple[int, int], size: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """A square of an image and its labels, moved so that it lies within the image.

    Where the image is smaller, pixels without data and without label are added below and beside; what a training may
    not see has no data either. Values are standardised as the image says.
    """
    row, col = (min(max(at, 0), max(edge - size, 0)) for at, edge in zip(corner, image.shape, strict=True))
    block = Block(row, min(row + size, image.shape[0]), col, min(col + size, image.shape[1]))
    there = np.s_[: block.shape[0], : block.shape[1]]
    values = np.full((len(image.values), size, size), np.nan, np.float32)
    labels = np.full((size, size), UNLABELLED, np.uint8)
    values[:, *there] = image.values[:, *block.slices]
    labels[there] = image.labels[block.slices]
    if image.seen is not None:
        values[:, *there][:, ~image.seen[block.slices]] = np.nan
    if image.standard is not None:
        mean, std = (array.astype(np.float32)[:, None, None] for array in image.standard)
        values = (values - mean) / std
    return values, labels
