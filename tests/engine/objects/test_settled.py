"""Where a mask leaves no doubt."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

from engine.objects import settled
from engine.objects.settled import settled_pixels


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), reach=st.sampled_from([0.0, 0.5, 1.0, 2.3, 4.0]), block=st.sampled_from([4, 7, 64]))
def test_pixels_further_from_the_other_kind_than_outlines_lie_off(seed: int, reach: float, block: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((17, 23)) < 0.05
    mask[5:12, 8:16] |= rng.random((7, 8)) < 0.9
    expected = np.ones(mask.shape, bool)
    for kind in (True, False):
        places, others = np.argwhere(mask == kind), np.argwhere(mask != kind)
        if len(places) and len(others):
            expected[tuple(places.T)] = KDTree(others).query(places)[0] - 0.5 > reach
    size, settled._BLOCK = settled._BLOCK, block
    try:
        np.testing.assert_array_equal(settled_pixels(mask, reach), expected)
    finally:
        settled._BLOCK = size


def test_a_mask_without_outlines_is_settled() -> None:
    for mask in (np.zeros((5, 600), bool), np.ones((5, 600), bool)):
        assert settled_pixels(mask, 50.0).all()
