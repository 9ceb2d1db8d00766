"""Selections in each format hold what went in, as far as the format can."""

import csv
import datetime
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from engine.evidence.exports import KINDS, Form, export, flattened
from engine.evidence.shapefile import short_names

WITH_HOLE = Polygon(
    [(105.50, 37.60), (105.50, 37.61), (105.52, 37.61), (105.52, 37.60)],  # clockwise, as RFC 7946 forbids
    [[(105.505, 37.602), (105.515, 37.602), (105.515, 37.608), (105.505, 37.608)]],
)
TWO = MultiPolygon([box(105.53, 37.60, 105.54, 37.61), box(105.55, 37.60, 105.56, 37.61)])
LONG = "越界开采" * 100
VALUES: dict[str, list[Any]] = {
    "patch_id": ["P-0001", "P-0002", "=HYPERLINK(1)"],
    "矿山名称甲乙丙丁": ["卫宁二十二号砂岩矿", LONG, None],
    "a_rather_long_name": [1.5, None, -2.25],
    "a_rather_long_name_too": [1, 2, 3],
    "valid_to": [datetime.date(2027, 3, 1), None, datetime.date(1999, 12, 31)],
    "permits": [["C1", "C2"], [], ["C{{3}}"]],
    "reasons": [[{"code": "expired", "parameters": {"permit": "C1"}}], [], []],
    "uploaded": [True, False, True],
}


@pytest.fixture(scope="module")
def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(VALUES, geometry=[WITH_HOLE, TWO, None], crs="EPSG:4326")


def read(content: bytes, form: Form, folder: Path, **options: Any) -> gpd.GeoDataFrame:
    path = folder / f"selection{KINDS[form].suffix}"
    path.write_bytes(content)
    return pyogrio.read_dataframe(path, **options)


@pytest.mark.parametrize("form", Form)
def test_the_same_selection_gives_the_same_bytes(form: Form, frame: gpd.GeoDataFrame) -> None:
    assert export(frame, form, name="weining") == export(frame, form, name="weining")


@pytest.mark.parametrize("form", Form)
def test_an_empty_selection_is_a_file(form: Form, frame: gpd.GeoDataFrame) -> None:
    assert len(export(frame.iloc[:0], form, name="weining")) > 40


def test_the_frame_is_left_as_it_was(frame: gpd.GeoDataFrame) -> None:
    before = frame.copy(deep=True)
    for form in Form:
        export(frame, form, name="weining")
    pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(frame))


