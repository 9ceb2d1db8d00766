"""Outlines: read from whatever vector file, in degrees, with their own names; what cannot be used is refused."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import GeometryCollection, MultiPolygon, Point, Polygon, box

from engine.area import Area
from engine.errors import InputError
from engine.grid import geodesic_area
from engine.patches.outlines import OutlineOptions, read_outlines

PIT, DUMP = box(15.00, 50.98, 15.01, 50.99), box(15.02, 50.98, 15.03, 50.99)


def table(*shapes: Any, crs: str | None = "EPSG:4326", **columns: list[Any]) -> gpd.GeoDataFrame:
    columns.setdefault("id", [f"M{number}" for number in range(len(shapes))])
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def write(path: Path, frame: gpd.GeoDataFrame) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


def read(path: Path, **options: Any) -> gpd.GeoDataFrame:
    return read_outlines(OutlineOptions(path=path.name, **options), path.parent)


def refused(path: Path, **options: Any) -> InputError:
    with pytest.raises(InputError) as error:
        read(path, **options)
    assert error.value.file == path
    assert error.value.mend
    return error.value


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".parquet"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32633", "EPSG:4544"], ids=["degrees", "utm", "gauss-krueger"])
def test_every_form_and_reference_system_gives_the_same(tmp_path: Path, suffix: str, crs: str) -> None:
    path = write(tmp_path / f"outlines{suffix}", table(PIT, DUMP, label=["Pit", "Dump"]).to_crs(crs))
    patches = read(path, id_field="id", name_field="label", mine_class="clay pit")
    assert list(patches.columns) == ["patch_id", "name", "mine_class", "area_m2", "mended", "geometry"]
    assert patches.crs.to_epsg() == 4326
    assert list(patches["patch_id"]) == ["M0", "M1"]
    assert list(patches["name"]) == ["Pit", "Dump"]
    assert set(patches["mine_class"]) == {"clay pit"}
    assert not patches["mended"].any()
    assert patches.geometry.iloc[0].symmetric_difference(PIT).area < 1e-6 * PIT.area
    assert patches["area_m2"].to_list() == pytest.approx([geodesic_area(PIT), geodesic_area(DUMP)], rel=1e-6)


def test_the_shipped_outline_is_read(metropolitan: Area) -> None:
    assert metropolitan.options.patches is not None
    (patch,) = read_outlines(metropolitan.options.patches, metropolitan.folder).itertuples()
    assert (patch.patch_id, patch.name) == ("M1345.B1", "Metropolitan Coal Mine")
    assert patch.area_m2 == pytest.approx(63e6, rel=0.02)  # 63 km², says its source


def test_without_fields_outlines_are_numbered_and_nameless(tmp_path: Path) -> None:
    patches = read(write(tmp_path / "a.geojson", table(PIT, DUMP)))
    assert list(patches["patch_id"]) == ["P-0001", "P-0002"]
    assert list(patches["name"]) == ["", ""]


def test_a_missing_name_is_empty(tmp_path: Path) -> None:
    patches = read(write(tmp_path / "a.geojson", table(PIT, DUMP, label=["Pit", None])), name_field="label")
    assert list(patches["name"]) == ["Pit", ""]


def test_a_name_may_be_a_number_and_missing(tmp_path: Path) -> None:
    patches = read(write(tmp_path / "a.gpkg", table(PIT, DUMP, label=[12.0, None])), name_field="label")
    assert patches["name"].iloc[1] == ""


def test_numbers_serve_as_identifiers(tmp_path: Path) -> None:
    patches = read(write(tmp_path / "a.gpkg", table(PIT, DUMP, number=[7, 12])), id_field="number")
    assert list(patches["patch_id"]) == ["7", "12"]


def test_points_and_lines_beside_polygons_are_left_out(tmp_path: Path) -> None:
    patches = read(write(tmp_path / "a.geojson", table(Point(15, 51), PIT)), id_field="id")
    assert list(patches["patch_id"]) == ["M1"]


def test_a_multipolygon_is_one_patch(tmp_path: Path) -> None:
    patches = read(write(tmp_path / "a.geojson", table(MultiPolygon([PIT, DUMP]))))
    assert len(patches) == 1
    assert patches["area_m2"].iloc[0] == pytest.approx(geodesic_area(PIT) + geodesic_area(DUMP), rel=1e-6)


def test_heights_are_dropped(tmp_path: Path) -> None:
    flat = Polygon([(x, y, 100.0) for x, y in PIT.exterior.coords])
    assert not read(write(tmp_path / "a.gpkg", table(flat))).has_z.any()


def test_a_ring_that_crosses_itself_is_mended_and_said_to_be(tmp_path: Path) -> None:
    bow_tie = Polygon([(15.0, 50.98), (15.01, 50.99), (15.01, 50.98), (15.0, 50.99)])
    patches = read(write(tmp_path / "a.geojson", table(bow_tie, DUMP)))
    assert list(patches["mended"]) == [True, False]
    assert patches.is_valid.all()
    assert patches["area_m2"].iloc[0] == pytest.approx(geodesic_area(PIT) / 2, rel=1e-3)


def test_a_ring_without_area_is_no_patch(tmp_path: Path) -> None:
    line = Polygon([(15.0, 50.98), (15.01, 50.99), (15.0, 50.98)])
    patches = read(write(tmp_path / "a.geojson", table(line, DUMP)))
    assert set(patches.geom_type) <= {"Polygon", "MultiPolygon"}


def test_polygons_of_a_collection_are_kept(tmp_path: Path) -> None:
    patches = read(write(tmp_path / "a.geojson", table(PIT, GeometryCollection([DUMP, Point(15, 51)]))))
    assert len(patches) == 2


def test_a_shape_file_without_prj_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.shp", table(PIT))
    path.with_suffix(".prj").unlink()
    error = refused(path)
    assert (error.field, error.mend) == ("CRS", "supply its .prj")


@pytest.mark.parametrize("shapes", [[], [Point(15, 51)]], ids=["empty", "points"])
def test_a_file_without_polygons_is_refused(tmp_path: Path, shapes: list[Any]) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(
        table(*shapes, crs="EPSG:4326").to_json() if shapes else '{"type": "FeatureCollection", "features": []}'
    )
    assert refused(path).problem == "no polygon in it"


def test_an_identifier_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "a.geojson", table(PIT, DUMP, id=["M", "M"])), id_field="id")
    assert (error.field, error.problem) == ("id", "the identifier 'M' occurs twice")


def test_a_missing_identifier_is_refused(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.geojson", table(PIT, DUMP, id=["M", None])), id_field="id").field == "id"


@pytest.mark.parametrize("option", ["id_field", "name_field"])
def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path, option: str) -> None:
    error = refused(write(tmp_path / "a.gpkg", table(PIT, label=["Pit"])), **{option: "nix"})
    assert (error.field, error.problem) == (f"patches.{option}", "no column 'nix'")
    assert error.mend == "take one of: label, id"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path / "a.geojson")
    assert (error.field, error.problem) == ("patches.path", "the file does not exist")


def test_another_format_is_refused_with_those_that_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.kml").write_text("<kml/>")
    error = refused(tmp_path / "a.kml")
    assert error.problem == "'.kml' is not read here"
    assert ".geojson" in error.mend


@pytest.mark.parametrize(
    ("name", "contents"),
    [("a.geojson", b"{"), ("a.json", b"{}"), ("a.gpkg", b"junk"), ("a.parquet", b"junk"), ("a.shp", b"junk")],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, contents: bytes) -> None:
    (tmp_path / name).write_bytes(contents)
    assert refused(tmp_path / name).problem.startswith("not a readable vector file")


def test_one_of_several_layers_is_read(tmp_path: Path) -> None:
    table(PIT).to_file(tmp_path / "a.gpkg", layer="pits")
    table(DUMP, PIT).to_file(tmp_path / "a.gpkg", layer="both")
    assert len(read(tmp_path / "a.gpkg", layer="both")) == 2
    assert len(read(tmp_path / "a.gpkg", layer="pits")) == 1


def test_a_layer_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "nix" in refused(write(tmp_path / "a.gpkg", table(PIT)), layer="nix").problem


def test_a_table_without_geometry_is_refused(tmp_path: Path) -> None:
    pyogrio.write_dataframe(pd.DataFrame({"id": ["M"]}), tmp_path / "a.gpkg")
    refused(tmp_path / "a.gpkg")


def test_metres_that_pass_for_degrees_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(table(PIT).to_crs("EPSG:32633").set_crs("EPSG:4326", allow_override=True).to_json())
    assert "no longitude and latitude" in refused(path).problem
