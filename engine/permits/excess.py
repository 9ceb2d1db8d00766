"""What of an outline lies outside the union of permits, or inside a zone, and how far; on shapes in metres."""

from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from engine.permits.precision import Precision

_ARC = 32  # segments a quarter circle: round a corner a buffer then falls short by 0.03 % of its width
_CENTIMETRE = 0.01  # m
_SLIVER = 0.01  # m²: parts smaller than that are rounding of coordinates


class Excess(NamedTuple):
    """Area in m² at least, likely and at most, and where it likely is. The least and the most are what is left when
    either the boundary of the permits lies off by the positional error, or the outline is too wide or too narrow by its
    own.

    distance_m : from the union to the place of `likely` that is furthest from it, 0 where nothing is outside; None
    where the union touches nothing of the outline. room : whether all of the outline lies further inside than the
    positional error.
    """

    least_m2: float
    likely_m2: float
    most_m2: float
    likely: BaseGeometry
    distance_m: float | None
    room: bool


def reaches_outside(outline: BaseGeometry, union: BaseGeometry, precision: Precision) -> Excess:
    """Hold an outline against the union of the permits round it.

    outline, union : polygons in one projected system, metres. The union must hold every permit that lies no further
    from the outline than the outline is wide.
    """
    likely = _whole(outline.difference(union))
    within = outline.difference(_widened(union, precision.total_m))
    beyond = _whole(outline.difference(_widened(union, -precision.total_m)))
    narrow, wide = (_widened(outline, by) for by in (-precision.outline_m, precision.outline_m))
    return Excess(
        least_m2=min(_whole(within).area, narrow.difference(union).area, likely.area),
        likely_m2=likely.area,
        most_m2=max(beyond.area, wide.difference(union).area, likely.area),
        likely=likely,
        distance_m=_greatest_distance(likely, union) if outline.intersects(union) else None,
        room=beyond.is_empty,
    )


def reaches_inside(outline: BaseGeometry, zone: BaseGeometry, precision: Precision) -> Excess:
    """The same of a zone: what of an outline lies in it. distance_m : from its boundary to the place deepest in it."""
    likely = _whole(outline.intersection(zone))
    narrow, wide = (_widened(outline, by) for by in (-precision.outline_m, precision.outline_m))
    smaller, larger = (_widened(zone, by) for by in (-precision.total_m, precision.total_m))
    around = shapely.box(*outline.bounds).buffer(_reach(outline) + precision.total_m, join_style="mitre")
    free = around.difference(zone)
    return Excess(
        least_m2=min(outline.intersection(smaller).area, narrow.intersection(zone).area, likely.area),
        likely_m2=likely.area,
        most_m2=max(outline.intersection(larger).area, wide.intersection(zone).area, likely.area),
        likely=likely,
        distance_m=None if free.is_empty else _greatest_distance(likely, free),
        room=False,
    )


def _widened(shape: BaseGeometry, by: float) -> BaseGeometry:
    return shape.buffer(by, quad_segs=_ARC) if by else shape


def _whole(shape: BaseGeometry) -> BaseGeometry:
    """A (multi)polygon without its slivers."""
    if shape.geom_type == "Polygon" and shape.area > _SLIVER:
        return shape
    parts = [part for part in shapely.get_parts(shape) if part.area > _SLIVER]
    return shapely.MultiPolygon(parts) if parts else shapely.Polygon()


def _reach(shape: BaseGeometry) -> float:
    """Length of the diagonal of a shape's bounds."""
    west, south, east, north = shape.bounds
    return float(shapely.Point(west, south).distance(shapely.Point(east, north)))


def _greatest_distance(shape: BaseGeometry, union: BaseGeometry) -> float:
    """Distance in metres from a union to the place of a shape that is furthest from it.

    That place need not be a corner: in a hole of the union it is the middle. So the union is widened until nothing of
    the shape is left, by halving the interval.
    """
    if shape.is_empty:
        return 0.0
    corner = float(shapely.distance(shapely.points(shapely.get_coordinates(shape)), union).max())

    def is_within(distance: float) -> bool:
        return bool(shape.difference(union.buffer(distance, quad_segs=_ARC)).is_empty)

    if is_within(1.001 * corner + _CENTIMETRE):
        return corner
    low, high = corner, corner + _reach(shape)
    while high - low > _CENTIMETRE:
        middle = (low + high) / 2
        low, high = (low, middle) if is_within(middle) else (middle, high)
    return high
