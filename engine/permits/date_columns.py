"""Dates of a whole column of a register: all of its values decide in what order days and months stand."""

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from engine.permits.date_cells import NONE, UNLIMITED, Days, is_time, numbers_in, take_numbers, take_times, text_of
from engine.permits.phrases import fold
from engine.permits.written_dates import FOREVER, Written, dates_in, one_date, tidy


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
    numbers = numbers_in(cells)
    take_numbers(numbers, days, end=end)
    take_times(cells, days, end=end)
    texts = {place: text_of(cell) for place, cell in enumerate(cells) if not is_time(cell) and place not in numbers}
    written: dict[int, Written] = {}
    known: dict[str, Written | None] = {}
    for place, text in texts.items():
        tidied = tidy(text)
        if NONE.fullmatch(tidied):
            continue
        if tidied not in known:
            known[tidied] = one_date(tidied)
        if (found := known[tidied]) is not None:
            written[place] = found
        elif UNLIMITED.search(tidied):
            days.unlimited.append(place)
            days.days[place] = FOREVER if end else None
        else:
            days.refused[place] = text
    order = decide_order(written.values(), days, day_first)
    for place, found in written.items():
        put_written(place, found, texts[place], days, end=end, order=order)
    days.placeholders.sort()
    return days


def _written_in(values: Sequence[object]) -> Iterable[Written]:
    for text in {text_of(cell) for cell in values if not is_time(cell)}:
        yield from (found for _, _, found in dates_in(tidy(text)))


def _votes(written: Iterable[Written]) -> set[bool]:
    return {found for one in written if (found := one.day_first) is not None}


def decide_order(written: Iterable[Written], days: Days, day_first: bool | None) -> bool | None:
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


def put_written(place: int, one: Written, text: str, days: Days, *, end: bool, order: bool | None) -> None:
    """Take over a date as it is written, in the order of its column; None: in its own, if it has one."""
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


def looks_like_dates(values: Sequence[object]) -> float:
    """What share of a column's cells that say something name a day, or a range of days; NaN where none says
    anything."""
    cells = [cell for cell in values if not NONE.fullmatch(fold(text_of(cell)))]
    if not cells:
        return math.nan
    if numbers_in(cells):
        return 1.0
    return sum(is_time(cell) or _names_days(tidy(text_of(cell))) for cell in cells) / len(cells)


def _names_days(tidied: str) -> bool:
    one = one_date(tidied)
    return one.is_possible if one else len(dates_in(tidied)) == 2 or bool(UNLIMITED.search(tidied))
