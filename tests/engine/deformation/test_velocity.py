"""Rates: a known line is recovered, and its uncertainty covers the truth as often as it says."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.stats import linregress

from engine.deformation.velocity import (
    VelocityOptions,
    date_noise,
    fit_rate,
    resolution_error,
    spread_factor,
    t95,
    to_vertical,
)
from engine.errors import InputError

DATES = [date(2019, 1, 5) + timedelta(days=days) for days in (0, 12, 24, 48, 60, 96, 108, 132, 180, 240)]
YEARS = np.array([(day - DATES[0]).days for day in DATES]) / 365.25


@given(rate=st.floats(-500, 500), intercept=st.floats(-100, 100))
def test_a_line_is_recovered(rate: float, intercept: float) -> None:
    fit = fit_rate((intercept + rate * YEARS)[:, None].astype(np.float32), DATES)
    assert fit.rate[0] == pytest.approx(rate, abs=1e-3)
    assert fit.intercept[0] == pytest.approx(intercept, abs=1e-3)
    assert fit.standard_error[0] < 1e-3


def test_every_pixel_gets_its_own_line() -> None:
    rates = np.linspace(-20, 20, 7)
    fit = fit_rate((YEARS[:, None] * rates + 3).astype(np.float32), DATES)
    np.testing.assert_allclose(fit.rate, rates, atol=1e-4)


def test_the_fit_is_ordinary_least_squares() -> None:
    series = np.random.default_rng(5).normal(size=(len(DATES), 20)).astype(np.float32)
    fit = fit_rate(series, DATES)
    for pixel in range(20):
        line = linregress(YEARS, series[:, pixel])
        assert fit.rate[pixel] == pytest.approx(line.slope, rel=1e-4, abs=1e-5)
        assert fit.standard_error[pixel] == pytest.approx(line.stderr, rel=1e-4)
        assert fit.intercept[pixel] == pytest.approx(line.intercept, rel=1e-4, abs=1e-5)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Of 20,000 series about a known line, 95 % of the 95 % intervals hold its rate (Monte Carlo, ± 0.5 %)."""
    noise = np.random.default_rng(6).normal(scale=4.0, size=(len(DATES), 20_000))
    fit = fit_rate((-12.0 * YEARS[:, None] + noise).astype(np.float32), DATES)
    covered = np.abs(fit.rate + 12.0) < t95(len(DATES)) * fit.standard_error
    assert covered.mean() == pytest.approx(0.95, abs=0.005)


def test_few_dates_need_a_wider_interval() -> None:
    assert t95(3) == pytest.approx(12.706, abs=1e-3)
    assert t95(13) == pytest.approx(2.201, abs=1e-3)
    assert t95(10_000) == pytest.approx(1.960, abs=1e-3)


def test_a_series_with_a_gap_has_no_rate_and_spoils_no_other() -> None:
    series = np.tile((5 * YEARS)[:, None], 3).astype(np.float32)
    series[4, 1] = np.nan
    fit = fit_rate(series, DATES)
    np.testing.assert_array_equal(np.isnan(fit.rate), [False, True, False])
    np.testing.assert_array_equal(np.isnan(fit.standard_error), [False, True, False])
    np.testing.assert_allclose(fit.rate[[0, 2]], 5, rtol=1e-5)


def test_no_series_gives_no_rate() -> None:
    assert np.isnan(fit_rate(np.full((len(DATES), 2), np.nan, np.float32), DATES).rate).all()


def test_three_dates_are_enough() -> None:
    fit = fit_rate(np.array([[0], [1], [5]], np.float32), DATES[:3])
    line = linregress(YEARS[:3], [0, 1, 5])
    assert (fit.rate[0], fit.standard_error[0]) == pytest.approx((line.slope, line.stderr), rel=1e-5)


def test_series_are_left_as_they_were() -> None:
    series = np.random.default_rng(7).normal(size=(len(DATES), 4)).astype(np.float32)
    before = series.copy()
    fit_rate(series, DATES)
    date_noise(series, DATES)
    np.testing.assert_array_equal(series, before)


def test_the_noise_of_a_date_is_the_spread_on_it() -> None:
    """One date is five times as noisy as the others, and one pixel in fifty is unwrapped wrongly there."""
    generator = np.random.default_rng(8)
    sigma = np.ones(len(DATES))
    sigma[5] = 5.0
    series = generator.normal(size=(len(DATES), 20_000)) * sigma[:, None] + YEARS[:, None] * 30
    series[5, ::50] += 28.0
    noise = date_noise(series.astype(np.float32), DATES)
    assert noise[5] == pytest.approx(5.0, rel=0.15)  # the line takes up a part of it
    assert np.delete(noise, 5).max() < 1.5


def test_what_all_pixels_share_is_no_noise() -> None:
    series = YEARS[:, None] * np.linspace(-5, 5, 9) + np.arange(len(DATES))[:, None] ** 2
    np.testing.assert_allclose(date_noise(series.astype(np.float32), DATES), 0, atol=1e-3)


def test_without_pixels_the_noise_is_not_known() -> None:
    assert np.isnan(date_noise(np.empty((len(DATES), 0), np.float32), DATES)).all()


