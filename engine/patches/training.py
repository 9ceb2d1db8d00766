"""Training of the network: AdamW, warm-up and cosine, cross-entropy and Dice on what is labelled (METHOD §1)."""

import hashlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Block, Grid
from engine.imagery import ImageOptions, ImageryOptions, read_source
from engine.patches.checkpoint import (
    BandOptions,
    Checkpoint,
    ModelDescription,
    TrainingDataOptions,
    write_checkpoint,
)
from engine.patches.inference import MASK, extract
from engine.patches.labels import UNLABELLED, read_labels, require_every_class
from engine.patches.mask import NO_MASK
from engine.patches.model import ATROUS_RATES, DeepLabV3
from engine.patches.options import ExtractionOptions, ReferenceOptions, TrainingOptions
from engine.patches.sampling import LabelledImage, Sampler, Standard, measure, training_parts
from engine.raster import Raster, start_cog

_WARM_UP = 0.1  # of the steps
_LEAST_RATE = 1e-3  # of the learning rate, at the end
_WEIGHT_DECAY = 1e-2
_LARGEST_GRADIENT = 2.0
_DROPOUT = 0.1

Count = Callable[[int], Callable[[], None]]
# Figures from labels and from what was predicted there, both uint8 of one shape, UNLABELLED where nothing is known.
Score = Callable[[NDArray[np.uint8], NDArray[np.uint8]], Mapping[str, float]]


@dataclass(frozen=True)
class Training:
    """What a training ends with. losses : one a step."""

    network: DeepLabV3
    losses: list[float]


def train(
    parts: Sequence[LabelledImage], standard: Standard, classes: int, options: TrainingOptions, *, count: Count
) -> Training:
    """Train a network of `classes` classes (background included) on images of which it may see everything.

    The same seed gives the same network on the same machine with the same number of threads.
    `count` makes a function to call after each step.
    """
    sampler = Sampler(parts, standard, options)
    with torch.random.fork_rng():
        torch.manual_seed(options.seed)
        network = DeepLabV3(
            options.architecture,
            classes=classes,
            bands=len(standard.mean),
            stride=options.stride,
            zoom=options.zoom,
            rates=options.rates,
            dropout=_DROPOUT,
        )
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.AdamW(network.parameters(), lr=options.learning_rate, weight_decay=_WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, options.steps))
        advance = count(options.steps)
        losses = []
        network.train()
        for _ in range(options.steps):
            values, labels = (torch.from_numpy(array) for array in sampler.batch())
            logits = network(values.contiguous(memory_format=torch.channels_last))
            loss = segmentation_loss(logits, labels.long())
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            advance()
    return Training(network.eval(), losses)


def _rate(step: int, steps: int) -> float:
    """Share of the learning rate: rising in the warm-up, falling as a cosine after it."""
    warm_up = max(1, round(_WARM_UP * steps))
    if step < warm_up:
        return (step + 1) / warm_up
    done = (step - warm_up) / max(1, steps - warm_up)
    return max(_LEAST_RATE, 0.5 * (1 + math.cos(math.pi * done)))


