"""Class probabilities of a whole image from a network that sees it through windows.

Windows overlap, and where they do their probabilities are blended. Probabilities and weights are integers: their sums
are exact, so that the result depends neither on the order in which windows finish nor on who computes them.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.blocks import Workers, map_blocks
from engine.errors import InputError
from engine.grid import Block, Grid
from engine.patches.checkpoint import Checkpoint, ModelDescription, read_checkpoint
from engine.patches.options import ExtractionOptions
from engine.raster import Raster, start_cog

PROBABILITY, CLASSES = "probability.tif", "classes.tif"
NO_PROBABILITY, NO_CLASS = 255, 0

# A probability of 1, and the greatest weight along one axis. Up to nine windows of weight _FULL² meet in a pixel: their
# sums stay below 2³².
_ONE, _FULL = 10_000, 64
_MISSING = np.uint16(65535)
_TYPES = ("uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")
_SAMPLE = 512  # pixels along an edge tell whether an image is in the model's units

# Probabilities of background and classes, shape (1 + classes, rows, cols), for the bands of a window, float32 of shape
# (bands, rows, cols), NaN for no data.
Predictor = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class NetworkPredictor:
    """A checkpoint's network as a function of a window. Only its path travels to workers, which load it once."""

    path: Path

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        checkpoint = _loaded(self.path)
        standardised = standardise(values, checkpoint.description)
        with _one_thread(), torch.inference_mode():
            batch = torch.from_numpy(standardised)[None].contiguous(memory_format=torch.channels_last)
            probabilities: NDArray[np.float32] = checkpoint.network(batch).softmax(dim=1)[0].numpy()
        return probabilities


def standardise(values: NDArray[np.float32], description: ModelDescription) -> NDArray[np.float32]:
    """Bands as the network takes them: mean 0 and standard deviation 1 in its training data, 0 for no data."""
    mean = np.array([band.mean for band in description.bands], np.float32)[:, None, None]
    std = np.array([band.std for band in description.bands], np.float32)[:, None, None]
    standardised: NDArray[np.float32] = np.nan_to_num((values - mean) / std, nan=0.0)
    return standardised


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
    """Write how probable a mine is at every pixel of an image, and which class is the likeliest there.

    Parameters
    ----------
    image : bands named as the model's, nodata declared; a pixel has no data where any band has none.
    folder : gets `probability.tif` (per cent of any mine class, 255 for no data) and `classes.tif` (likeliest mine
    class, from 1; 0 for no data). keep : folder for windows that are done, so that a killed run goes on.
    count : makes a function to call after each of a number of equal parts.

    Returns
    -------
    The model with its sha256, the number of windows and of pixels with data.

    Raises
    ------
    InputError
        When the checkpoint cannot be used, or the image lacks a band of it or is in other units.
    """
    known = read_checkpoint(checkpoint)
    _ = known.network  # tensors that do not fit are said here, not by a worker
    _check_units(image, known)
    found = predict_windows(
        image,
        [band.name for band in known.description.bands],
        len(known.description.classes) - 1,
        NetworkPredictor(checkpoint),
        folder,
        options,
        workers=workers,
        keep=keep,
        count=count,
    )
    return {"model": known.description.name, "sha256": known.sha256, **found}


