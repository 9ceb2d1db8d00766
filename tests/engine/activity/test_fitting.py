"""Courses of motion: made series are taken for what they are, dated, and no surer than noise lets them be."""

from datetime import date, timedelta

import numpy as np
import pytest

from benchmarks.activity import cramer_rao
from engine.activity.courses import Course, Turn
from engine.activity.fitting import LEAST_DATES, Fit, Fitter

DATES = [date(2019, 1, 11) + timedelta(days=12 * number) for number in range(90)]
YEARS = np.array([(day - DATES[0]).days for day in DATES]) / 365.25
AT = 1.5  # years


@pytest.fixture(scope="module")
def fitter() -> Fitter:
    return Fitter(DATES)


def noise(chance: np.random.Generator, count: int, white: float = 1.0, walk: float = 0.0) -> np.ndarray:
    """Of dates in mm, and a walk that gathers so much in a year."""
    steps = np.sqrt(np.diff(YEARS, prepend=YEARS[0]))
    walked = np.cumsum(chance.normal(size=(count, YEARS.size)) * steps * walk, axis=1)
    return walked + chance.normal(size=(count, YEARS.size)) * white


def one(fitter: Fitter, values: np.ndarray, seed: int = 0) -> Fit:
    (fit,) = fitter.fit(values[None] + noise(np.random.default_rng(seed), 1, 0.7))
    return fit


def test_still_ground_is_constant(fitter: Fitter) -> None:
    fit = one(fitter, np.zeros(YEARS.size))
    assert (fit.course, fit.turn, fit.day, fit.sure_from, fit.sure_until) == (Course.CONSTANT, None, None, None, None)
    assert fit.noise_mm == pytest.approx(0.7, rel=0.2)


def test_a_line_is_a_line(fitter: Fitter) -> None:
    fit = one(fitter, -9.0 * YEARS)
    assert (fit.course, fit.turn) == (Course.LINEAR, None)
    assert fit.rate_before == fit.rate_after == pytest.approx(-9, abs=3 * fit.error_after)
    assert fit.sure_from is not None
    assert fit.sure_until is not None
    assert (fit.sure_from - DATES[0]).days < 200
    assert (DATES[-1] - fit.sure_until).days < 200


@pytest.mark.parametrize(
    ("values", "turn", "before", "after"),
    [
        (-9 * np.maximum(YEARS - AT, 0), Turn.ONSET, 0.0, -9.0),
        (11 * np.minimum(YEARS, AT), Turn.STOP, 11.0, 0.0),
        (-3 * YEARS - 12 * np.maximum(YEARS - AT, 0), Turn.FASTER, -3.0, -15.0),
        (-14 * YEARS + 9 * np.maximum(YEARS - AT, 0), Turn.SLOWER, -14.0, -5.0),
        (-9 * YEARS + 20 * np.maximum(YEARS - AT, 0), Turn.REVERSAL, -9.0, 11.0),
    ],
)
def test_a_kink_is_told_and_dated(fitter: Fitter, values: np.ndarray, turn: Turn, before: float, after: float) -> None:
    fit = one(fitter, values)
    assert fit.turn is turn
    assert fit.day is not None
    assert fit.first is not None
    assert fit.last is not None
    day = DATES[0] + timedelta(days=round(AT * 365.25))
    assert fit.first <= day <= fit.last
    assert abs((fit.day - day).days) <= 45
    assert (fit.rate_before, fit.rate_after) == (pytest.approx(before, abs=1.5), pytest.approx(after, abs=1.5))
    assert fit.p_value < 0.05
    assert fit.cusum_p < 0.05


@pytest.mark.parametrize("slope", [0.0, -6.0])
def test_a_step_lies_between_two_dates(fitter: Fitter, slope: float) -> None:
    fit = one(fitter, slope * YEARS - 15.0 * (np.arange(YEARS.size) > 40))
    assert fit.turn is Turn.STEP
    assert fit.first is not None
    assert fit.last is not None
    assert fit.first <= DATES[40] + timedelta(days=4) <= fit.last
    assert (fit.last - fit.first).days <= 24
    assert fit.step_mm == pytest.approx(-15, abs=2)


def test_a_step_that_is_small_beside_noise_is_none(fitter: Fitter) -> None:
    assert one(fitter, 2.0 * (YEARS > AT)).turn is not Turn.STEP


