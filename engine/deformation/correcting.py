"""The correction step, from series to series: what is switched on is taken out, and what that did is reported."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blocks import Workers, map_blocks
from engine.deformation.corrections import (
    Correction,
    CorrectionOptions,
    Doubles,
    HeightErrorCorrection,
    RampCorrection,
    Reference,
    TroposphereCorrection,
)
from engine.deformation.inversion import InversionOptions
from engine.deformation.mintpy_files import Pixels, Series, SeriesFile, read_geometry
from engine.deformation.network import Network, date_baselines
from engine.deformation.steps import M_TO_MM, ChosenNetwork, PreparedStack, reference_pixels
from engine.deformation.troposphere import Troposphere
from engine.errors import InputError
from engine.grid import Block
from engine.steps import Progress

# Pixels that ramps and the median are found on.
_SAMPLED = 50_000


def correct_series(
    stack: PreparedStack,
    chosen: ChosenNetwork,
    inverted: Path,
    folder: Path,
    *,
    inversion: InversionOptions,
    options: CorrectionOptions,
    area_folder: Path,
    workers: Workers,
    progress: Progress,
) -> dict[str, Any]:
    """Write the series without what the corrections take out; says how much quieter each has made them.

    The measure is the root mean square, over pixels and dates, of series about the frame's median at each date and each
    pixel's own line, in mm.
    """
    series, grid, network = SeriesFile(inverted), stack.grid, chosen.network
    blocks = list(grid.blocks(inversion.block))
    corrections, medians = _prepare(stack, chosen, series, blocks, inversion, options, area_folder)
    corrected = SeriesFile(folder)
    corrected.create(network, grid, stack.radar, reference=network.dates[_date_of(options, network)])
    advance = progress.count(len(blocks))
    squares, values = np.zeros(len(corrections) + 1), 0
    work = partial(_correct_block, series=series, corrections=corrections, medians=medians, years=network.years)
    for block, result in map_blocks(work, blocks, workers=workers):
        corrected.write(block, result["displacement"])
        squares += result["squares"]
        values += int(result["values"])
        advance()
    noise = np.sqrt(squares / max(values, 1)) * M_TO_MM
    return {
        "rms_mm": {"inverted": round(float(noise[0]), 3)}
        | {item.name: round(float(value), 3) for item, value in zip(corrections, noise[1:], strict=True)}
    }


def _prepare(
    stack: PreparedStack,
    chosen: ChosenNetwork,
    series: SeriesFile,
    blocks: Sequence[Block],
    inversion: InversionOptions,
    options: CorrectionOptions,
    area_folder: Path,
) -> tuple[list[Correction], list[Doubles]]:
    """The corrections in their order, each fitted to a sample of what those before it leave.

    And the median of the sample at each date, m, shape (dates,), before all and after each of them.
    """
    grid, network = stack.grid, chosen.network
    corrections: list[Correction] = []
    date = _date_of(options, network)
    sample, places = series.sample(blocks, _SAMPLED)
    incidence = read_geometry(stack.folder).incidence
    if options.gacos is not None:
        # Where the incidence angle is not known no delay is, and there series end.
        known = np.isfinite(incidence[places])
        sample, places = sample[:, known], (places[0][known], places[1][known])
    if sample.shape[1] == 0:
        raise InputError(
            "no pixel has a series (and an incidence angle), so that there is nothing to correct",
            field="inversion",
            mend="relax [inversion] and [network], or look at the stack's coherence",
        )
    medians = [_median(sample)]

    def add(correction: Correction) -> None:
        nonlocal sample
        sample = correction(sample, places)
        corrections.append(correction)
        medians.append(_median(sample))

    if options.gacos is not None:
        air = Troposphere(area_folder / options.gacos, network.dates, grid)
        add(TroposphereCorrection(air, incidence))
    if options.ramp != "none":
        add(RampCorrection.fit(grid, options.ramp, sample, places))
    if options.height_errors:
        available = stack.interferograms
        baselines = date_baselines(
            [available[number] for number in chosen.numbers], network, field="corrections.height_errors"
        )
        add(HeightErrorCorrection(baselines, network.years, options.height_error_order))
    near = reference_pixels(stack, inversion)
    shown = medians[-1] if near is None else _median(_apply(corrections, *_with_series(series, near)))
    if np.isnan(shown).any():
        raise InputError(
            "the incidence angle is not known at the reference point, so that no delay is",
            field="inversion.reference",
            mend="choose another place, or supply incidence angles of the whole frame",
        )
    add(Reference(shown, date))
    return corrections, medians


def _median(values: Series) -> Doubles:
    return np.median(values.astype(np.float64), axis=1)


def _date_of(options: CorrectionOptions, network: Network) -> int:
    if options.reference_date is None:
        return 0
    if options.reference_date not in network.dates:
        raise InputError(
            f"{options.reference_date} is no date of the network",
            field="corrections.reference_date",
            mend=f"choose one of its {len(network.dates)} dates from {network.dates[0]} to {network.dates[-1]}",
        )
    return network.dates.index(options.reference_date)


def _with_series(series: SeriesFile, near: tuple[Block, NDArray[np.bool_]]) -> tuple[Series, Pixels]:
    """Series of the pixels at the reference point that have one, and their rows and columns."""
    block, inside = near
    values = series.read(block)
    known = inside & np.isfinite(values).all(axis=0)
    if not known.any():
        raise InputError(
            "the reference point has no series: it is not coherent enough",
            field="inversion.reference",
            mend="choose a more coherent place, a larger reference_radius_m, or 'coherent'",
        )
    rows, cols = np.nonzero(known)
    return values[:, known], (rows + block.row0, cols + block.col0)


def _apply(corrections: Sequence[Correction], values: Series, pixels: Pixels) -> Series:
    for correct in corrections:
        values = correct(values, pixels)
    return values


def _correct_block(
    block: Block, *, series: SeriesFile, corrections: Sequence[Correction], medians: Sequence[Doubles], years: Doubles
) -> dict[str, NDArray[Any]]:
    displacement = series.read(block)
    whole = np.isfinite(displacement).all(axis=0)
    rows, cols = np.nonzero(whole)
    pixels = rows + block.row0, cols + block.col0
    values = displacement[:, whole]
    line = np.stack([np.ones(years.size), years], axis=1)
    # What is left of a series when its own line is taken out.
    about = np.eye(years.size) - line @ np.linalg.pinv(line)
    squares = [_squares(about, values, medians[0])]
    for correct, median in zip(corrections, medians[1:], strict=True):
        values = correct(values, pixels)
        squares.append(_squares(about, values, median))
    displacement[:, whole] = values
    return {"displacement": displacement, "squares": np.array(squares), "values": np.array(np.isfinite(values).sum())}


def _squares(about: Doubles, values: Series, median: Doubles) -> float:
    left = values - median[:, None].astype(np.float32)
    return float(np.nansum(np.square(about.astype(np.float32) @ left, dtype=np.float64)))
