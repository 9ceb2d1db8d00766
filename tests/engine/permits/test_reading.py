"""Cadastres: whatever the form, encoding and system, the same permits come out; what was done to them is said."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from engine.errors import InputError
from engine.permits.cadastre import Cadastre, Choices
from engine.permits.changes import register_changes
from engine.permits.intake.systems import name_of
from engine.permits.reading import read_cadastre
from engine.permits.registering import make_register
from engine.simulate.register.files import SHORT_NAMES, write_register
from engine.wording import note
from tests.engine.simulate.made_up import made_up_register

ROOT = Path(__file__).parents[3]
CADASTRES = ROOT.parent / "shared" / "data" / "cadastres"
NEAR = (105.4, 37.6)
SHAPES = [shapely.box(544_000 + 2000 * n, 4_160_000, 545_000 + 2000 * n, 4_161_000) for n in range(3)]
NAMES = ["卫宁煤矿", "卫宁铁矿", "沙坡头石灰岩矿"]


def table(crs: str = "EPSG:4544", **columns: list[Any]) -> gpd.GeoDataFrame:
    """Three permits, laid out in CGCS2000 on 105° E."""
    given = {"许可证号": [f"C53{n}" for n in range(3)], "矿山名称": NAMES}
    return gpd.GeoDataFrame(given | columns, geometry=SHAPES, crs="EPSG:4544").to_crs(crs)


def shapefile(path: Path, frame: gpd.GeoDataFrame, encoding: str = "GBK", without: Sequence[str] = ()) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    frame.to_file(path, encoding=encoding)
    for suffix in ("cpg", *without):
        path.with_suffix(f".{suffix}").unlink(missing_ok=True)
    return path


def zipped(path: Path, *files: Path, folder: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, f"{folder}{file.name}")
    return path


def codes(cadastre: Cadastre) -> dict[str, Any]:
    return {each.code: each for each in cadastre.notes}


def assert_same(cadastre: Cadastre, shapes: Sequence[Any] = SHAPES, within: float = 0.02) -> None:
    """The outlines are those of the permits, in whatever order their corners are listed."""
    polygons = cadastre.table.geometry
    assert len(polygons) == len(shapes)
    for polygon, shape in zip(polygons, shapes, strict=True):
        assert shapely.hausdorff_distance(polygon, shape) < within


@pytest.mark.real_process
def test_a_zip_with_chinese_names_in_gbk(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "QQQQQQ.shp", table())
    archive = zipped(tmp_path / "upload.zip", *sorted(tmp_path.glob("QQQQQQ.*")), folder="WWWW/")
    names = {b"QQQQQQ": "许可证".encode("gbk"), b"WWWW": "矿权".encode("gbk")}
    whole = archive.read_bytes()
    for latin, chinese in names.items():
        whole = whole.replace(latin, chinese)
    archive.write_bytes(whole)
    cadastre = read_cadastre(archive)
    assert (cadastre.form, cadastre.layers, cadastre.crs) == ("shapefile", ("许可证",), "EPSG:4544")
    assert (cadastre.encoding, cadastre.encoding_guessed) == ("GB18030", True)
    assert list(cadastre.table["矿山名称"]) == NAMES
    assert list(cadastre.table["row_in_file"]) == [1, 2, 3]
    assert cadastre.table["as_read"].iloc[0] == gpd.read_file(path).force_2d().iloc[0].wkb
    assert_same(cadastre)


@pytest.mark.parametrize(
    ("encoding", "names", "expected"),
    [
        ("GBK", NAMES, "GB18030"),
        ("UTF-8", NAMES, "UTF-8"),
        ("Big5", ["台灣煤礦公司", "鐵礦石場", "石灰岩礦"], "Big5"),
        ("cp1252", ["Peña Nieto", "São João", "Río Grande"], "cp1252"),
    ],
)
def test_texts_are_read_as_they_were_written(tmp_path: Path, encoding: str, names: list[str], expected: str) -> None:
    path = shapefile(tmp_path / "a.shp", table().drop(columns=["许可证号", "矿山名称"]).assign(titular=names), encoding)
    marked = bytearray(path.with_suffix(".dbf").read_bytes())
    marked[29] = 0x57  # says ANSI, as many programs write whatever the texts are
    path.with_suffix(".dbf").write_bytes(marked)
    cadastre = read_cadastre(path)
    assert (cadastre.encoding, cadastre.encoding_guessed) == (expected, True)
    assert list(cadastre.table["titular"]) == names
    assert "encoding" in codes(cadastre)


def test_an_encoding_may_be_chosen(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", table())
    chosen = read_cadastre(path, Choices(encoding="latin-1"))
    assert (chosen.encoding, chosen.encoding_guessed) == ("iso8859-1", False)
    with pytest.raises(InputError, match="no encoding 'klingon'"):
        read_cadastre(path, Choices(encoding="klingon"))


def test_loose_parts_come_in_any_order_and_case(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", table())
    parts = [path.with_suffix(f".{suffix}") for suffix in ("dbf", "prj", "shp", "shx")]
    loud = [part.rename(part.with_suffix(part.suffix.upper())) for part in parts]
    assert_same(read_cadastre(loud))
    assert read_cadastre(loud).sha256 == read_cadastre(loud[::-1]).sha256


@pytest.mark.parametrize(("missing", "code"), [("shx", "index_made"), ("dbf", "no_attributes"), ("prj", "no_crs")])
def test_missing_parts_are_told(tmp_path: Path, missing: str, code: str) -> None:
    cadastre = read_cadastre(shapefile(tmp_path / "a.shp", table(), without=[missing]))
    assert code in codes(cadastre)
    assert_same(cadastre)
    assert not (tmp_path / "a.shx").exists() or missing != "shx"


def test_layers(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    zones = gpd.GeoDataFrame({"zone": ["x"]}, geometry=SHAPES[:1], crs="EPSG:4544")
    table().to_file(path, layer="permits")
    zones.to_file(path, layer="zones")
    table().assign(geometry=table().geometry.centroid).to_file(path, layer="middles")
    cadastre = read_cadastre(path)
    assert (cadastre.layer, set(cadastre.layers)) == ("permits", {"permits", "zones", "middles"})
    assert codes(cadastre)["layers_left"].parameters["count"] == 2
    assert len(read_cadastre(path, Choices(layer="zones")).table) == 1
    both = read_cadastre(path, Choices(layer="permits|zones"))
    assert list(both.table["layer"]) == ["permits"] * 3 + ["zones"]
    with pytest.raises(InputError, match="no layer 'other'; it has: permits"):
        read_cadastre(path, Choices(layer="other"))
    table().to_file(path, layer="more permits")
    with pytest.raises(InputError, match="2 layers that may hold the permits: permits, more permits"):
        read_cadastre(path)


def ring(shape: Any) -> str:
    corners = " ".join(f"{x},{y},0" for x, y in shape.exterior.coords)
    return (
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{corners}</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon>"
    )


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_kml_with_nested_folders(tmp_path: Path, encoding: str) -> None:
    one, two, three = table("EPSG:4326").geometry
    data = '<ExtendedData><Data name="许可证号"><value>C530</value></Data></ExtendedData>'
    kml = (
        f'<?xml version="1.0" encoding="{encoding}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<Folder><name>甲</name><Placemark><name>A</name>{data}{ring(one)}</Placemark>"
        f"<Folder><name>乙</name><Placemark><MultiGeometry>{ring(two)}{ring(three)}</MultiGeometry></Placemark></Folder>"
        f"</Folder><Placemark>{ring(three)}</Placemark></Document></kml>"
    )
    (tmp_path / "doc.kml").write_bytes(kml.encode(encoding))
    for path in (tmp_path / "doc.kml", zipped(tmp_path / "a.kmz", tmp_path / "doc.kml")):
        cadastre = read_cadastre(path)
        assert list(cadastre.table["folder"]) == ["甲", "甲/乙", ""]
        assert cadastre.table["许可证号"].iloc[0] == "C530"
        assert codes(cadastre)["heights_dropped"].rows == (1, 2, 3)
        assert_same(cadastre, [one, shapely.MultiPolygon([two, three]), three], 1e-9)


def corners(frame: gpd.GeoDataFrame) -> list[tuple[str, int, float, float]]:
    return [
        (number, n, x, y)
        for number, shape in zip(frame["许可证号"], frame.geometry, strict=True)
        for n, (x, y) in enumerate(shape.exterior.coords[:-1], start=1)
    ]


def test_corners_in_which_x_is_the_northing(tmp_path: Path) -> None:
    frame = table("EPSG:4523")
    path = tmp_path / "拐点.csv"
    rows = [f"{number},{n},{y:.2f},{x:.2f}" for number, n, x, y in corners(frame)]
    path.write_text("\n".join(["许可证号,点号,X坐标,Y坐标", *rows]), encoding="gb18030")
    cadastre = read_cadastre(path, near=NEAR)
    assert (cadastre.form, cadastre.crs) == ("table of corners", None)
    assert [guess.crs for guess in cadastre.guesses[:3]] == ["EPSG:4523", "EPSG:2359", "EPSG:2411"]
    assert cadastre.guesses[0].distance_km is not None
    assert cadastre.guesses[0].why == "zone_number"
    assert "axes_by_size" in codes(cadastre)
    assert_same(cadastre, list(frame.geometry))


def test_corners_whose_rows_were_sorted_go_by_their_numbers(tmp_path: Path) -> None:
    rows = [f"{number},{n},{x:.2f},{y:.2f}" for number, n, x, y in sorted(corners(table()), key=lambda row: row[2:])]
    (tmp_path / "a.csv").write_text("\n".join(["许可证号,点号,东坐标,北坐标", *rows]), encoding="utf-8")
    cadastre = read_cadastre(tmp_path / "a.csv", Choices(crs="EPSG:4544"))
    frame = cadastre.table.sort_values("许可证号").geometry
    assert [shape.is_valid for shape in frame] == [True] * 3
    assert np.allclose(frame.area, table().area, rtol=1e-4)


def test_corners_with_decimal_commas_named_in_spanish(tmp_path: Path) -> None:
    path = tmp_path / "vertices.csv"
    rows = [f"{number};{n};{x:.2f};{y:.2f}".replace(".", ",") for number, n, x, y in corners(table())]
    path.write_text("\n".join(["Expediente;Vértice;ESTE;NORTE", *rows]), encoding="latin-1")
    cadastre = read_cadastre(path, Choices(crs="EPSG:4544"))
    assert (cadastre.crs, cadastre.crs_guessed) == ("EPSG:4544", False)
    assert "crs_given" in codes(cadastre)
    assert list(cadastre.table["Expediente"]) == ["C530", "C531", "C532"]
    assert_same(cadastre)


def test_a_workbook_with_titles_and_merged_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["某县采矿权拐点坐标表"])
    sheet.merge_cells("A1:D1")
    sheet.append([])
    sheet.append(["采矿许可证号", "拐点编号", "纵坐标X(m)", "横坐标Y(m)"])
    for number, n, x, y in corners(table()):
        sheet.append([number if n == 1 else None, n, y, x])
    book.create_sheet("说明")
    book.save(tmp_path / "a.xlsx")
    cadastre = read_cadastre(tmp_path / "a.xlsx", near=NEAR)
    assert cadastre.guesses[0].crs == "EPSG:4544"
    assert codes(cadastre)["title_rows"].parameters == {"count": 2}
    assert_same(cadastre)


def dms(value: float) -> str:
    seconds = round(value * 3600, 3)
    return f"{int(seconds // 3600)}°{int(seconds % 3600 // 60)}′{seconds % 60:.3f}″"


@pytest.mark.parametrize("number", ["编号", "采矿许可证号", "code"])
def test_the_permit_of_a_corner_is_told_whatever_else_a_row_says(tmp_path: Path, number: str) -> None:
    """Each number stands at every corner of its permit; heights differ more, and mean nothing here."""
    rows = [f"{permit},有效,{n},{x:.2f},{y:.2f},{1200 + n}" for permit, n, x, y in corners(table())]
    (tmp_path / "a.csv").write_text("\n".join([f"{number},状态,点号,东坐标,北坐标,高程", *rows]), encoding="utf-8")
    cadastre = read_cadastre(tmp_path / "a.csv", Choices(crs="EPSG:4544"))
    assert_same(cadastre)
    assert list(cadastre.table[number]) == ["C530", "C531", "C532"]


@pytest.mark.parametrize("style", ["numbered", "plain", "angles"])
def test_all_corners_in_one_cell(tmp_path: Path, style: str) -> None:
    frame = table("EPSG:4490" if style == "angles" else "EPSG:4523")
    lines = ["采矿许可证号,拐点坐标"]
    for number, shape in zip(frame["许可证号"], frame.geometry, strict=True):
        points = shape.exterior.coords[:-1]
        cell = {
            "numbered": ";".join(f"{n},{y:.2f},{x:.2f}" for n, (x, y) in enumerate(points, start=1)),
            "plain": " ".join(f"{y:.2f},{x:.2f}" for x, y in points),
            "angles": "; ".join(f"{n}, {dms(x)}, {dms(y)}" for n, (x, y) in enumerate(points, start=1)),
        }[style]
        lines.append(f'{number},"{cell}"')
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert_same(read_cadastre(path), list(frame.geometry), 1e-6 if style == "angles" else 0.02)


def test_wkt_with_and_without_its_system(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    for before, crs in (("SRID=4544;", "EPSG:4544"), ("", None)):
        rows = [f"{number}\t{before}{shape.wkt}" for number, shape in zip("abc", SHAPES, strict=True)]
        path.write_text("\n".join(["许可证号\tgeom", *rows]), encoding="utf-8")
        cadastre = read_cadastre(path)
        assert (cadastre.form, cadastre.crs) == ("table with WKT", crs)
        assert_same(cadastre)


def test_geojson_keeps_its_system_and_geoparquet_too(tmp_path: Path) -> None:
    for name in ("a.geojson", "a.parquet"):
        path = tmp_path / name
        table("EPSG:4523").to_parquet(path) if name == "a.parquet" else table("EPSG:4523").to_file(path)
        cadastre = read_cadastre(path)
        assert cadastre.crs == "EPSG:4523"
        assert_same(cadastre, list(table("EPSG:4523").geometry))


@pytest.mark.parametrize("code", [4523, 4544, 2359, 2380, 2411, 2432, 4490, 4610, 4214, 22182, 3125, 32648])
def test_systems_are_named_whoever_wrote_them(code: int) -> None:
    assert name_of(CRS.from_user_input(CRS.from_epsg(code).to_wkt("WKT1_ESRI"))) == f"EPSG:{code}"


def test_a_system_that_the_numbers_contradict_is_refused(tmp_path: Path) -> None:
    wrong = table("EPSG:4523").set_crs("EPSG:4544", allow_override=True)
    path = shapefile(tmp_path / "a.shp", wrong)
    with pytest.raises(InputError, match=r"zone number 35, and this system has none.* EPSG:4523"):
        read_cadastre(path, near=NEAR)
    cadastre = read_cadastre(path, Choices(crs="EPSG:4523", override_crs=True))
    assert cadastre.crs == "EPSG:4523"
    with pytest.raises(InputError, match="lack the zone number"):
        read_cadastre(shapefile(tmp_path / "b.shp", table(), without=["prj"]), Choices(crs="EPSG:4523"))
    with pytest.raises(InputError, match="'nonsense' is no coordinate reference system"):
        read_cadastre(path, Choices(crs="nonsense", override_crs=True))


def test_several_zones_in_one_file_are_refused(tmp_path: Path) -> None:
    shapes = [shapely.box(zone * 1e6 + 500_000, 4e6, zone * 1e6 + 501_000, 4.001e6) for zone in (35, 36) * 5]
    gpd.GeoDataFrame({"no": range(10)}, geometry=shapes).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"several zone numbers \(35, 36\)"):
        read_cadastre(tmp_path / "a.parquet")


@pytest.mark.parametrize("near", [(-68.2, -25.1), None])
def test_argentine_corners_in_which_x_is_the_northing(tmp_path: Path, near: tuple[float, float] | None) -> None:
    path = tmp_path / "a.csv"
    rows = ["21942;7223128;2580964,89", "21942;7223128;2582213,04", "21942;7220535,85;2582213,04"]
    path.write_text("\n".join(["Expediente;X;Y", *rows]))
    cadastre = read_cadastre(path, near=near)
    assert cadastre.guesses[0].crs == "EPSG:22182"
    assert "axes_by_size" in codes(cadastre)
    assert cadastre.table.total_bounds.tolist() == [2580964.89, 7220535.85, 2582213.04, 7223128.0]


def test_degrees_the_other_way_round_are_turned(tmp_path: Path) -> None:
    turned = table("EPSG:4326")
    turned.geometry = turned.geometry.map(lambda shape: shapely.transform(shape, lambda xy: xy[:, ::-1]))
    cadastre = read_cadastre(shapefile(tmp_path / "a.shp", turned, without=["prj"]))
    assert cadastre.guesses[0].crs == "EPSG:4490"
    assert "axes_swapped" in codes(cadastre)
    assert_same(cadastre, list(table("EPSG:4326").geometry), 1e-9)


def test_what_is_mended_and_shared_is_listed(tmp_path: Path) -> None:
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    shapes = [
        bow,
        shapely.box(1000, 0, 1100, 100),
        shapely.box(1050, 0, 1150, 100),
        shapely.box(1000, 0, 1100, 100),
        None,
        shapely.box(1150, 0, 1200, 100),  # touches the third
    ]
    moved = [shape and shapely.transform(shape, lambda xy: xy + np.array([544_000, 4_160_000])) for shape in shapes]
    gpd.GeoDataFrame({"permit": range(6)}, geometry=moved, crs="EPSG:4544").to_file(tmp_path / "a.gpkg")
    cadastre = read_cadastre(tmp_path / "a.gpkg")
    found = codes(cadastre)
    assert found["rings_mended"].rows == (1,)
    assert found["no_outline"].rows == (5,)
    assert found["duplicates"].parameters["groups"] == [[2, 4]]
    assert found["overlaps"].parameters["pairs"] == [[2, 3, 5000.0]]
    assert cadastre.table.geometry.is_valid.all()
    assert cadastre.table.geometry.area.tolist()[0] == pytest.approx(5000)
    assert shapely.from_wkb(cadastre.table["as_read"].iloc[0]).geom_type in ("Polygon", "MultiPolygon")
    for each in cadastre.notes:
        assert note(each.code, each.parameters)


@pytest.mark.parametrize("name", ["a.geojson", "a.csv", "a.kml"])
def test_open_rings_are_closed_and_listed(tmp_path: Path, name: str) -> None:
    given = {
        "a.geojson": '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"no":1},"geometry":'
        '{"type":"Polygon","coordinates":[[[104,26],[104.1,26],[104.1,26.1]]]}}]}',
        "a.csv": 'no,WKT\n1,"POLYGON((104 26,104.1 26,104.1 26.1))"\n',
        "a.kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><Polygon><outerBoundaryIs><LinearRing>'
        "<coordinates>104,26 104.1,26 104.1,26.1</coordinates></LinearRing></outerBoundaryIs></Polygon>"
        "</Placemark></kml>",
    }[name]
    (tmp_path / name).write_text(given, encoding="utf-8")
    cadastre = read_cadastre(tmp_path / name)
    assert codes(cadastre)["rings_closed"].rows == (1,)
    assert_same(cadastre, [shapely.Polygon([(104, 26), (104.1, 26), (104.1, 26.1)])], 1e-12)


def test_one_record_astray_spoils_no_file(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"no": range(60)}, geometry=[shapely.box(104, 26, 104.1, 26.1)] * 60, crs="EPSG:4326")
    frame.loc[59, "geometry"] = shapely.box(5000, 5000, 5001, 5001)
    frame.to_file(tmp_path / "a.gpkg")
    cadastre = read_cadastre(tmp_path / "a.gpkg")
    assert codes(cadastre)["outside_system"].rows == (60,)
    assert cadastre.table.geometry.is_empty.sum() == 1


def test_every_note_has_its_sentence() -> None:
    """Of all codes that the room writes, with the parameters that they may have."""
    room = ROOT / "engine" / "permits" / "intake"
    source = "\n".join(path.read_text(encoding="utf-8") for path in room.glob("*.py"))
    written = set(re.findall(r'Heading\.\w+,\s*"([a-z_]+)"', source))
    written |= set(re.findall(r'"(axes_\w+|outlines_from_\w+|(?:many_)?overlaps)"', source))
    everything = {
        **{"count": 2, "form": "shapefile", "layers": ["a"], "names": ["b"], "layer": "c", "column": "d"},
        **{"crs": "EPSG:4544", "systems": ["EPSG:22182"], "apart_m": 10.0, "compared": 3, "outlines": 1},
        **{"area_m2": 5.0, "encoding": "GB18030"},
    }
    assert len(written) > 25
    for code in written:
        for count in (1, 2):
            sentence = note(code, {**everything, "count": count})
            assert sentence, code
            assert "{" not in sentence
    with pytest.raises(KeyError):
        note("something_else", {})


needs_cadastres = pytest.mark.skipif(not CADASTRES.is_dir(), reason="../shared/data/cadastres is not there")


@needs_cadastres
def test_salta() -> None:
    cadastre = read_cadastre(CADASTRES / "salta_mining_rights.geojson")
    found = codes(cadastre)
    assert (len(cadastre.table), cadastre.crs) == (3500, "EPSG:4326")
    assert found["collections"].parameters["count"] == 2
    compared = found["column_against_geometry"].parameters
    assert compared["column"] == "coordenada"
    assert compared["compared"] > 2000
    assert compared["count"] == 0
    assert cadastre.table.geometry.is_valid.all()


@needs_cadastres
def test_salta_without_its_table() -> None:
    cadastre = read_cadastre(CADASTRES / "salta_raw.shp")
    assert (len(cadastre.table), cadastre.crs) == (4104, "EPSG:4326")
    assert "no_attributes" in codes(cadastre)


@needs_cadastres
def test_the_philippines_and_coal_mines() -> None:
    philippines = read_cadastre(CADASTRES / "philippines_mpsa_2023.geojson")
    assert (len(philippines.table), philippines.crs) == (483, "EPSG:4326")
    assert codes(philippines)["rings_mended"].parameters["count"] == 26
    mines = read_cadastre(CADASTRES / "gem_coal_mine_boundaries.gpkg")
    assert (len(mines.table), mines.crs) == (333, "EPSG:4326")


def test_the_simulated_register_says_the_same_in_both_forms(tmp_path: Path) -> None:
    """The shapefile is Chinese in GBK, and nothing in it says so; nobody says what its columns mean."""
    write_register(made_up_register("medium", 0), tmp_path)
    shp, gpkg = (read_cadastre(tmp_path / name) for name in ("permits.shp", "permits.gpkg"))
    assert (shp.encoding, shp.encoding_guessed, shp.crs) == ("GB18030", True, "EPSG:4544")
    (of_shp, shp_report), (of_gpkg, gpkg_report) = make_register(shp), make_register(gpkg)
    assert list(shp_report.mapping.values()) == list(SHORT_NAMES.values())
    assert list(gpkg_report.mapping.values()) == list(SHORT_NAMES)
    assert shp_report.mapping.keys() == gpkg_report.mapping.keys()
    assert len(shp_report.mapping) == 13
    assert not shp_report.left_over and not gpkg_report.left_over
    assert len(of_shp.permits) == len(made_up_register("medium", 0).permits)
    assert register_changes(of_gpkg, of_shp, tolerance_m=0.01).counts == {}
    others = ["issued", "declared_m2", "top_m", "bottom_m", "reclaim_by"]
    pd.testing.assert_frame_equal(of_shp.permits[others], of_gpkg.permits[others], check_dtype=False)
