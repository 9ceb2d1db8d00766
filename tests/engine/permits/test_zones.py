"""Zones in which nothing may be mined, as their files say."""

import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from engine.errors import InputError
from engine.permits.options import ZoneOptions
from engine.permits.zones import read_zones, zone_files

HERE = box(15.0, 51.0, 15.1, 51.1)


def written(folder: Path, name: str = "zones.gpkg", **columns: Any) -> tuple[ZoneOptions, ...]:
    given = {"called": ["红线"], "from": ["2018-06-30"]} | columns
    shapes = given.pop("geometry", [HERE])
    gpd.GeoDataFrame(given, geometry=shapes, crs="EPSG:4326").to_crs("EPSG:32633").to_file(
        folder / name, encoding="GB18030" if name.endswith("shp") else None
    )
    (folder / name).with_suffix(".cpg").unlink(missing_ok=True)
    return (ZoneOptions(path=name, name="called", since="from", encoding="GB18030"),)


@pytest.mark.parametrize("name", ["zones.gpkg", "zones.shp"])
def test_zones_are_read_with_their_name_and_day(tmp_path: Path, name: str) -> None:
    options = written(tmp_path, name)
    zones = read_zones(options, tmp_path)
    assert (zones["name"].iloc[0], zones["since"].iloc[0]) == ("红线", datetime.date(2018, 6, 30))
    assert zones.geometry.iloc[0].symmetric_difference(HERE).area < 1e-6
    assert tmp_path / name in zone_files(options, tmp_path)


def test_layers_are_read_together_and_columns_may_be_missing(tmp_path: Path) -> None:
    written(tmp_path, "a.gpkg"), written(tmp_path, "b.gpkg")
    zones = read_zones((ZoneOptions(path="a.gpkg"), ZoneOptions(path="b.gpkg", name="called")), tmp_path)
    assert list(zones["name"]) == ["", "红线"]
    assert list(zones["since"]) == [None, None]
    assert read_zones((), tmp_path).empty


@pytest.mark.parametrize(
    ("columns", "problem"),
    [({"from": ["soon"]}, r"'soon' is no date \(row 1\)"), ({"geometry": [Point(15, 51)]}, "no polygon")],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, columns: dict[str, Any], problem: str) -> None:
    options = written(tmp_path, **columns)
    with pytest.raises(InputError, match=problem):
        read_zones(options, tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(InputError, match="no column 'day'") as error:
        read_zones((ZoneOptions(path="zones.gpkg", since="day"),), tmp_path)
    assert error.value.field == "permits.zones.since"
