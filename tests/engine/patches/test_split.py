"""The split: no training ground touches a test patch, both halves are even, and each class is in both."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.errors import InputError
from engine.patches.labels import UNLABELLED
from engine.patches.options import ReferenceOptions, SplitOptions
from engine.patches.split import require_one_ground, split_ground, training_ground
from engine.patches.tiling import count_in_windows, window_starts
from tests.engine.patches.conftest import grid_of

FIRST, SECOND = date(2019, 5, 18), date(2021, 11, 6)
CLASSES: dict[str, tuple[int | str, ...]] = {"dump": (1,), "pit": (2,), "quarry": (3,)}


def scene(seed: int, patches: int = 40, edge: int = 300) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Two dates: rectangles of three classes, some on one date alone or larger on the other; parts nobody looked at."""
    random = np.random.default_rng(seed)
    dates = np.zeros((2, edge, edge), np.uint8)
    for _ in range(patches):
        row, col = random.integers(0, edge - 12, 2)
        height, width = random.integers(2, 12, 2)
        for codes, there in zip(dates, random.random(2) < 0.8, strict=True):
            if there:
                codes[row : row + height + random.integers(3), col : col + width] = random.integers(1, 4)
    dates[:, :, -9:] = UNLABELLED
    return dates[0], dates[1]


def squares(patches: int, edge: int, seed: int) -> NDArray[np.uint8]:
    """Patches of three classes that lie apart, one to a cell of 20 pixels."""
    random, cells = np.random.default_rng(seed), edge // 20
    codes = np.zeros((edge, edge), np.uint8)
    for cell in random.choice(cells**2, patches, replace=False):
        row, col = 20 * np.array(divmod(cell, cells)) + random.integers(1, 12, 2)
        codes[row : row + 6, col : col + 6] = random.integers(1, 4)
    return codes


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 50),
    share=st.floats(0.1, 0.9),
    tile=st.integers(16, 64),
    step=st.integers(5, 64),
    background=st.floats(0, 1),
)
def test_no_ground_of_training_touches_a_test_patch_on_any_date(
    seed: int, share: float, tile: int, step: int, background: float
) -> None:
    dates = scene(seed)
    ground = split_ground(dates, SplitOptions(share=share, tile=tile, step=step, background=background, seed=seed))
    mined = np.isin(dates[0], [1, 2, 3]) | np.isin(dates[1], [1, 2, 3])
    regions, _ = label(mined, np.ones((3, 3)))
    # By another way: every connected piece is wholly of one half, and one that tests is nowhere seen.
    np.testing.assert_array_equal((ground.training > 0) ^ (ground.test > 0), mined)
    assert not set(np.unique(regions[ground.training > 0])) & set(np.unique(regions[ground.test > 0]))
    assert not ground.seen[ground.test > 0].any()
    # Everything seen lies in a whole tile that is seen.
    rows, cols = (window_starts(300, tile, step) for _ in range(2))
    covered = np.zeros_like(ground.seen)
    for row in rows:
        for col in cols:
            if ground.seen[row : row + tile, col : col + tile].all():
                covered[row : row + tile, col : col + tile] = True
    np.testing.assert_array_equal(covered, ground.seen)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), patches=st.integers(30, 150))
def test_halves_are_stratified_and_even(seed: int, patches: int) -> None:
    codes = squares(patches, 400, seed)
    ground = split_ground([codes], SplitOptions(tile=16, step=8, seed=seed))
    for code in (1, 2, 3):
        trained, tested = (len(np.unique(half[codes == code])) - 1 for half in (ground.training, ground.test))
        if (codes == code).any():
            assert abs(trained - tested) <= 1
    # Upper and lower, left and right half of the ground: of every class no patch or two more than its share.
    for part in (np.s_[:200], np.s_[200:], np.s_[:, :200], np.s_[:, 200:]):
        for code in (1, 2, 3):
            there = codes[part] == code
            trained, tested = (len(np.unique(half[part][there])) for half in (ground.training, ground.test))
            assert abs(trained - tested) <= 10


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.1, 0.9))
def test_a_share_of_each_class_trains(seed: int, share: float) -> None:
    codes = squares(150, 400, seed)
    ground = split_ground([codes], SplitOptions(share=share, tile=16, step=8, seed=seed))
    for code in (1, 2, 3):
        count = label(codes == code)[1]
        trained = len(np.unique(ground.training[codes == code])) - (ground.test[codes == code] > 0).any()
        assert abs(trained - share * count) <= 1


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 100))
def test_neither_the_order_of_dates_nor_the_type_of_labels_has_a_say(seed: int) -> None:
    first, second = scene(seed)
    split = SplitOptions(tile=32, step=16)
    one, other = split_ground([first, second], split), split_ground([second.astype(np.int32), first], split)
    np.testing.assert_array_equal(one.seen, other.seen)
    np.testing.assert_array_equal(one.training, other.training)


