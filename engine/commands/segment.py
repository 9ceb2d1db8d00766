"""`segment`: the objects of any image, for people who want nothing but these."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.errors import InputError
from store.home import Home


def add_commands(commands: Any, positive: Callable[[str], int]) -> None:
    """Put `segment` among the commands. positive : reads a number from 1 on."""
    parser = commands.add_parser(
        "segment",
        help="divide an image into objects (multiresolution segmentation): labels, polygons, statistics",
        epilog="Writes IMAGE-objects.tif, .gpkg (or .parquet) and .json; see docs/objects.md.",
    )
    parser.add_argument("area", nargs="+", type=Path, metavar="IMAGE", help="a georeferenced raster")
    parser.add_argument("--scale", type=float, default=50.0, help="larger means larger objects (default: 50)")
    parser.add_argument("--shape", type=float, default=0.2, help="weight of form against colour, 0 to 0.99 (0.2)")
    parser.add_argument("--compactness", type=float, default=0.5, help="of compact against smooth form, 0 to 1 (0.5)")
    parser.add_argument("--weights", type=float, nargs="+", default=[], help="one for each band (default: 1 each)")
    parser.add_argument("--bands", type=positive, nargs="+", default=[], help="their numbers (default: all)")
    parser.add_argument("--dem", type=Path, metavar="FILE", help="heights in m, for the objects' slopes")
    parser.add_argument("--polygons", choices=["gpkg", "parquet", "none"], default="gpkg", help="(default: gpkg)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="(default: beside the image)")
    parser.add_argument("--workers", type=positive, default=os.cpu_count(), help="threads (default: cores)")
    parser.set_defaults(command=_segment)


def _segment(path: Path, _home: Home, given: argparse.Namespace, console: Console) -> None:
    from pydantic import ValidationError

    from engine.blocks import Workers
    from engine.objects.export import export_objects
    from engine.objects.segmentation import SegmentationOptions

    try:
        options = SegmentationOptions(
            scale=given.scale, shape=given.shape, compactness=given.compactness, weights=tuple(given.weights)
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InputError(
            f"{wrong['input']}: {wrong['msg'].lower()}", field=f"--{wrong['loc'][0]}", mend="see `segment --help`"
        ) from None
    made = export_objects(
        path,
        given.out or path.parent,
        options,
        bands=given.bands,
        dem=given.dem,
        polygons=None if given.polygons == "none" else given.polygons,
        workers=Workers(count=given.workers),
    )
    report = made.report
    console.print(f"{path}: {report['objects']} objects, {report['mpx_per_cpu_s']} million pixels a CPU second")
    if report["seams"]:
        console.print(f"  tiles disagree on {report['seams']['differ']} of {report['seams']['pixels']} pixels on seams")
    for file in made.files:
        console.print(f"  {file}")
