"""A register made of a cadastre, its columns under the names that the engine uses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from engine.errors import InputError
from engine.permits.cadastre import Cadastre, Heading, Note
from engine.permits.cells import ROWS_NAMED, Cells, words
from engine.permits.columns import KEPT_COLUMNS, ColumnGuess, guess_columns
from engine.permits.datums import UNKNOWN_SHIFT_M, is_unknown
from engine.permits.fields import Field
from engine.permits.joining import Joined, join_rows
from engine.permits.outlines import areas_m2, in_degrees
from engine.permits.quality import ColumnRead, QualityReport, compare_areas, count_terms
from engine.permits.register import PERMIT_COLUMNS, TEXT_COLUMNS, Register
from engine.vectors import require_degrees

_GUESSES_NAMED = 5
_DOUBTFUL = 0.6  # confidence below which the guess of a column is noted


def make_register(
    cadastre: Cadastre, mapping: Mapping[Field, str] | None = None, *, day_first: bool | None = None
) -> tuple[Register, QualityReport]:
    """The register that a cadastre holds, and what a reader of it should know.

    Parameters
    ----------
    mapping : column of each field, taken exactly; None: they are guessed.
    day_first : how 03/04/2020 is meant where no date of the register tells; None: the day first, and a note.

    A cell that cannot be what its column holds counts as empty, and is listed.

    Raises
    ------
    InputError
        When no coordinate reference system is known, no row has a polygon, a column is missing, or coordinates that
        count as degrees are none.
    """
    if cadastre.crs is None:
        raise _without_crs(cadastre)
    table = cadastre.table.reset_index(drop=True)
    guesses = guess_columns(table) if mapping is None else {}
    chosen = {field: guess.column for field, guess in guesses.items()} if mapping is None else dict(mapping)
    _require_columns(table, chosen, cadastre.name)
    degrees = in_degrees(table.geometry)
    if degrees.is_empty.all():
        raise InputError(
            "no polygon in it", file=cadastre.name, field="geometry", mend="supply the permits as polygons"
        )
    require_degrees(degrees[~degrees.is_empty], Path(cadastre.name))
    cells = Cells(table, chosen)
    joined = join_rows(_rows(cells, table, degrees, day_first), table["row_in_file"])
    permits = joined.permits
    register = Register(permits, cadastre.crs, joined.joined, int(joined.unnumbered.sum()), int(joined.ambiguous.sum()))
    areas, area_notes = compare_areas(permits, areas_m2(permits.geometry))
    statuses, kinds = count_terms(permits)
    notes = (
        *_note_on_datum(cadastre.crs),
        *_notes_on_columns(chosen, guesses),
        *cells.notes,
        *_notes_on_permits(register, joined),
        *area_notes,
    )
    return register, QualityReport(
        name=cadastre.name,
        sha256=cadastre.sha256,
        form=cadastre.form,
        layer=cadastre.layer,
        encoding=cadastre.encoding,
        crs=cadastre.crs,
        rows=len(table),
        columns=tuple(_column_read(field, column, guesses.get(field), table) for field, column in chosen.items()),
        left_over=tuple(str(name) for name in table.columns if name not in KEPT_COLUMNS | set(chosen.values())),
        notes=(*cadastre.notes, *notes),
        statuses=statuses,
        kinds=kinds,
        areas=areas,
        counts=register.report(),
    )


def _without_crs(cadastre: Cadastre) -> InputError:
    likely = [guess.crs for guess in cadastre.guesses[:_GUESSES_NAMED]]
    return InputError(
        "it does not say its coordinate reference system",
        file=cadastre.name,
        field="permits.crs",
        mend=(
            f'say it, for example crs = "{likely[0]}"; its numbers allow {", ".join(likely)}'
            if likely
            else 'say it, for example crs = "EPSG:4544", or supply its .prj'
        ),
    )


def _require_columns(table: pd.DataFrame, mapping: Mapping[Field, str], name: str) -> None:
    there = [str(column) for column in table.columns if column not in KEPT_COLUMNS]
    for field, column in mapping.items():
        if column not in there:
            raise InputError(
                f"no column '{column}'",
                file=name,
                field=f"permits.columns.{field}",
                mend=f"take one of: {', '.join(there)}" if there else "supply a register with columns",
            )


def _rows(cells: Cells, table: gpd.GeoDataFrame, degrees: gpd.GeoSeries, day_first: bool | None) -> gpd.GeoDataFrame:
    """The table under the engine's names, PERMIT_COLUMNS, in degrees; still one row a record."""
    days = cells.days(day_first=day_first)
    top, bottom = cells.elevations()
    columns: dict[str, Any] = {
        "number": cells.texts(Field.NUMBER),
        **{name: cells.texts(Field(name)) for name in TEXT_COLUMNS},
        **{str(field): pd.Series(found, dtype=object) for field, found in days.items()},
        "declared_m2": cells.area_m2(areas_m2(degrees)),
        "top_m": top,
        "bottom_m": bottom,
        "mended": _is_broken(table["as_read"]),
        "as_read": table["as_read"].to_numpy(),
    }
    texts = {"number", *TEXT_COLUMNS}
    columns = {name: pd.Series(column, dtype=object) if name in texts else column for name, column in columns.items()}
    return gpd.GeoDataFrame(columns, geometry=degrees.to_numpy(), crs="EPSG:4326")[PERMIT_COLUMNS]


