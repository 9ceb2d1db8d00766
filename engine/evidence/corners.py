"""Corners of outlines as a register or a surveyor lists them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Corner:
    """x, y : easting and northing in metres; None where the system is in degrees. ring : counted from 1, holes too."""

    ring: int
    number: int
    x: float | None
    y: float | None
    lon: float
    lat: float


def corners_of(shape: BaseGeometry, crs: str, within: str) -> list[Corner]:
    """The corners of a (multi)polygon, in its own order and without the one that closes each ring.

    Parameters
    ----------
    crs : of the shape. within : the system to give them in beside degrees, an authority's code or WKT.
    """
    projected = not CRS(within).is_geographic
    to_degrees, to_metres = _between(crs, "EPSG:4326"), _between(crs, within)
    found = []
    for ring, place in enumerate(_rings(shape), start=1):
        points = shapely.get_coordinates(place)[:-1]
        lons, lats = to_degrees.transform(points[:, 0], points[:, 1])
        xs, ys = to_metres.transform(points[:, 0], points[:, 1])
        for number, (x, y, lon, lat) in enumerate(zip(xs, ys, lons, lats, strict=True), start=1):
            there = (float(x), float(y)) if projected else (None, None)
            found.append(Corner(ring, number, there[0], there[1], float(lon), float(lat)))
    return found


@cache
def _between(crs: str, other: str) -> Transformer:
    """Slow to make, and wanted for each of many outlines; each thread has its own state in it."""
    return Transformer.from_crs(crs, other, always_xy=True)


def crs_name(crs: str) -> str:
    """A system's name with its code, for example "CGCS2000 / 3-degree Gauss-Kruger CM 105E (EPSG:4544)"."""
    known = CRS(crs)
    code = known.to_authority()
    return f"{known.name} ({':'.join(code)})" if code else known.name


def _rings(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            yield part.exterior
            yield from part.interiors
