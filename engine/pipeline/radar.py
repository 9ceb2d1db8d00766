"""The steps from interferograms to rates."""

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
from engine.deformation.mintpy_files import SeriesFile
from engine.deformation.network import DAYS_PER_YEAR
from engine.deformation.rates import MotionRasters, estimate_rates
from engine.deformation.steps import (
    M_TO_MM,
    ChosenNetwork,
    PreparedStack,
    choose_network,
    invert_stack,
    open_stack,
    prepare_stack,
    reference_phase,
)
from engine.deformation.troposphere import find_delays, header_of
from engine.deformation.velocity import t95
from engine.grid import Block
from engine.products import RadarProducts
from engine.steps import Progress, Workspace


def radar_steps(area: Area, workspace: Workspace, workers: Workers) -> RadarProducts | None:
    """Run what is not up to date; None in an area without a stack."""
    options, progress = area.options, workspace.progress
    if options.stack is None:
        return None
    reader = open_stack(options.stack, area.folder)
    coherent = options.inversion.needs_coherence or options.network.needs_coherence
    described = options.stack.model_dump(mode="json")
    provenance = Provenance(
        workspace.fingerprint,
        {"options": described, "versions": workspace.versions("deformation")},
        workspace.former("stack"),
    )
    stack_record = workspace.step(
        "stack",
        lambda folder: prepare_stack(
            reader,
            folder,
            options=options.inversion,
            coherence=options.network.needs_coherence,
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
        "network",
        lambda folder: choose_network(stack, folder, options.network),
        code="deformation",
        after=[stack_record],
        parameters=options.network.model_dump(mode="json"),
    )
    chosen = ChosenNetwork.read(workspace.path(network_record), stack)

    covariance = options.velocity.standard_error == "covariance"
    functional = options.velocity.functional(chosen.network.dates) if covariance else None
    inversion_record = workspace.step(
        "inversion",
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
            "corrections",
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
        "velocity",
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
    motion = Motion(rasters.grid, rasters.rate, rasters.error, rasters.observed, rasters.decorrelated, t95(len(period)))
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
    options = area.options
    if options.stack is None:
        return ""
    with TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        reader = open_stack(options.stack, area.folder)
        prepare_stack(
            reader, folder, options=options.inversion, coherence=options.network.needs_coherence, progress=progress
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
