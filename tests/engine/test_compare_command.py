"""`compare`: what it reads, what it asks for, and what it says."""

import argparse
import datetime
import io
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from rich.console import Console

from engine.commands.comparing import compare_area
from engine.errors import InputError
from store.home import Home
from store.reader import current_release

NAMES = {"number": "PERMIT_NO", "mine": "MINE", "valid_from": "START", "valid_to": "END"}


@pytest.fixture(scope="module")
def permits(permitted: Home) -> gpd.GeoDataFrame:
    """A permit round one patch of the area."""
    reader = current_release(permitted, "strzegom")
    assert reader is not None
    shape = gpd.GeoSeries.from_wkb([reader.patch_shapes()["P-0001"]], crs="EPSG:4326").to_crs("EPSG:32633").buffer(60)
    rows = {"PERMIT_NO": ["A-1"], "MINE": ["Granit"], "START": ["2000-01-01"], "END": ["2040-12-31"]}
    return gpd.GeoDataFrame(rows, geometry=shape)


def said(home: Home, *files: Path, **given: Any) -> str:
    told = dict.fromkeys(("layer", "encoding", "crs", "as_of", "datum_error", "out", "save"))
    file = io.StringIO()
    arguments = argparse.Namespace(
        **{**told, "permits": list(files), "column": [], "zones": [], "language": "en", **given}
    )
    compare_area(Path("strzegom"), home, arguments, Console(file=file, width=400))
    return file.getvalue()


def test_the_parts_of_a_loose_shapefile_are_found(permitted: Home, permits: gpd.GeoDataFrame, tmp_path: Path) -> None:
    permits.to_file(tmp_path / "permits.shp")
    words = said(permitted, tmp_path / "permits.shp")
    assert "permits.shp: permits: 1, shapefile, EPSG:32633" in words
    assert "1 inside a valid permit" in words


def test_one_column_is_corrected_and_the_others_are_still_guessed(
    permitted: Home, permits: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    permits.rename(columns={"MINE": "OTHER"}).to_file(tmp_path / "permits.gpkg")
    words = said(permitted, tmp_path / "permits.gpkg", column=["mine=OTHER"])
    assert "name of the mine: column 'OTHER'" in words
    assert "last day: column 'END'" in words


def test_systems_are_asked_for_by_name(permitted: Home, permits: gpd.GeoDataFrame, tmp_path: Path) -> None:
    permits.to_file(tmp_path / "permits.shp")
    (tmp_path / "permits.prj").unlink()
    with pytest.raises(InputError, match=r"--crs.*WGS 84 / UTM zone 33N \(EPSG:32633\)"):
        said(permitted, tmp_path / "permits.shp")


def test_zones_have_their_names_and_days(permitted: Home, permits: gpd.GeoDataFrame, tmp_path: Path) -> None:
    permits.to_file(tmp_path / "permits.gpkg")
    zone = permits[["geometry"]].assign(名称="一区", 批准时=datetime.date(2018, 6, 30))
    zone.to_file(tmp_path / "zone.shp", encoding="UTF-8")
    words = said(permitted, tmp_path / "permits.gpkg", zones=[tmp_path / "zone.shp"])
    assert "lie in the prohibited zone 一区, which has been in force since 30 Jun 2018." in words


def test_a_day_before_the_first_image(permitted: Home, permits: gpd.GeoDataFrame, tmp_path: Path) -> None:
    permits.to_file(tmp_path / "permits.gpkg")
    assert "nothing to judge" in said(permitted, tmp_path / "permits.gpkg", as_of=datetime.date(2001, 1, 1))
