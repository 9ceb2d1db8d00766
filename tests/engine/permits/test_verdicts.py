"""Verdicts: what lies outside a valid permit, by how much and how surely; what is suspected, and why."""

import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS
from shapely.geometry import Point, box
from shapely.geometry.base import BaseGeometry

from engine.grid import geodesic_area
from engine.permits.excess import reaches_outside
from engine.permits.opening import open_register
from engine.permits.options import PermitOptions
from engine.permits.register import PERMIT_COLUMNS, Register
from engine.permits.verdicts import Ground, Verdict, VerdictKind

UTM = "EPSG:32633"
X, Y = 500_000.0, 5_650_000.0
DAY = datetime.date(2021, 6, 19)
FIRST, LAST = datetime.date(2015, 1, 1), datetime.date(2025, 12, 31)
ERROR = 5.0


def square(x: float, y: float, width: float, height: float | None = None) -> BaseGeometry:
    """A rectangle in metres, from its lower left corner."""
    return box(X + x, Y + y, X + x + width, Y + y + (height or width))


def degrees(shape: BaseGeometry) -> BaseGeometry:
    return gpd.GeoSeries([shape], crs=UTM).to_crs("EPSG:4326").iloc[0]


def permit(number: str, shape: BaseGeometry, **said: Any) -> dict[str, Any]:
    words = dict.fromkeys(("mine", "holder", "mineral", "kind", "status"), "")
    term = {"valid_from": FIRST, "valid_to": LAST}
    return {"number": number, **words, **term, "mended": False, "geometry": degrees(shape), **said}


def register(*permits: dict[str, Any]) -> Register:
    return Register(gpd.GeoDataFrame(list(permits), columns=PERMIT_COLUMNS, geometry="geometry", crs="EPSG:4326"))


def judge(patch: BaseGeometry, *permits: dict[str, Any], kinds: tuple[str, ...] = (), **given: Any) -> Verdict:
    ground = Ground(register(*permits), CRS(UTM), error_m=ERROR, extraction_kinds=kinds)
    return ground.judge(degrees(patch), DAY, **given)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def outside(verdict: Verdict) -> tuple[float, float, float]:
    assert verdict.outside is not None
    return verdict.outside.least_m2, verdict.outside.likely_m2, verdict.outside.most_m2


MINE = permit("C1", square(0, 0, 1000))
# Areas are geodesic: a square metre of this zone's middle is larger on the ground.
TRUE = 0.9996**-2


def test_a_patch_well_within_is_inside() -> None:
    verdict = judge(square(100, 100, 200), MINE)
    assert verdict.kind is VerdictKind.INSIDE
    assert codes(verdict) == ["judged", "lies_inside"]
    assert outside(verdict) == (0, 0, 0)
    assert (verdict.permits, verdict.date) == (("C1",), DAY)


def test_a_patch_that_is_its_permit_is_inside() -> None:
    verdict = judge(square(0, 0, 1000), MINE)
    assert verdict.kind is VerdictKind.INSIDE
    assert codes(verdict) == ["judged", "lies_inside"]
    assert outside(verdict)[1] == pytest.approx(0, abs=0.1)


def test_a_patch_that_reaches_outside_crosses() -> None:
    verdict = judge(square(950, 100, 100), MINE)
    assert verdict.kind is VerdictKind.CROSSES
    least, likely, most = outside(verdict)
    assert least == pytest.approx(45 * 100 * TRUE, rel=1e-3)
    assert likely == pytest.approx(50 * 100 * TRUE, rel=1e-3)
    assert most == pytest.approx(55 * 100 * TRUE, rel=1e-3)
    assert verdict.outside is not None
    assert verdict.outside.distance_m == pytest.approx(50, abs=0.1)
    assert geodesic_area(verdict.outside.geometry) == pytest.approx(likely)
    assert verdict.outside.geometry.intersection(MINE["geometry"]).area < 1e-12


def test_within_the_error_it_is_inside_and_says_so() -> None:
    verdict = judge(square(903, 100, 100), MINE)
    assert verdict.kind is VerdictKind.INSIDE
    assert codes(verdict) == ["judged", "lies_inside", "within_error"]
    least, likely, most = outside(verdict)
    assert least == 0
    assert likely == pytest.approx(300 * TRUE, rel=1e-3)
    assert most == pytest.approx(800 * TRUE, rel=1e-3)


