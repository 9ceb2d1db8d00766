"""How fast images are segmented, and in how much memory: whole, at rising scales, in tiles; beside another program.

    python -m benchmarks.segmentation [--image FILE] [--sizes N ...] [--scale S] [--peer COMMAND] [--full] [--json]

Without an image one is made up: fractal ground in three bands of 8 bits. Every row is measured in a process of its own,
on one core, in CPU seconds; compiling is told apart, and so is what the process takes before it begins. `--peer` runs
another program on the same crop with the same parameters and holds its labels against ours; in COMMAND, {image}, {out},
{scale}, {shape} and {compactness} are filled in, and it must write labels to {out} as a raster. `--full` segments
16,500 x 16,500 pixels in tiles on all cores with the wall clock running.
"""

import argparse
import json
import os
import resource
import shlex
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
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
from scipy.ndimage import binary_dilation

from engine.blocks import Workers
from engine.grid import Block, Grid
from engine.objects.rasters import StretchedImage
from engine.objects.segmentation import SegmentationOptions, segment, segment_scales
from engine.objects.tiles import segment_in_tiles
from engine.raster import Raster, start_cog
from engine.simulate.noise import fractal

_FULL = 16_500
_SWEEP = range(10, 301)


def main() -> None:
    given = _arguments()
    options = SegmentationOptions(scale=given.scale, shape=0.2, compactness=0.5)
    figures: dict[str, float] = {}
    table = Table("", "CPU s", "Mpx a CPU s", "bytes a pixel", "objects", title="Segmentation", title_justify="left")
    with TemporaryDirectory() as scratch:
        image = given.image or made_up(Path(scratch) / "ground.tif", max(given.sizes))
        figures["compile_cpu_s"] = _apart(_compile, cache=Path(scratch) / "cache")["cpu_s"]
        for size in given.sizes:
            found = _apart(_whole, image, size, options)
            # What is left of a small crop's memory was there before; the largest tells what a pixel takes.
            _add(table, f"whole, {size} x {size}", size, found if size == max(given.sizes) else _without_bytes(found))
            figures[f"mpx_per_cpu_s_{size}"] = size**2 / 1e6 / found["cpu_s"]
            figures["bytes_per_px"] = found["bytes"] / size**2
        tiles = _apart(_tiled, image, max(given.sizes), options)
        _add(table, f"in tiles, {max(given.sizes)} x {max(given.sizes)}", max(given.sizes), tiles)
        figures |= {"tiles_same_objects": tiles["same"], "tiles_seam_pixels_that_differ": tiles["differ"]}
        size = min(1024, max(given.sizes))
        one = _apart(_whole, image, size, options.model_copy(update={"scale": float(_SWEEP[-1])}))
        sweep = _apart(_sweep, image, size, options)
        _add(table, f"{len(_SWEEP)} scales, {size} x {size}", size, sweep)
        figures["sweep_against_one_run"] = sweep["cpu_s"] / one["cpu_s"]
        if given.peer:
            peer = run_peer(given.peer, image, min(given.sizes), options, Path(scratch))
            _add(table, f"peer, {min(given.sizes)} x {min(given.sizes)}", min(given.sizes), peer)
            least = min(given.sizes)
            figures["times_peer"] = peer["cpu_s"] * figures[f"mpx_per_cpu_s_{least}"] / (least**2 / 1e6)
            figures["peer_boundary_f1"] = peer["boundary_f1"]
        if given.full:
            large = made_up(Path(scratch) / "large.tif", _FULL)
            full = _apart(_search_full, large, options)
            _add(table, f"in tiles, {_FULL} x {_FULL}, all cores", _FULL, full)
            figures |= {"full_wall_s": full["wall_s"], "full_peak_gb": full["peak"] / 1e9}
    console = Console()
    console.print(table)
    for name, value in figures.items():
        console.print(f"{name:<32} {value:.3f}")
    if given.json:
        print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", type=Path, help="8-bit raster; its first three bands, from the upper left corner")
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048, 4096], help="edges of crops, pixels")
    parser.add_argument("--scale", type=float, default=80.0)
    parser.add_argument("--peer", metavar="COMMAND", help="another program, run on the smallest crop")
    parser.add_argument("--full", action="store_true", help="16,500 x 16,500 pixels as well (minutes)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    return parser.parse_args()


def made_up(path: Path, size: int) -> Path:
    """Ground of hills, fields and grain at 1 m, three bands of 8 bits."""
    grid = Grid(CRS.from_epsg(32649), Affine(1, 0, 500_000, 0, -1, 4_200_000), (size, size))
    random = np.random.default_rng(1)
    with start_cog(path, grid, dtype="uint8", nodata=None, unit="1", names=["red", "green", "blue"]) as write:
        for block in grid.blocks(2048):
            x, y = np.arange(block.col0, block.col1) + 0.5, np.arange(block.row0, block.row1) + 0.5
            bands = [
                128 + 34 * fractal(7, x, y, 400.0, 7, persistence=0.7) + 14 * fractal(99 + band, x, y, 60.0, 4)
                for band in range(3)
            ]
            grain = random.normal(0, 3, (3, *block.shape))
            write(block, np.clip(np.stack(bands) + grain, 0, 255).astype(np.uint8))
    return path


def _add(table: Table, name: str, size: int, found: dict[str, Any]) -> None:
    speed = size**2 / 1e6 / found["cpu_s"]
    memory = f"{found['bytes'] / size**2:.0f}" if "bytes" in found else ""
    table.add_row(name, f"{found['cpu_s']:.1f}", f"{speed:.2f}", memory, f"{found['objects']:,}")


def _without_bytes(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "bytes"}


def _apart(function: Callable[..., dict[str, Any]], *given: Any, cache: Path | None = None) -> dict[str, Any]:
    """What a function finds in a process of its own. cache : where compiled kernels go, if not to the usual place."""
    if cache:
        os.environ["NUMBA_CACHE_DIR"] = str(cache)
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            return process.submit(function, *given).result()
    finally:
        if cache:
            del os.environ["NUMBA_CACHE_DIR"]


def _peak() -> float:
    """The most memory that this process has had so far, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _compile() -> dict[str, Any]:
    started = time.process_time()
    segment(np.zeros((3, 8, 8), np.uint8), np.ones((8, 8), bool), SegmentationOptions())
    return {"cpu_s": time.process_time() - started}


def _ready(image: Path, size: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A crop, and kernels that are compiled."""
    _compile()
    with Raster(image) as raster:
        return raster.read_bands(Block(0, size, 0, size))[:3], np.ones((size, size), bool)


def _whole(image: Path, size: int, options: SegmentationOptions) -> dict[str, Any]:
    values, valid = _ready(image, size)
    before, started = _peak(), time.process_time()
    labels = segment(values, valid, options)
    return {
        "cpu_s": time.process_time() - started,
        "bytes": _peak() - before + values.nbytes + valid.nbytes,
        "objects": int(labels.max()),
    }


def _sweep(image: Path, size: int, options: SegmentationOptions) -> dict[str, Any]:
    values, valid = _ready(image, size)
    next(segment_scales(values[:, :16, :16].copy(), valid[:16, :16].copy(), options, [10.0]))
    started = time.process_time()
    levels = [level.objects for level in segment_scales(values, valid, options, _SWEEP)]
    return {"cpu_s": time.process_time() - started, "objects": levels[-1]}


def _tiled(image: Path, size: int, options: SegmentationOptions) -> dict[str, Any]:
    values, valid = _ready(image, size)

    def read(block: Block) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        return values[(slice(None), *block.slices)], valid[block.slices]

    before, started = _peak(), time.process_time()
    labels, seams = segment_in_tiles(read, (size, size), options, bands=3, workers=Workers("serial"))
    found = {
        "cpu_s": time.process_time() - started,
        "bytes": _peak() - before,
        "objects": int(labels.max()),
        "differ": seams.differ,
    }
    return found | {"same": float(np.array_equal(labels, segment(values, valid, options)))}


def _search_full(image: Path, options: SegmentationOptions) -> dict[str, Any]:
    _compile()
    source, workers = StretchedImage(image), Workers()
    started, wall = time.process_time(), time.monotonic()
    labels, _ = segment_in_tiles(source.read, source.grid.shape, options, bands=source.bands, workers=workers)
    return {
        "cpu_s": time.process_time() - started,
        "wall_s": time.monotonic() - wall,
        "bytes": _peak(),
        "peak": _peak(),
        "objects": int(labels.max()),
    }


def run_peer(command: str, image: Path, size: int, options: SegmentationOptions, scratch: Path) -> dict[str, Any]:
    """CPU seconds of another program on a crop, and how far its boundaries agree with ours to one pixel."""
    with Raster(image) as raster:
        values = raster.read_bands(Block(0, size, 0, size))[:3]
        grid = Grid(raster.grid.crs, raster.grid.transform, (size, size))
    crop, out = scratch / "crop.tif", scratch / "peer.tif"
    with start_cog(crop, grid, dtype="uint8", nodata=None, unit="1", names=["1", "2", "3"]) as write:
        write(Block(0, size, 0, size), values)
    filled = command.format(image=crop, out=out, **options.model_dump(exclude={"weights"}))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(shlex.split(filled), check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Raster(out) as raster:
        theirs = raster.read()
    ours = segment(values, np.ones((size, size), bool), options)
    return {
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "objects": len(np.unique(theirs)),
        "boundary_f1": boundary_f1(ours, theirs),
    }


def boundary_f1(ours: NDArray[np.integer], theirs: NDArray[np.integer]) -> float:
    """Agreement of boundaries to one pixel, diagonals included."""
    one, other = _boundaries(ours), _boundaries(theirs)
    near = np.ones((3, 3), bool)
    precision = (one & binary_dilation(other, near)).sum() / one.sum()
    recall = (other & binary_dilation(one, near)).sum() / other.sum()
    return float(2 * precision * recall / (precision + recall))


def _boundaries(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Pixels on either side of a boundary."""
    found = np.zeros(labels.shape, bool)
    down, along = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    found[1:] |= down
    found[:-1] |= down
    found[:, 1:] |= along
    found[:, :-1] |= along
    return found


if __name__ == "__main__":
    main()
