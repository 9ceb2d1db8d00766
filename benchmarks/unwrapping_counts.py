"""What the check of loops found of unwrapping errors whose truth is known: observation by observation.

An observation is a pair at a pixel where it has phase and coherence. Truth is `truth/turns_*.tif` of a simulated area:
regions that low coherence cuts off and motion that is too steep are told apart.
"""

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.deformation.steps import ChosenNetwork, PreparedStack
from engine.deformation.unwrapping import find_loops
from engine.deformation.wrong_regions import WrongRegions
from engine.grid import Block, cover
from engine.raster import Raster

KINDS = ("cut_off", "steep")
_BLOCK = 128  # pixels: some arrays of all pairs at a time


def count(stack: PreparedStack, chosen: ChosenNetwork, inverted: Path, truth: Path) -> Counter[str]:
    """Observations by what became of them: true, found and unclosed (in a loop that does not close) of each kind, taken
    out wrongly, and of these unclosed. `inverted` : folder of an inversion with the check, weighted by coherence.
    """
    found: Counter[str] = Counter()
    loops, regions = find_loops(chosen.network), WrongRegions(inverted)
    for block in cover(stack.grid.shape, _BLOCK):
        phase = stack.file.phase(chosen.numbers, block)
        phase[~(stack.file.coherence(chosen.numbers, block) > 0)] = np.nan
        phase -= stack.medians[chosen.numbers, None, None].astype(np.float32)
        there, dropped, unclosed = np.isfinite(phase), regions.read(block), _unclosed(loops, phase)
        anywhere = np.zeros(phase.shape, np.bool_)
        for kind in KINDS:
            wrong = there & (true_turns(truth / f"turns_{kind}.tif", chosen, block) != 0)
            anywhere |= wrong
            found[f"{kind} true"] += np.count_nonzero(wrong)
            found[f"{kind} unclosed"] += np.count_nonzero(wrong & unclosed)
            found[f"{kind} found"] += np.count_nonzero(wrong & dropped)
        wrongly = dropped & ~anywhere
        found["wrongly dropped"] += np.count_nonzero(wrongly)
        found["wrongly dropped, unclosed"] += np.count_nonzero(wrongly & unclosed)
    return found


def told(found: Counter[str]) -> str:
    """In words. "Unclosed" is what is part of a loop that does not close."""
    parts = []
    for kind in KINDS:
        true, unclosed, hits = (found[f"{kind} {what}"] for what in ("true", "unclosed", "found"))
        parts.append(f"{kind.replace('_', ' ')}: {true} true ({unclosed} unclosed), {hits} found, {true - hits} missed")
    parts.append(f"wrongly dropped: {found['wrongly dropped']} ({found['wrongly dropped, unclosed']} unclosed)")
    return "; ".join(parts)


def true_turns(path: Path, chosen: ChosenNetwork, block: Block) -> NDArray[np.int8]:
    """Turns by which phase is off, shape (pairs, rows, cols) of the block; a pair without a band is right."""
    turns = np.zeros((len(chosen.numbers), *block.shape), np.int8)
    if path.exists():
        with Raster(path) as cube:
            bands = dict(zip(cube.band_names, cube.read_bands(block), strict=True))
        for own, pair in zip(turns, chosen.network.pairs, strict=True):
            own += bands.get(str(pair), np.int8(0))
    return turns


def _unclosed(loops: NDArray[np.int64], phase: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which observations are in a loop of three that does not close."""
    unclosed = np.zeros(phase.shape, np.bool_)
    for there, on, across in loops:
        # NaN, without phase in all three, is not beyond half a turn.
        missed = np.abs(phase[there] + phase[on] - phase[across]) > np.pi
        for pair in (there, on, across):
            unclosed[pair] |= missed
    return unclosed
