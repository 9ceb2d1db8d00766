"""What becomes of objects drawn by hand, the paper's example among them."""

from collections import Counter
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.objects.control import stakes_of, total_area_threshold
from engine.objects.measuring import measure_objects
from engine.objects.refinement import Reason, Refinement, RefinementOptions, refine
from tests.engine.objects.drawn import FIGURE_4, TEN, in_a_row, square_metres


def refined(
    labels: NDArray[np.int32],
    mask: NDArray[np.bool_],
    *,
    classes: NDArray[np.uint8] | None = None,
    probability: NDArray[np.float64] | None = None,
    share: float = 0.5,
    least_area: float = 0.0,
    unmined: NDArray[np.bool_] | None = None,
    rule: Literal["half", "any"] = "half",
    piece: float = 0.25,
    reach: float | None = None,
) -> Refinement:
    return refine(
        labels,
        mask,
        np.ones(labels.shape, np.uint8) if classes is None else classes,
        np.full(labels.shape, 0.8) if probability is None else probability,
        square_metres(labels),
        RefinementOptions(least_share=share, least_area_m2=least_area, land_cover_rule=rule, least_piece=piece),
        unmined,
        reach,
    )


def test_the_example_of_the_paper_keeps_r1_alone() -> None:
    labels, mask = in_a_row(*FIGURE_4)
    stakes = stakes_of(labels, mask, labels == 1, square_metres(labels), None)
    threshold = total_area_threshold([stakes])
    assert threshold is not None and threshold.share == 0.99

    result = refined(labels, mask, share=threshold.share)
    np.testing.assert_array_equal(result.patches, labels == 1)
    assert result.object_table["share"].tolist() == pytest.approx([share / 100 for share in FIGURE_4])
    assert result.object_table["kept"].tolist() == [True] + [False] * 5
    assert Counter(result.object_table["reason"]) == {Reason.KEPT: 1, Reason.LOW_SHARE: 5}


def test_areas_are_those_of_the_pixels_of_each_row() -> None:
    labels = np.array([[1, 1, 2], [1, 0, 2]], np.int32)
    mask = np.array([[True, False, False], [True, True, False]])
    by_row = measure_objects(labels, mask, np.array([100.0, 50.0]))
    assert by_row.area.tolist() == [250.0, 150.0]
    assert by_row.intersection.tolist() == [150.0, 0.0]
    by_pixel = measure_objects(labels, mask, np.array([[100.0] * 3, [50.0] * 3]))
    assert by_pixel.share.tolist() == by_row.share.tolist() == [0.6, 0.0]


def test_neighbours_merge_and_whole_objects_are_kept() -> None:
    labels, mask = in_a_row(60, 70, 10, 80)
    result = refined(labels, mask)
    np.testing.assert_array_equal(result.patches, np.hstack([TEN, TEN, 0 * TEN, 2 * TEN]))
    assert result.patch_table["area_m2"].tolist() == [200.0, 100.0]
    assert result.object_table["patch"].tolist() == [1, 1, 0, 2]
    assert result.object_table["reason"].tolist() == ["kept", "kept", "low_share", "kept"]


def test_neighbours_in_a_corner_do_not_merge() -> None:
    labels = np.array([[1, 2], [3, 4]], np.int32)
    result = refined(labels, np.array([[True, False], [False, True]]))
    assert result.patches.tolist() == [[1, 0], [0, 2]]


def test_neighbours_of_different_class_stay_apart() -> None:
    labels, mask = in_a_row(100, 100, 100)
    classes = np.hstack([2 * TEN, TEN, TEN]).astype(np.uint8)
    classes[:, :4] = 1  # less than half of the first object
    result = refined(labels, mask, classes=classes)
    np.testing.assert_array_equal(result.patches, np.hstack([TEN, 2 * TEN, 2 * TEN]))
    assert result.patch_table["class_code"].tolist() == [2, 1]


def test_the_class_is_that_of_most_area_under_the_mask() -> None:
    labels, classes = np.ones((2, 4), np.int32), np.array([[3, 3, 3, 1], [2, 2, 1, 1]], np.uint8)
    mask = np.array([[True, True, False, False], [True, True, False, False]])
    options = RefinementOptions(least_share=0.1, least_area_m2=0)
    for areas, code in (([1.0, 2.0], 2), ([2.0, 1.0], 3), ([1.0, 1.0], 2)):
        result = refine(labels, mask, classes, np.ones((2, 4)), np.array(areas), options)
        assert result.patch_table["class_code"].tolist() == [code]


