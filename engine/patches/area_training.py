"""From the labelled images of one area or several to a checkpoint that a run can use."""

import itertools
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from engine.errors import InputError
from engine.patches.checkpoint import BandOptions, Checkpoint, ModelDescription, write_checkpoint
from engine.patches.curves import write_curves
from engine.patches.hardware import Hardware
from engine.patches.labelled import LabelledArea, ReadImage, read_areas, training_data
from engine.patches.labels import require_every_class
from engine.patches.mixing import SHARES
from engine.patches.model import ATROUS_RATES, DeepLabV3
from engine.patches.options import TrainingOptions
from engine.patches.sampling import (
    LabelledImage,
    Moments,
    Standard,
    measure_images,
    normalised,
    training_parts,
)
from engine.patches.scoring import Score, errors_of, predict_image, score_parts
from engine.patches.thresholds import best_thresholds, outline_error_m, try_on
from engine.patches.training import PROCESSOR, Count, train
from engine.patches.weights import StartingWeights, find_weights


@dataclass(frozen=True)
class AreaTraining:
    """What is asked for. name : of the model. areas : to learn from, all of them alike. out : folder for the model.
    tried_on : areas of which nothing is learnt, to fit the thresholds to; without any, that is the ground of the first
    one that training may see, where a network is surer than elsewhere.
    """

    name: str
    areas: tuple[LabelledArea, ...]
    options: TrainingOptions
    out: Path
    tried_on: tuple[LabelledArea, ...] = ()


def train_area(asked: AreaTraining, *, count: Count, score: Score, hardware: Hardware = PROCESSOR) -> Checkpoint | None:
    """Train on areas; writes `out`/`name`.safetensors, its sha256 and the curves of its training beside it.

    Parameters
    ----------
    count : makes a function to call after each step with its loss.
    score : figures that go into the checkpoint's header, of what was trained on and of what was held out; where patches
    are split, the header has those of the validation alone, and nothing of the test half is looked at.
    hardware : of this process. Of several the first alone writes; the others return None.

    Raises
    ------
    InputError
        For images, labels or starting weights that cannot be used, other bands, pixels or classes in one image than in
        another, or a class without labels.
    """
    first, options = asked.areas[0], asked.options
    everything = read_areas((*asked.areas, *asked.tried_on))
    by_area, tried_on = everything[: len(asked.areas)], everything[len(asked.areas) :]
    read = [one for images in by_area for one in images]
    begin = find_weights(options.initial, first.folder) if options.initial is not None else None
    classes = ("background", *first.reference.classes)
    first_shares = _shares_to_keep(options, begin, classes)
    parts = [
        replace(part, place=number)
        for number, (area, images) in enumerate(zip(asked.areas, by_area, strict=True))
        for part in training_parts(_with_errors(images, begin, options), area.reference, [one.seen for one in images])
    ]
    require_every_class([part.labels for part in parts], first.reference, [one.files[1] for one in read])
    _check_crop(parts, options)
    by_image = measure_images(parts)
    standard = trained_on = reduce(Moments.joined, by_image.values()).standard
    if options.normalise == "image":
        bands = len(trained_on.mean)
        parts, standard = normalised(parts, by_image), Standard(np.zeros(bands), np.ones(bands))

    def start(network: DeepLabV3) -> None:
        if begin is not None:
            begin.load_into(network, options.architecture, read[0].bands, classes)

    keep = asked.out / f"{asked.name}.training"
    training = train(
        *(parts, standard, len(classes), options),
        count=count,
        begin=start,
        first_shares=first_shares,
        hardware=hardware,
        keep=keep,
    )
    if not hardware.leads:
        return None
    description = _description(asked, by_area, trained_on, begin).model_copy(update={"metrics": training.metrics})
    if begin is not None:
        recipe = options.model_copy(update={"keep": training.kept})
        description = description.model_copy(update={"recipe": recipe})
    state = training.network.state_dict()
    # What is looked at is what is shipped: weights in float16, run as a pipeline runs them.
    with TemporaryDirectory() as scratch:
        trial = write_checkpoint(Path(scratch) / f"{asked.name}.safetensors", description, state)
        changes: dict[str, Any] = {}
        if tried_on or first.reference.split is not None:
            tried = try_on(itertools.chain(*(tried_on or by_area[:1])), trial.path)
            best = best_thresholds(tried)
            changes |= {"threshold_low": best.low, "threshold": best.high}
            changes["boundary_error_m"] = outline_error_m(tried, best)
        if first.reference.split is None:
            predicted = [predict_image(one.image, one.grid, one.bands, trial.path) for one in read]
            changes["metrics"] = {**training.metrics, **score_parts(read, predicted, score)}
    description = description.model_copy(update=changes)
    write_curves(asked.out / f"{asked.name}.training", training.history)
    checkpoint = write_checkpoint(asked.out / f"{asked.name}.safetensors", description, state)
    shutil.rmtree(keep, ignore_errors=True)
    return checkpoint


def _with_errors(
    images: Sequence[ReadImage], begin: StartingWeights | None, options: TrainingOptions
) -> list[LabelledImage]:
    """The images of an area, those that may be seen with the errors of the model that training begins with where crops
    are to lie on them.
    """
    if begin is None or options.share_of_errors is None:
        return [one.image for one in images]
    if begin.description is None:
        raise InputError(
            "published weights find no mines, so that there are no errors of theirs to learn from",
            file=begin.path,
            field=f"training.{options.share_of_errors}",
            mend="leave it out, or name a model of these classes as initial",
        )
    return [one.image if one.held_out else replace(one.image, errors=errors_of(one, begin.path)) for one in images]


def _shares_to_keep(
    options: TrainingOptions, begin: StartingWeights | None, classes: Sequence[str]
) -> tuple[float, ...]:
    """Of the weights that training begins with; nothing of such as find no mines, or others."""
    same = begin is not None and begin.description is not None and begin.description.classes == tuple(classes)
    if options.keep and begin is not None and not same:
        raise InputError(
            "nothing can be kept of weights that find other classes, or none",
            file=begin.path,
            field="training.keep",
            mend="leave it out, or name a model of these classes as initial",
        )
    if not same:
        return (0.0,)
    return SHARES if options.keep is None else (options.keep,)


def _check_crop(parts: Sequence[LabelledImage], options: TrainingOptions) -> None:
    largest = max(max(part.shape) for part in parts)
    if options.crop > 2 * largest:
        raise InputError(
            f"crops of {options.crop} pixels, and what may be trained on is {largest} at most",
            field="training.crop",
            mend=f"take crops of {largest} pixels or fewer",
        )


def _description(
    asked: AreaTraining, by_area: Sequence[Sequence[ReadImage]], standard: Standard, begin: StartingWeights | None
) -> ModelDescription:
    options, first = asked.options, by_area[0][0]
    return ModelDescription(
        name=asked.name,
        architecture=options.architecture,
        stride=options.stride,
        zoom=options.zoom,
        rates=options.rates or ATROUS_RATES[options.stride],
        classes=("background", *asked.areas[0].reference.classes),
        bands=tuple(
            BandOptions(name=band, mean=float(mean), std=float(std))
            for band, mean, std in zip(first.bands, standard.mean, standard.std, strict=True)
        ),
        normalise=options.normalise,
        pixel_m=first.grid.square_pixel_m,
        data=training_data(asked.areas, by_area, begin.files if begin else {}),
        recipe=options,
    )
