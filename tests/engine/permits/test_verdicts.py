"""Verdicts: what lies outside a valid permit or in a zone, by how much and how surely; what is suspected, and why."""

import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from engine.grid import geodesic_area
from engine.permits.excess import reaches_inside, reaches_outside
from engine.permits.opening import open_register
from engine.permits.options import PermitOptions
from engine.permits.precision import Precision
from engine.permits.verdicts.judging import Judge
from engine.permits.verdicts.kinds import Certainty, VerdictKind
from tests.engine.permits.judging import (
    DAY,
    ERROR,
    FIRST,
    LAST,
    UTM,
    X,
    Y,
    areas,
    codes,
    judge,
    only,
    permit,
    square,
    subject,
    zones,
)

MINE = permit("C1", square(0, 0, 1000))
# Areas are geodesic: a square metre of this zone's middle is larger on the ground.
TRUE = 0.9996**-2
SURE, UNSURE = Certainty.CERTAIN, Certainty.DOUBTFUL


def test_a_patch_well_within_is_inside() -> None:
    verdict = only(judge(square(100, 100, 200), MINE))
    assert (verdict.kind, verdict.certainty) == (VerdictKind.INSIDE, SURE)
    assert codes(verdict) == ["judged", "lies_inside"]
    assert areas(verdict) == (0, 0, 0)
    assert (verdict.permits, verdict.date) == (("C1",), DAY)


def test_a_patch_with_less_room_than_the_error_is_doubtful() -> None:
    for shape in (square(0, 0, 1000), square(896, 100, 100)):
        verdict = only(judge(shape, MINE))
        assert (verdict.kind, verdict.certainty) == (VerdictKind.INSIDE, UNSURE)
        assert codes(verdict) == ["judged", "lies_inside", "little_room"]
        least, likely, most = areas(verdict)
        assert (least, likely) == pytest.approx((0, 0), abs=0.1)
        assert most > 50


def test_a_patch_that_reaches_outside_crosses() -> None:
    verdict = only(judge(square(950, 100, 100), MINE))
    assert (verdict.kind, verdict.certainty) == (VerdictKind.CROSSES, SURE)
    assert areas(verdict) == pytest.approx((4500 * TRUE, 5000 * TRUE, 5500 * TRUE), rel=1e-3)
    assert verdict.area is not None
    assert verdict.area.distance_m == pytest.approx(50, abs=0.1)
    assert verdict.area.geometry is not None
    assert geodesic_area(verdict.area.geometry) == pytest.approx(areas(verdict)[1], rel=1e-6)
    assert verdict.area.geometry.intersection(MINE["geometry"]).area < 1e-12


def test_within_the_error_it_may_cross() -> None:
    verdict = only(judge(square(903, 100, 100), MINE))
    assert (verdict.kind, verdict.certainty) == (VerdictKind.CROSSES, UNSURE)
    assert codes(verdict) == ["judged", "within_error"]
    least, likely, most = areas(verdict)
    assert least == 0
    assert likely == pytest.approx(300 * TRUE, rel=1e-3)
    assert most == pytest.approx(800 * TRUE, rel=1e-3)


@pytest.mark.parametrize(("beyond", "sure"), [(ERROR - 0.1, UNSURE), (ERROR + 0.1, SURE)])
def test_at_the_error_doubt_ends(beyond: float, sure: Certainty) -> None:
    assert judge(square(900 + beyond, 100, 100), MINE)["crosses"].certainty is sure
    assert judge(square(900 - beyond, 100, 100), MINE)["inside"].certainty is sure


def test_an_outline_that_may_be_too_wide_widens_the_range() -> None:
    verdict = only(judge(square(950, 100, 100), MINE, precision=Precision(ERROR, 3.0)))
    assert areas(verdict) == pytest.approx((47 * 94 * TRUE, 5000 * TRUE, 53 * 106 * TRUE), rel=5e-3)
    whole = only(judge(square(1500, 0, 100), MINE, precision=Precision(ERROR, 3.0)))
    assert areas(whole) == pytest.approx((94**2 * TRUE, 100**2 * TRUE, 106**2 * TRUE), rel=5e-3)


