"""What verdicts are about: patches with their outlines by date and what was measured at them, as plain values."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from engine.permits.dates import as_date

# Of a patch's ground, that an image must show before it says that the patch is not there (as in tracking).
_WELL_SEEN = 0.8
# Of the moving ground, that must lie in the patch for the motion to be its own.
_ITS_OWN = 0.5


class Outline(NamedTuple):
    """date : None for one that was given without. shape : EPSG:4326."""

    date: datetime.date | None
    shape: BaseGeometry


class Growth(NamedTuple):
    """Ground that was gained between two images, more than the error of the outlines explains."""

    after: datetime.date
    by: datetime.date
    gained_m2: float


@dataclass(frozen=True)
class MotionSeries:
    """Mean displacement of the moving ground in a patch, mm since the first date, towards the satellite positive.

    rate : of its median pixel, mm/yr. noise : of each date, mm; NaN where it is not known.
    """

    dates: tuple[datetime.date, ...]
    displacement: NDArray[np.float64]
    noise: NDArray[np.float64]
    rate: float


@dataclass(frozen=True)
class Subject:
    """outlines : by date. sighted : days on which an image showed its ground well enough, with a mine or without.

    motion : only where it lies inside the patch itself (METHOD §7).
    """

    patch_id: str
    mine_class: str
    outlines: tuple[Outline, ...]
    sighted: tuple[datetime.date, ...] = ()
    growth: Growth | None = None
    motion: MotionSeries | None = None

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
            motion=_until(self.motion, day),
        )

    @property
    def latest(self) -> Outline:
        return self.outlines[-1]

    @property
    def stands(self) -> bool:
        """Whether the last image that shows its ground still shows it."""
        day = self.latest.date
        return day is None or not self.sighted or day >= self.sighted[-1]


def _until(motion: MotionSeries | None, day: datetime.date) -> MotionSeries | None:
    if motion is None or motion.dates[-1] <= day:
        return motion
    count = sum(one <= day for one in motion.dates)
    if count < 2:
        return None
    return replace(
        motion, dates=motion.dates[:count], displacement=motion.displacement[:count], noise=motion.noise[:count]
    )


def subjects(tables: Mapping[str, pd.DataFrame]) -> list[Subject]:
    """Subjects from tables that are laid out as the store's: `patch`, and where there are any `outline`, `sighting`,
    `activity`, `series`, `acquisition`. Geometry is shapes or WKB, in EPSG:4326."""
    outlines = _outlines(tables.get("outline"))
    sighted = _sighted(tables.get("sighting"))
    motions = _motions(tables)
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
                motion=_own(motions.get(name), shape),
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


class _Motion(NamedTuple):
    cluster: BaseGeometry
    series: MotionSeries


def _motions(tables: Mapping[str, pd.DataFrame]) -> dict[str, _Motion]:
    """Series of clusters that reach into their patch."""
    activity, series = tables.get("activity"), tables.get("series")
    if activity is None or series is None or activity.empty or series.empty:
        return {}
    inside = activity[activity["cluster_distance_m"] == 0]
    clusters = dict(zip(inside["patch_id"], _shapes(inside["cluster"]), strict=True))
    rates = dict(zip(inside["patch_id"], inside["median_rate"], strict=True))
    noise = _noise(tables.get("acquisition"))
    found = {}
    for row in series[series["of"] == "cluster"].to_dict("records"):
        if (cluster := clusters.get(row["patch_id"])) is None:
            continue
        dates = tuple(day for one in row["dates"] if (day := as_date(one)) is not None)
        own = np.array([noise.get(day, np.nan) for day in dates])
        moved = np.asarray(row["displacement_mm"], np.float64)
        found[str(row["patch_id"])] = _Motion(cluster, MotionSeries(dates, moved, own, float(rates[row["patch_id"]])))
    return found


def _noise(table: pd.DataFrame | None) -> dict[datetime.date, float]:
    if table is None:
        return {}
    return {
        day: float(value)
        for one, value in zip(table["date"], table["noise_mm"], strict=True)
        if (day := as_date(one)) is not None and value is not None
    }


def _own(motion: _Motion | None, patch: BaseGeometry) -> MotionSeries | None:
    """The motion, where most of the moving ground lies in the patch."""
    if motion is None:
        return None
    # The ratio of two areas on one ground is the same in degrees, but for less than their error.
    return motion.series if motion.cluster.intersection(patch).area >= _ITS_OWN * motion.cluster.area else None
