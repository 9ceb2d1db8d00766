"""Regions of an image and what joining two of them costs (Baatz & Schäpe 2000; METHOD §2), as flat arrays for Numba.

A region is a number, and all that is known of it stands at that index. Numbers run along a Z-shaped curve through tiles
of the image, so that neighbours lie near each other in memory and a large image costs no more a pixel than a small one.
For ties a region has a name as well, the index of its first pixel in row-major order: the result does not depend on how
regions are numbered.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.compiled import inlined, kernel

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Image = NDArray[Any]

NOBODY = -1

# What is known of a region; one cache line each.
#
# name : index of its first pixel. parent : itself, or the region that has absorbed it.
# pixels, perimeter : n, and l in sides of pixels, those to the image's edge and to pixels that are not valid included.
# top, left, bottom, right : bounding box, ends excluded. heterogeneity : h.
# best, common, rise : the neighbour that it could join at the least rise of heterogeneity (NOBODY where it has none),
# the length of their common boundary, that rise.
# start, count, next : its neighbours stand in `Regions.neighbours` from `start` up to the next region's start; they are
# `count`, and those that have no room there go on at the start of region `next`. A merged region never has more
# neighbours than its parts together, so that its parts' room is enough.
# mark : scratch for joining lists, NOBODY between calls.
REGION = np.dtype(
    [(name, np.int32) for name in ("name", "parent", "pixels", "perimeter")]
    + [(name, np.uint16) for name in ("top", "left", "bottom", "right")]
    + [(name, np.int32) for name in ("best", "common", "start", "count", "next", "mark")]
    + [("rise", np.float64), ("heterogeneity", np.float64)]
)
# The most rows or columns that a bounding box can tell of.
MOST = int(np.iinfo(np.uint16).max)
# A neighbour: the region, which may have been absorbed since, and the length of the common boundary.
NEIGHBOUR = np.dtype([("region", np.int32), ("side", np.int32)])

# Along the edge of a tile of the numbering; a power of 2 of at most 8 bits.
_TILE = 256
# Along the edge of a square of pixels that are visited together; a power of 2 that goes into the tile. The regions of
# one have numbers that follow each other, and all that is known of them fits into the nearest cache.
_SQUARE = 32


class Measure(NamedTuple):
    """How heterogeneity is made up: weights of the bands, the share of form, the share of compactness within form."""

    weights: Floats
    shape: float
    compactness: float


class Regions(NamedTuple):
    """All that is known of regions. What it tells of one that another has absorbed is stale.

    table : of type REGION, shape (regions + 1,); the last only tells where neighbours end.
    colour : Σx of each band, then Σx² of each, shape (regions, 2 · bands). neighbours : of type NEIGHBOUR.
    """

    table: NDArray[Any]
    colour: Floats
    neighbours: NDArray[Any]


# Heterogeneity. The order of operations is that of METHOD's formulas and part of the method: in an image of integers
# many neighbours are equally good, and another rounding would choose another of them.


@inlined
def deviation(pixels: float, sums: float, squares: float) -> float:
    """n·σ of one band; rounding may leave less than nothing under the root."""
    return math.sqrt(max(pixels * squares - sums * sums, 0.0))


@inlined
def weigh(measure: Measure, colour: float, pixels: float, perimeter: float, half_box: float) -> float:
    """h from Σ w·n·σ, n, l and half the perimeter of the bounding box."""
    compact = measure.compactness * perimeter * math.sqrt(pixels)
    smooth = (1 - measure.compactness) * pixels * perimeter / (2 * half_box)
    return (1 - measure.shape) * colour + measure.shape * (compact + smooth)


@inlined
def heterogeneity(regions: Regions, measure: Measure, region: int) -> float:
    """h of a region, from its pixels, perimeter, box and sums."""
    known, sums, bands = regions.table[region], regions.colour[region], measure.weights.size
    pixels, colour = float(known.pixels), 0.0
    for band in range(bands):
        colour += measure.weights[band] * deviation(pixels, sums[band], sums[bands + band])
    half_box = (float(known.bottom) - float(known.top)) + (float(known.right) - float(known.left))
    return weigh(measure, colour, pixels, float(known.perimeter), half_box)


@inlined
def rise_of(regions: Regions, measure: Measure, one: int, other: int, side: int) -> float:
    """f, the rise of heterogeneity if two neighbours with a common boundary of length `side` merged."""
    first, second, bands = regions.table[one], regions.table[other], measure.weights.size
    pixels, colour = float(first.pixels + second.pixels), 0.0
    for band in range(bands):
        sums = regions.colour[one, band] + regions.colour[other, band]
        squares = regions.colour[one, bands + band] + regions.colour[other, bands + band]
        colour += measure.weights[band] * deviation(pixels, sums, squares)
    height = float(max(first.bottom, second.bottom)) - float(min(first.top, second.top))
    width = float(max(first.right, second.right)) - float(min(first.left, second.left))
    perimeter = float(first.perimeter + second.perimeter - 2 * side)
    merged = weigh(measure, colour, pixels, perimeter, height + width)
    return merged - float(first.heterogeneity + second.heterogeneity)


# From an image to regions. The first round is made on the pixels themselves, for single pixels need no lists.


@kernel
def pair_pixels(image: NDArray[Any], valid: Flags, measure: Measure, limit: float) -> Integers:
    """The first round: for each pixel the name of the region of one or two pixels that it is of, NOBODY if not valid.

    limit : pairs merge whose heterogeneity rises by less.
    """
    rows, cols = valid.shape
    # For each pixel, which of up, left, right, down it would join: 1, 2, 3, 4, in the order of names; 0 for none.
    choice = np.zeros((rows, cols), np.uint8)
    least = np.full((2, cols), np.inf)
    for row in range(rows):
        here, below = least[row % 2], least[(row + 1) % 2]
        below[:] = np.inf
        for col in range(cols):
            if not valid[row, col]:
                continue
            if col + 1 < cols and valid[row, col + 1]:
                rise = _rise_of_pixels(image, measure, row, col, row, col + 1)
                if rise < here[col]:
                    here[col], choice[row, col] = rise, 3
                if rise < here[col + 1]:
                    here[col + 1], choice[row, col + 1] = rise, 2
            if row + 1 < rows and valid[row + 1, col]:
                rise = _rise_of_pixels(image, measure, row, col, row + 1, col)
                if rise < here[col]:
                    here[col], choice[row, col] = rise, 4
                if rise < below[col]:
                    below[col], choice[row + 1, col] = rise, 1
            if not here[col] < limit:
                choice[row, col] = 0
    names = np.empty((rows, cols), np.int32)
    for row in range(rows):
        for col in range(cols):
            names[row, col] = row * cols + col if valid[row, col] else NOBODY
            if choice[row, col] == 1 and choice[row - 1, col] == 4:
                names[row, col] -= cols
            elif choice[row, col] == 2 and choice[row, col - 1] == 3:
                names[row, col] -= 1
    return names


@kernel
def _rise_of_pixels(image: NDArray[Any], measure: Measure, row: int, col: int, below: int, beside: int) -> float:
    """f of two neighbouring pixels."""
    colour = 0.0
    for band in range(measure.weights.size):
        one, other = float(image[band, row, col]), float(image[band, below, beside])
        colour += measure.weights[band] * deviation(2.0, one + other, one * one + other * other)
    alone = weigh(measure, 0.0, 1.0, 4.0, 2.0)
    return weigh(measure, colour, 2.0, 6.0, 3.0) - (alone + alone)


@kernel
def name_parts(labels: Integers) -> Integers:
    """For each pixel the first one of the part that it is of: pixels of one label, connected by their sides.

    labels : NOBODY where there is none; so is the result.
    """
    rows, cols = labels.shape
    flat = labels.ravel()
    names = np.empty(rows * cols, np.int32)
    for pixel in range(rows * cols):
        names[pixel] = pixel
        if flat[pixel] != NOBODY:
            if pixel % cols and flat[pixel - 1] == flat[pixel]:
                _connect(names, pixel, pixel - 1)
            if pixel >= cols and flat[pixel - cols] == flat[pixel]:
                _connect(names, pixel, pixel - cols)
    for pixel in range(rows * cols):
        names[pixel] = NOBODY if flat[pixel] == NOBODY else names[names[pixel]]
    return names.reshape(rows, cols)


@kernel
def _connect(parents: Integers, one: int, other: int) -> None:
    first, second = root_of(parents, one), root_of(parents, other)
    parents[max(first, second)] = min(first, second)


@inlined
def root_of(parents: Integers, region: int) -> int:
    """Where a region has ended up; the way there is halved for the next who asks."""
    at = region
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = parents[at]
    return at


@kernel
def number_regions(names: Integers) -> tuple[Integers, int]:
    """Number regions from 0 in the order in which a Z-shaped curve meets them.

    names : for each pixel the first pixel of its region, NOBODY for none.

    Returns
    -------
    The number of each pixel's region, same shape, NOBODY for none; how many there are.
    """
    rows, cols = names.shape
    numbers = np.full((rows, cols), NOBODY, np.int32)
    count = 0
    for top in range(0, rows, _TILE):
        for left in range(0, cols, _TILE):
            for place in range(_TILE * _TILE):
                row, col = top + _every_other_bit(place >> 1), left + _every_other_bit(place)
                if row >= rows or col >= cols or names[row, col] == NOBODY:
                    continue
                at_row, at_col = divmod(names[row, col], cols)
                if numbers[at_row, at_col] == NOBODY:
                    numbers[at_row, at_col] = count
                    count += 1
                numbers[row, col] = numbers[at_row, at_col]
    return numbers, count


@kernel
def _every_other_bit(place: int) -> int:
    """Bits 0, 2, 4, … of a number of 16 bits, closed up."""
    place &= 0x5555
    place = (place | (place >> 1)) & 0x3333
    place = (place | (place >> 2)) & 0x0F0F
    return (place | (place >> 4)) & 0x00FF


def regions_of(numbers: Integers, count: int, image: NDArray[Any], measure: Measure) -> Regions:
    """What is known of the regions that `number_regions` has numbered."""
    regions = allocate(numbers, count, len(image))
    add_colours(regions.colour, image, numbers)
    entries = complete(regions, measure, numbers)
    return regions._replace(neighbours=regions.neighbours[:entries])


@kernel
def label_regions(numbers: Integers, becomes: Integers, highest: int) -> Integers:
    """Labels from 1 by first pixel, 0 for none, shape of `numbers`.

    becomes : for each number another, less than `highest`; pixels with the same get one label.
    """
    labels, known, count = np.zeros(numbers.shape, np.int32), np.zeros(highest, np.int32), 0
    for row in range(numbers.shape[0]):
        for col in range(numbers.shape[1]):
            if numbers[row, col] != NOBODY:
                region = becomes[numbers[row, col]]
                if known[region] == 0:
                    count += 1
                    known[region] = count
                labels[row, col] = known[region]
    return labels


def allocate(numbers: Integers, count: int, bands: int) -> Regions:
    """Regions with form and room for neighbours, but without colours: `add_colours` and `complete` come next."""
    if max(numbers.shape) > MOST:
        raise ValueError(f"an image of shape {numbers.shape}; segmentation goes up to {MOST} rows and columns")
    table = np.empty(count + 1, REGION)
    entries = _take_form(table, numbers)
    return Regions(table, np.zeros((count, 2 * bands)), np.empty(entries, NEIGHBOUR))


@kernel
def _take_form(table: NDArray[Any], numbers: Integers) -> int:
    """Names, forms, and room for a neighbour on each side that a region has in common with others; returns how much."""
    for number in range(table.size):
        region = table[number]
        region.name = region.best = region.next = region.mark = NOBODY
        region.parent = number
        region.pixels = region.perimeter = region.common = region.count = 0
        region.top = region.left = MOST
        region.bottom = region.right = 0
        region.rise, region.heterogeneity = np.inf, 0.0
    cols = numbers.shape[1]
    for place in range(_squares(numbers)):
        top, left, bottom, right = _square(numbers, place)
        for row in range(top, bottom):
            for col in range(left, right):
                if numbers[row, col] == NOBODY:
                    continue
                region, pixel = table[numbers[row, col]], row * cols + col
                if region.name == NOBODY or pixel < region.name:
                    region.name = pixel
                region.pixels += 1
                region.top = min(region.top, np.uint16(row))
                region.left = min(region.left, np.uint16(col))
                region.bottom = max(region.bottom, np.uint16(row + 1))
                region.right = max(region.right, np.uint16(col + 1))
                for side in range(4):
                    other = _across(numbers, row, col, side)
                    if other != numbers[row, col]:
                        region.perimeter += 1
                        region.count += other != NOBODY
    entries = 0
    for number in range(table.size):
        table[number].start = entries
        entries += table[number].count
    return entries


@inlined
def _squares(numbers: Integers) -> int:
    """How many squares cover the pixels."""
    rows, cols = numbers.shape
    count: int = ((rows + _SQUARE - 1) // _SQUARE) * ((cols + _SQUARE - 1) // _SQUARE)
    return count


@inlined
def _square(numbers: Integers, place: int) -> tuple[int, int, int, int]:
    """First row and column of a square, and its last ones, excluded."""
    rows, cols = numbers.shape
    down, along = divmod(place, (cols + _SQUARE - 1) // _SQUARE)
    top, left = down * _SQUARE, along * _SQUARE
    return top, left, min(top + _SQUARE, rows), min(left + _SQUARE, cols)


@inlined
def _across(numbers: Integers, row: int, col: int, side: int) -> int:
    """The region on the other side of a side of a pixel: 0 up, 1 left, 2 right, 3 down."""
    rows, cols = numbers.shape
    below, beside = row + (side == 3) - (side == 0), col + (side == 2) - (side == 1)
    inside = 0 <= below < rows and 0 <= beside < cols
    return numbers[below, beside] if inside else NOBODY


@kernel
def add_colours(colour: Floats, image: NDArray[Any], numbers: Integers) -> None:
    """Add pixels to their regions' sums. image, numbers : of the whole or of a part, shape ([bands,] rows, cols)."""
    bands = len(image)
    for place in range(_squares(numbers)):
        top, left, bottom, right = _square(numbers, place)
        for row in range(top, bottom):
            for col in range(left, right):
                region = numbers[row, col]
                if region != NOBODY:
                    for band in range(bands):
                        value = float(image[band, row, col])
                        colour[region, band] += value
                        colour[region, bands + band] += value * value


