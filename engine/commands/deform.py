"""`deform`: the radar half of an area alone, from interferograms to rates."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.commands.progress import ProgressBar
from store.home import Home


def add_commands(commands: Any, positive: Callable[[str], int]) -> None:
    """Put `deform` among the commands. positive : reads a number from 1 on."""
    parser = commands.add_parser("deform", help="measure ground motion in an area's interferograms, and nothing else")
    parser.add_argument("area", nargs="+", type=Path, help="folder of an area, or its area.toml, with [stack]")
    parser.add_argument("--workers", type=positive, default=os.cpu_count(), help="threads (default: cores)")
    parser.set_defaults(command=_deform)


def _deform(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.area import read_area
    from engine.blocks import Workers
    from engine.pipeline import deform_area

    area = read_area(path)
    with ProgressBar(console) as listen:
        made = deform_area(area, home, workers=Workers(count=given.workers), listen=listen)
    for record, folder in made:
        console.print(f"{record.name}  {folder}")
        for name, value in record.report.items():
            if value is not None:
                console.print(f"  {name}: {value}")
    console.print(
        "timeseries.h5 and velocity.h5 open in MintPy; rates are also in rate.tif, error.tif and vertical.tif"
    )
