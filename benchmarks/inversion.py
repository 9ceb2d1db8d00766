"""How fast stacks are inverted, beside MintPy in the same run; and where the time of the whole radar half goes.

    python -m benchmarks.inversion [--pixels N] [--peer-pixels N] [--full] [--additions] [--json]

The network is the paper's, 334 pairs of 89 dates; phase is a random walk with noise, a twentieth of it missing. Weights
are the inverse variance of phase. Times are CPU seconds; the bandwidth that parts reach is set against that of copying
an array. `--full` writes a stack of 1.2 million pixels as GeoTIFFs and goes from files to velocity.h5 on all cores,
with the wall clock running, in a process of its own whose memory is told. `--additions` lays down a stack of half a
million pixels, from scratch and with its last four pairs added to the others.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from filecmp import cmp
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rich.console import Console
from rich.table import Table

from benchmarks.mintpy_inverter import invert_with_mintpy
from engine.blocks import Workers, map_blocks
from engine.deformation.additions import Provenance
from engine.deformation.correcting import correct_series
from engine.deformation.corrections import CorrectionOptions
from engine.deformation.geotiff import GeoTiffStack
from engine.deformation.inversion import InversionOptions
from engine.deformation.network import Network, NetworkOptions
from engine.deformation.normal_equations import invert_by_normal_equations
from engine.deformation.rates import estimate_rates
from engine.deformation.stack import DatePair, GeoTiffOptions
from engine.deformation.steps import ChosenNetwork, PreparedStack, choose_network, invert_stack, prepare_stack
from engine.deformation.unwrapping import find_loops, find_wrongly_unwrapped
from engine.deformation.velocity import VelocityOptions
from engine.deformation.weights import weights_from_coherence
from engine.grid import Block, Grid
from engine.raster import write_tiled
from engine.simulate.radar.acquisitions import MAX_DAYS, MAX_PERPENDICULAR_M, acquisitions, interferograms
from engine.simulate.radar.line_of_sight import WAVELENGTH_M
from engine.steps import Progress, Workspace

Array = NDArray[np.float32]
MISSING, LOOKS = 0.05, 8.0
FULL = Grid(CRS.from_epsg(32648), Affine(15.0, 0, 540_000.0, 0, -15.0, 4_170_000.0), (1_096, 1_095))
HALF = replace(FULL, shape=(720, 700))
OPTIONS = GeoTiffOptions(format="geotiff", wavelength_m=WAVELENGTH_M, incidence_deg=37.28, looks=LOOKS)
ADDED = 4  # pairs


def main() -> None:
    given = _arguments()
    console = Console()
    figures: dict[str, Any] = measure(given.pixels, given.peer_pixels)
    console.print(_table(figures))
    if given.full:
        with TemporaryDirectory() as name:
            write_stack(Path(name), FULL)
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                figures["full"] = pool.submit(go_through, Path(name)).result()
        console.print(figures["full"])
    if given.additions:
        with TemporaryDirectory() as name:
            figures["additions"] = add_pairs(Path(name))
        console.print(figures["additions"])
    if given.json:
        print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pixels", type=int, default=65_536)
    parser.add_argument("--peer-pixels", type=int, default=300, help="of the same, that MintPy inverts")
    parser.add_argument("--full", action="store_true", help="from files to velocity.h5, 1.2 million pixels")
    parser.add_argument("--additions", action="store_true", help="to a stack of half a million pixels")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    return parser.parse_args()


def paper_network() -> Network:
    pairs = interferograms(acquisitions())
    within = [pair for pair in pairs if pair.days <= MAX_DAYS and abs(pair.perpendicular) <= MAX_PERPENDICULAR_M]
    return Network(tuple(DatePair(pair.first.date, pair.second.date) for pair in within))


def observe(network: Network, pixels: int, seed: int = 1) -> tuple[Array, Array]:
    """Phase in radians and coherence, shape (pairs, pixels) each."""
    chance = np.random.default_rng(seed)
    series = np.cumsum(chance.normal(0, 0.3, (len(network.dates), pixels)).astype(np.float32), axis=0)
    phase = series[network.edges[:, 1]] - series[network.edges[:, 0]]
    phase += chance.standard_normal(phase.shape, np.float32) * np.float32(0.3)
    phase[chance.random(phase.shape, np.float32) < MISSING] = np.nan
    coherence = 0.1 + 0.89 * chance.random(phase.shape, np.float32)
    return phase, coherence


def measure(pixels: int, peer_pixels: int) -> dict[str, Any]:
    """CPU seconds a pixel of each part, and of MintPy's."""
    network = paper_network()
    phase, coherence = observe(network, pixels)
    few = np.ascontiguousarray(phase[:, :64]), np.ascontiguousarray(coherence[:, :64])
    loops, functional = find_loops(network), VelocityOptions().functional(network.dates)
    compiling = time.process_time()
    weights_from_coherence(few[1], "variance", LOOKS)
    invert_by_normal_equations(network, few[0], few[1], functional=functional)
    find_wrongly_unwrapped(loops, few[0])
    compiling = time.process_time() - compiling
    weight = weights_from_coherence(coherence, "variance", LOOKS)
    parts = {
        "weights": _fastest(lambda: weights_from_coherence(coherence, "variance", LOOKS)),
        "inversion": _fastest(lambda: invert_by_normal_equations(network, phase, weight)),
        "inversion with deviation": _fastest(
            lambda: invert_by_normal_equations(network, phase, weight, functional=functional)
        ),
        "unwrapping check": _fastest(lambda: find_wrongly_unwrapped(loops, phase)),
    }
    started = time.process_time()
    theirs = invert_with_mintpy(network, phase[:, :peer_pixels], weight[:, :peer_pixels])
    peer = (time.process_time() - started) / peer_pixels
    ours = invert_by_normal_equations(network, phase[:, :peer_pixels], weight[:, :peer_pixels])
    metres = WAVELENGTH_M / (4 * np.pi)
    alone, together = (_wall_of_threads(network, phase, weight, count) for count in (1, 2))
    copied = _fastest(lambda: phase.copy())
    moved = 2 * phase.nbytes
    return {
        "pixels": pixels,
        "pairs": len(network.pairs),
        "dates": len(network.dates),
        "compiling_s": compiling,
        "us_per_pixel": {name: 1e6 * value / pixels for name, value in parts.items()},
        "mintpy_us_per_pixel": 1e6 * peer,
        "times_faster": peer / (parts["inversion"] / pixels),
        "greatest_difference_m": float(np.nanmax(np.abs(ours.phase - theirs.phase))) * metres,
        "two_threads": alone / together,
        "copy_gb_per_s": moved / copied / 1e9,
        "inversion_gb_per_s": (phase.nbytes + weight.nbytes) / parts["inversion"] / 1e9,
        "weights_gb_per_s": moved / parts["weights"] / 1e9,
    }


