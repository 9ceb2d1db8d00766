"""Multiresolution segmentation by local mutual best fitting (Baatz & Schäpe 2000; METHOD §2).

Every pixel begins as a region. In each round every region finds the neighbour that it could join at the least rise of
heterogeneity; the pairs that are each other's best, and rise less than the square of the scale, merge. Of equals the
region counts whose first pixel in row-major order comes first. So the result depends on nothing but the image: not on
any order of visiting, nor on chance.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.errors import InputError
from engine.objects.growing import Growing
from engine.objects.regions import (
    NOBODY,
    Flags,
    Integers,
    Measure,
    label_regions,
    name_parts,
    number_regions,
    pair_pixels,
    regions_of,
)
from engine.options import Options, Positive, Share


class SegmentationOptions(Options):
    """scale : objects grow until joining would raise heterogeneity by its square; larger means larger objects.

    shape : the weight of form against that of colour. compactness : within form, of compact against smooth outlines.
    weights : one for each band; empty for 1 each. They are not normalised: twice the bands, twice the heterogeneity.
    """

    scale: Positive = 50.0
    shape: float = Field(default=0.2, ge=0, le=0.99)
    compactness: Share = 0.5
    weights: tuple[float, ...] = ()

    @property
    def limit(self) -> float:
        """Pairs merge whose heterogeneity rises by less."""
        return self.scale**2

    def measure(self, bands: int) -> Measure:
        """How heterogeneity is made up in an image of so many bands."""
        check_weights(self, bands)
        weights = np.array(self.weights or [1.0] * bands, np.float64)
        return Measure(weights, float(self.shape), float(self.compactness))


class Segmenter(Protocol):
    """Whatever makes objects of an image; `segment` is one, and its text says what all of them promise."""

    def __call__(self, image: NDArray[Any], valid: Flags, options: SegmentationOptions) -> Integers: ...


@dataclass(frozen=True)
class Level:
    """Objects at one scale of a rising list.

    objects : how many. local_variance : mean over them of the standard deviation within, averaged over bands (LV;
    Drăguţ et al. 2010). labels : as `segment` gives them, made when it is called, which must be before the next level.
    """

    scale: float
    objects: int
    local_variance: float
    _numbers: Integers
    _growing: Growing

    def labels(self) -> Integers:
        return label_regions(self._numbers, *self._growing.becomes())


def segment(
    image: NDArray[Any],
    valid: Flags,
    options: SegmentationOptions,
    *,
    start: Integers | None = None,
    rounds: int | None = None,
) -> Integers:
    """Divide an image into objects.

    Parameters
    ----------
    image : shape (bands, rows, cols), integer or float, in the 0–255 range that scales are meant for (see `Stretch`).
    valid : shape (rows, cols); pixels that are not valid belong to no object, whatever they hold.
    start : labels to go on from, 0 for none, in place of single pixels; parts that do not hang together are parted.
    rounds : the most to make; as many as it takes if None.

    Returns
    -------
    Labels, shape (rows, cols): 0 where not valid; objects, each connected by the sides of its pixels, are numbered
    from 1 by their first pixel in row-major order.

    Raises
    ------
    ValueError
        When the shapes do not fit, or a valid pixel is not finite.
    InputError
        When there are weights, but not one for each band, or one is negative.
    """
    numbers, growing, rounds_before = _begin(image, valid, options, start)
    growing.grow(options.limit, None if rounds is None else rounds - rounds_before)
    return label_regions(numbers, *growing.becomes())


def segment_scales(
    image: NDArray[Any], valid: Flags, options: SegmentationOptions, scales: Iterable[float]
) -> Iterator[Level]:
    """Objects at rising scales, each level going on from the last; `options.scale` counts for nothing.

    A level that is reached like this is not what `segment` makes at its scale: joining less at first leaves other
    objects to join later.

    Raises
    ------
    ValueError
        When the scales do not rise, and as `segment` does.
    """
    growing: Growing | None = None
    last = 0.0
    for scale in scales:
        if not scale > last:
            raise ValueError(f"scale {scale} does not come after {last}")
        options, last = options.model_copy(update={"scale": scale}), scale
        if growing is None:
            numbers, growing, _ = _begin(image, valid, options, None)
        growing.grow(options.limit)
        yield Level(scale, growing.count, growing.local_variance(), numbers, growing)


def check_weights(options: SegmentationOptions, bands: int) -> None:
    """Refuse weights that are not one for each band, or negative."""
    if options.weights and (len(options.weights) != bands or min(options.weights) < 0):
        raise InputError(
            f"{len(options.weights)} weights {options.weights} for {bands} bands",
            field="segmentation.weights",
            mend="give one for each band, 0 or more, or leave them out",
        )


def _begin(
    image: NDArray[Any], valid: Flags, options: SegmentationOptions, start: Integers | None
) -> tuple[Integers, Growing, int]:
    """Regions to grow, the number of each pixel's (NOBODY for none), and how many rounds have been made for them."""
    if image.ndim != 3 or image.shape[1:] != valid.shape:
        raise ValueError(f"an image of shape {image.shape} does not fit valid pixels of shape {valid.shape}")
    if start is not None and (start.shape != valid.shape or ((start > 0) != valid).any()):
        raise ValueError("the labels to go on from are not those of the valid pixels")
    if image.dtype.kind == "f" and not np.isfinite(image[:, valid]).all():
        raise ValueError("a valid pixel of the image is not finite")
    measure = options.measure(len(image))
    # Kernels are compiled for each type; these are the ones that images come in.
    kept = image.dtype in (np.uint8, np.float32)
    image = np.ascontiguousarray(image, None if kept else np.float64)
    if start is None:
        names = pair_pixels(image, np.ascontiguousarray(valid), measure, options.limit)
    else:
        names = name_parts(np.where(start > 0, start, NOBODY).astype(np.int32))
    numbers, count = number_regions(names)
    del names
    return numbers, Growing(regions_of(numbers, count, image, measure), measure), int(start is None)
