"""The steps from images to patches."""

import datetime
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.area import Area
from engine.assessment.domain import seen_files
from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Grid
from engine.imagery import IMAGE, ImageryOptions, SourceImage, colour_bands, no_data_at_all, open_sources, prepare_image
from engine.objects.segmentation import check_weights
from engine.objects.steps import FoundClasses, SecondLook, refine_masks, segment_image, tune_objects
from engine.patches.checkpoint import Checkpoint, ModelDescription, find_checkpoint, read_checkpoint
from engine.patches.inference import MASK, PROBABILITY, extract
from engine.patches.labels import UNLABELLED, read_labels
from engine.patches.options import ExtractionOptions
from engine.patches.split import is_mine, training_ground
from engine.products import ExtractionProducts, OpticalProducts
from engine.raster import Raster
from engine.steps import StepRecord, Workspace
from engine.vectors import vector_files

_BLOCK = 1024  # pixels
# At which shapes and compactnesses are compared (METHOD §2).
TUNING_SCALE = 50.0


@dataclass(frozen=True)
class ImageSteps:
    """The images of an area on its grid, by date, and the records of the steps that brought them there."""

    sources: dict[datetime.date, SourceImage]
    grid: Grid
    records: dict[datetime.date, StepRecord]


@dataclass(frozen=True)
class ExtractionSteps:
    """What a model found in the images: the records of its steps, by date."""

    images: ImageSteps
    checkpoint: Checkpoint
    options: ExtractionOptions
    records: dict[datetime.date, StepRecord]


def optical_steps(area: Area, workspace: Workspace, workers: Workers) -> OpticalProducts | None:
    """Run what is not up to date; None in an area without images."""
    imagery, extraction = area.options.imagery, area.options.extraction
    if imagery is None:
        return None
    images = _image_steps(imagery, area.folder, workspace)
    refined = None
    if extraction:
        refined = _refine(area, _infer_steps(area, extraction, images, workspace, workers), workspace, workers)
    return OpticalProducts(
        {day: workspace.path(record) for day, record in images.records.items()},
        images.grid,
        {day: record.report for day, record in images.records.items()},
        refined,
    )


def extraction_steps(area: Area, workspace: Workspace, workers: Workers) -> ExtractionSteps:
    """Bring the images and what a model finds in them up to date, and nothing after that.

    Raises
    ------
    InputError
        When the area has no images, or names no model.
    """
    imagery, extraction = images_and_model(area)
    return _infer_steps(area, extraction, _image_steps(imagery, area.folder, workspace), workspace, workers)


def tuning_step(area: Area, workspace: Workspace, workers: Workers, windows: int) -> tuple[StepRecord, Path]:
    """Find what segmentation suits the training reference of an area; the record of the step, and its folder.

    Raises
    ------
    InputError
        When the area has no labelled images, or no training reference patch.
    """
    imagery, labelled = area.options.imagery, _training_labels(area)
    if imagery is None or not labelled:
        raise InputError(
            "there are no labelled images to tune on",
            file=area.file,
            field="reference",
            mend="add [reference], and labels to [[imagery.images]]",
        )
    images = _image_steps(imagery, area.folder, workspace)
    _grounds, references = _training_ground(area, labelled, images.grid)
    record = workspace.step(
        "tuning",
        partial(
            tune_objects,
            images={day: workspace.path(images.records[day]) / IMAGE for day in references},
            references=references,
            options=area.options.segmentation.model_copy(update={"scale": TUNING_SCALE}),
            windows=windows,
            workers=workers,
        ),
        code="objects",
        files=[file for path in labelled.values() for file in vector_files(path)],
        after=[images.records[day] for day in references],
        parameters={
            "reference": area.options.reference.model_dump(mode="json") if area.options.reference else None,
            "labels": {str(day): path.name for day, path in labelled.items()},
            "weights": area.options.segmentation.weights,
            "windows": windows,
        },
    )
    return record, workspace.path(record)


def images_and_model(area: Area) -> tuple[ImageryOptions, ExtractionOptions]:
    """What an area says of its images and of the model.

    Raises
    ------
    InputError
        When it has no images, or names no model.
    """
    imagery, extraction = area.options.imagery, area.options.extraction
    if imagery is None or extraction is None:
        raise InputError(
            "there are no images" if imagery is None else "no model is named to find patches with",
            file=area.file,
            field="imagery" if imagery is None else "extraction.model",
            mend="add [imagery] with images" if imagery is None else "add [extraction] with a model, or give --model",
        )
    return imagery, extraction