@kernel
def complete(regions: Regions, measure: Measure, numbers: Integers) -> int:
    """Heterogeneity, neighbours and the best of them; returns how many entries `neighbours` has then."""
    table, neighbours = regions.table, regions.neighbours
    table["count"][:] = 0
    for place in range(_squares(numbers)):
        top, left, bottom, right = _square(numbers, place)
        for row in range(top, bottom):
            for col in range(left, right):
                number = numbers[row, col]
                if number == NOBODY:
                    continue
                for side in range(4):
                    other = _across(numbers, row, col, side)
                    if other != number and other != NOBODY:
                        entry = neighbours[table[number].start + table[number].count]
                        entry.region = other
                        entry.side = 1
                        table[number].count += 1
    # Lists grow shorter where two regions have several sides in common, and close up.
    end = 0
    for number in range(table.size - 1):
        region = table[number]
        first, last = region.start, region.start + region.count
        region.start = end
        for at in range(first, last):
            other = table[neighbours[at].region]
            if other.mark == NOBODY:
                other.mark = end
                neighbours[end].region = neighbours[at].region
                neighbours[end].side = 1
                end += 1
            else:
                neighbours[other.mark].side += 1
        region.count = end - region.start
        for at in range(region.start, end):
            table[neighbours[at].region].mark = NOBODY
        region.heterogeneity = heterogeneity(regions, measure, number)
    table[table.size - 1].start = end
    for number in range(table.size - 1):
        region = table[number]
        for at in range(region.start, region.start + region.count):
            if neighbours[at].region > number:
                rise = rise_of(regions, measure, number, neighbours[at].region, neighbours[at].side)
                offer(table, number, neighbours[at].region, neighbours[at].side, rise)
                offer(table, neighbours[at].region, number, neighbours[at].side, rise)
    return end


@inlined
def offer(table: NDArray[Any], number: int, other: int, side: int, rise: float) -> None:
    """Let a region take a neighbour for its best if it is: the least rise, of equals the first name."""
    region = table[number]
    if rise < region.rise or (rise == region.rise and table[other].name < table[region.best].name):
        region.best = other
        region.common = side
        region.rise = rise
