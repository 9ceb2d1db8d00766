"""Assessing the model of an area: what it finds in each image, held against what is true there (METHOD §4)."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.area import Area
from engine.assessment.accuracy import Comparison
from engine.assessment.counting import PartCounts, count_image, pooled
from engine.assessment.domain import seen_ground, trained_here
from engine.assessment.patches import LEAST_IOU
from engine.assessment.report import make_assessment
from engine.assessment.truth import Truth, is_known, read_truth, reference_for
from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Grid
from engine.imagery import open_sources
from engine.patches.checkpoint import find_checkpoint, read_checkpoint
from engine.patches.inference import MASK
from engine.patches.labels import UNLABELLED
from engine.patches.mask import NO_MASK
from engine.pipeline import extract_area
from engine.pipeline.optical import ExtractionSteps, images_and_model
from engine.raster import Raster
from store.assessments import Assessment
from store.home import Home


@dataclass(frozen=True)
class AssessedImage:
    """One image, for those who draw it: folders of its picture and of what was found, what is true, which patches were
    matched."""

    day: datetime.date
    image: Path
    found: Path
    grid: Grid
    classes: tuple[str, ...]
    mask: NDArray[np.uint8]
    truth: Truth
    compared: Comparison


@dataclass(frozen=True)
class AreaAssessment:
    """What came of an area: counts that add up with those of others, and the figures that are kept."""

    counts: list[PartCounts]
    kept: Assessment


def assess_area(
    area: Area,
    home: Home,
    *,
    workers: Workers,
    listen: Callable[[dict[str, Any]], None] = lambda _: None,
    model: Path | None = None,
    least_area_m2: float = 50.0,
    show: Callable[[AssessedImage], None] = lambda _: None,
) -> AreaAssessment:
    """Bring the extraction of an area up to date and hold it against the truth.

    A model that was trained on the area's labels is assessed where its training saw nothing; one from elsewhere on the
    whole of the images.

    Parameters
    ----------
    model : a checkpoint other than the area's. show : is given each image.

    Raises
    ------
    InputError
        When there is nothing to hold the extraction against, or the model saw all of it.
    """
    imagery, extraction = images_and_model(area if model is None else area.with_model(model))
    checkpoint = read_checkpoint(find_checkpoint(extraction.model, area.folder))
    labels = {image.date: area.folder / image.labels for image in imagery.images if image.labels is not None}
    known = [image.date for image in imagery.in_order if is_known(area.folder, image.date, labels.get(image.date))]
    if not known:
        raise InputError(
            "nothing says what is true of its images",
            file=area.file,
            field="imagery.images.labels",
            mend="name labels of an image, and what they mean under [reference]",
        )
    grid = open_sources(imagery, area.folder)[0].grid
    try:  # all that can be wrong is said before the long work
        reference = reference_for(checkpoint.description.classes[1:], area.options.reference)
        data = checkpoint.description.data
        seen = seen_ground(data, labels, grid, reference) if trained_here(data, labels) else None
    except InputError as error:
        raise error.of_file(area.file) from None
    extracted, workspace = extract_area(area, home, workers=workers, listen=listen, model=model)
    counts: list[PartCounts] = []
    for day in known:
        truth = read_truth(area.folder, day, labels.get(day), grid, reference)
        image, found = (workspace.path(of[day]) for of in (extracted.images.records, extracted.records))
        counts += _count(day, image, found, extracted, truth, seen, least_area_m2, show)
    counts = pooled(counts)
    return AreaAssessment(counts, _kept(area, extracted, counts, least_area_m2, simulated=truth.simulated))


def _count(
    day: datetime.date,
    image: Path,
    found: Path,
    extracted: ExtractionSteps,
    truth: Truth,
    seen: NDArray[np.bool_] | None,
    least_area_m2: float,
    show: Callable[[AssessedImage], None],
) -> list[PartCounts]:
    """The counts of one image; its rasters leave the memory with it."""
    description, grid = extracted.checkpoint.description, extracted.images.grid
    mask = mask_in(found)
    parts, compared = count_image(
        mask,
        truth,
        seen,
        day=day,
        held_out=day in description.data.held_out_dates,
        classes=description.classes,
        pixel_m2=grid.pixel_size[0] * grid.pixel_size[1],
        least_area_m2=least_area_m2,
    )
    show(AssessedImage(day, image, found, grid, description.classes, mask, truth, compared))
    return parts


def mask_in(folder: Path) -> NDArray[np.uint8]:
    """The preliminary mask that an extraction left: code of the class, 0 for none, UNLABELLED for no data."""
    with Raster(folder / MASK) as raster:
        mask: NDArray[np.uint8] = raster.read()
    return np.where(mask == NO_MASK, np.uint8(UNLABELLED), mask)


def _kept(
    area: Area, extracted: ExtractionSteps, counts: list[PartCounts], least_area_m2: float, *, simulated: bool
) -> Assessment:
    return make_assessment(
        area.name,
        counts,
        model=extracted.checkpoint.description.name,
        sha256=extracted.checkpoint.sha256,
        threshold=extracted.options.thresholds[1],
        truth="simulated" if simulated else "interpreted",
        least_area_m2=least_area_m2,
        least_iou=LEAST_IOU,
    )