def _fastest(work: Callable[[], object], times: int = 3) -> float:
    """CPU seconds of the fastest of some runs."""
    found = []
    for _ in range(times):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def _wall_of_threads(network: Network, phase: Array, weight: Array, count: int) -> float:
    """Seconds by the clock to invert all pixels in blocks on so many threads; the fastest of three runs."""
    blocks = [Block(0, 1, number, number + 1) for number in range(8)]
    parts = [np.ascontiguousarray(part) for part in np.array_split(phase, len(blocks), axis=1)]
    weights = [np.ascontiguousarray(part) for part in np.array_split(weight, len(blocks), axis=1)]

    def invert(block: Block) -> dict[str, NDArray[Any]]:
        return {"phase": invert_by_normal_equations(network, parts[block.col0], weights[block.col0]).phase}

    found = []
    for _ in range(3):
        started = time.perf_counter()
        for _block, _result in map_blocks(invert, blocks, workers=Workers("threads", count)):
            pass
        found.append(time.perf_counter() - started)
    return min(found)


def _table(figures: dict[str, Any]) -> Table:
    table = Table("part", "µs a pixel", title=f"{figures['pairs']} pairs, {figures['dates']} dates, weighted")
    for name, value in figures["us_per_pixel"].items():
        table.add_row(name, f"{value:.2f}")
    table.add_row("MintPy", f"{figures['mintpy_us_per_pixel']:.0f}")
    table.add_row("times faster than MintPy", f"{figures['times_faster']:.0f}")
    table.add_row("greatest difference, m", f"{figures['greatest_difference_m']:.1e}")
    table.add_row("two threads against one", f"{figures['two_threads']:.2f}")
    table.add_row("compiling, s", f"{figures['compiling_s']:.1f}")
    for part in ("copy", "inversion", "weights"):
        table.add_row(f"{part}, GB/s", f"{figures[f'{part}_gb_per_s']:.2f}")
    return table


