"""Training reference patches, the windows round them, and which objects make them up."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import find_objects, label

from engine.grid import Block
from engine.objects.regions import Flags, Integers


@dataclass(frozen=True)
class ReferencePatch:
    """window : round the patch, with a margin. inside : the patch, shape of the window."""

    window: Block
    inside: Flags


def reference_patches(reference: Flags, *, count: int, margin: int, least: int = 25) -> list[ReferencePatch]:
    """Patches that are connected by their pixels' sides, of all sizes alike: every so-manyth by area.

    Parameters
    ----------
    reference : where training reference patches lie, shape of the grid. count : the most patches to take.
    margin : of a window round a patch. least : smaller patches, in pixels, are left out.
    """
    numbers, found = label(reference)
    sizes = np.bincount(numbers.ravel(), minlength=found + 1)
    chosen = [int(number) for number in np.argsort(sizes[1:], kind="stable") + 1 if sizes[number] >= least]
    if len(chosen) > count:
        chosen = [chosen[at] for at in np.linspace(0, len(chosen) - 1, count).round().astype(int)]
    boxes = find_objects(numbers)
    patches = []
    for number in sorted(chosen):
        rows, cols = boxes[number - 1]
        window = Block(rows.start, rows.stop, cols.start, cols.stop).widened(margin, reference.shape)
        patches.append(ReferencePatch(window, numbers[window.slices] == number))
    return patches


@dataclass(frozen=True)
class Made:
    """What objects make of a patch: how many of them lie in it by more than half of their own area; the pixels that
    they have together, and those of them that lie in the patch.
    """

    objects: int
    pixels: int
    shared: int


def make_up(labels: Integers, inside: Flags) -> Made:
    """Which objects make up a patch. labels : 0 for none, shape of the window."""
    size = np.bincount(labels.ravel())
    shared = np.bincount(labels[inside], minlength=size.size)
    most = 2 * shared > size
    most[0] = False
    return Made(int(most.sum()), int(size[most].sum()), int(shared[most].sum()))
