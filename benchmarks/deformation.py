"""How right rates of motion are on simulated ground whose motion is known, correction by correction.

    python -m benchmarks.deformation FOLDER [FOLDER ...] [--pictures FOLDER] [--json]

Each FOLDER holds `radar/` and `truth/` of a simulated area. The stack is inverted as an area with these options would
be: plain, then with one thing more each time; rates over the paper's period are held against the line-of-sight rate of
the true displacement, over all folders together. Ground that was dug away has no true displacement and is left out.
Observations that the unwrapping check takes out are counted against the truth, by folder and in all.
`--pictures` draws network, rates and series of the first folder, by the last way.
"""

import argparse
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from matplotlib.dates import YearLocator
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.ndimage import convolve1d

from benchmarks import unwrapping_counts
from benchmarks.mintpy_inverter import invert_with_mintpy
from engine.blocks import Workers
from engine.deformation.correcting import correct_series
from engine.deformation.corrections import CorrectionOptions
from engine.deformation.hyp3 import Hyp3Stack
from engine.deformation.inversion import InversionOptions
from engine.deformation.mintpy_files import SeriesFile
from engine.deformation.network import NetworkOptions
from engine.deformation.normal_equations import invert_by_normal_equations
from engine.deformation.rates import estimate_rates
from engine.deformation.stack import Hyp3Options
from engine.deformation.steps import ChosenNetwork, PreparedStack, choose_network, invert_stack, prepare_stack
from engine.deformation.velocity import VelocityOptions, fit_rate, t95
from engine.deformation.weights import weights_from_coherence
from engine.grid import Block
from engine.raster import Raster
from engine.simulate.radar.line_of_sight import WAVELENGTH_M
from engine.steps import Progress

Values = NDArray[np.floating]
NETWORK = NetworkOptions(max_days=60, max_perpendicular_m=111.46)
PERIOD = VelocityOptions(start=date(2019, 6, 1), end=date(2021, 12, 31))
# Truth moves beyond this rate and is still within it, mm/yr; series hold from this mean true coherence on.
MOVING_MM, COHERENT = 5.0, 0.35
# Weights, along each axis, of the pixels that one of the products averages.
RESOLUTION = (0.2, 0.6, 0.2)
STRATA = ((0.35, 0.5), (0.5, 0.65), (0.65, 1.0))


@dataclass(frozen=True)
class Way:
    """One set of options, under the name that the table has."""

    name: str
    inversion: InversionOptions
    corrections: CorrectionOptions
    velocity: VelocityOptions = PERIOD


def ways() -> list[Way]:
    weighted = InversionOptions(weights="variance")
    checked = weighted.model_copy(update={"unwrapping_check": True})
    single = checked.model_copy(update={"min_wrong_region": 1})
    strict = checked.model_copy(update={"min_temporal_coherence": 0.95})
    air, ramps = CorrectionOptions(gacos=Path("gacos")), CorrectionOptions(ramp="linear")
    both = air.model_copy(update={"ramp": "linear"})
    every = both.model_copy(update={"height_errors": True})
    return [
        Way("no weights", InversionOptions(), CorrectionOptions()),
        Way("weights", weighted, CorrectionOptions()),
        Way("robust", weighted.model_copy(update={"robust": True}), CorrectionOptions()),
        Way("unwrapping check, single pixels", single, CorrectionOptions()),
        Way("unwrapping check", checked, CorrectionOptions()),
        Way("+ ramps", checked, ramps),
        Way("+ troposphere", checked, both),
        Way("+ quadratic ramps", checked, air.model_copy(update={"ramp": "quadratic"})),
        Way("+ height errors (linear)", checked, every),
        Way("+ coherence of 0.95", strict, every),
        Way("+ bootstrap", strict, every, PERIOD.model_copy(update={"standard_error": "bootstrap"})),
        Way("+ covariance", strict, every, PERIOD.model_copy(update={"standard_error": "covariance"})),
    ]


