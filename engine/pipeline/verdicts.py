"""The step of verdicts: what the steps before have found, held against the register of permits and the zones."""

import datetime
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from engine.activity.steps import ACTIVITY
from engine.activity.steps import SERIES as PATCH_SERIES
from engine.area import Area
from engine.patches.steps import OUTLINES, PATCHES, SIGHTINGS
from engine.permits.options import PermitOptions
from engine.permits.precision import Precision, precision_of
from engine.permits.register import Register
from engine.permits.steps import REGISTER, judge_patches
from engine.permits.zones import read_zones, zone_files
from engine.pipeline.permits import register_files
from engine.products import OpticalProducts, RadarProducts
from engine.steps import StepRecord, Workspace


def open_zones(area: Area) -> gpd.GeoDataFrame | None:
    """The zones in which nothing may be mined; None in an area without a register."""
    options = area.options.permits
    return read_zones(options.zones, area.folder) if options else None


def check_zones(area: Area) -> str:
    """Read the zones; a summary, empty without any."""
    zones = open_zones(area)
    return "" if zones is None or zones.empty else f"prohibited zones: {len(zones)}"


def verdict_step(
    area: Area,
    workspace: Workspace,
    register: Register | None,
    zones: gpd.GeoDataFrame | None,
    *,
    optical: OpticalProducts | None,
    radar: RadarProducts | None,
    patches: Path,
    activity: Path | None,
    last_date: datetime.date,
    after: Sequence[StepRecord],
) -> StepRecord:
    """Hold the patches against the register. patches, activity : folders of the steps that they come from.

    last_date : of all data.
    """
    options = area.options.permits
    precision = _precision(options, optical) if options else None
    known = {"register": options.model_dump(mode="json"), "last_date": str(last_date)} if options else {}

    def judge(folder: Path) -> dict[str, Any]:
        found = judge_patches(
            _tables(patches, radar, activity),
            register,
            zones,
            options,
            folder,
            precision=precision,
            last_date=last_date,
        )
        if options is not None and register is not None and precision is not None:
            facts = {
                "name": str(options.path),
                "sha256": _digest(register_files(area)),
                "crs": register.crs,
                "permits": len(register.permits),
                "report": register.report(),
                "error_m": precision.total_m,
            }
            (folder / REGISTER).write_text(json.dumps(facts), encoding="utf-8")
        return found

    return workspace.step(
        "verdicts",
        judge,
        code=("permits", "vectors.py"),
        files=_files(area),
        after=after,
        parameters=known | ({"error_m": precision.total_m} if precision else {}),
    )


def _files(area: Area) -> list[Path]:
    options = area.options.permits
    return [*register_files(area), *zone_files(options.zones, area.folder)] if options else []


def _precision(options: PermitOptions, optical: OpticalProducts | None) -> Precision:
    """With what is known of the images, where patches were found in them."""
    if optical is None or optical.extraction is None:
        return precision_of(options)
    pixel = max(optical.grid.pixel_size)
    return precision_of(options, pixel_m=pixel, boundary_m=optical.extraction.boundary_error_m)


def _tables(patches: Path, radar: RadarProducts | None, activity: Path | None) -> dict[str, pd.DataFrame]:
    """What the steps have found, laid out as the store's tables."""
    tables: dict[str, pd.DataFrame] = {"patch": gpd.read_parquet(patches / PATCHES)}
    if (patches / OUTLINES).exists():
        tables["outline"] = gpd.read_parquet(patches / OUTLINES)
        tables["sighting"] = pd.read_parquet(patches / SIGHTINGS)
    if activity is not None and radar is not None:
        tables["activity"] = gpd.read_parquet(activity / ACTIVITY)
        tables["series"] = pd.read_parquet(activity / PATCH_SERIES)
        noise = json.loads((radar.velocity / "noise.json").read_text())
        tables["acquisition"] = pd.DataFrame({"date": list(noise), "noise_mm": list(noise.values())})
    return tables


def _digest(files: Sequence[Path]) -> str:
    """Of a file; of the parts of a loose shapefile together, by name."""
    digests = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    if len(digests) == 1:
        return next(iter(digests.values()))
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
