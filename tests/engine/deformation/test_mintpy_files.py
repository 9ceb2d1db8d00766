"""The stack and its series on disk: read back as written, block by block, and by MintPy's own readers."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from mintpy.objects import ifgramStack, timeseries
from mintpy.objects.coord import coordinate
from mintpy.utils import readfile
from numpy.typing import NDArray

from engine.deformation.mintpy_files import (
    SeriesFile,
    StackFile,
    mintpy_metadata,
    read_geometry,
    write_geometry,
    write_stack,
    write_velocity,
)
from engine.deformation.network import Network
from engine.deformation.stack import Geometry, Interferogram, Radar
from engine.grid import Block, Grid, Pixel
from tests.engine.conftest import DATES, DEGREES, PAIRS, UTM, WAVELENGTH

RADAR = Radar(WAVELENGTH, heading=193.2, looks=8.2)
WHOLE = Block(0, 20, 0, 24)
INTERFEROGRAMS = [
    Interferogram(pair, Path(f"{pair}.tif"), perpendicular_baseline=None if number == 3 else 10.5 * number)
    for number, pair in enumerate(PAIRS)
]
Array = NDArray[np.float32]


def noise(*shape: int, seed: int = 21) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture
def phase() -> Array:
    values = noise(len(PAIRS), *UTM.shape)
    values[2, 3:5, 7] = np.nan
    return values


def lay_down(folder: Path, phase: Array, coherence: Array | None = None, grid: Grid = UTM) -> StackFile:
    rasters = zip(phase, coherence if coherence is not None else [None] * len(phase), strict=True)
    write_stack(folder, INTERFEROGRAMS, rasters, grid, RADAR)
    return StackFile(folder)


def test_a_stack_is_read_back_as_it_was_written(tmp_path: Path, phase: Array) -> None:
    stack = lay_down(tmp_path, phase)
    np.testing.assert_array_equal(stack.phase(range(len(PAIRS)), WHOLE), phase)


def test_some_pairs_of_a_block_are_read_alone(tmp_path: Path, phase: Array) -> None:
    coherence = np.abs(noise(*phase.shape, seed=22))
    stack, block = lay_down(tmp_path, phase, coherence), Block(2, 9, 5, 24)
    np.testing.assert_array_equal(stack.phase([1, 2, 6], block), phase[[1, 2, 6], 2:9, 5:24])
    np.testing.assert_array_equal(stack.coherence([0, 8], block), coherence[[0, 8], 2:9, 5:24])


def test_pairs_and_baselines_are_read_back(tmp_path: Path, phase: Array) -> None:
    again = lay_down(tmp_path, phase).interferograms
    assert [item.pair for item in again] == list(PAIRS)
    assert [item.perpendicular_baseline for item in again] == [item.perpendicular_baseline for item in INTERFEROGRAMS]


def test_a_raster_that_fails_leaves_the_file_closed(tmp_path: Path, phase: Array) -> None:
    def rasters():  # type: ignore[no-untyped-def]
        yield phase[0], None
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full") as failed:
        write_stack(tmp_path, INTERFEROGRAMS, rasters(), UTM, RADAR)
    lay_down(tmp_path, phase)
    assert failed.value.args == ("the disk is full",)


@pytest.mark.parametrize("height", [None, noise(*UTM.shape)], ids=["without height", "with height"])
def test_geometry_is_read_back_as_it_was_written(tmp_path: Path, height: Array | None) -> None:
    incidence = 30 + noise(*UTM.shape, seed=23)
    geometry = Geometry(incidence, height)
    if height is not None:
        geometry = Geometry(incidence, height, incidence > 31, incidence < 29, azimuth=100 + incidence)
    write_geometry(tmp_path, geometry, UTM, RADAR)
    for written, read in zip(geometry, read_geometry(tmp_path), strict=True):
        np.testing.assert_array_equal(read, written)
    if height is not None:
        read, _ = readfile.read(str(tmp_path / "geometryGeo.h5"), datasetName="azimuthAngle")
        np.testing.assert_array_equal(read, geometry.azimuth)


def test_a_series_is_written_block_by_block(tmp_path: Path) -> None:
    values, series = noise(len(DATES), *UTM.shape), SeriesFile(tmp_path)
    series.create(Network(PAIRS), UTM, RADAR)
    for block in UTM.blocks(7):
        series.write(block, values[(slice(None), *block.slices)])
    np.testing.assert_array_equal(series.read(WHOLE), values)
    np.testing.assert_array_equal(series.read(Block(3, 4, 5, 6)), values[:, 3:4, 5:6])
    assert series.dates == list(DATES)


def test_one_pixel_is_read_without_the_rest(tmp_path: Path, phase: Array) -> None:
    """Chunks are small in space, whatever the number of pairs."""
    lay_down(tmp_path, np.zeros((len(PAIRS), 500, 600), np.float32), grid=Grid(UTM.crs, UTM.transform, (500, 600)))
    with h5py.File(tmp_path / "ifgramStack.h5") as file:
        _, rows, cols = file["unwrapPhase"].chunks
    assert rows * cols <= 256 * 256


# By MintPy's readers


def test_mintpy_opens_the_stack(tmp_path: Path, phase: Array) -> None:
    lay_down(tmp_path, phase)
    stack = ifgramStack(str(tmp_path / "ifgramStack.h5"))
    stack.open(print_msg=False)
    assert stack.get_date12_list(dropIfgram=True) == [str(pair) for pair in PAIRS]
    assert stack.get_date_list() == [f"{day:%Y%m%d}" for day in DATES]
    assert (stack.length, stack.width) == UTM.shape
    design, _ = stack.get_design_matrix4timeseries([str(pair) for pair in PAIRS])[:2]
    np.testing.assert_array_equal(design, Network(PAIRS).incidence_matrix[:, 1:])
    read, _ = readfile.read(str(tmp_path / "ifgramStack.h5"), datasetName=f"unwrapPhase-{PAIRS[2]}")
    np.testing.assert_array_equal(read, phase[2])


def test_mintpy_opens_the_series(tmp_path: Path) -> None:
    series = SeriesFile(tmp_path)
    series.create(Network(PAIRS), DEGREES, RADAR)
    values = noise(len(DATES), *DEGREES.shape)
    series.write(WHOLE, values)
    file = timeseries(str(tmp_path / "timeseries.h5"))
    file.open(print_msg=False)
    assert file.get_date_list() == [f"{day:%Y%m%d}" for day in DATES]
    np.testing.assert_array_equal(file.read(print_msg=False), values)
    attributes = readfile.read_attribute(str(tmp_path / "timeseries.h5"))
    assert (attributes["UNIT"], attributes["REF_DATE"]) == ("m", "20200101")


@pytest.mark.parametrize(
    "grid",
    [
        DEGREES,
        UTM,
    ],
    ids=["degrees", "utm"],
)
def test_mintpy_finds_a_place_in_it(tmp_path: Path, phase: Array, grid: Grid) -> None:
    lay_down(tmp_path, phase, grid=grid)
    lon, lat = grid.lonlat(Pixel(10, 11))
    row, col = coordinate(readfile.read_attribute(str(tmp_path / "ifgramStack.h5"))).lalo2yx(lat, lon)
    assert (row, col) == (10, 11)


@pytest.mark.parametrize(("grid", "unit", "epsg"), [(UTM, "meters", 32633), (DEGREES, "degrees", 4326)])
def test_metadata_say_where_the_pixels_lie(grid: Grid, unit: str, epsg: int) -> None:
    metadata = mintpy_metadata(grid, RADAR)
    assert (metadata["LENGTH"], metadata["WIDTH"]) == grid.shape
    assert (metadata["X_FIRST"], metadata["Y_FIRST"]) == (grid.bounds.west, grid.bounds.north)
    assert (metadata["X_UNIT"], metadata["EPSG"]) == (unit, epsg)
    assert (metadata["WAVELENGTH"], metadata["NCORRLOOKS"]) == (WAVELENGTH, 8.2)


@pytest.mark.parametrize(
    ("heading", "orbit"), [(193.2, "DESCENDING"), (-167.0, "DESCENDING"), (348.0, "ASCENDING"), (-12.0, "ASCENDING")]
)
def test_the_heading_tells_the_orbit(heading: float, orbit: str) -> None:
    assert mintpy_metadata(UTM, Radar(WAVELENGTH, heading))["ORBIT_DIRECTION"] == orbit


def test_what_is_not_known_of_the_radar_is_left_out() -> None:
    assert {"HEADING", "ORBIT_DIRECTION", "NCORRLOOKS"}.isdisjoint(mintpy_metadata(UTM, Radar(WAVELENGTH)))


def test_mintpy_opens_the_rates(tmp_path: Path) -> None:
    rate, error = noise(*UTM.shape, seed=22), np.abs(noise(*UTM.shape, seed=23))
    rate[2, 3] = np.nan
    write_velocity(tmp_path, rate, error, DATES[1:5], UTM, RADAR)
    file = str(tmp_path / "velocity.h5")
    read, attributes = readfile.read(file, datasetName="velocity")
    np.testing.assert_array_equal(read, rate)
    np.testing.assert_array_equal(readfile.read(file, datasetName="velocityStd")[0], error)
    assert (attributes["FILE_TYPE"], attributes["UNIT"]) == ("velocity", "m/year")
    assert (attributes["START_DATE"], attributes["END_DATE"]) == ("20200113", "20200218")
