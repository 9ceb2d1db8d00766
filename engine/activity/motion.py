"""What activity reads of the radar half."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.grid import Block, Grid

# Displacement of a block in mm, shape (dates, rows, cols), NaN where there is no series.
ReadSeries = Callable[[Block], NDArray[np.float32]]


@dataclass(frozen=True)
class Motion:
    """Rasters of one grid.

    rate, standard_error : mm/yr along the line of sight, NaN where there is no series that can stand as evidence; the
    error is that by noise alone.
    observed : where the radar saw the ground at all. decorrelated : where it lost its coherence.
    t95 : from standard errors to 95 % intervals (Student's t for the series' degrees of freedom).
    """

    grid: Grid
    rate: NDArray[np.float32]
    standard_error: NDArray[np.float32]
    observed: NDArray[np.bool_]
    decorrelated: NDArray[np.bool_]
    t95: float
