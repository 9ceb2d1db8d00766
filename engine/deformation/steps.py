"""The steps of the radar half, from files to files: prepare the stack, choose its network, invert."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, uniform_filter

from engine.blocks import Workers, map_blocks
from engine.deformation.additions import STACK_FACTS, FormerStack, Provenance, read_pair
from engine.deformation.checks import require_coherence
from engine.deformation.inversion import (
    HAS_SERIES,
    Inversion,
    InversionOptions,
    Inverter,
    PixelState,
    classify,
    phase_to_displacement,
)
from engine.deformation.mintpy_files import (
    SeriesFile,
    StackFile,
    read_geometry,
    write_geometry,
    write_stack,
)
from engine.deformation.network import Network, NetworkOptions, choose_pairs
from engine.deformation.normal_equations import invert_by_normal_equations
from engine.deformation.plots import plot_network
from engine.deformation.space import bytes_needed
from engine.deformation.stack import Geometry, Interferogram, Radar, StackReader
from engine.deformation.unwrapping import find_loops
from engine.deformation.weights import weights_from_coherence
from engine.deformation.wrong_regions import WrongRegions
from engine.errors import InputError
from engine.grid import Block, Grid, LonLat, Pixel, require_one_side
from engine.raster import write_cog
from engine.steps import Progress

M_TO_MM = 1000.0
DEVIATION = "deviation.tif"
_MOST_WRONG = 10  # pairs that are named
_AROUND = 5  # pixels: a lone coherent one is no good reference


@dataclass(frozen=True)
class PreparedStack:
    """The stack step's products, read back.

    medians : of each pair's phase over the frame, radians. valid_shares : of the frame's pixels with phase.
    most_coherent : the place that is so on average over all pairs, of those that have phase in all of them; None where
    there is none, or no coherence was read. sources : the interferograms' own files.
    """

    folder: Path
    grid: Grid
    radar: Radar
    medians: NDArray[np.float64]
    valid_shares: list[float]
    most_coherent: LonLat | None
    mean_coherences: list[float] | None
    sources: list[str]

    @classmethod
    def read(cls, folder: Path) -> "PreparedStack":
        known = json.loads((folder / STACK_FACTS).read_text())
        return cls(
            folder,
            Grid.from_description(known["grid"]),
            Radar(**known["radar"]),
            np.array(known["medians"]),
            known["valid_shares"],
            LonLat(*known["most_coherent"]) if known["most_coherent"] else None,
            known["mean_coherences"],
            known["sources"],
        )

    @property
    def file(self) -> StackFile:
        return StackFile(self.folder)

    @property
    def interferograms(self) -> list[Interferogram]:
        """All pairs, with their own files, for what is to be said of them, and mean coherence where it was read."""
        available = self.file.interferograms
        means: Sequence[float | None] = self.mean_coherences or [None] * len(available)
        return [
            replace(item, unwrapped=Path(source), mean_coherence=mean)
            for item, source, mean in zip(available, self.sources, means, strict=True)
        ]


def prepare_stack(
    reader: StackReader,
    folder: Path,
    *,
    options: InversionOptions,
    coherence: bool = False,
    corrected: bool = False,
    progress: Progress,
    provenance: Provenance | None = None,
) -> dict[str, Any]:
    """Check every raster of the stack and lay it down for reading block by block, without what is masked.

    coherence : whether it is laid down although the options of the inversion do not need it.
    corrected : whether corrections will make another series of it, which the disk has to hold, too.
    provenance : what the files are known by; with it, pairs that were laid down before are not read again, and what is
    left is the same to the bit.
    """
    interferograms = reader.interferograms
    require_one_side(reader.grid, interferograms[0].unwrapped)
    coherent = coherence or options.needs_coherence
    if coherent:
        require_coherence(interferograms, reader.radar, options.weights)
    _require_space(folder, reader, coherent=coherent, checked=options.unwrapping_check, corrected=corrected)
    geometry = reader.geometry()
    masked = geometry.masked
    origin = provenance.origin(reader, coherent=coherent, masked=masked) if provenance else None
    former = FormerStack.find(provenance.former, origin) if provenance and origin else FormerStack()
    everywhere, total = np.ones(reader.grid.shape, np.bool_), np.zeros(reader.grid.shape)
    medians: list[float] = []
    shares: list[float] = []
    means: list[float] = []
    read = 0
    advance = progress.count(len(interferograms))

    def rasters() -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32] | None]]:
        nonlocal read
        for interferogram in interferograms:
            laid = former.take(interferogram.pair, reader.grid)
            if laid is None:
                laid = read_pair(reader, interferogram, coherent=coherent, masked=masked)
                read += 1
            medians.append(laid.median)
            shares.append(laid.valid_share)
            if laid.coherence is not None and laid.mean_coherence is not None:
                means.append(laid.mean_coherence)
                # Summed up in the same order, whether read or taken over: so sums are the same to the bit.
                seen = np.isfinite(laid.phase) & (laid.coherence > 0)
                np.logical_and(everywhere, seen, out=everywhere)
                np.add(total, laid.coherence, out=total, where=seen)
            yield laid.phase, laid.coherence
            advance()

    write_stack(folder, interferograms, rasters(), reader.grid, reader.radar)
    write_geometry(folder, geometry, reader.grid, reader.radar)
    known = {
        "grid": reader.grid.describe(),
        "radar": vars(reader.radar),
        "medians": medians,
        "valid_shares": shares,
        "most_coherent": _most_coherent(total, everywhere, reader.grid) if coherent else None,
        "mean_coherences": means or None,
        "sources": [str(item.unwrapped) for item in interferograms],
        "origin": vars(origin) if origin else None,
    }
    (folder / STACK_FACTS).write_text(json.dumps(known))
    dates = {day for item in interferograms for day in item.pair}
    return {
        "pairs": len(interferograms),
        "dates": len(dates),
        "rows": reader.grid.rows,
        "columns": reader.grid.cols,
        **geometry.masked_shares,
        "pairs_read": read,
        "pairs_taken_over": len(interferograms) - read,
        "all_read_anew": former.unfit,
    }


def _most_coherent(total: NDArray[np.float64], everywhere: NDArray[np.bool_], grid: Grid) -> LonLat | None:
    """The pixel with the largest sum of coherence round it, of those with phase in all pairs; the first of equals."""
    if not everywhere.any():
        return None
    around = uniform_filter(np.where(everywhere, total, 0.0), _AROUND, mode="constant")
    row, col = np.unravel_index(np.argmax(np.where(everywhere, around, -1.0)), grid.shape)
    return grid.lonlat(Pixel(int(row), int(col)))


def _require_space(folder: Path, reader: StackReader, *, coherent: bool, checked: bool, corrected: bool) -> None:
    """Refuse to begin what the disk cannot hold (`bytes_needed`)."""
    pairs = len(reader.interferograms)
    dates = len({day for item in reader.interferograms for day in item.pair})
    needed = bytes_needed(
        reader.grid, pairs=pairs, dates=dates, coherent=coherent, checked=checked, corrected=corrected
    )
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"the disk has {free / 1e6:.0f} MB free, and some {needed / 1e6:.0f} MB are needed",
            file=folder,
            mend="free some space, or move PITWATCH_HOME to a larger disk",
        )


@dataclass(frozen=True)
class ChosenNetwork:
    """The network step's product, read back: the pairs used, by number in the stack, and their network."""

    numbers: list[int]
    network: Network

    @classmethod
    def read(cls, folder: Path, stack: PreparedStack) -> "ChosenNetwork":
        numbers = json.loads((folder / "network.json").read_text())["used"]
        pairs = [item.pair for item in stack.file.interferograms]
        return cls(numbers, Network(tuple(pairs[number] for number in numbers)))


