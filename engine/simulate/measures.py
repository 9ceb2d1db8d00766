"""Areas and distances of ground given in EPSG:4544, as verdicts state them."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from engine.grid import geodesic_area
from engine.simulate.frame import to_degrees

# Outlines are followed in steps of this when the greatest distance is looked for, m.
_STEP_M = 2.0


def geodesic_m2(shape: BaseGeometry) -> float:
    """Area on the ellipsoid of a (multi)polygon in EPSG:4544; 0 of one that is empty."""
    if shape.is_empty:
        return 0.0
    return geodesic_area(shapely.transform(shape, to_degrees().transform, interleaved=False))


def greatest_distance(shape: BaseGeometry, other: BaseGeometry) -> float:
    """Of all points of a shape, that of the one which lies farthest outside another, m; where none does, minus the room
    that is left between their edges."""
    outside = shape.difference(other)
    if outside.is_empty:
        return -float(shape.boundary.distance(other.boundary))
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(outside, _STEP_M)))
    return float(np.max(shapely.distance(points, other)))


def polygons_of(shape: BaseGeometry) -> BaseGeometry:
    """What there is of polygons in a geometry, as one (multi)polygon: what an overlay leaves of lines is dropped."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    return shapely.union_all(parts) if len(parts) != 1 else parts[0]