def test_beside_every_permit_there_is_none() -> None:
    verdict = judge(square(1500, 0, 100), MINE)
    assert verdict.kind is VerdictKind.NO_PERMIT
    assert codes(verdict) == ["judged", "none_valid"]
    assert outside(verdict) == pytest.approx([10_000 * TRUE] * 3, rel=1e-3)
    assert verdict.outside is not None
    assert verdict.outside.distance_m is None
    assert verdict.permits == ()


def test_an_edge_in_common_is_no_overlap() -> None:
    verdict = judge(square(1000, 0, 100), MINE)
    assert verdict.kind is VerdictKind.NO_PERMIT
    assert codes(verdict) == ["judged", "none_valid", "beside"]
    assert outside(verdict)[0] == pytest.approx(9500 * TRUE, rel=1e-3)


def test_an_overlap_within_the_error_may_be_none() -> None:
    verdict = judge(square(997, 100, 100), MINE)
    assert verdict.kind is VerdictKind.CROSSES
    assert "overlap_within_error" in codes(verdict)


def test_the_centroid_decides_nothing() -> None:
    """A patch whose centroid lies in the permit, and one whose centroid lies in its hole."""
    assert judge(square(-450, 100, 1000, 100), MINE).kind is VerdictKind.CROSSES
    ring = square(0, 0, 1000).difference(square(300, 300, 400))
    patch = square(100, 100, 800).difference(square(250, 250, 500))
    assert judge(patch, permit("C1", ring)).kind is VerdictKind.INSIDE


def test_a_hole_in_a_permit_is_outside_and_furthest_in_its_middle() -> None:
    holed = permit("C1", square(0, 0, 1000).difference(square(400, 400, 200)))
    verdict = judge(square(300, 300, 400), holed)
    assert verdict.kind is VerdictKind.CROSSES
    assert outside(verdict)[0] == pytest.approx(190**2 * TRUE, rel=2e-3)
    assert outside(verdict)[1] == pytest.approx(200**2 * TRUE, rel=1e-3)
    assert verdict.outside is not None
    assert verdict.outside.distance_m == pytest.approx(100, abs=0.2)


def test_two_permits_that_adjoin_cover_together() -> None:
    east = permit("C2", square(1000, 0, 1000))
    verdict = judge(square(900, 100, 200), MINE, east)
    assert verdict.kind is VerdictKind.INSIDE
    assert verdict.permits == ("C1", "C2")
    assert outside(verdict) == pytest.approx([0, 0, 0], abs=0.5)


# Which permits are valid


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"valid_to": datetime.date(2021, 6, 18)}, "expired"),
        ({"valid_from": datetime.date(2021, 6, 20)}, "not_begun"),
        ({"valid_from": None, "valid_to": None}, "no_dates"),
        ({"kind": "exploration"}, "other_kind"),
        ({"valid_from": LAST, "valid_to": FIRST}, "ends_before_it_begins"),
    ],
)
def test_a_permit_that_is_not_valid_is_named_with_the_reason(said: dict[str, Any], code: str) -> None:
    verdict = judge(square(100, 100, 200), MINE | {"kind": "mining"} | said, kinds=("mining",))
    assert verdict.kind is VerdictKind.NO_PERMIT
    assert codes(verdict) == ["judged", "none_valid", code]
    assert verdict.reasons[-1].parameters["permit"] == "C1"
    assert verdict.permits == ("C1",)


@pytest.mark.parametrize("said", [{"valid_to": DAY}, {"valid_from": DAY}])
def test_the_first_and_the_last_day_count(said: dict[str, Any]) -> None:
    assert judge(square(100, 100, 200), MINE | said).kind is VerdictKind.INSIDE


@pytest.mark.parametrize(
    ("said", "code"), [({"valid_from": None}, "no_first_day"), ({"valid_to": None}, "no_last_day")]
)
def test_a_permit_of_which_one_day_is_known_holds_and_says_so(said: dict[str, Any], code: str) -> None:
    verdict = judge(square(100, 100, 200), MINE | said)
    assert verdict.kind is VerdictKind.INSIDE
    assert codes(verdict) == ["judged", "lies_inside", code]


def test_without_kinds_that_allow_it_every_kind_does() -> None:
    assert judge(square(100, 100, 200), MINE | {"kind": "exploration"}).kind is VerdictKind.INSIDE


def test_of_ground_outside_the_permits_that_are_not_valid_are_named() -> None:
    expired = permit("C2", square(1000, 0, 1000), valid_to=datetime.date(2020, 1, 1))
    far = permit("C3", square(0, 1000, 1000), valid_to=datetime.date(2020, 1, 1))
    verdict = judge(square(900, 100, 200), MINE, expired, far)
    assert verdict.kind is VerdictKind.CROSSES
    assert codes(verdict) == ["judged", "reaches_outside", "expired"]
    assert verdict.permits == ("C1", "C2")


