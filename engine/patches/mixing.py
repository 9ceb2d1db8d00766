"""Weights between those that a training begins with and those that it ends with (Wortsman et al. 2022, CVPR, 7959).

What is learnt on one place alone is paid for with what others had taught. Half way between the two a network knows
nearly all of both, for they lie in one valley of the loss.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.patches.validation import Figures

# To choose from on what was set aside; what stands where nothing was.
SHARES, HALF = (0.0, 0.25, 0.5, 0.75), 0.5


class Mixture(NamedTuple):
    """Weights, the share of the first ones in them, and how well they do; None where that was not looked at."""

    state: dict[str, Tensor]
    kept: float
    figures: Figures | None


def mix(first: Mapping[str, Tensor], learnt: Mapping[str, Tensor], kept: float) -> dict[str, Tensor]:
    """A share of the first weights and the rest of those that were learnt; counters as they were learnt.

    Statistics of batches are mixed as weights are.
    """
    return {
        name: torch.lerp(tensor, first[name].to(tensor), kept) if tensor.is_floating_point() else tensor
        for name, tensor in learnt.items()
    }


def best_mixture(
    first: Mapping[str, Tensor],
    learnt: Mapping[str, Tensor],
    shares: Sequence[float],
    measure: Callable[[Mapping[str, Tensor]], Figures],
) -> Mixture:
    """Of the shares to keep the one of the least loss, of equals the first; a single one is not looked at."""
    if len(shares) == 1:
        return Mixture(mix(first, learnt, shares[0]), shares[0], None)
    figures = [measure(mix(first, learnt, share)) for share in shares]
    best = min(range(len(shares)), key=lambda at: figures[at].loss)
    return Mixture(mix(first, learnt, shares[best]), shares[best], figures[best])
