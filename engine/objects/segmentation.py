"""Multiresolution segmentation by local mutual best fitting (Baatz & Schäpe 2000; METHOD §2).

Every pixel begins as a region. In each round every region finds the neighbour that it could join at the least rise of
heterogeneity; the pairs that are each other's best, and rise less than the square of the scale, merge. A region is
named by the index of its first pixel in row-major order, and all that is known of it stands at that index. So the
result depends on nothing but the image: not on any order of visiting, nor on chance.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.errors import InputError
from engine.options import Options, Positive, Share

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Of `stretch`: what becomes 0 and 255, and how far beyond them values may go, as a share of the range.
RANGE_PERCENTILES = (1.0, 99.0)
BEYOND = 0.1


class SegmentationOptions(Options):
    """scale : objects grow until joining would raise heterogeneity by its square; larger means larger objects.

    shape : the weight of form against that of colour. compactness : within form, of compact against smooth outlines.
    weights : one for each band; empty for 1 each. They are not normalised: twice the bands, twice the heterogeneity.
    """

    scale: Positive = 50.0
    shape: float = Field(default=0.2, ge=0, le=0.99)
    compactness: Share = 0.5
    weights: tuple[float, ...] = ()


class Segmenter(Protocol):
    """Whatever makes objects of an image; `segment` is one, and its text says what all of them promise."""

    def __call__(self, image: NDArray[Any], valid: Flags, options: SegmentationOptions) -> NDArray[np.int32]: ...


def segment(image: NDArray[Any], valid: Flags, options: SegmentationOptions) -> NDArray[np.int32]:
    """Divide an image into objects.

    Parameters
    ----------
    image : shape (bands, rows, cols), integer or float, in the 0–255 range that scales are meant for (see `stretch`).
    valid : shape (rows, cols); pixels that are not valid belong to no object, whatever they hold.

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
    if image.ndim != 3 or image.shape[1:] != valid.shape:
        raise ValueError(f"an image of shape {image.shape} does not fit valid pixels of shape {valid.shape}")
    if not np.isfinite(image[:, valid]).all():
        raise ValueError("a valid pixel of the image is not finite")
    measure = _Heterogeneity.of(options, bands=len(image))
    regions = _pixels_as_regions(image, valid, measure)
    edges = _sides_of_pixels(valid, regions, measure)
    into = np.arange(valid.size)
    while edges.rise.size:
        kept, absorbed, side = _mutually_best(edges, regions.pixels.size, options.scale**2)
        if not kept.size:
            break
        into[absorbed] = kept
        _merge(regions, kept, absorbed, side, measure)
        edges = _follow(edges, into, regions, kept, measure)
    return _number(into, valid)


def stretch(image: NDArray[Any], valid: Flags) -> Floats:
    """Bring an image to the 0–255 range that scales are meant for; 8-bit images stay as they are.

    All bands are scaled alike, by the 1st and 99th percentile of all their valid pixels together, which become 0 and
    255; what lies beyond is clipped at −25.5 and 280.5. Bands keep their proportions, so that a reflectance counts the
    same in each: scaled one by one, a band that shows nothing but haze and noise would weigh as much as the one that
    tells rock from grass. To favour a band there are the segmentation's weights.

    Parameters
    ----------
    image : shape (bands, rows, cols). valid : shape (rows, cols); other pixels become 0.
    """
    values = image[:, valid].astype(np.float64)
    if image.dtype != np.uint8 and values.size:
        low, high = np.percentile(values, RANGE_PERCENTILES)
        values = np.clip((values - low) / ((high - low) or 1.0), -BEYOND, 1 + BEYOND) * 255.0
    stretched = np.zeros(image.shape)
    stretched[:, valid] = values
    return stretched


def check_weights(options: SegmentationOptions, bands: int) -> None:
    """Refuse weights that are not one for each band, or negative."""
    if options.weights and (len(options.weights) != bands or min(options.weights) < 0):
        raise InputError(
            f"{len(options.weights)} weights {options.weights} for {bands} bands",
            field="segmentation.weights",
            mend="give one for each band, 0 or more, or leave them out",
        )


