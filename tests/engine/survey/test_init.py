"""`python -m engine init`: from a folder to area files that run."""

import datetime
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from engine.area import read_area
from engine.cli import main
from engine.deformation.finding import pair_of
from engine.deformation.readers import open_stack
from engine.deformation.stack import GammaOptions, GeoTiffOptions, Hyp3Options, IsceOptions, LicsarOptions
from engine.imagery import open_sources
from engine.pipeline import check_inputs
from engine.survey.places import survey
from engine.survey.stacks import flies_north
from store.home import Home
from store.reader import areas
from tests.conftest import GEOTIFF_STACK, ROOT
from tests.engine.conftest import PAIRS, UTM, phases, subsidence, write_geotiffs, write_patch, write_tif
from tests.engine.deformation.test_hyp3 import write_products
from tests.engine.deformation.test_other_processors import write_isce, write_licsar
from tests.engine.survey.conftest import (
    SENTINEL2,
    STRZEGOM,
    copy_metropolitan,
    scene,
    write_image,
    write_model,
    write_polygons,
    write_strzegom,
)

# Under pytest the root logger has handlers already, so the log file that is opened for it is dropped.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored.*engine.log:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "My Data (2)"
    path.mkdir()
    return path


def init(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command, which has to succeed; returns what it said."""
    status = main(["init", str(folder)])
    said = capsys.readouterr().err
    assert status == 0, said
    return said


def refusal(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["init", str(folder)]) == 2
    return capsys.readouterr().err


def test_the_metropolitan_stack_under_other_names_runs(
    folder: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    said = init(copy_metropolitan(folder), capsys)
    assert "17 pairs (GAMMA) between 13 dates, 2006-06-19 to 2007-09-17" in said
    assert "1 of 1 in the frame, vector/Border of the pit.GeoJSON" in said
    assert f"python -m engine run '{folder}'" in said
    area = read_area(folder)
    assert (area.name, area.options.title) == ("my-data-2", "My Data (2)")
    assert isinstance(area.options.stack, GammaOptions)
    assert area.options.stack.incidence == "sydney 20060619.angle"
    assert area.options.patches is not None
    assert (area.options.patches.id_field, area.options.patches.name_field) == ("id", "Mine Name")
    assert area.options.extraction is None
    assert main(["run", str(folder), "--workers", "2"]) == 0
    assert areas(home) == ["my-data-2"]


def test_the_inputs_of_both_shipped_areas_under_other_names_are_two_areas(
    folder: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = ROOT / "areas" / "strzegom" / "images"
    if not shipped.is_dir():
        pytest.skip("areas/strzegom is not there")
    copy_metropolitan(folder / "Sydney")
    (folder / "granit").mkdir()
    for number, path in enumerate(sorted(shipped.glob("*.tif"))):
        day = re.findall(r"\d{8}", path.name)[0]
        shutil.copyfile(path, folder / "granit" / f"{number} {day[:4]}_{day[4:6]}_{day[6:]}.TIFF")
    said = init(folder, capsys)
    sydney, granite = (read_area(folder / f"my-data-2-{name}.toml") for name in ("sydney", "granit"))
    assert "17 of 17 pairs" in check_inputs(sydney, home, lambda _: None)
    assert "2 images, 2021-06-19 to 2023-03-01, 10 bands" in check_inputs(granite, home, lambda _: None)
    imagery, ours = granite.options.imagery, read_area(shipped.parent).options
    assert imagery is not None
    assert ours.imagery is not None
    assert [(image.date, image.offset) for image in imagery.images] == [
        (image.date, image.offset) for image in ours.imagery.images
    ]
    assert imagery.nodata == ours.imagery.nodata
    assert granite.options.extraction == ours.extraction
    assert granite.options.refinement.least_area_m2 == ours.refinement.least_area_m2
    assert "quarry-resnet18 finds the patches" in said


def test_images_get_their_dates_offset_and_no_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = init(write_strzegom(folder), capsys)
    area = read_area(folder)
    imagery = area.options.imagery
    assert imagery is not None
    assert [(image.date, image.offset) for image in imagery.images] == [
        (datetime.date(2021, 6, 19), 0),
        (datetime.date(2023, 3, 1), 1000),
    ]
    assert imagery.nodata == 0
    assert [source.bands for source in open_sources(imagery, folder)] == [SENTINEL2, SENTINEL2]
    assert "2023-03-01: the image carries Sentinel-2's offset" in said
    assert "0 is no data, as it stands at the edge of" in said


def test_colours_in_another_order_are_told_by_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Blue first, as of many satellites, and no names: a model would look at red for blue."""
    path = write_image(folder / "2021-06-19.tif", scene(4), options={"photometric": "MINISBLACK"})
    blue_first = (ColorInterp.blue, ColorInterp.green, ColorInterp.red, ColorInterp.undefined)
    with rasterio.open(path, "r+") as file:
        file.colorinterp = blue_first
    init(folder, capsys)
    imagery = read_area(folder).options.imagery
    assert imagery is not None
    assert imagery.bands == ("blue", "green", "red", "nir")


def test_an_offset_that_the_file_says_is_written_down(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_image(folder / "2023-03-01.tif", scene(4, offset=700).astype(np.float32), SENTINEL2[:4])
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (1e-4,) * 4, (-0.07,) * 4
    init(folder, capsys)
    imagery = read_area(folder).options.imagery
    assert imagery is not None
    assert [image.offset for image in imagery.images] == [700]
    assert "the file says it" in (folder / "area.toml").read_text()


def test_a_fitting_model_finds_the_patches(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_model(write_strzegom(folder) / "ours.safetensors", SENTINEL2[:4])
    said = init(folder, capsys)
    options = read_area(folder).options
    assert options.extraction is not None
    assert options.extraction.model == "ours.safetensors"
    assert options.refinement.least_area_m2 == pytest.approx(500, abs=2)
    assert "ours.safetensors finds the patches" in said


@pytest.mark.parametrize(("header", "threshold"), [({"threshold": 0.85}, 0.85), ({}, 0.5), ({"threshold": "?"}, 0.5)])
def test_the_threshold_ready_to_change_is_the_models_own(
    folder: Path, capsys: pytest.CaptureFixture[str], header: dict[str, Any], threshold: float
) -> None:
    write_model(write_strzegom(folder) / "ours.safetensors", SENTINEL2[:4], **header)
    init(folder, capsys)
    found = read_area(folder).options.extraction
    assert found is not None
    assert found.threshold is None
    text = (folder / "area.toml").read_text()
    (folder / "area.toml").write_text(text.replace("# threshold = ", "threshold = "))
    changed = read_area(folder).options.extraction
    assert changed is not None
    assert changed.threshold == threshold


def test_outlines_go_before_a_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_model(write_strzegom(folder) / "ours.safetensors", SENTINEL2)
    write_polygons(folder / "quarries.gpkg", {"Quarry_ID": ["a", "b"], "name": ["North", "South"]})
    assert "switch [patches] off and [extraction] on" in init(folder, capsys)
    options = read_area(folder).options
    assert options.extraction is None
    assert options.patches is not None
    assert (options.patches.id_field, options.patches.name_field) == ("Quarry_ID", "name")
    assert '# model = "ours.safetensors"' in (folder / "area.toml").read_text()


def test_without_a_model_for_the_bands_the_images_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_image(folder / "pan_20200517.tif", scene(3))
    said = init(folder, capsys)
    options = read_area(folder).options
    assert options.extraction is None
    assert options.imagery is not None
    assert options.imagery.bands == ("red", "green", "blue")
    assert "no shipped one fits; train one with `python -m engine train`" in said


def test_two_places_in_one_folder_are_two_areas(folder: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    copy_metropolitan(folder)
    write_strzegom(folder / "pictures")
    said = init(folder, capsys)
    assert sorted(path.name for path in folder.glob("*.toml")) == [
        "my-data-2-pictures.toml",
        "my-data-2-radar.toml",
    ]
    radar = read_area(folder / "my-data-2-radar.toml")
    pictures = read_area(folder / "my-data-2-pictures.toml")
    assert (radar.options.imagery, pictures.options.stack, pictures.options.patches) == (None, None, None)
    assert radar.options.patches is not None
    assert pictures.source != radar.source
    assert "17 of 17 pairs" in check_inputs(radar, home, lambda _: None)
    assert "2 images" in check_inputs(pictures, home, lambda _: None)
    assert said.count("python -m engine run") == 2


def test_images_and_interferograms_of_one_place_are_one_area(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_geotiffs(folder, phases(subsidence()))
    write_image(folder / "s2_20200101.tif", scene(10, UTM), SENTINEL2, grid=UTM)
    write_patch(folder / "mines.geojson")
    init(folder, capsys)
    options = read_area(folder).options
    assert options.imagery is not None
    assert options.stack is not None
    assert options.patches is not None


def test_a_table_of_baselines_beside_a_stack_is_taken_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_geotiffs(folder, phases(subsidence()))
    (folder / "notes.csv").write_text("first,second,why\n2020-01-01,2020-01-13,snow\n")
    (folder / "some.csv").write_text(f"pair,bperp\n{PAIRS[0]},5\n")
    lines = [f"{pair.first};{pair.second};{number},5" for number, pair in enumerate(PAIRS)]
    (folder / "stack" / "baselines.csv").write_text("\n".join(["date1;date2;B perp [m]", *lines]))
    init(folder, capsys)
    stack = read_area(folder).options.stack
    assert isinstance(stack, GeoTiffOptions)
    assert stack.pairs == Path("stack/baselines.csv")
    items = open_stack(stack, folder).interferograms
    assert [item.perpendicular_baseline for item in items] == [number + 0.5 for number in range(len(PAIRS))]


def test_products_are_read_as_they_were_delivered(folder: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """HyP3's show each a little more or less ground, which their reader, and no other, brings together."""
    write_products(folder, phases(subsidence()), coherence=phases(subsidence()))
    first = next((folder / "stack").iterdir())
    phase = next(first.glob("*_unw_phase.tif"))
    wider = np.pad(phases(subsidence())[pair_of(phase)], ((0, 0), (0, 2)))
    write_tif(phase, wider, replace(UTM, shape=wider.shape))
    said = init(folder, capsys)
    stack = read_area(folder).options.stack
    assert isinstance(stack, Hyp3Options)
    assert stack.path == Path("stack")
    assert "9 pairs (HyP3)" in said
    assert "9 of 9 pairs" in check_inputs(read_area(folder), home, lambda _: None)


@pytest.mark.parametrize(("write", "form"), [(write_licsar, LicsarOptions), (write_isce, IsceOptions)])
def test_frames_of_licsar_and_stacks_of_isce_are_known_by_their_names(
    write: Callable[[Path], object], form: type, folder: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder)
    init(folder, capsys)
    assert isinstance(read_area(folder).options.stack, form)
    assert " pairs" in check_inputs(read_area(folder), home, lambda _: None)


def test_an_ascending_and_a_descending_stack_are_used_together(
    folder: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    both = phases(subsidence())
    write_products(folder, dict(list(both.items())[:7]), path="ascending", heading=-12.0)
    write_products(folder, both, path="descending", heading=-168.0)
    said = init(folder, capsys)
    options = read_area(folder).options
    assert isinstance(options.stack, Hyp3Options)
    assert isinstance(options.second_stack, Hyp3Options)
    assert (options.stack.path, options.second_stack.path) == (Path("descending"), Path("ascending"))
    assert "other direction" in said
    comments = " ".join((folder / "area.toml").read_text().replace("\n#", "").split())
    assert "The stack with more pairs is the first (9 and 7)" in comments
    assert "9 of 9 pairs" in check_inputs(read_area(folder), home, lambda _: None)


def test_stacks_of_one_direction_are_not_used_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "other"):
        write_isce(folder / name)
    said = init(folder, capsys)
    assert read_area(folder).options.second_stack is None
    assert "another stack of the same place" in said


def test_two_stacks_of_isce_are_told_apart_by_where_they_see_from(folder: Path) -> None:
    for name, azimuth in (("ascending", 80.0), ("descending", -80.0)):
        write_isce(folder / name, azimuth=azimuth)
    (place,) = survey(folder).places
    directions = {stack.folder.name: flies_north(stack, folder) for stack in place.stacks}
    assert directions == {"ascending": True, "descending": False}


def test_frames_of_licsar_are_told_apart_by_their_names(folder: Path) -> None:
    for frame, heading in (("128A_05172_131313", -10.2), ("062D_05172_131313", -169.8)):
        write_licsar(folder / frame)
        (folder / frame / "metadata.txt").write_text(f"primary=20200101\ncenter_time=22:50:33\nheading={heading}\n")
    (place,) = survey(folder).places
    assert {stack.folder.name: flies_north(stack, folder) for stack in place.stacks} == {
        "128A_05172_131313": True,
        "062D_05172_131313": False,
    }


def test_products_of_two_orbits_in_one_folder_are_not_thrown_together(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = list(phases(subsidence()).items())
    write_products(folder, dict(both[:5]))
    write_products(folder, dict(both[5:]), heading=-168.0)
    assert "products of several orbits lie in one folder" in refusal(folder, capsys)
    assert not (folder / "area.toml").exists()


def test_what_only_a_person_knows_is_asked_for(folder: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(GEOTIFF_STACK, folder, dirs_exist_ok=True)
    said = init(folder, capsys)
    assert "fill in stack.incidence_deg in area.toml, then" in said
    file = folder / "area.toml"
    text = file.read_text()
    assert re.search(r"^# incidence_deg = 39.0 +# TO FILL IN", text, re.MULTILINE)
    file.write_text(text.replace("# incidence_deg = 39.0", "incidence_deg = 23.0"))
    assert "17 of 17 pairs" in check_inputs(read_area(folder), home, lambda _: None)


def test_labels_lie_beside_their_image(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_strzegom(folder)
    codes = np.zeros((1, *STRZEGOM.shape), np.float32)
    codes[0, 4:8], codes[0, 9:12] = 3, 10
    write_image(folder / "masks" / "x_20210619.tif", codes, nodata=0)
    write_image(folder / "masks" / "x_20190101.tif", codes, nodata=0)
    said = init(folder, capsys)
    imagery = read_area(folder).options.imagery
    assert imagery is not None
    assert [image.labels for image in imagery.images] == [Path("masks/x_20210619.tif"), None]
    assert "Codes found: 3, 10." in " ".join((folder / "area.toml").read_text().replace("\n# ", " ").split())
    assert "masks/x_20190101.tif: a map of classes, of no image's date" in said


def test_permits_are_told_from_outlines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_strzegom(folder)
    write_polygons(
        folder / "a.geojson", {"许可证号": ["C1", "C2"], "采矿权人": ["A", "B"], "有效期止": ["2030", "2031"]}
    )
    write_polygons(folder / "b.parquet", {"id": [1, 2], "Owners": ["A", "B"], "Mine Name": ["x", "y"]})
    said = init(folder, capsys)
    options = read_area(folder).options
    assert options.patches is not None
    assert options.patches.path == Path("b.parquet")
    assert "2 in the frame, a.geojson; switch [permits] on" in said
    text = (folder / "area.toml").read_text()
    assert "# A register of permits was found: a.geojson" in text
    assert '# path = "a.geojson"' in text


def test_every_line_that_is_switched_off_can_be_switched_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_geotiffs(folder, phases(subsidence()))
    write_image(folder / "s2_20200101.tif", scene(10, UTM), SENTINEL2, grid=UTM)
    init(folder, capsys)
    file = folder / "area.toml"
    lines = file.read_text().splitlines()
    switched = [re.sub(r"^# (?=\[\w+\]$|\w+ = )", "", line) for line in lines]
    assert sum(old != new for old, new in zip(lines, switched, strict=True)) > 20
    file.write_text("\n".join(switched))
    assert read_area(file).options.network.max_days == 60


@pytest.mark.parametrize("name", ["area.toml", "AREA"])
def test_an_area_file_is_never_overwritten(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_strzegom(folder)
    file = folder / "area.toml"
    if name == "AREA":
        file.symlink_to(folder / "nowhere")
    else:
        file.write_text("mine")
    assert "is not overwritten" in refusal(folder, capsys)
    assert file.is_symlink() or file.read_text() == "mine"
    assert not (folder / "SOURCE.md").exists()


def test_a_second_time_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy_metropolitan(folder)
    write_strzegom(folder / "pictures")
    init(folder, capsys)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert "is not overwritten" in refusal(folder, capsys)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_nothing_half_written_stays(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_metropolitan(folder)
    write_strzegom(folder / "pictures")
    before = sorted(folder.iterdir())

    def fails(path: Path) -> None:
        if path.name.endswith("radar.toml"):
            raise OSError

    monkeypatch.setattr("engine.survey.writing.read_area", fails)
    assert main(["init", str(folder)]) == 1
    assert sorted(folder.iterdir()) == before


def test_a_source_text_that_is_there_is_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_strzegom(folder)
    (folder / "Readme.txt").write_text("Copernicus Sentinel data")
    (folder / "licence.md").write_text("free")
    assert "origin and licence" not in init(folder, capsys)
    assert read_area(folder).source == "Copernicus Sentinel data"


@pytest.mark.parametrize("what", ["nothing", "text", "outlines", "one pair"])
def test_a_folder_without_data_is_refused(folder: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    if what == "text":
        (folder / "notes.txt").write_text("see 2021-06-19")
    elif what == "outlines":
        write_polygons(folder / "mines.geojson", {"id": [1, 2]})
    elif what == "one pair":
        pair, phase = next(iter(phases(subsidence()).items()))
        write_tif(folder / f"{pair}_unw.tif", phase, UTM)
    said = refusal(folder, capsys)
    assert "nothing in it that an area could be made of" in said
    assert "supply images" in said
    assert not list(folder.glob("*.toml")) + list(folder.glob("SOURCE*"))


def test_forms_that_are_not_read_come_with_advice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_strzegom(folder)
    for name in ("S1AA_x.zip", "T33_B02.jp2", "mines.gml", "20200101_20200113.unw"):
        (folder / name).write_bytes(bytes(64))
    said = init(folder, capsys)
    assert "S1AA_x.zip: an archive: unpack it" in said
    assert "T33_B02.jp2: a raster in a form that is not read: convert it to GeoTIFF" in said
    assert "mines.gml: a vector file in a form that is not read" in said
    assert "20200101_20200113.unw: unwrapped phase, by its name, but no header and no parameter file" in said


def test_interferograms_whose_dates_no_reader_understands_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_strzegom(folder)
    for pair, phase in phases(subsidence()).items():
        write_tif(folder / f"unw_{pair.first:%d%b%Y}_{pair.second:%d%b%Y}.tif", phase, UTM)
    assert "write both into its name as YYYYMMDD, such as" in init(folder, capsys)


def test_a_folder_that_is_none_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "the folder does not exist" in refusal(folder / "x", capsys)
    (folder / "file").write_text("")
    assert "it is no folder" in refusal(folder / "file", capsys)


def test_corrupt_files_are_named_and_passed_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_strzegom(folder)
    whole = (folder / "summer" / "Quarry_2021-06-19.TIF").read_bytes()
    (folder / "broken_20220101.tif").write_bytes(whole[: len(whole) // 2])
    (folder / "header_20220102.tif").write_bytes(whole[:100])
    (folder / "mines.geojson").write_text('{"type": "FeatureCollection", "features": [')
    (folder / "mines.gpkg").write_bytes(b"SQLite format 3\0" + bytes(200))
    said = init(folder, capsys)
    for name in ("broken_20220101.tif", "header_20220102.tif", "mines.geojson", "mines.gpkg"):
        assert name in said.split("Not used")[1].split("Assumed")[0]
    imagery = read_area(folder).options.imagery
    assert imagery is not None
    assert len(imagery.images) == 2


def test_a_corrupt_interferogram_that_the_pattern_cannot_leave_out_is_asked_away(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_geotiffs(folder, phases(subsidence()))
    last = max((folder / "stack").glob("*.tif"))
    last.write_bytes(last.read_bytes()[:300])
    said = init(folder, capsys)
    assert f"matches stack/{last.name} too" in said
    assert "TO FILL IN or mend" in (folder / "area.toml").read_text()


def test_a_stack_that_falls_apart_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = phases(subsidence())
    first, *_, last = sorted(stack)
    write_geotiffs(folder, {pair: stack[pair] for pair in (first, last)})
    assert "the stack is not connected" in init(folder, capsys)


def test_hostile_names_stay_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = folder / 'a"]\nname = "x' / "矿区 [0-9]* é\\\x1b[31m"
    write_image(evil / "b'''\n\"2021-06-19\".tif", scene(10), SENTINEL2)
    write_image(evil / "c\x7f_20210719.tif", scene(10, seed=2), SENTINEL2)
    outlines = write_polygons(folder / "mi'\"ne 矿.geojson", {"ID\n": ["1", "2"], '"na\nme"': ["a", "b"]})
    shutil.copyfile(outlines, evil / "m\nine.geojson")
    said = init(folder, capsys)
    assert "\x1b[31m" not in said
    area = read_area(folder)
    assert area.name == "my-data-2"
    assert area.options.imagery is not None
    assert all((folder / image.path).is_file() for image in area.options.imagery.images)
    assert area.options.patches is not None
    assert (folder / area.options.patches.path).is_file()


def test_hostile_names_of_interferograms_make_patterns_that_fit(folder: Path, home: Home) -> None:
    for pair, phase in phases(subsidence()).items():
        write_tif(folder / "[x]\n*" / f'"un[w]*?{pair}\n.TIF', phase, UTM, nodata=None)
    write_tif(folder / "s1_inc.tif", np.full(UTM.shape, 39.0, np.float32), UTM)
    assert main(["init", str(folder)]) == 0
    file = folder / "area.toml"
    file.write_text(file.read_text().replace("# wavelength_m", "wavelength_m"))
    assert "9 of 9 pairs" in check_inputs(read_area(folder), home, lambda _: None)