def choose_network(stack: PreparedStack, folder: Path, options: NetworkOptions) -> dict[str, Any]:
    """Choose the pairs and make sure that they hold together."""
    available = stack.interferograms
    used = {item.pair for item in choose_pairs(available, options)}
    numbers = [number for number, item in enumerate(available) if item.pair in used]
    network = Network(tuple(available[number].pair for number in numbers))
    (folder / "network.json").write_text(json.dumps({"used": numbers}))
    plot_network(available, numbers, folder / "network.png")
    all_dates = {day for item in available for day in item.pair}
    return {
        "pairs": len(numbers),
        "dates": len(network.dates),
        "mean_days": round(float(np.mean([pair.days for pair in network.pairs])), 2),
        "discarded_dates": [str(day) for day in sorted(all_dates - set(network.dates))],
    }


def invert_stack(
    stack: PreparedStack,
    chosen: ChosenNetwork,
    folder: Path,
    options: InversionOptions,
    *,
    workers: Workers,
    progress: Progress,
    functional: NDArray[np.float64] | None = None,
    inverter: Inverter = invert_by_normal_equations,
) -> dict[str, Any]:
    """Invert all pixels block by block; write series, temporal coherence, residual, numbers of pairs and groups, state.

    functional : of the rate, 1/years, shape (dates,) (`VelocityOptions.functional`); its deviation by way of the
    network is written as well.
    """
    grid, network = stack.grid, chosen.network
    blocks = list(grid.blocks(options.block))
    observed = partial(
        _observed, stack=stack, chosen=chosen, options=options, reference=reference_phase(stack, chosen, options)
    )
    loops = find_loops(network)
    checked = options.unwrapping_check and len(loops) > 0
    advance = progress.count(len(blocks) * (2 if checked else 1))
    regions = WrongRegions(folder)
    if checked:
        regions.find(
            partial(_phase_of, observed=observed),
            loops,
            (len(network.pairs), *grid.shape),
            blocks,
            least=options.min_wrong_region,
            workers=workers,
            advance=advance,
        )
    kept = folder / "blocks"
    kept.mkdir(exist_ok=True)
    series = SeriesFile(folder)
    series.create(network, grid, stack.radar)
    coherence, residual = np.full(grid.shape, np.nan, np.float32), np.full(grid.shape, np.nan, np.float32)
    deviation = np.full(grid.shape, np.nan, np.float32)
    wrong, dropped = np.zeros(len(network.pairs), np.int64), np.zeros(grid.shape, np.uint16)
    pairs, groups = np.zeros(grid.shape, np.uint16), np.zeros(grid.shape, np.uint16)
    state = np.full(grid.shape, PixelState.NO_DATA, np.uint8)
    work = partial(
        _invert_block,
        stack=stack,
        chosen=chosen,
        options=options,
        observed=observed,
        regions=regions if checked else None,
        inverter=partial(inverter, robust=options.robust, functional=functional),
    )
    for block, result in map_blocks(work, blocks, workers=workers, keep=kept):
        series.write(block, result["displacement"])
        coherence[block.slices], residual[block.slices] = result["coherence"], result["residual"]
        deviation[block.slices] = result["deviation"]
        wrong += result["wrong"]
        dropped[block.slices] = result["dropped"]
        pairs[block.slices], groups[block.slices] = result["pairs"], result["groups"]
        state[block.slices] = result["state"]
        advance()
    state = _lost_within(_with_masks(state, read_geometry(stack.folder)))
    for path in kept.iterdir():
        path.unlink()
    kept.rmdir()

    write_cog(folder / "coherence.tif", coherence, grid, nodata=np.nan, unit="1", name="temporal coherence")
    write_cog(folder / "residual.tif", residual, grid, nodata=np.nan, unit="rad", name="RMS residual of the pairs")
    if functional is not None:
        name = "deviation of the rate by the network"
        write_cog(folder / DEVIATION, deviation, grid, nodata=np.nan, unit="mm/year", name=name)
    write_cog(folder / "pairs.tif", pairs, grid, nodata=None, unit="1", name="pairs with phase")
    write_cog(folder / "groups.tif", groups, grid, nodata=None, unit="1", name="groups of dates")
    write_cog(folder / "state.tif", state, grid, nodata=None, unit="code", name="state")
    shares = {item.name.lower(): round(float((state == item).mean()), 4) for item in PixelState}
    report = {"reference": describe_reference(stack, options), "pixels": int(state.size), "shares": shares}
    if options.unwrapping_check:
        write_cog(folder / "wrong_pairs.tif", dropped, grid, nodata=None, unit="1", name="pairs unwrapped wrongly")
        report["unwrapping"] = _describe_wrong(network, wrong, dropped)
    return report


