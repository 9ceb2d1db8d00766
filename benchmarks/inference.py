"""How fast a scene is searched for patches, against the plain way: ResNet-50 at stride 8, eager, windows of 256 at 128.

    python -m benchmarks.inference [AREA] [--model FILE] [--plain-model FILE] [--zoom Z] [--stride S] [--full] [--json]
        [--keep]

Without AREA the scene is noise at 1 m and the weights are random: speed depends on neither. Each way runs in a process
of its own, on one core, and is measured in CPU seconds, reading and writing apart; what a scene of 16,500 x 16,500
pixels costs follows from the cost of a window and the number of windows. Pixels per second are given for two cores.
With AREA and models the F1 of any mine on the labelled pixels of a crop stands beside the speed. `--full` searches a
made-up scene of 16,500 x 16,500 pixels on two threads with the wall clock running. `--keep` writes the table where the
app's quality page finds it.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.inference_figures import CORES, as_json, as_speed, as_table
from benchmarks.inference_scenes import BANDS, write_labelled, write_noise, write_random
from engine.assessment import Confusion
from engine.blocks import Workers
from engine.grid import Block
from engine.patches import inference
from engine.patches.blending import plan_windows
from engine.patches.checkpoint import Checkpoint, read_checkpoint
from engine.patches.choosing import choose
from engine.patches.inputs import ImageBands, Standardisation
from engine.patches.options import ExtractionOptions
from engine.raster import Raster, start_cog
from store.speed import keep_speed

FULL = 16_500
# Whole windows of 512 with a margin of 64; the plain ways see a crop.
SCENE, CROP = (1856, 3648), 1024
PLAIN_WINDOW, PLAIN_STEP = 256, 128


@dataclass(frozen=True)
class Way:
    """One row of the table. options : of the extraction; None for eager PyTorch with a mean over windows."""

    name: str
    checkpoint: Path
    options: ExtractionOptions | None = None


@dataclass
class Clock:
    """CPU seconds of this process within `with` blocks."""

    seconds: float = 0.0
    _started: list[float] = field(default_factory=list)

    def __enter__(self) -> "Clock":
        self._started.append(time.process_time())
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self._started.pop()

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            with self:
                return function(*given, **named)

        return call


def main() -> None:
    given = _arguments()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        labelled = write_labelled(given.area, folder, CROP) if given.area else None
        image = labelled.image if labelled else write_noise(folder / "scene.tif", SCENE)
        ways = plan_ways(given, folder, labelled.bands if labelled else BANDS)
        rows = {
            way.name: _apart(measure, way, image, labelled.crop if labelled else Block(0, CROP, 0, CROP))
            for way in ways
        }
        if labelled:
            for row in rows.values():
                row["f1"] = float(Confusion.of(labelled.labels, row["found"], 256).mines.f1[1])
        figures = as_json(rows)
        if given.full:
            full = _apart(search_full, ways[-1], write_noise(folder / "full.tif", (FULL, FULL)))
            figures |= {f"full_{name}": value for name, value in full.items()}
    Console().print(as_table(rows))
    if given.keep:
        keep_speed(as_speed(rows, command=f"python -m benchmarks.inference {_named(sys.argv[1:])}"))
    if given.json:
        print(json.dumps(figures))


def _named(arguments: Sequence[str]) -> str:
    """Arguments without the folders of this machine."""
    return " ".join(argument if argument.startswith("-") else Path(argument).name for argument in arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area", type=Path, nargs="?", help="folder of an area with labels, for the F1")
    parser.add_argument("--model", type=Path, help="ours; else random weights")
    parser.add_argument("--plain-model", type=Path, help="a ResNet-50 at stride 8; else random weights")
    parser.add_argument("--zoom", type=float, default=1.0, help="of our network, where its weights are random")
    parser.add_argument("--stride", type=int, default=16, help="of our network, where its weights are random")
    parser.add_argument("--full", action="store_true", help="search 272 Mpx on two threads as well")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    parser.add_argument("--keep", action="store_true", help="keep the table for the quality page")
    return parser.parse_args()


def plan_ways(given: argparse.Namespace, folder: Path, bands: tuple[str, ...]) -> list[Way]:
    plain = given.plain_model or write_random(folder / "plain", bands, "resnet50", 8, 1, (12, 24, 36))
    plain_16 = write_random(folder / "plain-16", bands, "resnet50", 16, 1, (6, 12, 18))
    ours = given.model or write_random(folder / "ours", bands, "resnet18", given.stride, given.zoom, (3, 6, 9))
    return [
        Way("plain: ResNet-50, stride 8", plain),
        Way("ResNet-50, stride 16, eager", plain_16),
        Way("our network, eager, 256/128", ours),
        *(
            Way(f"ours, {backend} {precision}", ours, _options(backend, precision))
            for backend, precision in (
                ("pytorch", "float32"),
                ("openvino", "float32"),
                ("openvino", "bfloat16"),
                ("openvino", "int8"),
            )
        ),
    ]


def _options(backend: Any, precision: Any) -> ExtractionOptions:
    return ExtractionOptions(model="-", backend=backend, precision=precision)


def _apart(function: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    """What a function gives in a process of its own, with the most memory of that process, MiB."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        found = process.submit(function, *given).result()
        return found | {"peak_mb": process.submit(_peak).result()}


