"""GACOS delays: read as they are delivered, sampled bilinearly in any CRS, and what is wrong with them is said."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from scipy.interpolate import RegularGridInterpolator

from engine.deformation.troposphere import Troposphere, read_zenith_delay
from engine.errors import InputError
from engine.grid import Grid
from tests.conftest import ROOT
from tests.engine.conftest import DATES, DEGREES, UTM, write_tif

JHARIA = ROOT.parent / "shared" / "data" / "jharia"
STEP = 0.00125


def write_gacos(folder: Path, day: date, grid: Grid, seed: int, *, margin: int = 4) -> NDArray[np.float32]:
    """Delays of a region a little larger than a grid; returns what was written."""
    west, south, east, north = grid.bounds_lonlat
    shape = (int((north - south) / STEP) + 2 * margin, int((east - west) / STEP) + 2 * margin)
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    values = 2.3 + 0.01 * np.sin(rows / 3 + seed) + 0.02 * np.cos(cols / 5) + 0.001 * rows
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day:%Y%m%d}.ztd"
    path.write_bytes(values.astype("<f4").tobytes())
    path.with_name(path.name + ".rsc").write_text(
        f"WIDTH   {shape[1]}\nFILE_LENGTH   {shape[0]}\nXMIN 0\nX_FIRST   {west - margin * STEP:.8f}\n"
        f"Y_FIRST   {north + margin * STEP:.8f}\nX_STEP   {STEP}\nY_STEP   {-STEP}\nX_UNIT degres\n"
        "PROJECTION LATLON\nTIME_OF_DAY 11.05UTC\n"
    )
    return values.astype(np.float32)


def pixels_of(grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows, cols = np.indices(grid.shape)
    return rows.ravel(), cols.ravel()


@pytest.mark.parametrize("grid", [DEGREES, UTM], ids=["degrees", "UTM"])
def test_delays_are_sampled_bilinearly_between_the_centres_of_their_pixels(tmp_path: Path, grid: Grid) -> None:
    values = write_gacos(tmp_path, DATES[0], grid, 1)
    incidence = np.linspace(30, 45, grid.rows * grid.cols, dtype=np.float32)
    found = Troposphere(tmp_path, DATES[:1], grid).slant_delay(pixels_of(grid), incidence)[0]
    west, _, _, north = grid.bounds_lonlat
    lat = north + (4 - 0.5 - np.arange(values.shape[0])) * STEP
    lon = west + (np.arange(values.shape[1]) + 0.5 - 4) * STEP
    exact = RegularGridInterpolator((lat[::-1], lon), values[::-1].astype(float))
    rows, cols = pixels_of(grid)
    x, y = grid.transform.c + grid.transform.a * (cols + 0.5), grid.transform.f + grid.transform.e * (rows + 0.5)
    at = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x, y)
    expected = exact(np.stack([at[1], at[0]], axis=1)) / np.cos(np.radians(incidence.astype(float)))
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.skipif(not JHARIA.is_dir(), reason=f"{JHARIA} is not there")
@pytest.mark.parametrize("projected", [False, True])
def test_real_delays_over_jharia_are_sampled_exactly(projected: bool) -> None:
    days = (date(2017, 3, 17), date(2017, 4, 10))
    step = 0.0001325015044076275
    grid = Grid(CRS.from_epsg(4326), Affine(step, 0, 86.27875493061619, 0, -step, 23.83085427960012), (470, 769))
    if projected:
        grid = Grid(CRS.from_epsg(32645), Affine(15.0, 0, 427_000.0, 0, -15.0, 2_635_000.0), (400, 500))
    rows, cols = pixels_of(grid)
    found = Troposphere(JHARIA, days, grid).slant_delay((rows, cols), np.full(rows.size, 39.0, np.float32))
    lat = 23.83333 - 0.00083333 * (np.arange(80) + 0.5)
    lon = 86.26667 + 0.00083333 * (np.arange(140) + 0.5)
    places = grid.places(rows, cols)
    for day, delay in zip(days, found, strict=True):
        values = np.fromfile(JHARIA / f"{day:%Y%m%d}.ztd", "<f4").reshape(80, 140)
        exact = RegularGridInterpolator((lat[::-1], lon), values[::-1].astype(float))
        expected = exact(np.stack([places[1], places[0]], axis=1)) / np.cos(np.radians(39.0))
        np.testing.assert_allclose(delay, expected, atol=1e-6)


def test_a_geotiff_is_read_like_the_plain_file(tmp_path: Path) -> None:
    values = write_gacos(tmp_path, DATES[0], DEGREES, 2)
    plain = read_zenith_delay(tmp_path / f"{DATES[0]:%Y%m%d}.ztd")
    grid = Grid(CRS.from_epsg(4326), plain.transform, values.shape)
    geotiff = read_zenith_delay(write_tif(tmp_path / "other.tif", values, grid))
    np.testing.assert_array_equal(geotiff.values, plain.values)
    assert geotiff.transform.almost_equals(plain.transform, 1e-9)


def test_dates_without_delays_are_named(tmp_path: Path) -> None:
    write_gacos(tmp_path, DATES[0], UTM, 3)
    with pytest.raises(InputError, match=f"2 of 3 dates: {DATES[1]}, {DATES[2]}"):
        Troposphere(tmp_path, DATES[:3], UTM)


def test_delays_that_do_not_cover_the_frame_are_refused(tmp_path: Path) -> None:
    write_gacos(tmp_path, DATES[0], UTM, 4, margin=0)
    with pytest.raises(InputError, match="does not cover the frame"):
        Troposphere(tmp_path, DATES[:1], UTM)


def spoil_header(path: Path) -> None:
    path.with_name(path.name + ".rsc").unlink()


def spoil_length(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4])


def spoil_order(path: Path) -> None:
    path.write_bytes(np.frombuffer(path.read_bytes(), "<f4").byteswap().tobytes())


def spoil_key(path: Path) -> None:
    header = path.with_name(path.name + ".rsc")
    header.write_text(header.read_text().replace("X_STEP", "X_STOP"))


def spoil_step(path: Path) -> None:
    header = path.with_name(path.name + ".rsc")
    header.write_text(header.read_text().replace(f"X_STEP   {STEP}", "X_STEP   0"))


def spoil_size(path: Path) -> None:
    header = path.with_name(path.name + ".rsc")
    header.write_text(header.read_text().replace("WIDTH   ", "WIDTH   -").replace("FILE_LENGTH   ", "FILE_LENGTH   -"))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_header, "the header is missing"),
        (spoil_length, "values, where its header says"),
        (spoil_order, "no zenith delay in metres"),
        (spoil_key, "the entry is missing"),
        (spoil_step, "its pixels have no size"),
        (spoil_size, "is no measure"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, spoil: object, says: str) -> None:
    write_gacos(tmp_path, DATES[0], UTM, 5)
    path = tmp_path / f"{DATES[0]:%Y%m%d}.ztd"
    spoil(path)  # type: ignore[operator]
    with pytest.raises(InputError, match=says) as raised:
        read_zenith_delay(path)
    assert str(tmp_path) in str(raised.value)
