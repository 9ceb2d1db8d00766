"""Objects drawn by hand, the paper's example among them."""

import numpy as np
from numpy.typing import NDArray

# Figure 4 of the paper: how much of the objects R1 to R6 the preliminary mask covers, per cent.
FIGURE_4 = (99, 2, 15, 7, 5, 12)
TEN = np.ones((10, 10), np.int32)


def in_a_row(*shares: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Objects of 10 x 10 pixels side by side, and a mask that covers so many pixels of each."""
    labels = np.hstack([number * TEN for number in range(1, len(shares) + 1)])
    mask = np.hstack([(np.arange(100) < share).reshape(10, 10) for share in shares])
    return labels, mask


def square_metres(labels: NDArray[np.int32], side: float = 1.0) -> NDArray[np.float64]:
    """Area of a row's pixels."""
    return np.full(labels.shape[0], side**2)
