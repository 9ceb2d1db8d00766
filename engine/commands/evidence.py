"""`dossier` and `export`: what a published release says, as files."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.errors import InputError
from store.home import Home


def add_commands(commands: Any) -> None:
    """Put `dossier` and `export` among the commands."""
    dossier = commands.add_parser("dossier", help="write the evidence on one patch of a published area")
    dossier.add_argument("area", nargs=1, type=Path, metavar="AREA", help="name of a published area, or its folder")
    dossier.add_argument("patch", help="identifier of the patch")
    dossier.add_argument("--language", choices=["en", "zh"], default="en", help="(default: en)")
    dossier.add_argument("--out", type=Path, metavar="FOLDER", default=Path(), help="for PDF and zip (default: here)")
    dossier.set_defaults(command=_dossier)

    export = commands.add_parser("export", help="write the patches of a published area in another format")
    export.add_argument("area", nargs=1, type=Path, metavar="AREA", help="name of a published area, or its folder")
    forms = ["gpkg", "shapefile", "geojson", "kml", "geoparquet", "csv", "xlsx", "gpx"]
    export.add_argument("--form", choices=forms, default="gpkg", help="(default: gpkg)")
    export.add_argument("--verdict", metavar="KIND", help="only patches with this verdict, such as no_permit")
    export.add_argument("--encoding", choices=["UTF-8", "GBK"], default="UTF-8", help="of a shapefile's texts")
    export.add_argument("--out", type=Path, metavar="FILE", help="(default: AREA with the format's suffix, here)")
    export.set_defaults(command=_export)


def _dossier(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.commands.published import published
    from engine.evidence.casework import gather_casework
    from engine.evidence.dossier import make_dossier
    from engine.evidence.gathering import gather
    from store.casebook import Casebook
    from store.cases import CasebookError

    reader = published(path, home)
    gathered = gather(reader, given.patch)
    try:
        gathered = replace(gathered, casework=gather_casework(reader, given.patch, Casebook.default(home)))
    except CasebookError as error:
        console.print(f"without its case: {error}", markup=False)
    made = make_dossier(gathered, given.language)
    given.out.mkdir(parents=True, exist_ok=True)
    for name, content in ((f"{made.name}.pdf", made.pdf), (f"{made.name}.zip", made.archive())):
        (given.out / name).write_bytes(content)
        console.print(f"{given.out / name}")


def _export(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.commands.published import published
    from engine.evidence.exports import KINDS, Form, export
    from engine.evidence.selecting import patches_with, selection_frame

    reader, form = published(path, home), Form(given.form)
    chosen = None if given.verdict is None else patches_with(reader, given.verdict)
    if chosen == []:
        known = sorted({verdict.kind for verdict in reader.verdicts()})
        raise InputError(
            f"no patch has the verdict '{given.verdict}'", field="--verdict", mend=f"take one of: {', '.join(known)}"
        )
    frame = selection_frame(reader, chosen)
    target = given.out or Path(f"{reader.info.area}{KINDS[form].suffix}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(export(frame, form, name=reader.info.area, encoding=given.encoding))
    console.print(f"{target}: {len(frame)} patches")
