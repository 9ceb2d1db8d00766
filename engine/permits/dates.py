"""Dates as registers write them."""

import datetime
import math
import re

import pandas as pd

# The year first: of 03/04/2020 nobody can say which is the month.
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0)?")
_APART = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?")


def as_date(value: object) -> datetime.date | None:
    """The day that a cell of a register names; None where it names none.

    Parameters
    ----------
    value : a date, a time, or text or a number such as 2020-12-31, 2020/12/31, 2020年12月31日, 20201231.

    Raises
    ------
    ValueError
        When there is something in the cell, and it is no date.
    """
    if pd.isna(value):
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if not text:
        return None
    found = _COMPACT.fullmatch(text) or _APART.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no date")
    try:
        return datetime.date(*(int(part) for part in found.groups()))
    except ValueError:
        raise ValueError(f"'{text}' is no day of the calendar") from None
