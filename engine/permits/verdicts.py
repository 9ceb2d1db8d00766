"""Verdicts of a patch against a register of permits, each a kind with its reasons as codes and parameters (METHOD §7).

A patch is held against the permits that are valid on the date of its outline. What the positional error leaves open is
a band along their boundary: ground further outside than the error is the least that lies outside, ground that is not
further inside than it the most. Every verdict but "inside" and "not tested" is a suspicion until a person confirms it.
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from engine.grid import geodesic_area
from engine.permits.excess import Excess, reaches_outside
from engine.permits.register import Reason, Register, Terms, open_end, why_not_valid

_FINE_DEGREES = 0.005  # edges are cut so fine that one that two shapes share in degrees is shared in metres, too
_NOTHING = 1.0  # m²: less is rounding of coordinates


class VerdictKind(StrEnum):
    INSIDE = "inside"
    CROSSES = "crosses"
    NO_PERMIT = "no_permit"
    NOT_TESTED = "not_tested"


@dataclass(frozen=True)
class Outside:
    """What of a patch lies outside every valid permit: area in m² at least, likely and at most.

    distance_m : from the permits to the place furthest from them; None where none touches the patch.
    geometry : of the likely area, EPSG:4326.
    """

    least_m2: float
    likely_m2: float
    most_m2: float
    distance_m: float | None
    geometry: BaseGeometry


@dataclass(frozen=True)
class Verdict:
    """date : of the outline that was judged. permits : numbers of those that the reasons rest on."""

    kind: VerdictKind
    reasons: tuple[Reason, ...]
    date: datetime.date | None = None
    outside: Outside | None = None
    permits: tuple[str, ...] = ()


def without_register() -> Verdict:
    """What can be said of a patch when there are no permits to hold it against: nothing, and why."""
    return Verdict(VerdictKind.NOT_TESTED, (Reason("no_register"),))


class Ground:
    """A register laid out in metres, to hold patches against.

    Parameters
    ----------
    register : the permits. crs : a projected system in metres that is true to distance in the area, such as its UTM
    zone; the register's own may be none (Web Mercator). error_m : positional error of outlines and permits together.
    extraction_kinds : kinds that allow extraction; without any, every kind does.
    """

    def __init__(self, register: Register, crs: CRS, *, error_m: float, extraction_kinds: Collection[str] = ()) -> None:
        permits = register.permits
        self._error, self._kinds = error_m, frozenset(extraction_kinds)
        self._there = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        self._back = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        self._without_outline = len(register.without_outline)
        self._terms = [
            Terms(str(row.number), str(row.kind), row.valid_from, row.valid_to) for row in permits.itertuples()
        ]
        self._shapes = self._in_metres(permits.geometry.to_numpy())
        self._tree = shapely.STRtree(self._shapes)

    def judge(self, outline: BaseGeometry, day: datetime.date, *, dated: bool = True) -> Verdict:
        """The verdict on a patch.

        Parameters
        ----------
        outline : EPSG:4326. day : on which permits must be valid. dated : whether the outline is known to be of that
        day; one that is not is said so.
        """
        patch = self._in_metres(outline)
        near = self._near(patch)
        why = {index: why_not_valid(self._terms[index], day, self._kinds) for index in near}
        valid = [index for index in near if why[index] is None]
        excess = reaches_outside(patch, shapely.union_all(self._shapes[valid]), self._error)
        outside = self._measure(excess)
        when = Reason("judged" if dated else "judged_undated", {"date": day.isoformat()})

        on_it = [index for index in valid if self._shared(patch, index) > _NOTHING]
        if outside.least_m2 <= _NOTHING:
            by = on_it or [index for index in valid if self._shapes[index].distance(patch) <= self._error]
            reasons = [Reason("lies_inside", {"permits": self._numbers(by)}), *self._open_ends(by)]
            if outside.likely_m2 > _NOTHING:
                reasons.append(Reason("within_error", {"error_m": self._error, "area_m2": outside.likely_m2}))
            return self._verdict(VerdictKind.INSIDE, [when, *reasons], day, outside, by)

        beyond = [index for index in near if why[index] is not None and self._shared(excess.likely, index) > _NOTHING]
        not_valid = [reason for index in beyond if (reason := why[index]) is not None]
        if self._without_outline:
            not_valid.append(Reason("without_outline", {"count": self._without_outline}))
        if on_it:
            reasons = [Reason("reaches_outside", {"permits": self._numbers(on_it), "distance_m": outside.distance_m})]
            if patch.area - excess.most.area <= _NOTHING:
                reasons.append(Reason("overlap_within_error", {"error_m": self._error}))
            reasons += [*self._open_ends(on_it), *not_valid]
            return self._verdict(VerdictKind.CROSSES, [when, *reasons], day, outside, [*on_it, *beyond])
        beside = [index for index in valid if self._shapes[index].distance(patch) <= self._error]
        reasons = [Reason("none_valid", {"date": day.isoformat()})]
        if beside:
            reasons.append(Reason("beside", {"permits": self._numbers(beside), "error_m": self._error}))
        return self._verdict(VerdictKind.NO_PERMIT, [when, *reasons, *not_valid], day, outside, [*beside, *beyond])

    def _near(self, patch: BaseGeometry) -> list[int]:
        """Permits that may bear on a patch: from a permit that touches it no place of it is further than it is wide."""
        west, south, east, north = patch.bounds
        reach = shapely.Point(west, south).distance(shapely.Point(east, north)) + 2 * self._error
        found = self._tree.query(shapely.box(west, south, east, north), predicate="dwithin", distance=reach)
        return sorted(int(index) for index in found)

    def _shared(self, shape: BaseGeometry, index: int) -> float:
        return float(shape.intersection(self._shapes[index]).area)

    def _numbers(self, indices: Sequence[int]) -> list[str]:
        return [self._terms[index].number for index in indices]

    def _open_ends(self, indices: Sequence[int]) -> list[Reason]:
        return [reason for index in indices if (reason := open_end(self._terms[index]))]

    def _verdict(
        self, kind: VerdictKind, reasons: Sequence[Reason], day: datetime.date, outside: Outside, by: Sequence[int]
    ) -> Verdict:
        return Verdict(kind, tuple(reasons), day, outside, tuple(self._numbers(by)))

    def _in_metres(self, shapes: Any) -> Any:
        """A shape, or an array of them."""
        fine = shapely.segmentize(shapes, _FINE_DEGREES)
        there = shapely.transform(fine, self._there.transform, interleaved=False)
        return shapely.make_valid(there, method="structure")

    def _in_degrees(self, shape: BaseGeometry) -> BaseGeometry:
        return shapely.transform(shape, self._back.transform, interleaved=False)

    def _measure(self, excess: Excess) -> Outside:
        least, likely, most = (self._in_degrees(shape) for shape in (excess.least, excess.likely, excess.most))
        return Outside(geodesic_area(least), geodesic_area(likely), geodesic_area(most), excess.distance_m, likely)
