"""Whether ground looks as it did, in images of other light, other place by a pixel, and other ground."""

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from scipy.ndimage import gaussian_filter
from shapely import box

from engine.grid import Grid
from engine.likeness import likeness
from engine.raster import write_cog

GRID = Grid(CRS.from_epsg(32648), Affine(1, 0, 300_000, 0, -1, 2_900_000), (120, 160))
PIECE = box(300_040, 2_899_920, 300_100, 2_899_980)
Values = NDArray[np.float32]


def ground(seed: int) -> Values:
    """A pattern as rock and tracks make it: of some metres, with noise of single pixels on top."""
    chance = np.random.default_rng(seed)
    pattern = 20 * gaussian_filter(chance.normal(size=GRID.shape), 2)
    return np.asarray(0.3 + 0.02 * (pattern + 0.2 * chance.normal(size=GRID.shape)), np.float32)


def image(folder: Path, name: str, values: Values) -> Path:
    write_cog(folder / name, values, GRID, nodata=float("nan"), unit="1", name="grey")
    return folder / name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("likeness")
    image(folder, "first.tif", ground(1))
    return folder


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("light", 0.05 + 0.6 * ground(1)),
        ("beside", np.roll(ground(1), 1, axis=1)),
        ("changed beside", np.where(np.arange(160) < 30, ground(2), ground(1))),
    ],
)
def test_the_same_ground_is_alike_in_other_light_and_a_pixel_beside(folder: Path, name: str, values: Values) -> None:
    assert likeness(folder / "first.tif", image(folder, f"{name}.tif", values), PIECE, GRID.crs) > 0.75


def test_ground_that_was_turned_over_is_not(folder: Path) -> None:
    other = image(folder, "other.tif", ground(2))
    assert abs(likeness(folder / "first.tif", other, PIECE, GRID.crs)) < 0.4


def test_ground_in_another_system_is_found(folder: Path) -> None:
    import geopandas as gpd

    in_degrees = gpd.GeoSeries([PIECE], crs=GRID.crs).to_crs("EPSG:4326").iloc[0]
    first = folder / "first.tif"
    assert likeness(first, first, in_degrees, CRS.from_epsg(4326)) == pytest.approx(1.0)


@pytest.mark.parametrize("what", ["unseen", "single value", "small", "outside"])
def test_what_has_no_pattern_is_not_known(folder: Path, what: str) -> None:
    values, piece = ground(1), PIECE
    if what == "unseen":
        values[:, 35:] = np.nan
    elif what == "single value":
        values[:] = 0.3
    elif what == "small":
        piece = box(300_040, 2_899_920, 300_046, 2_899_926)
    else:
        piece = box(310_000, 2_899_920, 310_060, 2_899_980)
    assert np.isnan(likeness(folder / "first.tif", image(folder, f"{what}.tif", values), piece, GRID.crs))


def test_a_gap_hides_no_ground_beside_it(folder: Path) -> None:
    """Seen on both dates are 59 columns of 60: as alike as the whole, though the gap lies in the first column."""
    values = 0.05 + 0.6 * ground(1)
    values[:, 40] = np.nan
    other = image(folder, "gap.tif", values)
    whole = likeness(folder / "first.tif", image(folder, "whole.tif", 0.05 + 0.6 * ground(1)), PIECE, GRID.crs)
    assert likeness(folder / "first.tif", other, PIECE, GRID.crs) == pytest.approx(whole, abs=0.01)
