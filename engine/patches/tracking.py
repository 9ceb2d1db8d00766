"""The same patch on several dates: which outlines belong together, under which identifier, and what has changed.

Outlines of one class and of different dates that cover a good part of one another are one patch. It keeps its
identifier from release to release as long as its ground overlaps. What changed is said between the first and the last
date on which its ground was seen (`changes.py`).
"""

import datetime
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from engine.grid import WGS84, geodesic_area
from engine.patches.changes import Change, ChangeOptions, Ground, Measured, change_between


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

# Two outlines of different classes that share more than this of both together are of one patch.
_SAME_GROUND = 0.5

# What an image of a date shows of a polygon in longitude and latitude.
LookAt = Callable[[datetime.date, BaseGeometry], Ground]
# How alike the images of two dates are on a piece of ground in a CRS, −1 to 1; NaN where that is not known.
Alike = Callable[[datetime.date, datetime.date, CRS, BaseGeometry], float]


def track(
    found: Mapping[datetime.date, gpd.GeoDataFrame],
    known: gpd.GeoDataFrame,
    look: LookAt,
    alike: Alike,
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
    look : what the image of a date shows of a polygon. alike : whether ground looks as it did.
    used : identifiers that were given before and must not be given again.
    """
    dates = sorted(found)
    outlines = _all_outlines(found)
    outlines["patch"] = _belonging(outlines, options.overlap)
    grounds = gpd.GeoSeries(
        {number: part.geometry.union_all() for number, part in outlines.groupby("patch")}, crs="EPSG:4326"
    )
    names = _identifiers(grounds, known, options.overlap, used)

    drawn = gpd.GeoDataFrame(
        [
            _outline_row(names[number], day, part, boundary_error_m)
            for (number, day), part in outlines.groupby(["patch", "date"], sort=True)
        ],
        columns=OUTLINE_COLUMNS,
        geometry="geometry",
        crs="EPSG:4326",
    )
    metric = drawn.geometry.to_crs(drawn.estimate_utm_crs() if len(drawn) else drawn.crs)
    own = dict(list(drawn.assign(metric=metric).groupby("patch_id")))
    patches, sightings = [], []
    for number, ground in grounds.items():
        seen = {day: look(day, ground) for day in dates}
        sightings += [[names[number], day, *one] for day, one in seen.items()]
        measured = _measured(own[names[number]], seen, geodesic_area(ground), options)
        change = None
        if len(measured) > 1:
            first, last = measured[0], measured[-1]
            looks_alike = partial(alike, first.date, last.date, metric.crs)
            change = change_between(first, last, looks_alike, boundary_error_m, options)
        patches.append(_patch_row(own[names[number]], measured, change))
    return Tracked(
        gpd.GeoDataFrame(patches, columns=PATCH_COLUMNS, geometry="geometry", crs="EPSG:4326"),
        drawn,
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

    Two classes side by side stay two patches, even where an outline of another date covers both. But where an outline
    has none of its class on the other dates, and one of another class has its very ground, it is the class that was
    taken for another.
    """
    days, classes = outlines["date"].to_list(), outlines["mine_class"].to_list()
    shared = [one for one in _overlapping(outlines.geometry, outlines.geometry) if days[one.left] != days[one.right]]
    pairs = [one for one in shared if one.of_smaller > overlap and classes[one.left] == classes[one.right]]
    linked = {place for one in pairs for place in (one.left, one.right)}
    pairs += [one for one in shared if one.of_both > _SAME_GROUND and not {one.left, one.right} & linked]
    count = len(outlines)
    graph = coo_matrix(
        ([1] * len(pairs), ([one.left for one in pairs], [one.right for one in pairs])), shape=(count, count)
    )
    return list(connected_components(graph, directed=False)[1]) if count else []


class _Shared(NamedTuple):
    """Two positions, and the ground they share, in terms of the smaller of the two and of both together."""

    left: int
    right: int
    of_smaller: float
    of_both: float


def _overlapping(left: gpd.GeoSeries, right: gpd.GeoSeries) -> list[_Shared]:
    near = left.sindex.query(right.to_numpy(), predicate="intersects")
    pairs = []
    for other, one in near.T:
        a, b = left.iloc[one], right.iloc[other]
        # The ratio of two areas on one ground is the same in degrees, but for less than their error.
        if shared := a.intersection(b).area:
            both = a.area + b.area - shared
            pairs.append(_Shared(int(one), int(other), shared / min(a.area, b.area), shared / both))
    return pairs


def _identifiers(
    grounds: gpd.GeoSeries, known: gpd.GeoDataFrame, overlap: float, used: Iterable[str]
) -> dict[int, str]:
    """An identifier for each patch: that of the earlier patch on its ground, else a new one, from north to south."""
    claims = []
    for one in _overlapping(grounds, known.geometry):
        if one.of_smaller > overlap:
            claims.append((-one.of_both, str(known["patch_id"].iloc[one.right]), int(grounds.index[one.left])))
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


def _measured(
    outlines: gpd.GeoDataFrame, seen: Mapping[datetime.date, Ground], ground_m2: float, options: ChangeOptions
) -> list[Measured]:
    """The dates that show a patch. ground_m2 : area of the ground of all dates."""
    by_date = {row.date: row for row in outlines.itertuples()}
    measured = []
    for day, ground in seen.items():
        row, expected = by_date.get(day), ground.probability * ground_m2
        if row is not None:
            measured.append(Measured(day, row.metric, row.area_m2, row.margin_m2, expected, ground))
        elif ground.seen >= options.seen_share:
            measured.append(Measured(day, None, 0.0, 0.0, expected, ground))
    return measured


def _patch_row(outlines: gpd.GeoDataFrame, measured: Sequence[Measured], change: Change | None) -> dict[str, object]:
    """`outlines`, `measured` : of one patch by date, in order. change : between the first and the last that show it."""
    latest = outlines.iloc[-1]
    return {
        "patch_id": latest["patch_id"],
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
        "first_seen": outlines["date"].iloc[0],
        "last_seen": latest["date"],
        "geometry": latest["geometry"],
    }
