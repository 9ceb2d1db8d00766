"""Where a preliminary mask settles whether there is a mine: further from its outlines than these may lie off."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from engine.grid import cover

Flags = NDArray[np.bool_]

# Pixels along the edge of a block: most of them have no outline, and cost nothing.
_BLOCK = 256


def settled_pixels(mask: Flags, reach: float) -> Flags:
    """Pixels whose centres lie further than `reach` pixels from every outline of the mask, inside or outside it; shape
    of the mask. The edge of the image is no outline."""
    settled = np.ones(mask.shape, bool)
    for block in cover(mask.shape, _BLOCK):
        window = block.widened(math.ceil(reach) + 1, mask.shape)
        inside = mask[window.slices]
        if not inside.any() or inside.all():
            continue
        # To the centre of the nearest pixel of the other kind; the outline is half a pixel before it.
        distance = np.where(inside, distance_transform_edt(inside), distance_transform_edt(~inside)) - 0.5
        settled[block.slices] = (distance > reach)[block.within(window)]
    return settled