def _peak() -> float:
    """The most memory of this program: `ru_maxrss` would count that of the process that started it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def measure(way: Way, image: Path, crop: Block) -> dict[str, Any]:
    """CPU seconds per Mpx of a large scene, and what was found in the crop (class codes)."""
    torch.set_num_threads(1)
    checkpoint = read_checkpoint(way.checkpoint)
    bands = ImageBands.named(image, [band.name for band in checkpoint.description.bands])
    if way.options is None:
        return _measure_plain(checkpoint, bands, crop)
    return _measure_ours(checkpoint, bands, way.options, crop)


def _measure_plain(checkpoint: Checkpoint, image: ImageBands, crop: Block) -> dict[str, Any]:
    values = Standardisation.of(checkpoint.description, image)(image.read(crop))
    windows = list(plan_windows(crop.shape, PLAIN_WINDOW, PLAIN_WINDOW - PLAIN_STEP))
    total = np.zeros((len(checkpoint.description.classes), *crop.shape), np.float32)
    network = checkpoint.network
    clock = Clock()
    with torch.inference_mode(), clock:
        for window in windows:
            batch = torch.from_numpy(np.ascontiguousarray(values[:, *window.slices]))[None]
            total[:, *window.slices] += network(batch).softmax(dim=1)[0].numpy()
        found = total.argmax(axis=0).astype(np.uint8)
    return {"cpu_s_per_mpx": _of_large_scene(clock.seconds / len(windows), PLAIN_WINDOW, 128), "found": found}


def _measure_ours(checkpoint: Checkpoint, image: ImageBands, options: ExtractionOptions, crop: Block) -> dict[str, Any]:
    reading, writing, whole, preparing = Clock(), Clock(), Clock(), Clock()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with preparing:
            predict, agreement = _prepare(checkpoint, image, options, folder)
            predict(np.zeros((len(image.numbers), options.window, options.window), np.float32))  # compiles
        with (
            patch.object(ImageBands, "read", reading.timed(ImageBands.read)),
            patch.object(inference, "start_cog", _timed_cog(writing)),
            patch.object(inference, "write_mask", writing.timed(inference.write_mask)),
            whole,
        ):
            found = inference.predict_windows(
                image,
                checkpoint.description.classes[1:],
                predict,
                folder,
                options,
                workers=Workers("serial"),
                count=_uncounted,
            )
        with Raster(folder / inference.MASK) as raster:
            mask = raster.read(block=crop)
    seconds = whole.seconds - reading.seconds - writing.seconds
    return {
        "cpu_s_per_mpx": _of_large_scene(seconds / found["windows"], options.window, options.margin),
        "read_s_per_mpx": reading.seconds / found["pixels"] * 1e6,
        "write_s_per_mpx": writing.seconds / found["pixels"] * 1e6,
        "prepare_s": preparing.seconds,
        **agreement,
        "found": np.where(mask == 255, np.uint8(0), mask),
    }


def _prepare(
    checkpoint: Checkpoint, image: ImageBands, options: ExtractionOptions, folder: Path
) -> tuple[inference.NetworkPredictor, dict[str, float]]:
    with Raster(image.path) as raster:
        shape = raster.grid.shape
    window = (min(options.window, shape[0]), min(options.window, shape[1]))
    choice = choose(checkpoint, checkpoint.network, image, shape, window, folder / "network", options, windows=100)
    predict = inference.NetworkPredictor(
        choice.prepared, Standardisation.of(checkpoint.description, image), window, d4=False
    )
    one = choice.agreement.get(choice.prepared.precision)
    return predict, {"argmax_agreement": one.argmax} if one else {}


def _timed_cog(clock: Clock) -> Callable[..., Any]:
    @contextmanager
    def start(*given: Any, **named: Any) -> Iterator[Callable[[Block, NDArray[Any]], None]]:
        opened = start_cog(*given, **named)
        with clock:
            write = opened.__enter__()
        yield clock.timed(write)
        with clock:
            opened.__exit__(None, None, None)

    return start


def _of_large_scene(seconds_per_window: float, window: int, margin: int) -> float:
    """CPU seconds per Mpx of a scene of FULL x FULL pixels."""
    windows = sum(1 for _ in plan_windows((FULL, FULL), window, margin))
    return seconds_per_window * windows / FULL**2 * 1e6


def search_full(way: Way, image: Path) -> dict[str, Any]:
    """The whole of a large scene on two threads, as the pipeline runs it but for what it keeps in case it is killed."""
    assert way.options is not None
    torch.set_num_threads(CORES)
    checkpoint = read_checkpoint(way.checkpoint)
    bands = ImageBands.named(image, [band.name for band in checkpoint.description.bands])
    writing = Clock()
    with TemporaryDirectory() as scratch:
        predict, _ = _prepare(checkpoint, bands, way.options, Path(scratch))
        names, workers = checkpoint.description.classes[1:], Workers("threads", CORES)
        with (
            patch.object(inference, "start_cog", _timed_cog(writing)),
            patch.object(inference, "write_mask", writing.timed(inference.write_mask)),
        ):
            started, cpu = time.perf_counter(), time.process_time()
            inference.predict_windows(
                bands, names, predict, Path(scratch), way.options, workers=workers, count=_uncounted
            )
            wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {"wall_s": wall, "cpu_s": cpu, "write_cpu_s": writing.seconds}


def _uncounted(_total: int) -> Callable[[], None]:
    return lambda: None


if __name__ == "__main__":
    main()
