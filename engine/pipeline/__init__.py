"""The steps of a run in order, as one would tell them: from an area's files to its published release."""

import datetime
import hashlib
import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import shapely

from engine import __version__
from engine.area import AREA_FILE, Area
from engine.blocks import Workers
from engine.deformation.mintpy_files import SeriesFile
from engine.errors import InputError
from engine.imagery import IMAGE
from engine.patches.checkpoint import read_checkpoint
from engine.patches.inference import PROBABILITY
from engine.patches.outlines import OutlineOptions, read_outlines
from engine.patches.steps import PATCHES, track_patches
from engine.patches.tracking import PATCH_COLUMNS
from engine.pipeline.optical import ExtractionSteps, check_optical, extraction_steps, optical_steps, tuning_step
from engine.pipeline.permits import check_permits, open_register
from engine.pipeline.radar import check_radar, classify, radar_steps
from engine.pipeline.surface import surface_step
from engine.pipeline.verdicts import verdict_step
from engine.products import ExtractionProducts, OpticalProducts, Products, RadarProducts
from engine.publish import publish_release
from engine.steps import Progress, StepRecord, Workspace, code_digest, locked
from engine.vectors import vector_files
from store.home import Home
from store.reader import current_release, known_patches

# A new version of one of these may change the numbers, so its steps are run again.
_LIBRARIES = ("numpy", "scipy", "numba", "mintpy", "rasterio", "geopandas", "torch")


def run(
    area: Area,
    home: Home,
    *,
    workers: Workers,
    listen: Callable[[dict[str, Any]], None] = lambda _: None,
    force: bool = False,
) -> str:
    """Bring the release of an area up to date; returns the identifier of the current release.

    Raises
    ------
    InputError
        When the input cannot be used. Whatever goes wrong, the last good release stays current.
    """
    folder = home.work(area.name)
    with locked(folder):
        _claim_name(area, folder)
        progress = Progress(home.status(area.name), listen)
        progress.tell(state="running", area=area.name, error=None)
        workspace = Workspace(folder, _versions(), progress, force=force)
        try:
            release = _steps(area, home, workspace, workers)
        except InputError as error:
            named = error.of_file(area.file)
            progress.tell(state="failed", error=str(named))
            raise named from None
        except BaseException as error:
            progress.tell(state="failed", error=str(error) or type(error).__name__)
            raise
        progress.tell(state="finished", release=release)
        return release


def extract_area(
    area: Area,
    home: Home,
    *,
    workers: Workers,
    listen: Callable[[dict[str, Any]], None] = lambda _: None,
    model: Path | None = None,
) -> tuple[ExtractionSteps, Workspace]:
    """Bring the images of an area and what a model finds in them up to date, and nothing after that.

    model : a checkpoint other than the area's; its steps lie apart, so that they do not disturb the area's own run.

    Raises
    ------
    InputError
        When the input cannot be used.
    """
    folder = own = home.work(area.name)
    if model is not None:
        own = folder / "models" / read_checkpoint(model).sha256[:12]
        area = area.with_model(model)
    with locked(folder):
        _claim_name(area, folder)
        own.mkdir(parents=True, exist_ok=True)
        workspace = Workspace(own, _versions(), Progress(own / "extraction.json", listen))
        try:
            return extraction_steps(area, workspace, workers), workspace
        except InputError as error:
            raise error.of_file(area.file) from None


def tune_area(
    area: Area,
    home: Home,
    *,
    workers: Workers,
    windows: int,
    listen: Callable[[dict[str, Any]], None] = lambda _: None,
) -> tuple[StepRecord, Path]:
    """What segmentation suits the training reference of an area: the record of the step, and its folder.

    windows : the most reference patches to look at, for each date.

    Raises
    ------
    InputError
        When the input cannot be used.
    """
    folder = home.work(area.name)
    with locked(folder):
        _claim_name(area, folder)
        workspace = Workspace(folder, _versions(), Progress(folder / "tuning.json", listen))
        try:
            return tuning_step(area, workspace, workers, windows)
        except InputError as error:
            raise error.of_file(area.file) from None


def deform_area(
    area: Area,
    home: Home,
    *,
    workers: Workers,
    listen: Callable[[dict[str, Any]], None] = lambda _: None,
) -> list[tuple[StepRecord, Path]]:
    """Bring the radar half of an area up to date: the record and the folder of each of its steps.

    Raises
    ------
    InputError
        When the input cannot be used, or there is no stack.
    """
    if area.options.stack is None:
        raise InputError("the area has no interferograms", file=area.file, field="stack", mend="add [stack]")
    folder = home.work(area.name)
    with locked(folder):
        _claim_name(area, folder)
        workspace = Workspace(folder, _versions(), Progress(folder / "deformation.json", listen))
        try:
            radar = radar_steps(area, workspace, workers)
        except InputError as error:
            raise error.of_file(area.file) from None
    assert radar is not None
    return [(record, workspace.path(record)) for record in radar.steps]


def _versions() -> dict[str, str]:
    return {"engine": __version__} | {name: version(name) for name in _LIBRARIES}


def check_inputs(area: Area, home: Home, listen: Callable[[dict[str, Any]], None]) -> str:
    """Read every input of an area, in a folder that is thrown away; returns a summary.

    Raises
    ------
    InputError
        For the first thing that a run would refuse; but whether images are in their model's units only a run finds out.
    """
    options = area.options
    home.work_root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home.work_root, prefix=".check-") as scratch:
        folder = Path(scratch)
        progress = Progress(folder / "status.json", listen)
        progress.tell(step="check")
        try:
            found = [check_optical(area), check_radar(area, folder, progress)]
            if options.patches:
                found.append(f"outlines: {len(read_outlines(options.patches, area.folder))}")
            found.append(check_permits(area, home))
        except InputError as error:
            raise error.of_file(area.file) from None
        progress.tell(finished="check")
    return "; ".join(part for part in found if part)


