"""What a training sees: never what is held out, every class alike, and the same crops from the same seed."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.patches.labels import UNLABELLED
from engine.patches.options import ReferenceOptions, TrainingOptions
from engine.patches.sampling import LabelledImage, Sampler, Standard, cut, measure, training_parts

FORBIDDEN = 1e6  # where it gets into a crop, no tint can hide it
PLAIN = Standard(np.zeros(2), np.ones(2))


def image(rows: int, cols: int, day: date = date(2021, 6, 19), seed: int = 1) -> LabelledImage:
    random = np.random.default_rng(seed)
    values = random.normal(size=(2, rows, cols)).astype(np.float32)
    labels = random.choice(np.array([0, 1, 2, UNLABELLED], np.uint8), (rows, cols))
    return LabelledImage(f"{day}.tif", day, values, labels)


def reference(rows: tuple[tuple[int, int], ...] = (), dates: tuple[date, ...] = ()) -> ReferenceOptions:
    return ReferenceOptions(classes={"pit": (1,), "dump": (2,)}, held_out_rows=rows, held_out_dates=dates)


def row_ranges(rows: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, rows - 1), st.integers(1, rows)).map(lambda ends: (ends[0], ends[0] + ends[1]))


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 90),
    cols=st.integers(1, 90),
    held_out=st.lists(row_ranges(90), max_size=3),
    crop=st.integers(16, 64),
    share=st.sampled_from([0.0, 0.5, 1.0]),
    seed=st.integers(0, 5),
)
def test_no_crop_holds_anything_of_held_out_rows_or_dates(
    rows: int, cols: int, held_out: list[tuple[int, int]], crop: int, share: float, seed: int
) -> None:
    """Not even as the surroundings of a patch: what is held out has values and labels that cannot be overlooked."""
    seen, unseen = image(rows, cols), image(rows, cols, date(2023, 3, 1))
    for first, end in held_out:
        seen.values[:, first:end], seen.labels[first:end] = FORBIDDEN, 9
    unseen.values[:], unseen.labels[:] = FORBIDDEN, 9
    parts = training_parts([seen, unseen], reference(tuple(held_out), (unseen.date,)))
    left = np.ones(rows, bool)
    for first, end in held_out:
        left[first:end] = False
    assert sum(part.shape[0] for part in parts) == left.sum()
    if not parts:
        return
    assert abs(measure(parts).mean).max() < 10
    sampler = Sampler(parts, PLAIN, TrainingOptions(crop=crop, batch=4, balanced_share=share, seed=seed))
    for step in range(3):
        values, labels = sampler.batch(step)
        assert values.shape == (4, 2, crop, crop)
        assert abs(values).max() < 100
        assert set(np.unique(labels)) <= {0, 1, 2, UNLABELLED}


def test_images_are_not_touched() -> None:
    one = image(40, 40)
    values, labels = one.values.copy(), one.labels.copy()
    Sampler(training_parts([one], reference()), PLAIN, TrainingOptions(crop=16)).batch(0)
    np.testing.assert_array_equal(one.values, values)
    np.testing.assert_array_equal(one.labels, labels)


def test_the_same_seed_gives_the_same_crops_and_another_others() -> None:
    def batch(seed: int) -> NDArray[np.float32]:
        sampler = Sampler([image(50, 50)], PLAIN, TrainingOptions(crop=24, batch=3, seed=seed))
        return sampler.batch(1)[0]

    np.testing.assert_array_equal(batch(4), batch(4))
    assert not np.array_equal(batch(4), batch(5))


def test_rare_classes_and_small_patches_are_drawn_as_often_as_others() -> None:
    """One large and one small patch of the first class, one of the second: each pixel's own class lies in its crop."""
    labels = np.zeros((300, 300), np.uint8)
    labels[20:120, 20:120], labels[200:204, 20:24], labels[200:210, 200:210] = 1, 1, 2
    one = LabelledImage("a", date(2021, 6, 19), np.zeros((2, 300, 300), np.float32), labels)
    options = TrainingOptions(crop=48, batch=300, balanced_share=1)
    _, crops = Sampler([one], PLAIN, options).batch(0)
    of_first = (crops == 1).any(axis=(1, 2))
    assert ((crops > 0).any(axis=(1, 2))).all()
    assert 0.4 < of_first.mean() < 0.6
    small = of_first & ((crops == 1).sum(axis=(1, 2)) <= 16)
    assert 0.35 < small.sum() / of_first.sum() < 0.65


def test_without_patches_crops_lie_anywhere() -> None:
    one = LabelledImage("a", date(2021, 6, 19), np.zeros((2, 40, 40), np.float32), np.zeros((40, 40), np.uint8))
    assert Sampler([one], PLAIN, TrainingOptions(crop=16, balanced_share=1)).batch(0)[1].max() == 0


def test_values_and_labels_turn_together() -> None:
    labels = np.random.default_rng(2).integers(0, 3, (30, 30)).astype(np.uint8)
    values = np.stack([1000.0 * labels, 1000.0 * labels]).astype(np.float32)
    sampler = Sampler([LabelledImage("a", date(2021, 6, 19), values, labels)], PLAIN, TrainingOptions(crop=20))
    crops, of = sampler.batch(0)
    for crop, label in zip(crops, of, strict=True):
        # Tints leave the order of values within a band as it is.
        for code in (0, 1):
            assert crop[:, label == code].max() < crop[:, label == code + 1].min()


def test_bands_are_standardised_and_no_data_is_their_mean() -> None:
    one = image(200, 200)
    values = (one.values * np.array([5.0, 300.0])[:, None, None] + 7).astype(np.float32)
    values[:, :3] = np.nan
    part = LabelledImage("a", one.date, values, one.labels)
    standard = measure([part])
    np.testing.assert_allclose(standard.mean, 7, atol=5)
    np.testing.assert_allclose(standard.std, [5, 300], rtol=0.05)
    crops, _ = Sampler([part], standard, TrainingOptions(crop=200, batch=2)).batch(0)
    assert np.isfinite(crops).all()
    assert 0.6 < crops.std() < 1.6


@given(row=st.integers(-50, 150), col=st.integers(-50, 150), size=st.integers(1, 70))
def test_what_is_cut_lies_within_the_image(row: int, col: int, size: int) -> None:
    one = LabelledImage("a", date(2021, 6, 19), np.ones((1, 60, 40), np.float32), np.zeros((60, 40), np.uint8))
    crop, labels = cut(one, (row, col), size)
    assert crop.shape == (1, size, size)
    inside = np.s_[: min(60, size), : min(40, size)]
    assert (crop[0][inside] == 1).all()
    assert np.nansum(crop) == (labels == 0).sum() == min(60, size) * min(40, size)
    assert (labels[np.isnan(crop[0])] == UNLABELLED).all()


def test_a_band_that_is_the_same_everywhere_has_a_spread_to_divide_by() -> None:
    one = LabelledImage("a", date(2021, 6, 19), np.full((2, 9, 9), 7, np.float32), np.zeros((9, 9), np.uint8))
    assert measure([one]).std == pytest.approx(1e-6)
