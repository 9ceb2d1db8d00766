"""Weights between the first and the learnt ones, and which of them are taken."""

from collections.abc import Mapping

import pytest
import torch

from engine.patches.mixing import best_mixture, mix
from engine.patches.validation import Figures

FIRST = {"weight": torch.tensor([0.0, 4.0]), "batches": torch.tensor(7)}
LEARNT = {"weight": torch.tensor([8.0, 0.0]), "batches": torch.tensor(3)}


@pytest.mark.parametrize(("kept", "weight"), [(0.0, [8.0, 0.0]), (0.25, [6.0, 1.0]), (1.0, [0.0, 4.0])])
def test_weights_lie_between_and_counters_stay(kept: float, weight: list[float]) -> None:
    mixed = mix(FIRST, LEARNT, kept)
    assert mixed["weight"].tolist() == weight
    assert mixed["batches"] == 3
    assert (FIRST["weight"].tolist(), LEARNT["weight"].tolist()) == ([0.0, 4.0], [8.0, 0.0])


def test_the_share_of_the_least_loss_is_taken() -> None:
    def measure(state: Mapping[str, torch.Tensor]) -> Figures:
        return Figures(abs(float(state["weight"][0]) - 5.5), 0.9)

    found = best_mixture(FIRST, LEARNT, (0.0, 0.25, 0.5, 0.75), measure)
    assert (found.kept, found.figures) == (0.25, Figures(0.5, 0.9))
    assert found.state["weight"].tolist() == [6.0, 1.0]
    equal = best_mixture(FIRST, LEARNT, (0.25, 0.5), lambda _: Figures(1.0, 0.5))
    assert equal.kept == 0.25


def test_a_single_share_is_not_looked_at() -> None:
    def never(_: Mapping[str, torch.Tensor]) -> Figures:
        raise AssertionError

    found = best_mixture(FIRST, LEARNT, (0.5,), never)
    assert (found.kept, found.figures, found.state["weight"].tolist()) == (0.5, None, [4.0, 2.0])
