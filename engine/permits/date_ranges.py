"""Both ends of a permit's validity in one column."""

import re
from dataclasses import dataclass, field

import pandas as pd

from engine.permits.date_cells import NONE, UNLIMITED, Days, text_of
from engine.permits.date_columns import decide_order, put_written
from engine.permits.written_dates import FOREVER, Written, dates_in, tidy

_TO = re.compile(r"至|到|截止|止|until|till|\bto\b|hasta|\bate\b|\bal\b|venc|expir")
_FROM = re.compile(r"自|从|起|from|since|desde|\bdel?\b|a partir|onwards?")

_OPEN = ("-", "–", "—", "~", "至", "起")


@dataclass
class Ranges:
    """Both ends of a column of ranges; single : places of cells with one day and no word that says which end it is,
    taken as the last."""

    first: Days
    last: Days
    single: list[int] = field(default_factory=list)


def read_ranges(values: pd.Series, *, day_first: bool | None = None) -> Ranges:
    """First and last days of a column of ranges, such as 2015年3月1日至2020年3月1日, or 2015-2020."""
    cells = [text_of(cell) for cell in values.astype(object)]
    ranges = Ranges(Days([None] * len(cells)), Days([None] * len(cells)))
    ends: dict[int, tuple[Written | None, Written | None]] = {}
    for place, text in enumerate(cells):
        tidied = tidy(text)
        if NONE.fullmatch(tidied):
            continue
        unlimited = bool(UNLIMITED.search(tidied))
        found = _ends(tidied, dates_in(tidied), place, ranges, unlimited=unlimited)
        if found is None:
            ranges.last.refused[place] = text
            continue
        ends[place] = found
        if unlimited:
            ranges.last.unlimited.append(place)
            ranges.last.days[place] = FOREVER
    order = decide_order((one for both in ends.values() for one in both if one), ranges.last, day_first)
    for place, (first, last) in ends.items():
        for one, days, end in ((first, ranges.first, False), (last, ranges.last, True)):
            if one is not None:
                put_written(place, one, cells[place], days, end=end, order=order)
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
