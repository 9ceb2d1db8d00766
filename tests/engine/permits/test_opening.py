"""Registers: read from whatever form and reference system under their own columns' names; what cannot be is refused."""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from pydantic import ValidationError
from shapely.geometry import Point, Polygon, box

from engine.errors import InputError
from engine.grid import geodesic_area
from engine.permits.opening import open_register
from engine.permits.options import PermitOptions
from engine.permits.register import PERMIT_COLUMNS, Register

ONE, TWO = box(104.20, 26.80, 104.21, 26.81), box(104.22, 26.80, 104.23, 26.81)
COLUMNS = {"number": "no", "holder": "owner", "valid_from": "from", "valid_to": "to"}
CHINESE = {"number": "许可证号", "mine": "矿山名称", "kind": "项目类型", "valid_to": "有效期止"}


def table(*shapes: Any, crs: str | None = "EPSG:4326", **columns: list[Any]) -> gpd.GeoDataFrame:
    shapes = shapes or (ONE, TWO)
    given = {
        "no": [f"C{number}" for number in range(1, len(shapes) + 1)],
        "owner": ["A mine"] * len(shapes),
        "from": ["2015-01-01"] * len(shapes),
        "to": ["2025-12-31"] * len(shapes),
    }
    return gpd.GeoDataFrame(given | columns, geometry=list(shapes), crs=crs)


