"""What is said to be true, worked out again from files and outlines."""

import csv
import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from engine.simulate.frame import EPOCHS
from engine.simulate.plan import Activity, Change, MineClass, Motion, MotionKind, Patch
from engine.simulate.register.files import write_register
from engine.simulate.register.permits import PERIOD, PermitCase, Zone
from engine.simulate.register.verdicts import judge, write_verdicts
from engine.simulate.register.working_time import working_time
from tests.engine.simulate.made_up import made_up_plan, made_up_register

GEOD = Geod(ellps="GRS80")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verdicts")
    write_verdicts(made_up_plan("medium", 0), made_up_register("medium", 0), folder)
    write_register(made_up_register("medium", 0), folder)
    return folder


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def geodesic(shape: shapely.Geometry) -> float:
    degrees = gpd.GeoSeries([shape], crs="EPSG:4544").to_crs("EPSG:4490").iloc[0]
    return abs(
        sum(GEOD.geometry_area_perimeter(shapely.orient_polygons(part))[0] for part in shapely.get_parts(degrees))
    )


def test_crossings_are_as_far_and_as_large_outside_as_said(folder: Path, rows: list[dict[str, str]]) -> None:
    patches = {patch.number: patch for patch in made_up_plan("medium", 0).patches}
    register = gpd.read_file(folder / "permits.gpkg").set_index("采矿许可证号")
    crossing = [row for row in rows if row["verdict"] == "crosses"]
    for row in crossing:
        outline = patches[int(row["patch"])].after
        allowed = register.loc[row["permits"].split(";")].geometry.union_all()
        outside = outline.difference(allowed)
        assert float(row["outside_m2"]) == pytest.approx(geodesic(outside), abs=0.01)
        farthest = max(shapely.Point(at).distance(allowed) for at in shapely.get_coordinates(outside.segmentize(1.0)))
        assert float(row["beyond_m"]) == pytest.approx(farthest, abs=0.02)
        assert (row["certainty"] == "certain") == (farthest > 5.0)
    assert len(crossing) >= 8


def test_verdicts_agree_with_the_register(folder: Path, rows: list[dict[str, str]]) -> None:
    """By dates, kinds and places as the files have them, on the day of the image."""
    patches = {patch.number: patch for patch in made_up_plan("medium", 0).patches}
    register = gpd.read_file(folder / "permits.gpkg")
    zones = gpd.read_file(folder / "ecological_zone.gpkg").geometry.union_all()
    for row in rows:
        patch, day = patches[int(row["patch"])], row["as_of"]
        outline = patch.after if patch.after is not None else patch.before
        own = register[register.intersects(outline)]
        mining = own[own["项目类型"] == "采矿许可证"]
        valid = mining[(mining["有效期起"] <= day) & (mining["有效期止"] >= day)]
        match row["verdict"]:
            case "inside":
                assert valid.geometry.union_all().contains(outline)
            case "no permit":
                assert own.empty and float(row["outside_m2"]) == pytest.approx(geodesic(outline), abs=0.01)
            case "after expiry" | "not reclaimed":
                assert valid.empty and (mining["有效期止"] < day).all() and "延续受理" not in set(mining["许可证状态"])
            case "renewal pending":
                assert valid.empty and set(mining["许可证状态"]) == {"延续受理"}
            case "before start":
                assert (mining["有效期起"] > row["since"]).all()
            case "exploration only":
                assert mining.empty and not own.empty
            case "missing dates":
                assert mining[["有效期起", "有效期止"]].isna().any(axis=1).all()
            case "other mineral":
                assert not valid.empty
            case "prohibited zone":
                assert float(row["outside_m2"]) == pytest.approx(geodesic(outline.intersection(zones)), abs=0.01)
        assert (row["since"] == "") == (row["illicit"] == "no" or row["verdict"] == "missing dates") or (
            row["verdict"] == "renewal pending"
        )


