"""Noise that is looked up by place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.simulate.noise import fractal, hashed, normal, smooth, spline_matrix, uniform

X, Y = 2.0 * np.arange(600) + 100_000.0, 4_000_000.0 - 2.0 * np.arange(500)


@settings(max_examples=20, deadline=None)
@given(
    row=st.integers(0, 480),
    col=st.integers(0, 580),
    rows=st.integers(2, 200),
    cols=st.integers(2, 200),
    spacing=st.sampled_from([2.0, 7.3, 40.0, 650.0]),
    along=st.sampled_from([0.6, 1.0, 2.2]),
)
def test_a_window_of_the_plane_equals_the_whole(
    row: int, col: int, rows: int, cols: int, spacing: float, along: float
) -> None:
    x, y = X[col : col + cols], Y[row : row + rows]
    whole = smooth(7, X, Y, spacing, along)[row : row + rows, col : col + cols]
    np.testing.assert_allclose(smooth(7, x, y, spacing, along), whole, atol=1e-5)


@pytest.mark.parametrize("spacing", [2.3, 3.7, 11.0])
@pytest.mark.parametrize("stream", [1, 2**62 + 5])
def test_mean_and_standard_deviation(spacing: float, stream: int) -> None:
    """Over places between those of the lattice: on its corners alone, it would be 4 % more."""
    values = smooth(stream, X, Y, spacing)
    features = values.size / (spacing / 2) ** 2
    assert values.dtype == np.float32 and values.shape == (len(Y), len(X))
    assert values.mean() == pytest.approx(0, abs=6 / np.sqrt(features))
    assert values.std() == pytest.approx(1, abs=0.03)
    assert fractal(stream, X, Y, 2 * spacing, 3).std() == pytest.approx(1, abs=0.06)


def test_features_are_longer_along_x_where_that_is_asked_for() -> None:
    values = smooth(3, X, Y, 9.0, 3.0)
    assert np.diff(values, axis=1).std() < 0.5 * np.diff(values, axis=0).std()


def test_numbers_of_a_lattice() -> None:
    rows, cols = np.arange(-300, 300), np.arange(1_000_000, 1_000_500)
    values, normals = uniform(5, rows, cols), normal(5, rows, cols)
    assert values.min() > 0 and values.max() < 1
    np.testing.assert_allclose(np.histogram(values, 20, (0, 1))[0] / values.size, 0.05, atol=0.002)
    assert np.isfinite(normals).all() and normals.std() == pytest.approx(1, abs=0.01)
    assert len(np.unique(hashed(5, rows, cols))) == values.size
    np.testing.assert_array_equal(uniform(5, rows[100:], cols[:7]), values[100:, :7])
    other = uniform(6, rows, cols)
    for one, two in ((values[:-1], values[1:]), (values[:, :-1], values[:, 1:]), (values, other)):
        assert abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]) < 0.01


@given(st.floats(-1e6, 1e6), st.floats(0.01, 3.0))
@settings(max_examples=30, deadline=None)
def test_weights_of_a_spline_add_up_to_one(start: float, step: float) -> None:
    indices, weights = spline_matrix(start + step * np.arange(40))
    assert weights.shape == (40, len(indices))
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert weights.min() >= 0
