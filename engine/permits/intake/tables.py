"""Tables of text: CSV and its kin, with their title rows, delimiters and headings found."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from engine.errors import InputError
from engine.permits.cadastre import Heading, Note
from engine.permits.intake import corners, encodings
from engine.permits.intake.attributes import wkt_column
from engine.permits.intake.headings import corner_columns, is_heading_like, list_column
from engine.permits.intake.layers import Layer, Loaded
from engine.permits.intake.limits import Limits
from engine.permits.intake.vectors import require_count

_DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 40  # rows, for the delimiter and the heading
_MOST_COLUMNS = 1000
_CELL = 2**30  # characters: one outline may be a large part of a file

Rows = Sequence[Sequence[Any]]


def layer_of(path: Path, limits: Limits, chosen: str | None, near: tuple[float, float] | None) -> Layer:
    """A text file as a table.

    Raises
    ------
    InputError
        When it is no text, of another encoding, or has no outlines in it.
    """
    text, encoding, guessed = encodings.decode(path.read_bytes(), chosen)
    rows = _parse(text)

    def load() -> Loaded:
        loaded = load_rows(rows, limits, near)
        loaded.encoding, loaded.encoding_guessed = encoding, guessed
        return loaded

    return Layer("permits", "any", tuple(str(cell) for cell in rows[0]) if rows else (), load)


def _parse(text: str) -> Rows:
    csv.field_size_limit(_CELL)
    start = "\n".join(text[:200_000].splitlines()[:_LOOKED_AT])
    delimiter = max(_DELIMITERS, key=lambda sign: _fits(start, sign))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise InputError("it is no table", mend="save it again as CSV or XLSX") from None


def _fits(start: str, delimiter: str) -> float:
    """How well a sign parts rows into equally many cells."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(start, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return 0.0
    if not widths or max(widths) < 2:
        return 0.0
    usual = max(set(widths), key=widths.count)
    share = widths.count(usual) / len(widths)
    return share + 0.001 * min(usual, 50) if usual > 1 else 0.1 * (1 - share)


def load_rows(rows: Rows, limits: Limits, near: tuple[float, float] | None) -> Loaded:
    """The records in the rows of a table.

    Raises
    ------
    InputError
        When it has no heading, no outlines, or a cell of a corner is no number.
    """
    if not any(any(_is_there(cell) for cell in row) for row in rows):
        raise InputError("the table is empty", mend="supply a table with one row a permit or one row a corner")
    heading = _heading(rows)
    names = _names(rows[heading])
    if len(names) > _MOST_COLUMNS:
        raise InputError(f"it has more than {_MOST_COLUMNS} columns", mend="supply only the columns of the permits")
    body, numbers = [], []
    for number, row in enumerate(rows[heading + 1 :], start=1):
        cells = [cell if _is_there(cell) else None for cell in (*row, *[None] * len(names))][: len(names)]
        if any(cell is not None for cell in cells):
            body.append(cells)
            numbers.append(number)
    if not body:
        raise InputError("it has a heading and no row below it", mend="supply a table with the permits in it")
    table = pd.DataFrame({name: [row[at] for row in body] for at, name in enumerate(names)}, dtype=object)
    loaded = _records(table, np.array(numbers), near)
    if heading:
        loaded.notes.append(Note(Heading.READ, "title_rows", {"count": heading}))
    require_count(len(loaded.columns), limits)
    loaded.columns = pd.DataFrame({name: _typed(loaded.columns[name]) for name in loaded.columns})
    return loaded


def _records(table: pd.DataFrame, numbers: Any, near: tuple[float, float] | None) -> Loaded:
    if (column := wkt_column(table)) is not None:
        return _from_wkt(table, column, numbers)
    if (found := corner_columns(table)) is not None:
        return corners.from_rows(table, found, numbers, near)
    if (column := list_column(table)) is not None:
        return corners.from_lists(table, column, numbers, near)
    raise InputError(
        f"no coordinates in it; its columns are: {', '.join(str(name) for name in list(table.columns)[:20])}",
        field="geometry",
        mend="supply a column with WKT, one with all corners, or one row a corner with columns such as X and Y",
    )


def _from_wkt(table: pd.DataFrame, column: str, numbers: Any) -> Loaded:
    texts, srids = [], set()
    for cell in table[column]:
        text = str(cell).strip() if cell is not None else ""
        if text.upper().startswith("SRID=") and ";" in text:
            srid, text = text.split(";", 1)
            srids.add(srid[5:].strip())
        texts.append(text or None)
    shapes = shapely.from_wkt(np.array(texts, dtype=object), on_invalid="ignore")
    broken = np.flatnonzero(shapely.is_missing(shapes) & np.array([text is not None for text in texts]))
    unclosed = []
    if len(broken):
        shapes[broken] = shapely.from_wkt(np.array(texts, dtype=object)[broken], on_invalid="fix")
        unclosed = [int(numbers[at]) for at in broken if shapes[at] is not None]
    unread = [int(numbers[at]) for at in broken if shapes[at] is None]
    if len(srids) > 1:
        raise InputError("its outlines are in several systems", field=column, mend="supply one system a file")
    code = next(iter(srids), "")
    loaded = Loaded(
        table.drop(columns=column),
        shapes,
        f"EPSG:{int(code)}" if code.isascii() and code.isdigit() and int(code) else None,
        unclosed=tuple(unclosed),
        notes=[Note(Heading.READ, "outlines_from_wkt", {"column": column})],
        rows=numbers,
    )
    if unread:
        loaded.notes.append(Note(Heading.REFUSED, "outline_unreadable", {"count": len(unread)}, tuple(unread)))
    return loaded


def _is_there(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != "" and not (isinstance(cell, float) and np.isnan(cell))


def _heading(rows: Rows) -> int:
    """The row that names the columns: titles may stand above it."""
    best, at = 0.0, 0
    for number, row in enumerate(rows[:_LOOKED_AT]):
        there = [cell for cell in row if _is_there(cell)]
        score = is_heading_like(there)
        if score > best:
            best, at = score, number
    return at


def _names(row: Sequence[Any]) -> list[str]:
    names: list[str] = []
    for place, cell in enumerate(row, start=1):
        name = " ".join(str(cell).split()) if _is_there(cell) else f"column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    while names and names[-1].startswith("column ") and not _is_there(row[len(names) - 1]):
        names.pop()
    return names


def _typed(values: pd.Series) -> pd.Series:
    """A column as numbers where all its cells are plain ones (a number of a permit keeps its zeros), else as it is."""
    cells = [cell.strip() if isinstance(cell, str) else cell for cell in values]
    there = [cell for cell in cells if cell is not None]
    if there and all(isinstance(cell, str) and _is_plain_number(cell) for cell in there):
        return pd.to_numeric(pd.Series(cells, index=values.index))
    return pd.Series(cells, index=values.index, dtype=object)


def _is_plain_number(cell: str) -> bool:
    whole, _, part = cell.removeprefix("-").partition(".")
    return (
        whole.isascii()
        and whole.isdigit()
        and len(whole) <= 9
        and (whole == "0" or not whole.startswith("0"))
        and (not part or (part.isascii() and part.isdigit()))
    )
