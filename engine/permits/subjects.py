"""What verdicts are about: patches with their outlines by date and what was measured at them, as plain values."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from engine.permits.dates import as_date

# Of a patch's ground, that an image must show before it says that the patch is not there (as in tracking).
_WELL_SEEN = 0.8
# Of its rate at first, that motion has at last, if it does not slow.
_KEPT = 0.5


class Outline(NamedTuple):
    """date : None for one that was given without. shape : EPSG:4326."""

    date: datetime.date | None
    shape: BaseGeometry


class Growth(NamedTuple):
    """Ground that was gained between two images, more than the error of the outlines explains."""

    after: datetime.date
    by: datetime.date
    gained_m2: float


class Span(NamedTuple):
    """Something happened after `after` and not after `by`."""

    after: datetime.date
    by: datetime.date


@dataclass(frozen=True)
class Movement:
    """What the radar dates of a patch's own ground (METHOD §6, §7).

    activity : its class. slows : whether it loses half of its rate without having stopped on a day. moved : spans
    within each of which the ground surely moved. lost : spans within each of which it surely lost its coherence to
    digging.
    """

    activity: str
    slows: bool = False
    moved: tuple[Span, ...] = ()
    lost: tuple[Span, ...] = ()

    def on(self, day: datetime.date) -> "Movement":
        """What was known of it on a day: what had been over by then."""
        moved, lost = (tuple(one for one in spans if one.by <= day) for spans in (self.moved, self.lost))
        return replace(self, moved=moved, lost=lost)


@dataclass(frozen=True)
class Subject:
    """outlines : by date. sighted : days on which an image showed its ground well enough, with a mine or without.

    restored : whether the last image shows its ground graded, grown over or with solar panels.
    """

    patch_id: str
    mine_class: str
    outlines: tuple[Outline, ...]
    sighted: tuple[datetime.date, ...] = ()
    growth: Growth | None = None
    movement: Movement | None = None
    restored: bool = False

    def on(self, day: datetime.date) -> "Subject | None":
        """What was known of it on a day; None of a patch that nothing had shown."""
        outlines = tuple(one for one in self.outlines if one.date is None or one.date <= day)
        if not outlines:
            return None
        return replace(
            self,
            outlines=outlines,
            sighted=tuple(one for one in self.sighted if one <= day),
            growth=self.growth if self.growth and self.growth.by <= day else None,
            movement=self.movement.on(day) if self.movement else None,
            restored=self.restored and (not self.sighted or day >= self.sighted[-1]),
        )

    @property
    def latest(self) -> Outline:
        return self.outlines[-1]

    @property
    def stands(self) -> bool:
        """Whether the last image that shows its ground still shows it."""
        day = self.latest.date
        return day is None or not self.sighted or day >= self.sighted[-1]


def subjects(tables: Mapping[str, pd.DataFrame]) -> list[Subject]:
    """Subjects from tables that are laid out as the store's: `patch`, and where there are any `outline`, `sighting`,
    `activity`, `course`, `acquisition`, `surface`. Geometry is shapes or WKB, in EPSG:4326."""
    outlines = _outlines(tables.get("outline"))
    sighted = _sighted(tables.get("sighting"))
    movements = _movements(tables)
    restored = _restored(tables.get("surface"))
    shapes = _shapes(tables["patch"]["geometry"])
    found = []
    for row, shape in zip(tables["patch"].to_dict("records"), shapes, strict=True):
        name = str(row["patch_id"])
        found.append(
            Subject(
                patch_id=name,
                mine_class=str(row.get("mine_class", "")),
                outlines=outlines.get(name) or (Outline(as_date(row.get("last_seen")), shape),),
                sighted=sighted.get(name, ()),
                growth=_growth(row),
                movement=movements.get(name),
                restored=name in restored and row.get("change") not in ("new", "grown"),
            )
        )
    return found


def _shapes(column: Sequence[Any]) -> list[BaseGeometry]:
    return [shapely.from_wkb(bytes(one)) if isinstance(one, (bytes, bytearray)) else one for one in column]


def _outlines(table: pd.DataFrame | None) -> dict[str, tuple[Outline, ...]]:
    if table is None or table.empty:
        return {}
    own: dict[str, list[Outline]] = {}
    for name, day, shape in zip(table["patch_id"], table["date"], _shapes(table["geometry"]), strict=True):
        own.setdefault(str(name), []).append(Outline(as_date(day), shape))
    return {name: tuple(sorted(those, key=lambda one: one.date or datetime.date.min)) for name, those in own.items()}


def _sighted(table: pd.DataFrame | None) -> dict[str, tuple[datetime.date, ...]]:
    if table is None or table.empty:
        return {}
    seen = table[table["seen_share"] >= _WELL_SEEN]
    own: dict[str, list[datetime.date]] = {}
    for name, value in zip(seen["patch_id"], seen["date"], strict=True):
        if (day := as_date(value)) is not None:
            own.setdefault(str(name), []).append(day)
    return {name: tuple(sorted(days)) for name, days in own.items()}


def _growth(row: Mapping[Any, Any]) -> Growth | None:
    if row.get("change") not in ("grown", "new"):
        return None
    after, by = as_date(row["change_from"]), as_date(row["change_to"])
    if after is None or by is None:
        return None
    # What is new was there when it was first seen.
    first = as_date(row.get("first_seen")) if row["change"] == "new" else None
    return Growth(after, first if first is not None and first > after else by, float(row["change_m2"]))


def _restored(table: pd.DataFrame | None) -> set[str]:
    return set() if table is None or table.empty else set(table[table["surface"].notna()]["patch_id"].map(str))


def _movements(tables: Mapping[str, pd.DataFrame]) -> dict[str, Movement]:
    """By patch, from what its own ground did."""
    activity, acquisitions = tables.get("activity"), tables.get("acquisition")
    if activity is None or acquisitions is None or activity.empty or acquisitions.empty:
        return {}
    days = [day for one in acquisitions["date"] if (day := as_date(one)) is not None]
    start, end = min(days), max(days)
    courses = tables.get("course")
    course_of = {} if courses is None else {str(row["patch_id"]): row for row in courses.to_dict("records")}
    found = {}
    for row in activity.to_dict("records"):
        name = str(row["patch_id"])
        course = course_of.get(name)
        found[name] = Movement(
            activity=str(row["activity"]),
            slows=_slows(course) if course is not None else False,
            moved=_moved(course, start, end) if course is not None else (),
            lost=_lost(row, end),
        )
    return found


def _slows(course: Mapping[Any, Any]) -> bool:
    before, after = float(course["rate_before"]), float(course["rate_after"])
    return course["turn"] not in ("stop", "step") and abs(after) < _KEPT * abs(before)


def _moved(course: Mapping[Any, Any], start: datetime.date, end: datetime.date) -> tuple[Span, ...]:
    """A step moves on one day; other motion surely from the start to a day, from a day to the end, and as it begins."""
    turn = course["turn"]
    first, last = as_date(course["day_first"]), as_date(course["day_last"])
    spans = []
    if turn in ("onset", "step") and first is not None and last is not None:
        spans.append(Span(first, last))
    if turn != "step":
        if (by := as_date(course["sure_from"])) is not None:
            spans.append(Span(start, by))
        if (after := as_date(course["sure_until"])) is not None:
            spans.append(Span(after, end))
    return tuple(spans)


def _lost(row: Mapping[Any, Any], end: datetime.date) -> tuple[Span, ...]:
    """It is dug as coherence is lost, and up to when it comes back, or to the end."""
    first, last = as_date(row.get("lost_first")), as_date(row.get("lost_last"))
    if first is None or last is None:
        return ()
    back, back_by = as_date(row.get("lost_until_first")), as_date(row.get("lost_until_last"))
    sure = as_date(row.get("lost_sure_until"))
    spans = [Span(first, last)]
    if back is not None and back_by is not None:
        spans.append(Span(back, back_by))
    elif sure is not None:
        spans.append(Span(sure, end))
    return tuple(spans)