def chinese(path: Path) -> Path:
    """A shapefile as they come: field names and texts in GBK, and no .cpg that says so."""
    frame = gpd.GeoDataFrame(
        {"许可证号": ["C5300002010"], "矿山名称": ["威宁铁矿"], "项目类型": ["采矿权"], "有效期止": ["20251231"]},
        geometry=[ONE],
        crs="EPSG:4326",
    )
    frame.to_crs("EPSG:4523").to_file(path, encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    return path


def write(path: Path, frame: gpd.GeoDataFrame) -> Path:
    frame.to_file(path)
    return path


def read(path: Path, columns: dict[str, str] = COLUMNS, **options: Any) -> Register:
    return open_register(PermitOptions(path=path.name, columns=columns, **options), path.parent)[0]


def refused(path: Path, columns: dict[str, str] = COLUMNS, **options: Any) -> InputError:
    with pytest.raises(InputError) as error:
        read(path, columns, **options)
    assert error.value.file == path
    assert error.value.mend
    return error.value


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4544", "EPSG:4523", "EPSG:3857"])
def test_every_form_and_reference_system_gives_the_same(tmp_path: Path, suffix: str, crs: str) -> None:
    permits = read(write(tmp_path / f"register{suffix}", table().to_crs(crs))).permits
    assert list(permits.columns) == PERMIT_COLUMNS
    assert permits.crs.to_epsg() == 4326
    assert list(permits["number"]) == ["C1", "C2"]
    assert set(permits["holder"]) == {"A mine"}
    assert set(permits["mine"]) == {""}
    assert set(permits["valid_from"]) == {datetime.date(2015, 1, 1)}
    assert set(permits["valid_to"]) == {datetime.date(2025, 12, 31)}
    areas = [geodesic_area(shape) for shape in permits.geometry]
    assert areas == pytest.approx([geodesic_area(ONE), geodesic_area(TWO)], rel=1e-5)


def test_a_chinese_shapefile_without_cpg_is_read_in_its_encoding(tmp_path: Path) -> None:
    (permit,) = read(chinese(tmp_path / "矿权.shp"), CHINESE, encoding="GB18030").permits.itertuples()
    assert (permit.number, permit.mine, permit.kind) == ("C5300002010", "威宁铁矿", "采矿权")
    assert permit.valid_to == datetime.date(2025, 12, 31)


def test_without_an_encoding_it_is_refused_rather_than_misread(tmp_path: Path) -> None:
    error = refused(chinese(tmp_path / "a.shp"), CHINESE)
    assert error.field == "permits.encoding"
    assert "GB18030" in error.mend


def test_a_wrong_encoding_is_named(tmp_path: Path) -> None:
    assert refused(chinese(tmp_path / "a.shp"), CHINESE, encoding="UTF-8").field == "encoding"


def test_a_cpg_says_the_encoding(tmp_path: Path) -> None:
    path = chinese(tmp_path / "a.shp")
    path.with_suffix(".cpg").write_text("GBK")
    assert list(read(path, CHINESE).permits["mine"]) == ["威宁铁矿"]


@pytest.mark.parametrize("folder", ["", "register 2021/", "矿权/"])
def test_a_zipped_shapefile_is_read_where_it_lies_in_the_archive(tmp_path: Path, folder: str) -> None:
    parts = chinese(tmp_path / "a.shp").parent.glob("a.*")
    with zipfile.ZipFile(tmp_path / "register.zip", "w") as archive:
        for part in list(parts):
            archive.write(part, folder + part.name)
    (permit,) = read(tmp_path / "register.zip", CHINESE, encoding="GB18030").permits.itertuples()
    assert permit.mine == "威宁铁矿"


def test_an_archive_of_several_asks_which(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.shp", table())
    with zipfile.ZipFile(tmp_path / "register.zip", "w") as archive:
        for part in [*tmp_path.glob("a.*"), *tmp_path.glob("b.*")]:
            archive.write(part, part.name)
    error = refused(tmp_path / "register.zip")
    assert (error.field, error.problem) == ("permits.layer", "2 shapefiles in it")
    assert len(read(tmp_path / "register.zip", layer="b").permits) == 2


@pytest.mark.parametrize("name", ["a.zip", "a.shp", "a.gpkg", "a.geojson"])
@pytest.mark.parametrize("contents", [b"junk", b"<OGRVRTDataSource/>"])
def test_what_holds_something_else_is_refused(tmp_path: Path, name: str, contents: bytes) -> None:
    (tmp_path / name).write_bytes(contents)
    assert "not a readable" in refused(tmp_path / name).problem


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.shp", "<OGRVRTDataSource/>")
    assert "none" in refused(tmp_path / "a.zip").problem
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("read me.txt", "")
    assert refused(tmp_path / "b.zip").problem == "no shapefile in it"


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.kml").write_text("<kml/>")
    assert refused(tmp_path / "a.kml").problem == "'.kml' is not read here"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "a.zip").field == "permits.path"


def test_no_reference_system_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.shp", table())
    path.with_suffix(".prj").unlink()
    assert refused(path).field == "CRS"


@pytest.mark.parametrize("name", ["number", "holder", "valid_to"])
def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path, name: str) -> None:
    error = refused(write(tmp_path / "a.gpkg", table()), COLUMNS | {name: "nix"})
    assert (error.field, error.problem) == (f"permits.columns.{name}", "no column 'nix'")
    assert error.mend == "take one of: no, owner, from, to"


def test_a_date_that_is_none_names_the_permit(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "a.gpkg", table(to=["2025-12-31", "soon"])))
    assert (error.field, error.problem) == ("to", "permit C2: 'soon' is no date")


def test_a_permit_without_dates_is_kept_and_noted(tmp_path: Path) -> None:
    register = read(write(tmp_path / "a.gpkg", table(**{"from": ["2015-01-01", None], "to": ["2025-12-31", None]})))
    assert list(register.permits["valid_to"]) == [datetime.date(2025, 12, 31), None]
    assert register.without_dates == 1
    assert register.report()["without_dates"] == 1


def test_a_permit_without_an_outline_is_kept_and_noted(tmp_path: Path) -> None:
    register = read(write(tmp_path / "a.geojson", table(ONE, Point(104.2, 26.8), None)))
    assert register.without_outline == 2
    assert list(register.permits.geometry.is_empty) == [False, True, True]
    assert len(register.permits) == 3


