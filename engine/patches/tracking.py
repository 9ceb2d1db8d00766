"""The same patch on several dates: which outlines belong together, under which identifier, and what has changed.

Outlines of one class and of different dates that cover a good part of one another are one patch. It keeps its
identifier from release to release as long as its ground overlaps. What changed is said between the first and the last
date on which its ground was seen, and only when outlines and probabilities agree that it is more than the uncertainty
of the boundary explains (METHOD §6).
"""

import datetime
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
from pydantic import Field
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from engine.grid import WGS84, geodesic_area
from engine.options import Options, Share


class ChangeOptions(Options):
    """boundary_error_m : how far an outline may lie from the true one; by default half a pixel of the images.

    overlap : outlines of two dates are one patch when they share more than this of the smaller. seen_share : of a
    patch's ground, that an image must show for the patch to be looked for on its date. doubtful_probability : where no
    outline was found, but the model's mean probability over the ground is this high, nothing is said to be new or gone.
    """

    boundary_error_m: float | None = Field(default=None, gt=0)
    overlap: Share = 0.3
    seen_share: Share = 0.8
    doubtful_probability: Share = 0.25


class ChangeKind(StrEnum):
    NEW = "new"
    GONE = "gone"
    GROWN = "grown"
    SHRUNK = "shrunk"
    PASSING = "passing"  # neither on the first nor on the last date, but between them
    UNCHANGED = "unchanged"
    UNDETERMINED = "undetermined"


class Ground(NamedTuple):
    """What an image shows of a piece of ground: the share of it that was seen, the mean probability of a mine there."""

    seen: float
    probability: float


class Measured(NamedTuple):
    """A patch on one date, m². area : 0 where no outline was found.

    margin : what its area changes by when the whole outline moves by the boundary error. expected : the sum of the
    probabilities over the ground of all dates, which does not depend on where outlines were drawn.
    """

    date: datetime.date
    area: float
    margin: float
    expected: float
    ground: Ground


class Change(NamedTuple):
    """Area gained (negative: lost) between the first and the last date seen, and its margin, m²."""

    kind: ChangeKind
    area: float
    margin: float


@dataclass(frozen=True)
class Tracked:
    """patches : one row each, with what changed. outlines : one row a patch and date on which it was found, EPSG:4326.

    sightings : one row a patch and date: how much of its ground the image shows, and how probable a mine is there.
    """

    patches: gpd.GeoDataFrame
    outlines: gpd.GeoDataFrame
    sightings: pd.DataFrame


PATCH_COLUMNS = [
    *("patch_id", "name", "mine_class", "area_m2", "mended", "confidence"),
    *("change", "change_m2", "change_margin_m2", "change_from", "change_to"),
    *("first_seen", "last_seen", "geometry"),
]
SIGHTING_COLUMNS = ["patch_id", "date", "seen_share", "probability"]
OUTLINE_COLUMNS = ["patch_id", "date", "mine_class", "area_m2", "margin_m2", "confidence", "geometry"]

# What an image of a date shows of a polygon in longitude and latitude.
LookAt = Callable[[datetime.date, BaseGeometry], Ground]


def track(
    found: Mapping[datetime.date, gpd.GeoDataFrame],
    known: gpd.GeoDataFrame,
    look: LookAt,
    *,
    boundary_error_m: float,
    options: ChangeOptions,
    used: Iterable[str] = (),
) -> Tracked:
    """Join the outlines of all dates to patches.

    Parameters
    ----------
    found : for each date outlines in EPSG:4326, columns mine_class, confidence (0–1), geometry.
    known : patches of an earlier release in EPSG:4326, columns patch_id, geometry (the ground of all its dates).
    look : what the image of a date shows of a polygon.
    used : identifiers that were given before and must not be given again.
    """
    dates = sorted(found)
    outlines = _all_outlines(found)
    outlines["patch"] = _belonging(outlines, options.overlap)
    grounds = gpd.GeoSeries(
        {number: part.geometry.union_all() for number, part in outlines.groupby("patch")}, crs="EPSG:4326"
    )
    names = _identifiers(grounds, known, options.overlap, used)

    patches, rows, sightings = [], [], []
    for number, ground in grounds.items():
        own = outlines[outlines["patch"] == number]
        seen = {day: look(day, ground) for day in dates}
        sightings += [[names[number], day, *one] for day, one in seen.items()]
        own_rows = [
            _outline_row(names[number], day, part, boundary_error_m) for day, part in own.groupby("date", sort=True)
        ]
        rows += own_rows
        patches.append(_patch_row(names[number], own_rows, seen, geodesic_area(ground), options))
    return Tracked(
        gpd.GeoDataFrame(patches, columns=PATCH_COLUMNS, geometry="geometry", crs="EPSG:4326"),
        gpd.GeoDataFrame(rows, columns=OUTLINE_COLUMNS, geometry="geometry", crs="EPSG:4326"),
        pd.DataFrame(sightings, columns=SIGHTING_COLUMNS),
    )


def _all_outlines(found: Mapping[datetime.date, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    parts = [frame[["mine_class", "confidence", "geometry"]].assign(date=day) for day, frame in sorted(found.items())]
    columns = ["mine_class", "confidence", "geometry", "date"]
    filled = [part for part in parts if len(part)]
    if not filled:
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry="geometry", crs="EPSG:4326")
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), crs="EPSG:4326")


