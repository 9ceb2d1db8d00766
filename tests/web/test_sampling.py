"""A tile's pixels are those that the raster has at their places, in any projection."""

import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer

from web.sampling import TILE_SIZE, sample

# A raster in Gauss–Krüger and one in degrees, each of 300 x 400 pixels whose value says where they are.
GRIDS = {
    "EPSG:4544": Affine(2.0, 0, 365_000, 0, -2.0, 4_168_000),
    "EPSG:4326": Affine(2e-5, 0, 103.47, 0, -2e-5, 37.64),
}


def values() -> NDArray[np.float32]:
    rows, cols = np.indices((300, 400))
    return (rows + cols / 1000).astype(np.float32)


@pytest.fixture(params=GRIDS)
def raster(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "raster.tif"
    profile = {"driver": "GTiff", "height": 300, "width": 400, "count": 1, "dtype": "float32", "nodata": np.nan}
    data = values()
    data[100:110, 100:110] = np.nan
    with rasterio.open(path, "w", crs=request.param, transform=GRIDS[request.param], **profile) as target:
        target.write(data, 1)
    return path


def middle_tile(path: Path, zoom: int) -> tuple[int, int, int]:
    with rasterio.open(path) as source:
        lon, lat = Transformer.from_crs(source.crs, 4326, always_xy=True).transform(*source.xy(150, 200))
    x = int((lon + 180) / 360 * 2**zoom)
    return zoom, x, int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)


def exact(path: Path, place: tuple[int, int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row and column of each of the tile's pixels, each projected by itself."""
    z, x, y = place
    side = 2 * math.pi * 6_378_137.0 / 2**z
    at = (np.arange(TILE_SIZE) + 0.5) / TILE_SIZE
    east, north = np.meshgrid(-side * 2**z / 2 + side * (x + at), side * 2**z / 2 - side * (y + at))
    with rasterio.open(path) as source:
        cols, rows = ~source.transform @ Transformer.from_crs(3857, source.crs, always_xy=True).transform(east, north)
    return rows, cols


@pytest.mark.parametrize("zoom", [16, 18, 20])
def test_the_nearest_pixel_is_shown(raster: Path, zoom: int) -> None:
    place = middle_tile(raster, zoom)
    found = sample(raster, *place, smooth=False)
    assert found is not None
    shown, seen = found
    rows, cols = exact(raster, place)
    inside = (rows >= 0) & (rows < 300) & (cols >= 0) & (cols < 400)
    r, c = np.clip(rows.astype(int), 0, 299), np.clip(cols.astype(int), 0, 399)
    wanted = values()[r, c]
    hole = (r >= 100) & (r < 110) & (c >= 100) & (c < 110)
    # Within a hundredth of a pixel's edge either neighbour is right.
    sure = (np.abs(rows % 1 - 0.5) < 0.49) & (np.abs(cols % 1 - 0.5) < 0.49)
    finer = max(np.ptp(rows), np.ptp(cols)) / TILE_SIZE
    if finer <= 1:
        np.testing.assert_array_equal(seen[sure], (inside & ~hole)[sure])
        np.testing.assert_allclose(shown[0][sure & seen], wanted[sure & seen])
    else:  # read at the tile's resolution: the value of a pixel nearby
        off = np.abs(shown[0] - wanted)[seen & inside]
        assert np.nanmax(off) <= math.ceil(finer) + 1


@pytest.mark.parametrize("zoom", [16, 19])
def test_a_smooth_layer_runs_evenly(raster: Path, zoom: int) -> None:
    place = middle_tile(raster, zoom)
    found = sample(raster, *place, smooth=True)
    assert found is not None
    rows, cols = exact(raster, place)
    far = (rows > 115) & (rows < 290) & (cols > 10) & (cols < 390)
    wanted = rows - 0.5 + (cols - 0.5) / 1000
    assert far.any()
    assert np.abs(found[0][0] - wanted)[far].max() < 0.75


def test_outside_there_is_nothing(raster: Path) -> None:
    assert sample(raster, 12, 0, 0, smooth=False) is None
    z, x, y = middle_tile(raster, 18)
    assert sample(raster, z, x + 50, y, smooth=True) is None
