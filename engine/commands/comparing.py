"""Reading a file of permits, checking it, holding patches against it, and saying what was found."""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from rich.console import Console

from engine import wording
from engine.commands.published import published
from engine.errors import InputError
from engine.evidence.corners import crs_name
from engine.evidence.exports import KINDS, Form, export
from engine.evidence.selecting import spoken
from engine.permits.cadastre import Cadastre, Choices, Heading
from engine.permits.columns import guess_columns
from engine.permits.comparison import Comparison, compare
from engine.permits.fields import Field
from engine.permits.mappings import remembered
from engine.permits.options import JudgingOptions
from engine.permits.precision import precision_of
from engine.permits.quality import QualityReport
from engine.permits.reading import read_cadastre
from engine.permits.registering import make_register
from engine.permits.subjects import subjects
from engine.permits.versions import save_version
from engine.permits.zones import zones_in, zones_of
from engine.vectors import vector_files
from store.home import Home

# Of these nothing is listed: there is nothing to look at.
_QUIET = {"inside"}
_ROWS_SAID, _SYSTEMS_SAID = 8, 4


def compare_area(path: Path, home: Home, given: argparse.Namespace, console: Console) -> None:
    """Read, check, compare, and say it."""
    wording.use_language(given.language)
    reader = published(path, home)
    info = reader.info
    near = ((info.west + info.east) / 2, (info.south + info.north) / 2)
    choices = Choices(given.layer, given.encoding, given.crs, override_crs=given.crs is not None)
    cadastre = read_cadastre(_with_parts(given.permits), choices, near=near)
    _require_crs(cadastre, "--crs", "ask whoever made it and give it; its numbers allow")
    mapping = remembered(home.registers(info.area), cadastre.table.columns)
    if given.column:
        mapping = _corrected(mapping or _guessed(cadastre), _named(given.column))
    register, report = make_register(cadastre, mapping)
    _say_report(report, console)
    options = JudgingOptions(datum_error_m=given.datum_error)
    zones = zones_of(reader.zone_table())
    if given.zones:
        zones = gpd.GeoDataFrame(pd.concat([_zones(path, near) for path in given.zones], ignore_index=True))
    found = compare(
        subjects(reader.subject_tables()),
        register,
        zones,
        options,
        as_of=given.as_of,
        precision=precision_of(options, register.crs, **reader.outline_errors()),
        last_date=info.last_date,
    )
    _say_verdicts(found, console)
    if given.out:
        form = _form(given.out)
        given.out.write_bytes(export(spoken(reader, found.verdicts), form, name=given.out.stem))
        console.print(f"written: {given.out}")
    if given.save:
        version = save_version(home.registers(info.area), register, report, name=given.save, note="")
        console.print(f"saved as register {version.id} of {info.area}; the next run holds patches against it")


def _say_report(report: QualityReport, console: Console) -> None:
    """What was read, mended, guessed and refused."""
    console.print(f"{report.name}: permits: {report.counts['permits']}, {report.form}, {report.crs}")
    for column in report.columns:
        console.print(
            f"  {wording.field_name(column.field)}: column '{column.column}', {wording.how_known(column.how)}"
        )
    for heading in Heading:
        for one in report.under(heading):
            rows = ", ".join(str(row) for row in one.rows[:_ROWS_SAID]) + (" …" if len(one.rows) > _ROWS_SAID else "")
            said = wording.note(one.code, one.parameters)
            console.print(f"  {heading}: {said}" + (f" [{rows}]" if rows else ""))


def _say_verdicts(found: Comparison, console: Console) -> None:
    """How many there are of each kind, and those that ask for a look, with their reasons."""
    rows = found.verdicts.drop(columns="geometry").to_dict("records")
    if not rows:
        console.print("no patch had been seen by that day: there is nothing to judge")
    counts = Counter((row["kind"], row["certainty"]) for row in rows)
    for (kind, certainty), count in counts.items():
        console.print(f"{count:6} {wording.verdict_name(kind, certainty)}")
    for row in rows:
        if row["kind"] in _QUIET:
            continue
        console.print(f"{row['patch_id']}: {wording.verdict_name(row['kind'], row['certainty'])}{_area(row)}")
        for why in json.loads(row["reasons"]):
            console.print(f"    {wording.reason(why['code'], why['parameters'])}")


def _with_parts(paths: list[Path]) -> list[Path]:
    """Files with the parts of loose shapefiles that lie beside them."""
    parts = [part for path in paths for part in (vector_files(path) if path.suffix.lower() == ".shp" else [path])]
    return list(dict.fromkeys(parts))


def _area(row: dict[str, Any]) -> str:
    if row["kind"] == "not_tested":
        return ""
    said = wording.outside_range if row["kind"] == "crosses" else wording.area_range
    return f" · {said(row['least_m2'], row['likely_m2'], row['most_m2'])}"


def _require_crs(cadastre: Cadastre, field: str, mend: str) -> None:
    """Refuse a file that does not say where it lies, with the systems that its numbers allow by name."""
    if cadastre.crs is None:
        allowed = [crs_name(guess.crs) for guess in cadastre.guesses[:_SYSTEMS_SAID]]
        raise InputError(
            "it does not say its coordinate reference system",
            file=cadastre.name,
            field=field,
            mend=f"{mend} {'; '.join(allowed)}" if allowed else "supply its .prj",
        )


def _zones(path: Path, near: tuple[float, float]) -> gpd.GeoDataFrame:
    cadastre = read_cadastre(_with_parts([path]), near=near)
    _require_crs(cadastre, "--zones", "supply the zones with their system; their numbers allow")
    return zones_in(cadastre)


def _guessed(cadastre: Cadastre) -> dict[Field, str]:
    return {field: guess.column for field, guess in guess_columns(cadastre.table).items()}


def _corrected(mapping: dict[Field, str], named: dict[Field, str]) -> dict[Field, str]:
    """A mapping with what a person said; a column stands for one field."""
    kept = {field: column for field, column in mapping.items() if column not in named.values()}
    return kept | named


def _named(given: list[str]) -> dict[Field, str]:
    """Columns as they were named."""
    try:
        return {Field(field): column for field, column in (one.split("=", 1) for one in given)}
    except ValueError:
        raise InputError(
            f"'{', '.join(given)}' does not say what a column is",
            field="--column",
            mend=f"write it as number=NAME; fields are {', '.join(Field)}",
        ) from None


def _form(path: Path) -> Form:
    found = next((form for form in Form if path.name.lower().endswith(KINDS[form].suffix)), None)
    if found is None:
        raise InputError(
            f"'{path.suffix}' is no form of verdicts",
            file=path,
            field="--out",
            mend=f"end it in one of {', '.join(kind.suffix for kind in KINDS.values())}",
        )
    return found
