"""Images in the range that scales are meant for: proportions kept, outliers clipped, 8 bits left alone."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.objects.stretching import Stretch


def stretch(image: NDArray[Any], valid: NDArray[np.bool_]) -> NDArray[Any]:
    return Stretch.of(image[:, valid])(image, valid)


def all_valid(image: NDArray[Any]) -> NDArray[np.bool_]:
    return np.ones(image.shape[1:], bool)


def test_8_bit_images_are_not_stretched() -> None:
    image = np.arange(100, 200, dtype=np.uint8).reshape(1, 10, 10)
    assert stretch(image, all_valid(image)) is image


def test_stretching_keeps_the_proportions_of_bands() -> None:
    image = np.stack([np.linspace(0, 1000, 10_201), np.linspace(0, 100, 10_201)]).reshape(2, 101, 101)
    stretched = stretch(image, all_valid(image))
    steep, flat = np.median(np.diff(stretched.reshape(2, -1)), axis=1)
    assert steep / flat == pytest.approx(10)
    low, high = np.percentile(stretched, [1, 99])
    assert (low, high) == pytest.approx((0, 255), abs=1e-6)


def test_outliers_are_clipped_a_little_beyond_the_range() -> None:
    image = np.linspace(0, 100, 10_000).reshape(1, 100, 100)
    image[0, 0, 0], image[0, -1, -1] = -1e6, 1e6
    valid = all_valid(image)
    valid[3, 3], image[0, 3, 3] = False, np.nan
    stretched = stretch(image, valid)
    assert (stretched.min(), stretched.max()) == pytest.approx((-25.5, 280.5))
    assert stretched[0, 3, 3] == 0


@pytest.mark.parametrize("valid", [True, False])
def test_an_even_image_or_none_stretches_to_0(valid: bool) -> None:
    assert not stretch(np.full((2, 3, 3), 7.5), np.full((3, 3), valid)).any()
