"""The step of verdicts: what the steps before have found, held against the register of permits and the zones."""

import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from engine.activity.steps import ACTIVITY, COURSES
from engine.activity.surface import SURFACE
from engine.errors import InputError
from engine.patches.steps import OUTLINES, PATCHES, SIGHTINGS
from engine.permits.precision import Precision, precision_of
from engine.permits.steps import REGISTER, judge_patches
from engine.pipeline.permits import OpenedRegister
from engine.products import OpticalProducts, RadarProducts
from engine.steps import StepRecord, Workspace


def verdict_step(
    workspace: Workspace,
    opened: OpenedRegister | None,
    *,
    optical: OpticalProducts | None,
    radar: RadarProducts | None,
    patches: Path,
    activity: Path | None,
    surface: Path | None,
    last_date: datetime.date,
    after: Sequence[StepRecord],
) -> StepRecord:
    """Hold the patches against the register. patches, activity, surface : folders of the steps that they come
    from.

    last_date : of all data.
    """
    precision = _precision(opened, optical) if opened else None

    def judge(folder: Path) -> dict[str, Any]:
        try:
            found = judge_patches(
                _tables(patches, radar, activity, surface),
                opened.register if opened else None,
                opened.zones if opened else None,
                opened.options if opened else None,
                folder,
                precision=precision,
                last_date=last_date,
            )
        except InputError as error:
            # The patches know nothing of where the register came from.
            saved = opened is not None and opened.version is not None
            raise InputError(
                error.problem, field="saved register" if saved else "permits.path", mend=error.mend
            ) from None
        if opened is not None and precision is not None:
            (folder / REGISTER).write_text(json.dumps(opened.facts(precision)), encoding="utf-8")
        return found

    parameters: dict[str, Any] = {}
    if opened is not None and precision is not None:
        options = opened.options.model_dump(mode="json")
        parameters = {"register": options, "last_date": str(last_date), "error_m": precision.total_m}
    return workspace.step(
        "verdicts",
        judge,
        code=("permits", "vectors.py"),
        files=opened.files if opened else (),
        after=after,
        parameters=parameters,
    )


def _precision(opened: OpenedRegister, optical: OpticalProducts | None) -> Precision:
    """With what is known of the images, where patches were found in them."""
    if optical is None or optical.extraction is None:
        return precision_of(opened.options, opened.register.crs)
    pixel = max(optical.grid.pixel_size)
    boundary = optical.extraction.boundary_error_m
    return precision_of(opened.options, opened.register.crs, pixel_m=pixel, boundary_m=boundary)


def _tables(
    patches: Path, radar: RadarProducts | None, activity: Path | None, surface: Path | None
) -> dict[str, pd.DataFrame]:
    """What the steps have found, laid out as the store's tables."""
    tables: dict[str, pd.DataFrame] = {"patch": gpd.read_parquet(patches / PATCHES)}
    if (patches / OUTLINES).exists():
        tables["outline"] = gpd.read_parquet(patches / OUTLINES)
        tables["sighting"] = pd.read_parquet(patches / SIGHTINGS)
    if activity is not None and radar is not None:
        tables["activity"] = gpd.read_parquet(activity / ACTIVITY)
        tables["course"] = pd.read_parquet(activity / COURSES)
        noise = json.loads((radar.velocity / "noise.json").read_text())
        tables["acquisition"] = pd.DataFrame({"date": list(noise), "noise_mm": list(noise.values())})
    if surface is not None:
        tables["surface"] = pd.read_parquet(surface / SURFACE)
    return tables
