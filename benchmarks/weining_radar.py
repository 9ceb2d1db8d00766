"""How like reality the simulated interferograms are: pictures and figures beside a real stack.

    python -m benchmarks.weining_radar FOLDER OUT [--real FOLDER] [--size small] [--seed 7]

FOLDER holds `radar/` and `truth/` of an area of this size and seed; OUT takes the pictures. The real stack is one of
HyP3 products (`--real`), the 30 pairs over Mexico City of PyRate's test data where nothing else is said. Ground that
sinks steadily is taken out of both before their air is compared: each pixel's own line through its pairs.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from engine.deformation.hyp3 import Hyp3Stack
from engine.deformation.stack import Hyp3Options, Interferogram
from engine.raster import Raster
from engine.simulate.frame import SIZES, Frame
from engine.simulate.planning.layout import make_plan
from engine.simulate.radar.acquisitions import MAX_DAYS, MAX_PERPENDICULAR_M, acquisitions, discarded, interferograms
from engine.simulate.radar.atmosphere import Air
from engine.simulate.radar.decorrelation import Ground
from engine.simulate.radar.line_of_sight import WAVELENGTH_M
from engine.simulate.radar.motion_truth import rate
from engine.simulate.radar.stack import Scene

REAL = Path(__file__).parents[2] / "shared" / "data" / "mexico_hyp3"
RAD_TO_MM = WAVELENGTH_M / (4 * np.pi) * 1e3
# Distances at which phase is compared, m, and how many places begin each comparison.
DISTANCES_M = np.geomspace(150, 9_000, 14)
_PLACES = 6_000
SIMULATED, REALITY = "#0072b2", "#d55e00"
Values = NDArray[np.float32]


@dataclass(frozen=True)
class Stack:
    """Some pairs of one stack. phase : mm along the line of sight, away positive; coherence : of each, NaN for none."""

    title: str
    days: list[int]
    phase: list[Values]
    coherence: list[Values]
    pixel_m: tuple[float, float]


def main() -> None:
    given = _arguments()
    mpl.use("Agg")
    given.out.mkdir(parents=True, exist_ok=True)
    simulated = read_stack("simulated", given.folder / "radar", given.pairs)
    real = read_stack("Mexico City", given.real, given.pairs)
    plan, terrain = make_plan(Frame(SIZES[given.size], given.seed))
    scene = Scene(plan, terrain, tuple(acquisitions()))
    draw_coherence(simulated, real, scene, given.out / "coherence.png")
    draw_structure(simulated, real, given.out / "structure.png")
    draw_rates(scene, given.folder / "truth", given.out / "rates.png")
    draw_air(scene, given.folder / "radar", given.out / "air.png")
    draw_network(scene, given.out / "network.png")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--real", type=Path, default=REAL)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=40, help="most pairs of a stack that are read")
    return parser.parse_args()


def read_stack(title: str, folder: Path, most: int) -> Stack:
    """Evenly chosen pairs of at most 60 days and the paper's baseline."""
    reader = Hyp3Stack(Hyp3Options(format="hyp3"), folder)
    fitting = [item for item in reader.interferograms if _fits(item)]
    chosen = fitting[:: max(1, -(-len(fitting) // most))]
    height, width = reader.grid.pixel_size
    return Stack(
        title,
        [item.pair.days for item in chosen],
        [reader.phase(item) * np.float32(RAD_TO_MM) for item in chosen],
        [reader.coherence(item) for item in chosen],
        (height, width),
    )


def _fits(item: Interferogram) -> bool:
    baseline = item.perpendicular_baseline
    return item.pair.days <= MAX_DAYS and baseline is not None and abs(baseline) <= MAX_PERPENDICULAR_M


def without_motion(stack: Stack) -> list[Values]:
    """Phase about its median, less each pixel's line through all pairs."""
    about = np.array([phase - np.nanmedian(phase) for phase in stack.phase])
    days = np.array(stack.days, np.float32)[:, None, None]
    known = np.isfinite(about)
    slope = np.where(known, about * days, 0).sum(axis=0) / np.maximum((known * days**2).sum(axis=0), 1)
    return list(about - slope * days)


def coarsened(stack: Stack, pixel_m: float) -> Stack:
    """Means over so many pixels along each axis as come near a pixel of this size."""
    rows, cols = (max(1, round(pixel_m / size)) for size in stack.pixel_m)
    phase = []
    for values in stack.phase:
        down, along = values.shape[0] // rows, values.shape[1] // cols
        parts = values[: down * rows, : along * cols].reshape(down, rows, along, cols)
        known = np.isfinite(parts).sum(axis=(1, 3))
        phase.append(np.where(known > 0, np.nansum(parts, axis=(1, 3)) / np.maximum(known, 1), np.nan))
    return replace(stack, phase=phase, pixel_m=(stack.pixel_m[0] * rows, stack.pixel_m[1] * cols))


def structure(values: Values, pixel_m: tuple[float, float], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """RMS difference between places so far apart in any direction; NaN where the frame is too small."""
    chance = np.random.default_rng(0)
    rows, cols = (chance.integers(0, size, _PLACES) for size in values.shape)
    result = np.full(len(distances), np.nan)
    for number, distance in enumerate(distances):
        turn = chance.uniform(0, 2 * np.pi, _PLACES)
        there_row = np.round(rows + distance * np.sin(turn) / pixel_m[0]).astype(int)
        there_col = np.round(cols + distance * np.cos(turn) / pixel_m[1]).astype(int)
        inside = (there_row >= 0) & (there_row < values.shape[0]) & (there_col >= 0) & (there_col < values.shape[1])
        if inside.sum() > _PLACES // 20:
            difference = values[rows[inside], cols[inside]] - values[there_row[inside], there_col[inside]]
            result[number] = np.sqrt(np.nanmean(difference**2))
    return result


def draw_structure(simulated: Stack, real: Stack, path: Path) -> None:
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    for stack, colour in ((simulated, SIMULATED), (real, REALITY)):
        coarse = coarsened(stack, max(real.pixel_m))
        curves = np.array([structure(phase, coarse.pixel_m, DISTANCES_M) for phase in without_motion(coarse)])
        there = np.isfinite(curves).all(axis=0)
        low, middle, high = np.percentile(curves[:, there], (10, 50, 90), axis=0)
        distance = DISTANCES_M[there] / 1e3
        axes.fill_between(distance, low, high, color=colour, alpha=0.18, lw=0)
        axes.plot(distance, middle, color=colour, label=f"{stack.title}: median and 80 % of {len(curves)} pairs")
        wide = (distance > 0.9) & (distance < 6)
        slope = np.polyfit(np.log(distance[wide]), np.log(middle[wide]), 1)[0] if wide.sum() > 2 else np.nan
        at = [float(np.interp(km, distance, middle, right=np.nan)) for km in (0.3, 1.0, 3.0, 6.0)]
        print(
            f"{stack.title:<12} RMS difference in mm at 0.3, 1, 3, 6 km {np.round(at, 2)}, slope 0.9–6 km {slope:.2f}"
        )
    axes.set(xscale="log", yscale="log", xlabel="distance, km", ylabel="RMS difference along the line of sight, mm")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3, which="both")
    figure.savefig(path, dpi=110)


def draw_coherence(simulated: Stack, real: Stack, scene: Scene, path: Path) -> None:
    figure = Figure(figsize=(13, 4.6), layout="constrained")
    image, spread, kinds = figure.subplots(1, 3, width_ratios=(1.2, 1, 1))
    mean = np.nanmean(np.array(simulated.coherence), axis=0)
    shown = image.imshow(mean, vmin=0, vmax=1, cmap="gray")
    image.set_title("mean coherence, simulated")
    figure.colorbar(shown, ax=image, shrink=0.7)
    for stack, colour in ((simulated, SIMULATED), (real, REALITY)):
        values = np.concatenate([coherence[np.isfinite(coherence)] for coherence in stack.coherence])
        spread.hist(
            values, np.linspace(0, 1, 51), density=True, histtype="step", color=colour, label=stack.title, lw=1.6
        )
        told = f"mean {values.mean():.3f}, 10, 50, 90 % {np.round(np.percentile(values, (10, 50, 90)), 2)}"
        print(f"{stack.title:<12} coherence of pairs up to {MAX_DAYS} days: {told}")
    spread.set(xlabel="coherence", ylabel="density")
    spread.legend(frameon=False)
    for kind in np.unique(scene.decorrelation.ground):
        own = scene.decorrelation.ground == kind
        by_days = sorted({*simulated.days})
        middle = [
            np.nanmean([c[own].mean() for d, c in zip(simulated.days, simulated.coherence, strict=True) if d == days])
            for days in by_days
        ]
        kinds.plot(by_days, middle, marker="o", ms=3, label=Ground(int(kind)).name.lower())
    kinds.set(xlabel="days between", ylabel="mean coherence by ground", ylim=(0, 1))
    kinds.legend(frameon=False, ncols=2, fontsize=8)
    figure.savefig(path, dpi=110)


def draw_rates(scene: Scene, truth: Path, path: Path) -> None:
    with Raster(truth / "displacement_up.tif") as cube:
        up = cube.read_bands()
    rates = rate(up, scene.dates)
    print(f"truth: rates from {np.nanmin(rates):.1f} to {np.nanmax(rates):.1f} mm/yr")
    places = scene.places
    extent = tuple(value / 1e3 for value in (places.x[0], places.x[-1], places.y[-1], places.y[0]))
    width = 7.0 * places.shape[1] / places.shape[0] + 1.6
    figure = Figure(figsize=(width, 7.0), layout="constrained")
    axes = figure.subplots()
    shown = axes.imshow(rates, vmin=-20, vmax=20, cmap="RdBu", extent=extent)
    axes.imshow(np.where(np.isnan(rates), 1.0, np.nan), cmap="Greys", vmin=0, vmax=1.4, extent=extent)
    for patch in scene.plan.patches:
        for part in getattr(patch.ground, "geoms", (patch.ground,)):
            axes.plot(*(np.array(part.exterior.xy) / 1e3), color="black", lw=0.5)
    figure.colorbar(shown, ax=axes, label="true vertical rate, mm/yr", shrink=0.6)
    axes.set(xlabel="x, km", ylabel="y, km", title="true vertical rate; grey: ground dug away; outlines: patches")
    figure.savefig(path, dpi=110)


def draw_air(scene: Scene, folder: Path, path: Path) -> None:
    """One interferogram as delivered, and what the air has in it."""
    reader = Hyp3Stack(Hyp3Options(format="hyp3"), folder)
    item = next(one for one in reader.interferograms if one.pair.first.month == 6 and one.pair.days == 36)
    number = {day: index for index, day in enumerate(scene.dates)}
    air = [scene.air_phase(Air(scene.plan.frame, day)) * np.float32(RAD_TO_MM) for day in item.pair]
    phase = reader.phase(item) * np.float32(RAD_TO_MM)
    delay = air[1] - air[0]
    ramps = (scene.orbit_phase(number[item.pair.second]) - scene.orbit_phase(number[item.pair.first])) * RAD_TO_MM
    pictures = {"as delivered": phase, "its air": delay, "without air and ramp": phase - delay - ramps}
    figure = Figure(figsize=(14, 4.5 * phase.shape[0] / phase.shape[1] + 0.9), layout="constrained")
    limit = float(np.nanpercentile(np.abs(phase - np.nanmedian(phase)), 99))
    for axes, (title, values) in zip(figure.subplots(1, 3), pictures.items(), strict=True):
        about = values - np.nanmedian(values)
        shown = axes.imshow(about, vmin=-limit, vmax=limit, cmap="RdYlBu_r", interpolation="nearest")
        axes.set_title(f"{title} ({np.nanstd(about):.1f} mm)")
        axes.set_axis_off()
    figure.suptitle(f"{item.pair.first} – {item.pair.second}, mm away from the satellite")
    figure.colorbar(shown, ax=figure.axes, shrink=0.7)
    figure.savefig(path, dpi=110)


def draw_network(scene: Scene, path: Path) -> None:
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    axes = figure.subplots()
    for pair in interferograms(scene.passes):
        left = discarded() in pair
        style = {"color": "#999999", "ls": ":"} if left else {"color": SIMULATED, "ls": "-"}
        axes.plot([item.date for item in pair], [item.perpendicular for item in pair], lw=0.6, **style)
    axes.plot([item.date for item in scene.passes], [item.perpendicular for item in scene.passes], "k.", ms=5)
    axes.set(ylabel="perpendicular baseline, m", title="334 pairs of 89 dates; dotted: those of the discarded one")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