def test_a_permit_that_is_not_valid_does_not_trouble_a_patch_inside_another() -> None:
    old = permit("C0", square(0, 0, 1000), valid_to=datetime.date(2014, 12, 31))
    assert judge(square(100, 100, 200), old, MINE).permits == ("C1",)


def test_permits_without_an_outline_are_said_where_a_patch_has_none() -> None:
    nowhere = MINE | {"number": "C9", "geometry": shapely.Polygon()}
    assert codes(judge(square(1500, 0, 100), MINE, nowhere))[-1] == "without_outline"
    assert "without_outline" not in codes(judge(square(100, 100, 200), MINE, nowhere))


def test_an_outline_without_a_date_is_said_to_have_none() -> None:
    assert codes(judge(square(100, 100, 200), MINE, dated=False))[0] == "judged_undated"


# Whatever the shapes and the reference system


def blob(generator: np.random.Generator) -> BaseGeometry:
    """A shape of a few overlapping discs, some with a hole."""
    discs = [
        Point(X + generator.uniform(0, 600), Y + generator.uniform(0, 600)).buffer(generator.uniform(60, 250))
        for _ in range(generator.integers(1, 4))
    ]
    shape = shapely.union_all(discs)
    return shape.difference(shape.centroid.buffer(40)) if generator.random() < 0.4 else shape


@pytest.mark.parametrize("seed", range(25))
def test_the_range_holds_the_likely_area_and_every_shift_within_the_error(seed: int) -> None:
    generator = np.random.default_rng(seed)
    patch, union = blob(generator), blob(generator)
    found = reaches_outside(patch, union, ERROR)
    assert found.least.area <= found.likely.area <= found.most.area
    assert found.likely.area + patch.intersection(union).area == pytest.approx(patch.area, rel=1e-9)
    for _ in range(5):
        angle, far = generator.uniform(0, 2 * np.pi), generator.uniform(0, 0.99 * ERROR)
        moved = shapely.affinity.translate(union, far * np.cos(angle), far * np.sin(angle))
        area = patch.difference(moved).area
        assert found.least.area - 1 <= area <= found.most.area + 1
    if found.distance_m:
        sample = shapely.points(generator.uniform(X - 300, X + 900, 4000), generator.uniform(Y - 300, Y + 900, 4000))
        seen = shapely.distance(sample[shapely.contains(found.likely, sample)], union)
        assert seen.max(initial=0) <= found.distance_m + 0.05
        assert not found.likely.difference(union.buffer(found.distance_m - 1)).is_empty


@pytest.mark.parametrize("shift", [-400.0, -30.0, 0.0, 3.0, 8.0, 60.0, 400.0])
def test_a_larger_error_widens_the_range_and_never_the_likely_area(shift: float) -> None:
    patch, union = square(100 + shift, 100, 800), square(0, 0, 1000)
    ranges = [reaches_outside(patch, union, error) for error in (0.0, 2.0, 5.0, 10.0)]
    assert len({round(one.likely.area, 3) for one in ranges}) == 1
    assert [one.least.area for one in ranges] == sorted((one.least.area for one in ranges), reverse=True)
    assert [one.most.area for one in ranges] == sorted(one.most.area for one in ranges)
    assert ranges[0].least.area == pytest.approx(ranges[0].most.area)


@pytest.mark.parametrize("crs", [UTM, "EPSG:32634", "EPSG:3857", "EPSG:4326"])
def test_in_whatever_system_the_register_comes_areas_are_those_on_the_ground(tmp_path: Path, crs: str) -> None:
    """Web Mercator, in which lengths are 1.6 times too long here, too."""
    rows = gpd.GeoDataFrame({"no": ["C1"], "to": [20251231]}, geometry=[square(0, 0, 1000)], crs=UTM).to_crs(crs)
    rows.to_file(tmp_path / "a.gpkg")
    read = open_register(PermitOptions(path="a.gpkg", columns={"number": "no", "valid_to": "to"}), tmp_path)[0]
    verdict = Ground(read, CRS(UTM), error_m=ERROR).judge(degrees(square(950, 100, 100)), DAY)
    assert verdict.kind is VerdictKind.CROSSES
    assert outside(verdict) == pytest.approx([4500 * TRUE, 5000 * TRUE, 5500 * TRUE], rel=2e-3)
    assert verdict.outside is not None
    assert verdict.outside.distance_m == pytest.approx(50, abs=0.1)
