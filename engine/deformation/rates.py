"""The rate step, from series to rates; and what activity reads of the radar half."""

import json
from dataclasses import dataclass
from functools import partial
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blocks import Workers, map_blocks
from engine.deformation.inversion import DECORRELATED, NOT_OBSERVABLE, PixelState
from engine.deformation.mintpy_files import SeriesFile, read_geometry, write_velocity
from engine.deformation.plots import plot_rates
from engine.deformation.steps import DEVIATION, M_TO_MM, PreparedStack
from engine.deformation.velocity import (
    VelocityOptions,
    date_noise,
    fit_rate,
    resolution_error,
    spread_factor,
    to_vertical,
)
from engine.grid import Block, Grid
from engine.raster import Raster, write_cog
from engine.steps import Progress

# Noise of rates is compared between places this far apart: beyond filters, within what the air has in common.
_APART_M = 450.0
_NOISE_PIXELS = 50_000
NOISE = "noise.tif"


def estimate_rates(
    stack: PreparedStack,
    inverted: Path,
    folder: Path,
    options: VelocityOptions,
    *,
    block: int,
    corrected: Path | None = None,
    workers: Workers,
    progress: Progress,
) -> dict[str, Any]:
    """Rate along the line of sight with standard error, vertical rate, and the noise of each date, all in mm.

    The standard error of `velocity.h5` is that by noise alone, as MintPy has it.

    inverted : folder of the inversion. corrected : of the corrections, where there are any. block : rows and columns
    that are worked on at a time.
    """
    grid, series = stack.grid, SeriesFile(corrected or inverted)
    period = list(compress(series.dates, options.within(series.dates)))
    blocks = list(grid.blocks(block))
    advance = progress.count(len(blocks))
    rate, error = (np.full(grid.shape, np.nan, np.float32) for _ in range(2))
    work = partial(_rate_of_block, series=series, options=options)
    for one, result in map_blocks(work, blocks, workers=workers):
        rate[one.slices], error[one.slices] = result["rate"], result["error"]
        advance()
    factor = None
    if options.standard_error == "covariance":
        with Raster(inverted / DEVIATION) as raster:
            deviation = raster.read()
        factor = spread_factor(rate, deviation, max(1, round(_APART_M / grid.square_pixel_m)))
        error = np.hypot(error, np.float32(factor) * deviation)
    plot_rates(rate, grid, period, folder / "rate.png")
    write_velocity(folder, rate / M_TO_MM, error / M_TO_MM, period, grid, stack.radar)
    vertical = to_vertical(rate, read_geometry(stack.folder).incidence)
    unit = "mm/year"
    write_cog(folder / "rate.tif", rate, grid, nodata=np.nan, unit=unit, name="rate, line of sight, towards positive")
    write_cog(folder / NOISE, error, grid, nodata=np.nan, unit=unit, name="standard error of the rate by noise alone")
    whole = np.hypot(error, resolution_error(rate, options.resolution_pixels))
    write_cog(folder / "error.tif", whole, grid, nodata=np.nan, unit=unit, name="standard error of the rate")
    write_cog(folder / "vertical.tif", vertical, grid, nodata=np.nan, unit=unit, name="vertical rate, up positive")
    noise = date_noise(series.sample(blocks, _NOISE_PIXELS)[0], series.dates) * M_TO_MM
    (folder / "noise.json").write_text(
        json.dumps({str(day): float(value) for day, value in zip(series.dates, noise, strict=True)})
    )
    report: dict[str, Any] = {
        "start": str(period[0]),
        "end": str(period[-1]),
        "dates": len(period),
        "deviation_factor": round(factor, 3) if factor is not None else None,
        "share_with_rate": round(float(np.isfinite(rate).mean()), 4),
    }
    if np.isfinite(rate).any():
        report |= {
            "least_rate": round(float(np.nanmin(rate)), 2),
            "greatest_rate": round(float(np.nanmax(rate)), 2),
            "median_standard_error": round(float(np.nanmedian(whole)), 2),
            "median_standard_error_by_noise": round(float(np.nanmedian(error)), 2),
        }
    return report


def _rate_of_block(block: Block, *, series: SeriesFile, options: VelocityOptions) -> dict[str, NDArray[Any]]:
    displacement = series.read(block) * np.float32(M_TO_MM)
    fit = fit_rate(displacement.reshape(len(displacement), -1), series.dates, options)
    return {"rate": fit.rate.reshape(block.shape), "error": fit.standard_error.reshape(block.shape)}


@dataclass(frozen=True)
class MotionRasters:
    """What activity needs of the radar half, each of the grid's shape.

    rate, error, noise : mm/yr, NaN but where the pixel is solved: a minimum-norm solution is shown, and is no evidence.
    noise : the error by noise alone. Whether ground moves at all is told by it: filters move motion by some pixels, and
    make none where there is none.
    """

    grid: Grid
    rate: NDArray[np.float32]
    error: NDArray[np.float32]
    noise: NDArray[np.float32]
    state: NDArray[np.uint8]

    @classmethod
    def read(cls, inverted: Path, rates: Path) -> "MotionRasters":
        with Raster(inverted / "state.tif") as raster:
            state, grid = raster.read(), raster.grid
        unsolved = state != PixelState.SOLVED

        def solved(name: str) -> NDArray[np.float32]:
            with Raster(rates / name) as raster:
                values: NDArray[np.float32] = raster.read()
            values[unsolved] = np.nan
            return values

        return cls(grid, solved("rate.tif"), solved("error.tif"), solved(NOISE), state)

    @property
    def observed(self) -> NDArray[np.bool_]:
        seen: NDArray[np.bool_] = ~np.isin(self.state, NOT_OBSERVABLE)
        return seen

    @property
    def decorrelated(self) -> NDArray[np.bool_]:
        lost: NDArray[np.bool_] = np.isin(self.state, DECORRELATED)
        return lost
