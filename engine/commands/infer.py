"""`infer`: what a model finds in the images of an area, without the steps that follow."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.commands.progress import ProgressBar
from store.home import Home


def add_commands(commands: Any, positive: Callable[[str], int]) -> None:
    """Put `infer` among the commands. positive : reads a number from 1 on."""
    parser = commands.add_parser("infer", help="find patches in the images of an area: probabilities and mask, no more")
    parser.add_argument("area", nargs="+", type=Path, help="folder of an area, or its area.toml")
    parser.add_argument("--model", type=Path, metavar="FILE", help="another model than the area's")
    parser.add_argument("--workers", type=positive, default=os.cpu_count(), help="threads (default: cores)")
    parser.set_defaults(command=_infer)


def _infer(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.area import read_area
    from engine.blocks import Workers
    from engine.pipeline import extract_area

    area = read_area(path)
    with ProgressBar(console) as listen:
        extracted, workspace = extract_area(
            area, home, workers=Workers(count=given.workers), listen=listen, model=given.model
        )
    low, high = extracted.options.thresholds
    console.print(f"{area.name}: {extracted.checkpoint.description.name}, thresholds {low:g} and {high:g}")
    for day, record in extracted.records.items():
        report = record.report
        share = report["mask_pixels"] / max(report["pixels"], 1)
        console.print(
            f"  {day}  {report['mask_regions']} regions, {share:.2%} of the image  ({report['backend']}, "
            f"{report['precision']})\n  {workspace.path(record)}"
        )
