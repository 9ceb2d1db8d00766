"""From a register to the verdicts of a release: on an area of radar with a given outline, and on one of images."""

import datetime
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box, shape

from engine.area import read_area
from engine.errors import InputError
from engine.permits.comparison import compare
from engine.permits.opening import open_register
from engine.permits.options import PermitOptions
from engine.permits.register import Register
from engine.permits.subjects import subjects
from engine.permits.versions import save_version
from engine.pipeline import check_inputs
from store.home import Home
from store.reader import ReleaseReader
from tests.engine.conftest import BOWL, UTM
from tests.engine.pipeline.places import Place, build
from tests.engine.test_optical_pipeline import Place as OpticalPlace
from tests.engine.test_optical_pipeline import build as build_optical

WEST, NORTH = UTM.transform @ (BOWL[1].start, BOWL[0].start)
EAST, SOUTH = UTM.transform @ (BOWL[1].stop, BOWL[0].stop)
TABLE = """
[permits]
path = "permits.gpkg"
columns = { number = "no", holder = "owner", kind = "sort", valid_from = "from", valid_to = "to" }
extraction_kinds = ["mining"]
"""


def write_register(path: Path, *permits: tuple[Any, ...], crs: str = "EPSG:32633") -> None:
    """permits : number, shape in the given system, kind, first and last day."""
    columns = {"no": 0, "sort": 2, "from": 3, "to": 4}
    given: dict[str, list[Any]] = {name: [one[place] for one in permits] for name, place in columns.items()}
    frame = gpd.GeoDataFrame(given | {"owner": "A mine"}, geometry=[one[1] for one in permits], crs=crs)
    frame.to_file(path)


def with_register(place: Place | OpticalPlace, *permits: tuple[Any, ...], crs: str = "EPSG:32633") -> None:
    write_register(place.area / "permits.gpkg", *permits, crs=crs)
    file = place.area / "area.toml"
    file.write_text(file.read_text() + TABLE)


OTHER = PermitOptions.model_validate({"path": "others.gpkg", "columns": {"number": "no", "valid_to": "to"}})


def write_and_open(path: Path, permit: tuple[str, Any]) -> Register:
    write_register(path, (*permit, "mining", "2015-01-01", "2025-01-01"))
    return open_register(OTHER, path.parent)[0]


HALF = box(WEST - 1000, SOUTH - 1000, WEST + 200, NORTH + 1000)
REST = box(WEST + 200, SOUTH - 1000, EAST + 1000, NORTH + 1000)


