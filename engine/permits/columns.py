"""What the columns of a register mean: told by their names, and checked against what is in them."""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from engine.permits.column_values import Values
from engine.permits.fields import Field
from engine.permits.phrases import fold

KEPT_COLUMNS = frozenset({"geometry", "row_in_file", "as_read"})
"""Columns of a cadastre that are not the register's own."""


class How(StrEnum):
    """ALIAS : its name is known. PREFIX : its name is the beginning of one that is. VALUES : what is in it."""

    ALIAS = "alias"
    PREFIX = "prefix"
    VALUES = "values"


@dataclass(frozen=True)
class ColumnGuess:
    """What a column was taken for, and why. samples : some of its different values. confidence : from 0 to 1; below 0.5
    a person should look."""

    column: str
    how: How
    samples: tuple[str, ...]
    confidence: float


class _Candidate(NamedTuple):
    score: float
    field: Field
    column: str
    how: How


# How far a way to know a name is believed, before its values are looked at.
_EXACT, _CUT, _ENDING, _WEAK, _BY_VALUES = 1.0, 0.85, 0.7, 0.55, 0.4
_LEAST = 0.12  # below that a candidate is none


def guess_columns(table: pd.DataFrame) -> dict[Field, ColumnGuess]:
    """The column of each field that a table has, as far as names and values tell.

    Each column stands for one field; validity and elevations hold both ends of theirs. A name is believed only where
    the values can be what it says: a "date" column must hold dates, a "state" that is a province is no status.
    """
    columns = {str(name): Values(table[name]) for name in table.columns if str(name) not in KEPT_COLUMNS}
    candidates = [one for name, values in columns.items() for one in _candidates(name, values)]
    named = {one.column for one in candidates if one.score >= _LEAST}
    candidates += [one for name, values in columns.items() if name not in named for one in _by_values(name, values)]
    order = {name: place for place, name in enumerate(columns)}
    candidates.sort(key=lambda one: (-one.score, order[one.column]))
    guesses: dict[Field, ColumnGuess] = {}
    taken: set[str] = set()
    for score, field, column, how in candidates:
        if score >= _LEAST and field not in guesses and column not in taken:
            guesses[field] = ColumnGuess(column, how, columns[column].samples, round(min(score, 1.0), 2))
            taken.add(column)
    return {field: guesses[field] for field in Field if field in guesses}


def _candidates(name: str, values: Values) -> Iterator[_Candidate]:
    for field, (score, how) in _by_name(name).items():
        yield _Candidate(score * values.fit(field), field, name, how)


@cache
def _by_name(name: str) -> dict[Field, tuple[float, How]]:
    """Fields that a name may mean, how far it is believed and why."""
    found: dict[Field, tuple[float, How]] = {}
    ways: tuple[tuple[str, float, How, Callable[[str, str], bool]], ...] = (
        ("strong", _EXACT, How.ALIAS, _is_name),
        ("strong", _CUT, How.PREFIX, _is_cut),
        ("strong", _ENDING, How.ALIAS, _ends_in),
        ("weak", _WEAK, How.ALIAS, _is_name),
    )
    for table, score, how, matches in ways:
        for field, aliases in _aliases(table).items():
            if field not in found and any(matches(name, alias) for alias in aliases):
                found[field] = (score, how)
    return found


@cache
def _aliases(table: str) -> dict[Field, tuple[str, ...]]:
    text = Path(__file__).with_name("aliases.toml").read_text(encoding="utf-8")
    return {Field(field): tuple(names) for field, names in tomllib.loads(text)[table].items()}


@cache
def _plain(name: str) -> str:
    """A name without case, accents, blanks, punctuation, and what stands in brackets."""
    return re.sub(r"[\W_]+", "", fold(re.sub(r"[(（\[【].*?(?:[)）\]】]|$)", "", name)))


def _is_name(name: str, alias: str) -> bool:
    return _plain(name) == _plain(alias)


_BYTES = 10  # of a column's name in a .dbf
_LEAST_LETTERS = 6  # of a Latin name that was cut; two names may begin alike in fewer
_LEAST_SIGNS = 3  # of a Chinese one


def _is_cut(name: str, alias: str) -> bool:
    """Whether a name is what ten bytes hold of an alias, in UTF-8 or GBK; of two that are then alike the second ends
    in _1."""
    begun = re.sub(r"(?<=^.{8})_\d$", "", name)
    plain, whole = _plain(begun), _plain(alias)
    if plain == whole:
        return False
    if name.isascii():
        cut = len(name) == _BYTES and (whole.startswith(plain) or plain == _plain(alias.replace(" ", "_")[:_BYTES]))
        return cut and len(plain) >= _LEAST_LETTERS
    fills = any(_BYTES - 1 <= _length(name, encoding) <= _BYTES for encoding in ("utf-8", "gbk"))
    return fills and len(plain) >= _LEAST_SIGNS and whole.startswith(plain)


def _length(name: str, encoding: str) -> int:
    return len(name.encode(encoding, errors="replace"))


def _ends_in(name: str, alias: str) -> bool:
    """Whether a longer name ends in an alias: 采矿权有效期止, licence_expiry_date."""
    if alias.isascii():
        words, last = re.split(r"[\W_]+", fold(name)), fold(alias).split()
        return len(last) > 1 and len(words) > len(last) and words[-len(last) :] == last
    plain, whole = _plain(name), _plain(alias)
    return len(whole) > _LEAST_SIGNS and len(plain) > len(whole) and plain.endswith(whole)


def _by_values(name: str, values: Values) -> Iterator[_Candidate]:
    """Of a column whose name says nothing."""
    for field in (Field.NUMBER, Field.MINERAL, Field.KIND, Field.STATUS):
        yield _Candidate(_BY_VALUES * values.speak_for(field), field, name, How.VALUES)