def test_a_register_without_any_outline_is_refused(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.gpkg", table(Point(104.2, 26.8)))).field == "geometry"


def test_a_permit_without_a_number_is_named_by_its_row(tmp_path: Path) -> None:
    register = read(write(tmp_path / "a.geojson", table(ONE, TWO, TWO, no=["C1", None, ""])))
    assert list(register.permits["number"]) == ["C1", "(row 2)", "(row 3)"]
    assert register.report() == {"permits": 3, "unnumbered": 2}


def test_a_column_without_any_number_is_refused(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "a.gpkg", table(no=["", " "])))
    assert (error.field, error.problem) == ("no", "no permit has a number")


def test_numbers_that_are_numbers_are_written_whole(tmp_path: Path) -> None:
    assert list(read(write(tmp_path / "a.gpkg", table(no=[7.0, 12.0]))).permits["number"]) == ["7", "12"]


def test_rows_of_one_number_that_agree_are_one_permit(tmp_path: Path) -> None:
    register = read(write(tmp_path / "a.gpkg", table(no=["C", "C"])))
    (permit,) = register.permits.itertuples()
    assert register.report() == {"permits": 1, "joined": 1}
    assert permit.valid_to == datetime.date(2025, 12, 31)
    assert geodesic_area(permit.geometry) == pytest.approx(geodesic_area(ONE) + geodesic_area(TWO), rel=1e-6)


def test_rows_of_one_number_that_differ_are_told_apart(tmp_path: Path) -> None:
    register = read(write(tmp_path / "a.gpkg", table(no=["C", "C"], to=["2024-01-01", "2025-01-01"])))
    assert list(register.permits["number"]) == ["C (row 1)", "C (row 2)"]
    assert register.report() == {"permits": 2, "ambiguous": 2}


def test_a_ring_that_crosses_itself_is_mended_and_noted(tmp_path: Path) -> None:
    bow_tie = Polygon([(104.20, 26.80), (104.21, 26.81), (104.21, 26.80), (104.20, 26.81)])
    register = read(write(tmp_path / "a.geojson", table(bow_tie, TWO)))
    assert list(register.permits["mended"]) == [True, False]
    assert register.permits.is_valid.all()
    assert geodesic_area(register.permits.geometry.iloc[0]) == pytest.approx(geodesic_area(ONE) / 2, rel=1e-3)


def test_heights_are_dropped(tmp_path: Path) -> None:
    flat = Polygon([(x, y, 1800.0) for x, y in ONE.exterior.coords])
    assert not read(write(tmp_path / "a.gpkg", table(flat))).permits.has_z.any()


def test_metres_that_pass_for_degrees_are_refused(tmp_path: Path) -> None:
    metres = table().to_crs("EPSG:4544").set_crs("EPSG:4326", allow_override=True)
    (tmp_path / "a.geojson").write_text(metres.to_json())
    assert "no longitude and latitude" in refused(tmp_path / "a.geojson").problem


def test_long_edges_stay_straight_in_the_register_s_own_system(tmp_path: Path) -> None:
    """A parallel of 40 km is straight in degrees; two corners alone would put its middle 17 m off in metres."""
    wide = box(104.0, 26.8, 104.4, 26.9)
    shape = read(write(tmp_path / "a.gpkg", table(wide))).permits.to_crs("EPSG:32648").geometry.iloc[0]
    middle = gpd.GeoSeries([Point(104.2, 26.9)], crs="EPSG:4326").to_crs("EPSG:32648").iloc[0]
    assert shape.exterior.distance(middle) < 0.05


def test_kinds_of_which_none_occurs_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", table(sort=["采矿权", "探矿权"]))
    error = refused(path, COLUMNS | {"kind": "sort"}, extraction_kinds=["mining"])
    assert error.field == "permits.extraction_kinds"
    assert "'采矿权'" in error.mend


def test_options_say_what_is_wrong_with_them() -> None:
    with pytest.raises(ValidationError, match=r"columns\.kind"):
        PermitOptions(path="a.shp", columns={"number": "no"}, extraction_kinds=["mining"])
    with pytest.raises(ValidationError, match="no encoding 'GB'"):
        PermitOptions(path="a.shp", columns={"number": "no"}, encoding="GB")
    with pytest.raises(ValidationError):
        PermitOptions(path="a.shp", columns={"number": "no", "valid_till": "to"})
