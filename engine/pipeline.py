"""The steps of a run in order, as one would tell them: from an area's files to its published release."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np

from engine import __version__
from engine.activity.scenes import Motion
from engine.activity.steps import classify_patches
from engine.area import AREA_FILE, Area
from engine.blocks import Workers
from engine.deformation.mintpy_files import SeriesFile
from engine.deformation.steps import (
    M_TO_MM,
    ChosenNetwork,
    MotionRasters,
    PreparedStack,
    choose_network,
    estimate_rates,
    invert_stack,
    open_stack,
    prepare_stack,
    reference_phase,
)
from engine.deformation.velocity import t95
from engine.errors import InputError
from engine.patches.outlines import OutlineOptions, outline_files, read_outlines
from engine.permits.verdicts import Reason, Verdict, VerdictKind, without_register
from engine.publish import Products, publish_release
from engine.steps import Progress, StepRecord, Workspace, code_digest, locked
from store.home import Home
from store.reader import current_release

# A new version of one of these may change the numbers, so its steps are run again.
_LIBRARIES = ("numpy", "scipy", "mintpy", "rasterio", "geopandas")


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
        versions = {"engine": __version__} | {name: version(name) for name in _LIBRARIES}
        workspace = Workspace(folder, versions, progress, force=force)
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


def check_inputs(area: Area, home: Home, listen: Callable[[dict[str, Any]], None]) -> str:
    """Read every input of an area as a run would, in a folder that is thrown away; returns a summary.

    Raises
    ------
    InputError
        For the first thing that a run would refuse.
    """
    options = area.options
    home.work_root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home.work_root, prefix=".check-") as scratch:
        folder = Path(scratch)
        progress = Progress(folder / "status.json", listen)
        progress.tell(step="check")
        try:
            reader = open_stack(options.stack, area.folder)
            prepare_stack(reader, folder, weights=options.inversion.weights, progress=progress)
            stack = PreparedStack.read(folder)
            choose_network(stack, folder, options.network)
            chosen = ChosenNetwork.read(folder, stack)
            reference_phase(stack, chosen, options.inversion)
            patches = len(read_outlines(options.patches, area.folder)) if options.patches else 0
        except InputError as error:
            raise error.of_file(area.file) from None
        progress.tell(finished="check")
    dates = chosen.network.dates
    return (
        f"{len(chosen.numbers)} of {len(reader.interferograms)} pairs between {len(dates)} dates, "
        f"{dates[0]} to {dates[-1]}, {stack.grid.rows} x {stack.grid.cols} pixels, outlines: {patches}, "
        f"wavelength {stack.radar.wavelength * 100:.3f} cm"
    )


def _claim_name(area: Area, folder: Path) -> None:
    """Refuse a second area of one name: its releases would take the place of the first one's."""
    note, own = folder / "folder.txt", area.folder.resolve()
    if note.exists() and (first := Path(note.read_text(encoding="utf-8"))) != own and (first / AREA_FILE).exists():
        raise InputError(
            f"another area is called '{area.name}' already, the one in {first}",
            file=area.file,
            field="name",
            mend="give one of the two another name",
        )
    note.write_text(str(own), encoding="utf-8")


