"""`assess`: how well a model finds the patches of areas in which it is known what is true."""

import argparse
import os
from pathlib import Path
from typing import Any

from rich.console import Console

from store.home import Home


def add_commands(commands: Any) -> None:
    """Put `assess` among the commands."""
    parser = commands.add_parser(
        "assess", help="hold what a model finds against what is true, where training saw nothing"
    )
    parser.add_argument("area", nargs="+", type=Path, metavar="AREA", help="folder of an area, or its area.toml")
    parser.add_argument("--model", type=Path, metavar="FILE", help="another model than the area's")
    parser.add_argument(
        "--least-area", type=float, default=50.0, metavar="M2", help="of an extracted patch (default: 50, METHOD §3)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of the areas, and of all together")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="for box plots, and pictures of hits and errors")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="threads (default: cores)")
    parser.set_defaults(command=_assess, finish=_finish, assessed=[])


def _assess(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.commands.assessing import assess

    assess(path, home, given, console)


def _finish(given: argparse.Namespace, console: Console) -> None:
    from engine.commands.assessing import conclude

    conclude(given, console)
