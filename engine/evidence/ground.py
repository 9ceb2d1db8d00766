"""The surroundings of a patch in metres, and the squares that maps show of them."""

from collections.abc import Sequence

import shapely
from pyproj import Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info
from shapely.geometry.base import BaseGeometry

from engine.grid import Bounds

_LEAST_FRAME_M, _ROOM = 360.0, 1.7  # a map is so wide at least, and so many times as wide as the patch
_FINE_DEGREES = 0.005  # edges are cut so fine that they stay straight in another system


class Ground:
    """A patch's surroundings in metres."""

    def __init__(self, crs: str, shape: BaseGeometry) -> None:
        self._there = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        self.frame = self.framed([shape])

    def framed(self, shapes: Sequence[BaseGeometry]) -> Bounds:
        """A square round shapes, with room about them."""
        west, south, east, north = self.metres(shapely.union_all(shapes)).bounds
        half = max(east - west, north - south, _LEAST_FRAME_M / _ROOM) * _ROOM / 2
        x, y = (west + east) / 2, (south + north) / 2
        return Bounds(x - half, y - half, x + half, y + half)

    def metres(self, shape: BaseGeometry) -> BaseGeometry:
        fine = shapely.segmentize(shape, _FINE_DEGREES)
        moved = shapely.transform(fine, self._there.transform, interleaved=False)
        return shapely.make_valid(moved, method="structure")

    def from_metres(self, shape: BaseGeometry) -> BaseGeometry:
        inverse = self._there.transform
        return shapely.transform(shape, lambda x, y: inverse(x, y, direction="INVERSE"), interleaved=False)

    def degrees(self, bounds: Bounds) -> tuple[float, float, float, float]:
        west, south, east, north = self.from_metres(shapely.segmentize(shapely.box(*bounds), 1000)).bounds
        return west, south, east, north


def projected_system(geometry: BaseGeometry) -> str:
    """The UTM zone of a place."""
    lon, lat = geometry.centroid.coords[0]
    found = query_utm_crs_info("WGS 84", AreaOfInterest(lon, lat, lon, lat))
    return f"EPSG:{found[0].code}"


def grown(bounds: Bounds, by: float) -> Bounds:
    """Bounds that reach further on each side, in their own units."""
    return Bounds(bounds.west - by, bounds.south - by, bounds.east + by, bounds.north + by)


def square(area: Bounds, frame: Bounds) -> Bounds:
    """A square round an area, wide enough to hold the frame of a patch at its edge."""
    west, south = min(area.west, frame.west), min(area.south, frame.south)
    east, north = max(area.east, frame.east), max(area.north, frame.north)
    half = max(east - west, north - south) / 2
    x, y = (west + east) / 2, (south + north) / 2
    return Bounds(x - half, y - half, x + half, y + half)
