"""Accuracy from a confusion matrix: the paper's cells give the figures that follow from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.assessment import Confusion, score_mines
from engine.patches.labels import UNLABELLED

PAPER = Confusion.binary(true_positive=3985, false_positive=1971, false_negative=1015, true_negative=332_941)


def test_the_papers_cells_give_its_figures() -> None:
    """METHOD §4: user's accuracy 0.669, producer's 0.797, F1 0.727, kappa 0.723, overall 99.12 %."""
    assert PAPER.users_accuracy[1] == pytest.approx(0.669, abs=5e-4)
    assert PAPER.producers_accuracy[1] == pytest.approx(0.797, abs=5e-4)
    assert PAPER.f1[1] == pytest.approx(0.727, abs=5e-4)
    assert PAPER.kappa == pytest.approx(0.723, abs=5e-4)
    assert PAPER.overall == pytest.approx(0.9912, abs=5e-5)
    assert PAPER.iou[1] == pytest.approx(3985 / (3985 + 1971 + 1015))


def test_cells_count_truth_in_rows_and_prediction_in_columns() -> None:
    labels = np.array([[0, 0, 1], [2, 2, UNLABELLED]], np.uint8)
    predicted = np.array([[0, 1, 1], [1, 2, 2]], np.uint8)
    assert Confusion.of(labels, predicted, 3).cells.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 1]]


def test_classes_taken_for_each_other_are_still_mines() -> None:
    labels, predicted = np.array([1, 2, 2, 0, 0], np.uint8), np.array([2, 1, 0, 3, 0], np.uint8)
    assert Confusion.of(labels, predicted, 4).mines.cells.tolist() == [[1, 1], [1, 2]]
    assert score_mines(labels, predicted)["iou"] == pytest.approx(0.5)


def test_parts_add_up() -> None:
    random = np.random.default_rng(1)
    labels, predicted = random.integers(0, 3, (2, 40, 50)).astype(np.uint8)
    halves = Confusion.of(labels[:20], predicted[:20], 3) + Confusion.of(labels[20:], predicted[20:], 3)
    np.testing.assert_array_equal(halves.cells, Confusion.of(labels, predicted, 3).cells)


def test_a_class_that_does_not_occur_has_no_figures() -> None:
    confusion = Confusion.of(np.zeros(4, np.uint8), np.zeros(4, np.uint8), 2)
    assert np.isnan(confusion.iou[1])
    assert np.isnan(confusion.users_accuracy[1])
    assert confusion.overall == 1


def test_nothing_labelled_gives_no_figures() -> None:
    confusion = Confusion.of(np.full(4, UNLABELLED, np.uint8), np.zeros(4, np.uint8), 2)
    assert confusion.cells.sum() == 0
    assert np.isnan(confusion.overall)
    assert np.isnan(confusion.kappa)


def test_a_code_beyond_the_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="a code of 5 among 2 classes"):
        Confusion.of(np.array([1], np.uint8), np.array([5], np.uint8), 2)


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4))
def test_figures_hold_together(cells: list[int]) -> None:
    confusion = Confusion.binary(*cells)
    if cells[0]:
        users, producers = confusion.users_accuracy[1], confusion.producers_accuracy[1]
        assert confusion.f1[1] == pytest.approx(2 * users * producers / (users + producers))
        assert confusion.iou[1] == pytest.approx(confusion.f1[1] / (2 - confusion.f1[1]))
    assert sum(cells) == 0 or confusion.overall == pytest.approx((cells[0] + cells[3]) / sum(cells))
