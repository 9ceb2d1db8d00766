"""The mean series of a patch: what its coherent pixels do, each by how well it is known."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import linregress

from engine.activity.motion import Motion
from engine.activity.series import MeanSeries, mean_series
from engine.grid import Block
from tests.engine.conftest import UTM

DATES = [date(2020, 1, 1) + timedelta(days=days) for days in (0, 12, 36, 60, 72, 120)]
YEARS = np.array([(day - DATES[0]).days for day in DATES]) / 365.25


WHOLE = Block(0, UTM.rows, 0, UTM.cols)


class Cube:
    """Displacement in mm of the whole grid."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values.astype(np.float32)


@pytest.fixture
def motion() -> Motion:
    shape = UTM.shape
    return Motion(
        grid=UTM,
        rate=np.zeros(shape, np.float32),
        standard_error=np.ones(shape, np.float32),
        observed=np.ones(shape, bool),
        decorrelated=np.zeros(shape, bool),
        t95=2.8,
    )


@pytest.fixture
def cube() -> Cube:
    return Cube(np.random.default_rng(41).normal(size=(len(DATES), *UTM.shape)))


def of(pixels: np.ndarray, motion: Motion, cube: Cube) -> MeanSeries:
    found = mean_series(pixels, WHOLE, cube.values, motion, DATES)
    assert found is not None
    return found


def somewhere(*places: tuple[int, int]) -> np.ndarray:
    pixels = np.zeros(UTM.shape, bool)
    for place in places:
        pixels[place] = True
    return pixels


def test_equally_known_pixels_count_alike(motion: Motion, cube: Cube) -> None:
    found = of(somewhere((3, 4), (7, 9), (8, 2)), motion, cube)
    three = cube.values[:, [3, 7, 8], [4, 9, 2]]
    np.testing.assert_allclose(found.displacement, three.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found.spread, three.std(axis=1), rtol=1e-6)
    assert found.pixels == 3


def test_a_pixel_twice_as_uncertain_counts_a_quarter(motion: Motion, cube: Cube) -> None:
    motion.standard_error[7, 9] = 2.0
    found = of(somewhere((3, 4), (7, 9)), motion, cube)
    expected = (4 * cube.values[:, 3, 4] + cube.values[:, 7, 9]) / 5
    np.testing.assert_allclose(found.displacement, expected, rtol=1e-5, atol=1e-6)


def test_the_rate_is_that_of_the_mean_series(motion: Motion, cube: Cube) -> None:
    found = of(somewhere((3, 4), (7, 9)), motion, cube)
    line = linregress(YEARS, found.displacement)
    assert (found.rate, found.standard_error) == pytest.approx((line.slope, line.stderr))


def test_a_known_rate_is_recovered(motion: Motion) -> None:
    cube = Cube(np.broadcast_to((-14.0 * YEARS)[:, None, None], (len(DATES), *UTM.shape)))
    found = of(np.ones(UTM.shape, bool), motion, cube)
    assert found.rate == pytest.approx(-14.0, rel=1e-5)
    assert found.standard_error < 1e-3
    np.testing.assert_allclose(found.spread, 0, atol=1e-5)


def test_more_pixels_of_one_atmosphere_are_not_better_known(motion: Motion) -> None:
    shared = np.random.default_rng(42).normal(size=(len(DATES), 1, 1))
    cube = Cube(np.broadcast_to(shared, (len(DATES), *UTM.shape)))
    one, all_of_them = of(somewhere((3, 4)), motion, cube), of(np.ones(UTM.shape, bool), motion, cube)
    assert all_of_them.standard_error == pytest.approx(one.standard_error, rel=1e-5)


def test_pixels_without_a_rate_do_not_speak(motion: Motion, cube: Cube) -> None:
    motion.rate[7, 9], motion.standard_error[7, 9], cube.values[:, 7, 9] = np.nan, np.nan, np.nan
    found = of(somewhere((3, 4), (7, 9)), motion, cube)
    assert found.pixels == 1
    np.testing.assert_array_equal(found.displacement, cube.values[:, 3, 4])


def test_without_a_coherent_pixel_there_is_no_series(motion: Motion, cube: Cube) -> None:
    nothing = replace(motion, rate=np.full(UTM.shape, np.nan, np.float32))
    assert mean_series(somewhere((3, 4)), WHOLE, cube.values, nothing, DATES) is None
    assert mean_series(somewhere(), WHOLE, cube.values, motion, DATES) is None


def test_perfectly_known_pixels_speak(motion: Motion, cube: Cube) -> None:
    motion.standard_error[:] = 0
    assert mean_series(somewhere((3, 4)), WHOLE, cube.values, motion, DATES) is not None


def test_a_window_is_read_as_such(motion: Motion, cube: Cube) -> None:
    window = Block(3, 9, 2, 12)
    pixels = somewhere((3, 4), (7, 9))
    part = mean_series(pixels[window.slices], window, cube.values[:, 3:9, 2:12], motion, DATES)
    assert part is not None
    np.testing.assert_allclose(part.displacement, of(pixels, motion, cube).displacement)


def test_no_pixel_speaks_for_all_the_others(motion: Motion, cube: Cube) -> None:
    """A reference point has no scatter at all; it weighs at most four times a middling pixel."""
    places = [(row, 3) for row in range(10)]
    motion.standard_error[:] = 1.0
    motion.standard_error[3, 3] = 0.0
    even = of(somewhere(*places[:3], *places[4:]), motion, cube)
    mean = of(somewhere(*places), motion, cube)
    alone = of(somewhere((3, 3)), motion, cube)
    np.testing.assert_allclose(mean.displacement, (9 * even.displacement + 4 * alone.displacement) / 13, rtol=1e-6)
