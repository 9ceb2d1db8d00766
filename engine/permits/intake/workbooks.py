"""Excel workbooks, looked at before they are opened: their parts are XML in an archive."""

import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import openpyxl

from engine.errors import InputError
from engine.permits.intake import archives
from engine.permits.intake.headings import is_heading_like
from engine.permits.intake.layers import Layer
from engine.permits.intake.limits import MIB, Limits
from engine.permits.intake.tables import load_rows

_ENTITY = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_MOST_COLUMNS = 1000


def layers_in(path: Path, limits: Limits, near: tuple[float, float] | None) -> list[Layer]:
    """The sheets of a workbook that have something on them.

    Raises
    ------
    InputError
        When it is damaged, too large, defines entities, or has nothing on its sheets.
    """
    _check(path, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheets = _sheets(path, limits)
    except InputError:
        raise
    except Exception:  # openpyxl lets whatever a damaged part causes through
        raise InputError("the workbook is damaged", mend="open it in Excel, and save it again as .xlsx") from None
    filled = {name: rows for name, rows in sheets.items() if rows}
    if not filled:
        raise InputError("its sheets are empty", mend="supply a table with one row a permit or one row a corner")
    return [
        Layer(name, "any", _heading(rows), lambda rows=rows: load_rows(rows, limits, near))  # type: ignore[misc]
        for name, rows in filled.items()
    ]


def _heading(rows: list[list[Any]]) -> tuple[str, ...]:
    best = max(rows[:40], key=lambda row: is_heading_like([cell for cell in row if cell is not None]))
    return tuple(str(cell) for cell in best if cell is not None)


def _check(path: Path, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            left = limits.unpacked_bytes
            for info in archives.check(archive, limits):
                left -= _check_part(archive, info, left)
    except archives.DAMAGED as error:
        raise archives.damaged(error) from None


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> int:
    """Look through one part, whatever its entry says of its size."""
    size, before = 0, b""
    with archive.open(info) as part:
        while block := part.read(MIB):
            size += len(block)
            if size > left:
                raise archives.too_large(size)
            plain = (before + block).replace(b"\0", b"")
            if info.filename.lower().endswith((".xml", ".rels", ".vml")) and _ENTITY.search(plain):
                raise InputError("it defines entities, which may read other files", mend="save it anew as .xlsx")
            before = plain[-64:]
    return size


def _sheets(path: Path, limits: Limits) -> dict[str, list[list[Any]]]:
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        return {sheet.title: _rows(sheet, limits) for sheet in book.worksheets if sheet.sheet_state == "visible"}


def _rows(sheet: Any, limits: Limits) -> list[list[Any]]:
    sheet.reset_dimensions()
    rows: list[list[Any]] = []
    for row in sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS):
        if len(rows) >= limits.vertices:
            raise InputError(f"more than {limits.vertices} rows in it", mend="supply fewer permits at once")
        rows.append(list(row))
    while rows and not any(cell is not None for cell in rows[-1]):
        rows.pop()
    return rows
