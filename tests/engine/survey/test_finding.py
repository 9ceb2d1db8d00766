"""What rasters and vector files are taken for, and what is said of those that are not."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry import box

from engine.grid import Grid
from engine.raster import Raster
from engine.survey.files import Unused
from engine.survey.geotiff_stacks import Role, role_of
from engine.survey.images import Imagery, find_images, imagery_lines
from engine.survey.notes import Notes
from engine.survey.places import Survey, survey
from engine.survey.rasters import read_rasters
from tests.engine.conftest import DEGREES, UTM, phases, subsidence, write_gamma, write_geotiffs, write_patch, write_tif
from tests.engine.deformation.test_hyp3 import write_products
from tests.engine.survey.conftest import (
    SENTINEL2,
    STRZEGOM,
    listed,
    scene,
    write_image,
    write_polygons,
    write_strzegom,
)


def images(folder: Path) -> tuple[list[Imagery], Unused]:
    listing, unused = listed(folder)
    return find_images(read_rasters(listing, unused), folder, unused), unused


def lines(folder: Path) -> tuple[dict[str, object], Notes]:
    """What the only group of images says in [imagery], and of its first image."""
    (imagery,), _ = images(folder)
    notes = Notes()
    common, tables = imagery_lines(imagery, folder, notes)
    return {line.key: line.value for line in [*common, *tables[0]] if line.active}, notes


def why_not(found: Survey, name: str) -> str:
    return next(why for path, why in found.unused.reasons.items() if path.name == name)


def test_one_image_a_date_is_kept(tmp_path: Path) -> None:
    for name in ("a_20210619.tif", "b_20210619.tif", "c_20210719.tif"):
        write_image(tmp_path / name, scene(10), SENTINEL2)
    (imagery,), unused = images(tmp_path)
    assert [path.name for path in imagery.files] == ["a_20210619.tif", "c_20210719.tif"]
    assert "a second image of 2021-06-19" in unused.reasons[tmp_path / "b_20210619.tif"]


def test_images_of_other_bands_places_and_pixels_are_other_groups(tmp_path: Path) -> None:
    write_image(tmp_path / "a_20210101.tif", scene(10), SENTINEL2)
    write_image(tmp_path / "b_20210201.tif", scene(4), SENTINEL2[:4])
    write_image(tmp_path / "c_20210301.tif", scene(10, DEGREES), SENTINEL2, grid=DEGREES)
    coarse = Grid(STRZEGOM.crs, STRZEGOM.transform @ Affine.scale(4), (12, 14))
    write_image(tmp_path / "d_20210401.tif", scene(10, coarse), SENTINEL2, grid=coarse)
    assert [len(group.images) for group in images(tmp_path)[0]] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("a.tif", scene(3), "nothing says of which date"),
        ("a_20210619.tif", scene(3).astype(np.float64), "pixels are float64"),
        ("a_20210619.tif", np.full((3, 9, 9), np.nan, np.float32), "without a single pixel of data"),
    ],
)
def test_images_that_cannot_be_used_say_why(tmp_path: Path, name: str, values: NDArray[np.generic], why: str) -> None:
    grid = Grid(STRZEGOM.crs, STRZEGOM.transform, (values.shape[1], values.shape[2]))
    write_image(tmp_path / name, values, grid=grid)
    found, unused = images(tmp_path)
    assert found == []
    assert why in unused.reasons[tmp_path / name]


def test_a_raster_without_a_place_says_so(tmp_path: Path) -> None:
    write_tif(tmp_path / "a_20210619.tif", scene(1)[0], None)
    listing, unused = listed(tmp_path)
    assert read_rasters(listing, unused) == []
    assert "no coordinate reference system" in unused.reasons[tmp_path / "a_20210619.tif"]


@pytest.mark.parametrize(
    ("day", "offset", "names", "subtracted"),
    [
        ("20210619", 0, SENTINEL2, 0),
        ("20210619", 1000, SENTINEL2, 0),
        ("20230301", 1000, SENTINEL2, 1000),
        ("20230301", 0, SENTINEL2, 0),
        ("20230301", 1000, (), 1000),
        ("20230301", 1000, [f"X{number}" for number in range(10)], 0),
    ],
)
def test_the_offset_is_seen_in_the_dark_pixels(
    tmp_path: Path, day: str, offset: int, names: tuple[str, ...], subtracted: int
) -> None:
    write_image(tmp_path / f"a_{day}.tif", scene(10, offset=offset), names)
    found, notes = lines(tmp_path)
    assert found["offset"] == subtracted
    said = " ".join(notes.assumed)
    assert ("offset" in said) == (day == "20230301" and "X1" not in names)


def test_no_data_of_the_file_is_left_as_it_is(tmp_path: Path) -> None:
    write_image(tmp_path / "a_20210619.tif", scene(10), SENTINEL2, nodata=0)
    assert "nodata" not in lines(tmp_path)[0]


def test_bands_without_names_are_proposed_or_asked_for(tmp_path: Path) -> None:
    write_image(tmp_path / "rgb" / "a_20210619.tif", scene(4))
    write_image(tmp_path / "ten" / "a_20210619.tif", scene(10))
    assert lines(tmp_path / "rgb")[0]["bands"] == ("red", "green", "blue", "nir")
    found, notes = lines(tmp_path / "ten")
    assert "bands" not in found
    assert "names of the 10 bands" in notes.missing[0]


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("opacity", "fourth", "said"),
    [
        ((0, 255), "alpha", "a_20210619.tif holds one value, and perhaps 0: it is opacity"),
        ((255,), "alpha", "it is opacity"),
        ((0, 1), "alpha", "it is opacity"),
        ((0,), "unused", "is 0 everywhere: it is no near infrared"),
        (range(256), "nir", ""),
        ((0, 7, 255), "nir", ""),
    ],
)
def test_opacity_does_not_pass_for_near_infrared(
    tmp_path: Path, opacity: Sequence[int], fourth: str, said: str, declared: bool
) -> None:
    """GDAL calls any fourth band of bytes alpha unless told otherwise; what it holds tells."""
    values = (scene(4) // 16).astype(np.uint8)
    values[3] = np.random.default_rng(2).choice(np.array(opacity), STRZEGOM.shape)
    options = {} if declared else {"photometric": "MINISBLACK", "alpha": "UNSPECIFIED"}
    path = write_image(tmp_path / "a_20210619.tif", values, options=options)
    with Raster(path) as raster:
        assert raster.says_alpha == declared
    found, notes = lines(tmp_path)
    assert found["bands"] == ("red", "green", "blue", fourth)
    assert any(said in note for note in notes.assumed)
    assert fourth != "nir" or not any("fourth band" in note for note in notes.assumed)


def test_opacity_on_a_later_date_is_none_on_the_first_either(tmp_path: Path) -> None:
    values = scene(4)
    write_image(tmp_path / "a_20210619.tif", values)
    values[3] = 65535
    write_image(tmp_path / "b_20220619.tif", values)
    found, notes = lines(tmp_path)
    assert found["bands"] == ("red", "green", "blue", "alpha")
    assert any("the fourth band of b_20220619.tif" in note for note in notes.assumed)


def test_a_raster_across_the_antimeridian_is_named(tmp_path: Path) -> None:
    across = Grid(CRS.from_epsg(32701), Affine(1000.0, 0, 177_000, 0, -1000.0, 8_000_000), STRZEGOM.shape)
    write_image(tmp_path / "a_20210619.tif", scene(3), grid=across)
    assert "crosses the antimeridian" in why_not(survey(tmp_path), "a_20210619.tif")


def test_an_image_of_one_colour_says_nothing_of_its_fourth_band(tmp_path: Path) -> None:
    write_image(tmp_path / "a_20210619.tif", np.full((4, *STRZEGOM.shape), 700, np.uint16))
    assert lines(tmp_path)[0]["bands"] == ("red", "green", "blue", "nir")


def test_opacity_says_where_there_is_data(tmp_path: Path) -> None:
    values = (scene(4) // 16).astype(np.uint8)
    values[3] = np.where(values[0] > 0, 255, 0)
    write_image(tmp_path / "a_20210619.tif", values)
    assert "nodata" not in lines(tmp_path)[0]


def test_a_band_of_a_file_is_no_area_of_its_own_pairs(tmp_path: Path) -> None:
    write_tif(tmp_path / "pan_20210619.tif", scene(1)[0], STRZEGOM)
    (imagery,), _ = images(tmp_path)
    assert imagery.bands == ("1",)


_WAVE = (np.random.default_rng(3).random(UTM.shape).astype(np.float32) - 0.5) * 2


@pytest.mark.parametrize(
    ("name", "values", "role"),
    [
        ("20200101_20200113_unw", _WAVE * 9, Role.UNWRAPPED),
        ("20200101_20200113", _WAVE * 9, Role.UNWRAPPED),
        ("20200101_20200113_unw.corrected", _WAVE * 9, Role.UNWRAPPED),
        ("20200101_20200113_corr", abs(_WAVE), Role.COHERENCE),
        ("20200101_20200113_unw.cc", abs(_WAVE), Role.COHERENCE),
        ("20200101_20200113", abs(_WAVE), Role.COHERENCE),
        ("20200101_20200113_wrapped_phase", _WAVE * 3, Role.WRAPPED),
        ("20200101_20200113_phase", _WAVE * 3.1415, Role.WRAPPED),
        ("20200101_20200113_los_disp", _WAVE, Role.OTHER),
        ("20200101_20200113_lv_theta", abs(_WAVE), Role.LOOK),
        ("20200101_20200113_inc_map", abs(_WAVE) + 0.4, Role.INCIDENCE),
        ("x_dem", _WAVE * 300, Role.HEIGHT),
        ("20200101", _WAVE, None),
    ],
)
def test_rasters_of_a_stack_are_known_by_name_and_values(
    tmp_path: Path, name: str, values: NDArray[np.float32], role: Role | None
) -> None:
    write_tif(tmp_path / f"{name}.tif", values, UTM, nodata=None)
    (facts,) = read_rasters(*listed(tmp_path))
    assert role_of(facts) is role


def test_a_stack_in_gamma_s_form_is_found_by_its_parameter_files(tmp_path: Path) -> None:
    stack = phases(subsidence())
    write_gamma(tmp_path, stack, coherence={pair: np.full(UTM.shape, 0.5, np.float32) for pair in stack})
    one = next((tmp_path / "stack").glob("*.unw"))
    (tmp_path / "stack" / "20200101-20200307.unw").write_bytes(np.fromfile(one, ">f4").astype("<f4").tobytes())
    (place,) = survey(tmp_path).places
    assert place.stack is not None
    assert (place.stack.form, len(place.stack.pairs)) == ("gamma", len(stack))
    assert any("matches stack/20200101-20200307.unw too" in text for text in place.stack.notes.missing)
    assert place.stack.grid.matches(DEGREES)


def test_without_an_acquisition_s_parameters_there_is_no_stack(tmp_path: Path) -> None:
    write_gamma(tmp_path, phases(subsidence()))
    for path in (tmp_path / "stack").glob("*slc*"):
        path.unlink()
    found = survey(tmp_path)
    assert found.places == []
    assert any("no parameter file of an acquisition" in why for why in found.unused.reasons.values())


def test_of_two_stacks_of_a_place_the_longer_is_used(tmp_path: Path) -> None:
    stack = phases(subsidence())
    write_geotiffs(tmp_path / "long", stack)
    write_geotiffs(tmp_path / "short", dict(list(stack.items())[:5]), Grid(UTM.crs, UTM.transform, (10, 24)))
    found = survey(tmp_path)
    (place,) = found.places
    assert place.stack is not None
    assert place.stack.folder == tmp_path / "long" / "stack"


def test_coherence_without_its_interferogram_costs_the_others_nothing(tmp_path: Path) -> None:
    stack = phases(subsidence())
    write_geotiffs(tmp_path, stack, coherence={pair: np.full(UTM.shape, 0.5, np.float32) for pair in stack})
    broken = max((tmp_path / "stack").glob("*_unw.tif"))
    write_tif(broken, np.full(UTM.shape, np.nan, np.float32), UTM)
    found = survey(tmp_path)
    assert found.places[0].stack is not None
    names = [path.name for path in found.places[0].stack.files]
    assert sum(name.endswith("_cor.tif") for name in names) == len(stack) - 1
    assert "not a single pixel of it is data" in why_not(found, broken.name)


def test_masks_of_products_are_not_asked_for_by_name(tmp_path: Path) -> None:
    write_products(tmp_path, phases(subsidence()))
    for product in (tmp_path / "stack").iterdir():
        water = np.ones(UTM.shape, np.uint8)
        water[:3] = 0
        write_tif(product / f"{product.name}_water_mask.tif", water, UTM, nodata=None)
    masks = {why for path, why in survey(tmp_path).unused.reasons.items() if path.name.endswith("water_mask.tif")}
    assert masks == {
        "beside the phase, and not read: geometry and masks are taken from one product alone, and others not needed"
    }


def test_pairs_in_the_wrong_order_say_so_together(tmp_path: Path) -> None:
    for pair, phase in phases(subsidence()).items():
        write_tif(tmp_path / f"{pair.second:%Y%m%d}_{pair.first:%Y%m%d}_unw.tif", phase, UTM)
    (why,) = set(survey(tmp_path).unused.reasons.values())
    assert "the earlier acquisition first" in why


def test_a_page_that_was_saved_as_geotiff_is_named(tmp_path: Path) -> None:
    write_strzegom(tmp_path)
    (tmp_path / "a_20210701.tif").write_text("<html>503 Service Unavailable</html>")
    assert "GeoTIFF by its name alone" in why_not(survey(tmp_path), "a_20210701.tif")


def test_a_frame_is_no_outline_of_a_mine(tmp_path: Path) -> None:
    write_strzegom(tmp_path)
    frame = gpd.GeoDataFrame({"id": [1]}, geometry=[box(*STRZEGOM.bounds)], crs=STRZEGOM.crs.to_wkt())
    frame.to_crs("EPSG:4326").to_file(tmp_path / "study.geojson")
    write_polygons(tmp_path / "aoi_parts.geojson", {"id": [1, 2]})
    found = survey(tmp_path)
    assert found.places[0].outlines is None
    assert "only says where data lie" in why_not(found, "study.geojson")
    assert "only says where data lie" in why_not(found, "aoi_parts.geojson")


def test_of_several_outlines_those_that_say_so_are_used(tmp_path: Path) -> None:
    write_strzegom(tmp_path)
    write_polygons(tmp_path / "buildings.geojson", {"id": list(range(9))})
    write_polygons(tmp_path / "quarries.geojson", {"id": [1, 2]})
    write_patch(tmp_path / "elsewhere.geojson")
    found = survey(tmp_path)
    outlines = found.places[0].outlines
    assert outlines is not None
    assert outlines.path.name == "quarries.geojson"
    assert "one file of outlines" in why_not(found, "buildings.geojson")
    assert "polygons of another place" in why_not(found, "elsewhere.geojson")


def test_the_layer_of_a_file_with_several_is_named(tmp_path: Path) -> None:
    write_strzegom(tmp_path)
    write_polygons(tmp_path / "all.gpkg", {"id": [1, 2]}, layer="mines", driver="GPKG")
    write_polygons(tmp_path / "all.gpkg", {"id": [1, 2, 3]}, layer="roads", driver="GPKG")
    outlines = survey(tmp_path).places[0].outlines
    assert outlines is not None
    assert outlines.layer == "mines"


def test_polygons_of_classes_are_labels_of_an_image(tmp_path: Path) -> None:
    write_strzegom(tmp_path)
    write_polygons(tmp_path / "ground_20210619.geojson", {"class": ["pit", "pit", "road"]})
    imagery = survey(tmp_path).places[0].imagery
    assert imagery is not None
    assert [path.name for path in imagery.labels.values()] == ["ground_20210619.geojson"]
    assert (imagery.label_codes, imagery.label_field) == (["pit", "road"], "class")


def test_a_folder_is_named_where_it_is_one_s_own(tmp_path: Path) -> None:
    write_strzegom(tmp_path / "Poland" / "deep")
    write_geotiffs(tmp_path, phases(subsidence(DEGREES.shape)), DEGREES)
    names = sorted(place.name for place in survey(tmp_path).places)
    assert [name.removeprefix(tmp_path.name.lower().replace("_", "_")) for name in names] == ["-poland", "-stack"]
