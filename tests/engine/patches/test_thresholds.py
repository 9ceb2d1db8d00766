"""The thresholds of a model's mask, fitted to what its training saw."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.patches import scoring
from engine.patches.labelled import ReadImage
from engine.patches.labels import UNLABELLED
from engine.patches.sampling import LabelledImage
from engine.patches.thresholds import Thresholds, best_thresholds, outline_error_m, try_on
from tests.engine.patches.conftest import extract_first_band, grid_of
from tests.engine.patches.pits import FIRST, SECOND

FILES, EIGHT = (Path("a.tif"), Path("b.tif")), np.ones((3, 3), bool)


def read_image(day: date, percent: NDArray[Any], labels: NDArray[Any], seen: NDArray[np.bool_]) -> ReadImage:
    """An image whose one band is the probability that will be found, NaN for no data."""
    values = percent[None].astype(np.float32)
    image = LabelledImage(str(day), day, values, labels.astype(np.uint8))
    return ReadImage(image, grid_of(*percent.shape), ("a",), FILES, seen, held_out=day == SECOND)


def thresholds_for(read: Sequence[ReadImage]) -> Thresholds:
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(scoring, "extract", extract_first_band)
        return best_thresholds(try_on(read, Path("model.safetensors")))


@pytest.mark.parametrize("percent", [25, 50, 65, 95])
def test_the_best_thresholds_part_mines_from_the_rest(percent: int) -> None:
    """By labels that training saw alone: what is held out, unlabelled or without data says otherwise."""
    found = np.tile([percent, percent - 1, percent + 3.0, percent - 5], (8, 1))
    labels = np.tile([1, 0, 2, 0], (8, 1))
    seen = np.ones(found.shape, bool)
    wanted = Thresholds(percent / 100, percent / 100)
    read = [read_image(FIRST, found, labels, seen), read_image(SECOND, found, 1 - np.clip(labels, 0, 1), seen)]
    assert thresholds_for(read) == wanted
    others = {"unseen": (found, 1 - np.clip(labels, 0, 1)), "unlabelled": (found, np.full_like(labels, UNLABELLED))}
    others["no data"] = (np.full_like(found, np.nan), np.ones_like(labels))
    for name, (values, codes) in others.items():
        both = np.concatenate([found, *[values] * 3]), np.concatenate([labels, *[codes] * 3])
        ground = np.concatenate([seen, *[np.full_like(seen, name != "unseen")] * 3])
        assert thresholds_for([read_image(FIRST, *both, ground)]) == wanted, name


def test_patches_that_fade_out_are_kept_whole_and_faint_specks_go() -> None:
    """A patch of 90, at its rim 40, and specks of 60: one threshold takes the rim off or the specks in."""
    found, labels = np.zeros((40, 40)), np.zeros((40, 40), int)
    found[5:20, 5:20], labels[5:20, 5:20] = 40, 1
    found[9:16, 9:16] = 90
    found[25:38:4, 5:38:4] = 60
    low, high = thresholds_for([read_image(FIRST, found, labels, np.ones(found.shape, bool))])
    assert low <= 0.4
    assert 0.6 < high <= 0.9


def test_the_rim_that_a_mask_adds_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mines of which a rim three pixels wide is marked, too; and one that is overlooked, which has no outline."""
    found, labels = np.zeros((150, 150)), np.zeros((150, 150), int)
    for row, col in np.ndindex(5, 5):
        at = np.s_[30 * row + 8 : 30 * row + 20, 30 * col + 8 : 30 * col + 20]
        around = np.s_[30 * row + 5 : 30 * row + 23, 30 * col + 5 : 30 * col + 23]
        found[around], labels[at] = 40, 1
        found[at] = 90 if (row, col) != (2, 2) else 0
    found[65:83, 65:83] = 0
    read = [read_image(FIRST, found, labels, np.ones(found.shape, bool))]
    monkeypatch.setattr(scoring, "extract", extract_first_band)
    tried = try_on(read, Path("model.safetensors"))
    pixel_m = read[0].grid.square_pixel_m
    assert outline_error_m(tried, Thresholds(0.3, 0.8)) == pytest.approx(3 * pixel_m, rel=0.01)
    assert outline_error_m(tried, Thresholds(0.8, 0.8)) == pytest.approx(0.5 * pixel_m)
    assert outline_error_m(tried, Thresholds(0.95, 0.95)) is None


def quality(found: NDArray[Any], labels: NDArray[Any], low: int, high: int) -> float:
    """The sum of F1 by pixel and F2 by patch, region by region."""
    regions, count = label(found >= low, EIGHT)
    kept = [number for number in range(1, count + 1) if found[regions == number].max() >= high]
    mask, mined = np.isin(regions, kept), labels > 0
    true = sum(mined[regions == number].mean() >= 0.2 for number in kept)
    patches, count_patches = label(mined, EIGHT)
    by_pixel = 2 * (mask & mined).sum() / (mask.sum() + mined.sum())
    right = true / len(kept) if kept else 0.0
    seen = sum(mask[patches == number].mean() >= 0.2 for number in range(1, count_patches + 1)) / count_patches
    return float(by_pixel + (5 * right * seen / (4 * right + seen) if seen else 0.0))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), background=st.integers(1, 8))
def test_no_other_thresholds_have_much_better_figures(seed: int, background: int) -> None:
    """At the true share of mines: the more background there is, the more of it a low threshold lets through."""
    random = np.random.default_rng(seed)
    labels = np.kron(np.arange(12 * (1 + background)) < 12, np.ones((3, 3))).astype(np.uint8).reshape(-1, 12)
    found = np.rint(np.clip(random.normal(35 + 25 * labels, 20), 0, 100))
    low, high = thresholds_for([read_image(FIRST, found, labels, np.ones(found.shape, bool))])
    levels = range(20, 100, 5)
    best = max(quality(found, labels, one, other) for one in levels for other in levels if other >= one)
    chosen = quality(found, labels, round(100 * low), round(100 * high))
    assert best - 0.01 - 1e-9 <= chosen <= best + 1e-9