@dataclass(frozen=True)
class _Regions:
    """What is known of each region, at the index of its first pixel; entries of absorbed regions are stale.

    pixels : their number, n. sums, squares : Σx and Σx² of each band, shape (bands, regions). perimeter : l, in sides
    of pixels, those to the image's edge and to pixels that are not valid included. top, bottom, left, right : the
    bounding box, ends excluded. heterogeneity : h.
    """

    pixels: Integers
    sums: Floats
    squares: Floats
    perimeter: Integers
    top: Integers
    bottom: Integers
    left: Integers
    right: Integers
    heterogeneity: Floats


@dataclass(frozen=True)
class _Edges:
    """Pairs of neighbouring regions, each pair once.

    first, second : names of the two, first < second. side : length of their common boundary. rise : of heterogeneity
    if they merged, f; kept from round to round for as long as neither of them changes.
    """

    first: Integers
    second: Integers
    side: Integers
    rise: Floats


@dataclass(frozen=True)
class _Heterogeneity:
    """How the heterogeneity of a region is made up: weights of the bands, the shares of form and of compactness.

    The order of operations is that of METHOD's formula and part of the method: in an image of integers many neighbours
    are equally good, and another rounding would choose another of them.
    """

    weights: Floats
    shape: float
    compactness: float

    @classmethod
    def of(cls, options: SegmentationOptions, bands: int) -> "_Heterogeneity":
        check_weights(options, bands)
        weights = np.array(options.weights or [1.0] * bands, np.float64)
        return cls(weights, options.shape, options.compactness)

    def of_regions(self, regions: _Regions, names: Integers) -> Floats:
        """h of some regions."""
        pixels = regions.pixels[names].astype(np.float64)
        colour = np.zeros(names.size)
        for weight, sums, squares in zip(self.weights, regions.sums, regions.squares, strict=True):
            colour += weight * _deviation(pixels, sums[names], squares[names])
        box = (regions.bottom[names] - regions.top[names]) + (regions.right[names] - regions.left[names])
        return self._weigh(colour, pixels, regions.perimeter[names], box)

    def rise(self, regions: _Regions, first: Integers, second: Integers, side: Integers) -> Floats:
        """f of pairs of regions with a common boundary of length `side`."""
        pixels = (regions.pixels[first] + regions.pixels[second]).astype(np.float64)
        colour = np.zeros(first.size)
        for weight, sums, squares in zip(self.weights, regions.sums, regions.squares, strict=True):
            colour += weight * _deviation(pixels, sums[first] + sums[second], squares[first] + squares[second])
        height = np.maximum(regions.bottom[first], regions.bottom[second])
        height -= np.minimum(regions.top[first], regions.top[second])
        width = np.maximum(regions.right[first], regions.right[second])
        width -= np.minimum(regions.left[first], regions.left[second])
        perimeter = regions.perimeter[first] + regions.perimeter[second] - 2 * side
        merged = self._weigh(colour, pixels, perimeter, height + width)
        return merged - (regions.heterogeneity[first] + regions.heterogeneity[second])

    def _weigh(self, colour: Floats, pixels: Floats, perimeter: Integers, half_box: Integers) -> Floats:
        """h from Σ w·n·σ, n, l and half the perimeter of the bounding box."""
        compact = self.compactness * perimeter * np.sqrt(pixels)
        smooth = (1 - self.compactness) * pixels * perimeter / (2 * half_box)
        return (1 - self.shape) * colour + self.shape * (compact + smooth)


def _deviation(pixels: Floats, sums: Floats, squares: Floats) -> Floats:
    """n·σ of one band; rounding may leave less than nothing under the root."""
    return np.sqrt(np.maximum(pixels * squares - sums * sums, 0.0))


def _pixels_as_regions(image: NDArray[Any], valid: Flags, measure: _Heterogeneity) -> _Regions:
    rows, cols = (axis.ravel() for axis in np.indices(valid.shape))
    # What is not valid has no edges; 0 keeps NaN out of sums that nobody reads.
    values = np.where(valid, image, 0).reshape(len(image), -1).astype(np.float64)
    regions = _Regions(
        pixels=np.ones(valid.size, np.int64),
        sums=values,
        squares=values * values,
        perimeter=np.full(valid.size, 4, np.int64),
        top=rows,
        bottom=rows + 1,
        left=cols,
        right=cols + 1,
        heterogeneity=np.zeros(valid.size),
    )
    regions.heterogeneity[:] = measure.of_regions(regions, np.arange(valid.size))
    return regions


