"""The register of permits of an area: read before the long work, and held against the patches at its end."""

from collections.abc import Iterator
from pathlib import Path

from engine.area import Area
from engine.permits import opening
from engine.permits.cadastre import Heading
from engine.permits.quality import QualityReport
from engine.permits.register import Register
from engine.vectors import vector_files
from engine.wording.quality import field_name, how_known, quality_note

_ODD = {
    "without_dates": "without dates",
    "without_outline": "without an outline",
    "unnumbered": "without a number",
    "ambiguous": "with the number of another",
    "joined": "of several rows",
    "mended": "with a mended outline",
}


def open_register(area: Area) -> Register | None:
    """The register; None in an area without one."""
    options = area.options.permits
    return opening.open_register(options, area.folder)[0] if options else None


def register_files(area: Area) -> list[Path]:
    options = area.options.permits
    return vector_files(area.folder / options.path) if options else []


def check_permits(area: Area) -> str:
    """Read the register; a summary, empty without one."""
    options = area.options.permits
    return "\n".join(_lines(opening.open_register(options, area.folder)[1])) if options else ""


def _lines(report: QualityReport) -> Iterator[str]:
    """Counts, guessed columns, and what was guessed or refused in words; notes of the file itself as their codes."""
    said = [f"{report.counts[name]} {what}" for name, what in _ODD.items() if report.counts.get(name)]
    yield f"permits: {report.counts['permits']}" + (f" ({', '.join(said)})" if said else "")
    for column in report.columns:
        if column.how != "chosen":
            yield f"  {field_name(column.field)}: column '{column.column}', {how_known(column.how)}"
    for heading in (Heading.MENDED, Heading.GUESSED, Heading.REFUSED):
        for note in report.under(heading):
            yield f"  {heading}: {_sentence(note.code, note.parameters)}"


def _sentence(code: str, parameters: dict[str, object]) -> str:
    try:
        return quality_note(code, parameters)
    except KeyError:
        return code
