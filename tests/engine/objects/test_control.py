"""Total-area control on objects drawn by hand: the paper's, and that of what is kept."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.objects.control import AreaThreshold, Stakes, control_curve, stakes_of, total_area_threshold
from engine.objects.measuring import Objects, measure_objects, objects_meeting
from engine.objects.refinement import RefinementOptions, refine
from tests.engine.objects.drawn import FIGURE_4, in_a_row, square_metres

SHAPE = (40, 60)


def of_the_example(reference_m2: float) -> AreaThreshold:
    """The paper's Figure 4, all of whose objects meet the reference, with another area of it."""
    labels, mask = in_a_row(*FIGURE_4)
    stakes = stakes_of(labels, mask, np.ones(labels.shape, bool), square_metres(labels), None)
    threshold = total_area_threshold([replace(stakes, reference_m2=reference_m2)])
    assert threshold is not None
    return threshold


@pytest.mark.parametrize(
    ("reference_m2", "share"),
    [
        (99.0, 0.99),  # the paper's: R1 alone
        (100.0, 0.99),
        (98.0, 0.99),  # one object at least is kept
        (106.0, 0.99),  # 99 is nearer than 99 + 15
        (106.5, 0.99),  # as near as the other: the higher share
        (107.0, 0.15),
        (138.0, 0.05),  # 99 + 15 + 12 + 7 + 5
    ],
)
def test_the_threshold_is_where_the_area_comes_closest(reference_m2: float, share: float) -> None:
    threshold = of_the_example(reference_m2)
    assert threshold.share == share
    # The ends of its range: what the mask just touches makes up the area, or one object alone has more.
    assert threshold.saturated == (share < 0.1 or reference_m2 < 99)


def test_a_reference_that_is_never_reached_saturates() -> None:
    threshold = of_the_example(141.0)
    assert threshold == AreaThreshold(share=0.02, cumulated_m2=140.0, reference_m2=141.0, saturated=True)


def test_only_objects_on_the_reference_are_counted() -> None:
    labels, mask = in_a_row(90, 80, 70, 0)
    reference = np.isin(labels, (2, 4))
    assert objects_meeting(labels, reference).tolist() == [False, True, False, True]
    threshold = total_area_threshold([stakes_of(labels, mask, reference, square_metres(labels), None)])
    assert threshold is not None
    assert (threshold.share, threshold.cumulated_m2, threshold.reference_m2) == (0.8, 80.0, 200.0)
    assert total_area_threshold([stakes_of(labels, mask, labels == 4, square_metres(labels), None)]) is None
    assert total_area_threshold([]) is None


@settings(max_examples=100, deadline=None)
@given(
    counts=st.lists(st.tuples(st.integers(1, 8), st.integers(1, 8)), min_size=1, max_size=8),
    certain=st.integers(0, 20),
    reference=st.integers(0, 60),
    split=st.integers(0, 8),
    is_whole=st.booleans(),
)
def test_no_other_threshold_comes_closer(
    counts: list[tuple[int, int]], certain: int, reference: int, split: int, is_whole: bool
) -> None:
    area = np.array([size for size, _ in counts], float)
    objects = Objects(area, np.minimum(area, [covered for _, covered in counts]))
    whole = Stakes(objects.share, objects.intersection, float(certain), float(reference), whole=is_whole)
    dates = [
        replace(whole, share=whole.share[:split], gain_m2=whole.gain_m2[:split], certain_m2=0.0),
        replace(whole, share=whole.share[split:], gain_m2=whole.gain_m2[split:], reference_m2=0.0),
    ]
    found = total_area_threshold(dates)
    assert found is not None and found == total_area_threshold([whole])
    kept = {share: certain + objects.intersection[objects.share >= share].sum() for share in objects.share}
    assert found.cumulated_m2 == kept[found.share]
    assert abs(found.cumulated_m2 - reference) == min(abs(area - reference) for area in kept.values())
    beyond = max(kept.values()) < reference or min(kept.values()) > reference
    assert found.saturated == (beyond or found.share < 0.1 or (found.share > 0.9 and not is_whole))


