"""From interferograms to displacement at each date (SBAS; Berardino et al. 2002), pixel by pixel.

The unknowns are the phases at the dates. A pixel that has phase in all pairs of a connected network has one
least-squares solution. Where the pixel's own pairs reach every date but fall into groups that nothing links, the
solution of least velocity (minimum norm, by SVD) is taken and the pixel is flagged. Where a date is not reached at
all, or too few pairs are left, there is no series: the pixel is decorrelated.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.deformation.network import Network
from engine.options import Latitude, Longitude, Options, Share

Weights = Literal["none", "variance", "coherence"]


class InversionOptions(Options):
    """How the stack is inverted and when a pixel counts as decorrelated.

    weights : "none", "variance" (inverse phase variance from coherence; Tough et al. 1995) or "coherence".
    robust : the least sum of absolute residuals in place of squares; wrongly unwrapped pairs then count for little.
    unwrapping_check : takes out regions of pairs that are off by whole turns, as loops of three show.
    min_wrong_region : pixels of such a region; less is taken for noise. 1 takes out all that does not close.
    reference : "median" of the frame in every interferogram, "coherent" for the most coherent place that has phase in
    all pairs, or a place as [longitude, latitude].
    reference_radius_m : with a place, the median of the pixels this near to it; 0 takes the one pixel, and with it its
    noise, into every rate.
    min_temporal_coherence : 0–1; min_pair_share : least share of the network's pairs with phase at the pixel.
    block : rows and columns of a block. It changes memory and speed, not the result.
    """

    weights: Weights = "none"
    robust: bool = False
    unwrapping_check: bool = False
    min_wrong_region: int = Field(default=50, ge=1)
    reference: Literal["median", "coherent"] | tuple[Longitude, Latitude] = "median"
    reference_radius_m: float = Field(default=0.0, ge=0)
    min_temporal_coherence: Share = 0.7
    min_pair_share: Share = 0.5
    block: int = Field(default=256, ge=1)

    @property
    def needs_coherence(self) -> bool:
        return self.weights != "none" or self.reference == "coherent"


class PixelState(IntEnum):
    """Why a pixel has a series, or has none."""

    NO_DATA = 0  # no interferogram has phase here
    SOLVED = 1  # least squares on a connected network
    MINIMUM_NORM = 2  # the pixel's network falls into groups; minimum-norm velocity, flagged
    DATES_MISSING = 3  # decorrelated: no pair reaches some of the dates
    FEW_PAIRS = 4  # decorrelated: fewer pairs than min_pair_share
    LOW_COHERENCE = 5  # decorrelated: temporal coherence under the threshold
    WATER = 6  # masked
    HIDDEN = 7  # masked: radar shadow or layover


HAS_SERIES = (PixelState.SOLVED, PixelState.MINIMUM_NORM)
DECORRELATED = (PixelState.DATES_MISSING, PixelState.FEW_PAIRS, PixelState.LOW_COHERENCE)
# Not seen, or not to be measured by a radar: neither still nor decorrelated.
NOT_OBSERVABLE = (PixelState.NO_DATA, PixelState.WATER, PixelState.HIDDEN)


@dataclass(frozen=True)
class Inversion:
    """Solutions of some pixels.

    phase : radians relative to the first date, shape (dates, pixels); NaN where there is no solution.
    temporal_coherence : 0–1 (Pepe & Lanari 2006), shape (pixels,), NaN where there is no solution.
    pairs : number of pairs with phase. groups : of dates that these pairs link; 1 where they link all.
    residual : root mean square of what the solution leaves of the pairs, radians, shape (pixels,), NaN without one.
    deviation : of what was asked for, as the weights have it when each is the inverse of a pair's variance; NaN where
    nothing was, or groups are not linked.
    """

    phase: NDArray[np.float32]
    temporal_coherence: NDArray[np.float32]
    pairs: NDArray[np.uint16]
    groups: NDArray[np.uint16]
    residual: NDArray[np.float32]
    deviation: NDArray[np.float32]


class Inverter(Protocol):
    """Solves pixels of one network; another implementation gives the same to 1e-6 m."""

    def __call__(
        self,
        network: Network,
        phase: NDArray[np.float32],
        weight: NDArray[np.float32] | None = None,
        *,
        robust: bool = False,
        functional: NDArray[np.float64] | None = None,
    ) -> Inversion:
        """Invert `phase`, radians, shape (pairs, pixels), NaN for no data, weighted by `weight` of the same shape.

        robust : to the least sum of absolute residuals. functional : g of gᵀφ, of which the deviation is asked for,
        shape (dates,).
        """
        ...


def classify(inversion: Inversion, network: Network, options: InversionOptions) -> NDArray[np.uint8]:
    """The `PixelState` of each pixel, shape (pixels,)."""
    solved = np.isfinite(inversion.temporal_coherence)
    conditions = [
        (inversion.pairs == 0, PixelState.NO_DATA),
        (inversion.pairs < options.min_pair_share * len(network.pairs), PixelState.FEW_PAIRS),
        (~solved, PixelState.DATES_MISSING),
        (inversion.temporal_coherence < options.min_temporal_coherence, PixelState.LOW_COHERENCE),
        (inversion.groups > 1, PixelState.MINIMUM_NORM),
    ]
    tests, states = zip(*conditions, strict=True)
    return np.select(tests, [int(state) for state in states], int(PixelState.SOLVED)).astype(np.uint8)


def phase_to_displacement(phase: NDArray[np.float32], wavelength: float) -> NDArray[np.float32]:
    """Displacement along the line of sight in m, towards the satellite positive: d = −λ/(4π)·φ."""
    return (phase * (-wavelength / (4 * np.pi))).astype(np.float32)
