"""`tune`: the segmentation that suits an area's training reference."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.commands.progress import ProgressBar
from store.home import Home


def add_commands(commands: Any, positive: Callable[[str], int]) -> None:
    """Put `tune` among the commands. positive : reads a number from 1 on."""
    parser = commands.add_parser(
        "tune", help="find shape, compactness and scale of the segmentation that suit an area's training reference"
    )
    parser.add_argument("area", nargs="+", type=Path, help="folder of an area, or its area.toml, with [reference]")
    parser.add_argument("--windows", type=positive, default=20, help="reference patches to look at a date (20)")
    parser.add_argument("--workers", type=positive, default=os.cpu_count(), help="threads (default: cores)")
    parser.set_defaults(command=_tune)


def _tune(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.area import read_area
    from engine.blocks import Workers
    from engine.commands.tuning import tuning_to_keep
    from engine.pipeline import tune_area
    from store.tunings import keep_tuning

    area = read_area(path)
    with ProgressBar(console) as listen:
        record, folder = tune_area(
            area, home, workers=Workers(count=given.workers), windows=given.windows, listen=listen
        )
    report = record.report
    console.print(
        f"{area.name}: {report['patches']} reference patches; least mean difference of area "
        f"{report['difference']:.1%} (IoU {report['iou']:.2f}) at"
    )
    console.print(f"  shape = {report['shape']:g}\n  compactness = {report['compactness']:g}")
    for step, scale in report["scales"].items():
        console.print(
            f"  scale = {scale:g}  (steps of {step})" if scale else f"  no scale stands out in steps of {step}"
        )
    console.print(f"to use them, write them under [segmentation] of {area.file}\n  {folder}")
    console.print(f"kept as {keep_tuning(home, tuning_to_keep(area.name, record, folder))}")