def test_objects_on_ground_without_mines_go_by_either_rule() -> None:
    """Three objects in a row of which the first two touch: the map covers 6 of 10 pixels, 5 of 10, 1 of 10."""
    labels = np.zeros((1, 31), np.int32)
    labels[0, :10], labels[0, 10:20], labels[0, 21:] = 1, 2, 3
    unmined = np.zeros((1, 31), bool)
    unmined[0, :6] = unmined[0, 15:21] = unmined[0, 30] = True
    half = refined(labels, labels > 0, unmined=unmined)
    assert half.object_table["reason"].tolist() == ["land_cover", "kept", "kept"] and half.meeting == 2
    assert (half.object_table["reason"] == Reason.LAND_COVER).sum() == 1 and half.patch_table["area_m2"].tolist() == [
        10,
        10,
    ]
    literal = refined(labels, labels > 0, unmined=unmined, rule="any")
    assert set(literal.object_table["reason"]) == {"land_cover"} and not literal.patches.any()
    unmined[0, 30] = False
    spared = refined(labels, labels > 0, unmined=unmined, rule="any")
    assert spared.object_table["reason"].tolist() == ["land_cover", "land_cover", "kept"] and spared.meeting == 1
    # What has too little of the mask is removed for that, wherever it lies.
    low = refined(labels, np.zeros_like(labels, bool) | (np.arange(31) == 2), unmined=unmined)
    assert low.object_table["reason"].tolist() == ["low_share"]


def test_small_patches_go_after_merging() -> None:
    labels = np.zeros((4, 12), np.int32)
    labels[:, :2], labels[:, 2:4], labels[:, 5:7], labels[:, 8:12] = 1, 2, 3, 4  # 8 + 8, 8 and 16 pixels
    result = refined(labels, labels > 0, least_area=16.0)
    assert result.patch_table["area_m2"].tolist() == [16.0, 16.0]
    assert result.object_table["reason"].tolist() == ["kept", "kept", "small", "kept"]
    assert Counter(result.object_table["reason"]) == {Reason.KEPT: 3, Reason.SMALL: 1}
    assert np.unique(result.patches).tolist() == [0, 1, 2]


def pieces() -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.uint8]]:
    """One region of the mask, of 40 rows: a large object in it, one that it covers too little, and a small one; and a
    small one beside it, that is a region of its own."""
    labels = np.zeros((40, 100), np.int32)
    labels[:, :60], labels[:, 60:80], labels[:, 80:] = 1, 2, 4
    labels[:10, 80:90], labels[30:, 90:] = 3, 5
    mask = np.isin(labels, (1, 3, 5))
    mask[5, 60:80] = True  # a bridge
    return labels, mask, np.where(mask, 1, 0).astype(np.uint8)


def test_lesser_pieces_of_what_was_found_once_go() -> None:
    labels, mask, classes = pieces()
    result = refined(labels, mask, classes=classes)
    assert {int(one) for one in np.unique(labels[result.patches > 0])} == {1, 5}
    reasons = result.object_table.set_index("label")["reason"]
    assert reasons.to_dict() == {1: Reason.KEPT, 2: Reason.LOW_SHARE, 3: Reason.SMALL, 5: Reason.KEPT}
    assert result.patch_table["patch"].tolist() == [1, 2]


def test_pieces_that_are_large_enough_or_of_another_class_stay() -> None:
    labels, mask, classes = pieces()
    everything = {1, 3, 5}
    small = refined(labels, mask, classes=classes, piece=100 / 2400)
    assert {int(one) for one in np.unique(labels[small.patches > 0])} == everything
    classes[labels == 3] = 2
    other = refined(labels, mask, classes=classes)
    assert {int(one) for one in np.unique(labels[other.patches > 0])} == everything
    assert other.patch_table["class_code"].tolist() == [1, 2, 1]


def test_confidence_is_the_mean_over_the_area_where_it_is_known() -> None:
    labels = np.array([[1, 1], [1, 2]], np.int32)
    probability = np.array([[0.9, np.nan], [0.6, np.nan]], np.float32)
    options = RefinementOptions(least_share=0, least_area_m2=0)
    classes = np.array([[1, 1], [1, 2]], np.uint8)
    result = refine(labels, np.ones((2, 2), bool), classes, probability, np.array([2.0, 1.0]), options)
    assert result.patch_table["confidence"].tolist() == pytest.approx([0.8, np.nan], nan_ok=True)


def test_a_mask_that_meets_nothing_gives_empty_tables() -> None:
    labels = np.array([[1, 1, 0]], np.int32)
    for mask in ([[False, False, False]], [[False, False, True]]):
        result = refined(labels, np.array(mask), share=0.0)
        assert not result.patches.any()
        assert result.patch_table.empty
        assert result.object_table.empty
        assert result.object_table.empty
    assert refined(0 * labels, np.ones((1, 3), bool)).object_table.empty


