"""Registers of permits in every form: found, told from other files, and readable as the area file names them."""

import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest

from engine.permits.opening import open_register
from engine.permits.options import PermitOptions
from engine.survey import registers
from engine.survey.area_file import area_text
from engine.survey.notes import Notes
from engine.survey.places import Survey, survey
from tests.engine.survey.conftest import STRZEGOM, scene, write_image, write_polygons

COLUMNS = {"许可证号": ["C1", "C2"], "采矿权人": ["甲矿", "乙矿"], "有效期止": ["2030-01-01", "2031-01-01"]}


def shapefile(folder: Path) -> Path:
    path = write_polygons(folder / "permits.shp", COLUMNS, encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    return path


def archive(folder: Path) -> Path:
    shapefile(folder / "parts")
    with zipfile.ZipFile(folder / "permits.zip", "w") as whole:
        for part in sorted((folder / "parts").iterdir()):
            whole.write(part, f"矿权/{part.name}")
            part.unlink()
    return folder / "permits.zip"


def rows(folder: Path) -> list[list[str]]:
    frame = gpd.read_file(write_polygons(folder / "a.geojson", COLUMNS))
    (folder / "a.geojson").unlink()
    columns = list(COLUMNS)
    return [
        [*columns, "经度", "纬度"],
        *(
            [*(str(row[name])[:10] for name in columns), f"{x:.7f}", f"{y:.7f}"]
            for _, row in frame.iterrows()
            for x, y in row.geometry.exterior.coords
        ),
    ]


def corners(folder: Path) -> Path:
    (folder / "permits.csv").write_text("\n".join(",".join(row) for row in rows(folder)), encoding="GBK")
    return folder / "permits.csv"


def workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    for row in rows(folder):
        book.active.append(row)
    book.save(folder / "permits.xlsx")
    return folder / "permits.xlsx"


def placemarks(folder: Path) -> Path:
    frame = gpd.read_file(write_polygons(folder / "a.geojson", COLUMNS))
    (folder / "a.geojson").unlink()
    marks = [
        "<Placemark><ExtendedData>"
        + "".join(f'<Data name="{name}"><value>{str(row[name])[:10]}</value></Data>' for name in COLUMNS)
        + "</ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        + " ".join(f"{x},{y},0" for x, y in row.geometry.exterior.coords)
        + "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        for _, row in frame.iterrows()
    ]
    text = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(marks)}</Document></kml>'
    with zipfile.ZipFile(folder / "permits.kmz", "w") as whole:
        whole.writestr("doc.kml", text)
    return folder / "permits.kmz"


def found_in(folder: Path) -> Survey:
    write_image(folder / "2020-01-01.tif", scene(3))
    return survey(folder)


@pytest.mark.parametrize("write", [shapefile, archive, placemarks])
def test_permits_are_found_in_every_form(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    path = write(tmp_path)
    found = found_in(tmp_path)
    (place,) = found.places
    assert [layer.path for layer in place.permits] == [path]
    assert place.permits[0].within(STRZEGOM) == 2
    assert place.outlines is None
    assert path not in found.unused.reasons
    text = area_text(place, Path("SOURCE.md"), tmp_path, Notes()).split("# [permits]\n")[1].split("\n\n")[0]
    options = tomllib.loads("\n".join(line.removeprefix("# ") for line in text.splitlines()))
    register, _ = open_register(PermitOptions(**options), tmp_path)
    assert list(register.permits["number"]) == ["C1", "C2"]


@pytest.mark.parametrize("write", [corners, workbook])
def test_permits_without_a_system_are_asked_for_it(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    """Tables of corners say none, whatever their numbers are."""
    path = write(tmp_path)
    found = found_in(tmp_path)
    assert found.places[0].permits == []
    assert "name it as `crs` in [permits] (likely: EPSG:4" in found.unused.reasons[path]


def test_what_holds_no_permits_is_said_or_left_alone(tmp_path: Path) -> None:
    (tmp_path / "baselines.csv").write_text("date,baseline\n2020-01-01,12\n")
    (tmp_path / "notes.xlsx").write_bytes(b"PK\x03\x04")
    with zipfile.ZipFile(tmp_path / "scene.zip", "w") as whole:
        whole.writestr("scene.tif", b"II*\0")
        whole.writestr("footprint.shp", b"")
    reasons = found_in(tmp_path).unused.reasons
    assert tmp_path / "baselines.csv" not in reasons
    assert reasons[tmp_path / "scene.zip"] == "an archive: unpack it"
    assert str(tmp_path) not in reasons[tmp_path / "notes.xlsx"]


def test_no_more_than_some_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registers, "_MOST", 0)
    path = archive(tmp_path)
    assert "not looked into" in found_in(tmp_path).unused.reasons[path]
