"""What is taken out of displacement series, one thing after the other, before rates are estimated.

Delays of the troposphere come first, since they are known; then ramps, which orbits and what is left of the air lay
over the frame; then errors of the heights, which show in proportion to the perpendicular baseline. At the end series
are brought back to the reference, in space and in time.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.deformation.mintpy_files import Pixels, Series
from engine.deformation.troposphere import Troposphere
from engine.deformation.velocity import MAD_TO_SIGMA
from engine.grid import Grid
from engine.options import Options

Doubles = NDArray[np.float64]
Ramp = Literal["none", "linear", "quadratic"]

# A ramp is fitted again without what lies further from it than so many standard deviations, so many times.
_FAR, _ROUNDS = 3.0, 6


class CorrectionOptions(Options):
    """Which corrections are made; none where nothing is said.

    gacos : folder of zenith delays, relative to the area's folder.
    ramp : taken out of every date, "linear" (a plane) or "quadratic"; fitted to most pixels, and not to those that
    stand out.
    height_errors : of the elevation model, by the perpendicular baselines (Fattahi & Amelung 2013).
    height_error_order : of the polynomial that stands for motion beside them.
    reference_date : at which displacement is 0; the first one where nothing is said.
    """

    gacos: Path | None = None
    ramp: Ramp = "none"
    height_errors: bool = False
    height_error_order: int = Field(default=2, ge=1, le=5)
    reference_date: date | None = None

    @property
    def any(self) -> bool:
        return self != CorrectionOptions(height_error_order=self.height_error_order)


class Correction(Protocol):
    """Takes one thing out of series, m, shape (dates, pixels), of pixels by row and column; no NaN."""

    @property
    def name(self) -> str: ...

    def __call__(self, series: Series, pixels: Pixels, /) -> Series: ...


@dataclass(frozen=True)
class TroposphereCorrection:
    """Takes out the delay that each date has more than the first. incidence_deg : of the whole grid."""

    troposphere: Troposphere
    incidence_deg: NDArray[np.float32]
    name: str = "troposphere"

    def __call__(self, series: Series, pixels: Pixels) -> Series:
        # More delay looks like motion away from the satellite, which is negative.
        delay = self.troposphere.slant_delay(pixels, self.incidence_deg[pixels])
        return series + (delay - delay[:1])


@dataclass(frozen=True)
class RampCorrection:
    """Takes out a polynomial of place from each date. coefficients : m, shape (terms, dates)."""

    grid: Grid
    kind: Ramp
    coefficients: Doubles
    name: str = "ramps"

    @classmethod
    def fit(cls, grid: Grid, kind: Ramp, series: Series, pixels: Pixels) -> "RampCorrection":
        """Fit to series of some pixels, spread over the frame, most of which do not move."""
        design = _terms(grid, kind, pixels)
        every = [_fit_most(design, values.astype(np.float64)) for values in series]
        return cls(grid, kind, np.stack(every, axis=1))

    def __call__(self, series: Series, pixels: Pixels) -> Series:
        ramp = _terms(self.grid, self.kind, pixels) @ self.coefficients
        return series - ramp.T.astype(np.float32)


def _terms(grid: Grid, kind: Ramp, pixels: Pixels) -> Doubles:
    """Shape (pixels, terms): 1, x, y, and for a quadratic one x², xy, y²; x and y go from −1 to 1 over the frame."""
    y = 2 * (pixels[0] + 0.5) / grid.rows - 1
    x = 2 * (pixels[1] + 0.5) / grid.cols - 1
    terms = [np.ones(x.shape), x, y]
    if kind == "quadratic":
        terms += [x**2, x * y, y**2]
    return np.stack(terms, axis=1)


def _fit_most(design: Doubles, values: Doubles) -> Doubles:
    """Least squares without what lies far off, by the median of absolute residuals."""
    near = np.ones(values.size, np.bool_)
    for _ in range(_ROUNDS):
        found = np.linalg.lstsq(design[near], values[near])[0]
        off = np.abs(values - design @ found)
        near = off <= max(_FAR * MAD_TO_SIGMA * float(np.median(off)), 1e-9)
    return np.asarray(found)


@dataclass(frozen=True)
class HeightErrorCorrection:
    """Takes out what perpendicular baselines explain beside a polynomial in time, with MintPy's estimator.

    Phase of a height error Δz is (4π/λ) B⊥ Δz / (R sin θ) (Fattahi & Amelung 2013, equation 4). R sin θ is one number
    for a pixel, so that the correction is the same without it, and pixels share one design matrix.

    baselines : perpendicular, m, shape (dates,).
    """

    baselines: Doubles
    years: Doubles
    order: int
    name: str = "height errors"

    def __call__(self, series: Series, _: Pixels) -> Series:
        return series - np.outer(self.baselines, self.estimate(series)).astype(np.float32)

    def estimate(self, series: Series) -> Doubles:
        """Displacement for 1 m of baseline, that is Δz / (R sin θ), shape (pixels,)."""
        from mintpy.dem_error import estimate_dem_error  # takes seconds to import, and is needed here alone

        design = np.stack([self.baselines, *(self.years**power for power in range(self.order + 1))], axis=1)
        found: Doubles = estimate_dem_error(series, design, self.years[:, None])[0]
        return found


@dataclass(frozen=True)
class Reference:
    """Brings series back to the reference.

    offsets : m, shape (dates,), what the reference shows. date : number of the date at which displacement is 0.
    """

    offsets: Doubles
    date: int
    name: str = "reference"

    def __call__(self, series: Series, _: Pixels) -> Series:
        referenced = series - self.offsets[:, None].astype(np.float32)
        return referenced - referenced[[self.date]]