def test_beside_every_permit_there_is_none() -> None:
    verdict = only(judge(square(1500, 0, 100), MINE))
    assert (verdict.kind, verdict.certainty) == (VerdictKind.NO_PERMIT, SURE)
    assert codes(verdict) == ["judged", "none_valid"]
    assert areas(verdict) == pytest.approx([10_000 * TRUE] * 3, rel=1e-3)
    assert verdict.area is not None
    assert verdict.area.distance_m is None
    assert verdict.permits == ()


def test_an_edge_in_common_is_no_overlap_and_may_be_one() -> None:
    verdict = only(judge(square(1000, 0, 100), MINE))
    assert (verdict.kind, verdict.certainty) == (VerdictKind.NO_PERMIT, UNSURE)
    assert codes(verdict) == ["judged", "none_valid", "beside"]
    assert areas(verdict)[0] == pytest.approx(9500 * TRUE, rel=1e-3)


def test_an_overlap_within_the_error_may_be_none() -> None:
    verdict = only(judge(square(997, 100, 100), MINE))
    assert (verdict.kind, verdict.certainty) == (VerdictKind.CROSSES, SURE)
    assert "overlap_within_error" in codes(verdict)


def test_the_centroid_decides_nothing() -> None:
    """A patch whose centroid lies in the permit, and one whose centroid lies in its hole."""
    assert only(judge(square(-450, 100, 1000, 100), MINE)).kind is VerdictKind.CROSSES
    ring = square(0, 0, 1000).difference(square(300, 300, 400))
    patch = square(100, 100, 800).difference(square(250, 250, 500))
    assert only(judge(patch, permit("C1", ring))).kind is VerdictKind.INSIDE


def test_a_hole_in_a_permit_is_outside_and_furthest_in_its_middle() -> None:
    holed = permit("C1", square(0, 0, 1000).difference(square(400, 400, 200)))
    verdict = only(judge(square(300, 300, 400), holed))
    assert verdict.kind is VerdictKind.CROSSES
    assert areas(verdict)[:2] == pytest.approx((190**2 * TRUE, 200**2 * TRUE), rel=2e-3)
    assert verdict.area is not None
    assert verdict.area.distance_m == pytest.approx(100, abs=0.2)


def test_two_permits_that_adjoin_cover_together() -> None:
    verdict = only(judge(square(900, 100, 200), MINE, permit("C2", square(1000, 0, 1000))))
    assert (verdict.kind, verdict.certainty) == (VerdictKind.INSIDE, SURE)
    assert verdict.permits == ("C1", "C2")
    assert areas(verdict) == pytest.approx((0, 0, 0), abs=0.5)


def test_of_a_permit_with_very_many_corners_only_what_lies_round_counts() -> None:
    round_ = permit("C1", Point(X, Y).buffer(5000, quad_segs=2000))
    verdict = only(judge(square(4950, -50, 100), round_))
    assert verdict.kind is VerdictKind.CROSSES
    assert verdict.area is not None
    assert verdict.area.distance_m == pytest.approx(50, abs=1)


# Which permits are valid


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        ({"valid_to": datetime.date(2021, 6, 18)}, "not_tested", "expired_without_sign"),
        ({"valid_from": datetime.date(2021, 6, 20)}, "not_tested", "not_begun_without_sign"),
        ({"valid_from": None, "valid_to": None}, "not_tested", "no_dates"),
        ({"valid_from": None}, "not_tested", "first_day_missing"),
        ({"valid_to": None}, "not_tested", "last_day_missing"),
        ({"kind": "exploration licence"}, "exploration_only", "explores"),
        ({"kind": "processing"}, "no_permit", "other_kind"),
        ({"status": "cancelled"}, "no_permit", "withdrawn"),
        ({"status": "suspended"}, "no_permit", "suspended"),
        ({"status": "application"}, "no_permit", "application"),
        ({"valid_from": LAST, "valid_to": FIRST}, "no_permit", "ends_before_it_begins"),
        ({"mineral": "gold"}, "other_mineral", "other_mineral"),
    ],
)
def test_a_permit_that_is_not_valid_is_named_with_the_reason(said: dict[str, Any], kind: str, code: str) -> None:
    patch = subject(square(100, 100, 200), mine_class="clay_pit")
    # A second one, far away, tells that this register does state both days.
    verdict = only(judge(patch, MINE | said, permit("C9", square(5000, 0, 100))))
    assert str(verdict.kind) == kind
    assert codes(verdict)[-1] == code
    assert verdict.reasons[-1].parameters["permit"] == "C1"
    assert verdict.permits == ("C1",)
    if kind != "not_tested":
        assert verdict.certainty is SURE
        assert areas(verdict) == pytest.approx([40_000 * TRUE] * 3, rel=1e-3)


