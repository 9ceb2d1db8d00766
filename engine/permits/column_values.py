"""Whether the values of a register's column can be what its name says."""

import math
import re
from collections.abc import Callable
from functools import cached_property

import pandas as pd

from engine.permits.date_columns import looks_like_dates, read_ranges
from engine.permits.fields import Field
from engine.permits.meanings import PermitKind, PermitStatus, kind_of, status_of
from engine.permits.minerals import mineral_groups

_LOOKED_AT = 400  # values of a column, spread over all of it
_SHOWN = 4
_EMPTY = 0.2  # how far the name of a column without any value is believed
_PERMIT_NUMBER = re.compile(r"[CT]\d{6}(?:19|20)\d{6}\d{3}\d{4,9}")  # Chinese, since 2007
_NUMBER = re.compile(r"[+-]?\s*\d[\d., ]*")
_SINGLE = 0.5
_PROSE = 120  # signs; no cell that says one thing is longer
_WORDY = 40
_MOSTLY = 0.8
_MOST_TERMS = 12  # different words for kinds or statuses that a register uses


class Values:
    """What is in a column."""

    def __init__(self, column: "pd.Series") -> None:
        self._column = column
        filled = column.dropna()
        if filled.dtype == object or pd.api.types.is_string_dtype(filled.dtype):
            filled = filled[filled.astype(str).str.strip() != ""]
        self._share = len(filled) / len(column) if len(column) else 0.0
        self._distinct = filled.nunique() / len(filled) if len(filled) else 0.0
        step = max(1, math.ceil(len(filled) / _LOOKED_AT))
        self._some = list(filled.iloc[::step].astype(object))
        self._texts = [str(value).strip() for value in self._some]
        if any(len(text) > _PROSE for text in self._texts):
            self._texts = [text[:_PROSE] for text in self._texts]
            self._some = list(self._texts)

    @property
    def samples(self) -> tuple[str, ...]:
        shown = [re.sub(r" 00:00:00.*", "", text) for text in dict.fromkeys(self._texts)]
        return tuple(shown[:_SHOWN])

    def fit(self, field: Field) -> float:
        """How well the values suit a field, from 0 (they cannot be that) to 1."""
        if not self._some:
            return _EMPTY
        return _FITS[field](self)

    def speak_for(self, field: Field) -> float:
        """How far the values alone say that the column is a field."""
        if not self._some or self._numeric > _SINGLE or max(len(text) for text in self._texts) > _WORDY:
            return 0.0
        if field is Field.NUMBER:
            share = self._of(lambda text: bool(_PERMIT_NUMBER.fullmatch(text)))
        elif field is not Field.MINERAL and len(set(self._texts)) > _MOST_TERMS:
            return 0.0
        else:
            share = self._understood(field)
        return share if share >= _MOSTLY else 0.0

    def _of(self, test: Callable[[str], bool]) -> float:
        return sum(test(text) for text in self._texts) / len(self._texts)

    @cached_property
    def _numeric(self) -> float:
        return self._of(lambda text: bool(_NUMBER.fullmatch(text)))

    @cached_property
    def _dates(self) -> float:
        return looks_like_dates(self._some)

    @cached_property
    def _ranges(self) -> float:
        """What share is a range of days, or a day that says which end it is."""
        read = read_ranges(pd.Series(self._some, dtype=object))
        both = [
            first is not None and last is not None for first, last in zip(read.first.days, read.last.days, strict=True)
        ]
        return (sum(both) + len(set(read.last.unlimited))) / len(self._some)

    def _understood(self, field: Field) -> float:
        tests: dict[Field, Callable[[str], bool]] = {
            Field.KIND: lambda text: kind_of(text) is not PermitKind.UNKNOWN,
            Field.STATUS: lambda text: status_of(text) is not PermitStatus.UNKNOWN,
            Field.MINERAL: lambda text: bool(mineral_groups(text)),
        }
        return self._of(tests[field])

    def _as_number(self) -> float:
        """Names of permits differ; a word that most permits share is none."""
        if self._dates > _SINGLE and not self._numeric:
            return 0.0
        return float(self._share**0.25 * self._distinct) if self._distinct > 0.2 else 0.0

    def _as_day(self) -> float:
        # A range has a field of its own, which then wins.
        share = 0.0 if math.isnan(self._dates) else self._dates
        return share * (0.5 if self._ranges > _SINGLE else 1.0) if share >= _SINGLE else 0.0

    def _as_range(self) -> float:
        return self._ranges if self._ranges >= _SINGLE else 0.0

    def _as_words(self) -> float:
        letters = self._of(lambda text: any(sign.isalpha() for sign in text))
        return letters if self._dates < _SINGLE or math.isnan(self._dates) else 0.0

    def _as_quantity(self) -> float:
        digits = self._of(lambda text: bool(re.search(r"\d", text)) and text[:1] in "+-0123456789.面")
        return digits * (1.0 if self._numeric == 1.0 else 0.95) if digits >= _SINGLE else 0.0

    def _as_elevations(self) -> float:
        both = self._of(lambda text: len(re.findall(r"\d+(?:\.\d+)?", text)) == 2)
        return both if both >= _SINGLE else 0.0

    def _as_term(self, field: Field) -> float:
        """A word of a table; one that is not understood may still be of a register's own."""
        understood = self._understood(field)
        if field is Field.STATUS and understood < 0.1:
            return 0.1
        return (0.5 + 0.5 * understood) * self._as_words()


_FITS: dict[Field, Callable[[Values], float]] = {
    Field.NUMBER: Values._as_number,
    Field.MINE: Values._as_words,
    Field.HOLDER: Values._as_words,
    Field.MINERAL: lambda values: values._as_term(Field.MINERAL),
    Field.KIND: lambda values: values._as_term(Field.KIND),
    Field.STATUS: lambda values: values._as_term(Field.STATUS),
    Field.VALID_FROM: Values._as_day,
    Field.VALID_TO: Values._as_day,
    Field.VALIDITY: Values._as_range,
    Field.ISSUED: Values._as_day,
    Field.AREA: Values._as_quantity,
    Field.TOP: Values._as_quantity,
    Field.BOTTOM: Values._as_quantity,
    Field.ELEVATIONS: Values._as_elevations,
    Field.RECLAIM_BY: Values._as_day,
}
