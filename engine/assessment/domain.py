"""What a model's training saw of an area: where it lies apart from that, and only there, a model is assessed."""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.grid import Grid
from engine.patches.checkpoint import TrainingDataOptions
from engine.patches.labels import read_labels
from engine.patches.options import ReferenceOptions
from engine.patches.split import training_ground


def trained_here(data: TrainingDataOptions, labels: Mapping[datetime.date, Path]) -> bool:
    """Whether a model was trained on the labels of an area (by the sha256 of the files).

    Raises
    ------
    InputError
        When only some of the labels are those that it was trained on: what it saw can no longer be told.
    """
    files = list(labels.values())
    same = seen_files(data, files)
    if any(same) and not all(same):
        raise InputError(
            "it has changed since the model was trained on this area, so that what the model saw cannot be told",
            file=files[same.index(False)],
            field="labels",
            mend="train the model again, or bring the old labels back",
        )
    return any(same)


def seen_files(data: TrainingDataOptions, labels: Sequence[Path]) -> list[bool]:
    """Which files of labels a model was trained on (by their sha256)."""
    known = set(data.files.values())
    return [_sha256(path) in known for path in labels]


def seen_ground(
    data: TrainingDataOptions, labels: Mapping[datetime.date, Path], grid: Grid, reference: ReferenceOptions
) -> NDArray[np.bool_]:
    """The ground that a training saw on the dates that it saw, shape of the grid: what it held out and how it split the
    patches is told by the model, whatever the area says now.

    Parameters
    ----------
    labels : files that it was trained on, by date. reference : what they mean, classes in the order of the model's.

    Raises
    ------
    InputError
        When it saw everything.
    """
    known = reference.model_copy(
        update={"split": data.split, "held_out_rows": data.held_out_rows, "held_out_dates": data.held_out_dates}
    )
    grounds = training_ground({day: read_labels(path, grid, known) for day, path in labels.items()}, known)
    seen = next(iter(grounds.values()))  # the images of an area are on one grid, and so is what is held out of them
    if seen.all() and not data.held_out_dates:
        raise InputError(
            "the model was trained on all of the area: nothing is left to assess it on",
            field="reference.split",
            mend="hold something out ([reference.split], held_out_rows or held_out_dates) and train again, or assess "
            "it in another area",
        )
    return seen


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
