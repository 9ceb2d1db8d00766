"""Class probabilities of a whole image, and its preliminary mask, from a network that sees it through windows."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blocks import Workers, map_blocks
from engine.grid import Block
from engine.patches.backends import Backend, Prepared
from engine.patches.blending import MISSING, NO_PROBABILITY, Blend, plan_segments, plan_windows, within
from engine.patches.checkpoint import read_checkpoint
from engine.patches.choosing import choose, padded
from engine.patches.inputs import ImageBands, Standardisation, check_units
from engine.patches.mask import write_mask
from engine.patches.options import ExtractionOptions
from engine.raster import Raster, start_cog

PROBABILITY, CLASS_PROBABILITIES, MASK = "probability.tif", "class_probabilities.tif", "mask.tif"
_NETWORK = "network"  # the folder of what a backend runs, until the image is done

# Probabilities of background and classes in units of 1/ONE, shape (1 + classes, rows, cols), for the bands of a window,
# float32 of shape (bands, rows, cols), NaN for no data.
Predictor = Callable[[NDArray[np.float32]], NDArray[np.int16]]


@dataclass(frozen=True)
class NetworkPredictor:
    """A network as a function of a window. Only its path travels to workers, which load it once.

    window : shape (rows, cols) that it is made for. d4 : take the mean over the eight symmetries of a square.
    """

    prepared: Prepared
    standardise: Standardisation
    window: tuple[int, int]
    d4: bool

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.int16]:
        backend, window = self.prepared.open(), padded(self.standardise(values), self.window)
        found = mean_of_symmetries(backend, window) if self.d4 else backend(window[None])[0]
        return found[:, : values.shape[1], : values.shape[2]]


def mean_of_symmetries(backend: Backend, window: NDArray[np.float32]) -> NDArray[np.int16]:
    """Mean of a backend's probabilities over the turns and mirror images of a square window (bands, rows, cols)."""
    found = []
    for turns in range(4):
        turned = np.rot90(window, turns, (1, 2))
        for step in (1, -1):
            seen = backend(np.ascontiguousarray(turned[..., ::step])[None])[0]
            found.append(np.rot90(seen[..., ::step], -turns, (1, 2)))
    total: NDArray[np.int32] = np.sum(found, axis=0, dtype=np.int32)
    mean: NDArray[np.int16] = ((total + 4) // 8).astype(np.int16)
    return mean


def extract(
    image: Path,
    checkpoint: Path,
    folder: Path,
    options: ExtractionOptions,
    *,
    workers: Workers,
    keep: Path | None = None,
    count: Callable[[int], Callable[[], None]],
) -> dict[str, Any]:
    """Write how probable a mine is at every pixel of an image, how probable each class, and the preliminary mask.

    Parameters
    ----------
    image : bands named as the model's, nodata declared; a pixel has no data where any band has none.
    folder : gets `probability.tif` (per cent of any mine class, 255 for no data), `class_probabilities.tif` (the same
    for each class, one band each) and `mask.tif` (code of the class, from 1; 0 for none, 255 for no data).
    keep : folder for windows that are done, so that a killed run goes on.
    count : makes a function to call after each of a number of equal parts.

    Returns
    -------
    The model with its sha256, what ran it and how well that agrees with the reference, the number of windows and of
    pixels with data, and what the mask holds.

    Raises
    ------
    InputError
        When the checkpoint cannot be used, or the image lacks a band of it or is in other units.
    """
    known = read_checkpoint(checkpoint)
    check_units(image, known)
    options = options.with_threshold(known.description.threshold, known.description.threshold_low)
    classes = known.description.classes[1:]
    bands = ImageBands.named(image, [band.name for band in known.description.bands])
    with Raster(image) as raster:
        shape, pixel_m = raster.grid.shape, raster.grid.square_pixel_m
    network = known.network_for(pixel_m)  # tensors that do not fit are said here, not by a worker
    window = (min(options.window, shape[0]), min(options.window, shape[1]))
    if options.augmentation == "d4":
        window = (max(window), max(window))
    made = folder / _NETWORK
    choice = choose(
        known,
        network,
        bands,
        shape,
        window,
        made,
        options,
        windows=len(list(plan_windows(shape, options.window, options.margin))),
        pixel_m=pixel_m,
    )
    predict = NetworkPredictor(
        choice.prepared, Standardisation.of(known.description, bands), window, d4=options.augmentation == "d4"
    )
    found = predict_windows(bands, classes, predict, folder, options, workers=workers, keep=keep, count=count)
    shutil.rmtree(made)
    return {"model": known.description.name, "sha256": known.sha256, **choice.describe(), **found}


def predict_windows(
    image: ImageBands,
    classes: Sequence[str],
    predict: Predictor,
    folder: Path,
    options: ExtractionOptions,
    *,
    workers: Workers,
    keep: Path | None = None,
    count: Callable[[int], Callable[[], None]],
) -> dict[str, Any]:
    """`extract` with any predictor of the named classes of mine."""
    with Raster(image.path) as raster:
        grid = raster.grid
    plan = (options.window, options.margin)
    windows = list(plan_windows(grid.shape, *plan))
    advance = count(len(windows))
    work = partial(_predict_segment, image=image, classes=len(classes), predict=predict, plan=plan)
    blend = Blend(grid.shape, windows, len(classes), options.margin)
    valid = 0
    with ExitStack() as files:
        write_probability, write_classes = (
            files.enter_context(
                start_cog(folder / name, grid, dtype="uint8", nodata=NO_PROBABILITY, unit="%", names=names)
            )
            for name, names in ((PROBABILITY, ["probability of a mine"]), (CLASS_PROBABILITIES, classes))
        )
        for segment, arrays in map_blocks(work, list(plan_segments(grid.shape, *plan)), workers=workers, keep=keep):
            for window in plan_windows(segment.shape, *plan):
                for finished in blend.add(within(segment, window), arrays[window.name]):
                    write_probability(finished.rows, finished.probability[None])
                    write_classes(finished.rows, finished.by_class)
                    valid += int((finished.probability != NO_PROBABILITY).sum())
                advance()
    mask = write_mask(folder / PROBABILITY, folder / CLASS_PROBABILITIES, folder / MASK, options.thresholds)
    return {"windows": len(windows), "pixels": valid, **mask}


def _predict_segment(
    segment: Block, *, image: ImageBands, classes: int, predict: Predictor, plan: tuple[int, int]
) -> dict[str, NDArray[np.int16]]:
    """Probabilities of the mine classes in each window of a segment, MISSING for no data, by the window's name."""
    values = image.read(segment)
    return {
        window.name: _predict_window(values[:, *window.slices], classes, predict)
        for window in plan_windows(segment.shape, *plan)
    }


def _predict_window(values: NDArray[np.float32], classes: int, predict: Predictor) -> NDArray[np.int16]:
    missing = np.isnan(values[0])
    if missing.all():
        return np.full((classes, *missing.shape), MISSING)
    probability = predict(values)[1:]
    return np.where(missing, MISSING, probability) if missing.any() else probability
