"""What the cells of a column of dates hold: nothing, days, or numbers of days in a sheet or a database."""

import datetime
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from engine.permits.phrases import fold
from engine.permits.written_dates import FOREVER

EARLIEST, LATEST = datetime.date(1850, 1, 1), datetime.date(2199, 12, 31)

NONE = re.compile(
    r"[-—–/\\.*?x ]*|0+|0000-00-00.*|n/?a|nan|nat|none|null|nil|<null>|s/?d|sin (?:datos?|fecha)|unknown|tbd"
    r"|无|未知|不详|空"
)
UNLIMITED = re.compile(
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


def is_time(cell: object) -> bool:
    return isinstance(cell, datetime.date) and not pd.isna(cell)


def is_empty(cell: object) -> bool:
    return cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell))


def text_of(cell: object) -> str:
    """A cell as text, empty where it says nothing; a whole number without its point."""
    if is_empty(cell):
        return ""
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def take_times(cells: Sequence[object], days: Days, *, end: bool) -> None:
    """Days of cells that are dates or times already."""
    times = {place: cell for place, cell in enumerate(cells) if isinstance(cell, datetime.date) and not pd.isna(cell)}
    clocks = {place: cell for place, cell in times.items() if isinstance(cell, datetime.datetime)}
    utc = {place: clock.replace(tzinfo=None) for place, clock in clocks.items() if clock.utcoffset() == _NO_TIME}
    days.moved = len(utc) > 1 and _is_evening(utc.values())
    for place, cell in times.items():
        day = cell.date() if isinstance(cell, datetime.datetime) else cell
        if days.moved and place in utc and day < datetime.date.max:
            day += datetime.timedelta(days=1)
        days.put(place, day, cell.isoformat(), end=end)


def _is_evening(clocks: Iterable[datetime.datetime]) -> bool:
    """Whether all are one full half hour after noon: midnight in a place east of Greenwich, as UTC writes it."""
    seconds = {3600 * clock.hour + 60 * clock.minute + clock.second for clock in clocks}
    return len(seconds) == 1 and (second := seconds.pop()) >= _NOON and second % 1800 == 0


def numbers_in(cells: Sequence[object]) -> dict[int, int]:
    """Serial numbers or milliseconds by place, where most of the column is such; else none."""
    filled, numbers = 0, {}
    for place, cell in enumerate(cells):
        text = text_of(cell)
        if NONE.fullmatch(fold(text)):
            continue
        filled += 1
        if (number := _as_integer(text)) is not None and (number in _EXCEL or abs(number) in _EPOCH_MS):
            numbers[place] = number
    return numbers if len(numbers) >= _MOST * filled else {}


def _as_integer(text: str) -> int | None:
    """A serial number may have a time of day behind its point."""
    return int(float(text)) if re.fullmatch(r"-?\d{5}(?:\.\d+)?|-?\d{12,13}(?:\.0+)?", text) else None


def take_numbers(numbers: dict[int, int], days: Days, *, end: bool) -> None:
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
