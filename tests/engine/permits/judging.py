"""Permits, zones and patches in the metres of a UTM zone, and what is said of them."""

import datetime
import math
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
from pyproj import CRS
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from engine.permits.options import PermitOptions
from engine.permits.precision import Precision
from engine.permits.register import NUMBER_COLUMNS, PERMIT_COLUMNS, TEXT_COLUMNS, Register
from engine.permits.subjects import Growth, Movement, Outline, Subject
from engine.permits.verdicts.judging import Judge
from engine.permits.verdicts.kinds import Verdict
from engine.permits.zones import no_zones

UTM = "EPSG:32633"
X, Y = 500_000.0, 5_650_000.0
DAY = datetime.date(2021, 6, 19)
FIRST, LAST = datetime.date(2015, 1, 1), datetime.date(2025, 12, 31)
ERROR = 5.0
PRECISION = Precision(ERROR, 0.0)


def square(x: float, y: float, width: float, height: float | None = None) -> BaseGeometry:
    """A rectangle in metres, from its lower left corner."""
    return box(X + x, Y + y, X + x + width, Y + y + (height or width))


def degrees(shape: BaseGeometry) -> BaseGeometry:
    return gpd.GeoSeries([shape], crs=UTM).to_crs("EPSG:4326").iloc[0]


def permit(number: str, shape: BaseGeometry, **said: Any) -> dict[str, Any]:
    """A row of a register, valid from 2015 to 2025."""
    words, numbers = dict.fromkeys(TEXT_COLUMNS, ""), dict.fromkeys(NUMBER_COLUMNS, math.nan)
    term = {"valid_from": FIRST, "valid_to": LAST, "issued": None, "reclaim_by": None}
    rest = {"mended": False, "as_read": b"", "geometry": degrees(shape)}
    return {"number": number, **words, **term, **numbers, **rest, **said}


def register(*permits: dict[str, Any]) -> Register:
    return Register(gpd.GeoDataFrame(list(permits), columns=PERMIT_COLUMNS, geometry="geometry", crs="EPSG:4326"))


def zones(*given: tuple[str, datetime.date | None, BaseGeometry]) -> gpd.GeoDataFrame:
    if not given:
        return no_zones()
    names, since, shapes = zip(*given, strict=True)
    return gpd.GeoDataFrame(
        {"name": names, "since": since}, geometry=[degrees(shape) for shape in shapes], crs="EPSG:4326"
    )


def subject(
    shape: BaseGeometry,
    *,
    mine_class: str = "mine",
    day: datetime.date | None = DAY,
    sighted: tuple[datetime.date, ...] = (),
    growth: Growth | None = None,
    movement: Movement | None = None,
) -> Subject:
    return Subject("P-0001", mine_class, (Outline(day, degrees(shape)),), sighted, growth, movement)


def judge(
    patch: BaseGeometry | Subject,
    *permits: dict[str, Any],
    within: Sequence[tuple[str, datetime.date | None, BaseGeometry]] = (),
    precision: Precision = PRECISION,
    **options: Any,
) -> dict[str, Verdict]:
    """The verdicts on a patch by kind. Outlines count as neither too wide nor too narrow unless `precision` says so."""
    own = patch if isinstance(patch, Subject) else subject(patch)
    given = PermitOptions.model_validate({"path": "a.gpkg", **options})
    judged = Judge(register(*permits), zones(*within), given, CRS(UTM), precision, DAY).judge([own])
    assert len({verdict.kind for verdict in judged[0]}) == len(judged[0])
    return {str(verdict.kind): verdict for verdict in judged[0]}


def only(verdicts: dict[str, Verdict]) -> Verdict:
    (verdict,) = verdicts.values()
    return verdict


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def areas(verdict: Verdict) -> tuple[float, float, float]:
    assert verdict.area is not None
    return verdict.area.least_m2, verdict.area.likely_m2, verdict.area.most_m2
