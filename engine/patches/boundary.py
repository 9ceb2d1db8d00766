"""How far outlines that were found lie from the true ones, in mines that were found at all."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt, find_objects, label

Flags = NDArray[np.bool_]

# From this IoU on a mine was identified (METHOD §4).
_IDENTIFIED = 0.2
# With fewer mines nothing can be said.
LEAST_MINES = 20
# Of the points of outlines, so many lie within the boundary error: one standard deviation, if it were normal.
_WITHIN = 0.6827
# Pixels round a mine within which its outline is looked for.
_AROUND = 2
_EIGHT = np.ones((3, 3), bool)


def boundary_error(images: Iterable[tuple[Flags, Flags]]) -> float | None:
    """The distance, in pixels, within which 68 of 100 points of the outlines found lie from the true outline, each
    mine counting alike; at least half a pixel, which is what pixels can tell. None for fewer than 20 mines.

    Parameters
    ----------
    images : what was found and what is true in each, shape (rows, cols).
    """
    distances = [mine for found, true in images for mine in _by_mine(found, true)]
    if len(distances) < LEAST_MINES:
        return None
    values = np.concatenate(distances)
    weights = np.concatenate([np.full(mine.size, 1 / mine.size) for mine in distances])
    order = np.argsort(values)
    within = np.searchsorted(np.cumsum(weights[order]), _WITHIN * len(distances))
    return max(0.5, float(values[order][min(int(within), values.size - 1)]))


def _by_mine(found: Flags, true: Flags) -> list[NDArray[np.float64]]:
    """Of each mine that was found, the distances of the points of its outline to the true one, pixels."""
    regions, _ = label(found, _EIGHT)
    mines, count = label(true, _EIGHT)
    both = (regions > 0) & (mines > 0)
    pairs, shared = np.unique(regions[both].astype(np.int64) * (count + 1) + mines[both], return_counts=True)
    region, mine = np.divmod(pairs, count + 1)
    iou = shared / (np.bincount(regions.ravel())[region] + np.bincount(mines.ravel())[mine] - shared)
    places, of_mines = find_objects(regions), find_objects(mines)
    distances = []
    for one, other in zip(region[iou >= _IDENTIFIED], mine[iou >= _IDENTIFIED], strict=True):
        window = tuple(
            slice(max(0, min(first.start, second.start) - _AROUND), max(first.stop, second.stop) + _AROUND)
            for first, second in zip(places[one - 1], of_mines[other - 1], strict=True)
        )
        to_edge = distance_transform_edt(~_edge(mines[window] == other))
        distances.append(np.asarray(to_edge[_edge(regions[window] == one)], np.float64))
    return distances


def _edge(shape: Flags) -> Flags:
    """Pixels of a shape that have a side in common with what is outside it; the image's rim is none."""
    edge: Flags = shape & ~binary_erosion(shape, border_value=1)
    return edge
