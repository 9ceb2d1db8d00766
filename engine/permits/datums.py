"""How far a register may lie off because of its datum."""

import math
from functools import cache

from pyproj import CRS, Transformer
from pyproj.transformer import TransformerGroup

UNKNOWN_SHIFT_M = 50.0
"""One sigma where the step from a datum to WGS 84 is not public (Xian 1980, Beijing 1954): it comes to as much as a
hundred metres, by the place."""

# Tied to the same frame as WGS 84, and less than a metre from it.
_MODERN = ("2000", "ITRF", "ETRF", "ETRS", "WGS 84", "World Geodetic System 1984", "GDA", "GRS80")
_SURVEY_M = 1.3


def datum_error(crs: str) -> float:
    """Standard error in metres of corners that a register gives in a system: of their survey, and of the step from its
    datum to WGS 84 as PROJ's database knows it.

    Parameters
    ----------
    crs : an authority's code or WKT.
    """
    return math.hypot(_SURVEY_M, _shift(crs))


def is_unknown(crs: str) -> bool:
    """Whether nobody has published how the datum lies to WGS 84."""
    return _shift(crs) == UNKNOWN_SHIFT_M


@cache
def _shift(crs: str) -> float:
    whole = CRS.from_user_input(crs)
    base = whole.geodetic_crs
    if base is None or base.datum is None or any(name in base.datum.name for name in _MODERN):
        return 0.0
    # The whole system, not its datum alone: it may bring its own shift.
    step = Transformer.from_crs(whole, "EPSG:4326", always_xy=True)
    if step.accuracy >= 0:
        return float(step.accuracy)
    if "Ballpark" in step.description:
        return UNKNOWN_SHIFT_M
    # Which of several steps is taken depends on the place; of those that say how good they are, the worst counts.
    steps = TransformerGroup(whole, "EPSG:4326", always_xy=True).transformers
    return min(max((float(one.accuracy) for one in steps if one.accuracy >= 0), default=0.0), UNKNOWN_SHIFT_M)
