"""The register that an area names: any form and reference system, and refusals that name file, option and mend."""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from pydantic import ValidationError
from shapely.geometry import box

from engine.errors import InputError
from engine.permits.cadastre import Heading
from engine.permits.opening import open_register
from engine.permits.options import PermitOptions
from engine.permits.register import PERMIT_COLUMNS, Register

ONE, TWO = box(104.20, 26.80, 104.21, 26.81), box(104.22, 26.80, 104.23, 26.81)
COLUMNS = {"number": "no", "holder": "owner", "valid_from": "from", "valid_to": "to"}
CHINESE = {"number": "许可证号", "mine": "矿山名称", "kind": "项目类型", "valid_to": "有效期止"}


def table(crs: str | None = "EPSG:4326", **columns: list[Any]) -> gpd.GeoDataFrame:
    given = {
        "no": ["C1", "C2"],
        "owner": ["A mine"] * 2,
        "from": ["2015-01-01"] * 2,
        "to": ["2025-12-31"] * 2,
    }
    return gpd.GeoDataFrame(given | columns, geometry=[ONE, TWO], crs=crs)


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


def read(path: Path, columns: dict[str, str] | None = COLUMNS, **options: Any) -> Register:
    return open_register(PermitOptions(path=path.name, columns=columns, **options), path.parent)[0]


def refused(path: Path, columns: dict[str, str] | None = COLUMNS, **options: Any) -> InputError:
    with pytest.raises(InputError) as error:
        read(path, columns, **options)
    assert error.value.file == path
    assert error.value.mend
    return error.value


@pytest.mark.parametrize(("suffix", "crs"), [(".geojson", "EPSG:4326"), (".gpkg", "EPSG:4544"), (".shp", "EPSG:4523")])
def test_every_form_and_reference_system_gives_the_same(tmp_path: Path, suffix: str, crs: str) -> None:
    permits = read(write(tmp_path / f"register{suffix}", table().to_crs(crs))).permits
    assert list(permits.columns) == PERMIT_COLUMNS
    assert permits.crs.to_epsg() == 4326
    assert list(permits["number"]) == ["C1", "C2"]
    assert set(permits["holder"]) == {"A mine"}
    assert set(permits["mine"]) == {""}
    assert set(permits["valid_from"]) == {datetime.date(2015, 1, 1)}
    assert set(permits["valid_to"]) == {datetime.date(2025, 12, 31)}


@pytest.mark.parametrize("folder", ["", "矿权/"])
def test_a_zipped_chinese_shapefile_needs_no_help(tmp_path: Path, folder: str) -> None:
    with zipfile.ZipFile(tmp_path / "register.zip", "w") as archive:
        for part in list(chinese(tmp_path / "a.shp").parent.glob("a.*")):
            archive.write(part, folder + part.name)
    register, report = open_register(PermitOptions(path="register.zip"), tmp_path)
    (permit,) = register.permits.itertuples()
    assert (permit.number, permit.mine, permit.kind) == ("C5300002010", "威宁铁矿", "采矿权")
    assert permit.valid_to == datetime.date(2025, 12, 31)
    assert {str(field): column for field, column in report.mapping.items()} == CHINESE
    assert "encoding" in {note.code for note in report.under(Heading.GUESSED)}


def test_columns_that_are_named_are_taken_and_no_other(tmp_path: Path) -> None:
    register = read(chinese(tmp_path / "a.shp"), {"number": "许可证号"}, encoding="GB18030")
    assert (list(register.permits["number"]), register.without_dates) == (["C5300002010"], 1)


def test_a_wrong_encoding_is_named(tmp_path: Path) -> None:
    error = refused(chinese(tmp_path / "a.shp"), CHINESE, encoding="UTF-8")
    assert (error.field, error.problem) == ("permits.encoding", "its texts are not written in utf-8")
    assert error.mend == "choose another encoding, such as GB18030 or UTF-8"


def test_an_archive_of_several_asks_which(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.shp", table())
    with zipfile.ZipFile(tmp_path / "register.zip", "w") as archive:
        for part in [*tmp_path.glob("a.*"), *tmp_path.glob("b.*")]:
            archive.write(part, part.name)
    assert refused(tmp_path / "register.zip").field == "permits.layer"
    assert len(read(tmp_path / "register.zip", layer="b").permits) == 2


def test_what_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_bytes(b"<OGRVRTDataSource/>")
    refused(tmp_path / "a.gpkg")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "a.zip").field == "permits.path"


def test_a_missing_reference_system_is_asked_for_and_can_be_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.shp", table().to_crs("EPSG:4544"))
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError) as error:
        open_register(PermitOptions(path=path.name), tmp_path, near=(104.2, 26.8))
    assert (error.value.file, error.value.field) == (path, "permits.crs")
    assert "EPSG:4544" in error.value.mend
    register = read(path, crs="EPSG:4544")
    assert register.permits.geometry.iloc[0].centroid.distance(ONE.centroid) < 1e-6


def test_an_area_may_know_better_than_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.shp", table().to_crs("EPSG:4544"))
    path.with_suffix(".prj").write_text(path.with_suffix(".prj").read_text().replace("105", "108"))
    register = read(path, crs="EPSG:4544")
    assert register.permits.geometry.iloc[0].centroid.distance(ONE.centroid) < 1e-6


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "a.gpkg", table()), COLUMNS | {"valid_to": "nix"})
    assert (error.field, error.problem) == ("permits.columns.valid_to", "no column 'nix'")
    assert error.mend == "take one of: no, owner, from, to"


def test_a_date_that_is_none_is_listed(tmp_path: Path) -> None:
    write(tmp_path / "a.gpkg", table(to=["2025-12-31", "soon"]))
    register, report = open_register(PermitOptions(path="a.gpkg", columns=COLUMNS), tmp_path)
    assert list(register.permits["valid_to"]) == [datetime.date(2025, 12, 31), None]
    (note,) = [note for note in report.under(Heading.REFUSED) if note.code == "not_a_date"]
    assert (note.rows, note.parameters["texts"]) == ((2,), ["soon"])


def test_a_column_without_any_number_is_refused(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "a.gpkg", table(no=["", " "])))
    assert (error.field, error.problem) == ("no", "no permit has a number")


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
