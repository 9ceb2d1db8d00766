"""The cells of a register's columns as texts, days and metres; what was taken for what, and what is none, in notes."""

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine.permits.cadastre import Heading, Note
from engine.permits.date_columns import Days, date_order, read_days, read_ranges
from engine.permits.fields import Field
from engine.permits.quantities import Floats, read_areas, read_elevations, read_metres

DATE_FIELDS = {Field.VALID_FROM: False, Field.VALID_TO: True, Field.ISSUED: False, Field.RECLAIM_BY: True}
"""Columns of one date a cell, and whether it is a last day."""

ROWS_NAMED = 1000  # of a note; it counts all
_SHOWN = 5  # texts of a note


def words(values: pd.Series) -> list[str]:
    """Values as text without blanks round it; a column of whole numbers with gaps is read as floats."""
    return [_word(value) for value in values]


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or pd.isna(value):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


class Cells:
    """A table under the names that the engine uses.

    Parameters
    ----------
    table : the register's own columns, rows numbered from 0, and `row_in_file`. mapping : columns of the table.
    """

    def __init__(self, table: pd.DataFrame, mapping: Mapping[Field, str]) -> None:
        self._table, self._mapping = table, mapping
        self._rows = table["row_in_file"].to_numpy()
        self.notes: list[Note] = []

    def texts(self, field: Field) -> list[str]:
        return words(self._table[self._mapping[field]]) if field in self._mapping else [""] * len(self._table)

    def days(self, *, day_first: bool | None) -> dict[Field, list[datetime.date | None]]:
        """The days of every date field.

        Parameters
        ----------
        day_first : how 03/04/2020 is to be read where a column leaves it open; None: as in the register's other
        columns.
        """
        columns = [
            list(self._table[self._mapping[field]])
            for field in (*DATE_FIELDS, Field.VALIDITY)
            if field in self._mapping
        ]
        asked, day_first = day_first, date_order(columns) if day_first is None else day_first
        found: dict[Field, list[datetime.date | None]] = {}
        for field, end in DATE_FIELDS.items():
            found[field] = [None] * len(self._table)
            if field in self._mapping:
                read = read_days(self._table[self._mapping[field]], end=end, day_first=day_first)
                self._note_days(self._mapping[field], read, settled=day_first is not None, asked=asked is not None)
                found[field] = read.days
        if Field.VALIDITY in self._mapping:
            column = self._mapping[Field.VALIDITY]
            ranges = read_ranges(self._table[column], day_first=day_first)
            self._note_days(column, ranges.last, settled=day_first is not None, asked=asked is not None)
            self._note_cells(column, ranges.first)
            self._note(Heading.GUESSED, "single_day_is_last", ranges.single, column=column)
            for field, days in ((Field.VALID_FROM, ranges.first.days), (Field.VALID_TO, ranges.last.days)):
                found[field] = [own or other for own, other in zip(found[field], days, strict=True)]
        ends = zip(found[Field.VALID_FROM], found[Field.VALID_TO], strict=True)
        self._note(
            Heading.REFUSED,
            "ends_before_it_begins",
            [place for place, (first, last) in enumerate(ends) if first and last and last < first],
        )
        return found

    def area_m2(self, geodesic_m2: Floats) -> Floats:
        """Areas as declared; geodesic_m2 : of the outlines."""
        if Field.AREA not in self._mapping:
            return np.full(len(self._table), math.nan)
        column = self._mapping[Field.AREA]
        read = read_areas(self._table[column], heading=column, geodesic_m2=geodesic_m2)
        if read.unit:
            guessed = read.unit_from == "geometry"
            code = "area_unit_guessed" if guessed else "area_unit_in_heading"
            self._say(Heading.GUESSED if guessed else Heading.READ, code, column=column, unit=read.unit)
        elif read.unit is None:
            self._say(Heading.REFUSED, "area_unit_unknown", column=column)
        if not read.decided:
            self._say(Heading.GUESSED, "decimal_sign_guessed", column=column, sign=read.decimal)
        self._note_refused("not_an_area", column, read.refused)
        return read.m2

    def elevations(self) -> tuple[Floats, Floats]:
        """Top and bottom in metres."""
        top = self._metres(Field.TOP)
        bottom = self._metres(Field.BOTTOM)
        if Field.ELEVATIONS in self._mapping:
            column = self._mapping[Field.ELEVATIONS]
            read = read_elevations(self._table[column])
            self._note_refused("not_elevations", column, read.refused)
            top, bottom = np.where(np.isnan(top), read.top, top), np.where(np.isnan(bottom), read.bottom, bottom)
        swapped = top < bottom
        self._note(Heading.MENDED, "elevations_swapped", np.flatnonzero(swapped))
        return np.where(swapped, bottom, top), np.where(swapped, top, bottom)

    def _metres(self, field: Field) -> Floats:
        if field not in self._mapping:
            return np.full(len(self._table), math.nan)
        metres, refused = read_metres(self._table[self._mapping[field]])
        self._note_refused("not_elevations", self._mapping[field], refused)
        return metres

    def _note_days(self, column: str, read: Days, *, settled: bool, asked: bool) -> None:
        if read.order in ("day first", "month first"):
            self._say(Heading.READ, read.order.replace(" ", "_"), column=column)
        elif read.order == "mixed":
            self._say(Heading.REFUSED, "date_order_mixed", column=column)
        elif read.order == "undecided" and not asked:
            self._say(Heading.GUESSED, "date_order_from_others" if settled else "date_order_undecided", column=column)
        if read.form:
            self._say(Heading.GUESSED, f"dates_{read.form}", column=column)
        if read.moved:
            self._say(Heading.GUESSED, "dates_moved", column=column)
        self._note_cells(column, read)

    def _note_cells(self, column: str, read: Days) -> None:
        self._note(Heading.GUESSED, "years_short", read.short_years, column=column)
        self._note(Heading.READ, "no_end", read.unlimited, column=column)
        self._note(Heading.REFUSED, "date_placeholder", read.placeholders, column=column)
        self._note_refused("date_too_early", column, read.early)
        self._note_refused("not_a_date", column, read.refused)

    def _note_refused(self, code: str, column: str, refused: Mapping[int, str]) -> None:
        shown = list(dict.fromkeys(refused.values()))[:_SHOWN]
        self._note(Heading.REFUSED, code, sorted(refused), column=column, texts=shown)

    def _say(self, heading: Heading, code: str, **parameters: Any) -> None:
        self.notes.append(Note(heading, code, parameters))

    def _note(self, heading: Heading, code: str, places: Sequence[int] | Iterable[int], **parameters: Any) -> None:
        """A note on some rows; none on none."""
        rows = [int(self._rows[place]) for place in places]
        if rows:
            self.notes.append(Note(heading, code, {**parameters, "count": len(rows)}, tuple(rows[:ROWS_NAMED])))
