"""Places as people write them: degrees, degrees with minutes, and coordinates of CGCS2000's Gauss–Krüger zones."""

import re

Place = tuple[float, float]  # longitude, latitude

_DEGREES = re.compile(
    r"""(-?\d+(?:\.\d+)?)\s*[°度]?\s*(?:(\d+(?:\.\d+)?)\s*[′'’分]\s*)?(?:(\d+(?:\.\d+)?)\s*(?:[″"”秒]|'')\s*)?([NSEW北南东西])""",
    re.IGNORECASE,
)
_ALONE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*[°度]?\s*[,，;；\s]\s*(-?\d+(?:\.\d+)?)\s*[°度]?\s*")
_NORTH_OR_SOUTH, _SOUTH_OR_WEST = "NS北南", "SW南西"
# EPSG codes of CGCS2000: zones of three degrees (25–45) and of six (13–23) with the zone before the easting, and of
# three degrees by their central meridian (75–135 °E) without it.
_THREE_FIRST, _THREE_EPSG = 25, 4513
_SIX_FIRST, _SIX_EPSG = 13, 4491
_MERIDIAN_FIRST, _MERIDIAN_EPSG = 75, 4534


def read_place(text: str, near: Place) -> Place | None:
    """Longitude and latitude of a text; None for one that is no place.

    near : a place of the area. It tells which of two bare numbers is the latitude, where both could be, and the zone of
    eastings that are written without one.
    """
    said = _with_letters(text)
    if said is not None:
        return said
    found = _ALONE.fullmatch(text)
    if found is None:
        return None
    first, second = float(found[1]), float(found[2])
    if abs(first) > 180 or abs(second) > 180:
        return _gauss_kruger(first, second, near)
    readings = [(lon, lat) for lat, lon in ((first, second), (second, first)) if abs(lat) <= 90 and abs(lon) <= 180]
    return min(readings, key=lambda one: abs(one[0] - near[0]) + abs(one[1] - near[1]), default=None)


def is_written_as_place(text: str) -> bool:
    """Whether a text is two numbers as coordinates are, be there such a place or not."""
    return bool(_ALONE.fullmatch(text)) or len(_values(text)) == 2


def _values(text: str) -> list[re.Match[str]]:
    """Values that each say which way they count, of a text that is nothing else."""
    rest = _DEGREES.sub("", text.upper()).strip(" ,，;；")
    return [] if rest else list(_DEGREES.finditer(text.upper()))


def _with_letters(text: str) -> Place | None:
    """Two values that each say which way they count."""
    found = _values(text)
    if len(found) != 2:
        return None
    values: dict[bool, float] = {}
    for one in found:
        value = float(one[1]) + float(one[2] or 0) / 60 + float(one[3] or 0) / 3600
        values[one[4] in _NORTH_OR_SOUTH] = -value if one[4] in _SOUTH_OR_WEST else value
    if len(values) != 2 or abs(values[True]) > 90 or abs(values[False]) > 180:
        return None
    return values[False], values[True]


def _gauss_kruger(first: float, second: float, near: Place) -> Place | None:
    """Northing and easting in metres, in either order: the easting has eight digits with its zone, six without."""
    from pyproj import Transformer

    for northing, easting in ((first, second), (second, first)):
        epsg = _epsg(easting, near)
        if epsg is None or not 1e6 < northing < 7e6:
            continue
        lon, lat = Transformer.from_crs(epsg, 4326, always_xy=True).transform(easting, northing)
        if abs(lon) <= 180 and abs(lat) <= 90:
            return float(lon), float(lat)
    return None


def _epsg(easting: float, near: Place) -> int | None:
    zone, within = divmod(easting, 1e6)
    if not 1e5 < within < 9e5:
        return None
    if zone == 0:
        place = round((near[0] - _MERIDIAN_FIRST) / 3)
        return _MERIDIAN_EPSG + place if 0 <= place <= 20 else None
    if _THREE_FIRST <= zone <= 45:
        return _THREE_EPSG + int(zone) - _THREE_FIRST
    return _SIX_EPSG + int(zone) - _SIX_FIRST if _SIX_FIRST <= zone <= 23 else None