def _sides_of_pixels(valid: Flags, regions: _Regions, measure: _Heterogeneity) -> _Edges:
    """The edges between valid pixels that have a side in common."""
    names = np.arange(valid.size).reshape(valid.shape)
    beside, below = valid[:, :-1] & valid[:, 1:], valid[:-1] & valid[1:]
    first = np.concatenate([names[:, :-1][beside], names[:-1][below]])
    second = np.concatenate([names[:, 1:][beside], names[1:][below]])
    side = np.ones(first.size, np.int64)
    return _Edges(first, second, side, measure.rise(regions, first, second, side))


def _mutually_best(edges: _Edges, regions: int, limit: float) -> tuple[Integers, Integers, Integers]:
    """The pairs to merge in this round: first, second, common boundary. `regions` : one more than the last name."""
    least = np.full(regions, np.inf)
    np.minimum.at(least, edges.first, edges.rise)
    np.minimum.at(least, edges.second, edges.rise)
    best = np.full(regions, regions)
    to_first, to_second = edges.rise == least[edges.second], edges.rise == least[edges.first]
    np.minimum.at(best, edges.second[to_first], edges.first[to_first])
    np.minimum.at(best, edges.first[to_second], edges.second[to_second])
    mutual = (best[edges.first] == edges.second) & (best[edges.second] == edges.first) & (edges.rise < limit)
    return edges.first[mutual], edges.second[mutual], edges.side[mutual]


def _merge(regions: _Regions, kept: Integers, absorbed: Integers, side: Integers, measure: _Heterogeneity) -> None:
    """Let each region in `kept` take in its partner; no region occurs twice."""
    regions.pixels[kept] += regions.pixels[absorbed]
    regions.sums[:, kept] += regions.sums[:, absorbed]
    regions.squares[:, kept] += regions.squares[:, absorbed]
    regions.perimeter[kept] += regions.perimeter[absorbed] - 2 * side
    for low in (regions.top, regions.left):
        low[kept] = np.minimum(low[kept], low[absorbed])
    for high in (regions.bottom, regions.right):
        high[kept] = np.maximum(high[kept], high[absorbed])
    regions.heterogeneity[kept] = measure.of_regions(regions, kept)


def _follow(edges: _Edges, into: Integers, regions: _Regions, kept: Integers, measure: _Heterogeneity) -> _Edges:
    """The edges after a round: those of merged regions renamed, joined and measured again, all others as they were."""
    changed = np.zeros(into.size, bool)
    changed[kept] = True
    one, other = into[edges.first], into[edges.second]
    touched = changed[one] | changed[other]
    first, second, side = _join(one[touched], other[touched], edges.side[touched], into.size)
    rise = measure.rise(regions, first, second, side)
    same = ~touched
    return _Edges(
        np.concatenate([edges.first[same], first]),
        np.concatenate([edges.second[same], second]),
        np.concatenate([edges.side[same], side]),
        np.concatenate([edges.rise[same], rise]),
    )


def _join(one: Integers, other: Integers, side: Integers, regions: int) -> tuple[Integers, Integers, Integers]:
    """Each pair of regions once, the smaller name first, with the sum of its sides; a region is no pair with itself."""
    pair = np.minimum(one, other) * regions + np.maximum(one, other)
    apart = one != other
    pair, side = pair[apart], side[apart]
    order = np.argsort(pair)
    pair, side = pair[order], side[order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    lengths = np.add.reduceat(side, starts) if starts.size else side
    first, second = np.divmod(pair[starts], regions)
    return first, second, lengths


def _number(into: Integers, valid: Flags) -> NDArray[np.int32]:
    """Labels by first pixel, from what each region was merged into (itself where it was not)."""
    while ((further := into[into]) != into).any():
        into = further
    labels = np.zeros(valid.shape, np.int32)
    labels[valid] = np.unique(into.reshape(valid.shape)[valid], return_inverse=True)[1] + 1
    return labels
