"""Labelled images of an area: read, checked against each other, and known by their hashes."""

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.blocks import map_threads
from engine.errors import InputError
from engine.grid import Grid
from engine.imagery import ImageryOptions, read_source
from engine.patches.checkpoint import TrainingDataOptions
from engine.patches.labels import UNLABELLED, read_labels
from engine.patches.options import ReferenceOptions
from engine.patches.sampling import LabelledImage
from engine.patches.split import require_one_ground, training_ground

# How much the pixels of two dates may differ in size; the network learns what a mine looks like at one.
_PIXEL_TOLERANCE = 0.1


@dataclass(frozen=True)
class ReadImage:
    """A labelled image in memory, where it lies, and its files: image and labels.

    seen : the ground that training may see, on dates that are not held out; shape (rows, cols). held_out : whether its
    date is.
    """

    image: LabelledImage
    grid: Grid
    bands: tuple[str, ...]
    files: tuple[Path, Path]
    seen: NDArray[np.bool_]
    held_out: bool


@dataclass(frozen=True)
class LabelledArea:
    """Where the labelled images of an area lie. folder : that their paths are relative to."""

    name: str
    folder: Path
    imagery: ImageryOptions
    reference: ReferenceOptions


def read_areas(areas: Sequence[LabelledArea]) -> list[list[ReadImage]]:
    """`read_labelled` of each area, all of them with the same bands, pixels and classes.

    Raises
    ------
    InputError
        As `read_labelled` does, and when an area differs from the first.
    """
    first = areas[0]
    for area in areas[1:]:
        if tuple(area.reference.classes) != tuple(first.reference.classes):
            raise InputError(
                f"the classes of '{area.name}' are {', '.join(area.reference.classes)}, those of '{first.name}' "
                + ", ".join(first.reference.classes),
                field="reference.classes",
                mend="name the same classes in the same order in every area",
            )
    read = map_threads(lambda area: read_labelled(area.imagery, area.reference, area.folder), areas)
    _check_alike([(one.files[0], one.grid, one.bands) for images in read for one in images])
    return read


def read_labelled(imagery: ImageryOptions, reference: ReferenceOptions, folder: Path) -> list[ReadImage]:
    """Every image of an area that has labels, by date, held out or not.

    Raises
    ------
    InputError
        When there is none, when one cannot be read, when its bands or its pixels' size are not those of the first, or
        when what is to be held out or split cannot be.
    """
    named = [image for image in imagery.in_order if image.labels is not None]
    if not named:
        raise InputError(
            "no image has labels to train on", field="imagery.images.labels", mend="name a raster of codes or polygons"
        )
    sources = [read_source(image, imagery, folder) for image in named]
    files = [(folder / image.path, folder / image.labels) for image in named if image.labels is not None]
    _check_alike([(path, grid, bands) for (path, _), (_, grid, bands) in zip(files, sources, strict=True)])
    require_one_ground(
        {path: grid for (path, _), (_, grid, _) in zip(files, sources, strict=True)},
        reference,
        {image.date for image in imagery.images},
    )
    labels = [read_labels(path, grid, reference) for (_, path), (_, grid, _) in zip(files, sources, strict=True)]
    # By the labels as they are: whatever reads no image finds the same ground.
    grounds = training_ground({image.date: codes for image, codes in zip(named, labels, strict=True)}, reference)
    read = []
    for image, (values, grid, bands), codes, both in zip(named, sources, labels, files, strict=True):
        codes[np.isnan(values).any(axis=0)] = UNLABELLED
        read.append(
            ReadImage(
                LabelledImage(image.path.name, image.date, _compact(values), codes),
                grid,
                bands,
                both,
                grounds[image.date],
                held_out=image.date in reference.held_out_dates,
            )
        )
    return read


def _compact(values: NDArray[np.float32]) -> NDArray[np.float16] | NDArray[np.float32]:
    """In half precision where nothing is lost by it, as with 8 bits: a training of many areas holds all of them."""
    whole = torch.from_numpy(np.ascontiguousarray(values))  # whose conversions are vectorised
    half = whole.half()
    same = all(((one.float() == band) | band.isnan()).all() for one, band in zip(half, whole, strict=True))
    return half.numpy() if same else values


def _check_alike(images: Sequence[tuple[Path, Grid, tuple[str, ...]]]) -> None:
    """Refuse images whose bands or pixel size are not those of the first."""
    first, first_grid, first_bands = images[0]
    wanted_m = first_grid.square_pixel_m
    for path, grid, bands in images[1:]:
        if bands != first_bands:
            raise InputError(
                f"its bands are {', '.join(bands)}, those of {first.name} {', '.join(first_bands)}",
                file=path,
                field="bands",
                mend="supply the same bands in the same order for every image",
            )
        pixel_m = grid.square_pixel_m
        if abs(math.log(pixel_m / wanted_m)) > _PIXEL_TOLERANCE:
            raise InputError(
                f"its pixels are {pixel_m:.3g} m, those of {first.name} {wanted_m:.3g} m",
                file=path,
                field="pixel size",
                mend=f"resample the image to pixels of {wanted_m:.3g} m",
            )


def training_data(
    areas: Sequence[LabelledArea], read: Sequence[Sequence[ReadImage]], others: Mapping[str, str]
) -> TrainingDataOptions:
    """What a training on these areas was made from; dates, rows and split are the first area's where they differ.

    others : files beside the images, name -> sha256. Files are named from their area's folder on, and where there are
    several areas, by the area's name before.
    """
    files = dict(others)
    for area, images in zip(areas, read, strict=True):
        before = Path(area.name if len(areas) > 1 else "")
        for path in (path for one in images for path in one.files):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            files[(before / os.path.relpath(path, area.folder)).as_posix()] = digest
    reference = areas[0].reference
    by_date = sorted({(one.image.date, one.held_out) for images in read for one in images})
    return TrainingDataOptions(
        files=files,
        dates=tuple(day for day, held_out in by_date if not held_out),
        held_out_dates=tuple(day for day, held_out in by_date if held_out),
        held_out_rows=reference.held_out_rows,
        split=reference.split,
    )
