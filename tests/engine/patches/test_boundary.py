"""How far found outlines lie from true ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.patches.boundary import LEAST_MINES, boundary_error

Flags = NDArray[np.bool_]


def squares(edge: int, count: int = LEAST_MINES, *, shift: int = 0) -> Flags:
    """Squares of an edge in a row, round the same middles, moved to the right."""
    picture = np.zeros((60, 60 * count + 10), bool)
    for number in range(count):
        first = 60 * number + 30 - edge // 2
        picture[30 - edge // 2 : 30 - edge // 2 + edge, first + shift : first + shift + edge] = True
    return picture


def test_the_same_outlines_differ_by_half_a_pixel() -> None:
    assert boundary_error([(squares(20), squares(20))]) == 0.5


@pytest.mark.parametrize("wider", [1, 2, 4])
def test_outlines_that_are_too_wide_or_too_narrow_lie_off_by_as_much(wider: int) -> None:
    true, wide = squares(24), squares(24 + 2 * wider)
    assert boundary_error([(wide, true)]) == pytest.approx(wider, abs=0.01)
    assert boundary_error([(true, wide)]) == pytest.approx(wider, abs=0.01)


def test_it_is_the_distance_within_which_two_thirds_lie() -> None:
    """Moved by three pixels, the two sides across lie off by three; along it, the points lie on the true outline."""
    assert boundary_error([(squares(40, shift=3), squares(40))]) == pytest.approx(3)
    assert boundary_error([(squares(40, shift=1), squares(40)), (squares(40), squares(40))]) == 0.5


def test_what_was_missed_or_is_none_has_no_outline_to_compare() -> None:
    true = np.concatenate([squares(20), squares(20), np.zeros((60, 60 * LEAST_MINES + 10), bool)])
    found = np.concatenate([squares(20), np.zeros_like(squares(20)), squares(30)])
    assert boundary_error([(found, true)]) == 0.5
    assert boundary_error([(squares(8), squares(20))]) is None


def test_large_mines_count_no_more_than_small_ones() -> None:
    few, small = squares(50, 5, shift=4), squares(10, 40)
    assert boundary_error([(few, squares(50, 5)), (small, small)]) == 0.5


def test_a_few_mines_tell_nothing() -> None:
    few = squares(20, LEAST_MINES - 1)
    assert boundary_error([(few, few)]) is None
    assert boundary_error([(few, few), (squares(20, 1), squares(20, 1))]) == 0.5
    assert boundary_error([]) is None


def test_the_rim_of_an_image_is_no_outline() -> None:
    """A mine that goes on beyond the image has no edge there."""
    true, found = np.zeros((30, 60 * LEAST_MINES), bool), np.zeros((30, 60 * LEAST_MINES), bool)
    for number in range(LEAST_MINES):
        true[:20, 60 * number : 60 * number + 30] = True
        found[:24, 60 * number : 60 * number + 34] = True
    assert boundary_error([(found, true)]) == pytest.approx(4, abs=0.1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 100), turn=st.integers(0, 3))
def test_turning_or_mirroring_an_image_changes_nothing(seed: int, turn: int) -> None:
    chance = np.random.default_rng(seed)
    true = squares(24)
    found = true ^ (chance.random(true.shape) < 0.02)
    told = boundary_error([(found, true)])
    assert boundary_error([(np.rot90(found, turn), np.rot90(true, turn))]) == pytest.approx(told)
    assert boundary_error([(found[:, ::-1], true[:, ::-1])]) == pytest.approx(told)
