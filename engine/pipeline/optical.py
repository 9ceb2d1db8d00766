"""The steps from images to patches."""

import datetime
import shutil
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.area import Area
from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Grid
from engine.imagery import IMAGE, SourceImage, colour_bands, no_data_at_all, open_sources, prepare_image
from engine.objects.segmentation import check_weights
from engine.objects.steps import FoundClasses, refine_masks, segment_image
from engine.patches.checkpoint import Checkpoint, find_checkpoint, read_checkpoint
from engine.patches.inference import MASK, PROBABILITY, extract
from engine.patches.labels import UNLABELLED, read_labels
from engine.patches.options import ExtractionOptions
from engine.products import ExtractionProducts, OpticalProducts
from engine.steps import StepRecord, Workspace
from engine.vectors import vector_files

_BLOCK = 1024  # pixels


def optical_steps(area: Area, workspace: Workspace, workers: Workers) -> OpticalProducts | None:
    """Run what is not up to date; None in an area without images."""
    imagery = area.options.imagery
    if imagery is None:
        return None
    sources = dict(zip([image.date for image in imagery.in_order], open_sources(imagery, area.folder), strict=True))
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
    images = {day: workspace.path(record) for day, record in records.items()}
    extraction = area.options.extraction
    return OpticalProducts(
        images,
        grid,
        {day: record.report for day, record in records.items()},
        _extract(area, extraction, sources, grid, records, workspace, workers) if extraction else None,
    )


def _extract(
    area: Area,
    options: ExtractionOptions,
    sources: Mapping[datetime.date, SourceImage],
    grid: Grid,
    images: Mapping[datetime.date, StepRecord],
    workspace: Workspace,
    workers: Workers,
) -> ExtractionProducts:
    checkpoint = _open_checkpoint(options, area, sources.values())
    inferred, segmented = {}, {}
    for day, image in images.items():
        path = workspace.path(image) / IMAGE
        inferred[day] = workspace.step(
            f"extraction-{day:%Y%m%d}",
            partial(
                _infer,
                source=sources[day].path,
                image=path,
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
        segmented[day] = workspace.step(
            f"objects-{day:%Y%m%d}",
            partial(segment_image, path, options=area.options.segmentation),
            code="objects",
            after=[image],
            parameters=area.options.segmentation.model_dump(mode="json"),
        )
    labelled = _training_labels(area)
    refined = workspace.step(
        "refinement",
        lambda folder: refine_masks(
            {day: workspace.path(record) for day, record in segmented.items()},
            {day: _found(workspace.path(record)) for day, record in inferred.items()},
            _training_reference(area, labelled, grid),
            folder,
            class_names=checkpoint.description.classes[1:],
            options=area.options.refinement,
        ),
        code="objects",
        files=[file for path in labelled.values() for file in vector_files(path)],
        after=[*inferred.values(), *segmented.values()],
        parameters={
            "reference": area.options.reference.model_dump(mode="json") if area.options.reference else None,
            "labels": {str(day): path.name for day, path in labelled.items()},
            **area.options.refinement.model_dump(mode="json"),
        },
    )
    return ExtractionProducts(
        checkpoint=checkpoint,
        threshold=options.threshold,
        probabilities={day: workspace.path(record) for day, record in inferred.items()},
        refinement=workspace.path(refined),
        boundary_error_m=area.options.change.boundary_error_m or grid.pixel_size[0] / 2,
        record=refined,
    )


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


def _training_labels(area: Area) -> dict[datetime.date, Path]:
    """The labels of the images that training may see."""
    imagery, reference = area.options.imagery, area.options.reference
    if imagery is None or reference is None:
        return {}
    return {
        image.date: area.folder / image.labels
        for image in imagery.in_order
        if image.labels is not None and image.date not in reference.held_out_dates
    }


def _training_reference(
    area: Area, labelled: Mapping[datetime.date, Path], grid: Grid
) -> dict[datetime.date, NDArray[np.bool_]]:
    """Where training reference patches lie on each date, shape of the grid."""
    found = {}
    for day, path in labelled.items():
        assert area.options.reference is not None
        codes = read_labels(path, grid, area.options.reference)
        for first, end in area.options.reference.held_out_rows:
            codes[first:end] = UNLABELLED
        found[day] = (codes > 0) & (codes != UNLABELLED)
    return found


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
    _training_reference(area, _training_labels(area), first.grid)
    summary = (
        f"{len(sources)} images, {dates[0]} to {dates[-1]}, {len(first.bands)} bands, "
        f"{first.grid.rows} x {first.grid.cols} pixels"
    )
    if extraction is None:
        return f"{summary}, no model to find patches with"
    checkpoint = _open_checkpoint(extraction, area, sources)
    return f"{summary}, model {checkpoint.description.name} ({', '.join(checkpoint.description.classes[1:])})"
