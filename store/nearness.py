"""How far a place is from a patch."""

import math

import shapely
from pyproj import Geod
from shapely.geometry import Point
from shapely.ops import nearest_points

from store.reader import ReleaseReader

_GEOD = Geod(ellps="WGS84")


def distance_m(reader: ReleaseReader, patch_id: str, place: tuple[float, float]) -> float | None:
    """Metres from a longitude and latitude to the latest outline of a patch, 0 within it; None without such a patch."""
    shape = reader.patch_shape(patch_id)
    if shape is None:
        return None
    lon, lat = place
    # Degrees of longitude are drawn as long as they are at the patch, so that what is nearest is found.
    outline = shapely.from_wkb(shape)
    scale = math.cos(math.radians(outline.centroid.y))
    here = Point(_beside(lon, outline.centroid.x) * scale, lat)
    there = nearest_points(shapely.transform(outline, lambda xy: xy * (scale, 1)), here)[0]
    return float(_GEOD.inv(lon, lat, there.x / scale, there.y)[2])


def _beside(lon: float, other: float) -> float:
    """The same longitude, at most half the world from another."""
    return other + (lon - other + 180) % 360 - 180
