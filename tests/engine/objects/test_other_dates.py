"""What other dates say of a region: likeness of its ground, and how sure the network was then."""

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from scipy.ndimage import gaussian_filter

from engine.grid import Grid
from engine.objects.other_dates import Seen, describe_other_dates
from engine.raster import write_cog

GRID = Grid(CRS.from_epsg(32648), Affine(1, 0, 300_000, 0, -1, 2_900_000), (80, 120))
Values = NDArray[np.float32]


def ground(seed: int) -> Values:
    return np.asarray(gaussian_filter(np.random.default_rng(seed).normal(size=GRID.shape), 2), np.float32)


def regions() -> NDArray[np.int32]:
    numbers = np.zeros(GRID.shape, np.int32)
    numbers[10:40, 10:40], numbers[10:40, 70:100], numbers[60:64, 60:64] = 1, 2, 3
    return numbers


def date(folder: Path, name: str, image: Values, percent: NDArray[np.integer]) -> Seen:
    folder = folder / name
    folder.mkdir()
    seen = Seen(folder / "image.tif", folder / "probability.tif")
    write_cog(seen.image, image, GRID, nodata=float("nan"), unit="1", name="grey")
    write_cog(
        seen.probability,
        np.broadcast_to(percent, GRID.shape).astype(np.uint8),
        GRID,
        nodata=255,
        unit="%",
        name="probability",
    )
    return seen


@pytest.fixture
def here(tmp_path: Path) -> Seen:
    return date(tmp_path, "here", ground(1), np.where(regions() > 0, 90, 5))


def test_each_region_is_looked_up_on_the_date_whose_ground_is_most_alike(tmp_path: Path, here: Seen) -> None:
    left = np.arange(GRID.cols) < 60
    spring = date(tmp_path, "spring", np.where(left, ground(1), ground(2)), np.full(GRID.shape, 20))
    summer = date(tmp_path, "summer", np.where(left, ground(3), 0.1 + 0.5 * ground(1)), np.where(left, 60, 80))
    table = describe_other_dates(regions(), here, [spring, summer])
    assert table["alike"].iloc[:2].to_numpy() == pytest.approx(1.0)
    assert table["p_then"].iloc[:2].tolist() == pytest.approx([0.2, 0.8])
    assert table["p_lost"].iloc[:2].tolist() == pytest.approx([0.7, 0.1])
    assert table.iloc[2].isna().all()  # sixteen pixels have no pattern


def test_ground_that_has_changed_says_nothing_of_a_region(tmp_path: Path, here: Seen) -> None:
    table = describe_other_dates(regions(), here, [date(tmp_path, "then", -ground(1), np.zeros(GRID.shape, int))])
    assert table["alike"].iloc[0] == pytest.approx(-1.0)
    assert (table["p_then"].iloc[0], table["p_lost"].iloc[0]) == (0.0, 0.0)


def test_the_greatest_probability_is_that_within_the_region(tmp_path: Path, here: Seen) -> None:
    percent = np.full(GRID.shape, 10)
    percent[20, 20], percent[5, 5] = 55, 99
    table = describe_other_dates(regions(), here, [date(tmp_path, "then", ground(1), percent)])
    assert table["p_then_most"].iloc[0] == pytest.approx(0.55)


def test_what_a_date_does_not_show_is_not_known(tmp_path: Path, here: Seen) -> None:
    hidden = ground(1)
    hidden[:, 60:] = np.nan
    percent = np.where(np.arange(GRID.cols) < 60, 50, 255) * np.ones(GRID.shape, int)
    table = describe_other_dates(regions(), here, [date(tmp_path, "then", hidden, percent)])
    assert table["alike"].iloc[0] == pytest.approx(1.0)
    assert table.iloc[1].isna().all()


def test_without_another_date_there_is_nothing_to_say(here: Seen) -> None:
    table = describe_other_dates(regions(), here, [])
    assert (len(table), len(table.columns)) == (3, 0)
    assert describe_other_dates(np.zeros(GRID.shape, np.int32), here, []).empty
