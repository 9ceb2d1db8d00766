"""How much disk the radar half takes, so that nothing is begun that the disk cannot hold."""

import math

from engine.deformation.mintpy_files import SERIES_CHUNK, STACK_CHUNK
from engine.grid import Grid

# A pixel, of all that has one value there: geometry, what the inversion says of it, rates and their release, bytes.
_SINGLE_RASTERS = 100
_SMALL_FILES = 20_000_000  # bytes: a release's database and layers


def bytes_needed(grid: Grid, *, pairs: int, dates: int, coherent: bool, checked: bool, corrected: bool) -> int:
    """What lies on the disk at most while a stack is made into a release.

    Parameters
    ----------
    coherent : whether coherence is laid down beside the phase. checked : whether loops of pairs are, which leaves a
    byte for each observation. corrected : whether corrections make another series.
    """
    observations = pairs * _laid_down(grid, STACK_CHUNK)
    # Series are there as blocks and as a file while they are inverted, and as a file and in the release afterwards.
    series = (3 if corrected else 2) * dates * _laid_down(grid, SERIES_CHUNK)
    float32s = (2 if coherent else 1) * observations + series
    return 4 * float32s + checked * observations + _SINGLE_RASTERS * grid.rows * grid.cols + _SMALL_FILES


def _laid_down(grid: Grid, chunk: int) -> int:
    """Pixels of a raster in chunks of so many rows and columns, which are whole at its edges too."""
    rows, cols = (math.ceil(edge / chunk) * chunk if edge > chunk else edge for edge in grid.shape)
    return rows * cols