def predict_windows(
    image: Path,
    bands: Sequence[str],
    classes: int,
    predict: Predictor,
    folder: Path,
    options: ExtractionOptions,
    *,
    workers: Workers,
    keep: Path | None = None,
    count: Callable[[int], Callable[[], None]],
) -> dict[str, Any]:
    """`extract` with any predictor of `classes` mine classes from the named bands."""
    with Raster(image) as raster:
        grid, numbers = raster.grid, _band_numbers(raster, bands)
    windows = list(plan_windows(grid.shape, options.window, options.margin))
    advance = count(len(windows))
    work = partial(_predict_window, image=image, numbers=numbers, classes=classes, predict=predict)
    blend = _Blend(grid, windows, classes, options.margin)
    valid = 0
    with (
        start_cog(
            folder / PROBABILITY, grid, dtype="uint8", nodata=NO_PROBABILITY, unit="%", names=["probability of a mine"]
        ) as write_probability,
        start_cog(
            folder / CLASSES, grid, dtype="uint8", nodata=NO_CLASS, unit="code", names=["likeliest class of mine"]
        ) as write_classes,
    ):
        for window, arrays in map_blocks(work, windows, workers=workers, keep=keep):
            for rows, probability, likeliest in blend.add(window, arrays["probability"]):
                write_probability(rows, probability[None])
                write_classes(rows, likeliest[None])
                valid += int((probability != NO_PROBABILITY).sum())
            advance()
    return {"windows": len(windows), "pixels": valid}


def plan_windows(shape: tuple[int, int], window: int, margin: int) -> Iterator[Block]:
    """Windows that cover an image, row by row, neighbours overlapping by `margin` pixels, the last ones by more."""
    rows, cols = (_starts(size, window, margin) for size in shape)
    for row in rows:
        for col in cols:
            yield Block(row, min(row + window, shape[0]), col, min(col + window, shape[1]))


def _starts(size: int, window: int, margin: int) -> list[int]:
    last = max(0, size - window)
    return [*range(0, last, window - margin), last]


def _predict_window(
    window: Block, *, image: Path, numbers: Sequence[int], classes: int, predict: Predictor
) -> dict[str, NDArray[Any]]:
    """Probabilities of the mine classes in units of 1/_ONE, _MISSING for no data, shape (classes, rows, cols)."""
    with Raster(image) as raster:
        values, nodata = raster.read_bands(window)[numbers].astype(np.float32), raster.nodata
    missing = ~np.isfinite(values).all(axis=0)
    if nodata is not None:
        missing |= (values == np.float32(nodata)).any(axis=0)
    if missing.all():
        return {"probability": np.full((classes, *window.shape), _MISSING)}
    values[:, missing] = np.nan
    probability = np.rint(predict(values)[1:] * np.float32(_ONE)).astype(np.uint16)
    probability[:, missing] = _MISSING
    return {"probability": probability}


