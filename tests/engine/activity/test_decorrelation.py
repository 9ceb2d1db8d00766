"""Loss of coherence: dated where it is made, none where there is none."""

from datetime import date, timedelta

import numpy as np
import pytest

from engine.activity.decorrelation import DatedPair, consecutive, date_loss

PAIRS = [
    DatedPair(number, date(2019, 1, 1) + timedelta(days=12 * number), date(2019, 1, 13) + timedelta(days=12 * number))
    for number in range(80)
]


def coherence(first: int, last: int, drop: float = 0.4, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).normal(0, 0.06, len(PAIRS))
    values[first:last] -= drop
    return values


def test_a_loss_that_goes_on_is_dated_by_the_first_pair_that_shows_it() -> None:
    loss = date_loss(coherence(30, 80), PAIRS)
    assert loss is not None
    assert loss.first < PAIRS[30].first + timedelta(days=6) < loss.last
    assert (loss.last - loss.first).days <= 30
    assert (loss.until_first, loss.until_last) == (None, None)
    assert loss.sure_until == PAIRS[-3].first
    assert loss.drop == pytest.approx(0.4, abs=0.05)


def test_a_loss_that_ends_is_dated_at_both_ends() -> None:
    loss = date_loss(coherence(20, 55), PAIRS)
    assert loss is not None
    assert loss.first < PAIRS[20].second
    assert loss.until_first is not None
    assert loss.until_last is not None
    assert loss.until_first <= PAIRS[55].first <= loss.until_last


def test_what_weather_does_is_no_loss() -> None:
    assert date_loss(coherence(0, 0), PAIRS) is None
    assert date_loss(coherence(30, 80, drop=0.05), PAIRS) is None
    assert date_loss(-coherence(30, 80), PAIRS) is None


def test_pairs_without_coherence_are_left_out() -> None:
    values = coherence(30, 80)
    values[10:14] = np.nan
    loss = date_loss(values, PAIRS)
    assert loss is not None
    assert loss.first < PAIRS[30].second
    assert date_loss(np.full(len(PAIRS), np.nan), PAIRS) is None


def test_of_each_date_the_shortest_pair_counts() -> None:
    day = date(2020, 1, 1)
    pairs = [
        DatedPair(0, day, day + timedelta(days=36)),
        DatedPair(1, day, day + timedelta(days=12)),
        DatedPair(2, day + timedelta(days=12), day + timedelta(days=72)),
    ]
    assert consecutive(pairs) == [pairs[1]]
