"""A register and zones laid out in metres, to hold outlines against."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from engine.grid import geodesic_area
from engine.permits.excess import Excess, reaches_inside, reaches_outside
from engine.permits.precision import Precision
from engine.permits.verdicts.kinds import Area

NOTHING = 1.0  # m²: less is rounding of coordinates
_FINE_DEGREES = 0.005  # edges are cut so fine that one that two shapes share in degrees is shared in metres, too
_HALF = 0.5
_MANY = 500  # corners, from which a permit is cut to what lies round the outline

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Contacts:
    """Permits no further from an outline than the positional error, by their place in the register.

    touching : those that cover some of it by more than the error explains; the others are `beside`. covering : those
    that hold all of it, with more room than the error.
    """

    touching: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()
    covering: frozenset[int] = frozenset()


class Ground:
    """Permits and zones in a projected system.

    Parameters
    ----------
    permits, zones : tables in EPSG:4326. crs : a projected system in metres that is true to distance in the area, such
    as its UTM zone; the register's own may be none (Web Mercator).
    """

    def __init__(self, permits: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, crs: CRS, precision: Precision) -> None:
        self.precision = precision
        self._there = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        self._back = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        self._permits, self._zones = (self.in_metres(table.geometry.to_numpy()) for table in (permits, zones))
        self._tree, self._zone_tree = shapely.STRtree(self._permits), shapely.STRtree(self._zones)

    def in_metres(self, shapes: Shapes) -> Shapes:
        fine = shapely.segmentize(shapes, _FINE_DEGREES)
        there = shapely.transform(fine, self._there.transform, interleaved=False)
        broken = ~shapely.is_valid(there)
        there[broken] = shapely.make_valid(there[broken], method="structure")
        return np.asarray(there, object)

    def contacts(self, outlines: Shapes) -> list[Contacts]:
        """Which permits bear on each of some outlines in metres."""
        shapely.prepare(outlines)
        of, by = self._tree.query(outlines, predicate="dwithin", distance=self.precision.total_m)
        order = np.lexsort((by, of))
        of, by = of[order], by[order]
        used, place = np.unique(by, return_inverse=True)
        inner = shapely.buffer(self._permits[used], -self.precision.total_m)
        shapely.prepare(inner)
        covering = shapely.contains_properly(inner[place], outlines[of])
        touching = covering | shapely.intersects(inner[place], outlines[of])
        for at in np.flatnonzero(~touching & shapely.intersects(self._permits[by], outlines[of])):
            one, other = outlines[of[at]], self._permits[by[at]]
            touching[at] = one.intersection(other).area > max(NOTHING, _HALF * min(one.area, other.area))
        found: dict[int, list[int]] = defaultdict(list)
        for place_of, outline in enumerate(of):
            found[int(outline)].append(place_of)
        return [
            Contacts(
                tuple(int(by[at]) for at in found[number] if touching[at]),
                tuple(int(by[at]) for at in found[number] if not touching[at]),
                frozenset(int(by[at]) for at in found[number] if covering[at]),
            )
            for number in range(len(outlines))
        ]

    def zones_under(self, outlines: Shapes) -> list[list[int]]:
        """Zones that reach into each of some outlines in metres."""
        under: list[list[int]] = [[] for _ in outlines]
        for outline, zone in self._zone_tree.query(outlines, predicate="intersects").T:
            under[int(outline)].append(int(zone))
        return [sorted(one) for one in under]

    def within_reach(self, outline: BaseGeometry) -> list[int]:
        """Permits of which one that touches the outline can leave no place of it nearer to another."""
        west, south, east, north = outline.bounds
        reach = float(np.hypot(east - west, north - south)) + 2 * self.precision.total_m
        found = self._tree.query(shapely.box(*outline.bounds), predicate="dwithin", distance=reach)
        return sorted(int(index) for index in found)

    def outside(self, outline: BaseGeometry, permits: Sequence[int]) -> Excess:
        """What of an outline lies outside some permits."""
        west, south, east, north = outline.bounds
        reach = float(np.hypot(east - west, north - south)) + 3 * self.precision.total_m
        window = west - reach, south - reach, east + reach, north + reach
        shapes = self._permits[list(permits)]
        many = shapely.get_num_coordinates(shapes) > _MANY
        shapes[many] = shapely.make_valid(shapely.clip_by_rect(shapes[many], *window), method="structure")
        return reaches_outside(outline, shapely.union_all(shapes), self.precision)

    def in_zone(self, outline: BaseGeometry, zone: int) -> Excess:
        return reaches_inside(outline, self._zones[zone], self.precision)

    def shares(self, shape: BaseGeometry, permit: int) -> bool:
        """Whether a permit covers some of a shape in metres."""
        return bool(shape.intersection(self._permits[permit]).area > NOTHING)

    def measure(self, excess: Excess, outline: BaseGeometry, degrees: BaseGeometry) -> Area:
        """Areas on the ellipsoid. outline, degrees : the same outline in metres and in EPSG:4326."""
        # Over a patch the scale of a map is one.
        scale = geodesic_area(degrees) / outline.area
        areas = (excess.least_m2, excess.likely_m2, excess.most_m2)
        least, likely, most = (scale * area for area in areas)
        shape = self._in_degrees(excess.likely) if likely > NOTHING else None
        return Area(least, likely, most, excess.distance_m, shape)

    def whole(self, outline: BaseGeometry, degrees: BaseGeometry) -> Area:
        """All of an outline, which may be too wide or too narrow."""
        likely, by = geodesic_area(degrees), self.precision.outline_m
        least, most = (likely * outline.buffer(width).area / outline.area for width in (-by, by))
        return Area(least, likely, most, None, degrees)

    def _in_degrees(self, shape: BaseGeometry) -> Any:
        return shapely.transform(shape, self._back.transform, interleaved=False)