def test_illicit_ground_is_in_the_polygons(folder: Path, rows: list[dict[str, str]]) -> None:
    polygons = gpd.read_file(folder / "verdicts.gpkg")
    assert polygons.crs.to_epsg() == 4544 and polygons.is_valid.all()
    shown = [row for row in rows if float(row["outside_m2"]) > 0]
    assert [(str(one.patch), one.verdict) for one in polygons.itertuples()] == [
        (r["patch"], r["verdict"]) for r in shown
    ]
    assert [geodesic(one) for one in polygons.geometry] == pytest.approx(list(polygons["outside_m2"]), abs=0.02)
    assert {row["verdict"] for row in shown} == {case.value for case in PermitCase} - {"inside", "shifted"}


def test_moved_permits_are_no_offence(rows: list[dict[str, str]]) -> None:
    shifted = [row for row in rows if row["case"] == "shifted" and row["verdict"] in ("crosses", "no permit")]
    assert len(shifted) >= 8
    for row in shifted:
        assert (
            row["illicit"] == "no" and 40 <= np.hypot(float(row["shift_east_m"]), float(row["shift_north_m"])) <= 120.1
        )
    assert not any(row["shift_east_m"] for row in rows if row["case"] != "shifted")


def test_gone_patches_are_judged_by_the_image_that_shows_them(rows: list[dict[str, str]]) -> None:
    gone = {str(patch.number) for patch in made_up_plan("medium", 0).patches if patch.after is None}
    assert gone and {row["as_of"] for row in rows if row["patch"] in gone} == {str(EPOCHS[0].date)}
    assert {row["as_of"] for row in rows if row["patch"] not in gone} == {str(EPOCHS[1].date)}


def test_the_same_bytes_each_time(folder: Path, tmp_path: Path) -> None:
    write_verdicts(made_up_plan("medium", 0), made_up_register("medium", 0), tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes()


SQUARE = shapely.box(500_000, 4_170_000, 500_100, 4_170_100)
PIT = Patch(
    number=1,
    mine_class=MineClass.CLAY_PIT,
    before=SQUARE,
    after=SQUARE,
    weathered=None,
    change=Change.UNCHANGED,
    activity=Activity.IDLE,
    motion=Motion(MotionKind.NONE),
    core=SQUARE.buffer(-20),
    relief_m=-5.0,
)
DAY = datetime.date(2020, 8, 11)


LINE, ONSET, STOP = (
    Motion(MotionKind.LINEAR, rate=-9.0),
    Motion(MotionKind.ONSET, day=DAY),
    Motion(MotionKind.STOP, day=DAY),
)
STEP, DECAY = Motion(MotionKind.STEP, day=DAY), Motion(MotionKind.DECAY, rate=-15.0)
VIOLENT = Motion(MotionKind.VIOLENT, day=DAY, until=datetime.date(2021, 3, 1))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"activity": Activity.SETTLEMENT, "motion": DECAY}, None),
        ({"activity": Activity.LEVELLING, "motion": ONSET}, None),
        ({"activity": Activity.EXTRACTION, "motion": LINE}, PERIOD),
        ({"activity": Activity.EXTRACTION, "motion": ONSET}, (DAY, PERIOD[1])),
        ({"activity": Activity.EXTRACTION, "motion": STOP}, (PERIOD[0], DAY)),
        ({"activity": Activity.TIPPING, "motion": STEP}, (DAY, DAY)),
        ({"activity": Activity.DIGGING, "motion": VIOLENT}, (DAY, VIOLENT.until)),
        ({"change": Change.NEW, "before": None, "started": DAY}, (DAY, EPOCHS[1].date)),
    ],
)
def test_when_work_can_be_seen(changes: dict[str, Any], expected: tuple[datetime.date, datetime.date] | None) -> None:
    assert working_time(replace(PIT, **changes)) == expected


def test_a_zone_counts_by_what_lies_in_it() -> None:
    west = shapely.box(499_000, 4_169_000, 500_003, 4_171_000)
    edge, middle = (Zone("a", datetime.date(2018, 6, 30), shape) for shape in (west, SQUARE.buffer(500)))
    bare, doubtful, certain = judge(PIT, [], [edge, middle])
    assert bare.verdict is PermitCase.NO_PERMIT and bare.certain
    assert doubtful.beyond_m == pytest.approx(3.0) and not doubtful.certain
    assert doubtful.outside_m2 == pytest.approx(300, rel=1e-3)
    assert certain.certain and certain.outside_m2 == pytest.approx(10_000, rel=1e-3)
