"""What of an outline lies outside the union of permits, and how far; on shapes in metres."""

from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

_ARC = 32  # segments a quarter circle: round a corner a buffer then falls short by 0.03 % of its width
_CENTIMETRE = 0.01  # m
_SLIVER = 0.01  # m²: parts smaller than that are rounding of coordinates


class Excess(NamedTuple):
    """least : more than the error outside. likely : outside. most : not more than the error inside.

    distance_m : from the union to the place of `likely` that is furthest from it; None where the union touches nothing
    of the outline, 0 where nothing is outside.
    """

    least: BaseGeometry
    likely: BaseGeometry
    most: BaseGeometry
    distance_m: float | None


def reaches_outside(outline: BaseGeometry, union: BaseGeometry, error_m: float) -> Excess:
    """Hold an outline against the union of the permits round it.

    Parameters
    ----------
    outline, union : polygons in one projected system, metres. The union must hold every permit that lies no further
    from the outline than the outline is wide.
    error_m : positional error, metres.
    """
    likely = _whole(outline.difference(union))
    return Excess(
        least=_whole(outline.difference(union.buffer(error_m, quad_segs=_ARC))),
        likely=likely,
        most=_whole(outline.difference(union.buffer(-error_m, quad_segs=_ARC))),
        distance_m=_greatest_distance(likely, union) if outline.intersects(union) else None,
    )


def _whole(shape: BaseGeometry) -> BaseGeometry:
    """A (multi)polygon without its slivers."""
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.area > _SLIVER])


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
    west, south, east, north = shape.bounds
    low, high = corner, corner + float(shapely.Point(west, south).distance(shapely.Point(east, north)))
    while high - low > _CENTIMETRE:
        middle = (low + high) / 2
        low, high = (low, middle) if is_within(middle) else (middle, high)
    return high