def test_another_seed_splits_otherwise_and_less_background_is_less_ground() -> None:
    codes = squares(100, 400, 1)
    seen = [split_ground([codes], SplitOptions(tile=16, step=8, seed=seed)).seen for seed in range(4)]
    assert any(not np.array_equal(seen[0], other) for other in seen[1:])
    shares = [
        split_ground([np.zeros((1600, 1600), np.uint8)], SplitOptions(tile=32, step=16, background=part)).seen.mean()
        for part in (0, 0.2, 0.4, 1)
    ]
    assert shares[0] == 0 and shares[3] == 1
    assert shares[1:3] == pytest.approx([0.2, 0.4], abs=0.02)


def reference(**changes: object) -> ReferenceOptions:
    return ReferenceOptions.model_validate({"classes": CLASSES, "split": {"tile": 16, "step": 8}} | changes)


def pair(code: int = 1) -> NDArray[np.uint8]:
    codes = np.zeros((100, 100), np.uint8)
    codes[10:14, 10:14], codes[70:74, 70:74] = 1, code
    return codes


@pytest.mark.parametrize("seed", range(6))
def test_a_patch_that_held_out_dates_alone_show_is_not_the_only_one_to_train(seed: int) -> None:
    first, second = pair(0), pair()
    options = reference(held_out_dates=[SECOND], split={"tile": 16, "step": 8, "seed": seed})
    grounds = training_ground({FIRST: first, SECOND: second}, options)
    assert grounds[FIRST][10:14, 10:14].all() and not grounds[FIRST][70:74, 70:74].any()


def test_rows_held_out_are_so_beside_a_split() -> None:
    codes = pair()
    without = training_ground({FIRST: codes}, reference())[FIRST].copy()
    both = training_ground({FIRST: codes}, reference(held_out_rows=[(40, 60)]))[FIRST]
    assert without[40:60].any() and not both[40:60].any()
    np.testing.assert_array_equal(np.delete(both, np.s_[40:60], 0), np.delete(without, np.s_[40:60], 0))
    rows = training_ground({FIRST: codes}, reference(split=None, held_out_rows=[(40, 60)]))[FIRST]
    assert rows.sum() == 80 * 100 and not rows[40:60].any()


def test_a_class_of_one_patch_cannot_be_split() -> None:
    with pytest.raises(InputError) as caught:
        training_ground({FIRST: pair(2)}, reference())
    assert "'dump'" in caught.value.problem and "1 interpreted" in caught.value.problem
    assert caught.value.field == "reference.split" and caught.value.mend


def test_tiles_larger_than_the_ground_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        training_ground({FIRST: pair()}, reference(split={"tile": 101}))
    assert caught.value.field == "reference.split.tile" and "100" in str(caught.value.mend)


@pytest.mark.parametrize("options", [reference(), reference(split=None, held_out_rows=[(0, 10)])])
def test_a_split_and_rows_need_one_grid(options: ReferenceOptions) -> None:
    grids = {Path("a.tif"): grid_of(100, 100), Path("b.tif"): grid_of(100, 90)}
    with pytest.raises(InputError) as caught:
        require_one_ground(grids, options, {FIRST})
    assert caught.value.file == Path("b.tif") and caught.value.mend
    assert caught.value.field == ("reference.split" if options.split else "reference.held_out_rows")
    require_one_ground(grids, reference(split=None), {FIRST})


@given(rows=st.integers(1, 40), cols=st.integers(1, 40), window=st.integers(1, 50), step=st.integers(1, 20))
@settings(max_examples=50, deadline=None)
def test_windows_cover_the_ground_and_are_counted(rows: int, cols: int, window: int, step: int) -> None:
    mask = np.random.default_rng(rows).random((rows, cols)) < 0.3
    down, along = window_starts(rows, window, step), window_starts(cols, window, step)
    counted = count_in_windows(mask, down, along, window)
    expected = [[mask[row : row + window, col : col + window].sum() for col in along] for row in down]
    np.testing.assert_array_equal(counted, expected)
    assert down[-1] + window >= rows and (np.diff(down) > 0).all() and (np.diff(down) <= step).all()