def _is_broken(as_read: pd.Series) -> npt.NDArray[np.bool_]:
    """Which outlines were there and not valid."""
    there = np.array([bool(wkb) for wkb in as_read])
    shapes = shapely.from_wkb([wkb or None for wkb in as_read], on_invalid="ignore")
    return np.asarray(there & ~shapely.is_valid(shapes), bool)


def _column_read(field: Field, column: str, guess: ColumnGuess | None, table: pd.DataFrame) -> ColumnRead:
    filled = sum(text != "" for text in words(table[column]))
    if guess is None:
        return ColumnRead(field, column, "chosen", 1.0, (), filled)
    return ColumnRead(field, column, str(guess.how), guess.confidence, guess.samples, filled)


def _note_on_datum(crs: str) -> list[Note]:
    """Where nobody knows for sure how the register lies to the images."""
    if not is_unknown(crs):
        return []
    return [Note(Heading.GUESSED, "datum_unknown", {"crs": CRS.from_user_input(crs).name, "error_m": UNKNOWN_SHIFT_M})]


def _notes_on_columns(mapping: Mapping[Field, str], guesses: Mapping[Field, ColumnGuess]) -> list[Note]:
    notes = [
        Note(Heading.GUESSED, "column_guessed", {"field": str(field), "column": guess.column})
        for field, guess in guesses.items()
        if guess.confidence < _DOUBTFUL
    ]
    if Field.NUMBER not in mapping:
        notes.append(Note(Heading.GUESSED, "no_number_column"))
    return notes


def _notes_on_permits(register: Register, joined: Joined) -> list[Note]:
    """What is odd about permits, by the first row of each."""
    permits = register.permits
    without_days = permits["valid_from"].isna() & permits["valid_to"].isna()
    named_by_row = joined.unnumbered if not joined.unnumbered.all() else np.zeros(len(permits), bool)
    odd = {
        "without_number": named_by_row,
        "number_of_another": joined.ambiguous,
        "without_outline": permits.geometry.is_empty.to_numpy(),
        "without_dates": without_days.to_numpy(),
    }
    notes = [
        Note(Heading.READ, code, {"count": len(rows)}, tuple(rows[:ROWS_NAMED]))
        for code, which in odd.items()
        if (rows := [int(row) for row in joined.row[which]])
    ]
    return notes + ([Note(Heading.READ, "rows_joined", {"count": joined.joined})] if joined.joined else [])