class _Blend:
    """Weighted sums of windows. Rows that no window will touch any more are given out and forgotten."""

    def __init__(self, grid: Grid, windows: Sequence[Block], classes: int, margin: int) -> None:
        self._grid, self._margin = grid, margin
        self._pending = Counter(window.row0 for window in windows)
        self._first = 0  # row of the image that the sums begin with
        self._sums = np.zeros((classes, 0, grid.cols), np.uint32)
        self._weights = np.zeros((0, grid.cols), np.uint32)

    def add(
        self, window: Block, probability: NDArray[np.uint16]
    ) -> Iterator[tuple[Block, NDArray[np.uint8], NDArray[np.uint8]]]:
        """Add a window; gives rows that are finished, with their probability in per cent and likeliest class."""
        self._reach(window.row1)
        rows, cols = window.slices
        rows = slice(rows.start - self._first, rows.stop - self._first)
        weights = self._weights_of(window)
        weights[probability[0] == _MISSING] = 0
        self._weights[rows, cols] += weights
        self._sums[:, rows, cols] += weights * np.where(weights > 0, probability, 0)
        self._pending[window.row0] -= 1
        end = min((row for row, left in self._pending.items() if left), default=self._grid.rows)
        if end > self._first:
            yield self._give(end)

    def _reach(self, row: int) -> None:
        more = row - self._first - len(self._weights)
        if more > 0:
            self._weights = np.pad(self._weights, ((0, more), (0, 0)))
            self._sums = np.pad(self._sums, ((0, 0), (0, more), (0, 0)))

    def _weights_of(self, window: Block) -> NDArray[np.uint32]:
        """Full but towards neighbours; there is nothing to give way to at the edges of the image."""
        rows = _profile(window.shape[0], window.row0 > 0, window.row1 < self._grid.rows, self._margin)
        cols = _profile(window.shape[1], window.col0 > 0, window.col1 < self._grid.cols, self._margin)
        return np.outer(rows, cols)

    def _give(self, end: int) -> tuple[Block, NDArray[np.uint8], NDArray[np.uint8]]:
        block, height = Block(self._first, end, 0, self._grid.cols), end - self._first
        sums, weights = self._sums[:, :height], self._weights[:height]
        self._sums, self._weights, self._first = self._sums[:, height:], self._weights[height:], end
        seen = weights > 0
        whole = np.where(seen, weights, 1).astype(np.uint64) * _ONE
        # Rounding of each class's probability may bring their sum a little over one.
        total = np.minimum(sums.sum(axis=0, dtype=np.uint64), whole)
        probability = ((100 * total + whole // 2) // whole).astype(np.uint8)
        likeliest = (1 + sums.argmax(axis=0)).astype(np.uint8)
        return block, np.where(seen, probability, np.uint8(NO_PROBABILITY)), np.where(seen, likeliest, np.uint8(0))


def _profile(length: int, before: bool, after: bool, margin: int) -> NDArray[np.uint32]:
    """Weights along one axis of a window that has neighbours before or after it.

    A Hann ramp in the middle half of the margin. The outer quarter, where the network lacks context, weighs nothing.
    """
    outer = margin // 4
    inner = margin - 2 * outer
    places = (np.arange(inner) + 0.5) / max(inner, 1)
    rising = np.rint(_FULL * np.sin(np.pi / 2 * places) ** 2)
    ramp = np.concatenate([np.zeros(outer), rising, np.full(outer, _FULL)]).astype(np.uint32)
    weights = np.full(length, _FULL, np.uint32)
    if before:
        weights[:margin] = ramp
    if after:
        weights[length - margin :] = np.minimum(weights[length - margin :], ramp[::-1])
    return weights


def _band_numbers(raster: Raster, bands: Sequence[str]) -> list[int]:
    """Where the bands that a model needs stand in an image, counted from 0."""
    if raster.dtype not in _TYPES:
        raise InputError(
            f"pixels are {raster.dtype}",
            file=raster.path,
            field="dtype",
            mend=f"convert them to one of {', '.join(_TYPES)}",
        )
    there = raster.band_names
    if missing := [name for name in bands if name not in there]:
        named = ", ".join(name or "(no name)" for name in there)
        raise InputError(
            f"the model needs {', '.join(missing)}, and the image has {named}",
            file=raster.path,
            field="bands",
            mend=f"supply an image with {', '.join(bands)}, name its bands so, or take a model for the bands it has",
        )
    return [there.index(name) for name in bands]


def _check_units(image: Path, checkpoint: Checkpoint) -> None:
    """Refuse an image whose values cannot be in the units that the model was trained in."""
    bands = checkpoint.description.bands
    with Raster(image) as raster:
        numbers = _band_numbers(raster, [band.name for band in bands])
        sample = raster.read_sample(_SAMPLE)[numbers]
    for band, values in zip(bands, sample, strict=True):
        found = values[np.isfinite(values)]
        if found.size and (found.max() < band.mean / 20 or found.min() > band.mean + 20 * band.std):
            raise InputError(
                f"its values reach from {found.min():.6g} to {found.max():.6g}; the model '{checkpoint.path.stem}' was "
                f"trained on {band.mean:.6g} ± {band.std:.2g}",
                file=image,
                field=band.name,
                mend="bring the file to the model's units (such as reflectance times 10,000), or take another model",
            )


_loading = threading.Lock()


def _loaded(path: Path) -> Checkpoint:
    with _loading:  # or threads that start together would each load it
        return _read_once(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _read_once(path: Path, _changed: int) -> Checkpoint:
    checkpoint = read_checkpoint(path)
    checkpoint.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return checkpoint


@contextmanager
def _one_thread() -> Iterator[None]:
    """The blocks share the cores among themselves; and sums in one thread do not depend on how many there are."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
