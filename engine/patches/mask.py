"""The preliminary mask: by two thresholds, each connected region of one class.

Pixels that reach the low threshold belong to the mask where they are connected, by sides or corners, to one that
reaches the high threshold (hysteresis; Canny 1986, IEEE TPAMI 8, 679). A region is of the class whose probabilities
over it sum to most. Strips are read one after the other, twice; regions are joined across their seams.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from engine.grid import Block, Grid
from engine.raster import Raster, start_cog

NO_MASK = 255
_STRIP = 512  # rows
_EIGHT = np.ones((3, 3), bool)


class _Strip(NamedTuple):
    """labels : parts of regions within the rows, numbered from `before` + 1 through the strips, 0 for none."""

    rows: Block
    labels: NDArray[np.int64]
    percent: NDArray[np.uint8]
    before: int


def write_mask(
    probability: Path, by_class: Path, mask: Path, thresholds: tuple[float, float], *, strip: int = _STRIP
) -> dict[str, int]:
    """Write the code of each pixel's class, 0 outside the mask, 255 where there is no data.

    Parameters
    ----------
    probability : of any mine, by_class : of each class, a band each; both in per cent, with nodata.
    thresholds : low and high, 0 to 1. strip : rows that are held in memory; the result does not depend on it.

    Returns
    -------
    How many regions and pixels the mask has.
    """
    with Raster(probability) as total, Raster(by_class) as classes:
        grid = total.grid
        codes = _classes_of_parts(total, classes, grid, thresholds, strip)
        pixels = 0
        with start_cog(mask, grid, dtype="uint8", nodata=NO_MASK, unit="code", names=["class of mine"]) as write:
            for part in _strips(total, grid, thresholds[0], strip):
                found = codes.of_part[part.labels]
                pixels += int((found > 0).sum())
                write(part.rows, np.where(part.percent == total.nodata, np.uint8(NO_MASK), found)[None])
    return {"mask_regions": codes.regions, "mask_pixels": pixels}


def _strips(total: Raster, grid: Grid, low: float, height: int) -> Iterator[_Strip]:
    before = 0
    for row in range(0, grid.rows, height):
        rows = Block(row, min(row + height, grid.rows), 0, grid.cols)
        percent = total.read(block=rows)
        labels, count = label((percent >= 100 * low) & (percent != total.nodata), _EIGHT, output=np.int64)
        labels[labels > 0] += before
        yield _Strip(rows, labels, percent, before)
        before += count


class _Codes(NamedTuple):
    """of_part : code of each part of a region, 0 for those that miss the high threshold; entry 0 stands for none."""

    of_part: NDArray[np.uint8]
    regions: int


def _classes_of_parts(
    total: Raster, classes: Raster, grid: Grid, thresholds: tuple[float, float], height: int
) -> _Codes:
    sums, high, seams = [np.zeros((1, classes.bands), np.int64)], [np.zeros(1, bool)], []
    above = np.zeros(grid.cols, np.int64)
    for part in _strips(total, grid, thresholds[0], height):
        inside = part.labels > 0
        own = part.labels[inside] - part.before - 1
        count = int(own.max(initial=-1)) + 1
        percents = classes.read_bands(part.rows)
        # Sums of whole numbers this small are exact in float64.
        sums.append(np.stack([np.bincount(own, band[inside], count) for band in percents], 1).astype(np.int64))
        high.append(np.bincount(own[part.percent[inside] >= 100 * thresholds[1]], minlength=count) > 0)
        seams += _touching(above, part.labels[0])
        above = part.labels[-1]
    region_of = _join(np.concatenate(seams, axis=1), sum(map(len, high)))
    regions = int(region_of.max()) + 1
    region_sums = np.stack([np.bincount(region_of, band, regions) for band in np.concatenate(sums).T], axis=1)
    code = (1 + region_sums.argmax(axis=1)).astype(np.uint8)
    code[np.bincount(region_of, np.concatenate(high), regions) == 0] = 0
    return _Codes(code[region_of], int((code > 0).sum()))


def _touching(above: NDArray[np.int64], below: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Pairs of parts that meet across a seam, by sides or corners, shape (2, pairs) each."""
    cols = above.size
    pairs = []
    for shift in (-1, 0, 1):
        upper, lower = above[max(0, -shift) : cols - max(0, shift)], below[max(0, shift) : cols - max(0, -shift)]
        both = (upper > 0) & (lower > 0)
        pairs.append(np.unique(np.stack([upper[both], lower[both]]), axis=1))
    return pairs


def _join(pairs: NDArray[np.int64], parts: int) -> NDArray[np.int32]:
    """Number of the region that each part belongs to, from 0; part 0, which stands for none, is one of its own."""
    graph = coo_matrix((np.ones(pairs.shape[1], bool), (pairs[0], pairs[1])), (parts, parts))
    regions: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return regions
