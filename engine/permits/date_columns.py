"""Dates of a whole column of a register: all of its values decide in what order days and months stand."""

import datetime
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from engine.permits.phrases import fold
from engine.permits.written_dates import FOREVER, Written, dates_in, one_date, tidy

EARLIEST, LATEST = datetime.date(1850, 1, 1), datetime.date(2199, 12, 31)

_NONE = re.compile(
    r"[-—–/\\.*?x ]*|0+|0000-00-00.*|n/?a|nan|nat|none|null|nil|<null>|s/?d|sin (?:datos?|fecha)|unknown|tbd"
    r"|无|未知|不详|空"
)
_UNLIMITED = re.compile(
    r"长期|永久|无限期|indefinit|indefinid|unlimited|permanent|perpetu|life of mine|ilimitad|vitalici|indeterminad"
)
# What databases and sheets write where there is no date.
_PLACEHOLDERS = {
    datetime.date(1, 1, 1),
    datetime.date(1601, 1, 1),
    datetime.date(1753, 1, 1),
    datetime.date(1899, 12, 30),
    datetime.date(1899, 12, 31),
    datetime.date(1900, 1, 1),
    datetime.date(1970, 1, 1),
}
_TO = re.compile(r"至|到|截止|止|until|till|\bto\b|hasta|\bate\b|\bal\b|venc|expir")
_FROM = re.compile(r"自|从|起|from|since|desde|\bdel?\b|a partir|onwards?")

_OPEN = ("-", "–", "—", "~", "至", "起")

_EXCEL_ZERO = datetime.date(1899, 12, 30)
_EXCEL = range(10_000, 80_000)  # 1927 to 2119
_EPOCH_MS = range(100_000_000_000, 8_000_000_000_000)  # 1973 to 2223
_EPOCH_ZERO = datetime.datetime(1970, 1, 1)
_MOST = 0.8  # of a column's cells that have to look like serial numbers for it to be one of those
_NOON = 12 * 3600
_NO_TIME = datetime.timedelta(0)


@dataclass
class Days:
    """Days of a column, None where a cell has none.

    order : "day first" or "month first" where it is decided, "undecided" where it is not, "mixed" where the column has
    both, "" where nothing depends on it. form : "serial" (days since 1899-12-30), "epoch" (milliseconds since 1970) or
    "". moved : the same hour of the evening on all days, in UTC, was taken for the next day's midnight. refused : texts
    of cells that are no date, by place. unlimited, placeholders, early : places of cells that say no end, that hold
    what stands for no date, and of days before 1850. short_years : places of years of two digits.
    """

    days: list[datetime.date | None]
    order: str = ""
    form: str = ""
    moved: bool = False
    refused: dict[int, str] = field(default_factory=dict)
    unlimited: list[int] = field(default_factory=list)
    placeholders: list[int] = field(default_factory=list)
    early: dict[int, str] = field(default_factory=dict)
    short_years: list[int] = field(default_factory=list)

    def put(self, place: int, day: datetime.date, text: str, *, end: bool) -> None:
        """Take over a day, unless it cannot be one."""
        if day in _PLACEHOLDERS:
            self.placeholders.append(place)
        elif day < EARLIEST:
            self.early[place] = text
        elif day > LATEST:
            self.unlimited.append(place)
            self.days[place] = FOREVER if end else None
        else:
            self.days[place] = day


def date_order(columns: Iterable[Sequence[object]]) -> bool | None:
    """Whether the day comes first, by the numbers of columns that one hand wrote; None where they do not decide."""
    votes = {found for values in columns for found in _votes(_written_in(values))}
    return votes.pop() if len(votes) == 1 else None