@pytest.mark.parametrize("said", [{"valid_to": DAY}, {"valid_from": DAY}])
def test_the_first_and_the_last_day_count(said: dict[str, Any]) -> None:
    assert only(judge(square(100, 100, 200), MINE | said)).kind is VerdictKind.INSIDE


@pytest.mark.parametrize(
    ("said", "code"), [({"valid_from": None}, "no_first_day"), ({"valid_to": None}, "no_last_day")]
)
def test_in_a_register_that_never_states_a_day_it_is_open_and_that_is_said(said: dict[str, Any], code: str) -> None:
    verdict = only(judge(square(100, 100, 200), MINE | said))
    assert verdict.kind is VerdictKind.INSIDE
    assert codes(verdict) == ["judged", "lies_inside", code]


def test_a_register_without_any_date_tells_only_where_no_permit_is() -> None:
    dateless = MINE | {"valid_from": None, "valid_to": None}
    assert codes(only(judge(square(100, 100, 200), dateless))) == ["judged", "register_without_dates"]
    assert only(judge(square(1500, 100, 200), dateless)).kind is VerdictKind.NO_PERMIT


def test_an_expired_permit_for_another_mineral_is_named_as_both() -> None:
    """Else it would read like one that a patch is not tested for."""
    other = MINE | {"mineral": "coal", "valid_to": datetime.date(2018, 12, 31)}
    verdict = only(judge(subject(square(100, 100, 200), mine_class="clay_pit"), other))
    assert codes(verdict) == ["judged", "none_valid", "expired", "other_mineral"]


def test_kinds_that_an_area_names_stand_over_the_words() -> None:
    kinds = {"columns": {"number": "no", "kind": "sort"}, "extraction_kinds": ["A"]}
    patch = square(100, 100, 200)
    assert only(judge(patch, MINE | {"kind": "A"}, **kinds)).kind is VerdictKind.INSIDE
    assert codes(only(judge(patch, MINE | {"kind": "B"}, **kinds))) == ["judged", "none_valid", "other_kind"]
    assert only(judge(patch, MINE | {"kind": "B"})).kind is VerdictKind.INSIDE


def test_the_mineral_is_compared_by_group() -> None:
    patch = subject(square(100, 100, 200), mine_class="gangue_dump")
    for mineral in ("煤", "coal", "carbón"):
        assert only(judge(patch, MINE | {"mineral": mineral})).kind is VerdictKind.INSIDE
    assert only(judge(patch, MINE | {"mineral": "铁矿"})).kind is VerdictKind.OTHER_MINERAL
    unknown = judge(patch, MINE | {"mineral": "xyz"})
    assert unknown.keys() == {"inside", "not_tested"}
    assert codes(unknown["not_tested"]) == ["judged", "mineral_not_tested"]


def test_depth_is_not_tested_and_that_is_said_beside_the_verdict() -> None:
    found = judge(square(950, 100, 100), MINE | {"top_m": 1400.0})
    assert found.keys() == {"crosses", "not_tested"}
    assert codes(found["not_tested"]) == ["judged", "depth_not_tested"]


def test_of_ground_outside_the_permits_that_are_not_valid_are_named() -> None:
    expired = permit("C2", square(1000, 0, 1000), valid_to=datetime.date(2020, 1, 1))
    far = permit("C3", square(0, 1000, 1000), valid_to=datetime.date(2020, 1, 1))
    verdict = only(judge(square(900, 100, 200), MINE, expired, far))
    assert verdict.kind is VerdictKind.CROSSES
    assert codes(verdict) == ["judged", "reaches_outside", "expired"]
    assert verdict.permits == ("C1", "C2")


def test_a_permit_that_is_not_valid_does_not_trouble_a_patch_inside_another() -> None:
    old = permit("C0", square(0, 0, 1000), valid_to=datetime.date(2018, 12, 31))
    assert only(judge(square(100, 100, 200), old, MINE)).permits == ("C1",)


def test_permits_without_an_outline_are_said_where_a_patch_has_none() -> None:
    nowhere = MINE | {"number": "C9", "geometry": shapely.Polygon()}
    assert codes(only(judge(square(1500, 0, 100), MINE, nowhere)))[-1] == "without_outline"
    assert "without_outline" not in codes(only(judge(square(100, 100, 200), MINE, nowhere)))