def _image_steps(imagery: ImageryOptions, folder: Path, workspace: Workspace) -> ImageSteps:
    sources = dict(zip([image.date for image in imagery.in_order], open_sources(imagery, folder), strict=True))
    grid = next(iter(sources.values())).grid
    records = {
        day: workspace.step(
            f"image-{day:%Y%m%d}",
            partial(
                prepare_image,
                source,
                grid,
                natural_colour=imagery.natural_colour,
                count=workspace.progress.count,
            ),
            code="imagery.py",
            files=source.files,
            parameters={**source.parameters, "natural_colour": imagery.natural_colour, "grid": grid.describe()},
        )
        for day, source in sources.items()
    }
    return ImageSteps(sources, grid, records)


def _infer_steps(
    area: Area, options: ExtractionOptions, images: ImageSteps, workspace: Workspace, workers: Workers
) -> ExtractionSteps:
    checkpoint = _open_checkpoint(options, area, images.sources.values())
    options = options.with_threshold(checkpoint.description.threshold, checkpoint.description.threshold_low)
    records = {
        day: workspace.step(
            f"extraction-{day:%Y%m%d}",
            partial(
                _infer,
                source=images.sources[day].path,
                image=workspace.path(image) / IMAGE,
                checkpoint=checkpoint.path,
                options=options,
                workers=workers,
                count=workspace.progress.count,
            ),
            code="patches",
            files=[checkpoint.path],
            after=[image],
            parameters=options.model_dump(mode="json", exclude={"model"}),
        )
        for day, image in images.records.items()
    }
    return ExtractionSteps(images, checkpoint, options, records)


def _refine(area: Area, extracted: ExtractionSteps, workspace: Workspace, workers: Workers) -> ExtractionProducts:
    options, checkpoint, grid = extracted.options, extracted.checkpoint, extracted.images.grid
    inferred = extracted.records
    segmented = {
        day: workspace.step(
            f"objects-{day:%Y%m%d}",
            partial(segment_image, workspace.path(image) / IMAGE, options=area.options.segmentation, workers=workers),
            code="objects",
            after=[image],
            parameters=area.options.segmentation.model_dump(mode="json"),
        )
        for day, image in extracted.images.records.items()
    }
    labelled = _training_labels(area)
    land_cover = _land_cover(area)
    samples = samples_beside(checkpoint.path)

    def refined(folder: Path) -> dict[str, Any]:
        segments = {day: workspace.path(record) for day, record in segmented.items()}
        found = {day: _found(workspace.path(record)) for day, record in inferred.items()}
        grounds, references = _training_ground(area, labelled, grid)
        # On ground that a model has learnt from it errs less than elsewhere, and what it errs on there tells nothing.
        learnt = any(seen_files(checkpoint.description.data, list(labelled.values())))
        return refine_masks(
            segments,
            found,
            references,
            folder,
            class_names=checkpoint.description.classes[1:],
            options=area.options.refinement,
            land_cover=land_cover,
            second_look=SecondLook(
                images={day: workspace.path(image) / IMAGE for day, image in extracted.images.records.items()},
                bands=[band.name for band in checkpoint.description.bands],
                grounds={} if learnt else grounds,
                samples=samples,
                pixel_m=grid.square_pixel_m,
            ),
            boundary_error_m=checkpoint.description.boundary_error_m,
        )

    record = workspace.step(
        "refinement",
        refined,
        code=("objects", "likeness.py"),
        files=[
            *(file for path in labelled.values() for file in vector_files(path)),
            *([land_cover] if land_cover else []),
            *([samples] if samples else []),
        ],
        after=[*inferred.values(), *segmented.values()],
        parameters={
            "reference": area.options.reference.model_dump(mode="json") if area.options.reference else None,
            "labels": {str(day): path.name for day, path in labelled.items()},
            **area.options.refinement.model_dump(mode="json"),
            "boundary_error_m": checkpoint.description.boundary_error_m,
        },
    )
    return ExtractionProducts(
        checkpoint=checkpoint,
        threshold=options.thresholds[1],
        probabilities={day: workspace.path(record) for day, record in inferred.items()},
        objects={day: workspace.path(one) for day, one in segmented.items()},
        land_cover=land_cover,
        refinement=workspace.path(record),
        boundary_error_m=_boundary_error(area, checkpoint.description, grid),
        record=record,
    )


