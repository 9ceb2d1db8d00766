"""Wrong unwrapping is found by loops that do not close, pixel by pixel, and nothing else is."""

from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.deformation.network import Network
from engine.deformation.stack import DatePair
from engine.deformation.unwrapping import find_loops, find_wrongly_unwrapped

TURN = np.float32(2 * np.pi)


def network_of(dates: int, farthest: int) -> Network:
    days = [date(2020, 1, 1) + timedelta(days=12 * number) for number in range(dates)]
    links = [(i, j) for i, j in combinations(range(dates), 2) if j - i <= farthest]
    return Network(tuple(DatePair(days[i], days[j]) for i, j in links))


NETWORK = network_of(12, 3)


def consistent(pixels: int, seed: int, noise: float = 0.2) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    series = np.cumsum(generator.normal(scale=2.0, size=(12, pixels)), axis=0)
    phase = NETWORK.incidence_matrix @ series + generator.normal(scale=noise, size=(len(NETWORK.pairs), pixels))
    return phase.astype(np.float32)


def test_loops_are_the_triangles_of_the_network() -> None:
    loops = find_loops(NETWORK)
    edges = [tuple(edge) for edge in NETWORK.edges]
    expected = {
        (edges.index((i, j)), edges.index((j, k)), edges.index((i, k)))
        for i, j, k in combinations(range(12), 3)
        if k - i <= 3
    }
    assert {tuple(loop) for loop in loops} == expected
    assert len(loops) == len(expected)


def test_what_closes_is_left_alone() -> None:
    phase = consistent(100, 1)
    before = phase.copy()
    assert not find_wrongly_unwrapped(find_loops(NETWORK), phase).any()
    np.testing.assert_array_equal(phase, before)


@settings(max_examples=60, deadline=None)
@given(wrong=st.integers(0, len(NETWORK.pairs) - 1), turns=st.integers(-3, 3).filter(bool), pixel=st.integers(0, 69))
def test_one_wrong_pair_is_found_and_no_other(wrong: int, turns: int, pixel: int) -> None:
    phase = consistent(70, 2)
    phase[wrong, pixel] += turns * TURN
    expected = np.zeros(phase.shape, np.bool_)
    expected[wrong, pixel] = True
    np.testing.assert_array_equal(find_wrongly_unwrapped(find_loops(NETWORK), phase), expected)


def test_two_wrong_pairs_in_one_pixel_are_found() -> None:
    phase, edges = consistent(3, 3), [tuple(edge) for edge in NETWORK.edges]
    wrong = [edges.index((2, 3)), edges.index((7, 9))]
    phase[wrong, 1] += TURN
    found = find_wrongly_unwrapped(find_loops(NETWORK), phase)
    assert sorted(np.flatnonzero(found[:, 1])) == sorted(wrong)
    assert not found[:, [0, 2]].any()


def test_all_loops_of_the_others_close_whatever_is_wrong() -> None:
    generator, loops = np.random.default_rng(4), find_loops(NETWORK)
    phase = consistent(500, 5)
    phase += TURN * generator.choice([-1, 0, 0, 0, 1], phase.shape).astype(np.float32)
    phase[find_wrongly_unwrapped(loops, phase)] = np.nan
    missed = phase[loops[:, 0]] + phase[loops[:, 1]] - phase[loops[:, 2]]
    assert np.nanmax(np.abs(missed)) < np.pi


def test_a_pair_without_phase_counts_in_no_loop() -> None:
    phase = consistent(1, 6)
    phase[::2] = np.nan
    assert not find_wrongly_unwrapped(find_loops(NETWORK), phase).any()


def test_a_network_without_loops_says_nothing() -> None:
    chain = network_of(6, 1)
    assert not find_wrongly_unwrapped(find_loops(chain), np.full((5, 2), 40, np.float32)).any()


@pytest.mark.parametrize("pixels", [1, 63, 64, 65, 130])
def test_pixels_do_not_disturb_each_other(pixels: int) -> None:
    generator, loops = np.random.default_rng(7), find_loops(NETWORK)
    phase = consistent(pixels, 8)
    phase += TURN * (generator.random(phase.shape) < 0.1).astype(np.float32)
    found = find_wrongly_unwrapped(loops, phase)
    for pixel in range(pixels):
        alone = find_wrongly_unwrapped(loops, np.ascontiguousarray(phase[:, [pixel]]))
        np.testing.assert_array_equal(alone[:, 0], found[:, pixel])
