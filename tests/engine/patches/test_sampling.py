"""What a training sees: never what is held out, every class alike, and the same crops from the same seed."""

from datetime import date
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.errors import InputError
from engine.patches.labels import UNLABELLED
from engine.patches.options import ReferenceOptions, TrainingOptions
from engine.patches.places import Errors
from engine.patches.sampling import LabelledImage, Sampler, Standard, cut, measure, training_parts
from engine.patches.split import training_ground

FORBIDDEN = 1e6  # where it gets into a crop, no tint can hide it
PLAIN = Standard(np.zeros(2), np.ones(2))
TILES = TrainingOptions(crop=32, sampling="tiles")


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
    hidden=st.booleans(),
    crop=st.integers(16, 64),
    share=st.sampled_from([0.0, 0.5, 1.0]),
    sampling=st.sampled_from(["crops", "tiles"]),
    seed=st.integers(0, 5),
)
def test_no_crop_holds_anything_of_ground_or_dates_held_out(
    rows: int,
    cols: int,
    held_out: list[tuple[int, int]],
    hidden: bool,
    crop: int,
    share: float,
    sampling: Literal["crops", "tiles"],
    seed: int,
) -> None:
    """Not even as the surroundings of a patch: what is held out has values and labels that cannot be overlooked."""
    seen, unseen = image(rows, cols), image(rows, cols, date(2023, 3, 1))
    left = np.ones((rows, cols), bool)
    for first, end in held_out:
        left[first:end] = False
    if hidden:
        left &= np.kron(np.random.default_rng(seed).random((5, 5)) < 0.6, np.ones((18, 18)))[:rows, :cols] > 0
    seen.values[:, ~left], seen.labels[~left] = FORBIDDEN, 9
    unseen.values[:], unseen.labels[:] = FORBIDDEN, 9
    parts = training_parts([seen, unseen], reference(dates=(unseen.date,)), [left, left])
    assert (
        sum(part.shape[0] if part.seen is None else part.seen.any(axis=1).sum() for part in parts)
        == left.any(axis=1).sum()
    )
    if not parts:
        return
    assert abs(measure(parts).mean).max() < 10
    options = TrainingOptions(crop=crop, batch=4, balanced_share=share, sampling=sampling, seed=seed)
    try:
        sampler = Sampler(parts, PLAIN, options)
    except InputError as error:
        # Ground may be left in such shreds that no tile fits.
        assert sampling == "tiles" and error.field == "training.crop"
        return
    for step in range(3):
        values, labels = sampler.batch(step)
        assert values.shape == (4, 2, crop, crop)
        assert abs(values).max() < 100
        assert set(np.unique(labels)) <= {0, 1, 2, UNLABELLED}


def test_where_rows_alone_are_held_out_parts_are_views() -> None:
    one, options = image(40, 30), reference(rows=((10, 20), (35, 40)))
    parts = training_parts([one], options, list(training_ground({one.date: one.labels}, options).values()))
    assert [part.shape for part in parts] == [(10, 30), (15, 30)]
    assert all(part.seen is None and part.values.base is one.values for part in parts)


def test_images_are_not_touched() -> None:
    one, seen = image(40, 40), np.tri(40, dtype=bool)
    values, labels = one.values.copy(), one.labels.copy()
    Sampler(training_parts([one], reference(), [seen]), PLAIN, TrainingOptions(crop=16)).batch(0)
    np.testing.assert_array_equal(one.values, values)
    np.testing.assert_array_equal(one.labels, labels)


