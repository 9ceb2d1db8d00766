"""What is wrong with the heights that flattened the interferograms: noise of the model, and ground moved since."""

import numpy as np

from engine.simulate.noise import Field, fractal
from engine.simulate.plan import Patch, Plan
from engine.simulate.radar.places import Places

# Error on level ground, m (std), how it grows with slope, and its coarsest features, m.
_LEVEL_M, _BY_SLOPE, _COARSEST_M = 1.5, 4.0, 240.0
# Share of a pit's depth or a dump's height that the model has not seen, and the most that it may be, m.
_UNSEEN, _MOST_M = (0.1, 0.45), 14.0


def height_error(plan: Plan, heights: Field) -> Field:
    """By how much the ground is higher than the model, m, at the radar's pixels; `heights` of the bare ground there."""
    places = Places(plan.frame)
    steep = np.hypot(*np.gradient(heights, 15.0))
    noise = fractal(plan.frame.stream("height error"), places.x, places.y, _COARSEST_M, 5, persistence=0.6)
    error = np.asarray(_LEVEL_M * (1 + _BY_SLOPE * steep) * noise, np.float32)
    for patch in plan.patches:
        _add_patch(error, patch, places)
    return error


def _add_patch(error: Field, patch: Patch, places: Places) -> None:
    block = places.window(patch.ground, 0.0)
    if block is None:
        return
    chance = places.frame.chance("unseen height", patch.number)
    unseen = float(np.clip(patch.relief_m * chance.uniform(*_UNSEEN), -_MOST_M, _MOST_M))
    to_rim = places.distance(patch.ground.boundary, block) * places.inside(patch.ground, block)
    flank = np.clip(to_rim / (0.25 * np.sqrt(patch.ground.area)), 0, 1)
    error[block.slices] += (unseen * flank * flank * (3 - 2 * flank)).astype(np.float32)
