"""Labelled images of an area: read, checked against each other, and known by their hashes."""

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import InputError
from engine.grid import Grid
from engine.imagery import ImageOptions, ImageryOptions, read_source
from engine.patches.checkpoint import TrainingDataOptions
from engine.patches.labels import UNLABELLED, read_labels
from engine.patches.options import ReferenceOptions
from engine.patches.sampling import LabelledImage

# How much the pixels of two dates may differ in size; the network learns what a mine looks like at one.
_PIXEL_TOLERANCE = 0.1


@dataclass(frozen=True)
class ReadImage:
    """A labelled image in memory, where it lies, and its files: image and labels."""

    image: LabelledImage
    grid: Grid
    bands: tuple[str, ...]
    files: tuple[Path, Path]

    @property
    def pixel_m(self) -> float:
        """Edge of a square as large as a pixel in the middle of the image, metres."""
        return math.sqrt(math.prod(self.grid.pixel_size))


def read_labelled(imagery: ImageryOptions, reference: ReferenceOptions, folder: Path) -> list[ReadImage]:
    """Every image of an area that has labels, by date, held out or not.

    Raises
    ------
    InputError
        When there is none, when one cannot be read, or when its bands or its pixels' size are not those of the first.
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
        if abs(math.log(other.pixel_m / read[0].pixel_m)) > _PIXEL_TOLERANCE:
            raise InputError(
                f"its pixels are {other.pixel_m:.3g} m, those of {read[0].image.name} {read[0].pixel_m:.3g} m",
                file=other.files[0],
                field="pixel size",
                mend=f"resample the image to pixels of {read[0].pixel_m:.3g} m",
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


def training_data(
    read: Sequence[ReadImage], folder: Path, reference: ReferenceOptions, others: Mapping[str, str]
) -> TrainingDataOptions:
    """What a training on these images was made from.

    folder : that names are relative to. others : files beside the images, name -> sha256.
    """
    files = dict(others)
    for path in (path for one in read for path in one.files):
        with path.open("rb") as file:
            files[Path(os.path.relpath(path, folder)).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    dates, held_out = [one.image.date for one in read], reference.held_out_dates
    return TrainingDataOptions(
        files=files,
        dates=tuple(day for day in dates if day not in held_out),
        held_out_dates=tuple(day for day in dates if day in held_out),
        held_out_rows=reference.held_out_rows,
        split=reference.split,
    )
