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
    return {**own, "date": None, **areas, "distance_m": None, "permits": [], "outside": None, **said}


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


def test_sums_by_verdict(tmp_path: Path) -> None:
    patches = [patch("A", 100.0), patch("B", 300.0), patch("C", 500.0), patch("D", 700.0)]
    rows = [
        verdict("A", "crosses", 50.0, least_m2=40.0),
        verdict("B", "crosses", 70.0),
        verdict("C", "inside", 0.0),
        verdict("D", "not_tested", None),
    ]
    reader = published(Home(tmp_path), patch=pd.DataFrame(patches), verdict=pd.DataFrame(rows))
    sums = {row.kind: row for row in reader.verdict_sums()}
    crosses = sums["crosses"]
    assert (crosses.patches, crosses.area_m2) == (2, 400.0)
    assert (crosses.least_m2, crosses.likely_m2, crosses.most_m2) == pytest.approx((110.0, 120.0, 120.0))
    assert (sums["not_tested"].patches, sums["not_tested"].likely_m2) == (1, 0.0)


def test_without_permits_there_is_no_register(tmp_path: Path) -> None:
    reader = published(Home(tmp_path))
    assert not reader.has_register
    assert json.loads(reader.permits_geojson())["features"] == []
    assert json.loads(reader.outside_geojson())["features"] == []