def _describe_wrong(network: Network, wrong: NDArray[np.int64], dropped: NDArray[np.uint16]) -> dict[str, Any]:
    """What the check of loops took out: how much in all, and the pairs that lost most."""
    most = [int(number) for number in np.argsort(-wrong, kind="stable")[:_MOST_WRONG] if wrong[number] > 0]
    return {
        "observations": int(wrong.sum()),
        "pixels": int((dropped > 0).sum()),
        "share_of_pixels_by_pair": {
            str(network.pairs[number]): round(float(wrong[number] / dropped.size), 4) for number in most
        },
    }


def _with_masks(state: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.uint8]:
    """What is masked has a state of its own; such pixels have no phase. Water in shadow counts as water."""
    for mask, own in ((geometry.hidden, PixelState.HIDDEN), (geometry.water, PixelState.WATER)):
        if mask is not None:
            state = np.where(mask, np.uint8(own), state)
    return state


def _lost_within(state: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ground without phase in any pair: what is enclosed by the frame was seen and lost, and counts as decorrelated.

    What reaches the edge may lie outside what the radar saw, and stays no data.
    """
    regions, _ = label(state == PixelState.NO_DATA)
    at_edge = np.unique(np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]]))
    enclosed = (regions > 0) & ~np.isin(regions, at_edge)
    return np.where(enclosed, np.uint8(PixelState.FEW_PAIRS), state).astype(np.uint8)


class _Observed(NamedTuple):
    """Phase about the reference, radians, and coherence, None where weights need none; each of (pairs, pixels)."""

    phase: NDArray[np.float32]
    coherence: NDArray[np.float32] | None


def _observed(
    block: Block,
    *,
    stack: PreparedStack,
    chosen: ChosenNetwork,
    options: InversionOptions,
    reference: NDArray[np.float64],
) -> _Observed:
    count = len(chosen.numbers)
    phase = stack.file.phase(chosen.numbers, block).reshape(count, -1)
    phase -= reference[:, None].astype(np.float32)
    if options.weights == "none":
        return _Observed(phase, None)
    coherence = stack.file.coherence(chosen.numbers, block).reshape(count, -1)
    # A pair without coherence at the pixel says nothing of it.
    np.copyto(phase, np.float32(np.nan), where=~(coherence > 0))
    return _Observed(phase, coherence)


def _phase_of(block: Block, *, observed: Callable[[Block], _Observed]) -> NDArray[np.float32]:
    return observed(block).phase


def _invert_block(
    block: Block,
    *,
    stack: PreparedStack,
    chosen: ChosenNetwork,
    options: InversionOptions,
    observed: Callable[[Block], _Observed],
    regions: WrongRegions | None,
    inverter: Callable[..., Inversion],
) -> dict[str, NDArray[Any]]:
    """Everything about the pixels of one block, each array of the block's shape."""
    phase, coherence = observed(block)
    weight = None
    if coherence is not None and options.weights != "none":
        weight = weights_from_coherence(coherence, options.weights, stack.radar.looks or 1.0)
    wrong = np.zeros(phase.shape, np.bool_) if regions is None else regions.read(block).reshape(phase.shape)
    phase[wrong] = np.nan
    inversion = inverter(chosen.network, phase, weight)
    state = classify(inversion, chosen.network, options)
    displacement = phase_to_displacement(inversion.phase, stack.radar.wavelength)
    displacement[:, ~np.isin(state, HAS_SERIES)] = np.nan
    return {
        "displacement": displacement.reshape(-1, *block.shape),
        "coherence": inversion.temporal_coherence.reshape(block.shape),
        "residual": inversion.residual.reshape(block.shape),
        "deviation": inversion.deviation.reshape(block.shape) * (M_TO_MM * stack.radar.wavelength / (4 * np.pi)),
        "wrong": wrong.sum(axis=1),
        "dropped": wrong.sum(axis=0, dtype=np.uint16).reshape(block.shape),
        "pairs": inversion.pairs.reshape(block.shape),
        "groups": inversion.groups.reshape(block.shape),
        "state": state.reshape(block.shape),
    }


def reference_phase(stack: PreparedStack, chosen: ChosenNetwork, options: InversionOptions) -> NDArray[np.float64]:
    """Phase that counts as no motion in each pair, shape (pairs,)."""
    if options.reference == "median":
        return stack.medians[chosen.numbers]
    near = reference_pixels(stack, options)
    assert near is not None
    block, inside = near
    pixels = stack.file.phase(chosen.numbers, block)[:, inside].astype(np.float64)
    phase = np.array([np.nan if np.isnan(values).all() else np.nanmedian(values) for values in pixels])
    if missing := [pair for pair, value in zip(chosen.network.pairs, phase, strict=True) if np.isnan(value)]:
        raise InputError(
            f"the reference point has no phase in {len(missing)} pairs ({missing[0]} is the first)",
            field="inversion.reference",
            mend="choose a place that is coherent in every pair, or 'median'",
        )
    return phase


def reference_pixels(stack: PreparedStack, options: InversionOptions) -> tuple[Block, NDArray[np.bool_]] | None:
    """The block round the reference point and which of its pixels count; None where the whole frame does."""
    if options.reference == "median":
        return None
    place = stack.most_coherent if options.reference == "coherent" else LonLat(*options.reference)
    if place is None:
        raise InputError(
            "no pixel has phase and coherence in all pairs",
            field="inversion.reference",
            mend="give longitude, latitude of a stable place, or 'median'",
        )
    pixel = stack.grid.pixel_at(place)
    if pixel is None:
        raise InputError(
            f"the reference point {place.lon}, {place.lat} lies outside the frame {stack.grid.bounds_lonlat}",
            field="inversion.reference",
            mend="give longitude, latitude of a stable place inside it, or 'median'",
        )
    return stack.grid.around(pixel, options.reference_radius_m)


def describe_reference(stack: PreparedStack, options: InversionOptions) -> str:
    """The word median, or longitude and latitude of the reference point."""
    if options.reference == "median":
        return "median"
    place = stack.most_coherent if options.reference == "coherent" else options.reference
    return "{:.6f}, {:.6f}".format(*place) if place else "none"
