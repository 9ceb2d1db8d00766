"""What the steps leave for those that come after them, and for the release: folders, and what is known of them."""

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.grid import Grid
from engine.objects.steps import CONTROL, outlines_path
from engine.patches.checkpoint import Checkpoint
from engine.steps import StepRecord


@dataclass(frozen=True)
class ExtractionProducts:
    """What a model found: folders of the images' probabilities by date, of their outlines, and how they came about.

    objects : of the objects of each image. land_cover : file by which objects were removed, None where none was given.
    """

    checkpoint: Checkpoint
    threshold: float
    probabilities: dict[datetime.date, Path]
    objects: dict[datetime.date, Path]
    land_cover: Path | None
    refinement: Path
    boundary_error_m: float
    record: StepRecord

    @property
    def outlines(self) -> dict[datetime.date, Path]:
        return {day: outlines_path(self.refinement, day) for day in self.probabilities}

    @property
    def least_share(self) -> float:
        """p*, as it was found or given."""
        return float(json.loads((self.refinement / CONTROL).read_text())["least_share"])


@dataclass(frozen=True)
class OpticalProducts:
    """Folders of the images by date, and what a model found in them, if one was named."""

    images: dict[datetime.date, Path]
    grid: Grid
    reports: dict[datetime.date, dict[str, Any]]
    extraction: ExtractionProducts | None


@dataclass(frozen=True)
class RadarProducts:
    """Folders of the finished steps, and their records in order.

    series : of the corrections, or of the inversion where there are none. decomposition : of the rates east and up;
    None in an area with one stack.
    """

    stack: Path
    network: Path
    inversion: Path
    series: Path
    velocity: Path
    steps: tuple[StepRecord, ...]
    decomposition: Path | None = None

    @property
    def records(self) -> tuple[StepRecord, StepRecord]:
        """Of the inversion and of the rates, which what comes after depends on."""
        by_name = {record.name: record for record in self.steps}
        return by_name["inversion"], by_name["velocity"]


@dataclass(frozen=True)
class Products:
    """What the steps left: of the images, of the radar, and folders of the steps in which both meet.

    activity : None in an area without radar. surface : None where no model looked at two images. register : file of the
    permits, as area.toml names it; None without one.
    """

    optical: OpticalProducts | None
    radar: RadarProducts | None
    patches: Path
    activity: Path | None
    surface: Path | None
    verdicts: Path
    register: str | None
