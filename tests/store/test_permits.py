"""Permits and verdicts of a release, as they are written and read."""

import datetime
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from shapely.geometry import box, shape

from store.home import Home
from store.reader import ReleaseReader, current_release
from store.release import LAYERS, SERIES, begin, check, new_release_id, publish, write_tables
from tests.store.test_release import AREA, tables

HERE, THERE = box(0.5, 0.5, 1.5, 1.5), box(40, 40, 41, 41)


def permit(number: str, geometry: Any, **said: Any) -> dict[str, Any]:
    bounds = dict(zip(("west", "south", "east", "north"), geometry.bounds if geometry else [None] * 4, strict=True))
    words = dict.fromkeys(("mine", "holder", "mineral", "kind", "status"), "")
    shapes = {"geometry": geometry.wkb if geometry else None}
    return {
        "number": number,
        **words,
        "valid_from": None,
        "valid_to": None,
        "mended": False,
        **bounds,
        **shapes,
        **said,
    }


def verdict(patch_id: str, kind: str, area: float | None, **said: Any) -> dict[str, Any]:
    areas = dict.fromkeys(("least_m2", "likely_m2", "most_m2"), area)
    own = {"patch_id": patch_id, "register": "r.gpkg", "kind": kind, "reasons": '[{"code": "x", "parameters": {}}]'}
    rest = {"certainty": None if kind == "not_tested" else "certain", "since": None, "days": None, "date": None}
    return {**own, **rest, **areas, "distance_m": None, "permits": [], "outside": None, **said}


def patch(patch_id: str, area: float) -> dict[str, Any]:
    bounds = dict.fromkeys(("west", "south", "east", "north"), 1.0)
    return {"patch_id": patch_id, "name": "", "mine_class": "mine", "area_m2": area, **bounds, "geometry": HERE.wkb}


def published(home: Home, **frames: pd.DataFrame) -> ReleaseReader:
    release_id = new_release_id(home, AREA)
    folder, whole = begin(home, AREA, release_id), tables("one") | frames
    write_tables(folder, whole)
    (folder / SERIES).write_text("one")
    (folder / LAYERS / "rate.tif").write_text("one")
    check(folder, whole)
    publish(home, AREA, release_id, folder)
    reader = current_release(home, AREA)
    assert reader is not None
    return reader


def test_permits_are_read_as_they_were_written(tmp_path: Path) -> None:
    forever = {"valid_from": datetime.date(1900, 1, 1), "valid_to": datetime.date(9999, 12, 31), "holder": "A 矿业"}
    rows = [permit("C1", HERE, **forever), permit("C2", THERE), permit("C3", None)]
    reader = published(Home(tmp_path), permit=pd.DataFrame(rows))
    assert reader.has_register
    third, first = reader.permits(["C3", "C1"])
    assert (first.holder, first.valid_from, first.valid_to) == ("A 矿业", *list(forever.values())[:2])
    assert (first.has_outline, third.has_outline, third.valid_to) == (True, False, None)
    assert reader.permits([]) == []


def test_the_map_gets_the_permits_round_its_frame(tmp_path: Path) -> None:
    reader = published(
        Home(tmp_path), permit=pd.DataFrame([permit("C1", HERE), permit("C2", THERE), permit("C3", None)])
    )
    # The frame of this release is a point, so that what is round it is what holds it.
    (feature,) = json.loads(reader.permits_geojson())["features"]
    assert feature["properties"]["number"] == "C1"
    assert shape(feature["geometry"]).equals(HERE)


def test_verdicts_are_read_as_they_were_written(tmp_path: Path) -> None:
    day, outside = datetime.date(2021, 6, 1), shapely.MultiPolygon([box(1, 1, 1.1, 1.1)])
    rows = [
        verdict("A", "crosses", 50.0, date=day, distance_m=7.0, permits=["C1", "C2"], outside=outside.wkb),
        verdict("B", "inside", 0.0, date=day, permits=["C1"]),
    ]
    reader = published(Home(tmp_path), verdict=pd.DataFrame(rows))
    crosses, inside = reader.verdicts()
    assert (crosses.kind, crosses.date, crosses.distance_m, crosses.permits) == ("crosses", day, 7.0, ["C1", "C2"])
    assert (inside.distance_m, inside.likely_m2) == (None, 0.0)
    assert reader.verdicts("B") == [inside]
    (feature,) = json.loads(reader.outside_geojson())["features"]
    assert shape(feature["geometry"]).equals(outside)


def test_a_verdict_is_read_with_its_certainty_and_days(tmp_path: Path) -> None:
    since = datetime.date(2020, 1, 1)
    rows = [verdict("A", "after_expiry", 50.0, certainty="doubtful", since=since, days=31)]
    (read,) = published(Home(tmp_path), verdict=pd.DataFrame(rows)).verdicts()
    assert (read.certainty, read.since, read.days) == ("doubtful", since, 31)


def test_the_register_and_the_zones_are_read_as_they_were_written(tmp_path: Path) -> None:
    register = {"name": "r.gpkg", "sha256": "0f", "crs": "EPSG:4544", "permits": 3, "version": None, "error_m": 5.0}
    zone = {"name": "red line", "since": datetime.date(2018, 6, 30), "geometry": HERE.wkb}
    reader = published(
        Home(tmp_path), register=pd.DataFrame([register | {"report": '{"joined": 1}'}]), zone=pd.DataFrame([zone])
    )
    assert reader.register is not None
    assert (reader.register.crs, reader.register.report, reader.register.version) == ("EPSG:4544", {"joined": 1}, None)
    (feature,) = json.loads(reader.zones_geojson())["features"]
    assert feature["properties"] == {"name": "red line", "since": "2018-06-30"}
    assert shape(feature["geometry"]).equals(HERE)


def test_sums_by_verdict(tmp_path: Path) -> None:
    patches = [patch("A", 100.0), patch("B", 300.0), patch("C", 500.0), patch("D", 700.0)]
    rows = [
        verdict("A", "crosses", 50.0, least_m2=40.0),
        verdict("A", "prohibited_zone", 10.0),
        verdict("A", "not_tested", None),
        verdict("B", "crosses", 70.0),
        verdict("C", "crosses", 3.0, certainty="doubtful"),
        verdict("D", "not_tested", None),
    ]
    reader = published(Home(tmp_path), patch=pd.DataFrame(patches), verdict=pd.DataFrame(rows))
    sums = {(row.kind, row.certainty): row for row in reader.verdict_sums()}
    crosses = sums["crosses", "certain"]
    assert (crosses.patches, crosses.alone, crosses.area_m2) == (2, 1, 400.0)
    assert (crosses.least_m2, crosses.likely_m2, crosses.most_m2) == pytest.approx((110.0, 120.0, 120.0))
    assert (sums["crosses", "doubtful"].patches, sums["crosses", "doubtful"].likely_m2) == (1, 3.0)
    untested = sums["not_tested", None]
    assert (untested.patches, untested.alone, untested.likely_m2) == (2, 1, 0.0)


def test_without_permits_there_is_no_register(tmp_path: Path) -> None:
    reader = published(Home(tmp_path))
    assert not reader.has_register
    assert reader.register is None
    assert json.loads(reader.permits_geojson())["features"] == []
    assert json.loads(reader.outside_geojson())["features"] == []