def read_days(values: pd.Series, *, end: bool, day_first: bool | None = None) -> Days:
    """Days of a column of one date a cell.

    Parameters
    ----------
    values : dates, times, texts or numbers. end : whether they are last days; of a month that is its last.
    day_first : how to read 03/04/2020 where the column itself leaves it open; None: day first, as most of the world.
    """
    cells = list(values.astype(object))
    days = Days([None] * len(cells))
    numbers = _numbers(cells)
    _take_numbers(numbers, days, end=end)
    _take_times(cells, days, end=end)
    texts = {place: _text(cell) for place, cell in enumerate(cells) if not _is_time(cell) and place not in numbers}
    written: dict[int, Written] = {}
    known: dict[str, Written | None] = {}
    for place, text in texts.items():
        tidied = tidy(text)
        if _NONE.fullmatch(tidied):
            continue
        if tidied not in known:
            known[tidied] = one_date(tidied)
        if (found := known[tidied]) is not None:
            written[place] = found
        elif _UNLIMITED.search(tidied):
            days.unlimited.append(place)
            days.days[place] = FOREVER if end else None
        else:
            days.refused[place] = text
    order = _decide(written.values(), days, day_first)
    for place, found in written.items():
        _put_written(place, found, texts[place], days, end=end, order=order)
    days.placeholders.sort()
    return days


@dataclass
class Ranges:
    """Both ends of a column of ranges; single : places of cells with one day and no word that says which end it is,
    taken as the last."""

    first: Days
    last: Days
    single: list[int] = field(default_factory=list)


def read_ranges(values: pd.Series, *, day_first: bool | None = None) -> Ranges:
    """First and last days of a column of ranges, such as 2015年3月1日至2020年3月1日, or 2015-2020."""
    cells = [_text(cell) for cell in values.astype(object)]
    ranges = Ranges(Days([None] * len(cells)), Days([None] * len(cells)))
    ends: dict[int, tuple[Written | None, Written | None]] = {}
    for place, text in enumerate(cells):
        tidied = tidy(text)
        if _NONE.fullmatch(tidied):
            continue
        unlimited = bool(_UNLIMITED.search(tidied))
        found = _ends(tidied, dates_in(tidied), place, ranges, unlimited=unlimited)
        if found is None:
            ranges.last.refused[place] = text
            continue
        ends[place] = found
        if unlimited:
            ranges.last.unlimited.append(place)
            ranges.last.days[place] = FOREVER
    order = _decide((one for both in ends.values() for one in both if one), ranges.last, day_first)
    for place, (first, last) in ends.items():
        for one, days, end in ((first, ranges.first, False), (last, ranges.last, True)):
            if one is not None:
                _put_written(place, one, cells[place], days, end=end, order=order)
    return ranges


def _ends(
    tidied: str, found: list[tuple[int, int, Written]], place: int, ranges: Ranges, *, unlimited: bool
) -> tuple[Written | None, Written | None] | None:
    if len(found) == 2 and not unlimited:
        return found[0][2], found[1][2]
    if len(found) != 1:
        return (None, None) if unlimited and not found else None
    (start, stop, one) = found[0]
    before, after = tidied[:start], tidied[stop:].strip()
    if unlimited or after in _OPEN or (_FROM.search(f"{before} {after}") and not _TO.search(f"{before} {after}")):
        return one, None
    if not _TO.search(f"{before} {after}"):
        ranges.single.append(place)
    return None, one


def _written_in(values: Sequence[object]) -> Iterable[Written]:
    for text in {_text(cell) for cell in values if not _is_time(cell)}:
        yield from (found for _, _, found in dates_in(tidy(text)))


def _votes(written: Iterable[Written]) -> set[bool]:
    return {found for one in written if (found := one.day_first) is not None}


def _decide(written: Iterable[Written], days: Days, day_first: bool | None) -> bool | None:
    """The order of day and month; None where the column has both. Says in `days` how it was decided."""
    unordered = [one for one in written if not one.ordered]
    votes = _votes(unordered)
    if len(votes) == 2:
        days.order = "mixed"
        return None
    if votes:
        order = votes.pop()
        days.order = "day first" if order else "month first"
        return order
    if any(one.ambiguous for one in unordered):
        days.order = "undecided"
    return day_first is not False


