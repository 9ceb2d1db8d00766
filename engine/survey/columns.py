"""What the columns of a vector file say it is: a register of permits, outlines of mines, or classes to train on."""

import re
from collections.abc import Iterable
from enum import StrEnum

import pandas as pd

from engine.permits.columns import known_names, plain_name
from engine.permits.fields import Field


class Subject(StrEnum):
    OUTLINES = "outlines"
    PERMITS = "permits"
    LABELS = "labels"


_CLASS = {"class", "classid", "classname", "klass", "klasse", "label", "labels", "lulc", "landcover", "landuseclass"}
_IDENTIFIERS = (
    "id",
    "patchid",
    "mineid",
    "siteid",
    "fid",
    "gid",
    "uid",
    "uuid",
    "osmid",
    "gemmineid",
    "objectid",
    "code",
    "number",
    "nr",
)
_NAMES = (
    "name",
    "minename",
    "sitename",
    "quarryname",
    "title",
    "label",
    "nombre",
    "nome",
    "bezeichnung",
    "矿山名称",
    "ksmc",
)
_MOST_CLASSES = 40
_TERM = {Field.VALID_FROM, Field.VALID_TO, Field.VALIDITY, Field.ISSUED}


def subject_of(table: pd.DataFrame) -> Subject:
    """What a table of polygons is, by its columns.

    A permit has a number or a holder *and* a term or what it is for: outlines of mines name owners and minerals, too,
    but are bound to no term.
    """
    said = known_names(column for column in table.columns if column != "geometry")
    named, bound = said & {Field.NUMBER, Field.HOLDER, Field.MINERAL}, said & _TERM
    if (named and bound) or (Field.NUMBER in named and len(named) > 1):
        return Subject.PERMITS
    return Subject.LABELS if class_column(table) else Subject.OUTLINES


def class_column(table: pd.DataFrame) -> str | None:
    """The column that holds a few classes, each of several polygons."""
    for column in table.columns:
        if plain_name(str(column)) in _CLASS:
            distinct = table[column].dropna().astype(str).nunique()
            if 2 <= distinct <= _MOST_CLASSES and distinct < len(table):
                return str(column)
    return None


def identifier_column(table: pd.DataFrame) -> str | None:
    """The column whose values are unique and nowhere empty, the usual names first."""
    columns = _in_order(table, _IDENTIFIERS) + [
        str(column) for column in table.columns if re.search(r"(?:[a-z]ID|[_ ](?:ID|id|Id))$", str(column))
    ]
    for column in columns:
        values = table[column]
        texts = values.dropna().astype(str).str.strip()
        complete = len(texts) == len(table) and bool((texts != "").all())
        if complete and texts.is_unique and not pd.api.types.is_float_dtype(values):
            return column
    return None


def name_column(table: pd.DataFrame) -> str | None:
    """The column that names at least half of the polygons."""
    for column in _in_order(table, _NAMES):
        texts = table[column].dropna().astype(str).str.strip()
        if (texts != "").sum() * 2 >= len(table) and not pd.api.types.is_numeric_dtype(table[column]):
            return column
    return None


def _in_order(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """The columns of those names, the first name first."""
    plain = {plain_name(str(column)): str(column) for column in reversed(list(table.columns)) if column != "geometry"}
    return [plain[name] for name in names if name in plain]
