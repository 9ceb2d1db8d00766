"""The steps from interferograms to rates."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np

from engine.activity.decorrelation import DatedPair
from engine.activity.motion import Motion
from engine.activity.steps import Coherence, classify_patches
from engine.area import Area
from engine.blocks import Workers
from engine.deformation.additions import Provenance
from engine.deformation.correcting import correct_series
from engine.deformation.decomposition import Sources, decompose_stacks, sights_of
from engine.deformation.mintpy_files import SeriesFile
from engine.deformation.network import DAYS_PER_YEAR
from engine.deformation.rates import MotionRasters, estimate_rates
from engine.deformation.readers import open_stack
from engine.deformation.stack import AnyStackOptions, StackReader
from engine.deformation.steps import (
    M_TO_MM,
    ChosenNetwork,
    PreparedStack,
    choose_network,
    invert_stack,
    prepare_stack,
    reference_phase,
)
from engine.deformation.troposphere import find_delays, header_of
from engine.deformation.velocity import t95
from engine.errors import InputError
from engine.grid import Block
from engine.products import RadarProducts
from engine.steps import Progress, Workspace

# Before the names of the second stack's steps.
_SECOND = "second-"


def radar_steps(area: Area, workspace: Workspace, workers: Workers) -> RadarProducts | None:
    """Run what is not up to date; None in an area without a stack."""
    if area.options.stack is None:
        return None
    if area.options.second_stack is None:
        return _stack_steps(area, workspace, workers)
    one, other = _both(area)
    first = _stack_steps(one, workspace, workers)
    with _said_of_second():
        second = _stack_steps(other, workspace, workers, prefix=_SECOND)
    record = workspace.step(
        "decomposition",
        lambda folder: decompose_stacks(_sources(first), _sources(second), folder),
        code="deformation",
        after=[*first.steps, *second.steps],
    )
    return replace(first, steps=(*first.steps, *second.steps, record), decomposition=workspace.path(record))


def _sources(products: RadarProducts) -> Sources:
    return Sources(products.stack, products.inversion, products.velocity)


def _both(area: Area) -> tuple[Area, Area]:
    """The area as each of its two stacks has it: dates that options name count for the stacks that have them.

    A date that neither has stays with both, and is refused.
    """
    options = area.options
    assert options.stack is not None
    assert options.second_stack is not None
    with _said_of_second():
        seen_second = _dates(open_stack(options.second_stack, area.folder))
    seen = _dates(open_stack(options.stack, area.folder))

    def as_seen(stack: AnyStackOptions, of_other_alone: set[date]) -> Area:
        excluded = tuple(day for day in options.network.exclude_dates if day not in of_other_alone)
        reference = options.corrections.reference_date
        changed = {
            "stack": stack,
            "network": options.network.model_copy(update={"exclude_dates": excluded}),
            "corrections": options.corrections.model_copy(
                update={"reference_date": None if reference in of_other_alone else reference}
            ),
        }
        return replace(area, options=options.model_copy(update=changed))

    return as_seen(options.stack, seen_second - seen), as_seen(options.second_stack, seen - seen_second)


def _dates(reader: StackReader) -> set[date]:
    return {day for item in reader.interferograms for day in item.pair}


@contextmanager
def _said_of_second() -> Iterator[None]:
    """What is wrong with the second stack's options is said of its own table."""
    try:
        yield
    except InputError as error:
        problem, field, mend = (
            re.sub(r"(?<![\w.])stack\.(?=[a-z])", "second_stack.", text)
            for text in (error.problem, error.field or "", error.mend)
        )
        raise InputError(f"second stack: {problem}", file=error.file, field=field or None, mend=mend) from None