def write_stack(folder: Path, grid: Grid, numbers: slice = slice(None)) -> None:
    """GeoTIFFs of phase and coherence of the paper's network, of the pairs of these numbers."""
    network = paper_network()
    pixels = grid.rows * grid.cols
    chance = np.random.default_rng(2)
    rate = chance.normal(0, 1.0, grid.shape).astype(np.float32)
    delays = chance.normal(0, 1.0, len(network.dates)).astype(np.float32)
    for number in range(len(network.pairs))[numbers]:
        pair, (first, second) = network.pairs[number], network.edges[number]
        own = np.random.default_rng(number)
        years = np.float32(network.years[second] - network.years[first])
        phase = rate * years + delays[second] - delays[first] + 40
        phase += own.standard_normal(grid.shape, np.float32) * np.float32(0.3)
        phase.ravel()[own.integers(0, pixels, int(MISSING * pixels))] = np.nan
        coherence = 0.1 + 0.89 * own.random(grid.shape, np.float32)
        for what, values in (("unw", phase), ("cc", coherence)):
            write_tiled(folder / f"{pair}_{what}.tif", values.astype(np.float32), grid, nodata=np.nan)


def go_through(folder: Path) -> dict[str, Any]:
    """From files to rates; wall and CPU seconds of each step, and the most memory at once."""
    inversion = InversionOptions(weights="variance")
    workers, found = Workers(), {}
    progress = Progress(folder / "status.json")
    for name in ("prepared", "network", "inverted", "corrected", "rates"):
        (folder / name).mkdir()

    def timed(name: str, work: Callable[[], object]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found[name] = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}

    reader = GeoTiffStack(OPTIONS, folder)
    timed("stack", lambda: prepare_stack(reader, folder / "prepared", options=inversion, progress=progress))
    stack = PreparedStack.read(folder / "prepared")
    timed("network", lambda: choose_network(stack, folder / "network", NetworkOptions()))
    chosen = ChosenNetwork.read(folder / "network", stack)
    timed(
        "inversion",
        lambda: invert_stack(stack, chosen, folder / "inverted", inversion, workers=workers, progress=progress),
    )
    timed(
        "ramps",
        lambda: correct_series(
            stack,
            chosen,
            folder / "inverted",
            folder / "corrected",
            inversion=inversion,
            options=CorrectionOptions(ramp="linear"),
            area_folder=folder,
            workers=workers,
            progress=progress,
        ),
    )
    timed(
        "rates",
        lambda: estimate_rates(
            stack,
            folder / "inverted",
            folder / "rates",
            VelocityOptions(),
            block=inversion.block,
            corrected=folder / "corrected",
            workers=workers,
            progress=progress,
        ),
    )
    total = sum(step["wall_s"] for step in found.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"pixels": stack.grid.rows * stack.grid.cols, "steps": found, "wall_s": total, "peak_gb": peak}


def add_pairs(folder: Path) -> dict[str, Any]:
    """Wall and CPU seconds to lay down the stack, all read and with its last pairs added; sums of files included."""
    write_stack(folder, HALF, slice(-ADDED))
    workspace = Workspace(folder / "work", {}, Progress(folder / "status.json"))
    found: dict[str, Any] = {"pixels": HALF.rows * HALF.cols}

    def lay_down(name: str, workspace: Workspace, former: Path | None) -> Path:
        laid = folder / "laid" / name
        laid.mkdir(parents=True)
        wall, cpu = time.perf_counter(), time.process_time()
        report = prepare_stack(
            GeoTiffStack(OPTIONS, folder),
            laid,
            options=InversionOptions(weights="variance"),
            progress=workspace.progress,
            provenance=Provenance(workspace.fingerprint, {}, former),
        )
        found[name] = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu} | report
        return laid

    before = lay_down("before", workspace, None)
    write_stack(folder, HALF, slice(-ADDED, None))
    added = lay_down("added", workspace, before)
    scratch = lay_down("from scratch", Workspace(folder / "another", {}, workspace.progress), None)
    found["same"] = all(cmp(path, scratch / path.name, shallow=False) for path in added.iterdir())
    return found


if __name__ == "__main__":
    main()