@pytest.mark.parametrize("form", [Form.GPKG, Form.GEOJSON])
def test_what_gis_reads_is_what_went_in(form: Form, frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    back = read(export(frame, form, name="weining"), form, tmp_path)
    assert back.crs == "EPSG:4326"
    assert list(back["patch_id"]) == VALUES["patch_id"]
    assert list(back["矿山名称甲乙丙丁"])[:2] == VALUES["矿山名称甲乙丙丁"][:2]
    assert list(back["a_rather_long_name_too"]) == [1, 2, 3]
    assert np.isnan(back["a_rather_long_name"][1])
    assert list(back["permits"]) == ["C1, C2", "", "C{{3}}"]
    assert str(back["valid_to"][0])[:10] == "2027-03-01"
    assert back.geometry[0].equals_exact(shapely.orient_polygons(WITH_HOLE), 1e-7) or back.geometry[0].equals(WITH_HOLE)
    assert back.geometry[1].equals(TWO)
    assert back.geometry[2] is None


def test_geojson_is_what_the_standard_asks(frame: gpd.GeoDataFrame) -> None:
    metres = frame.to_crs("EPSG:4544")
    told = json.loads(export(metres, Form.GEOJSON, name="weining"))
    assert "crs" not in told
    shell, hole = told["features"][0]["geometry"]["coordinates"]
    assert shapely.LinearRing(shell).is_ccw
    assert not shapely.LinearRing(hole).is_ccw
    assert all(value == round(value, 7) for point in shell for value in point)
    assert shell[0] == pytest.approx([105.5, 37.6], abs=0.02)
    assert told["features"][2]["geometry"] is None


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_a_shapefile_says_what_it_had_to_cut(encoding: Any, frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    content = export(frame, Form.SHAPEFILE, name="威宁 2021", encoding=encoding)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert (tmp_path / "威宁_2021.cpg").read_text() == encoding
    assert len(names) == len(set(names))
    back = pyogrio.read_dataframe(tmp_path / "威宁_2021.shp")
    rows = list(csv.reader((tmp_path / "columns.csv").read_text("utf-8-sig").splitlines()))[1:]
    known = {full: (short, int(count), where) for short, full, count, where in rows}
    assert set(known) == set(VALUES)
    assert list(back.columns.drop("geometry")) == [short for short, *_ in known.values()]
    assert all(len(short.encode(encoding)) <= 10 for short, *_ in known.values())
    mine, cut, where = known["矿山名称甲乙丙丁"]
    assert (cut, where) == (1, "2")
    assert back[mine][0] == "卫宁二十二号砂岩矿"
    assert LONG.startswith(back[mine][1])
    assert 250 <= len(back[mine][1].encode(encoding)) <= 254
    assert pyogrio.read_info(tmp_path / "威宁_2021.shp")["dtypes"][4].startswith("datetime64[D]")
    assert list(back[known["uploaded"][0]]) == [1, 0, 1]
    assert back.geometry[1].equals(TWO)
    assert back.geometry[2] is None


def test_letters_that_an_encoding_lacks_become_question_marks(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"holder": ["São 采矿"]}, geometry=[TWO], crs="EPSG:4326")
    with zipfile.ZipFile(io.BytesIO(export(frame, Form.SHAPEFILE, name="x", encoding="GBK"))) as archive:
        archive.extractall(tmp_path)
    assert pyogrio.read_dataframe(tmp_path / "x.shp")["holder"][0] == "S?o 采矿"


@given(st.lists(st.text(min_size=1), min_size=1, max_size=30, unique=True), st.sampled_from(["UTF-8", "GBK"]))
def test_short_names_are_short_and_all_different(columns: list[str], encoding: str) -> None:
    names = list(short_names(columns, encoding).values())
    assert len({name.lower() for name in names}) == len(columns)
    assert all(0 < len(name.encode(encoding)) <= 10 for name in names)


def test_geoparquet_gives_everything_back(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "selection.parquet"
    path.write_bytes(export(frame, Form.GEOPARQUET, name="weining"))
    back = gpd.read_parquet(path)
    assert list(back["valid_to"]) == VALUES["valid_to"]
    assert back.geometry[0].equals(WITH_HOLE)
    assert back.geometry[2] is None


def test_csv_opens_in_excel_and_runs_nothing(frame: gpd.GeoDataFrame) -> None:
    content = export(frame, Form.CSV, name="weining")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0]["valid_to"] == "2027-03-01"
    assert shapely.from_wkt(rows[1]["wkt"]).equals(TWO)
    assert rows[2]["wkt"] == ""
    assert rows[2]["patch_id"] == "'=HYPERLINK(1)"
    assert rows[2]["a_rather_long_name"] == "-2.25"


def test_a_workbook_has_dates_and_no_formulas(frame: gpd.GeoDataFrame) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export(frame, Form.XLSX, name="weining/[2021]")))
    sheet = book.active
    columns = [cell.value for cell in sheet[1]]
    date = sheet.cell(2, 1 + columns.index("valid_to"))
    assert date.is_date
    assert date.value.date() == datetime.date(2027, 3, 1)
    formula = sheet.cell(4, 1 + columns.index("patch_id"))
    assert (formula.data_type, formula.value) == ("s", "=HYPERLINK(1)")
    assert sheet.cell(2, 1 + columns.index("a_rather_long_name")).value == 1.5
    assert sheet.cell(4, 1 + columns.index("longitude")).value is None


def test_kml_is_read_with_its_columns(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    back = read(export(frame.iloc[:2], Form.KML, name="weining"), Form.KML, tmp_path)
    assert list(back["Name"]) == ["P-0001", "P-0002"]
    assert back.geometry[0].equals_exact(shapely.orient_polygons(WITH_HOLE), 1e-6) or back.geometry[0].equals(WITH_HOLE)
    assert shapely.get_num_geometries(back.geometry[1]) == 2
    told = export(frame, Form.KML, name="weining").decode()
    assert "卫宁二十二号砂岩矿" in told


def test_gpx_leads_into_each_patch_and_along_it(frame: gpd.GeoDataFrame) -> None:
    root = ET.fromstring(export(frame, Form.GPX, name="weining"))
    space = {"g": "http://www.topografix.com/GPX/1/1"}
    points = root.findall("g:wpt", space)
    assert len(points) == 2  # one has no geometry
    for mark, shape in zip(points, (WITH_HOLE, TWO), strict=True):
        assert shape.contains(shapely.Point(float(mark.get("lon", "")), float(mark.get("lat", ""))))
    assert [len(track.findall("g:trkseg", space)) for track in root.findall("g:trk", space)] == [2, 2]


def test_flattening_keeps_kinds() -> None:
    frame = gpd.GeoDataFrame(
        {
            "whole": [1, None],
            "when": [pd.Timestamp("2021-08-03"), pd.NaT],
            "blob": [b"\x01", None],
            "map": [{"a": 1}, None],
        },
        geometry=[Polygon(), TWO],
        crs="EPSG:4326",
    )
    flat = flattened(frame)
    assert list(flat["when"]) == [datetime.date(2021, 8, 3), None]
    assert flat["blob"][0] == "01"
    assert flat["map"][0] == '{"a": 1}'
    assert flat.geometry[0] is None
