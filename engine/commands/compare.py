"""`compare`: the patches of a published area held against a file of permits."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from store.home import Home


def add_commands(commands: Any) -> None:
    """Put `compare` among the commands."""
    parser = commands.add_parser("compare", help="hold the patches of a published area against a file of permits")
    parser.add_argument("area", nargs=1, type=Path, metavar="AREA", help="name of a published area, or its folder")
    parser.add_argument("permits", nargs="+", type=Path, help="a file of permits, or all parts of a loose shapefile")
    parser.add_argument("--layer", help="of a file with several")
    parser.add_argument("--encoding", help="of its texts, such as GB18030")
    parser.add_argument("--crs", help="where the file does not say it, such as EPSG:4544")
    parser.add_argument(
        "--column", action="append", default=[], metavar="FIELD=NAME", help="what a column is; may be repeated"
    )
    parser.add_argument("--as-of", type=_day, metavar="DATE", help="judge as of this day (default: each outline's own)")
    parser.add_argument(
        "--datum-error", type=float, default=None, metavar="M", help="error of the permits' corners, 1 σ"
    )
    parser.add_argument("--zones", action="append", default=[], type=Path, metavar="FILE", help="prohibited zones")
    parser.add_argument("--language", choices=["en", "zh"], default="en", help="(default: en)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the verdicts; the suffix says the form")
    parser.add_argument("--save", metavar="NAME", help="keep the permits as the area's register, under this name")
    parser.set_defaults(command=_compare)


def _compare(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.commands.comparing import compare_area

    compare_area(path, home, given, console)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no day; write it as 2020-12-31") from None