def _claim_name(area: Area, folder: Path) -> None:
    """Refuse a second area of one name: its releases would take the place of the first one's."""
    note, own = folder / "area.txt", area.file.resolve()
    if note.exists() and (first := Path(note.read_text(encoding="utf-8"))) != own and first.exists():
        raise InputError(
            f"another area is called '{area.name}' already, the one in {_place(first)}",
            file=area.file,
            field="name",
            mend="give one of the two another name",
        )
    note.write_text(str(own), encoding="utf-8")


def _place(file: Path) -> Path:
    """How a person names an area: by its folder, unless the file is not called as usual."""
    return file.parent if file.name == AREA_FILE else file


def _steps(area: Area, home: Home, workspace: Workspace, workers: Workers) -> str:
    register = open_register(area, home)  # what cannot be read is said before the long work
    optical = optical_steps(area, workspace, workers)
    radar = radar_steps(area, workspace, workers)
    extraction = optical.extraction if optical else None
    patches_record = (
        _track(area, home, optical, extraction, workspace) if optical and extraction else _outline(area, workspace)
    )
    patches_folder = workspace.path(patches_record)
    patches = gpd.read_parquet(patches_folder / PATCHES)

    before_verdicts = [patches_record]
    surface_record = surface_step(optical, patches_record, workspace) if optical else None
    if surface_record is not None:
        before_verdicts.append(surface_record)
    activity_record = None
    if radar is not None:
        activity_record = workspace.step(
            "activity",
            lambda folder: classify(patches, radar, folder, area),
            code="activity",
            after=[*radar.records, patches_record],
            parameters=area.options.activity.model_dump(mode="json"),
        )
        before_verdicts.append(activity_record)

    verdicts_record = verdict_step(
        workspace,
        register,
        optical=optical,
        radar=radar,
        patches=patches_folder,
        activity=workspace.path(activity_record) if activity_record else None,
        surface=workspace.path(surface_record) if surface_record else None,
        last_date=_last_date(optical, radar),
        after=before_verdicts,
    )

    products = Products(
        optical=optical,
        radar=radar,
        patches=patches_folder,
        activity=workspace.path(activity_record) if activity_record else None,
        surface=workspace.path(surface_record) if surface_record else None,
        verdicts=workspace.path(verdicts_record),
        register=register.name if register else None,
    )
    return _publish(area, home, workspace, products)


def _track(
    area: Area, home: Home, optical: OpticalProducts, extraction: ExtractionProducts, workspace: Workspace
) -> StepRecord:
    """Patches from the outlines of all dates; on ground that had one before, the identifier stays."""
    grounds, used = known_patches(home, area.name)
    known = gpd.GeoDataFrame(
        {"patch_id": list(grounds)}, geometry=[shapely.from_wkb(ground) for ground in grounds.values()], crs="EPSG:4326"
    )
    return workspace.step(
        "patches",
        lambda folder: track_patches(
            extraction.outlines,
            {day: path / PROBABILITY for day, path in extraction.probabilities.items()},
            {day: path / IMAGE for day, path in optical.images.items()},
            known,
            used,
            folder,
            boundary_error_m=extraction.boundary_error_m,
            options=area.options.change,
        ),
        code=("patches", "likeness.py"),
        after=[extraction.record],
        parameters={"dates": [str(day) for day in extraction.outlines], **area.options.change.model_dump(mode="json")},
    )


def _outline(area: Area, workspace: Workspace) -> StepRecord:
    """Patches that are given, or none."""
    options = area.options.patches
    return workspace.step(
        "patches",
        lambda folder: _prepare_patches(options, area, folder),
        code=("patches", "vectors.py"),
        files=vector_files(area.folder / options.path) if options else [],
        parameters=options.model_dump(mode="json") if options else {},
    )


def _prepare_patches(options: OutlineOptions | None, area: Area, folder: Path) -> dict[str, Any]:
    if options is None:
        patches = gpd.GeoDataFrame({name: [] for name in PATCH_COLUMNS}, geometry="geometry", crs="EPSG:4326")
    else:
        patches = read_outlines(options, area.folder).reindex(columns=PATCH_COLUMNS)
    patches.to_parquet(folder / PATCHES)
    return {"patches": len(patches), "mended": int(patches["mended"].sum())}


def _last_date(optical: OpticalProducts | None, radar: RadarProducts | None) -> datetime.date:
    """Of all data."""
    dates = list(optical.images) if optical is not None else []
    dates += SeriesFile(radar.series).dates if radar is not None else []
    return max(dates)


def _publish(area: Area, home: Home, workspace: Workspace, products: Products) -> str:
    """Publish, unless the current release was made from the very same."""
    key = _content_key(area, workspace.records)
    current = current_release(home, area.name)
    if current is not None and current.info.content_key == key:
        return current.info.id
    workspace.progress.tell(step="publish", done=0, total=0)
    release = publish_release(area, products, workspace.records, home, key)
    workspace.progress.tell(finished="publish")
    return release


def _content_key(area: Area, records: list[StepRecord]) -> str:
    """What tells whether two releases say the same."""
    schema = (Path(__file__).parents[2] / "store" / "schema.sql").read_text("utf-8")
    texts = [
        schema,
        code_digest("publish", "products.py", "attention.py"),
        area.options.title,
        area.options.attribution,
        area.source,
    ]
    return hashlib.sha256(json.dumps([record.key for record in records] + texts).encode()).hexdigest()