@dataclass
class Pixels:
    """Of all folders: rates in mm/yr, true (`fine`: as interferograms can show it, NaN for motion that they cannot) and
    found, with standard error; mean true coherence; RMS of series in mm."""

    true: list[Values] = field(default_factory=list)
    fine: list[Values] = field(default_factory=list)
    found: list[Values] = field(default_factory=list)
    error: list[Values] = field(default_factory=list)
    coherence: list[Values] = field(default_factory=list)
    series: list[Values] = field(default_factory=list)
    t95: float = np.nan

    def figures(self) -> dict[str, float]:
        true, fine, found, error, coherence, series = (
            np.concatenate(part) for part in (self.true, self.fine, self.found, self.error, self.coherence, self.series)
        )
        coherent, kept = coherence >= COHERENT, np.isfinite(found)
        moving, still = kept & (np.abs(true) > MOVING_MM), kept & (np.abs(true) <= MOVING_MM)
        seen = moving & np.isfinite(fine)
        off = found - true
        covered = np.abs(off) <= self.t95 * error
        figures = {
            "moving_rmse": _rms(off[moving]),
            "slope": float(np.polyfit(true[moving], found[moving], 1)[0]),
            "fine_rmse": _rms((found - fine)[seen]),
            "fine_slope": float(np.polyfit(fine[seen], found[seen], 1)[0]),
            "unseen": float(np.isnan(fine[moving]).mean()),
            "sign": float((np.sign(true) == np.sign(found))[moving].mean()),
            "still_rmse": _rms(off[still]),
            "kept": float(kept[coherent].mean()),
            "covered": float(covered[kept].mean()),
            "series_rms": float(np.sqrt(np.nanmean(series[kept] ** 2))),
        }
        for low, high in STRATA:
            within = (coherence >= low) & (coherence < high)
            for name, part in (("moving", moving), ("still", still)):
                chosen = part & within
                figures[f"{name} {low:g}-{high:g}"] = float(covered[chosen].mean()) if chosen.any() else np.nan
        return figures


def _rms(values: Values) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def main() -> None:
    given = _arguments()
    console = Console()
    pixels = {way.name: Pixels() for way in ways()}
    wrong: dict[str, Counter[str]] = defaultdict(Counter)
    for folder in given.folder:
        pictures = given.pictures if folder == given.folder[0] else None
        for told in assess(folder, pixels, wrong, pictures):
            console.print(f"{folder.name}: {told}")
    for name, counts in wrong.items():
        console.print(f"all: {name}: {unwrapping_counts.told(counts)}")
    figures = {name: own.figures() for name, own in pixels.items()}
    console.print(_table(figures))
    if given.json:
        print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="+", type=Path)
    parser.add_argument("--pictures", type=Path, help="folder for pictures of the first area")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    return parser.parse_args()


def assess(
    folder: Path, pixels: dict[str, Pixels], wrong: dict[str, Counter[str]], pictures: Path | None = None
) -> Iterator[str]:
    """Run every way on one folder and add what it found to its pixels, and to what it found wrong; tells of each."""
    reader = Hyp3Stack(Hyp3Options(format="hyp3"), folder / "radar")
    workers = Workers()
    with TemporaryDirectory() as name:
        scratch = Path(name)
        progress = Progress(scratch / "status.json")
        prepared, network = scratch / "stack", scratch / "network"
        prepared.mkdir()
        network.mkdir()
        prepare_stack(reader, prepared, options=InversionOptions(weights="variance"), progress=progress)
        stack = PreparedStack.read(prepared)
        choose_network(stack, network, NETWORK)
        chosen = ChosenNetwork.read(network, stack)
        yield f"difference from MintPy, m: {difference_from_mintpy(stack, chosen)}"
        true, coherence = true_series(folder, chosen.network.dates)
        inverted: dict[str, tuple[Path, dict[str, Any]]] = {}
        for number, way in enumerate(ways()):
            key = way.inversion.model_dump_json()
            if key not in inverted:
                path = scratch / f"inverted-{number}"
                path.mkdir()
                report = invert_stack(
                    stack,
                    chosen,
                    path,
                    way.inversion,
                    workers=workers,
                    progress=progress,
                    functional=PERIOD.functional(chosen.network.dates),
                )
                if "unwrapping" in report:
                    counts = unwrapping_counts.count(stack, chosen, path, folder / "truth")
                    wrong[way.name] += counts
                    yield f"{way.name}: {unwrapping_counts.told(counts)}"
                inverted[key] = path, report
            path, report = inverted[key]
            series: Path | None = None
            reports = {"inversion": {name: report.get(name) for name in ("shares", "unwrapping")}}
            if way.corrections.any:
                series = scratch / f"corrected-{number}"
                series.mkdir()
                reports["corrections"] = correct_series(
                    stack,
                    chosen,
                    path,
                    series,
                    inversion=way.inversion,
                    options=way.corrections,
                    area_folder=folder / "radar",
                    workers=workers,
                    progress=progress,
                )
            rates = scratch / f"rates-{number}"
            rates.mkdir()
            estimate_rates(
                stack, path, rates, way.velocity, block=256, corrected=series, workers=workers, progress=progress
            )
            _add(pixels[way.name], rates, series or path, true, coherence, chosen.network.dates)
            yield f"{way.name}: {reports}"
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            shutil.copy(network / "network.png", pictures / "network.png")
            draw_rates(rates, true, chosen.network.dates, pictures / "rates.png")
            draw_series(rates, series or path, true, chosen.network.dates, pictures / "series.png")


