"""What the columns of a register mean: told by their names, and checked against what is in them."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
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
    """What a column was taken for, and why. samples : some of its different values. confidence : from 0 to 1; below 0.6
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


def known_names(names: Iterable[object]) -> set[Field]:
    """The fields that names of columns speak for, where nothing is known of what is in them."""
    return set(guess_columns(pd.DataFrame(columns=list(dict.fromkeys(map(str, names))))))


def _candidates(name: str, values: Values) -> Iterator[_Candidate]:
    for field, (score, how) in _by_name(name).items():
        yield _Candidate(score * values.fit(field), field, name, how)


@lru_cache(maxsize=10_000)
def _by_name(name: str) -> dict[Field, tuple[float, How]]:
    """Fields that a name may mean, how far it is believed and why."""
    found: dict[Field, tuple[float, How]] = {}
    ways: tuple[tuple[str, float, How, Callable[[str], bool]], ...] = (
        ("strong", _EXACT, How.ALIAS, _is(name)),
        ("strong", _CUT, How.PREFIX, _is_cut_from(name)),
        ("strong", _ENDING, How.ALIAS, _ends(name)),
        ("weak", _WEAK, How.ALIAS, _is(name)),
    )
    for table, score, how, matches in ways:
        for field, aliases in _aliases(table).items():
            if field not in found and any(map(matches, aliases)):
                found[field] = (score, how)
    return found


@cache
def _aliases(table: str) -> dict[Field, tuple[str, ...]]:
    text = Path(__file__).with_name("aliases.toml").read_text(encoding="utf-8")
    return {Field(field): tuple(names) for field, names in tomllib.loads(text)[table].items()}


@lru_cache(maxsize=100_000)
def plain_name(name: str) -> str:
    """A name without case, accents, blanks, punctuation, and what stands in brackets."""
    return re.sub(r"[\W_]+", "", fold(re.sub(r"[(（\[【].*?(?:[)）\]】]|$)", "", name)))


def _is(name: str) -> Callable[[str], bool]:
    plain = plain_name(name)
    return lambda alias: plain_name(alias) == plain


_BYTES = 10  # of a column's name in a .dbf
_LEAST_LETTERS = 6  # of a Latin name that was cut; two names may begin alike in fewer
_LEAST_SIGNS = 3  # of a Chinese one


def _is_cut_from(name: str) -> Callable[[str], bool]:
    """Whether a name is what ten bytes hold of an alias, in UTF-8 or GBK; of two that are then alike the second ends
    in _1."""
    plain = plain_name(re.sub(r"(?<=^.{8})_\d$", "", name))
    if name.isascii():
        fills = len(name) == _BYTES and len(plain) >= _LEAST_LETTERS
    else:
        lengths = [len(name.encode(encoding, errors="replace")) for encoding in ("utf-8", "gbk")]
        fills = len(plain) >= _LEAST_SIGNS and any(_BYTES - 1 <= length <= _BYTES for length in lengths)

    def matches(alias: str) -> bool:
        whole = plain_name(alias)
        if plain == whole:
            return False
        return whole.startswith(plain) or (name.isascii() and plain == plain_name(alias.replace(" ", "_")[:_BYTES]))

    return matches if fills else lambda _: False


def _ends(name: str) -> Callable[[str], bool]:
    """Whether a longer name ends in an alias: 采矿权有效期止, licence_expiry_date."""
    words, plain = re.split(r"[\W_]+", fold(name)), plain_name(name)

    def matches(alias: str) -> bool:
        if alias.isascii():
            last = fold(alias).split()
            return len(last) > 1 and len(words) > len(last) and words[-len(last) :] == last
        whole = plain_name(alias)
        return len(whole) > _LEAST_SIGNS and len(plain) > len(whole) and plain.endswith(whole)

    return matches


def _by_values(name: str, values: Values) -> Iterator[_Candidate]:
    """Of a column whose name says nothing."""
    for field in (Field.NUMBER, Field.MINERAL, Field.KIND, Field.STATUS):
        yield _Candidate(_BY_VALUES * values.speak_for(field), field, name, How.VALUES)