@pytest.fixture(scope="module")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The bowl, 500 m wide, of which the western 200 m lie in a permit that is valid; read only."""
    place = build(tmp_path_factory.mktemp("crossing"))
    with_register(
        place, ("C1", HALF, "mining", "2015-01-01", "2025-01-01"), ("C2", REST, "mining", "2010-01-01", "2019-12-31")
    )
    place.run()
    return place


def test_a_patch_that_crosses_is_published_with_what_lies_outside(crossing: Place) -> None:
    reader = crossing.current
    (verdict,) = reader.verdicts("A")
    assert (verdict.kind, verdict.register, verdict.permits) == ("crosses", "permits.gpkg", ["C1", "C2"])
    assert verdict.date == datetime.date(2020, 3, 1)  # the last of the radar: the outline has none of its own
    assert [reason["code"] for reason in verdict.reasons] == [*("judged_undated", "reaches_outside", "expired")]
    areas = (verdict.least_m2, verdict.likely_m2, verdict.most_m2)
    assert verdict.certainty == "certain"
    assert reader.register is not None
    error = reader.register.error_m
    assert error == pytest.approx(5, abs=0.1)
    # The outline itself may be 3 m too wide or too narrow.
    assert areas == pytest.approx((297 * 494, 300 * 500, 303 * 506), rel=2e-3)
    assert verdict.distance_m == pytest.approx(300, abs=0.5)
    (feature,) = json.loads(reader.outside_geojson())["features"]
    assert feature["properties"] == {"patch_id": "A", "kind": "crosses", "certainty": "certain"}
    outside = gpd.GeoSeries([shape(feature["geometry"])], crs="EPSG:4326").to_crs("EPSG:32633").iloc[0]
    assert outside.symmetric_difference(box(WEST + 200, SOUTH, EAST, NORTH)).area < 10


def test_the_register_is_published(crossing: Place) -> None:
    reader = crossing.current
    assert reader.has_register
    second, first = reader.permits(["C2", "nowhere", "C1"])
    assert (first.number, first.holder, first.kind, first.mine) == ("C1", "A mine", "mining", "")
    assert (first.valid_from, first.valid_to, first.has_outline) == (
        datetime.date(2015, 1, 1),
        datetime.date(2025, 1, 1),
        True,
    )
    assert second.valid_to == datetime.date(2019, 12, 31)
    features = json.loads(reader.permits_geojson())["features"]
    assert {feature["properties"]["number"] for feature in features} == {"C1", "C2"}
    (total,) = reader.verdict_sums()
    assert (total.kind, total.certainty, total.patches, total.alone) == ("crosses", "certain", 1, 1)
    assert total.area_m2 == pytest.approx(250_000, rel=2e-3)
    assert total.least_m2 < total.likely_m2 < total.most_m2
    assert "permits.gpkg" in {row["file"] for row in reader.inputs()}
    assert reader.register is not None
    assert (reader.register.name, reader.register.permits, reader.register.version) == ("permits.gpkg", 2, None)
    digest = hashlib.sha256((crossing.area / "permits.gpkg").read_bytes()).hexdigest()
    assert reader.register.sha256 == digest
    report = next(step.report for step in reader.steps() if step.name == "verdicts")
    assert (report["crosses"], report["permits"]) == (1, 2)


def test_a_change_of_the_register_judges_again_and_nothing_else(crossing: Place, tmp_path: Path) -> None:
    place = crossing.copy(tmp_path)
    before = {step.name: step.finished for step in place.current.steps()}
    assert place.run() == place.current_id  # nothing has changed yet
    write_register(place.area / "permits.gpkg", ("C1", HALF.union(REST), "mining", "2015-01-01", "2025-01-01"))
    place.run()
    (verdict,) = place.current.verdicts()
    assert verdict.kind == "inside"
    assert json.loads(place.current.outside_geojson())["features"] == []
    after = {step.name: step.finished for step in place.current.steps()}
    assert {name for name in after if after[name] != before[name]} <= {"verdicts"}


def test_a_register_that_was_saved_takes_the_place_of_the_areas(crossing: Place, tmp_path: Path) -> None:
    place = crossing.copy(tmp_path)
    whole = HALF.union(REST)
    # It calls extraction otherwise than the register for which the area names its kinds.
    write_register(tmp_path / "others.gpkg", ("N1", whole, "采矿许可证", "2015-01-01", "2025-01-01"))
    options = PermitOptions.model_validate(
        {"path": "others.gpkg", "columns": {"number": "no", "kind": "sort", "valid_from": "from", "valid_to": "to"}}
    )
    saved = save_version(place.home.registers("testbed"), *open_register(options, tmp_path), name="Office")
    place.run()
    reader = place.current
    assert [(one.kind, one.permits) for one in reader.verdicts()] == [("inside", ["N1"])]
    assert reader.register is not None
    assert (reader.register.name, reader.register.version) == ("Office", saved.id)


def test_permits_for_exploration_alone_allow_no_mine(crossing: Place, tmp_path: Path) -> None:
    place = crossing.copy(tmp_path)
    write_register(
        place.area / "permits.gpkg",
        ("C1", HALF.union(REST), "exploration", "2015-01-01", "2025-01-01"),
        ("C2", box(WEST, SOUTH - 3000, EAST, SOUTH - 2000), "mining", "2015-01-01", "2025-01-01"),
    )
    place.run()
    (verdict,) = place.current.verdicts()
    assert (verdict.kind, verdict.permits, verdict.distance_m) == ("exploration_only", ["C1"], None)
    assert verdict.reasons[-1] == {"code": "explores", "parameters": {"permit": "C1", "kind": "exploration"}}


def test_zones_are_published_and_judged(crossing: Place, tmp_path: Path) -> None:
    place = crossing.copy(tmp_path)
    gpd.GeoDataFrame({"called": ["red line"]}, geometry=[REST], crs="EPSG:32633").to_file(place.area / "zones.gpkg")
    file = place.area / "area.toml"
    file.write_text(file.read_text() + '\n[[permits.zones]]\npath = "zones.gpkg"\nname = "called"\n')
    assert "prohibited zones: 1" in check_inputs(read_area(place.area), place.home, lambda _: None)
    place.run()
    reader = place.current
    assert [verdict.kind for verdict in reader.verdicts("A")] == ["crosses", "prohibited_zone"]
    (feature,) = json.loads(reader.zones_geojson())["features"]
    assert feature["properties"] == {"name": "red line", "since": None}
    assert "zones.gpkg" in {row["file"] for row in reader.inputs()}


def test_other_permits_are_held_against_what_a_release_knows(crossing: Place) -> None:
    tables = crossing.current.subject_tables()
    permits = write_and_open(crossing.area.parent / "others.gpkg", ("X", HALF.union(REST)))
    found = compare(subjects(tables), permits, None, OTHER, last_date=datetime.date(2020, 3, 1))
    assert found.counts() == {"inside": 1}


def test_a_register_of_elsewhere_is_refused(crossing: Place, tmp_path: Path) -> None:
    place = crossing.copy(tmp_path)
    write_register(
        place.area / "permits.gpkg",
        ("C1", box(104, 26, 105, 27), "mining", "2015-01-01", None),
        crs="EPSG:4326",
    )
    with pytest.raises(InputError, match="far from the patches") as error:
        place.run()
    assert (error.value.file, error.value.field) == (place.area / "area.toml", "permits.path")


def test_a_register_that_cannot_be_read_is_said_before_the_work(crossing: Place, tmp_path: Path) -> None:
    place = Place(crossing.copy(tmp_path).area, Home(tmp_path / "new"))
    (place.area / "permits.gpkg").write_bytes(b"junk")
    with pytest.raises(InputError, match=r"permits\.gpkg"):
        place.run()
    assert not (place.home.work("testbed") / "stack").exists()


def test_systems_are_named_that_put_the_register_into_the_area(crossing: Place, tmp_path: Path) -> None:
    place = crossing.copy(tmp_path)
    write_register(place.area / "permits.shp", ("C1", HALF, "mining", "2015-01-01", "2025-01-01"))
    (place.area / "permits.prj").unlink()
    place.set("permits.gpkg", "permits.shp")
    with pytest.raises(InputError) as error:
        place.run()
    assert error.value.field == "permits.crs"
    assert "EPSG:32633" in error.value.mend
    assert 0 < len(set(re.findall(r"EPSG:\d+", error.value.mend))) <= 5


def test_check_reads_the_register_and_counts_its_permits(crossing: Place, tmp_path: Path) -> None:
    place = crossing.copy(tmp_path)
    assert "permits: 2" in check_inputs(read_area(place.area), place.home, lambda _: None)
    write_register(
        place.area / "permits.gpkg", ("C1", HALF, "mining", None, None), ("C2", REST, "mining", None, "2021-01-01")
    )
    said = check_inputs(read_area(place.area), place.home, lambda _: None)
    assert "permits: 2 (1 without dates)" in said
    (place.area / "permits.gpkg").write_bytes(b"junk")
    with pytest.raises(InputError, match=r"permits\.gpkg"):
        check_inputs(read_area(place.area), place.home, lambda _: None)


# Patches that images show


@pytest.fixture(scope="module")
def quarries(tmp_path_factory: pytest.TempPathFactory) -> ReleaseReader:
    """The quarries of two dates, with a permit over the western half of the frame that ran out between them."""
    place = build_optical(tmp_path_factory.mktemp("quarries"))
    with_register(
        place,
        ("W", box(16.20, 50.9, 16.235, 51.1), "mining", "2015-01-01", "2022-06-30"),
        ("E", box(16.235, 50.9, 16.30, 51.1), "mining", "2015-01-01", "2030-12-31"),
        crs="EPSG:4326",
    )
    place.run()
    return place.current


def test_a_patch_is_judged_on_the_date_of_its_latest_outline(quarries: ReleaseReader) -> None:
    patches = {patch.patch_id: patch for patch in quarries.patches()}
    verdicts = quarries.verdicts()
    assert {verdict.patch_id for verdict in verdicts} == set(patches)
    for verdict in verdicts:
        patch = patches[verdict.patch_id]
        assert verdict.date == patch.last_seen
        assert verdict.reasons[0]["code"] == "judged"
        if patch.east < 16.234:
            assert verdict.kind == ("not_tested" if str(patch.last_seen) == "2023-03-01" else "inside")
        elif patch.west > 16.236:
            assert verdict.kind == "inside"
    assert len({verdict.kind for verdict in verdicts}) > 1
