"""Patches on a grid and their matching: one to one, whatever an extraction joins or splits."""

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry import Polygon, box

from engine.assessment.patches import (
    LEAST_IOU,
    Patches,
    extracted_patches,
    labelled_patches,
    match,
    outlined_patches,
)
from engine.grid import Grid
from engine.patches.labels import UNLABELLED


def masks(*squares: tuple[int, slice, slice], shape: tuple[int, int] = (20, 20)) -> NDArray[np.uint8]:
    mask = np.zeros(shape, np.uint8)
    for code, rows, cols in squares:
        mask[rows, cols] = code
    return mask


def pairs_of(true: Patches, extracted: Patches) -> list[tuple[int, int]]:
    pairs = match(true, extracted)
    return sorted(zip(pairs.true.tolist(), pairs.extracted.tolist(), strict=True))


def test_parts_that_meet_at_a_corner_are_one_patch_of_its_commonest_class() -> None:
    mask = masks((1, slice(0, 4), slice(0, 4)), (2, slice(4, 6), slice(4, 6)))
    patches = extracted_patches(mask)
    assert patches.classes.tolist() == [1]
    assert patches.pixels.tolist() == [20]
    assert labelled_patches(mask).classes.tolist() == [1, 2]


def test_small_parts_are_dropped_and_no_data_is_no_patch() -> None:
    mask = masks((1, slice(0, 4), slice(0, 4)), (2, slice(10, 11), slice(10, 13)))
    mask[15:, 15:] = UNLABELLED
    assert extracted_patches(mask, 3).pixels.tolist() == [16, 3]
    kept = extracted_patches(mask, 4)
    assert kept.pixels.tolist() == [16]
    assert set(np.unique(kept.numbers)) == {0, 1}


def test_an_outline_takes_the_pixels_whose_centre_it_holds() -> None:
    grid = Grid(CRS.from_epsg(32633), Affine(1.0, 0, 0, 0, -1.0, 20), (20, 20))
    outlines = [box(0, 10, 10, 20), Polygon(), box(0.1, 0.1, 0.4, 0.4), box(5, 0, 15, 12)]
    patches = outlined_patches(outlines, [2, 1, 1, 3], grid)
    assert patches.classes.tolist() == [2, 3]
    assert patches.pixels.tolist() == [100 - 5 * 2, 10 * 12]  # the later one has what both hold


def test_one_extracted_patch_over_two_true_ones_identifies_one() -> None:
    true = labelled_patches(masks((1, slice(2, 8), slice(2, 8)), (1, slice(2, 8), slice(9, 15))))
    joined = extracted_patches(masks((1, slice(2, 8), slice(2, 15))))
    assert len(true) == 2
    assert len(match(true, joined).true) == 1


def test_a_patch_that_is_split_is_identified_by_the_piece_that_fits_best() -> None:
    true = labelled_patches(masks((1, slice(0, 10), slice(0, 10))))
    pieces = extracted_patches(masks((1, slice(0, 10), slice(0, 3)), (1, slice(0, 10), slice(4, 10))))
    assert pairs_of(true, pieces) == [(0, 1)]


def test_a_match_needs_a_fifth() -> None:
    true = labelled_patches(masks((1, slice(0, 10), slice(0, 10))))
    assert pairs_of(true, extracted_patches(masks((1, slice(0, 2), slice(0, 10))))) == [(0, 0)]  # exactly 0.2
    assert pairs_of(true, extracted_patches(masks((1, slice(0, 1), slice(0, 10))))) == []


def test_the_whole_decides_and_not_the_first_that_comes() -> None:
    """The extracted patch in the middle fits the first true one better, but then the second would have none."""
    true = labelled_patches(masks((1, slice(0, 1), slice(0, 6)), (1, slice(0, 1), slice(7, 13))))
    extracted = extracted_patches(masks((1, slice(0, 1), slice(1, 3)), (1, slice(0, 1), slice(4, 11))))
    assert pairs_of(true, extracted) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("empty", ["true", "extracted"])
def test_nothing_is_matched_with_nothing(empty: str) -> None:
    some, none = labelled_patches(masks((1, slice(0, 5), slice(0, 5)))), labelled_patches(masks())
    assert pairs_of(*((none, some) if empty == "true" else (some, none))) == []


@settings(max_examples=50)
@given(arrays(np.uint8, (12, 12), elements=st.integers(0, 2)), arrays(np.uint8, (12, 12), elements=st.integers(0, 2)))
def test_nobody_is_in_two_pairs_and_both_sides_agree(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> None:
    true, extracted = labelled_patches(one), extracted_patches(other)
    pairs, back = match(true, extracted), match(extracted, true)
    assert len(set(pairs.true.tolist())) == len(set(pairs.extracted.tolist())) == len(pairs.iou)
    assert ((pairs.iou >= LEAST_IOU) & (pairs.iou <= 1)).all()
    assert pairs.iou.sum() == pytest.approx(back.iou.sum())
    for number, index, iou in zip(pairs.true, pairs.extracted, pairs.iou, strict=True):
        a, b = true.numbers == number + 1, extracted.numbers == index + 1
        assert iou == pytest.approx((a & b).sum() / (a | b).sum())