@pytest.mark.parametrize("sampling", ["crops", "tiles"])
def test_what_a_step_sees_depends_on_the_seed_and_the_step_alone(sampling: Literal["crops", "tiles"]) -> None:
    def sampler(seed: int) -> Sampler:
        return Sampler([image(90, 90)], PLAIN, TrainingOptions(crop=24, batch=3, sampling=sampling, seed=seed))

    def same(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
        return bool(np.array_equal(one, other))

    gone_on = sampler(4)
    batches = [gone_on.batch(step)[0] for step in range(40)]
    for step in (39, 0, 17):
        assert same(sampler(4).batch(step)[0], batches[step]) and same(gone_on.batch(step)[0], batches[step])
    assert not same(batches[0], batches[1]) and not same(sampler(5).batch(0)[0], batches[0])


@given(batch=st.integers(1, 7), ranks=st.integers(1, 7), step=st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_the_crops_of_all_ranks_are_those_of_one(batch: int, ranks: int, step: int) -> None:
    ranks = min(ranks, batch)
    sampler = Sampler([image(50, 50)], PLAIN, TrainingOptions(crop=20, batch=batch))
    whole, labels = sampler.batch(step)
    for rank in range(ranks):
        own, of = sampler.batch(step, rank, ranks)
        np.testing.assert_array_equal(own, whole[rank::ranks])
        np.testing.assert_array_equal(of, labels[rank::ranks])


def test_rare_classes_and_small_patches_are_drawn_as_often_as_others() -> None:
    """One large and one small patch of the first class, one of the second: each pixel's own class lies in its crop."""
    labels = np.zeros((300, 300), np.uint8)
    labels[20:120, 20:120], labels[200:204, 20:24], labels[200:210, 200:210] = 1, 1, 2
    one = LabelledImage("a", date(2021, 6, 19), np.zeros((2, 300, 300), np.float32), labels)
    options = TrainingOptions(crop=48, batch=300, balanced_share=1, rescale=0)
    _, crops = Sampler([one], PLAIN, options).batch(0)
    of_first = (crops == 1).any(axis=(1, 2))
    assert ((crops > 0).any(axis=(1, 2))).all()
    assert 0.4 < of_first.mean() < 0.6
    small = of_first & ((crops == 1).sum(axis=(1, 2)) <= 16)
    assert 0.35 < small.sum() / of_first.sum() < 0.65


@pytest.mark.parametrize("kind", ["hard_share", "missed_share"])
def test_a_share_of_the_crops_lies_on_errors_each_alike(kind: str) -> None:
    """A large and a small one, in the band of the values; one that training may not see is never shown."""
    values, labels = np.zeros((2, 400, 400), np.float32), np.zeros((400, 400), np.uint8)
    labels[20:40, 20:40] = 1
    values[0, 100:160, 300:360], values[0, 300:305, 60:65], values[0, 380:, 380:] = 1, 2, 3
    seen = np.ones((400, 400), bool)
    seen[350:, 350:] = False
    places = values[0] > 0
    errors = Errors(places, ~places) if kind == "hard_share" else Errors(~places, places)
    one = LabelledImage("a", date(2021, 6, 19), values, labels, errors=errors)
    unchanged = {"rescale": 0, "jitter": 0, "light": (1, 1)}
    shares = {"balanced_share": 0.3, kind: 0.5}
    options = TrainingOptions(crop=32, batch=400, initial="m", **shares, **unchanged)
    crops, of = Sampler(training_parts([one], reference(), [seen]), PLAIN, options).batch(0)
    large, small = ((crops[:, 0] == number).any(axis=(1, 2)).mean() for number in (1, 2))
    assert 0.2 < large < 0.35 and 0.2 < small < 0.35
    assert 0.25 < (of == 1).any(axis=(1, 2)).mean() < 0.4
    assert not (crops[:, 0] == 3).any()


def test_a_share_of_the_crops_is_as_coarse_as_pixels_twice_as_large() -> None:
    """A chequered image is grey to larger pixels; its labels stay."""
    chequered = np.indices((200, 200)).sum(axis=0) % 2
    one = LabelledImage("a", date(2021, 6, 19), chequered[None].astype(np.float32), chequered.astype(np.uint8))
    unchanged = {"rescale": 0, "jitter": 0, "light": (1, 1), "balanced_share": 0}
    plain = Standard(np.zeros(1), np.ones(1))
    crops, labels = Sampler([one], plain, TrainingOptions(crop=32, batch=200, coarse_share=0.4, **unchanged)).batch(0)
    grey = np.isclose(crops, 0.5).all(axis=(1, 2, 3))
    assert 0.3 < grey.mean() < 0.5
    assert (crops[~grey][:, 0] == labels[~grey]).all()
    assert (labels.mean(axis=(1, 2)) == 0.5).all()


@pytest.mark.parametrize("standardised", [False, True])
def test_a_share_of_the_crops_lies_in_shadow_where_light_falls_off_and_labels_stay(standardised: bool) -> None:
    """Values of 100, whole or as mean 60 and deviation 20: 25 to 65 of 100 are left, and skylight's more or less."""
    own = Standard(np.full(2, 60.0), np.full(2, 20.0)) if standardised else None
    labels = np.ones((200, 200), np.uint8)
    one = LabelledImage("a", date(2021, 6, 19), np.full((2, 200, 200), 100, np.float32), labels, standard=own)
    options = TrainingOptions(crop=64, batch=100, shadow_share=0.5, rescale=0, jitter=0, light=(1, 1), balanced_share=0)
    crops, codes = Sampler([one], Standard(np.zeros(2), np.ones(2)), options).batch(0)
    light = (crops * 20 + 60 if standardised else crops) / 100
    assert codes.min() == 1
    assert light.max() < 1 + 1e-5 and 0.2 < light.min() < 0.35
    shaded = light.min(axis=(1, 2, 3)) < 0.99
    assert 0.35 < shaded.mean() < 0.65
    np.testing.assert_allclose(light[~shaded], 1, rtol=1e-5)
    in_part = np.array([(crop > 0.99).any() for crop in light[shaded]])
    assert in_part.mean() > 0.5


def test_without_patches_crops_lie_anywhere() -> None:
    one = LabelledImage("a", date(2021, 6, 19), np.zeros((2, 40, 40), np.float32), np.zeros((40, 40), np.uint8))
    assert Sampler([one], PLAIN, TrainingOptions(crop=16, balanced_share=1)).batch(0)[1].max() == 0


def test_of_background_at_least_half_is_seen() -> None:
    labels, seen = np.zeros((200, 200), np.uint8), np.zeros((200, 200), bool)
    seen[:70, 90:], seen[150:160, 10:30] = True, True
    one = LabelledImage("a", date(2021, 6, 19), np.zeros((2, 200, 200), np.float32), labels)
    parts = training_parts([one], reference(), [seen])
    _, crops = Sampler(parts, PLAIN, TrainingOptions(crop=32, batch=60, balanced_share=0, rescale=0)).batch(0)
    known = (crops != UNLABELLED).mean(axis=(1, 2))
    assert known.min() >= 0.5 and known.min() < 0.7 and known.max() == 1


def test_tiles_are_the_papers() -> None:
    """In an epoch every tile that touches a patch once and as many others; nothing but turned."""
    labels = np.zeros((96, 128), np.uint8)
    labels[40:44, 40:44] = 1
    values = np.random.default_rng(3).normal(size=(2, 96, 128)).astype(np.float32)
    one = LabelledImage("a", date(2021, 6, 19), values, labels)
    options = TrainingOptions(crop=32, batch=8, sampling="tiles", jitter=1, light=(0.5, 0.6))
    sampler = Sampler([one], PLAIN, options)
    tiles = {
        tuple(np.rot90(values[0, row : row + 32, col : col + 32], turns).ravel()[:3].tolist()): (row, col)
        for row in range(0, 65, 16)
        for col in range(0, 97, 16)
        for turns in range(4)
    }
    for epoch in range(3):
        crops, of = sampler.batch(epoch)
        drawn = [tiles[tuple(crop[0].ravel()[:3].tolist())] for crop in crops]
        assert {(16, 16), (16, 32), (32, 16), (32, 32)} <= set(drawn) and len(set(drawn)) == 8
        assert (of > 0).any(axis=(1, 2)).sum() == 4


def test_tiles_that_fit_nowhere_are_refused() -> None:
    one, seen = image(64, 64), np.zeros((64, 64), bool)
    seen[:20] = True
    with pytest.raises(InputError) as caught:
        Sampler(training_parts([one], reference(), [seen & (np.arange(64) % 9 > 0)]), PLAIN, TILES)
    assert caught.value.field == "training.crop" and caught.value.mend


def test_values_and_labels_turn_and_scale_together() -> None:
    labels = np.random.default_rng(2).integers(0, 3, (30, 30)).astype(np.uint8)
    values = np.stack([1000.0 * labels, 1000.0 * labels]).astype(np.float32)
    one = LabelledImage("a", date(2021, 6, 19), values, labels)
    crops, of = Sampler([one], PLAIN, TrainingOptions(crop=20, rescale=0)).batch(0)
    for crop, label in zip(crops, of, strict=True):
        # Tints leave the order of values within a band as it is.
        for code in (0, 1):
            assert crop[:, label == code].max() < crop[:, label == code + 1].min()
    # Left to right in blocks of six pixels: between two of them values are mixed, the nearer one more.
    labels = np.kron(np.arange(10) % 3, np.ones((60, 6))).astype(np.uint8)
    one = LabelledImage("a", date(2021, 6, 19), np.stack([labels, labels]).astype(np.float32), labels)
    plain = TrainingOptions(crop=20, batch=30, rescale=0.5, jitter=0, light=(1, 1))
    crops, of = Sampler([one], PLAIN, plain).batch(0)
    assert (np.rint(crops[:, 0]) == of).mean() > 0.9
    assert len({int((labels > 0).sum()) for labels in of}) > 5


def test_bands_are_standardised_and_no_data_is_their_mean() -> None:
    one = image(200, 200)
    values = (one.values * np.array([5.0, 300.0])[:, None, None] + 7).astype(np.float32)
    values[:, :3] = np.nan
    part = LabelledImage("a", one.date, values, one.labels)
    standard = measure([part])
    np.testing.assert_allclose(standard.mean, np.nanmean(values.astype(np.float64), axis=(1, 2)))
    np.testing.assert_allclose(standard.std, np.nanstd(values.astype(np.float64), axis=(1, 2)))
    crops, _ = Sampler([part], standard, TrainingOptions(crop=200, batch=2, rescale=0)).batch(0)
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