def place(reach: float | None) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_], Stakes]:
    """Strips of four columns as objects, a mask of 24 columns whose edge leaves them covered by a quarter and three, a
    labelled patch that it meets, and one that it does not."""
    labels = np.broadcast_to(1 + np.arange(SHAPE[1]) // 4, SHAPE).astype(np.int32)
    mask = np.zeros(SHAPE, bool)
    mask[:, 9:33] = True
    reference = np.zeros(SHAPE, bool)
    reference[:, 8:33] = True
    reference[:, 50:55] = True
    return labels, mask, reference, stakes_of(labels, mask, reference, np.full(SHAPE[0], 2.0), reach)


def test_where_objects_decide_along_outlines_what_is_kept_is_counted() -> None:
    _, _, _, stakes = place(2.0)
    # The object of columns 8 to 11 lies within 2 pixels of the outline for all but its last, that of columns 32 to 35
    # for its first three.
    expected = {0.75: 3 * 40 * 2.0, 0.25: 3 * 40 * 2.0}
    at_stake = stakes.gain_m2 > 0
    assert dict(zip(stakes.share[at_stake], stakes.gain_m2[at_stake], strict=True)) == {**expected, 1.0: 40 * 2.0}
    assert stakes.certain_m2 == 20 * 40 * 2.0  # columns 11 to 30
    assert stakes.reference_m2 == 25 * 40 * 2.0  # without the patch that the mask does not meet
    threshold = total_area_threshold([stakes])
    assert threshold is not None
    # 24 columns at three quarters, of 25; with the other 27.
    assert (threshold.share, threshold.cumulated_m2, threshold.saturated) == (0.75, 24 * 80.0, False)


@pytest.mark.parametrize("reach", [1.0, 2.0, 3.6, 8.0])
def test_it_is_the_area_that_patches_come_to_have(reach: float) -> None:
    """For each p* what the curve says is what `refine` leaves of the objects."""
    labels, mask, _, stakes = place(reach)
    curve = control_curve([stakes], 0.75)
    for share, kept in zip(curve["share"], curve["kept_m2"], strict=True):
        refined = refine(
            *(labels, mask, mask.astype(np.uint8), np.where(mask, 0.9, 0.1), np.full(SHAPE[0], 2.0)),
            RefinementOptions(least_share=share, least_area_m2=0, least_piece=0),
            None,
            reach,
        )
        assert kept == refined.patch_table["area_m2"].sum()


def test_a_mask_that_is_larger_than_the_labels_in_any_case_saturates() -> None:
    _, _, _, stakes = place(2.0)
    larger = replace(stakes, certain_m2=stakes.reference_m2 + 1)
    threshold = total_area_threshold([larger])
    assert threshold is not None and threshold.saturated
    # Not for what is certain, but for the objects that it covers as a whole.
    rim = replace(stakes, certain_m2=stakes.reference_m2 - 1)
    threshold = total_area_threshold([rim])
    assert threshold is not None and (threshold.share, threshold.saturated) == (1.0, True)


def test_whole_objects_are_counted_as_the_paper_does() -> None:
    labels, mask, reference, stakes = place(None)
    measured = measure_objects(labels, mask, np.full(SHAPE[0], 2.0))
    met = objects_meeting(labels, reference) & (measured.intersection > 0)
    np.testing.assert_array_equal(stakes.gain_m2, measured.intersection[met])
    assert (stakes.certain_m2, stakes.reference_m2) == (0.0, 30 * 80.0)


def curve_of(*pairs: tuple[float, float], chosen: float) -> dict[str, list[float]]:
    share, gain = np.array(pairs).T
    return control_curve([Stakes(share, gain, 0.0, 0.0, whole=True)], chosen)


def test_at_each_share_all_objects_of_it_and_more_are_kept() -> None:
    curve = curve_of((0.5, 30.0), (0.25, 10.0), (1.0, 100.0), (0.5, 5.0), chosen=0.5)
    assert curve == {"share": [0.25, 0.5, 1.0], "kept_m2": [145.0, 135.0, 100.0]}


def test_many_objects_are_told_by_few_points_and_the_chosen_share_is_among_them() -> None:
    random = np.random.default_rng(1)
    shares, areas = np.sort(random.random(20_000)), random.random(20_000)
    curve = curve_of(*zip(shares, areas, strict=True), chosen=shares[7])
    assert len(curve["share"]) == len(curve["kept_m2"]) == 101
    assert (curve["share"][0], curve["share"][-1]) == pytest.approx((shares[0], shares[-1]), abs=1e-6)
    at = curve["share"].index(pytest.approx(shares[7], abs=1e-6))
    assert curve["kept_m2"][at] == pytest.approx(areas[7:].sum(), abs=0.1)