def test_what_fades_is_told_from_what_stops(fitter: Fitter) -> None:
    fading = one(fitter, -30.0 * 1.1 * (1 - np.exp(-YEARS / 1.1)))
    stops = one(fitter, -14.0 * np.minimum(YEARS, 1.8))
    assert fading.fading > 0.9
    assert stops.fading < 0.2
    assert stops.turn is Turn.STOP


def test_the_seasons_are_no_motion(fitter: Fitter) -> None:
    fit = one(fitter, 5.0 * np.cos(2 * np.pi * YEARS))
    assert (fit.course, fit.turn) == (Course.CONSTANT, None)
    assert fit.annual_mm == pytest.approx(5, abs=0.7)


def test_false_turns_of_still_ground_are_held_down(fitter: Fitter) -> None:
    """Of 300 series of noise that walks, as series of the radar do, no more than one in twenty is said to turn."""
    values = noise(np.random.default_rng(3), 300, 0.5, 1.0)
    known = fitter.fit(values, np.full(300, 1.0))
    assert np.mean([fit.turn is not None for fit in known]) <= 0.05
    assert np.mean([fit.turn is not None for fit in fitter.fit(values)]) <= 0.05


def test_days_are_nearly_as_good_as_they_can_be_and_intervals_hold(fitter: Fitter) -> None:
    """2 mm of noise, 9 mm/yr: the bound of Cramér and Rao is some 35 days; errors are at most half as large again."""
    count = 150
    values = -9 * np.maximum(YEARS - AT, 0) + noise(np.random.default_rng(4), count, 2.0)
    fits = [fit for fit in fitter.fit(values) if fit.day is not None]
    day = DATES[0] + timedelta(days=round(AT * 365.25))
    off = np.array([(fit.day - day).days for fit in fits if fit.day is not None])
    held = [fit.first <= day <= fit.last for fit in fits if fit.first is not None and fit.last is not None]
    bound = cramer_rao(YEARS, AT, 9.0, 2.0, 0.0)
    assert bound == pytest.approx(35, abs=5)
    assert len(fits) > 0.8 * count
    assert np.sqrt(np.mean(off**2)) < 1.5 * bound
    assert np.mean(held) >= 0.9


def test_what_is_known_of_the_walk_of_noise_counts(fitter: Fitter) -> None:
    """A bend that a strong walk explains is less sure; where noise is known to walk little, it is one."""
    values = (-5 * np.maximum(YEARS - AT, 0) + noise(np.random.default_rng(5), 1, 0.4, 0.3))[0]
    calm = fitter.fit(np.stack([values] * 2), np.array([0.3, 0.3]))[0]
    wild = fitter.fit(np.stack([values] * 2), np.array([12.0, 12.0]))[0]
    assert calm.turn is Turn.ONSET
    assert wild.p_value > 5 * calm.p_value


def test_series_are_fitted_alike_alone_and_together(fitter: Fitter) -> None:
    """But for what is believed: false alarms are held down among all."""
    values = -9 * YEARS + noise(np.random.default_rng(6), 5)
    together = fitter.fit(values)
    alone = [fitter.fit(row[None])[0] for row in values]
    for first, second in zip(together, alone, strict=True):
        assert first.course is second.course
        np.testing.assert_allclose(first.fitted, second.fitted, atol=1e-9)


def test_too_few_dates_tell_no_course() -> None:
    with pytest.raises(ValueError, match="dates"):
        Fitter(DATES[: LEAST_DATES - 1])
    assert Fitter(DATES[:LEAST_DATES]).fit(np.zeros((0, LEAST_DATES))) == []


def test_dates_may_lie_anyhow() -> None:
    """Missing acquisitions, and a series that does not end as it began."""
    kept = [day for number, day in enumerate(DATES) if number % 7 not in (2, 3)]
    years = np.array([(day - kept[0]).days for day in kept]) / 365.25
    values = -12 * np.maximum(years - 1.2, 0) + np.random.default_rng(7).normal(0, 0.7, years.size)
    (fit,) = Fitter(kept).fit(values[None])
    assert fit.turn in (Turn.ONSET, Turn.FASTER)
    assert fit.day is not None
    assert abs((fit.day - kept[0]).days - 1.2 * 365.25) < 30
