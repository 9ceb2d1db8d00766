"""The solver of many ragged pixels at once: what MintPy's estimator says of each of them."""

from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from benchmarks.mintpy_inverter import invert_with_mintpy
from engine.deformation.inversion import Inversion, phase_to_displacement
from engine.deformation.network import Network
from engine.deformation.normal_equations import invert_by_normal_equations
from engine.deformation.stack import DatePair
from engine.deformation.weights import weights_from_coherence
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
    np.testing.assert_allclose(ours.residual, theirs.residual, rtol=1e-4, atol=1e-5)
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


@pytest.mark.parametrize("robust", [False, True])
def test_pixels_are_the_same_whichever_are_solved_beside_them(robust: bool) -> None:
    network = network_of(20, 3)
    phase = noisy(network, 150, 0.5, seed=5)
    whole = invert_by_normal_equations(network, phase, robust=robust)
    parts = [invert_by_normal_equations(network, phase[:, [pixel]], robust=robust) for pixel in range(150)]
    for name in ("phase", "temporal_coherence", "pairs", "groups", "residual"):
        np.testing.assert_array_equal(
            np.concatenate([getattr(part, name) for part in parts], axis=-1), getattr(whole, name), name
        )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_groups_are_those_of_the_graph(data: st.DataObject) -> None:
    network = network_of(7, 6)
    order = data.draw(st.permutations(range(21)))
    shuffled = Network(tuple(network.pairs[number] for number in order))
    used = np.array(data.draw(st.lists(st.booleans(), min_size=42, max_size=42))).reshape(21, 2)
    expected = [shuffled.groups(used[:, pixel]).max() + 1 for pixel in range(2)]
    phase = np.where(used, 0, np.nan).astype(np.float32)
    np.testing.assert_array_equal(invert_by_normal_equations(shuffled, phase).groups, expected)


# Robust: the least sum of absolute residuals


def test_wrongly_unwrapped_pairs_hardly_move_a_robust_solution() -> None:
    network, generator = network_of(20, 4), np.random.default_rng(6)
    series = np.cumsum(generator.normal(size=(20, 50)), axis=0)
    series -= series[0]
    phase = network.incidence_matrix @ series + generator.normal(scale=0.05, size=(len(network.pairs), 50))
    wrong = generator.integers(0, len(network.pairs), 50)
    phase[wrong, np.arange(50)] += 2 * np.pi * generator.choice([-2, -1, 1, 2], 50)
    plain, robust = (invert_by_normal_equations(network, phase.astype(np.float32), robust=way) for way in (False, True))
    assert np.abs(plain.phase - series).max() > 1.5
    assert np.abs(robust.phase - series).max() < 0.3


def test_a_robust_solution_has_the_least_sum_of_absolute_residuals() -> None:
    """As a linear programme finds it."""
    network = network_of(8, 3)
    phase = noisy(network, 12, 0.1, seed=7)
    robust = invert_by_normal_equations(network, phase, robust=True)
    for pixel in np.flatnonzero(robust.groups == 1):
        used = np.isfinite(phase[:, pixel])
        design, observed = network.incidence_matrix[used][:, 1:], phase[used, pixel].astype(float)
        count, unknowns = design.shape
        either_side = np.block([[design, -np.eye(count)], [-design, -np.eye(count)]])
        least = linprog(
            np.concatenate([np.zeros(unknowns), np.ones(count)]),
            either_side,
            np.concatenate([observed, -observed]),
            bounds=[(None, None)] * unknowns + [(0, None)] * count,
        ).fun
        found = np.abs(observed - design @ robust.phase[1:, pixel]).sum()
        assert found == pytest.approx(least, rel=2e-3)


# The deviation of what is asked for


def test_the_deviation_is_that_of_the_inverse_of_the_normal_matrix() -> None:
    network, generator = network_of(15, 3), np.random.default_rng(8)
    phase = noisy(network, 40, 0.2, seed=9)
    weight = generator.uniform(0.1, 5, phase.shape).astype(np.float32)
    functional = generator.normal(size=15)
    functional -= functional.mean()
    found = invert_by_normal_equations(network, phase, weight, functional=functional)
    linked = found.groups == 1
    assert linked.any()
    assert np.isnan(found.deviation[~linked]).all()
    for pixel in np.flatnonzero(linked):
        used = np.isfinite(phase[:, pixel])
        design = network.incidence_matrix[used, 1:]
        covariance = np.linalg.inv(design.T @ (design * weight[used, pixel][:, None]))
        expected = np.sqrt(functional[1:] @ covariance @ functional[1:])
        assert found.deviation[pixel] == pytest.approx(expected, rel=1e-4)


def test_no_deviation_is_given_where_none_is_asked_for() -> None:
    network = network_of(8, 2)
    assert np.isnan(invert_by_normal_equations(network, noisy(network, 5, 0.0, seed=1)).deviation).all()


def test_no_pixels_give_no_solutions() -> None:
    network = network_of(5, 2)
    solved = invert_by_normal_equations(network, np.empty((len(network.pairs), 0), np.float32))
    assert (solved.phase.shape, solved.groups.shape) == ((5, 0), (0,))