def _belonging(outlines: gpd.GeoDataFrame, overlap: float) -> list[int]:
    """For each outline the number of its patch: outlines of one class that are linked over any dates are one.

    Two classes side by side stay two patches, even where an outline of another date covers both.
    """
    days, classes = outlines["date"].to_list(), outlines["mine_class"].to_list()
    pairs = [
        (one, other)
        for one, other in _overlapping(outlines.geometry, outlines.geometry, overlap)
        if days[one] != days[other] and classes[one] == classes[other]
    ]
    count = len(outlines)
    ones, others = ([pair[side] for pair in pairs] for side in (0, 1))
    graph = coo_matrix(([1] * len(pairs), (ones, others)), shape=(count, count))
    return list(connected_components(graph, directed=False)[1]) if count else []


def _overlapping(left: gpd.GeoSeries, right: gpd.GeoSeries, overlap: float) -> list[tuple[int, int]]:
    """Pairs of positions whose shared ground is more than a share of the smaller of the two."""
    near = left.sindex.query(right.to_numpy(), predicate="intersects")
    pairs = []
    for other, one in near.T:
        a, b = left.iloc[one], right.iloc[other]
        # The ratio of two areas on one ground is the same in degrees, but for less than their error.
        if a.intersection(b).area > overlap * min(a.area, b.area):
            pairs.append((int(one), int(other)))
    return pairs


def _identifiers(
    grounds: gpd.GeoSeries, known: gpd.GeoDataFrame, overlap: float, used: Iterable[str]
) -> dict[int, str]:
    """An identifier for each patch: that of the earlier patch on its ground, else a new one, from north to south."""
    claims = []
    for one, other in _overlapping(grounds, known.geometry, overlap):
        a, b = grounds.iloc[one], known.geometry.iloc[other]
        share = a.intersection(b).area / a.union(b).area
        claims.append((-share, str(known["patch_id"].iloc[other]), int(grounds.index[one])))
    names: dict[int, str] = {}
    for _, name, number in sorted(claims):
        if number not in names and name not in names.values():
            names[number] = name
    taken = {*used, *known["patch_id"]}
    highest = max((int(name[2:]) for name in taken if name[:2] == "P-" and name[2:].isdigit()), default=0)
    new = [number for number in grounds.index if number not in names]
    new.sort(key=lambda number: (-grounds[number].bounds[3], grounds[number].bounds[0]))
    return names | {number: f"P-{highest + place:04d}" for place, number in enumerate(new, start=1)}


def _outline_row(name: str, day: datetime.date, parts: gpd.GeoDataFrame, boundary_error_m: float) -> dict[str, object]:
    geometry = parts.geometry.union_all()
    areas = [geodesic_area(shape) for shape in parts.geometry]
    perimeter = abs(WGS84.geometry_length(geometry.boundary))
    return {
        "patch_id": name,
        "date": day,
        "mine_class": parts["mine_class"].iloc[0],
        "area_m2": geodesic_area(geometry),
        "margin_m2": perimeter * boundary_error_m,
        "confidence": sum(a * c for a, c in zip(areas, parts["confidence"], strict=True)) / sum(areas),
        "geometry": geometry,
    }


def _patch_row(
    name: str,
    outlines: Sequence[Mapping[str, object]],
    seen: Mapping[datetime.date, Ground],
    ground_m2: float,
    options: ChangeOptions,
) -> dict[str, object]:
    """`seen` : by date, in order. ground_m2 : area of the ground of all dates."""
    latest = outlines[-1]
    by_date = {row["date"]: row for row in outlines}
    measured = []
    for day, ground in seen.items():
        row, expected = by_date.get(day), ground.probability * ground_m2
        if row is not None:
            measured.append(Measured(day, float(str(row["area_m2"])), float(str(row["margin_m2"])), expected, ground))
        elif ground.seen >= options.seen_share:
            measured.append(Measured(day, 0.0, 0.0, expected, ground))
    change = change_between(measured[0], measured[-1], options) if len(measured) > 1 else None
    return {
        "patch_id": name,
        "name": "",
        "mine_class": latest["mine_class"],
        "area_m2": latest["area_m2"],
        "mended": False,
        "confidence": latest["confidence"],
        "change": str(change.kind) if change else None,
        "change_m2": change.area if change else math.nan,
        "change_margin_m2": change.margin if change else math.nan,
        "change_from": measured[0].date if change else None,
        "change_to": measured[-1].date if change else None,
        "first_seen": outlines[0]["date"],
        "last_seen": latest["date"],
        "geometry": latest["geometry"],
    }


def change_between(first: Measured, last: Measured, options: ChangeOptions) -> Change:
    """What happened between two dates on which a patch's ground was seen."""
    area = last.area - first.area
    margin = math.hypot(first.margin, last.margin)
    absent = [one for one in (first, last) if one.area == 0]
    if len(absent) == 2 and all(one.ground.probability < options.doubtful_probability for one in absent):
        return Change(ChangeKind.PASSING, area, margin)
    if absent:
        doubtful = abs(area) <= margin or any(one.ground.probability >= options.doubtful_probability for one in absent)
        kind = ChangeKind.NEW if first.area == 0 else ChangeKind.GONE
        return Change(ChangeKind.UNDETERMINED if doubtful else kind, area, margin)
    # Where either date shows only a part of the ground, a part of the patch may have been missed.
    if min(first.ground.seen, last.ground.seen) < options.seen_share:
        return Change(ChangeKind.UNDETERMINED, area, margin)
    if abs(area) <= margin:
        return Change(ChangeKind.UNCHANGED, area, margin)
    # Outlines follow objects, which may take in a strip of ground on one date and leave it out on another: then the
    # probabilities know nothing of the change.
    if abs(last.expected - first.expected) <= margin or (last.expected > first.expected) != (area > 0):
        return Change(ChangeKind.UNDETERMINED, area, margin)
    return Change(ChangeKind.GROWN if area > 0 else ChangeKind.SHRUNK, area, margin)
