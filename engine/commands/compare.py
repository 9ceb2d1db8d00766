"""`python -m engine compare AREA PERMITS`: the patches of a release held against a file of permits."""

import argparse
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pandas as pd
from rich.console import Console

from engine import wording
from engine.commands.published import published
from engine.errors import InputError
from engine.permits.cadastre import Choices, Heading
from engine.permits.comparison import Comparison, compare
from engine.permits.fields import Field
from engine.permits.options import JudgingOptions, ZoneOptions
from engine.permits.precision import precision_of
from engine.permits.quality import QualityReport
from engine.permits.reading import read_cadastre
from engine.permits.registering import make_register
from engine.permits.subjects import subjects
from engine.permits.versions import save_version
from engine.permits.zones import read_zones
from store.home import Home
from store.reader import ReleaseReader

_QUIET = {"inside", "not_tested"}
_MOST_SAID = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("area", nargs=1, help="name of a published area, or its folder")
    parser.add_argument("permits", nargs="+", type=Path, help="a file of permits, or all parts of a loose shapefile")
    parser.add_argument("--layer", help="of a file with several")
    parser.add_argument("--encoding", help="of its texts, such as GB18030")
    parser.add_argument("--crs", help="where the file does not say it, such as EPSG:4544")
    parser.add_argument(
        "--column", action="append", default=[], metavar="FIELD=NAME", help="what a column is; may be repeated"
    )
    parser.add_argument("--as-of", type=_day, metavar="DATE", help="judge as of this day (default: each outline's own)")
    parser.add_argument("--datum-error", type=float, default=None, metavar="M", help="error of the permits' corners, 1 σ")
    parser.add_argument("--zones", action="append", default=[], type=Path, metavar="FILE", help="prohibited zones")
    parser.add_argument("--language", choices=wording.LANGUAGES, default="en")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the verdicts; the suffix says the form")
    parser.add_argument("--save", metavar="NAME", help="keep the permits as the area's register, under this name")


def run(name: str, home: Home, given: argparse.Namespace, console: Console) -> None:
    """Read, check, compare, and say it."""
    wording.use_language(given.language)
    reader = published(home, name)
    info = reader.info
    near = ((info.west + info.east) / 2, (info.south + info.north) / 2)
    choices = Choices(given.layer, given.encoding, given.crs, override_crs=given.crs is not None)
    cadastre = read_cadastre(given.permits, choices, near=near)
    register, report = make_register(cadastre, _mapping(given.column))
    _say_report(report, console)
    options = JudgingOptions() if given.datum_error is None else JudgingOptions(datum_error_m=given.datum_error)
    zones = read_zones(tuple(ZoneOptions(path=path) for path in given.zones), Path()) if given.zones else reader.zones()
    found = compare(
        subjects(reader.subject_tables()),
        register,
        zones,
        options,
        as_of=given.as_of,
        precision=precision_of(options, **reader.outline_precision()),
        last_date=info.last_date,
    )
    _say_verdicts(found, console)
    if given.out:
        _write(found, given.out)
        console.print(f"written: {given.out}")
    if given.save:
        version = save_version(home.registers(info.area), register, report, name=given.save, note="")
        console.print(f"saved as register {version.id} of {info.area}; the next run holds patches against it")
