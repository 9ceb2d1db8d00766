"""Rasters: what is written is what is read, whole or not at all; what cannot be used is refused by name."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.control import GroundControlPoint

from engine.errors import InputError
from engine.grid import Block, Grid, Pixel
from engine.raster import Raster, write_cog, write_cube
from tests.engine.conftest import DEGREES, UTM, write_tif

CODES = {"nodata": None, "unit": "code", "name": "state"}
RATES = {"nodata": np.nan, "unit": "mm/year", "name": "rate"}


def noise(shape: tuple[int, ...], seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_a_cog_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    rate = noise(UTM.shape)
    rate[3, 4] = np.nan
    write_cog(tmp_path / "rate.tif", rate, UTM, **RATES)
    with Raster(tmp_path / "rate.tif") as raster:
        np.testing.assert_array_equal(raster.read(), rate)
        assert raster.grid.matches(UTM)
        assert raster.band_names == ["rate"]
        assert raster.nodata is not None
        assert np.isnan(raster.nodata)


def test_a_cog_is_one(tmp_path: Path) -> None:
    write_cog(tmp_path / "rate.tif", noise((600, 700)), Grid(UTM.crs, UTM.transform, (600, 700)), **RATES)
    with rasterio.open(tmp_path / "rate.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.units == ("mm/year",)
        assert file.overviews(1)


def test_overviews_of_codes_hold_only_codes(tmp_path: Path) -> None:
    codes = np.random.default_rng(2).choice(np.array([1, 5], np.uint8), (1100, 1100))
    write_cog(tmp_path / "state.tif", codes, Grid(UTM.crs, UTM.transform, codes.shape), **CODES)
    with rasterio.open(tmp_path / "state.tif", overview_level=0) as overview:
        assert overview.shape < codes.shape
        assert set(np.unique(overview.read(1))) == {1, 5}


def test_a_cog_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "rate.tif"
    write_cog(path, noise(UTM.shape), UTM, **RATES)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="shape"):
        write_cog(path, noise((2, *UTM.shape)), UTM, **RATES)
    assert path.read_bytes() == before


def test_an_array_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape"):
        write_cog(tmp_path / "rate.tif", noise((3, 3)), UTM, **RATES)


@settings(max_examples=15)
@given(rows=st.integers(1, 40), cols=st.integers(1, 40), bands=st.integers(1, 4))
def test_a_cube_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: int, cols: int, bands: int
) -> None:
    path, series = tmp_path_factory.mktemp("cube") / "series.tif", noise((bands, rows, cols))
    grid = Grid(UTM.crs, UTM.transform, (rows, cols))

    def read(block: Block) -> NDArray[np.float32]:
        return series[(slice(None), *block.slices)]

    names = [f"2020-01-0{band + 1}" for band in range(bands)]
    write_cube(path, read, grid, band_names=names, unit="mm")
    with Raster(path) as raster:
        np.testing.assert_array_equal([raster.read(band + 1) for band in range(bands)], series)
        assert raster.band_names == names
    assert [file.name for file in path.parent.iterdir()] == ["series.tif"]


def test_a_block_is_a_part_of_the_whole(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", noise(UTM.shape), UTM)
    with Raster(path) as raster:
        np.testing.assert_array_equal(raster.read(block=Block(3, 9, 5, 24)), raster.read()[3:9, 5:24])


def test_a_plane_stays_one_on_another_grid(tmp_path: Path) -> None:
    shifted = Grid(UTM.crs, UTM.transform @ Affine.translation(-2.5, -2.5), (26, 30))
    rows, cols = np.mgrid[: shifted.rows, : shifted.cols]
    with Raster(write_tif(tmp_path / "dem.tif", 3.0 * cols - 2.0 * rows + 500, shifted)) as raster:
        onto = raster.read_onto(UTM)
    rows, cols = np.mgrid[: UTM.rows, : UTM.cols] + 2.5
    np.testing.assert_allclose(onto, 3.0 * cols - 2.0 * rows + 500, rtol=1e-9)


def test_another_reference_system_is_brought_onto_the_grid(tmp_path: Path) -> None:
    """The frame of UTM reaches beyond that of the raster in the north; there is no data then."""
    wide = Grid(DEGREES.crs, Affine(0.001, 0, 14.98, 0, -0.001, 50.995), (60, 80))
    latitude = 50.995 - 0.001 * (np.arange(60)[:, None] + 0.5) + np.zeros(80)
    with Raster(write_tif(tmp_path / "dem.tif", latitude, wide)) as raster:
        onto = raster.read_onto(UTM)
    expected = np.array([[UTM.lonlat(Pixel(row, col)).lat for col in range(UTM.cols)] for row in range(UTM.rows)])
    assert np.isnan(onto[expected > 50.9951]).all()
    inside = expected < 50.994
    np.testing.assert_allclose(onto[inside], expected[inside], atol=1.25e-4)  # GDAL warps to an eighth of a pixel


def test_no_data_stays_so_on_another_grid(tmp_path: Path) -> None:
    values = np.full(UTM.shape, 7.0)
    values[5, 6] = -9999
    with Raster(write_tif(tmp_path / "dem.tif", values, UTM, nodata=-9999)) as raster:
        onto = raster.read_onto(UTM)
    assert np.isnan(onto[5, 6])
    assert np.nansum(onto) == 7.0 * (UTM.rows * UTM.cols - 1)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.tif: path: the file does not exist\. Mend: "):
        Raster(tmp_path / "none.tif")


def test_a_raster_without_reference_system_has_no_grid(tmp_path: Path) -> None:
    with Raster(write_tif(tmp_path / "a.tif", noise((4, 4)), None)) as raster, pytest.raises(InputError) as refused:
        _ = raster.grid
    assert (refused.value.file, refused.value.field) == (tmp_path / "a.tif", "CRS")
    assert "rio edit-info --crs" in refused.value.mend


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_transform_has_no_grid(tmp_path: Path) -> None:
    bare = Grid(CRS.from_epsg(4326), Affine.identity(), (4, 4))
    with Raster(write_tif(tmp_path / "a.tif", noise((4, 4)), bare)) as raster, pytest.raises(InputError) as refused:
        _ = raster.grid
    assert refused.value.field == "transform"


def test_a_raster_whose_pixels_have_no_height_has_no_grid(tmp_path: Path) -> None:
    flat = Grid(UTM.crs, Affine(10, 0, 500_000, 0, 0, 5_600_000), (4, 4))
    with Raster(write_tif(tmp_path / "a.tif", noise((4, 4)), flat)) as raster, pytest.raises(InputError) as refused:
        _ = raster.grid
    assert (refused.value.file, refused.value.field) == (tmp_path / "a.tif", "transform")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_ground_control_points_are_no_grid(tmp_path: Path) -> None:
    points = [GroundControlPoint(row, col, 500_000 + 10 * col, 5e6 - 10 * row) for row in (0, 4) for col in (0, 4)]
    profile = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": "float32", "crs": UTM.crs.to_wkt()}
    with rasterio.open(tmp_path / "a.tif", "w", gcps=points, **profile) as target:
        target.write(noise((1, 4, 4)))
    with Raster(tmp_path / "a.tif") as raster, pytest.raises(InputError) as refused:
        _ = raster.grid
    assert "gdalwarp" in refused.value.mend


@pytest.mark.parametrize("contents", [b"", b"no raster", b"II*\x00\x08\x00\x00\x00"])
def test_what_is_no_raster_is_refused(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "a.tif").write_bytes(contents)
    with pytest.raises(InputError, match=r"a\.tif: format: not a readable raster .* Mend: supply the file again"):
        Raster(tmp_path / "a.tif")


def test_a_raster_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", noise((200, 200)), UTM)
    path.write_bytes(path.read_bytes()[:-20_000])
    with (
        Raster(path) as raster,
        pytest.raises(InputError, match=r"a\.tif: pixels: the raster breaks off or is corrupt"),
    ):
        raster.read()


def test_a_virtual_raster_is_refused_whatever_its_name(tmp_path: Path) -> None:
    source = write_tif(tmp_path / "a.tif", noise((4, 4)), UTM)
    (tmp_path / "b.tif").write_text(virtual(source, 4, 4))
    with pytest.raises(InputError, match=r"the format VRT is not read here\. Mend: convert it to GeoTIFF"):
        Raster(tmp_path / "b.tif")


def virtual(source: Path, rows: int, cols: int) -> str:
    """A VRT that points at another raster."""
    return (
        f'<VRTDataset rasterXSize="{cols}" rasterYSize="{rows}"><VRTRasterBand dataType="Float32" band="1">'
        f'<SimpleSource><SourceFilename relativeToVRT="0">{source}</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


def test_codes_are_brought_to_another_grid_and_never_averaged(tmp_path: Path) -> None:
    coarse = Grid(CRS.from_epsg(32633), Affine(10, 0, 500_000, 0, -10, 5_600_000), (3, 4))
    codes = np.array([[10, 40, 50, 80], [10, 40, 50, 80], [0, 0, 60, 60]], np.uint8)
    write_cog(tmp_path / "cover.tif", codes, coarse, nodata=0, unit="1", name="class")
    fine = Grid(CRS.from_epsg(32633), Affine(5, 0, 500_000, 0, -5, 5_600_000), (6, 10))
    with Raster(tmp_path / "cover.tif") as raster:
        brought = raster.read_codes_onto(fine)
        expected = np.kron(np.where(codes == 0, -1, codes.astype(np.int32)), np.ones((2, 2), np.int32))
        np.testing.assert_array_equal(brought[:, :8], expected)
        assert (brought[:, 8:] == -1).all()
        away = Grid(CRS.from_epsg(32633), Affine(5, 0, 900_000, 0, -5, 5_600_000), (6, 10))
        with pytest.raises(InputError, match=r"cover\.tif: extent: it shows nothing of the frame"):
            raster.read_codes_onto(away)
