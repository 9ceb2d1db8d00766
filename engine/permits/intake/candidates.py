"""Systems that registers of permits are written in, out of EPSG's list, as far as the size of the numbers allows."""

import math
import re
from collections.abc import Iterator
from functools import cache

from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import CRSInfo, query_crs_info
from pyproj.enums import PJType

Bounds = tuple[float, float, float, float]

# In the order in which they are likely; names as EPSG has them.
_CHINA = ("CGCS2000 / ", "Xian 1980 / ", "Beijing 1954 / ")
_FAMILIES = (
    *_CHINA,
    *("POSGAR 94 / Argentina", "POSGAR 2007 / Argentina", "Campo Inchauspe / Argentina", "POSGAR 98 / Argentina"),
    *("PRS92 / Philippines zone", "WGS 84 / UTM zone", "WGS 84 / Pseudo-Mercator", "SIRGAS 2000 / UTM zone"),
    *("PSAD56 / UTM zone", "SAD69 / UTM zone"),
)
_CHINA_DEGREES = (73.0, 3.0, 136.0, 54.0)
_BEYOND = 1.0  # degrees
_ZONE = re.compile(r"zone (\d+)$")


def prefix_of(extent: Bounds) -> int | None:
    """The zone number that all eastings begin with; None where they begin with none."""
    west, _, east, _ = extent
    if not (math.isfinite(west) and math.isfinite(east)):
        return None
    zone = int(west // 1e6)
    is_one = zone == int(east // 1e6) and (1 <= zone <= 7 or 13 <= zone <= 45)
    return zone if is_one and all(5e4 <= each % 1e6 <= 9.5e5 for each in (west, east)) else None


def candidates(extent: Bounds, near: tuple[float, float] | None) -> Iterator[tuple[CRS, str]]:
    """Systems that may hold such numbers, with the code of what speaks for each, the likeliest first."""
    west, south, east, north = extent
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90:
        if _CHINA_DEGREES[0] <= west and east <= _CHINA_DEGREES[2] and _CHINA_DEGREES[1] <= south:
            yield CRS.from_epsg(4490), "degrees"
        yield CRS.from_epsg(4326), "degrees"
        return
    if max(map(abs, extent)) < 1000:
        return
    prefix = prefix_of(extent)
    seen: set[str] = set()
    for info in _families():
        if _may_hold(info, prefix, east):
            seen.add(info.code)
            yield CRS.from_epsg(int(info.code)), _why(info, prefix)
    for info in _round(near):
        if info.code not in seen and _may_hold(info, prefix, east):
            yield CRS.from_epsg(int(info.code)), "place"


def _why(info: CRSInfo, prefix: int | None) -> str:
    if info.name.endswith("Pseudo-Mercator"):
        return "web_mercator"
    if prefix is not None and (zone := _ZONE.search(info.name)) and int(zone.group(1)) == prefix:
        return "zone_number"
    return "numbers"


def _may_hold(info: CRSInfo, prefix: int | None, east: float) -> bool:
    """A cheap look at a name: it spares most systems the transformation."""
    if info.name.startswith(_CHINA):
        zone = _ZONE.search(info.name)
        if zone:
            return prefix is not None and int(zone.group(1)) == prefix
        # Six-degree zones without a number are three-degree ones under another name.
        return abs(east) < 1.2e6 and "3-degree" in info.name
    if "Argentina" in info.name:
        return prefix is not None and info.name.endswith(f"Argentina {prefix}")
    if "UTM zone" in info.name:
        return 0 < east < 1.2e6
    return True


@cache
def _families() -> tuple[CRSInfo, ...]:
    infos = [info for info in query_crs_info("EPSG", PJType.PROJECTED_CRS) if info.name.startswith(_FAMILIES)]

    def order(info: CRSInfo) -> tuple[int, bool, int]:
        family = next(place for place, name in enumerate(_FAMILIES) if info.name.startswith(name))
        return family, "3-degree" not in info.name, int(info.code)

    return tuple(sorted(infos, key=order))


def _round(near: tuple[float, float] | None) -> list[CRSInfo]:
    """All of EPSG's that are used at a place; a zone is used a little beyond its own area."""
    if near is None:
        return []
    lon, lat = near
    area = AreaOfInterest(
        max(lon - _BEYOND, -180.0), max(lat - _BEYOND, -90.0), min(lon + _BEYOND, 180.0), min(lat + _BEYOND, 90.0)
    )
    return query_crs_info("EPSG", PJType.PROJECTED_CRS, area_of_interest=area)
