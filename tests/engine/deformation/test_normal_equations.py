"""The solver of many ragged pixels at once: what MintPy's estimator says of each of them."""

from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.deformation import normal_equations
from engine.deformation.inversion import Inversion, invert_with_mintpy, phase_to_displacement, weights_from_coherence
from engine.deformation.network import Network
from engine.deformation.normal_equations import count_groups, invert_by_normal_equations
from engine.deformation.stack import DatePair
from tests.engine.conftest import WAVELENGTH

Array = NDArray[np.float32]


def network_of(dates: int, farthest: int, days: int = 12) -> Network:
    """Every date linked to the next ones, up to `farthest` on."""
    every = [date(2019, 1, 1) + timedelta(days=days * number) for number in range(dates)]
    links = [(i, j) for i, j in combinations(range(dates), 2) if j - i <= farthest]
    return Network(tuple(DatePair(every[i], every[j]) for i, j in links))


def noisy(network: Network, pixels: int, missing: float, seed: int) -> Array:
    """Steady motion of up to 60 rad with noise of 0.5 rad, each pixel missing pairs of its own."""
    generator = np.random.default_rng(seed)
    years = network.years[:, None]
    series = years / years[-1] * generator.uniform(-60, 60, pixels)
    phase = network.incidence_matrix @ series + generator.normal(scale=0.5, size=(len(network.pairs), pixels))
    phase[generator.random(phase.shape) < missing] = np.nan
    return phase.astype(np.float32)


def assert_same(ours: Inversion, theirs: Inversion) -> None:
    np.testing.assert_array_equal(ours.pairs, theirs.pairs)
    np.testing.assert_array_equal(ours.groups, theirs.groups)
    one, other = (phase_to_displacement(solution.phase, WAVELENGTH) for solution in (ours, theirs))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.temporal_coherence, theirs.temporal_coherence, rtol=0, atol=1e-5)
    assert (ours.phase.dtype, ours.temporal_coherence.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("missing", [0.0, 0.03, 0.4, 0.8])
@pytest.mark.parametrize(("dates", "farthest"), [(90, 4), (40, 3), (12, 11), (5, 1)])
def test_ragged_pixels_are_inverted_as_mintpy_does(dates: int, farthest: int, missing: float) -> None:
    network = network_of(dates, farthest)
    phase = noisy(network, 60, missing, seed=dates + farthest)
    assert_same(invert_by_normal_equations(network, phase), invert_with_mintpy(network, phase))


@pytest.mark.parametrize("weights", ["variance", "coherence"])
def test_weighted_pixels_are_inverted_as_mintpy_does(weights: str) -> None:
    network = network_of(60, 4)
    phase = noisy(network, 60, 0.1, seed=3)
    coherence = np.random.default_rng(4).uniform(0.02, 0.99, phase.shape).astype(np.float32)
    weight = weights_from_coherence(coherence, weights, 16 / 1.94)  # type: ignore[arg-type]
    assert_same(invert_by_normal_equations(network, phase, weight), invert_with_mintpy(network, phase, weight))


def test_pixels_are_the_same_however_many_are_solved_together(monkeypatch: pytest.MonkeyPatch) -> None:
    network = network_of(20, 3)
    phase = noisy(network, 150, 0.2, seed=5)
    whole = invert_by_normal_equations(network, phase)
    monkeypatch.setattr(normal_equations, "_COEFFICIENTS", 1)
    parts = invert_by_normal_equations(network, phase)
    linked = whole.groups == 1
    np.testing.assert_array_equal(parts.phase[:, linked], whole.phase[:, linked])
    np.testing.assert_array_equal(parts.groups, whole.groups)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_groups_are_those_of_the_graph(data: st.DataObject) -> None:
    network = network_of(7, 6)
    order = data.draw(st.permutations(range(21)))
    shuffled = Network(tuple(network.pairs[number] for number in order))
    used = np.array(data.draw(st.lists(st.booleans(), min_size=42, max_size=42))).reshape(21, 2)
    expected = [shuffled.groups(used[:, pixel]).max() + 1 for pixel in range(2)]
    np.testing.assert_array_equal(count_groups(shuffled, used), expected)


def test_no_pixels_give_no_solutions() -> None:
    network = network_of(5, 2)
    solved = invert_by_normal_equations(network, np.empty((len(network.pairs), 0), np.float32))
    assert (solved.phase.shape, solved.groups.shape) == ((5, 0), (0,))
