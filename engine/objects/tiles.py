"""Segmentation of images too large to be segmented whole: the first rounds in tiles, the others on what is left.

A merge depends on what has happened near it and on nothing else, and in a few rounds regions stay small. So tiles that
see some ground beyond their edge agree on it: every region is named by its first pixel in the whole image, and what two
tiles name alike is one region. The rounds that follow go on with all regions at once, which by then are few.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blocks import Workers, map_blocks
from engine.grid import Block, cover
from engine.objects.growing import Growing
from engine.objects.regions import (
    NOBODY,
    Flags,
    Integers,
    add_colours,
    allocate,
    complete,
    label_regions,
    name_parts,
    number_regions,
)
from engine.objects.segmentation import SegmentationOptions, segment

# Gives the image, shape (bands, rows, cols), and the valid pixels, shape (rows, cols), of a block.
Read = Callable[[Block], tuple[NDArray[Any], Flags]]


@dataclass(frozen=True)
class Tiling:
    """size : of a tile's edge, in pixels. margin : what it sees beyond. rounds : that are made in tiles.

    After twelve rounds a region has some twenty pixels.
    """

    size: int = 1024
    margin: int = 64
    rounds: int = 12


DEFAULT = Tiling()


@dataclass(frozen=True)
class Seams:
    """How far tiles agree along their edges: pixels that two tiles have seen, and those that they name differently."""

    pixels: int
    differ: int


def segment_in_tiles(
    read: Read,
    shape: tuple[int, int],
    options: SegmentationOptions,
    *,
    bands: int,
    tiling: Tiling = DEFAULT,
    workers: Workers,
) -> tuple[Integers, Seams]:
    """Labels as `segment` gives them, and how far the tiles agreed.

    Parameters
    ----------
    read : called from the workers for what a tile sees, then again for each tile. shape : of the whole image.
    """
    measure, limit = options.measure(bands), options.limit
    blocks = list(cover(shape, tiling.size))
    names = np.full(shape, NOBODY, np.int32)
    strips: dict[Block, Integers] = {}
    grow = partial(_grow_tile, read=read, shape=shape, options=options, tiling=tiling)
    for block, found in map_blocks(grow, blocks, workers=workers):
        names[block.slices] = found["names"]
        strips |= {strip: found[side] for side, strip in _strips(block, shape).items()}
    seams = _compare(names, strips)
    numbers, count = number_regions(name_parts(names))
    del names
    regions = allocate(numbers, count, bands)
    for block in blocks:
        add_colours(regions.colour, read(block)[0], numbers[block.slices])
    entries = complete(regions, measure, numbers)
    growing = Growing(regions._replace(neighbours=regions.neighbours[:entries].copy()), measure)
    growing.grow(limit)
    return label_regions(numbers, *growing.becomes()), seams


def _grow_tile(
    block: Block, *, read: Read, shape: tuple[int, int], options: SegmentationOptions, tiling: Tiling
) -> dict[str, Integers]:
    """The first rounds in a tile: the names, in the whole image, of its pixels' regions; those in the strips beside."""
    seen = block.widened(tiling.margin, shape)
    labels = segment(*read(seen), options, rounds=tiling.rounds)
    first = np.flatnonzero(_is_first(labels))
    row, col = np.divmod(first, labels.shape[1])
    # Labels are numbered by their first pixels, from 1; 0 is none.
    name_of = np.concatenate([[NOBODY], (row + seen.row0) * shape[1] + col + seen.col0]).astype(np.int32)
    named = name_of[labels]
    parts = {"names": block} | _strips(block, shape)
    return {part: named[_within(place, seen)].copy() for part, place in parts.items()}


def _is_first(labels: Integers) -> Flags:
    """The first pixel of each label, which is numbered by it."""
    flat = labels.ravel()
    return flat > np.concatenate([[0], np.maximum.accumulate(flat)[:-1]])


def _within(block: Block, outer: Block) -> tuple[slice, slice]:
    return (
        slice(block.row0 - outer.row0, block.row1 - outer.row0),
        slice(block.col0 - outer.col0, block.col1 - outer.col0),
    )


def _strips(block: Block, shape: tuple[int, int]) -> dict[str, Block]:
    """The pixels beside a tile's right and lower edge, which its neighbours have, too."""
    strips = {}
    if block.col1 < shape[1]:
        strips["right"] = Block(block.row0, block.row1, block.col1, block.col1 + 1)
    if block.row1 < shape[0]:
        strips["below"] = Block(block.row1, block.row1 + 1, block.col0, block.col1)
    return strips


def _compare(names: Integers, strips: dict[Block, NDArray[np.int32]]) -> Seams:
    differ = sum(int((names[strip.slices] != named).sum()) for strip, named in strips.items())
    return Seams(sum(named.size for named in strips.values()), differ)