def _stack_steps(area: Area, workspace: Workspace, workers: Workers, *, prefix: str = "") -> RadarProducts:
    """The steps of the area's stack. prefix : of their names."""
    options, progress = area.options, workspace.progress
    assert options.stack is not None
    reader = open_stack(options.stack, area.folder)
    coherent = options.inversion.needs_coherence or options.network.needs_coherence
    described = options.stack.model_dump(mode="json")
    provenance = Provenance(
        workspace.fingerprint,
        {"options": described, "versions": workspace.versions("deformation")},
        workspace.former(f"{prefix}stack"),
    )
    stack_record = workspace.step(
        f"{prefix}stack",
        lambda folder: prepare_stack(
            reader,
            folder,
            options=options.inversion,
            coherence=options.network.needs_coherence,
            corrected=options.corrections.any,
            progress=progress,
            provenance=provenance,
        ),
        code="deformation",
        files=reader.files,
        parameters={
            **described,
            "coherence_read": coherent,
        },
    )
    stack = PreparedStack.read(workspace.path(stack_record))

    network_record = workspace.step(
        f"{prefix}network",
        lambda folder: choose_network(stack, folder, options.network),
        code="deformation",
        after=[stack_record],
        parameters=options.network.model_dump(mode="json"),
    )
    chosen = ChosenNetwork.read(workspace.path(network_record), stack)

    covariance = options.velocity.standard_error == "covariance"
    functional = options.velocity.functional(chosen.network.dates) if covariance else None
    inversion_record = workspace.step(
        f"{prefix}inversion",
        lambda folder: invert_stack(
            stack, chosen, folder, options.inversion, workers=workers, progress=progress, functional=functional
        ),
        code="deformation",
        after=[stack_record, network_record],
        parameters={
            **options.inversion.model_dump(mode="json", exclude={"block"}),
            "functional": None if functional is None else functional.tolist(),
        },
    )
    inverted = workspace.path(inversion_record)

    series, correction_records = inverted, []
    if options.corrections.any:
        record = workspace.step(
            f"{prefix}corrections",
            lambda folder: correct_series(
                stack,
                chosen,
                inverted,
                folder,
                inversion=options.inversion,
                options=options.corrections,
                area_folder=area.folder,
                workers=workers,
                progress=progress,
            ),
            code="deformation",
            after=[stack_record, network_record, inversion_record],
            files=_delays(area, chosen),
            parameters=options.corrections.model_dump(mode="json"),
        )
        series, correction_records = workspace.path(record), [record]

    velocity_record = workspace.step(
        f"{prefix}velocity",
        lambda folder: estimate_rates(
            stack,
            inverted,
            folder,
            options.velocity,
            block=options.inversion.block,
            corrected=series,
            workers=workers,
            progress=progress,
        ),
        code="deformation",
        after=[stack_record, inversion_record, *correction_records],
        parameters=options.velocity.model_dump(mode="json"),
    )
    return RadarProducts(
        stack=stack.folder,
        network=workspace.path(network_record),
        inversion=inverted,
        series=series,
        velocity=workspace.path(velocity_record),
        steps=(stack_record, network_record, inversion_record, *correction_records, velocity_record),
    )


def _delays(area: Area, chosen: ChosenNetwork) -> list[Path]:
    """Files of the troposphere that the corrections read, and their headers."""
    gacos = area.options.corrections.gacos
    found = find_delays(area.folder / gacos, chosen.network.dates) if gacos is not None else []
    return [file for path in found for file in (path, header_of(path)) if file.is_file()]


def classify(patches: gpd.GeoDataFrame, radar: RadarProducts, folder: Path, area: Area) -> dict[str, Any]:
    """Write the activity of patches, their series and courses (see `classify_patches`)."""
    rasters, series = MotionRasters.read(radar.inversion, radar.velocity), SeriesFile(radar.series)
    period = [
        day for day, inside in zip(series.dates, area.options.velocity.within(series.dates), strict=True) if inside
    ]
    motion = Motion(rasters.grid, rasters.rate, rasters.noise, rasters.observed, rasters.decorrelated, t95(len(period)))
    return classify_patches(
        patches,
        motion,
        lambda block: series.read(block) * np.float32(M_TO_MM),
        series.dates,
        folder,
        area.options.activity,
        years=(period[-1] - period[0]).days / DAYS_PER_YEAR,
        coherence=_coherence(radar),
    )


def _coherence(radar: RadarProducts) -> Coherence | None:
    """Coherence of the pairs that are used, where it was laid down."""
    stack = PreparedStack.read(radar.stack)
    if stack.mean_coherences is None:
        return None
    chosen, whole = ChosenNetwork.read(radar.network, stack), Block(0, stack.grid.rows, 0, stack.grid.cols)
    pairs = [
        DatedPair(number, pair.first, pair.second)
        for number, pair in zip(chosen.numbers, chosen.network.pairs, strict=True)
    ]
    return Coherence(pairs, lambda number: stack.file.coherence([number], whole)[0])


def check_radar(area: Area, scratch: Path, progress: Progress) -> str:
    """Read every interferogram as a run would; a summary, empty without a stack."""
    if area.options.stack is None:
        return ""
    with TemporaryDirectory(dir=scratch) as name:
        if area.options.second_stack is None:
            return _check_stack(area, Path(name), progress)
        folders = Path(name) / "first", Path(name) / "second"
        for folder in folders:
            folder.mkdir()
        one, other = _both(area)
        first = _check_stack(one, folders[0], progress)
        with _said_of_second():
            second = _check_stack(other, folders[1], progress)
        sights_of(*folders)
    return f"{first}; second stack: {second}"


def _check_stack(area: Area, folder: Path, progress: Progress) -> str:
    """Read the area's stack into a folder; a summary."""
    options = area.options
    assert options.stack is not None
    reader = open_stack(options.stack, area.folder)
    prepare_stack(
        reader,
        folder,
        options=options.inversion,
        coherence=options.network.needs_coherence,
        corrected=options.corrections.any,
        progress=progress,
    )
    stack = PreparedStack.read(folder)
    choose_network(stack, folder, options.network)
    chosen = ChosenNetwork.read(folder, stack)
    reference_phase(stack, chosen, options.inversion)
    dates = chosen.network.dates
    return (
        f"{len(chosen.numbers)} of {len(reader.interferograms)} pairs between {len(dates)} dates, "
        f"{dates[0]} to {dates[-1]}, {stack.grid.rows} x {stack.grid.cols} pixels, "
        f"wavelength {stack.radar.wavelength * 100:.3f} cm"
    )
