"""Dates as people and processors write them into names and tags."""

import calendar
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

_EARLIEST, _LATEST = 1972, 2100  # the first Landsat; a number beyond is no date of an image
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d{2})\2(\d{2})(?:(?:T|[-_])?\d{6}(?!\d)|(?!\d))", re.IGNORECASE)
# 2021-6-19; with points it might be a version, with underscores a tile's row and column.
_FEW_DIGITS = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{2})([-_.])(\d{2})\2(\d{4})(?!\d)")
_MONTH_NAME = re.compile(rf"(?<!\d)(\d{{1,2}})[-_. ]?({'|'.join(_MONTHS)})[a-z]*[-_. ]?(\d{{4}})(?!\d)", re.IGNORECASE)
# A time of day behind its T is none of these: T101231.
_SHORT = re.compile(r"(?<!\d)(?<![\d\W_]T)(\d{2})(\d{2})(\d{2})(?!\d)")
# Year and day of the year where something beside them says that: MODIS and VIIRS (A2021170), HLS (2021170T100031),
# Landsat before 2017 (LC81900252021170LGN00).
_DAY_OF_YEAR = re.compile(
    r"(?<![A-Za-z0-9])A(\d{4})(\d{3})(?!\d)|(?<!\d)(\d{4})(\d{3})T\d{6}(?!\d)"
    r"|(?<![A-Za-z0-9])L[COTEM]\d\d{6}(\d{4})(\d{3})[A-Z]{3}\d\d"
)
# Path and row of Landsat: six digits that are no date.
_PATH_ROW = re.compile(r"(?<![A-Za-z0-9])L[COTEM]\d\d(?:_[A-Z0-9]{4})?_(\d{6})(?!\d)")

# Tags that say when an image was taken, by the words in their names; the last one is often when the file was written.
_TAKEN = ("ACQUI", "SENSING", "DATE_TAKEN", "IMAGEDATE", "IMAGE_DATE", "START_TIME", "DATETIMEORIGINAL")
_WRITTEN = ("TIFFTAG_DATETIME", "DATE", "DATETIME")


def dates_in(text: str) -> list[date]:
    """The dates in a name, in their order.

    Year first with or without separators, day first (with a name of the month, points, or a day after the 12th), year
    and day of the year as MODIS, VIIRS, HLS and Landsat have them, or YYMMDD where there is no longer form.

    >>> dates_in("S2A_MSIL2A_20210619T100031_N0300"), dates_in("geo_060619-061002_unw")
    ([datetime.date(2021, 6, 19)], [datetime.date(2006, 6, 19), datetime.date(2006, 10, 2)])
    """
    found: list[tuple[int, date]] = []
    taken: list[tuple[int, int]] = []

    def note(match: re.Match[str], day: date | None) -> None:
        if day and not any(start < match.end() and match.start() < end for start, end in taken):
            found.append((match.start(), day))
            taken.append(match.span())

    for match in _overlapping(_YEAR_FIRST, text):
        note(match, _date(match[1], match[3], match[4]))
    for match in _FEW_DIGITS.finditer(text):
        note(match, _date(*match.groups()))
    for match in _DAY_OF_YEAR.finditer(text):
        year, day = (part for part in match.groups() if part)
        note(match, _day_of_year(int(year), int(day)))
    for match in _overlapping(_DAY_FIRST, text):
        # 03-04-2021 is in March or in April, depending on who wrote it; with points it is the third of April.
        if match[2] == "." or int(match[1]) > 12:
            note(match, _date(match[4], match[3], match[1]))
    for match in _MONTH_NAME.finditer(text):
        note(match, _date(match[3], str(_MONTHS.index(match[2].lower()) + 1), match[1]))
    if not found:
        taken += [match.span(1) for match in _PATH_ROW.finditer(text)]
        for match in _SHORT.finditer(text):
            century = 1900 if int(match[1]) >= 72 else 2000
            note(match, _date(str(century + int(match[1])), match[2], match[3]))
    return [day for _, day in sorted(found, key=lambda item: item[0])]


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterable[re.Match[str]]:
    """Matches from every place on: a number that only looks like a date must not hide the one behind it."""
    return (match for start in range(len(text)) if (match := pattern.match(text, start)))


def _date(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if _EARLIEST <= found.year <= _LATEST else None


def _day_of_year(year: int, day: int) -> date | None:
    if not _EARLIEST <= year <= _LATEST or not 1 <= day <= 365 + calendar.isleap(year):
        return None
    return date(year, 1, 1) + timedelta(days=day - 1)


def date_of_image(path: Path, root: Path, tags: dict[str, str]) -> tuple[date, str] | None:
    """When an image was taken, and what is to be said of how that is known ("" where nothing is)."""
    in_name = dates_in(path.name)
    if in_name:
        several = len(set(in_name)) > 1
        return in_name[0], "its name holds several dates, and the first is taken for the acquisition" if several else ""
    for words, doubt in ((_TAKEN, ""), (_WRITTEN, "the file may have been written on it, not the image taken")):
        for key, value in sorted(tags.items()):
            if any(word in key.upper() for word in words) and (day := _date_of_tag(value)):
                return day, f"the date comes from the tag {key}" + (f"; {doubt}" if doubt else "")
    for folder in path.parents:
        if folder == root:
            break
        if (days := set(dates_in(folder.name))) and len(days) == 1:
            return days.pop(), "the date comes from the name of its folder"
    return None


def _date_of_tag(value: str) -> date | None:
    try:
        return datetime.strptime(value.strip()[:10], "%Y:%m:%d").date()  # TIFF's own form
    except ValueError:
        found = dates_in(value)
        return found[0] if found else None
