"""Dates in a text, as registers write them in English, Chinese, Spanish and Portuguese."""

import calendar
import datetime
import re
from typing import NamedTuple

from engine.permits.phrases import fold

FOREVER = datetime.date.max
"""The last day of a permit that has none."""

_MONTHS = (
    "january february march april may june july august september october november december",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
)
# By their first three letters, which differ between months and agree between languages where they are the same.
_MONTH_OF = {name[:3]: month for names in _MONTHS for month, name in enumerate(names.split(), start=1)} | {"set": 9}
_NAMES = "|".join(sorted({name for names in _MONTHS for name in names.split()} | {"sept"}, key=len, reverse=True))
_NAMED = rf"(?:{_NAMES}|{'|'.join(_MONTH_OF)})(?![a-z])\.?"
_OF = r"(?:\s*[-/., ]\s*|\s+(?:de|del|of)\s+)"
_YEAR = r"(?:1[5-9]|2\d|99)\d\d"
_TIME = r"(?:[t ]\s*\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:\s*[ap]\.?m\.?)?(?:z|\s*[+-]\d\d:?\d\d)?)?"

# What names a date, the longest first; the groups of each say which number is which.
_FORMS = (
    rf"(?P<y1>{_YEAR})\s*[-/.年]\s*(?P<m1>\d{{1,2}})\s*[-/.月]\s*(?P<d1>\d{{1,2}})(?!\d)\s*[日号]?{_TIME}",
    rf"(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?{_OF}?(?P<n2>{_NAMED}){_OF}?(?P<y2>{_YEAR}|\d\d)(?!\d){_TIME}",
    rf"(?P<n3>{_NAMED})\s*(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\s*[, ]\s*(?P<y3>{_YEAR})(?!\d){_TIME}",
    rf"(?P<n4>{_NAMED}){_OF}(?P<y4>{_YEAR})(?!\d)",
    rf"(?P<a5>\d{{1,2}})\s*[-/.]\s*(?P<b5>\d{{1,2}})\s*[-/.]\s*(?P<y5>{_YEAR}|\d\d)(?!\d){_TIME}",
    r"(?P<c6>\d{8})(?:\.0+)?(?!\d)",
    rf"(?P<y7>{_YEAR})\s*[-/.年]\s*(?P<m7>0[1-9]|1[0-2]|[1-9])(?!\d)\s*月?",
    rf"(?P<m8>0?[1-9]|1[0-2])\s*[-/.]\s*(?P<y8>{_YEAR})(?!\d)",
    rf"(?P<y9>{_YEAR})(?P<m9>0[1-9]|1[0-2])(?!\d)",
    rf"(?P<y0>{_YEAR})(?!\d)\s*年?",
)
_DATE = re.compile("|".join(rf"(?<!\d){form}" for form in _FORMS))

_NUMERALS = {sign: digit for digit, signs in enumerate(("〇零○", *"一二三四五六七八九")) for sign in signs}
_NUMERAL = re.compile(f"[{''.join(_NUMERALS)}十]+(?=[年月日号])")


class Written(NamedTuple):
    """A date as it is written: a day, a month, or a year. Of one that is not `ordered`, month and day may be the other
    way round; they stand as if the day came first. short : of the year only two digits are written."""

    year: int
    month: int | None = None
    day: int | None = None
    ordered: bool = True
    short: bool = False

    @property
    def day_first(self) -> bool | None:
        """Which order its numbers allow; None where they allow both, or there is only one."""
        if self.ordered or self.month is None or self.day is None or self.month == self.day:
            return None
        if self.month > 12:
            return False
        return True if self.day > 12 else None

    @property
    def ambiguous(self) -> bool:
        return not self.ordered and self.day_first is None and self.month != self.day

    @property
    def is_possible(self) -> bool:
        """Whether the calendar has it, in one order or the other."""
        return any(self._is_day(day_first) for day_first in (True, False))

    def _is_day(self, day_first: bool) -> bool:
        try:
            self.day_of(end=False, day_first=day_first)
        except ValueError:
            return False
        return True

    def day_of(self, *, end: bool, day_first: bool) -> datetime.date:
        """The day; of a month or a year its first, or its last for an end.

        Raises
        ------
        ValueError
            When the calendar has none such.
        """
        month, day = self.month, self.day
        if not self.ordered and not day_first:
            month, day = day, month
        month = month or (12 if end else 1)
        if day is None:
            day = calendar.monthrange(self.year, month)[1] if end and 1 <= month <= 12 else 1
        return datetime.date(self.year, month, day)


def tidy(text: str) -> str:
    """A text in which dates are looked for: folded, with Chinese numerals of dates as digits."""
    return _NUMERAL.sub(lambda found: _digits(found.group()), fold(text))


def one_date(tidied: str) -> Written | None:
    """The date that a tidied text is; None where it is none, or more than that."""
    found = _DATE.fullmatch(tidied)
    return _written(found) if found else None


def dates_in(tidied: str) -> list[tuple[int, int, Written]]:
    """Every date in a tidied text, with its beginning and its end there."""
    return [(found.start(), found.end(), _written(found)) for found in _DATE.finditer(tidied)]


def _written(found: re.Match[str]) -> Written:
    (form, said), *more = [(name, value) for name, value in found.groupdict().items() if value is not None]
    parts = {name[0]: value for name, value in [(form, said), *more]}
    if "c" in parts:
        return _compact(parts["c"])
    year, short = int(parts["y"]), len(parts["y"]) == 2
    if short:
        year += 2000 if year < 70 else 1900
    if "a" in parts:
        return Written(year, int(parts["b"]), int(parts["a"]), ordered=False, short=short)
    month = _MONTH_OF[parts["n"][:3]] if "n" in parts else int(parts["m"]) if "m" in parts else None
    return Written(year, month, int(parts["d"]) if "d" in parts else None, short=short)


def _compact(eight: str) -> Written:
    """Eight digits: the year first, or last where it cannot be first."""
    if re.match(_YEAR, eight) and 1 <= int(eight[4:6]) <= 12:
        return Written(int(eight[:4]), int(eight[4:6]), int(eight[6:]))
    return Written(int(eight[4:]), int(eight[2:4]), int(eight[:2]), ordered=False)


def _digits(numerals: str) -> str:
    """A Chinese number as digits: by place (二〇二一), or with tens (三十一)."""
    tens, ten, ones = numerals.partition("十")
    if not ten:
        return "".join(str(_NUMERALS[sign]) for sign in numerals)
    return str(10 * (_NUMERALS.get(tens, 1) if tens else 1) + (_NUMERALS.get(ones, 0) if ones else 0))
