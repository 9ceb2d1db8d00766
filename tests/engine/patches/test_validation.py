"""What is set aside of the training's own ground: of every class, on every date, and never learnt from."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.patches.hardware import Hardware
from engine.patches.labels import UNLABELLED
from engine.patches.options import TrainingOptions
from engine.patches.sampling import LabelledImage, Standard
from engine.patches.validation import Validation, set_aside


def patches(seed: int, count: int, size: int = 96) -> LabelledImage:
    """Squares of two classes on a grid of places, some ground without labels."""
    random = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.uint8)
    for number, place in enumerate(random.permutation(36)[:count]):
        row, col = 16 * (place // 6), 16 * (place % 6)
        labels[row + 2 : row + 9, col + 2 : col + 9] = 1 + number % 2
    labels[:, -5:] = UNLABELLED
    return LabelledImage("a", date(2020, 1, 1), random.normal(size=(2, size, size)).astype(np.float32), labels)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 99), count=st.integers(1, 30), share=st.floats(0, 0.9), crop=st.integers(16, 64))
def test_no_label_is_both_learnt_from_and_looked_at(seed: int, count: int, share: float, crop: int) -> None:
    first = patches(seed, count)
    later = replace(first, date=date(2021, 1, 1), labels=np.where(first.labels == 2, 0, first.labels).astype(np.uint8))
    for image in (first, later):  # every pixel of both tells where it is
        image.values[0] = np.arange(image.labels.size).reshape(image.shape)
    left, windows = set_aside([first, later], TrainingOptions(validation=share, crop=crop))
    learnt = np.zeros(first.labels.size, bool)
    for part in left:
        learnt |= (part.labels != UNLABELLED).ravel()
    for window in windows:
        assert window.shape == (crop, crop)
        there = window.values[0][window.labels != UNLABELLED].astype(int)
        assert not learnt[there].any()
    for whole, part in zip((first, later), left, strict=True):
        kept = part.labels != UNLABELLED
        np.testing.assert_array_equal(part.labels[kept], whole.labels[kept])
        np.testing.assert_array_equal(part.values, whole.values)


@pytest.mark.parametrize(("share", "aside"), [(0, 0), (0.1, 1), (0.5, 5)])
def test_the_share_is_of_the_patches_of_each_class(share: float, aside: int) -> None:
    image = patches(3, 20)
    left, windows = set_aside([image], TrainingOptions(validation=share, crop=16))
    assert len(windows) == 2 * aside
    for code in (1, 2):
        assert (left[0].labels == code).sum() == (10 - aside) * 49


def test_the_last_patch_of_a_class_is_left_to_learn_from() -> None:
    image = patches(3, 2)
    left, windows = set_aside([image], TrainingOptions(validation=0.9, crop=16))
    assert not windows
    np.testing.assert_array_equal(left[0].labels, image.labels)


class Knowing(torch.nn.Module):
    """Sees the class in the first band."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return 20 * torch.nn.functional.one_hot(images[:, 0].round().long().clamp(0, 2), 3).permute(0, 3, 1, 2).float()


def test_figures_are_of_what_is_labelled() -> None:
    image = patches(5, 24)
    image.values[0] = np.where(image.labels == UNLABELLED, 1, image.labels)
    options = TrainingOptions(validation=0.3, crop=24, batch=3)
    windows = set_aside([image], options)[1]
    plain, here = Standard(np.zeros(2), np.ones(2)), Hardware(torch.device("cpu"))
    right = Validation(windows, plain, options, here).measure(Knowing())
    assert right.loss < 1e-3
    assert right.f1 == 1
    for window in windows:
        window.values[0] = 0
    wrong = Validation(windows, plain, options, here).measure(Knowing())
    assert wrong.loss > 1
    assert wrong.f1 == 0