def test_an_outline_without_a_date_is_said_to_have_none() -> None:
    assert codes(only(judge(subject(square(100, 100, 200), day=None), MINE)))[0] == "judged_undated"


# Zones


@pytest.mark.parametrize(("deep", "sure"), [(3.0, UNSURE), (50.0, SURE)])
def test_what_lies_in_a_zone_is_a_verdict_of_its_own(deep: float, sure: Certainty) -> None:
    zone = square(300 - deep, 0, 500)
    found = judge(square(100, 100, 200), MINE, within=[("red line", datetime.date(2018, 6, 30), zone)])
    assert found.keys() == {"inside", "prohibited_zone"}
    verdict = found["prohibited_zone"]
    assert verdict.certainty is sure
    least, likely, most = areas(verdict)
    assert likely == pytest.approx(deep * 200 * TRUE, rel=1e-2)
    assert least == pytest.approx(max(deep - ERROR, 0) * 200 * TRUE, rel=2e-2)
    assert most == pytest.approx((deep + ERROR) * 200 * TRUE, rel=2e-2)
    assert verdict.since == datetime.date(2018, 6, 30)
    assert verdict.area is not None
    assert verdict.area.distance_m == pytest.approx(deep, abs=0.1)


def test_a_zone_counts_from_its_day_and_one_without_always_did() -> None:
    assert judge(square(100, 100, 200), MINE, within=[("z", DAY, square(0, 0, 900))]).keys() >= {"prohibited_zone"}
    later = DAY + datetime.timedelta(days=1)
    assert "prohibited_zone" not in judge(square(100, 100, 200), MINE, within=[("z", later, square(0, 0, 900))])
    always = judge(square(100, 100, 200), MINE, within=[("z", None, square(0, 0, 900))])["prohibited_zone"]
    assert (codes(always), always.since) == (["judged", "in_zone"], None)


def test_two_zones_are_one_verdict_with_the_reasons_of_both() -> None:
    halves = [("a", None, square(0, 0, 150, 900)), ("b", None, square(150, 0, 700, 900))]
    verdict = judge(square(100, 100, 200), MINE, within=halves)["prohibited_zone"]
    assert [reason.parameters.get("zone") for reason in verdict.reasons] == [None, "b", "a"]


# Whatever the shapes and the reference system


def blob(generator: np.random.Generator) -> BaseGeometry:
    """A shape of a few overlapping discs, some with a hole."""
    discs = [
        Point(X + generator.uniform(0, 600), Y + generator.uniform(0, 600)).buffer(generator.uniform(60, 250))
        for _ in range(generator.integers(1, 4))
    ]
    shape = shapely.union_all(discs)
    return shape.difference(shape.centroid.buffer(40)) if generator.random() < 0.4 else shape


@given(seed=st.integers(0, 2**32 - 1), outline_m=st.floats(0, 4))
@settings(max_examples=30, deadline=None)
def test_the_range_holds_the_likely_area_and_every_shift_within_the_error(seed: int, outline_m: float) -> None:
    generator = np.random.default_rng(seed)
    patch, union = blob(generator), blob(generator)
    found = reaches_outside(patch, union, Precision(ERROR, outline_m))
    assert found.least_m2 <= found.likely_m2 <= found.most_m2
    assert found.likely_m2 + patch.intersection(union).area == pytest.approx(patch.area, abs=0.1)
    for _ in range(3):
        angle, far = generator.uniform(0, 2 * np.pi), generator.uniform(0, 0.99 * ERROR)
        moved = shapely.affinity.translate(union, far * np.cos(angle), far * np.sin(angle))
        assert found.least_m2 - 1 <= patch.difference(moved).area <= found.most_m2 + 1
    for width in (-outline_m, outline_m):
        assert found.least_m2 - 1 <= patch.buffer(width).difference(union).area <= found.most_m2 + 1
    if found.distance_m:
        sample = shapely.points(generator.uniform(X - 300, X + 900, 2000), generator.uniform(Y - 300, Y + 900, 2000))
        seen = shapely.distance(sample[shapely.contains(found.likely, sample)], union)
        assert seen.max(initial=0) <= found.distance_m + 0.05
        assert not found.likely.difference(union.buffer(found.distance_m - 1)).is_empty


