"""Accuracy of patches: what belongs to the test, what it is out of, and that the results of several places add up."""

import math
from dataclasses import fields
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from engine.assessment.accuracy import PatchAccuracy, area_similarity, compare_patches
from engine.assessment.counting import ELSEWHERE, PartCounts, count_image, pooled
from engine.assessment.patches import extracted_patches, labelled_patches
from engine.assessment.truth import Truth
from engine.patches.labels import UNLABELLED
from engine.patches.parts import TRAINED, UNSEEN_BOTH, UNSEEN_GROUND

CLASSES = ("background", "dump", "pit")
DAY = date(2019, 5, 18)
NOWHERE = np.zeros((40, 40), bool)


def squares(*those: tuple[int, int, int, int], size: int = 6) -> NDArray[np.uint8]:
    """Codes with squares: code, row, column, and how many pixels each is moved to the right."""
    codes = np.zeros((40, 40), np.uint8)
    for code, row, col, moved in those:
        codes[row : row + size, col + moved : col + moved + size] = code
    return codes


def accuracy_of(
    truth: NDArray[np.uint8], mask: NDArray[np.uint8], seen: NDArray[np.bool_] = NOWHERE, *, known: bool = True
) -> PatchAccuracy:
    labelled = np.full(truth.shape, known) if known else truth != UNLABELLED
    true, extracted = labelled_patches(truth), extracted_patches(mask)
    return compare_patches(true, extracted, seen, labelled, pixel_m2=4.0).accuracy


def test_hits_misses_and_false_alarms() -> None:
    truth = squares((1, 2, 2, 0), (2, 2, 20, 0), (2, 20, 2, 0))
    mask = squares((1, 2, 2, 1), (1, 2, 20, 0), (2, 30, 30, 0))
    found = accuracy_of(truth, mask)
    assert found.identification == pytest.approx(2 / 3)
    assert found.precision == pytest.approx(2 / 3)
    assert found.class_right == pytest.approx(1 / 2)
    assert sorted(found.iou.tolist()) == pytest.approx([0, 30 / 42, 1])
    assert (found.mean_similarity, found.mean_similarity_of_all) == pytest.approx((1, 2 / 3))
    assert found.mean_iou == pytest.approx((30 / 42 + 1) / 2)
    assert set(found.area_m2.tolist()) == {144.0}
    pits = found.of_class(2)
    assert (len(pits.classes), pits.identification, pits.precision) == (2, 0.5, 0.0)


def test_flagging_everything_identifies_little_and_one_by_one() -> None:
    truth = squares((1, 2, 2, 0), (1, 20, 20, 0))
    assert accuracy_of(truth, np.ones((40, 40), np.uint8)).identification == 0


def test_what_training_saw_is_left_out_on_both_sides() -> None:
    """A patch inside, one cut, one outside; and what was extracted on them."""
    truth = squares((1, 2, 2, 0), (1, 2, 16, 0), (1, 2, 30, 0))
    seen = NOWHERE.copy()
    seen[:, :18] = True
    found = accuracy_of(truth, truth, seen)
    assert (len(found.classes), found.left_out, found.cut) == (1, 2, 1)
    assert found.right.tolist() == [True]  # the extraction of the cut patch lies mostly outside, and counts neither way
    assert found.identification == found.precision == 1


def test_pieces_of_a_patch_that_is_left_out_are_no_false_alarms() -> None:
    truth = squares((1, 2, 16, 0))
    seen = NOWHERE.copy()
    seen[:, :17] = True
    pieces = truth.copy()
    pieces[:, 19] = 0
    assert len(accuracy_of(truth, pieces, seen).right) == 0


def test_an_extracted_patch_belongs_to_the_side_of_its_larger_part() -> None:
    mask = squares((1, 2, 14, 0), (1, 20, 16, 0))
    seen = NOWHERE.copy()
    seen[:, :18] = True
    found = accuracy_of(np.zeros((40, 40), np.uint8), mask, seen)
    assert found.right.tolist() == [False]
    assert math.isnan(found.identification)


def test_where_labels_tell_nothing_nothing_is_a_false_alarm() -> None:
    truth = squares((1, 2, 2, 0))
    truth[:, 20:] = UNLABELLED
    mask = squares((1, 2, 2, 0), (1, 2, 30, 0), (2, 20, 2, 0))
    assert accuracy_of(truth, mask, known=False).right.tolist() == [True, False]


def test_true_patches_without_data_are_counted_apart() -> None:
    truth = squares((1, 2, 2, 0), (1, 20, 20, 0))
    known = np.ones((40, 40), bool)
    known[:10] = False
    nothing = extracted_patches(np.zeros((40, 40), np.uint8))
    found = compare_patches(labelled_patches(truth), nothing, NOWHERE, known, pixel_m2=1.0).accuracy
    assert (len(found.classes), found.unseen) == (1, 1)


@given(arrays(np.float64, 5, elements=st.floats(1, 1e9)), arrays(np.float64, 5, elements=st.floats(1, 1e9)))
def test_area_similarity_is_symmetric_and_a_share(one: NDArray[np.float64], other: NDArray[np.float64]) -> None:
    similarity = area_similarity(one, other)
    np.testing.assert_array_equal(similarity, area_similarity(other, one))
    assert ((similarity > 0) & (similarity <= 1)).all()
    np.testing.assert_array_equal(area_similarity(one, one), 1)