def test_a_mask_without_class_is_refused() -> None:
    labels, mask = in_a_row(10)
    with pytest.raises(ValueError, match="class 0"):
        refined(labels, mask, classes=np.zeros(labels.shape, np.uint8))


def side_by_side(left: int, right: int, mask_to: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Two objects of so many columns, and a mask that ends at a column; four rows."""
    labels = np.repeat(np.repeat([[1, 2]], [left, right], axis=1), 4, axis=0).astype(np.int32)
    return labels, np.broadcast_to(np.arange(left + right) < mask_to, labels.shape)


@pytest.mark.parametrize(
    ("left", "mask_to", "columns", "reasons"),
    [
        (12, 10, 12, ["kept"]),  # the mask is too small by two columns
        (9, 10, 9, ["kept", "low_share"]),  # too large by one
        (16, 10, 13, ["kept"]),  # the object goes on where there is surely no mine
        (6, 10, 7, ["kept", "part"]),  # and the next begins where there surely is one
    ],
)
def test_objects_decide_where_the_outline_may_lie_off(
    left: int, mask_to: int, columns: int, reasons: list[str]
) -> None:
    labels, mask = side_by_side(left, 30 - left, mask_to)
    result = refined(labels, mask, reach=3.0)
    assert (result.patches > 0).sum(axis=1).tolist() == [columns] * 4
    assert result.object_table["reason"].tolist() == reasons
    assert result.patch_table["class_code"].tolist() == [1]


def test_what_lies_well_within_the_mask_stays_though_no_object_is_kept() -> None:
    labels, mask = np.ones((30, 30), np.int32), np.zeros((30, 30), bool)
    mask[5:15, 5:15] = True
    assert not refined(labels, mask).patches.any()
    result = refined(labels, mask, reach=2.0)
    assert np.argwhere(result.patches).min() == 7 and (result.patches > 0).sum() == 6 * 6
    assert result.object_table[["kept", "reason", "patch"]].values.tolist() == [[True, "part", 1]]
    barred = refined(labels, mask, reach=2.0, unmined=labels > 0)
    assert not barred.patches.any() and barred.object_table["reason"].tolist() == ["low_share"]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.3, 0.7]))
def test_without_reach_the_mask_stands_and_with_much_of_it_the_objects(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    labels = label(rng.random((9, 11)) < 0.55)[0].astype(np.int32)
    mask, classes = rng.random(labels.shape) < 0.5, rng.integers(1, 4, labels.shape, np.uint8)
    as_mask = refined(labels, mask, classes=classes, share=share, reach=0.0, piece=0.0)
    np.testing.assert_array_equal(as_mask.patches > 0, mask & (labels > 0))
    whole = refined(labels, mask, classes=classes, share=share)
    far = refined(labels, mask, classes=classes, share=share, reach=100.0)
    np.testing.assert_array_equal(far.patches, whole.patches)
    pd.testing.assert_frame_equal(far.object_table, whole.object_table)
    some = refined(labels, mask, classes=classes, share=share, reach=1.0, piece=0.0)
    codes = some.patch_table.set_index("patch")["class_code"]
    assert all(label(some.patches == number)[1] == 1 for number in codes.index)
    assert set(codes) <= {1, 2, 3}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.0, 0.3, 0.7, 1.0]), least=st.sampled_from([0.0, 4.0]))
def test_tables_and_raster_say_the_same(seed: int, share: float, least: float) -> None:
    rng = np.random.default_rng(seed)
    labels = label(rng.random((9, 11)) < 0.55)[0].astype(np.int32)
    mask, classes = rng.random(labels.shape) < 0.5, rng.integers(1, 4, labels.shape, np.uint8)
    result = refined(labels, mask, classes=classes, share=share, least_area=least)
    objects, patches = result.object_table, result.patch_table

    assert np.unique(objects["label"]).tolist() == np.unique(labels[mask & (labels > 0)]).tolist()
    kept = objects[objects["kept"]]
    np.testing.assert_array_equal(result.patches > 0, np.isin(labels, kept["label"]))
    assert kept.groupby("patch")["area_m2"].sum().tolist() == patches["area_m2"].tolist()
    assert (patches["area_m2"] >= least).all()
    assert (kept["share"] >= share).all()
    low = objects["reason"] == Reason.LOW_SHARE
    assert ((objects["share"] < share) == low).all()
    classes_of = kept["class_code"].to_numpy(), patches.set_index("patch")["class_code"].loc[kept["patch"]].to_numpy()
    np.testing.assert_array_equal(*classes_of)
    assert all(label(result.patches == number)[1] == 1 for number in patches["patch"])
