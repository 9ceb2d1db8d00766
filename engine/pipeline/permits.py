"""The register of permits of an area: read before the long work, and held against the patches at its end."""

import datetime
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from engine.activity.steps import ACTIVITY
from engine.activity.steps import SERIES as PATCH_SERIES
from engine.area import Area
from engine.patches.steps import OUTLINES, PATCHES, SIGHTINGS
from engine.permits import opening
from engine.permits.cadastre import Heading
from engine.permits.options import JudgingOptions
from engine.permits.precision import Precision, precision_of
from engine.permits.quality import QualityReport
from engine.permits.register import Register
from engine.permits.steps import REGISTER, judge_patches
from engine.permits.versions import read_version, version_file, versions
from engine.permits.zones import read_zones, zone_files
from engine.products import OpticalProducts, RadarProducts
from engine.steps import StepRecord, Workspace
from engine.vectors import vector_files
from engine.wording import note
from engine.wording.quality import field_name, how_known
from store.home import Home

_ODD = {
    "without_dates": "without dates",
    "without_outline": "without an outline",
    "unnumbered": "without a number",
    "ambiguous": "with the number of another",
    "joined": "of several rows",
    "mended": "with a mended outline",
}


@dataclass(frozen=True)
class OpenedRegister:
    """The register of an area with the zones in which nothing may be mined.

    name : of its file, or of the saved version. version : its identifier; None for one that area.toml names. files :
    that it was read from.
    """

    register: Register
    report: QualityReport
    zones: gpd.GeoDataFrame
    options: JudgingOptions
    name: str
    version: str | None
    files: tuple[Path, ...]

    def facts(self, precision: Precision) -> dict[str, Any]:
        """What the release says of it."""
        return {
            "name": self.name,
            "sha256": self.report.sha256,
            "crs": self.register.crs,
            "permits": len(self.register.permits),
            "version": self.version,
            "report": self.register.report(),
            "error_m": precision.total_m,
        }


def open_register(area: Area, home: Home) -> OpenedRegister | None:
    """The register that was saved last in the app, else the one that area.toml names; None in an area without one."""
    options, folder = area.options.permits, home.registers(area.name)
    zones = read_zones(options.zones if options else (), area.folder)
    of_zones = zone_files(options.zones, area.folder) if options else []
    if saved := versions(folder):
        register, report, version = read_version(folder, saved[0].id)
        files = (version_file(folder, version.id), *of_zones)
        return OpenedRegister(register, report, zones, options or JudgingOptions(), version.name, version.id, files)
    if options is None:
        return None
    register, report = opening.open_register(options, area.folder)
    files = (*vector_files(area.folder / options.path), *of_zones)
    return OpenedRegister(register, report, zones, options, str(options.path), None, files)


def check_permits(area: Area, home: Home) -> str:
    """Read the register and the zones; a summary, empty without one."""
    opened = open_register(area, home)
    if opened is None:
        return ""
    found = list(_lines(opened.report))
    return "\n".join([*found, f"  zones: {len(opened.zones)}"] if len(opened.zones) else found)


def _lines(report: QualityReport) -> Iterator[str]:
    """Counts, guessed columns, and what was mended, guessed or refused in words."""
    said = [f"{report.counts[name]} {what}" for name, what in _ODD.items() if report.counts.get(name)]
    yield f"permits: {report.counts['permits']}" + (f" ({', '.join(said)})" if said else "")
    for column in report.columns:
        if column.how != "chosen":
            yield f"  {field_name(column.field)}: column '{column.column}', {how_known(column.how)}"
    for heading in (Heading.MENDED, Heading.GUESSED, Heading.REFUSED):
        for one in report.under(heading):
            yield f"  {heading}: {note(one.code, one.parameters)}"


def verdict_step(
    workspace: Workspace,
    opened: OpenedRegister | None,
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
    precision = _precision(opened.options, optical) if opened else None

    def judge(folder: Path) -> dict[str, Any]:
        found = judge_patches(
            _tables(patches, radar, activity),
            opened.register if opened else None,
            opened.zones if opened else None,
            opened.options if opened else None,
            folder,
            precision=precision,
            last_date=last_date,
        )
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


def _precision(options: JudgingOptions, optical: OpticalProducts | None) -> Precision:
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
