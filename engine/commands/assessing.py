"""Assessing areas one by one, saying what came of it, and pooling those of a command."""

import argparse
import json
from pathlib import Path

from rich.console import Console

from engine.area import read_area
from engine.assessment.areas import AreaAssessment, AssessedImage, assess_area
from engine.assessment.counting import pooled
from engine.assessment.pictures import draw_examples
from engine.assessment.plots import draw_similarity
from engine.assessment.report import make_assessment
from engine.assessment.tables import heading, tables
from engine.blocks import Workers
from engine.commands.progress import ProgressBar
from store.assessments import Assessment, keep_assessment
from store.home import Home

_WIDTH = 130  # columns that the widest table takes, also where the terminal is narrower or a file


def assess(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    """Assess an area, say the figures, keep them beside its releases, and remember them for the pool."""
    area = read_area(path)

    def show(image: AssessedImage) -> None:
        if given.out is not None:
            draw_examples(image, given.out / f"{area.name}-{image.day:%Y%m%d}.png")

    with ProgressBar(console) as listen:
        found = assess_area(
            area,
            home,
            workers=Workers(count=given.workers),
            listen=listen,
            model=given.model,
            least_area_m2=given.least_area,
            show=show,
        )
    given.assessed.append(found)
    _say(found.kept, console)
    console.print(f"kept as {keep_assessment(home, found.kept)}")
    if given.out is not None:
        draw_similarity(found.kept, given.out / f"{area.name}-similarity.png")


def conclude(given: argparse.Namespace, console: Console) -> None:
    """Say what several areas come to together, and write the figures of all."""
    kept = [found.kept for found in given.assessed]
    if len(kept) > 1:
        together = _together(given.assessed)
        kept.append(together)
        _say(together, console)
        if given.out is not None:
            draw_similarity(together, given.out / "pooled-similarity.png")
    if given.json is not None and kept:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps([one.model_dump(mode="json") for one in kept], indent=1), encoding="utf-8")
        console.print(f"written: {given.json}")


def _together(assessed: list[AreaAssessment]) -> Assessment:
    first = assessed[0].kept
    models = {found.kept.sha256: found.kept.model for found in assessed}
    return make_assessment(
        ", ".join(found.kept.area for found in assessed),
        pooled(part for found in assessed for part in found.counts),
        model=", ".join(models.values()),
        sha256=", ".join(models),
        threshold=first.threshold,
        truth=first.truth,
        least_area_m2=first.least_area_m2,
        least_iou=first.least_iou,
    )


def _say(assessment: Assessment, console: Console) -> None:
    console.print(f"\n{assessment.area}: {assessment.model}, threshold {assessment.threshold:g}", style="bold")
    console.print(
        f"extracted patches under {assessment.least_area_m2:g} m² dropped before patches are counted; "
        f"a match needs an IoU of {assessment.least_iou:g}"
    )
    wide = Console(file=console.file, width=max(console.width, _WIDTH), highlight=False, markup=False)
    for part in assessment.parts:
        console.print(f"\n{heading(part)}", style="bold")
        for table in tables(part):
            wide.print(table)