def difference_from_mintpy(stack: PreparedStack, chosen: ChosenNetwork, pixels: int = 300) -> dict[str, float]:
    """Greatest difference of displacement, m, over pixels that are spread over the frame, for each kind of weights."""
    row = Block(stack.grid.rows // 2, stack.grid.rows // 2 + 1, 0, stack.grid.cols)
    every = slice(None, None, max(1, stack.grid.cols // pixels))
    phase = np.ascontiguousarray(stack.file.phase(chosen.numbers, row)[:, 0, every])
    coherence = np.ascontiguousarray(stack.file.coherence(chosen.numbers, row)[:, 0, every])
    phase[~(coherence > 0)] = np.nan
    metres = stack.radar.wavelength / (4 * np.pi)
    found = {}
    for weights in ("none", "variance", "coherence"):
        weight = None if weights == "none" else weights_from_coherence(coherence, weights, stack.radar.looks or 1.0)
        ours, theirs = (
            invert(chosen.network, phase, weight).phase for invert in (invert_by_normal_equations, invert_with_mintpy)
        )
        found[weights] = float(np.nanmax(np.abs(ours - theirs))) * metres
    return found


def true_series(folder: Path, dates: Sequence[date]) -> tuple[Values, Values]:
    """True displacement along the line of sight, mm since the first of `dates`, towards the satellite positive, shape
    (dates, rows, cols); mean true coherence.

    The line of sight is the products' own: elevation above the horizontal and azimuth from east, of the vector from the
    ground to the satellite.
    """
    theta, phi = (
        Raster(next((folder / "radar").rglob(f"*_{what}.tif"))).read().astype(np.float64)
        for what in ("lv_theta", "lv_phi")
    )
    towards = np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), np.sin(theta)
    total: Any = 0.0
    for part, share in zip(("east", "north", "up"), towards, strict=True):
        with Raster(folder / "truth" / f"displacement_{part}.tif") as raster:
            names = raster.band_names
            bands = raster.read_bands(Block(0, raster.grid.rows, 0, raster.grid.cols))
        total = total + bands[[names.index(str(day)) for day in dates]] * share.astype(np.float32)
    with Raster(folder / "truth" / "coherence.tif") as raster:
        return total - total[:1], raster.read()


def draw_rates(rates: Path, true: Values, dates: Sequence[date], path: Path) -> None:
    """Rates as they were found, as they are, and how uncertain the former say that they are."""
    found, error, true_rate = _rates(rates, true, dates)
    figure = Figure(figsize=(13, 4.6), layout="constrained")
    panels = figure.subplots(1, 3)
    span = float(np.nanpercentile(np.abs(true_rate), 99.7))
    titles = ("found", "true", "standard error of what was found")
    for axes, values, title in zip(panels, (found, true_rate, error), titles, strict=True):
        signed = title != titles[2]
        picture = axes.imshow(
            values,
            cmap="RdBu" if signed else "magma_r",
            vmin=-span if signed else 0,
            vmax=span if signed else float(np.nanpercentile(error, 99)),
            interpolation="nearest",
        )
        axes.set_facecolor("#d0d0d0")
        axes.set_title(title, loc="left", fontsize=11)
        axes.set_xticks([])
        axes.set_yticks([])
        figure.colorbar(picture, ax=axes, label="mm/year along the line of sight", shrink=0.85)
    figure.savefig(path, dpi=100)


def draw_series(rates: Path, series: Path, true: Values, dates: Sequence[date], path: Path) -> None:
    """Series of places that move in different ways, found and true, about their means."""
    found, _, true_rate = _rates(rates, true, dates)
    known = np.isfinite(found) & np.isfinite(true).all(axis=0) & _seeable(true)
    bend = np.abs(true[-1] + true[0] - 2 * true[len(dates) // 2]) - 0.5 * np.abs(true[-1] - true[0])
    measures = {
        "sinks fastest": -true_rate,
        "rises fastest": true_rate,
        "changes its pace most": bend,
        "is still": -np.abs(true_rate),
    }
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    days = np.array(dates, "datetime64[D]")
    for axes, (what, measure) in zip(figure.subplots(2, 2, sharex=True).ravel(), measures.items(), strict=True):
        row, col = np.unravel_index(np.argmax(np.where(known, measure, -np.inf)), measure.shape)
        values = SeriesFile(series).read(Block(int(row), int(row) + 1, int(col), int(col) + 1))[:, 0, 0] * 1000
        axes.plot(days, values - values.mean(), "o", color="#1d6996", markersize=3.5, label="found")
        axes.plot(days, true[:, row, col] - true[:, row, col].mean(), color="#c2410c", linewidth=1.6, label="true")
        axes.set_title(
            f"{what}: {true_rate[row, col]:+.1f} mm/year, found {found[row, col]:+.1f}", loc="left", fontsize=10
        )
        axes.set_ylabel("mm")
        axes.xaxis.set_major_locator(YearLocator())
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False, fontsize=9)
    figure.savefig(path, dpi=100)


def _seeable(true: Values) -> NDArray[np.bool_]:
    """Where ground moves by no more than a quarter of the wavelength from date to date; what does is lost by turns."""
    slow: NDArray[np.bool_] = np.abs(np.diff(true, axis=0)).max(axis=0) <= WAVELENGTH_M / 4 * 1000
    return slow


def _rates(rates: Path, true: Values, dates: Sequence[date]) -> tuple[Values, Values, Values]:
    """Rate as it was found, brought to the truth's reference, its standard error, and the true rate, mm/yr."""
    shape = true.shape[1:]
    true_rate = fit_rate(true.reshape(len(dates), -1).astype(np.float32), dates, PERIOD).rate.reshape(shape)
    with Raster(rates / "rate.tif") as rate, Raster(rates / "error.tif") as error:
        found, uncertain = rate.read(), error.read()
    still = np.isfinite(found) & (np.abs(true_rate) < 0.5)
    return found - np.median((found - true_rate)[still]), uncertain, true_rate


def _add(
    pixels: Pixels, rates: Path, series_folder: Path, true: Values, coherence: Values, dates: Sequence[date]
) -> None:
    found, uncertain, true_rate = _rates(rates, true, dates)
    fine = np.where(np.isfinite(true_rate), true_rate, 0.0)
    for axis in (0, 1):
        fine = convolve1d(fine, RESOLUTION, axis=axis)
    fine[~_seeable(true)] = np.nan
    still = np.isfinite(found) & (np.abs(true_rate) < 0.5)
    series = SeriesFile(series_folder).read(Block(0, *coherence.shape[:1], 0, coherence.shape[1])) * 1000
    off = series - true
    off -= np.nanmedian(off[:, still], axis=1)[:, None, None]
    known = np.isfinite(true_rate)
    pixels.true.append(true_rate[known])
    pixels.fine.append(fine[known])
    pixels.found.append(found[known])
    pixels.error.append(uncertain[known])
    pixels.coherence.append(coherence[known])
    pixels.series.append(np.sqrt(np.mean(np.square(off), axis=0))[known])
    pixels.t95 = t95(int(PERIOD.within(dates).sum()))


def _table(figures: dict[str, dict[str, float]]) -> Table:
    table = Table("", *next(iter(figures.values())))
    for name, own in figures.items():
        table.add_row(name, *(f"{value:.3f}" for value in own.values()))
    return table


if __name__ == "__main__":
    main()
