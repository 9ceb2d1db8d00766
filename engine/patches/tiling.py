"""Windows laid over an image at even steps, and how many pixels of a mask lie in each."""

import numpy as np
from numpy.typing import NDArray


def window_starts(edge: int, window: int, step: int) -> NDArray[np.int64]:
    """First pixels of windows along an edge, a step apart, the last one flush with its end; [0] on a shorter edge."""
    last = max(edge - window, 0)
    return np.append(np.arange(0, last, step), last)


def count_in_windows(
    mask: NDArray[np.bool_], rows: NDArray[np.int64], cols: NDArray[np.int64], window: int
) -> NDArray[np.int64]:
    """Pixels of a mask in each window that begins at one of the rows and one of the columns, shape (rows, cols).

    By an integral image (Crow 1984) that is kept where windows begin or end alone: 64 megapixels take a few kilobytes.
    """
    edges = [
        np.unique(np.concatenate([[0], starts, np.minimum(starts + window, edge), [edge]]))
        for starts, edge in zip((rows, cols), mask.shape, strict=True)
    ]
    sums = np.add.reduceat(np.add.reduceat(mask, edges[0][:-1], axis=0, dtype=np.int64), edges[1][:-1], axis=1)
    table = np.pad(sums.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    (top, bottom), (left, right) = (
        (np.searchsorted(of, starts), np.searchsorted(of, np.minimum(starts + window, of[-1])))
        for of, starts in zip(edges, (rows, cols), strict=True)
    )
    counted: NDArray[np.int64] = (
        table[np.ix_(bottom, right)]
        - table[np.ix_(top, right)]
        - table[np.ix_(bottom, left)]
        + table[np.ix_(top, left)]
    )
    return counted