CODES = arrays(np.uint8, (40, 40), elements=st.sampled_from([0, 0, 0, 1, 2]))


@settings(max_examples=25)
@given(CODES, CODES, CODES, CODES)
def test_places_add_up_as_if_they_were_one(
    truth: NDArray[np.uint8], mask: NDArray[np.uint8], other_truth: NDArray[np.uint8], other_mask: NDArray[np.uint8]
) -> None:
    """Two images, and the two side by side with ground between them."""
    gap = np.zeros((40, 1), np.uint8)
    apart = counted(truth, mask) + counted(other_truth, other_mask)
    together = counted(np.hstack([truth, gap, other_truth]), np.hstack([mask, gap, other_mask]))
    cells = together.pixels.cells.copy()
    cells[0, 0] -= 40
    np.testing.assert_array_equal(apart.pixels.cells, cells)
    assert apart.patches is not None
    assert together.patches is not None
    assert len(apart.patches.classes) == len(together.patches.classes)
    assert sum(apart.patches.iou) == pytest.approx(sum(together.patches.iou))
    assert len(apart.patches.right) == len(together.patches.right)


def counted(truth: NDArray[np.uint8], mask: NDArray[np.uint8]) -> PartCounts:
    (part,), _ = count_image(
        mask,
        Truth(truth, labelled_patches(truth), simulated=True),
        None,
        day=DAY,
        held_out=False,
        classes=CLASSES,
        pixel_m2=1.0,
        least_area_m2=2.0,
    )
    return part


def counted_with(seen: NDArray[np.bool_], *, held_out: bool, truth: Truth, mask: NDArray[np.uint8]) -> list[PartCounts]:
    parts, _ = count_image(
        mask, truth, seen, day=DAY, held_out=held_out, classes=CLASSES, pixel_m2=1.0, least_area_m2=1.0
    )
    return parts


def test_an_image_has_a_part_that_training_saw_and_one_that_tests() -> None:
    codes = squares((1, 2, 2, 0), (2, 20, 30, 0))
    seen = NOWHERE.copy()
    seen[:, :20] = True
    truth = Truth(codes, labelled_patches(codes), simulated=True)
    trained, test = counted_with(seen, held_out=False, truth=truth, mask=codes)
    assert (trained.role, trained.patches, test.role) == (TRAINED, None, UNSEEN_GROUND)
    assert trained.pixels.cells.sum() == test.pixels.cells.sum() == 800
    assert test.patches is not None
    assert test.patches.classes.tolist() == [2]
    assert counted_with(seen, held_out=True, truth=truth, mask=codes)[1].role == UNSEEN_BOTH
    assert counted(codes, codes).role == ELSEWHERE


def test_hard_ground_is_counted_within_the_test_alone() -> None:
    codes = squares((1, 20, 30, 0))
    context = NOWHERE.astype(np.uint8)
    context[:, 10:30], context[:, 30:] = 2, 1
    lookalikes = squares((1, 2, 2, 0), (2, 2, 22, 0))
    truth = Truth(codes, labelled_patches(codes), True, context, lookalikes, ("scarp", "pad"))
    seen = NOWHERE.copy()
    seen[:, :20] = True
    mask = squares((1, 2, 2, 0), (1, 2, 22, 3), (1, 20, 30, 0))
    test = counted_with(seen, held_out=False, truth=truth, mask=mask)[1]
    assert {kind: int(cells.cells.sum()) for kind, cells in test.ground.items()} == {
        "plain": 0,
        "terrain shadow": 400,
        "wind farm": 400,
    }
    assert test.ground["terrain shadow"].producers_accuracy[1] == 1
    assert test.ground["wind farm"].cells[0, 1] == 30  # six columns, of which one lies beyond the farm
    assert (test.lookalikes["scarp"].pixels, test.lookalikes["pad"].pixels) == (0, 36)
    assert test.lookalikes["pad"].flagged == 18


def test_roles_are_pooled_and_those_that_test_come_first() -> None:
    codes = squares((1, 2, 2, 0), (2, 20, 30, 0))
    seen = NOWHERE.copy()
    seen[:, :20] = True
    truth = Truth(codes, labelled_patches(codes), simulated=True)
    parts = counted_with(seen, held_out=False, truth=truth, mask=codes)
    together = pooled([*parts, *parts])
    assert [part.role for part in together] == [UNSEEN_GROUND, TRAINED]
    assert together[0].pixels.cells.sum() == 1600
    assert together[0].patches is not None
    assert len(together[0].patches.classes) == 2
    with pytest.raises(ValueError, match="do not add up"):
        parts[0] + parts[1]


def test_every_count_of_patches_adds_up() -> None:
    one = accuracy_of(squares((1, 2, 2, 0)), squares((1, 2, 2, 0)))
    for field in fields(PatchAccuracy):
        own, twice = getattr(one, field.name), getattr(one + one, field.name)
        assert np.size(twice) == 2 * np.size(own) or twice == 2 * own
