"""From counts to what is kept and shown: the figures of each part."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from engine import __version__
from engine.assessment.accuracy import PatchAccuracy
from engine.assessment.confusion import Confusion
from engine.assessment.counting import PartCounts
from store.assessments import (
    AssessedPart,
    Assessment,
    GroundFigures,
    LookalikeFigures,
    PatchFigures,
    PixelFigures,
)


def make_assessment(
    area: str,
    parts: Sequence[PartCounts],
    *,
    model: str,
    sha256: str,
    threshold: float,
    truth: str,
    least_area_m2: float,
    least_iou: float,
) -> Assessment:
    """The assessment of a model as it is kept (see `store.assessments` for units)."""
    return Assessment(
        area=area,
        model=model,
        sha256=sha256,
        threshold=threshold,
        truth=truth,
        least_area_m2=least_area_m2,
        least_iou=least_iou,
        made=datetime.now(UTC).replace(microsecond=0),
        engine_version=__version__,
        parts=[_part(part) for part in parts],
    )


def _part(part: PartCounts) -> AssessedPart:
    patches = part.patches
    return AssessedPart(
        role=part.role,
        dates=list(part.dates),
        classes=list(part.classes),
        cells=part.pixels.cells.tolist(),
        figures=_pixels(part.pixels.mines),
        patches=_patches(patches, part.classes) if patches else [],
        left_out=patches.left_out if patches else 0,
        cut=patches.cut if patches else 0,
        without_data=patches.unseen if patches else 0,
        ground=[_ground(kind, confusion, part) for kind, confusion in part.ground.items()],
        lookalikes=[
            LookalikeFigures(kind=kind, pixels=one.pixels, false_alarm_pixels=one.flagged)
            for kind, one in part.lookalikes.items()
        ],
    )


def _pixels(mines: Confusion) -> PixelFigures:
    figures = mines.figures
    pixels = int(figures.pop("pixels"))
    return PixelFigures(pixels=pixels, **{name: _known(value) for name, value in figures.items()})


def _patches(accuracy: PatchAccuracy, classes: Sequence[str]) -> list[PatchFigures]:
    """Of all patches, then by class."""
    by_class = [_of(accuracy.of_class(code), name) for code, name in enumerate(classes) if code > 0]
    return [_of(accuracy, None), *by_class]


def _of(accuracy: PatchAccuracy, mine_class: str | None) -> PatchFigures:
    identified = accuracy.identified
    return PatchFigures(
        mine_class=mine_class,
        patches=len(identified),
        identified=int(identified.sum()),
        class_right=int((accuracy.found_as == accuracy.classes)[identified].sum()),
        extracted=len(accuracy.right),
        right=int(accuracy.right.sum()),
        similarity=_listed(accuracy.similarity[identified]),
        iou=_listed(accuracy.iou[identified]),
        mean_similarity=_known(accuracy.mean_similarity),
        mean_similarity_of_all=_known(accuracy.mean_similarity_of_all),
        mean_iou=_known(accuracy.mean_iou),
        alike=_known(accuracy.alike),
        missed_m2=_listed(accuracy.area_m2[~identified]),
    )


def _ground(kind: str, confusion: Confusion, part: PartCounts) -> GroundFigures:
    cells = confusion.cells
    return GroundFigures(
        kind=kind,
        share=float(cells.sum() / part.pixels.cells.sum()),
        mine_pixels=int(cells[1].sum()),
        false_alarm_pixels=int(cells[0, 1]),
        users_accuracy=_known(confusion.users_accuracy[1]),
        producers_accuracy=_known(confusion.producers_accuracy[1]),
    )


def _listed(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 4) for value in values]


def _known(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else float(value)