def _put_written(place: int, one: Written, text: str, days: Days, *, end: bool, order: bool | None) -> None:
    day_first = one.day_first if order is None else order
    if order is None and one.ambiguous:
        days.refused[place] = text
        return
    try:
        day = one.day_of(end=end, day_first=day_first is not False)
    except ValueError:
        days.refused[place] = text
        return
    if one.short:
        days.short_years.append(place)
    days.put(place, day, text, end=end)


def _is_time(cell: object) -> bool:
    return isinstance(cell, datetime.date) and not pd.isna(cell)


def _text(cell: object) -> str:
    if cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _take_times(cells: Sequence[object], days: Days, *, end: bool) -> None:
    """Days of cells that are dates or times already."""
    times = {place: cell for place, cell in enumerate(cells) if isinstance(cell, datetime.date) and not pd.isna(cell)}
    clocks = {place: cell for place, cell in times.items() if isinstance(cell, datetime.datetime)}
    utc = {place: clock.replace(tzinfo=None) for place, clock in clocks.items() if clock.utcoffset() == _NO_TIME}
    days.moved = len(utc) > 1 and _is_evening(utc.values())
    for place, cell in times.items():
        day = cell.date() if isinstance(cell, datetime.datetime) else cell
        if days.moved and place in utc:
            day += datetime.timedelta(days=1)
        days.put(place, day, cell.isoformat(), end=end)


def _is_evening(clocks: Iterable[datetime.datetime]) -> bool:
    """Whether all are one full half hour after noon: midnight in a place east of Greenwich, as UTC writes it."""
    seconds = {3600 * clock.hour + 60 * clock.minute + clock.second for clock in clocks}
    return len(seconds) == 1 and (second := seconds.pop()) >= _NOON and second % 1800 == 0


def _numbers(cells: Sequence[object]) -> dict[int, int]:
    """Serial numbers or milliseconds by place, where most of the column is such; else none."""
    filled, numbers = 0, {}
    for place, cell in enumerate(cells):
        text = _text(cell)
        if _NONE.fullmatch(fold(text)):
            continue
        filled += 1
        if (number := _as_integer(text)) is not None and (number in _EXCEL or abs(number) in _EPOCH_MS):
            numbers[place] = number
    return numbers if len(numbers) >= _MOST * filled else {}


def _as_integer(text: str) -> int | None:
    """A serial number may have a time of day behind its point."""
    return int(float(text)) if re.fullmatch(r"-?\d{5}(?:\.\d+)?|-?\d{12,13}(?:\.0+)?", text) else None


def _take_numbers(numbers: dict[int, int], days: Days, *, end: bool) -> None:
    if not numbers:
        return
    epoch = {
        place: _EPOCH_ZERO + datetime.timedelta(milliseconds=number)
        for place, number in numbers.items()
        if number not in _EXCEL
    }
    days.form = "epoch" if epoch else "serial"
    days.moved = len(epoch) > 1 and _is_evening(epoch.values())
    for place, number in numbers.items():
        day = epoch[place].date() if place in epoch else _EXCEL_ZERO + datetime.timedelta(days=number)
        if days.moved and place in epoch:
            day += datetime.timedelta(days=1)
        days.put(place, day, str(number), end=end)


def looks_like_dates(values: Sequence[object]) -> float:
    """What share of a column's cells that say something name a day, or a range of days; NaN where none says
    anything."""
    cells = [cell for cell in values if not _NONE.fullmatch(fold(_text(cell)))]
    if not cells:
        return math.nan
    if _numbers(cells):
        return 1.0
    return sum(_is_time(cell) or _names_days(tidy(_text(cell))) for cell in cells) / len(cells)


def _names_days(tidied: str) -> bool:
    one = one_date(tidied)
    return one.is_possible if one else len(dates_in(tidied)) == 2 or bool(_UNLIMITED.search(tidied))
