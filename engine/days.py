"""Days as people write them into options: read where the year comes first, else refused with the way to write them."""

import re
from datetime import date, datetime
from typing import Any

from pydantic_core import PydanticCustomError

FAULT = "day"  # type of the errors that are raised here; they bring their mend along
EXAMPLE = "2021-06-19 (year, month, day)"
MEND = f"write it as {EXAMPLE}"

_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2}))|(\d{4})年(\d{1,2})月(\d{1,2})日")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")


def day_of(given: Any) -> date:
    """The day that an option names.

    Raises
    ------
    PydanticCustomError
        For what is no day, or leaves open which number is the day and which the month; it says how to write it.
    """
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    text = str(given).strip() if isinstance(given, str | int) and not isinstance(given, bool) else ""
    if isinstance(given, datetime):
        raise _refused(given, "it holds a time of day", [given.date()])
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part) for part in found.groups() if part and part.isdigit())
        if (read := _day(year, month, day)) is None:
            raise _refused(given, "there is no such day", [])
        return read
    if found := _YEAR_LAST.fullmatch(text):
        one, other, year = (int(part) for part in found.groups())
        possible = {read for read in (_day(year, other, one), _day(year, one, other)) if read}
        if possible:
            open_ = len(possible) > 1
            why = "it leaves open which is the day and which the month" if open_ else "the year does not come first"
            raise _refused(given, why, sorted(possible, reverse=True))
    raise _refused(given, "it is no day", [])


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _refused(given: Any, why: str, possible: list[date]) -> PydanticCustomError:
    mend = f"write it as {' or '.join(map(str, possible))}" if possible else MEND
    shown = repr(given) if isinstance(given, str) else str(given)
    return PydanticCustomError(FAULT, "{why} (given: {given})", {"why": why, "given": shown, "mend": mend})