@pytest.mark.parametrize(("incidence", "factor"), [(0.0, 1.0), (60.0, 2.0), (37.28, 1.25678)])
def test_vertical_motion_is_longer_than_what_is_seen_of_it(incidence: float, factor: float) -> None:
    seen = np.array([-10.0, 0.0, 4.0], np.float32)
    vertical = to_vertical(seen, np.full(3, incidence, np.float32))
    np.testing.assert_allclose(vertical, seen * factor, rtol=1e-5)
    np.testing.assert_allclose(vertical * np.cos(np.radians(incidence)), seen, rtol=1e-5)


# A period


def test_only_dates_of_the_period_count_and_the_line_goes_on() -> None:
    series = np.where(YEARS > 0.2, 3 + 7 * YEARS, 100.0)[:, None].astype(np.float32)
    fit = fit_rate(series, DATES, VelocityOptions(start=DATES[5], end=DATES[-1]))
    assert fit.rate[0] == pytest.approx(7, abs=1e-4)
    assert fit.intercept[0] == pytest.approx(3, abs=1e-4)


def test_a_period_with_too_few_dates_is_refused() -> None:
    with pytest.raises(InputError, match="2 of the dates from 2019-01-05"):
        VelocityOptions(start=DATES[-2]).within(DATES)


def test_the_functional_of_the_rate_gives_the_rate() -> None:
    series = np.random.default_rng(8).normal(size=(len(DATES), 6)).astype(np.float32)
    options = VelocityOptions(start=DATES[2], end=DATES[-2])
    functional = options.functional(DATES)
    assert functional.sum() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(functional @ series, fit_rate(series, DATES, options).rate, rtol=1e-4)


# Other standard errors


def test_a_bootstrap_comes_to_what_the_residuals_say_of_even_noise() -> None:
    days = [DATES[0] + timedelta(days=12 * number) for number in range(60)]
    noise = np.random.default_rng(9).normal(size=(60, 2000)).astype(np.float32)
    plain = fit_rate(noise, days).standard_error.mean()
    drawn = fit_rate(noise, days, VelocityOptions(standard_error="bootstrap")).standard_error.mean()
    assert drawn == pytest.approx(plain, rel=0.05)


def test_places_that_differ_by_their_noise_tell_its_spread() -> None:
    """Deviations are stated twice as large as they are; a few places move, and some have no rate."""
    generator = np.random.default_rng(10)
    deviation = generator.uniform(0.5, 2, (120, 100)).astype(np.float32)
    rate = (generator.normal(size=deviation.shape) * deviation / 2 + 30).astype(np.float32)
    rate[40:50, 40:50] -= 20
    rate[::7, ::5] = np.nan
    assert spread_factor(rate, deviation, 5) == pytest.approx(0.5, rel=0.05)


def test_too_few_places_tell_nothing() -> None:
    assert spread_factor(np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32), 1) == 1


# What averaging may have taken


def bowl(width: float, shape: tuple[int, int] = (61, 61)) -> NDArray[np.float32]:
    """A Gaussian bowl, 20 mm/yr deep in its middle."""
    rows, cols = np.indices(shape) - 30
    return (-20 * np.exp(-(rows**2 + cols**2) / (2 * width**2))).astype(np.float32)


@pytest.mark.parametrize("width", [4.0, 6.0, 10.0])
def test_what_an_average_took_from_a_bowl_is_mostly_within_the_interval(width: float) -> None:
    true = bowl(width)
    found = gaussian_filter(true, 2.5)
    off, error = np.abs(found - true), resolution_error(found, 2.5)
    assert off.max() > 0.05 * 20
    assert (off <= 1.96 * error)[off > 0.2].mean() > 0.9
    # And it is not much more than that where most is lost.
    assert error[30, 30] < 2 * off[30, 30]


def test_the_wider_a_bowl_the_less_may_be_lost() -> None:
    errors = [resolution_error(bowl(width), 2.5).max() for width in (3.0, 6.0, 12.0)]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


def test_inclined_ground_loses_nothing() -> None:
    rows, cols = np.indices((40, 50))
    inclined = (3.0 * rows - 2.0 * cols).astype(np.float32)
    # At the rim it is not known how it goes on.
    assert resolution_error(inclined, 2.5)[10:-10, 10:-10].max() < 0.05


def test_the_error_is_known_where_rates_are() -> None:
    rate = bowl(4.0)
    rate[25:35, 40:] = np.nan
    error = resolution_error(rate, 2.5)
    np.testing.assert_array_equal(np.isnan(error), np.isnan(rate))
    np.testing.assert_allclose(error[:, :20], resolution_error(bowl(4.0), 2.5)[:, :20], rtol=1e-5)
    assert np.isnan(resolution_error(np.full((4, 5), np.nan, np.float32), 2.5)).all()
    assert (resolution_error(bowl(4.0), 0.0) == 0).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1)])
def test_frames_of_a_single_row_have_an_error(shape: tuple[int, int]) -> None:
    assert resolution_error(np.full(shape, 7, np.float32), 2.5).max() < 0.01
