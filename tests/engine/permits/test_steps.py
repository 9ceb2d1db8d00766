"""The step of verdicts: which day counts for which patch, and what is written where there is no register."""

import datetime
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from engine.permits.opening import open_register
from engine.permits.options import PermitOptions
from engine.permits.register import PERMIT_COLUMNS
from engine.permits.steps import PERMITS, VERDICTS, judge_patches

OLD, NEW, LAST = datetime.date(2019, 6, 1), datetime.date(2021, 6, 1), datetime.date(2022, 1, 1)


def patches(*seen: Any) -> gpd.GeoDataFrame:
    shapes = [box(15.0 + number / 100, 51.0, 15.005 + number / 100, 51.005) for number in range(len(seen))]
    names = [f"P-{number}" for number in range(len(seen))]
    return gpd.GeoDataFrame({"patch_id": names, "last_seen": list(seen)}, geometry=shapes, crs="EPSG:4326")


def judged(folder: Path, frame: gpd.GeoDataFrame, first: str | None, last: str | None) -> pd.DataFrame:
    permit = gpd.GeoDataFrame(
        {"no": ["C1"], "from": [first], "to": [last]}, geometry=[box(14.9, 50.9, 15.9, 51.9)], crs="EPSG:4326"
    )
    permit.to_file(folder / "a.gpkg")
    columns = {"number": "no", "valid_from": "from", "valid_to": "to"}
    options = PermitOptions.model_validate({"path": "a.gpkg", "columns": columns})
    register = open_register(options, folder)[0]
    judge_patches({"patch": frame}, register, None, options, folder, last_date=LAST)
    return gpd.read_parquet(folder / VERDICTS)


@pytest.mark.parametrize("as_times", [False, True])
def test_each_patch_is_judged_on_the_date_of_its_own_outline(tmp_path: Path, as_times: bool) -> None:
    """The second one is gone since: it was mined when the permit was valid; the third has no date."""
    frame = patches(NEW, OLD, None)
    if as_times:
        frame["last_seen"] = pd.to_datetime(frame["last_seen"])
    verdicts = judged(tmp_path, frame, "2015-01-01", "2020-12-31")
    assert list(verdicts["kind"]) == ["not_tested", "inside", "not_tested"]
    assert list(verdicts["date"]) == [NEW, OLD, LAST]
    codes = [[reason["code"] for reason in json.loads(reasons)] for reasons in verdicts["reasons"]]
    assert [one[0] for one in codes] == ["judged", "judged", "judged_undated"]


def test_a_permit_to_the_end_of_time_is_written(tmp_path: Path) -> None:
    judged(tmp_path, patches(NEW), "1900-01-01", "9999-12-31")
    assert gpd.read_parquet(tmp_path / PERMITS)["valid_to"].iloc[0] == datetime.date(9999, 12, 31)


@pytest.mark.parametrize("count", [0, 2])
def test_without_a_register_nothing_is_tested(tmp_path: Path, count: int) -> None:
    report = judge_patches({"patch": patches(*[NEW] * count)}, None, None, None, tmp_path, last_date=LAST)
    assert report == ({"not_tested": 2} if count else {})
    verdicts, permits = gpd.read_parquet(tmp_path / VERDICTS), gpd.read_parquet(tmp_path / PERMITS)
    assert list(verdicts["kind"]) == ["not_tested"] * count
    assert list(permits.columns) == PERMIT_COLUMNS


def test_a_register_without_any_date_tests_nothing(tmp_path: Path) -> None:
    """Of patches on permits: nothing would be valid, because of a column that the area does not name."""
    verdicts = judged(tmp_path, patches(NEW, OLD), None, None)
    assert list(verdicts["kind"]) == ["not_tested"] * 2
    assert [reason["code"] for reason in json.loads(verdicts["reasons"].iloc[0])] == [
        *("judged", "register_without_dates")
    ]


def test_an_area_without_patches_keeps_its_register(tmp_path: Path) -> None:
    assert judged(tmp_path, patches(), "2015-01-01", "2020-12-31").empty
    assert len(gpd.read_parquet(tmp_path / PERMITS)) == 1
