"""Two images of one place, freed of what sun, air and sensor make of them: the ground that did not change says how.

Iteratively reweighted multivariate alteration detection (Nielsen 2007): canonical variates of both images whose
differences are as little alike as can be; where they are small, nothing changed, and those pixels count more in the
next round. A line through them, band by band, brings the second image to the light of the first (Canty & Nielsen 2008).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.stats import chi2

Values = NDArray[np.float64]

_ROUNDS, _SETTLED = 50, 1e-4
# Probability of no change from which a pixel is used; fewer pixels than the second give no line.
_UNCHANGED, _LEAST_PIXELS = 0.95, 200
# Of a correlation matrix: an eigenvalue from which bands tell different things.
_APART = 1e-9


@dataclass(frozen=True)
class Normalisation:
    """gain, offset : of each band, which bring the second image to the first. correlations : of the canonical variates,
    the highest first. unchanged : share of the pixels that the lines rest on."""

    gain: Values
    offset: Values
    correlations: Values
    unchanged: float

    def apply(self, image: NDArray[np.float32]) -> Values:
        """The second image in the light of the first, shape (bands, ...)."""
        shape = (-1,) + (1,) * (image.ndim - 1)
        normal: Values = image * self.gain.reshape(shape) + self.offset.reshape(shape)
        return normal


def normalise(first: Values, second: Values) -> Normalisation | None:
    """How the second image is brought to the first; None where too little has stayed as it was.

    first, second : the same pixels of both, shape (pixels, bands), without NaN. Bands that follow from those
    before them (all but one of a grey picture) have no say in what is unchanged.
    """
    if len(first) < _LEAST_PIXELS or not (first.std(axis=0) > 0).all() or not (second.std(axis=0) > 0).all():
        return None
    told = _independent(first, second)
    weights, known = np.ones(len(first)), np.zeros(len(told))
    for _ in range(_ROUNDS):
        try:
            weights, correlations = _reweighted(first[:, told], second[:, told], weights)
        except np.linalg.LinAlgError:
            return None  # what is left of the ground is of one colour
        if np.abs(correlations - known).max() < _SETTLED:
            break
        known = correlations
    unchanged = weights > _UNCHANGED
    if int(unchanged.sum()) < _LEAST_PIXELS:
        return None
    lines = [_orthogonal_line(second[unchanged, band], first[unchanged, band]) for band in range(first.shape[1])]
    gain, offset = (np.array(part) for part in zip(*lines, strict=True))
    return Normalisation(gain, offset, correlations, float(unchanged.mean()))


def _independent(first: Values, second: Values) -> list[int]:
    """Bands of which none follows from the others, in either image."""
    alike = [np.atleast_2d(np.corrcoef(image, rowvar=False)) for image in (first, second)]
    told: list[int] = []
    for band in range(first.shape[1]):
        tried = [*told, band]
        if all(np.linalg.eigvalsh(of[np.ix_(tried, tried)])[0] > _APART for of in alike):
            told = tried
    return told


def _reweighted(first: Values, second: Values, weights: Values) -> tuple[Values, Values]:
    """Probability of no change at each pixel, and the canonical correlations, under the weights before."""
    share = weights / weights.sum()
    one, other = first - share @ first, second - share @ second
    own, others = (one * share[:, None]).T @ one, (other * share[:, None]).T @ other
    cross = (one * share[:, None]).T @ other
    squares, left = eigh(cross @ np.linalg.solve(others, cross.T), own)
    correlations = np.sqrt(np.clip(squares[::-1], 0, 1 - 1e-12))
    left = left[:, ::-1]
    right = np.linalg.solve(others, cross.T @ left)
    right /= np.sqrt(np.einsum("ij,ik,kj->j", right, others, right))
    difference = one @ left - other @ right
    squared = (difference**2 / (2 * (1 - correlations))).sum(axis=1)
    return chi2.sf(squared, first.shape[1]), correlations


def _orthogonal_line(x: Values, y: Values) -> tuple[float, float]:
    """Slope and offset of y on x, with errors in both (Pearson 1901)."""
    covariance = np.cov(np.vstack([x, y]))
    axis = np.linalg.eigh(covariance)[1][:, -1]
    gain = float(axis[1] / axis[0])
    return gain, float(y.mean() - gain * x.mean())
