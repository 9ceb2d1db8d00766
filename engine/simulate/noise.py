"""Noise that is looked up by place: any window of the plane gives the same values as the whole.

Random numbers stand on a lattice, by a hash of their place; a cubic B-spline goes through it. What falls between is a
product of two thin matrices, so that an octave costs some nanoseconds a pixel.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Field = NDArray[np.float32]

# Standard deviation of a cubic B-spline through independent values of standard deviation 1, in two dimensions: the mean
# of its squared weights is 151/315 along each axis.
_SPLINE_STD = 151 / 315


def hashed(stream: int, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A well-mixed 64-bit number for every place of a lattice (splitmix64; Steele et al. 2014), shape (rows, cols)."""
    row, col = rows.astype(np.uint64)[:, None], cols.astype(np.uint64)[None, :]
    mixed = row * np.uint64(0x9E3779B97F4A7C15) + col * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(stream)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def uniform(stream: int, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> Field:
    """Between 0 and 1 at every place of a lattice, ends excluded, shape (rows, cols)."""
    return ((hashed(stream, rows, cols) >> np.uint64(41)).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-23)


def normal(stream: int, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> Field:
    """Standard normal at every place of a lattice, shape (rows, cols)."""
    values: Field = ndtri(uniform(stream, rows, cols)).astype(np.float32)
    return values


def smooth(stream: int, x: NDArray[np.float64], y: NDArray[np.float64], spacing: float, along: float = 1.0) -> Field:
    """Noise of mean 0 and standard deviation 1 whose features measure about twice `spacing`.

    Parameters
    ----------
    x, y : places in m along each axis, evenly spaced. along : by which features are longer in x than in y.

    Returns
    -------
    Shape (len(y), len(x)).
    """
    cols, across = _spline(x, spacing * along)
    rows, down = _spline(y, spacing)
    values = np.asarray(down @ normal(stream, rows, cols) @ across.T, np.float32)
    return values / np.float32(_SPLINE_STD)


def fractal(
    stream: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    coarsest: float,
    octaves: int,
    *,
    persistence: float = 0.5,
    along: float = 1.0,
) -> Field:
    """Octaves of `smooth`, each of half the spacing and `persistence` times the strength of the one before; std 1."""
    total, power = np.zeros((len(y), len(x)), np.float32), 0.0
    for octave in range(octaves):
        weight = persistence**octave
        total += np.float32(weight) * smooth(stream + octave, x, y, coarsest / 2**octave, along)
        power += weight**2
    return total / np.float32(np.sqrt(power))


def _spline(places: NDArray[np.float64], spacing: float) -> tuple[NDArray[np.int64], Field]:
    """Weights of a lattice for places along an axis; the same axes come again and again."""
    return _spline_of(float(places[0]), float(places[1] - places[0]), len(places), float(spacing))


@lru_cache(maxsize=512)
def _spline_of(start: float, step: float, count: int, spacing: float) -> tuple[NDArray[np.int64], Field]:
    places = start + step * np.arange(count, dtype=np.float64)
    return spline_matrix(places / spacing)


def spline_matrix(at: NDArray[np.float64]) -> tuple[NDArray[np.int64], Field]:
    """The indices of a lattice that places need, and the weight of each for each place, shape (places, indices).

    at : places in units of the lattice's spacing, its first value at 0.
    """
    cell = np.floor(at).astype(np.int64)
    part = at - cell
    first, last = int(cell.min()) - 1, int(cell.max()) + 2
    weights = np.zeros((len(at), last - first + 1), np.float32)
    taps = ((1 - part) ** 3, 3 * part**3 - 6 * part**2 + 4, -3 * part**3 + 3 * part**2 + 3 * part + 1, part**3)
    for offset, tap in enumerate(taps):
        weights[np.arange(len(at)), cell - 1 + offset - first] = tap / 6
    return np.arange(first, last + 1), weights
