"""How good a choice is that trades what it finds against what it finds wrongly."""

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]

# A mine that is overlooked stays so, and what is taken for one and is none is looked at by a person: finding counts for
# more, in all that the engine chooses.
FINDING = 2.0


def f_measure(precision: Shares, recall: Shares) -> Shares:
    """F measure (van Rijsbergen 1979), 0 to 1: recall counts twice as much as precision; 0 where both are 0."""
    weight = FINDING**2
    return (1 + weight) * precision * recall / np.maximum(weight * precision + recall, 1e-12)