def _steps(area: Area, home: Home, workspace: Workspace, workers: Workers) -> str:
    options, progress = area.options, workspace.progress

    reader = open_stack(options.stack, area.folder)
    weights = options.inversion.weights
    stack_record = workspace.step(
        "stack",
        lambda folder: prepare_stack(reader, folder, weights=weights, progress=progress),
        code="deformation",
        files=reader.files,
        parameters={**options.stack.model_dump(mode="json"), "coherence_read": weights != "none"},
    )
    stack = PreparedStack.read(workspace.path(stack_record))

    network_record = workspace.step(
        "network",
        lambda folder: choose_network(stack, folder, options.network),
        code="deformation",
        after=[stack_record],
        parameters=options.network.model_dump(mode="json"),
    )
    chosen = ChosenNetwork.read(workspace.path(network_record), stack)

    inversion_record = workspace.step(
        "inversion",
        lambda folder: invert_stack(stack, chosen, folder, options.inversion, workers=workers, progress=progress),
        code="deformation",
        after=[stack_record, network_record],
        parameters=options.inversion.model_dump(mode="json", exclude={"block"}),
    )
    inverted = workspace.path(inversion_record)

    velocity_record = workspace.step(
        "velocity",
        lambda folder: estimate_rates(stack, inverted, folder, options.inversion, workers=workers, progress=progress),
        code="deformation",
        after=[stack_record, inversion_record],
    )
    velocity = workspace.path(velocity_record)

    outlines = outline_files(options.patches, area.folder) if options.patches else []
    patches_record = workspace.step(
        "patches",
        lambda folder: _prepare_patches(options.patches, area, folder),
        code="patches",
        files=outlines,
        parameters=options.patches.model_dump(mode="json") if options.patches else {},
    )
    patches = gpd.read_parquet(workspace.path(patches_record) / "patches.parquet")

    activity_record = workspace.step(
        "activity",
        lambda folder: _classify(patches, inverted, velocity, folder, area),
        code="activity",
        after=[inversion_record, velocity_record, patches_record],
        parameters=options.activity.model_dump(mode="json"),
    )

    verdicts_record = workspace.step(
        "verdicts",
        lambda folder: _judge(patches, folder),
        code="permits",
        after=[patches_record, activity_record],
    )

    products = Products(
        stack=stack.folder,
        network=workspace.path(network_record),
        inversion=inverted,
        velocity=velocity,
        patches=workspace.path(patches_record),
        activity=workspace.path(activity_record),
        verdicts=_read_verdicts(workspace.path(verdicts_record)),
    )
    return _publish(area, home, workspace, products)


def _prepare_patches(options: OutlineOptions | None, area: Area, folder: Path) -> dict[str, Any]:
    if options is None:
        patches = gpd.GeoDataFrame(
            {"patch_id": [], "name": [], "mine_class": [], "area_m2": [], "mended": []}, geometry=[], crs="EPSG:4326"
        )
    else:
        patches = read_outlines(options, area.folder)
    patches.to_parquet(folder / "patches.parquet")
    return {"patches": len(patches), "mended": int(patches["mended"].sum())}


def _classify(patches: gpd.GeoDataFrame, inverted: Path, velocity: Path, folder: Path, area: Area) -> dict[str, Any]:
    rasters, series = MotionRasters.read(inverted, velocity), SeriesFile(inverted)
    motion = Motion(
        rasters.grid, rasters.rate, rasters.error, rasters.observed, rasters.decorrelated, t95(len(series.dates))
    )
    return classify_patches(
        patches,
        motion,
        lambda block: series.read(block) * np.float32(M_TO_MM),
        series.dates,
        folder,
        area.options.activity,
    )


def _judge(patches: gpd.GeoDataFrame, folder: Path) -> dict[str, Any]:
    verdicts = {patch_id: [asdict(without_register())] for patch_id in patches["patch_id"]}
    (folder / "verdicts.json").write_text(json.dumps(verdicts))
    return {str(VerdictKind.NOT_TESTED): len(verdicts)}


def _read_verdicts(folder: Path) -> dict[str, list[Verdict]]:
    found = json.loads((folder / "verdicts.json").read_text())
    return {
        patch_id: [
            Verdict(VerdictKind(item["kind"]), tuple(Reason(**reason) for reason in item["reasons"])) for item in items
        ]
        for patch_id, items in found.items()
    }


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
    schema = (Path(__file__).parents[1] / "store" / "schema.sql").read_text("utf-8")
    texts = [
        schema,
        code_digest("publish.py"),
        area.options.title,
        area.options.attribution,
        area.source,
    ]
    return hashlib.sha256(json.dumps([record.key for record in records] + texts).encode()).hexdigest()