def segmentation_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy, and 1 − Dice averaged over the mine classes that occur, both on labelled pixels alone.

    Parameters
    ----------
    logits : shape (n, classes, rows, cols). labels : int64, shape (n, rows, cols), UNLABELLED where nothing is known.
    """
    known = labels != UNLABELLED
    if not known.any():
        return 0 * logits.sum()
    logits, labels = logits.permute(0, 2, 3, 1)[known], labels[known]
    entropy = functional.cross_entropy(logits, labels)
    probability = logits.softmax(dim=1)[:, 1:]
    truth = functional.one_hot(labels, logits.shape[1])[:, 1:]
    common, sizes = (probability * truth).sum(dim=0), (probability + truth).sum(dim=0)
    present = truth.sum(dim=0) > 0
    if not present.any():
        return entropy
    return entropy + (1 - (2 * common + 1) / (sizes + 1))[present].mean()


def train_area(
    name: str,
    folder: Path,
    imagery: ImageryOptions,
    reference: ReferenceOptions,
    options: TrainingOptions,
    out: Path,
    *,
    count: Count,
    score: Score,
) -> Checkpoint:
    """Train on the labelled images of an area and write `out`/`name`.safetensors, its sha256 beside it.

    Parameters
    ----------
    folder : that the images' paths are relative to. count : makes a function to call after each step.
    score : figures that go into the checkpoint's header, of what was trained on and of what was held out.

    Raises
    ------
    InputError
        For images or labels that cannot be used, other bands on one date than on another, or a class without labels.
    """
    read = read_labelled(imagery, reference, folder)
    images, bands = [one.image for one in read], read[0].bands
    parts = training_parts(images, reference)
    require_every_class([part.labels for part in parts], reference, [one.files[1] for one in read])
    largest = max(max(part.shape) for part in parts)
    if options.crop > 2 * largest:
        raise InputError(
            f"crops of {options.crop} pixels, and what may be trained on is {largest} at most",
            field="training.crop",
            mend=f"take crops of {largest} pixels or fewer",
        )
    standard = measure(parts)
    training = train(parts, standard, 1 + len(reference.classes), options, count=count)
    description = ModelDescription(
        name=name,
        architecture=options.architecture,
        stride=options.stride,
        zoom=options.zoom,
        rates=options.rates or ATROUS_RATES[options.stride],
        classes=("background", *reference.classes),
        bands=tuple(
            BandOptions(name=band, mean=float(mean), std=float(std))
            for band, mean, std in zip(bands, standard.mean, standard.std, strict=True)
        ),
        data=_data(read, folder, reference),
        recipe=options,
    )
    state = training.network.state_dict()
    # What is scored is what is shipped: weights in float16, run as a pipeline runs them.
    with TemporaryDirectory() as scratch:
        trial = write_checkpoint(Path(scratch) / f"{name}.safetensors", description, state)
        predicted = [predict_image(one.image, one.grid, bands, trial.path) for one in read]
    metrics = score_parts(images, predicted, reference, score)
    return write_checkpoint(out / f"{name}.safetensors", description.model_copy(update={"metrics": metrics}), state)


@dataclass(frozen=True)
class ReadImage:
    """A labelled image in memory, where it lies, and its files: image and labels."""

    image: LabelledImage
    grid: Grid
    bands: tuple[str, ...]
    files: tuple[Path, Path]


def read_labelled(imagery: ImageryOptions, reference: ReferenceOptions, folder: Path) -> list[ReadImage]:
    """Every image of an area that has labels, by date, held out or not.

    Raises
    ------
    InputError
        When there is none, when one cannot be read, or when its bands are not those of the first.
    """
    read = [
        _read(image, image.labels, imagery, reference, folder) for image in imagery.in_order if image.labels is not None
    ]
    if not read:
        raise InputError(
            "no image has labels to train on", field="imagery.images.labels", mend="name a raster of codes or polygons"
        )
    for other in read[1:]:
        if other.bands != read[0].bands:
            raise InputError(
                f"its bands are {', '.join(other.bands)}, those of {read[0].image.name} {', '.join(read[0].bands)}",
                file=other.files[0],
                field="bands",
                mend="supply the same bands in the same order for every date",
            )
    _check_held_out(read, imagery, reference)
    return read


def _check_held_out(read: Sequence[ReadImage], imagery: ImageryOptions, reference: ReferenceOptions) -> None:
    """Refuse what would hold out nothing, or other ground on one date than on another.

    Rows are counted in the images' own grids, so that with rows held out all must have one grid.
    """
    rows = read[0].grid.rows
    for first, end in reference.held_out_rows:
        if not first < end <= rows:
            raise InputError(
                f"there are no rows {first} to {end} in an image of {rows}",
                field="reference.held_out_rows",
                mend="give the first row and one past the last, counted from 0",
            )
    for other in read[1:] if reference.held_out_rows else []:
        if not other.grid.matches(read[0].grid):
            raise InputError(
                f"its pixels are not those of {read[0].image.name}, so that rows held out would be other ground",
                file=other.files[0],
                field="reference.held_out_rows",
                mend="bring the images onto one grid first, or hold out dates alone",
            )
    dates = {image.date for image in imagery.images}
    if unknown := [day for day in reference.held_out_dates if day not in dates]:
        raise InputError(
            f"there is no image of {unknown[0]}",
            field="reference.held_out_dates",
            mend=f"correct the date; images are of {', '.join(str(day) for day in sorted(dates))}",
        )


def _read(
    image: ImageOptions, labels: Path, imagery: ImageryOptions, reference: ReferenceOptions, folder: Path
) -> ReadImage:
    values, grid, bands = read_source(image, imagery, folder)
    known = read_labels(folder / labels, grid, reference)
    known[np.isnan(values).any(axis=0)] = UNLABELLED
    return ReadImage(
        LabelledImage(image.path.name, image.date, values, known), grid, bands, (folder / image.path, folder / labels)
    )


def _data(read: Sequence[ReadImage], folder: Path, reference: ReferenceOptions) -> TrainingDataOptions:
    files = {}
    for path in (path for one in read for path in one.files):
        with path.open("rb") as file:
            files[Path(os.path.relpath(path, folder)).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    dates, held_out = [one.image.date for one in read], reference.held_out_dates
    return TrainingDataOptions(
        files=files,
        dates=tuple(day for day in dates if day not in held_out),
        held_out_dates=tuple(day for day in dates if day in held_out),
        held_out_rows=reference.held_out_rows,
    )


def predict_image(image: LabelledImage, grid: Grid, bands: Sequence[str], checkpoint: Path) -> NDArray[np.uint8]:
    """Class of every pixel of an image in memory, 0 for background, as a run of the pipeline finds it."""
    options = ExtractionOptions(model=str(checkpoint))
    with TemporaryDirectory() as scratch:
        folder, path = Path(scratch), Path(scratch) / "image.tif"
        with start_cog(path, grid, dtype="float32", nodata=np.nan, unit="1", names=bands) as write:
            write(Block(0, grid.rows, 0, grid.cols), image.values)
        extract(path, checkpoint, folder, options, workers=Workers(count=torch.get_num_threads()), count=_uncounted)
        with Raster(folder / MASK) as raster:
            classes: NDArray[np.uint8] = raster.read()
    classes[classes == NO_MASK] = 0
    return classes


def score_parts(
    images: Sequence[LabelledImage],
    predicted: Sequence[NDArray[np.uint8]],
    reference: ReferenceOptions,
    score: Score,
) -> dict[str, float]:
    """Figures of four parts of the images: trained on, rows held out, dates held out, and both; named `part.figure`."""
    gathered: dict[str, list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]] = {}
    for image, found in zip(images, predicted, strict=True):
        unseen_rows = np.zeros(image.shape[0], bool)
        for first, end in reference.held_out_rows:
            unseen_rows[first:end] = True
        unseen_date = image.date in reference.held_out_dates
        for rows, name in (
            (~unseen_rows, "unseen_date" if unseen_date else "trained"),
            (unseen_rows, "unseen_rows_and_date" if unseen_date else "unseen_rows"),
        ):
            if (image.labels[rows] != UNLABELLED).any():
                gathered.setdefault(name, []).append((image.labels[rows], found[rows]))
    return {
        f"{name}.{figure}": value
        for name, those in gathered.items()
        for figure, value in score(*(np.concatenate(arrays) for arrays in zip(*those, strict=True))).items()
    }


def _uncounted(_total: int) -> Callable[[], None]:
    return lambda: None