@given(seed=st.integers(0, 2**32 - 1), by=st.floats(0, 60))
@settings(max_examples=30, deadline=None)
def test_a_smaller_permit_never_leaves_less_outside(seed: int, by: float) -> None:
    generator = np.random.default_rng(seed)
    patch, union = blob(generator), blob(generator)
    precision = Precision(ERROR, 3.0)
    large, small = (reaches_outside(patch, shape, precision) for shape in (union, union.buffer(-by)))
    assert small.likely_m2 >= large.likely_m2 - 0.1
    assert small.least_m2 >= large.least_m2 - 1
    assert small.most_m2 >= large.most_m2 - 1


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_what_is_not_outside_a_zone_is_inside(seed: int) -> None:
    generator = np.random.default_rng(seed)
    patch, zone = blob(generator), blob(generator)
    found = reaches_inside(patch, zone, Precision(ERROR, 3.0))
    assert found.least_m2 <= found.likely_m2 <= found.most_m2
    outside = reaches_outside(patch, zone, Precision(ERROR, 3.0))
    assert found.likely_m2 + outside.likely_m2 == pytest.approx(patch.area, abs=0.1)


@given(order=st.permutations(range(5)), x=st.floats(-200, 1300), y=st.floats(-200, 900))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_register_changes_nothing(order: list[int], x: float, y: float) -> None:
    permits = [
        MINE,
        permit("C2", square(1000, 0, 500), valid_to=datetime.date(2020, 1, 1)),
        permit("C3", square(-300, 0, 300), valid_from=None),
        permit("C4", square(0, 1000, 400), kind="exploration"),
        permit("C5", square(600, 1000, 400), mineral="gold"),
    ]
    patch = subject(square(x, y, 150), mine_class="clay_pit")
    first, other = judge(patch, *permits), judge(patch, *(permits[at] for at in order))
    assert first.keys() == other.keys()
    for kind, verdict in first.items():
        assert set(verdict.permits) == set(other[kind].permits)
        assert sorted(codes(verdict)) == sorted(codes(other[kind]))
        assert (verdict.certainty, verdict.since) == (other[kind].certainty, other[kind].since)
        if verdict.area and other[kind].area:
            assert areas(verdict) == pytest.approx(areas(other[kind]), abs=0.1)


@pytest.mark.parametrize("shift", [-400.0, -30.0, 0.0, 3.0, 8.0, 60.0, 400.0])
def test_a_larger_error_widens_the_range_and_never_the_likely_area(shift: float) -> None:
    patch, union = square(100 + shift, 100, 800), square(0, 0, 1000)
    ranges = [reaches_outside(patch, union, Precision(error, 0.0)) for error in (0.0, 2.0, 5.0, 10.0)]
    assert len({round(one.likely_m2, 3) for one in ranges}) == 1
    assert [one.least_m2 for one in ranges] == sorted((one.least_m2 for one in ranges), reverse=True)
    assert [one.most_m2 for one in ranges] == sorted(one.most_m2 for one in ranges)
    assert ranges[0].least_m2 == pytest.approx(ranges[0].most_m2)


@pytest.mark.parametrize("crs", [UTM, "EPSG:32634", "EPSG:3857", "EPSG:4326"])
def test_in_whatever_system_the_register_comes_areas_are_those_on_the_ground(tmp_path: Path, crs: str) -> None:
    """Web Mercator, in which lengths are 1.6 times too long here, too."""
    rows = gpd.GeoDataFrame({"no": ["C1"], "to": [20251231]}, geometry=[square(0, 0, 1000)], crs=UTM).to_crs(crs)
    rows.to_file(tmp_path / "a.gpkg")
    options = PermitOptions.model_validate({"path": "a.gpkg", "columns": {"number": "no", "valid_to": "to"}})
    read = open_register(options, tmp_path)[0]
    judged = Judge(read, zones(), options, CRS(UTM), Precision(ERROR, 0.0), DAY).judge([subject(square(950, 100, 100))])
    (verdict,) = judged[0]
    assert verdict.kind is VerdictKind.CROSSES
    assert areas(verdict) == pytest.approx((4500 * TRUE, 5000 * TRUE, 5500 * TRUE), rel=2e-3)
    assert verdict.area is not None
    assert verdict.area.distance_m == pytest.approx(50, abs=0.1)
