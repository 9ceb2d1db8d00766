"""Masks of water, shadow and layover: read as each processor writes them, and then neither decorrelated nor still."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from mintpy.utils import readfile
from numpy.typing import NDArray

from engine import wording
from engine.area import read_area
from engine.blocks import Workers
from engine.deformation.inversion import PixelState
from engine.deformation.readers import open_stack
from engine.deformation.stack import (
    GammaOptions,
    GeoTiffOptions,
    Hyp3Options,
    IsceOptions,
    LicsarOptions,
    StackReader,
)
from engine.errors import InputError
from engine.grid import Grid, Pixel
from engine.pipeline import run
from engine.raster import Raster
from store.home import Home
from store.reader import current_release
from tests.engine.conftest import (
    BOWL,
    DEGREES,
    PAIRS,
    UTM,
    phases,
    subsidence,
    write_area,
    write_gamma,
    write_geotiffs,
    write_patch,
    write_tif,
)
from tests.engine.deformation.test_hyp3 import path_of, write_products
from tests.engine.deformation.test_other_processors import write_isce, write_licsar

rasters_by_place = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

LAKE, SLOPE = np.s_[7:15, 8:15], np.s_[14:19, 3:10]  # they overlap
Codes = NDArray[np.uint8]


def at(*places: Any) -> NDArray[np.bool_]:
    mask = np.zeros(UTM.shape, np.bool_)
    for place in places:
        mask[place] = True
    return mask


def codes(*given: tuple[Any, int], rest: int = 0) -> Codes:
    found = np.full(UTM.shape, rest, np.uint8)
    for place, code in given:
        found[place] = code
    return found


def hyp3(folder: Path, mask: Codes, nodata: float | None = 0.0) -> StackReader:
    table = write_products(folder, phases(subsidence()))
    write_tif(path_of(folder, PAIRS[0], "_water_mask.tif"), mask, UTM, nodata)
    return open_stack(Hyp3Options(**table), folder)


def licsar(folder: Path, mask: NDArray[Any], nodata: float | None) -> StackReader:
    write_licsar(folder)
    write_tif(folder / "metadata" / "128A_05172.geo.landmask.tif", mask, DEGREES, nodata)
    return open_stack(LicsarOptions(format="licsar"), folder)


def gamma(folder: Path, mask: Codes) -> StackReader:
    table = write_gamma(folder, phases(subsidence()))
    mask.tofile(folder / "stack" / "map.ls_map")
    return open_stack(GammaOptions(**table), folder)


def isce(folder: Path, mask: Codes) -> StackReader:
    write_isce(folder)
    shape = {"height": DEGREES.rows, "width": DEGREES.cols, "count": 1, "dtype": "uint8"}
    place = {"crs": DEGREES.crs.to_wkt(), "transform": DEGREES.transform}
    path = folder / "merged" / "geom_reference" / "shadowMask.rdr.geo"
    with rasterio.open(path, "w", driver="ISCE", **shape, **place) as raster:
        raster.write(mask, 1)
    return open_stack(IsceOptions(format="isce"), folder)


def geotiff(folder: Path, mask: Codes, which: str = "shadow_mask", nodata: float | None = None) -> StackReader:
    """The mask is of pixels half as large, and of more ground."""
    fine = np.pad(np.kron(mask, np.ones((2, 2), np.uint8)), 6, constant_values=1)
    grid = Grid(UTM.crs, UTM.transform @ Affine.scale(0.5) @ Affine.translation(-6, -6), fine.shape)
    write_tif(folder / "mask.tif", fine, grid, nodata)
    return open_stack(GeoTiffOptions(**write_geotiffs(folder, phases(subsidence())), **{which: "mask.tif"}), folder)


@pytest.mark.parametrize(
    ("reader", "hidden"),
    [
        (lambda folder: gamma(folder, codes((SLOPE, 1 | 4), (np.s_[0, 0], 1 | 8 | 16), rest=1)), (SLOPE, np.s_[0, 0])),
        (lambda folder: gamma(folder, codes((SLOPE, 20), (np.s_[0, 0], 3), rest=1)), (SLOPE, np.s_[0, 0])),
        (lambda folder: isce(folder, codes((SLOPE, 1), (np.s_[0, 0], 2), (np.s_[0, 1], 3))), (SLOPE, np.s_[0, :2])),
        (lambda folder: geotiff(folder, codes((SLOPE, 2), (np.s_[0, 0], 1))), (SLOPE, np.s_[0, 0])),
    ],
    ids=["gc_map", "gc_map2", "isce", "geotiff"],
)
def test_layover_and_shadow_are_read_as_processors_code_them(
    tmp_path: Path, reader: Callable[[Path], StackReader], hidden: tuple[Any, ...]
) -> None:
    stack = reader(tmp_path)
    geometry = stack.geometry()
    np.testing.assert_array_equal(geometry.hidden, at(*hidden))
    np.testing.assert_array_equal(geometry.masked, at(*hidden))
    assert geometry.water is None
    assert any("mask" in path.name.lower() or "ls_map" in path.name for path in stack.files)


@pytest.mark.parametrize(
    "reader",
    [
        hyp3,
        lambda folder, mask: hyp3(folder, mask, None),
        lambda folder, mask: licsar(folder, mask, None),
        lambda folder, mask: licsar(folder, mask.astype(np.float32), 0.0),
        lambda folder, mask: geotiff(folder, mask, "water_mask", 255),
        lambda folder, mask: geotiff(folder, mask, "water_mask", 0),
    ],
    ids=[
        "hyp3, 0 called no data",
        "hyp3",
        "licsar",
        "licsar, 0 called no data",
        "geotiff",
        "geotiff, 0 called no data",
    ],
)
def test_water_is_0_in_masks_of_water(tmp_path: Path, reader: Callable[[Path, Codes], StackReader]) -> None:
    stack = reader(tmp_path, codes((LAKE, 0), rest=1))
    np.testing.assert_array_equal(stack.geometry().water, at(LAKE))
    assert stack.geometry().masked_shares == {"water": pytest.approx(at(LAKE).mean(), abs=1e-4)}
    assert any("mask" in path.name for path in stack.files)


def test_without_masks_nothing_is_masked(tmp_path: Path) -> None:
    """Heights and angles alone make no mask; and HyP3's may be left aside."""
    hyp3(tmp_path, codes(rest=0))
    stack = open_stack(Hyp3Options(format="hyp3", path=Path("stack"), water_mask=False), tmp_path)
    geometry = stack.geometry()
    assert (geometry.water, geometry.hidden, geometry.masked.any(), geometry.masked_shares) == (None, None, False, {})
    assert not any("water_mask" in path.name for path in stack.files)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (lambda folder: hyp3(folder, codes(rest=0)), "the whole frame is water"),
        (lambda folder: hyp3(folder, codes((LAKE, 80), rest=10)), "a value of 10, where 1 for land and 0 for water"),
        (lambda folder: gamma(folder, codes((LAKE, 255), rest=1)), "a value of 255, where codes of layover and shadow"),
        (lambda folder: gamma(folder, codes(rest=1)[:-1]), "19 lines|456 bytes"),
        (lambda folder: isce(folder, codes((LAKE, 4))), "a value of 4"),
        (lambda folder: geotiff(folder, codes((LAKE, 2), rest=1), "water_mask", 0), "a value of 2"),
    ],
    ids=["all water", "land cover", "a picture", "cut off", "other bits", "other codes"],
)
def test_masks_that_cannot_be_meant_are_refused(
    tmp_path: Path, reader: Callable[[Path], StackReader], said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        reader(tmp_path).geometry()
    assert refused.value.file is not None
    assert any(name in str(refused.value.file).lower() for name in ("mask", "ls_map"))


@rasters_by_place
def test_what_is_masked_is_not_observable_from_the_stack_to_the_release(tmp_path: Path) -> None:
    """A lake in whose noise a bowl would sink, and a slope in layover; a hole in the phase between them was lost."""
    stack = phases(subsidence())
    hole, generator = np.s_[15:17, 11:13], np.random.default_rng(3)
    for phase in stack.values():
        phase[hole] = 0
        phase[0] = 0
        phase[SLOPE] = generator.uniform(-9, 9, phase[SLOPE].shape)
        phase[LAKE] += 40.0  # noise that is larger than what the frame's median is taken of
    place = tmp_path / "area"
    write_tif(place / "water.tif", codes((LAKE, 0), rest=1), UTM, None)
    write_tif(place / "shadow.tif", codes((SLOPE, 2)), UTM, None)
    write_patch(place / "outlines.geojson")
    masks = {"water_mask": "water.tif", "shadow_mask": "shadow.tif"}
    write_area(place, write_geotiffs(place, stack) | masks, patches={"path": "outlines.geojson", "id_field": "id"})
    home = Home(tmp_path / "home")
    run(read_area(place), home, workers=Workers("serial"))

    work = home.work("testbed")
    with Raster(work / "inversion" / "state.tif") as raster:
        state = raster.read()
    expected = np.full(UTM.shape, PixelState.SOLVED)
    expected[0], expected[hole] = PixelState.NO_DATA, PixelState.FEW_PAIRS
    expected[SLOPE] = PixelState.HIDDEN
    expected[LAKE] = PixelState.WATER
    np.testing.assert_array_equal(state, expected)
    with Raster(work / "velocity" / "rate.tif") as raster:
        rate = raster.read()
    solved = expected == PixelState.SOLVED
    np.testing.assert_array_equal(np.isfinite(rate), solved)
    np.testing.assert_allclose(rate[solved], subsidence()[solved], atol=1e-3)
    file = str(work / "stack" / "geometryGeo.h5")
    assert {"waterMask", "shadowMask"} <= set(readfile.get_dataset_list(file))
    np.testing.assert_array_equal(readfile.read(file, datasetName="waterMask")[0], ~at(LAKE))
    np.testing.assert_array_equal(readfile.read(file, datasetName="shadowMask")[0], at(SLOPE))

    release = current_release(home, "testbed")
    assert release is not None
    (patch,) = release.patches()
    assert at(LAKE)[BOWL].all()
    assert (patch.activity, patch.observed_share, patch.decorrelated_pixels) == ("not_observable", 0.0, 0)
    shares = release.state_shares()
    assert shares["water"] == pytest.approx(at(LAKE).mean())
    assert shares["hidden"] == pytest.approx((at(SLOPE) & ~at(LAKE)).mean())
    reports = {step.name: step.report for step in release.steps()}
    assert reports["stack"]["water"] == pytest.approx(at(LAKE).mean(), abs=1e-4)
    assert reports["stack"]["layover_or_shadow"] == pytest.approx(at(SLOPE).mean(), abs=1e-4)
    assert reports["inversion"]["shares"]["water"] == pytest.approx(at(LAKE).mean(), abs=1e-4)
    pixel = release.pixel(*UTM.lonlat(Pixel(10, 11)))
    assert pixel is not None
    assert (pixel.state, pixel.rate, pixel.series) == ("water", None, None)
    assert "the radar cannot measure it" in wording.pixel_statement(asdict(pixel), {})
    assert "layover" in wording.pixel_statement(asdict(pixel) | {"state": "hidden"}, {})