def _boundary_error(area: Area, model: ModelDescription, grid: Grid) -> float:
    """What the area says, or what was measured of the model; at least half a pixel, if nothing is known."""
    half = grid.pixel_size[0] / 2
    return area.options.change.boundary_error_m or max(half, model.boundary_error_m or half)


def _infer(
    folder: Path,
    *,
    source: Path,
    image: Path,
    checkpoint: Path,
    options: ExtractionOptions,
    workers: Workers,
    count: Callable[[int], Callable[[], None]],
) -> dict[str, Any]:
    """`extract`, which goes on where it was killed, and names the file that a person knows where it cannot go on."""
    done = folder / "windows"
    done.mkdir(exist_ok=True)
    try:
        report = extract(image, checkpoint, folder, options, workers=workers, keep=done, count=count)
    except InputError as error:
        if error.file != image:
            raise
        raise InputError(error.problem, file=source, field=error.field, mend=error.mend) from None
    shutil.rmtree(done)
    return report


def _found(folder: Path) -> FoundClasses:
    return FoundClasses(folder / PROBABILITY, folder / MASK)


def _open_checkpoint(options: ExtractionOptions, area: Area, sources: Iterable[SourceImage]) -> Checkpoint:
    """The model that the area names, once it is known to be for these images."""
    checkpoint = read_checkpoint(find_checkpoint(options.model, area.folder))
    needed = [band.name for band in checkpoint.description.bands]
    for source in sources:
        if missing := [name for name in needed if name not in source.bands]:
            raise InputError(
                f"the model '{options.model}' needs the bands {', '.join(missing)}, and the image has "
                f"{', '.join(source.bands)}",
                file=source.path,
                field="bands",
                mend="supply these bands, name them under imagery.bands, or take a model for the bands that are there",
            )
    return checkpoint


def samples_beside(checkpoint: Path) -> Path | None:
    """What a model brings along to screen patches by, if it does (`engine/objects/screening.py`)."""
    path = checkpoint.with_suffix(".samples.parquet")
    return path if path.is_file() else None


def _land_cover(area: Area) -> Path | None:
    path = area.options.refinement.land_cover
    return area.folder / path if path else None


def _training_labels(area: Area) -> dict[datetime.date, Path]:
    """The labels that decide where training reference patches lie: with a split those of held-out dates as well."""
    imagery, reference = area.options.imagery, area.options.reference
    if imagery is None or reference is None:
        return {}
    return {
        image.date: area.folder / image.labels
        for image in imagery.in_order
        if image.labels is not None and (reference.split or image.date not in reference.held_out_dates)
    }


def _training_ground(
    area: Area, labelled: Mapping[datetime.date, Path], grid: Grid
) -> tuple[dict[datetime.date, NDArray[np.bool_]], dict[datetime.date, NDArray[np.bool_]]]:
    """The labelled ground that training may see of each image that is not held out, and where reference patches lie in
    that; shape of the grid."""
    reference = area.options.reference
    if reference is None:
        return {}, {}
    labels = {day: read_labels(path, grid, reference) for day, path in labelled.items()}
    grounds = {
        day: ground & (labels[day] != UNLABELLED)
        for day, ground in training_ground(labels, reference).items()
        if day not in reference.held_out_dates
    }
    return grounds, {day: is_mine(labels[day]) & ground for day, ground in grounds.items()}


def check_optical(area: Area) -> str:
    """Read every image, its labels and the model; a summary, empty without images.

    Whether the images are in the model's units is left to the run.
    """
    imagery, extraction = area.options.imagery, area.options.extraction
    if imagery is None:
        return ""
    sources = open_sources(imagery, area.folder)
    first, dates = sources[0], [image.date for image in imagery.in_order]
    for source in sources:
        colour_bands(source, imagery.natural_colour)
        seen = sum(int(np.isfinite(source.read(source.grid, block)).sum()) for block in source.grid.blocks(_BLOCK))
        if seen == 0:
            raise no_data_at_all(source)
    check_weights(area.options.segmentation, len(first.bands))
    _training_ground(area, _training_labels(area), first.grid)
    if land_cover := _land_cover(area):
        with Raster(land_cover) as raster:
            raster.read_codes_onto(first.grid)
    summary = (
        f"{len(sources)} images, {dates[0]} to {dates[-1]}, {len(first.bands)} bands, "
        f"{first.grid.rows} x {first.grid.cols} pixels"
    )
    if extraction is None:
        return f"{summary}, no model to find patches with"
    checkpoint = _open_checkpoint(extraction, area, sources)
    return f"{summary}, model {checkpoint.description.name} ({', '.join(checkpoint.description.classes[1:])})"
