"""Boundaries as registers draw them: a few corner points round a mine, and no copy of it."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

# Corner points are listed to the centimetre.
_DIGITS = 2
MOST_CORNERS = 12


def around(shape: BaseGeometry, room_m: float, turns: NDArray[np.float64]) -> Polygon:
    """The polygon whose sides keep some room to a shape, one side to each direction of their outward normals.

    turns : directions in radians from the shape's longest extent, ascending, none more than half a turn after the last.
    """
    angles = _bearing(shape) + np.asarray(turns)
    points = shapely.get_coordinates(shape.convex_hull)
    normals = np.column_stack([np.cos(angles), np.sin(angles)])
    offsets = (points @ normals.T).max(axis=0) + room_m
    after, reach = np.roll(normals, -1, axis=0), np.roll(offsets, -1)
    turn = normals[:, 0] * after[:, 1] - normals[:, 1] * after[:, 0]
    corners = np.column_stack(
        [offsets * after[:, 1] - reach * normals[:, 1], normals[:, 0] * reach - after[:, 0] * offsets]
    )
    corners /= turn[:, None]
    return rounded(Polygon(corners))


def directions(corners: int, chance: np.random.Generator | None = None) -> NDArray[np.float64]:
    """Directions for `around`, evenly spread or, given chance, not quite."""
    even = np.arange(corners) * 2 * np.pi / corners
    return even if chance is None else even + chance.uniform(-0.28, 0.28, corners) * 2 * np.pi / corners


def cut(outline: Polygon, shape: BaseGeometry, bearing: float, depth_m: float) -> Polygon:
    """An outline of which what lies beyond a straight line is taken away.

    bearing : of the line's outward normal in radians, from east. depth_m : of the shape beyond the line.
    """
    normal = np.array([np.cos(bearing), np.sin(bearing)])
    along = np.array([-normal[1], normal[0]])
    foot = normal * (_reach(shape, normal) - depth_m)
    # Local coordinates of places in a map projection: the half plane has to reach across the shape, not the country.
    foot += along * float(shapely.get_coordinates(shape).mean(axis=0) @ along)
    far = 20_000.0
    half = Polygon(
        [foot - far * along, foot + far * along, foot + far * (along - normal), foot - far * (along + normal)]
    )
    kept = outline.intersection(half)
    if kept.geom_type != "Polygon" or kept.is_empty:
        raise ValueError(f"a line {depth_m:.1f} m into the shape leaves no single polygon")
    return rounded(kept)


def depth_of_share(shape: BaseGeometry, bearing: float, share: float) -> float:
    """Depth for `cut` at which a share of the shape's area lies beyond the line, m."""
    normal = np.array([np.cos(bearing), np.sin(bearing)])
    low, high = 0.0, _reach(shape, normal) + _reach(shape, -normal)
    box = shape.envelope.buffer(10.0)
    for _ in range(30):
        middle = (low + high) / 2
        kept = cut(box, shape, bearing, middle)
        low, high = (middle, high) if shape.difference(kept).area < share * shape.area else (low, middle)
    return (low + high) / 2


def moved(outline: Polygon, shift_m: tuple[float, float]) -> Polygon:
    return rounded(shapely.transform(outline, lambda at: at + np.asarray(shift_m)))


def corners_of(outline: Polygon) -> int:
    return len(outline.exterior.coords) - 1


def rounded(outline: Polygon) -> Polygon:
    """Corners to the centimetre."""
    return shapely.transform(outline, lambda at: np.round(at, _DIGITS))


def _reach(shape: BaseGeometry, normal: NDArray[np.float64]) -> float:
    return float((shapely.get_coordinates(shape) @ normal).max())


def _bearing(shape: BaseGeometry) -> float:
    """Of the longest side of the least rectangle round a shape, from 0 to half a turn.

    The side across from it is as long: which of the two comes out longer is a matter of the last digit, and so of the
    processor.
    """
    frame = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    sides = np.diff(frame, axis=0)
    east, north = sides[np.argmax((sides**2).sum(axis=1))]
    return float(np.arctan2(north, east) % np.pi)
