"""Numbers and angles in the cells of tables, as people write them."""

import math
import re
from collections.abc import Iterable

_DEGREES = re.compile(
    r"""^\s*([NSEWO东西南北]?)\s*(-?\d{1,3})\s*[°º度]\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*['′’‘分]\s*)?"""
    r"""(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:["″”“秒]|''|′′|’’)?\s*)?([NSEWO东西南北]?)\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_DASHED = re.compile(r"^\s*(\d{1,3})[-: ](\d{1,2})[-: ](\d{1,2}(?:[.,]\d+)?)\s*([NSEWO]?)\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.]\d*)?|[.]\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
_NEGATIVE = frozenset("SWO西南")


def as_number(cell: object, *, comma_groups: bool = False) -> float | None:
    """The number in a cell; None in an empty one.

    Parameters
    ----------
    comma_groups : whether commas part thousands; else a single one is a decimal comma.

    Raises
    ------
    ValueError
        When there is something else in it.
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell)
    text = str(cell).strip()
    if not text:
        return None
    if (angle := as_angle(text)) is not None:
        return angle
    text = re.sub(r"[\s\u00a0'’]|(?:m|米)$", "", text)
    dot, comma = text.rfind("."), text.rfind(",")
    if dot >= 0 and comma >= 0:
        text = text.replace(",", "") if dot > comma else text.replace(".", "").replace(",", ".")
    elif comma >= 0:
        text = text.replace(",", "") if comma_groups or text.count(",") > 1 else text.replace(",", ".")
    elif text.count(".") > 1:
        text = text.replace(".", "")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"'{str(cell)[:40]}' is no number")
    return float(text)


def as_angle(text: str) -> float | None:
    """Degrees of an angle such as 106°12′33″E or 106-12-33; None where the text is none."""
    if found := _DEGREES.match(text):
        before, degrees, minutes, seconds, after = found.groups()
    elif found := _DASHED.match(text):
        before, (degrees, minutes, seconds, after) = "", found.groups()
    else:
        return None
    value = abs(float(degrees)) + _part(minutes) / 60 + _part(seconds) / 3600
    negative = degrees.startswith("-") or (before or after or " ").upper() in _NEGATIVE
    return -value if negative else value


def _part(text: str | None) -> float:
    return float(text.replace(",", ".")) if text else 0.0


def groups_by_comma(cells: Iterable[object]) -> bool:
    """Whether some number has two commas: then they part thousands in all."""
    return any(isinstance(cell, str) and re.fullmatch(r"\s*-?\d{1,3}(,\d{3}){2,}(\.\d+)?\s*", cell) for cell in cells)
