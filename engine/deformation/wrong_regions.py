"""Regions of a pair that are off by whole turns, over the whole frame: what the check of loops takes out.

Unwrapping goes wrong by regions: ground that low coherence or a steep rim cuts off is off by the same turns all over.
Noise of hardly coherent ground opens loops too, and the check of a single pixel cannot tell it from that; but it is
scattered. So every pixel's loops are looked at first, and of what they name only regions are kept, pair by pair.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.blocks import Workers, map_blocks
from engine.deformation.unwrapping import find_wrongly_unwrapped
from engine.grid import Block

_EIGHT_NEIGHBOURS = np.ones((3, 3), np.int8)
_CHUNK = 256  # pixels
_NAME = "wrong"


class WrongRegions:
    """Which observations are taken out, in `wrong.h5`: pairs × rows × columns. Opened for each call, for workers."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "wrong.h5"

    def read(self, block: Block) -> NDArray[np.bool_]:
        """Shape (pairs, rows, cols) of the block."""
        with h5py.File(self.path) as file:
            found: NDArray[np.bool_] = file[_NAME][(slice(None), *block.slices)]
            return found

    def find(
        self,
        phase_of: Callable[[Block], NDArray[np.float32]],
        loops: NDArray[np.int64],
        shape: tuple[int, int, int],
        blocks: Sequence[Block],
        *,
        least: int,
        workers: Workers,
        advance: Callable[[], None],
    ) -> None:
        """Look at all blocks, then at all pairs; what an earlier run has found is taken as it is.

        Memory is that of the blocks in flight and of one pair's frame.

        Parameters
        ----------
        phase_of : phase of a block in radians, shape (pairs, pixels), NaN for no data; picklable, as `map_blocks` asks.
        shape : pairs, rows, columns of the whole. least : pixels of a region. advance : called after each block.
        """
        if self.path.exists():
            for _ in blocks:
                advance()
            return
        unfinished = self.path.with_suffix(".partial")
        look = partial(_look, phase_of=phase_of, loops=loops)
        with h5py.File(unfinished, "w") as file:
            chunk = (1, min(_CHUNK, shape[1]), min(_CHUNK, shape[2]))
            wrong = file.create_dataset(_NAME, shape, np.bool_, chunks=chunk, compression="lzf")
            for block, found in map_blocks(look, blocks, workers=workers):
                wrong[(slice(None), *block.slices)] = found[_NAME]
                advance()
            for pair in range(shape[0]):
                wrong[pair] = large_regions(wrong[pair], least)
        os.replace(unfinished, self.path)


def _look(
    block: Block, *, phase_of: Callable[[Block], NDArray[np.float32]], loops: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """What the loops of a block's pixels name, pixel by pixel."""
    return {_NAME: find_wrongly_unwrapped(loops, phase_of(block)).reshape(-1, *block.shape)}


def large_regions(mask: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """What of a mask, shape (rows, cols), is connected, corners included, over at least so many pixels."""
    regions, _ = label(mask, _EIGHT_NEIGHBOURS)
    large = np.bincount(regions.ravel()) >= least
    large[0] = False
    kept: NDArray[np.bool_] = large[regions]
    return kept
