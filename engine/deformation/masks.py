"""Ground that no pair can tell of: water, and slopes in the radar's shadow or under layover.

Processors mark it in rasters of codes. Water changes from pass to pass, shadow sends nothing back, and under layover
slopes lie over one another in one pixel: phase there is noise, whatever it looks like. None of it is decorrelation,
which can itself be a sign of mining, and none of it is still ground: it is not observable.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError

Mask = NDArray[np.bool_]

# ISCE-2: 1 shadow, 2 layover, 3 both (topozero).
ISCE_HIDDEN, ISCE_GREATEST = 0b11, 3
# GAMMA's gc_map and gc_map2: 1 tested, 2 true layover, 4 layover, 8 true shadow, 16 shadow, added up. Codes that
# gc_map2 scales for pictures (63, 127, 255) mean something else and lie above them.
GAMMA_HIDDEN, GAMMA_GREATEST = 0b11110, 31


def water_of(codes: NDArray[Any], path: Path) -> Mask:
    """Where a mask of 1 for land and 0 for water (HyP3, MintPy) shows water; shape of the codes.

    codes : −1 or NaN where the mask says nothing, which is taken for land.

    Raises
    ------
    InputError
        For other codes, and where no land is left: such masks have their codes the other way round.
    """
    water = _whole(codes, path, "1 for land and 0 for water", greatest=1) == 0
    return _some_left(water, path, "water", "give 1 to land and 0 to water")


def hidden_of(codes: NDArray[Any], path: Path, *, hidden: int = ISCE_HIDDEN, greatest: int = ISCE_GREATEST) -> Mask:
    """Where a map of layover and shadow has a bit of `hidden`; shape of the codes.

    codes : −1 or NaN where the map says nothing, which is taken for seen. greatest : of all codes there can be.

    Raises
    ------
    InputError
        For other codes, and where nothing is left.
    """
    whole = _whole(codes, path, f"codes of layover and shadow from 0 to {greatest}", greatest=greatest)
    found = (whole > 0) & (whole & hidden > 0)
    return _some_left(found, path, "layover or shadow", "supply the map of layover and shadow of this orbit")


def _whole(codes: NDArray[Any], path: Path, expected: str, *, greatest: int) -> NDArray[np.int64]:
    whole = np.where(np.isfinite(codes), codes, -1)
    wrong = whole[(whole != np.round(whole)) | (whole < -1) | (whole > greatest)]
    if wrong.size:
        raise InputError(
            f"a value of {wrong[0]:g}, where {expected} are expected",
            file=path,
            field="codes",
            mend="supply the mask as the processor made it, or recode it",
        )
    return whole.astype(np.int64)


def _some_left(mask: Mask, path: Path, what: str, mend: str) -> Mask:
    if mask.all():
        raise InputError(f"the whole frame is {what} by it", file=path, field="codes", mend=mend)
    return mask
