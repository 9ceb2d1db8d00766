"""How well a model found the patches of an area: kept beside the releases, one file a model, and never inside one."""

import os
from datetime import date, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from store.home import Home

VERSION = 1


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PixelFigures(_Kept):
    """Any mine against background. None where there is nothing to divide by."""

    users_accuracy: float | None
    producers_accuracy: float | None
    f1: float | None
    iou: float | None
    kappa: float | None
    overall: float | None
    pixels: int


class PatchFigures(_Kept):
    """True patches of a class, or of all (mine_class None), and what was extracted as that class.

    identified : true patches that an extracted one was matched with. class_right : of these, those of their own class.
    extracted : patches. right : of these, those that a true patch was matched with. similarity, iou : of each
    identified patch. mean_similarity_of_all : the missed count 0. alike : share above 0.80.
    """

    mine_class: str | None
    patches: int
    identified: int
    class_right: int
    extracted: int
    right: int
    similarity: list[float]
    iou: list[float]
    mean_similarity: float | None
    mean_similarity_of_all: float | None
    mean_iou: float | None
    alike: float | None
    missed_m2: list[float]


class GroundFigures(_Kept):
    """A kind of ground within the test: its share of the pixels, and what was found there."""

    kind: str
    share: float
    mine_pixels: int
    false_alarm_pixels: int
    users_accuracy: float | None
    producers_accuracy: float | None


class LookalikeFigures(_Kept):
    """Ground that looks like a mine and is none: its pixels within the test, and how many were taken for one."""

    kind: str
    pixels: int
    false_alarm_pixels: int


class AssessedPart(_Kept):
    """All images of one role. role : "unseen_ground" (ground that training did not see, dates that it did),
    "unseen_ground_and_date", "unseen_date", "trained", or "elsewhere" for a model that was trained in another place.

    classes : names by code, background first. cells : pixels, truth in rows, prediction in columns. patches : all
    first, then by class; empty where patches are not held apart. left_out : true patches that training saw; cut : of
    these, those that it saw in part. without_data : true patches that the image or the labels do not show.
    """

    role: str
    dates: list[date]
    classes: list[str]
    cells: list[list[int]]
    figures: PixelFigures
    patches: list[PatchFigures]
    left_out: int
    cut: int
    without_data: int
    ground: list[GroundFigures]
    lookalikes: list[LookalikeFigures]

    @property
    def mining_cells(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Pixels as in the paper's Table 2: extracted as mining and as something else in rows, reference in columns."""
        total, background = sum(map(sum, self.cells)), self.cells[0][0]
        false_alarms, missed = sum(self.cells[0]) - background, sum(row[0] for row in self.cells[1:])
        return (total - background - false_alarms - missed, false_alarms), (missed, background)


class Assessment(_Kept):
    """What was found by a model in the images of an area, held against what is true there.

    area : its name, or several where they were pooled. sha256 : of the model. truth : "simulated" or "interpreted".
    least_area_m2 : extracted patches under it were dropped. least_iou : of a match.
    """

    version: int = VERSION
    area: str
    model: str
    sha256: str
    threshold: float
    truth: str
    least_area_m2: float
    least_iou: float
    made: datetime
    engine_version: str
    parts: list[AssessedPart]


def keep_assessment(home: Home, assessment: Assessment) -> Path:
    """Write an assessment, whole or not at all, in the place of an earlier one of the same model; returns its file."""
    path = _file(home, assessment.area, assessment.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(assessment.model_dump_json(indent=1), encoding="utf-8")
    os.replace(partial, path)
    return path


def read_assessment(home: Home, area: str, sha256: str, threshold: float) -> Assessment | None:
    """The latest assessment of a model in an area; None when there is none of that very model and threshold, or none
    that this version can read."""
    try:
        kept = Assessment.model_validate_json(_file(home, area, sha256).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
    same = (kept.version, kept.sha256, kept.threshold) == (VERSION, sha256, threshold)
    return kept if same else None


def _file(home: Home, area: str, sha256: str) -> Path:
    return home.assessments(area) / f"{sha256[:12]}.json"
