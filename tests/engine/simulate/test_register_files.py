"""The register as files: Chinese in GBK without any word of it, the same in both forms, the same bytes each time."""

import datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from engine.simulate.register.files import SHORT_NAMES, write_register
from engine.simulate.register.permits import Permit, Register
from engine.simulate.vectors import texts, write_shapefile
from tests.engine.simulate.made_up import made_up_register


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("register")
    write_register(made_up_register("medium", 0), folder)
    return folder


def read(folder: Path, name: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """GPKG and shape file, the latter with the full names of its columns."""
    shape = gpd.read_file(folder / f"{name}.shp", encoding="GB18030")
    full = {short: full for full, short in SHORT_NAMES.items()}
    return gpd.read_file(folder / f"{name}.gpkg"), shape.rename(columns=full)


@pytest.mark.parametrize("name", ["permits", "ecological_zone"])
def test_both_forms_hold_the_same(folder: Path, name: str) -> None:
    package, shape = read(folder, name)
    assert list(package.columns) == list(shape.columns)
    for column in package.columns.drop("geometry"):
        pd.testing.assert_series_equal(package[column], shape[column], check_dtype=False)
    assert [one.area for one in package.geometry] == pytest.approx([one.area for one in shape.geometry])
    assert package.crs.to_epsg() == 4544
    assert shape.crs.is_exact_same(package.crs) or shape.crs.to_epsg(50) == 4544


def test_the_dbf_is_gbk_and_nothing_says_so(folder: Path) -> None:
    assert sorted(path.name for path in folder.glob("permits.*")) == [
        f"permits.{suffix}" for suffix in ("dbf", "gpkg", "prj", "shp", "shx")
    ]
    held = (folder / "permits.dbf").read_bytes()
    assert held[29] == 0  # the language driver, which would name a code page
    fields = [held[at : at + 11].split(b"\0")[0] for at in range(32, 32 * (1 + len(SHORT_NAMES)), 32)]
    assert [name.decode("gbk") for name in fields] == list(SHORT_NAMES.values())
    assert all(len(name) <= 10 for name in fields)
    assert "采矿许可证".encode("gbk") in held and "采矿许可证".encode() not in held
    # Without the encoding it is mojibake, as offices hand it out.
    assert "许可证号" not in gpd.read_file(folder / "permits.shp").columns


def test_the_text_is_whole(folder: Path) -> None:
    permits: tuple[Permit, ...] = made_up_register("medium", 0).permits
    _, shape = read(folder, "permits")
    assert list(shape["采矿许可证号"]) == [permit.number for permit in permits]
    assert list(shape["采矿权人"]) == [permit.holder for permit in permits]
    assert list(shape["开采主矿种"]) == [permit.mineral for permit in permits]
    assert [None if pd.isna(day) else day.date() for day in shape["有效期止"]] == [p.valid_to for p in permits]
    assert shape["有效期止"].isna().any() and shape["许可证状态"].isna().any()
    np.testing.assert_allclose(shape["矿区面积 (km2)"], [permit.area_km2 for permit in permits])


def test_nothing_of_the_truth_is_in_the_files(folder: Path) -> None:
    for path in folder.iterdir():
        assert not any(word in path.read_bytes() for word in (b"shift", b"after expiry", b"figure", b"doubt"))


def test_the_same_register_is_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    # Written twice into one folder: nothing is left of what was there.
    write_register(made_up_register("small", 1), tmp_path)
    other = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_register(made_up_register("medium", 0), tmp_path)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name
        if path.name not in ("permits.prj", "ecological_zone.prj", "ecological_zone.dbf"):
            assert path.read_bytes() != other[path.name], path.name


def test_the_zones_are_there(folder: Path) -> None:
    register: Register = made_up_register("medium", 0)
    package, _ = read(folder, "ecological_zone")
    assert list(package["名称"]) == [zone.name for zone in register.zones]
    assert [day.date() for day in package["批准时间"]] == [datetime.date(2018, 6, 30)] * len(register.zones)


def test_a_name_that_a_dbf_would_cut_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="采矿许可证号"):
        write_shapefile(tmp_path / "a.shp", {"采矿许可证号": texts(["1"])}, [box(0, 0, 1, 1)])
