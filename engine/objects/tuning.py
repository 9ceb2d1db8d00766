"""Shape and compactness that make objects fit the training reference best (METHOD §2; the paper, §2.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.blocks import Workers, map_blocks
from engine.grid import Block
from engine.objects.rasters import StretchedImage
from engine.objects.references import ReferencePatch, make_up
from engine.objects.regions import Flags
from engine.objects.segmentation import SegmentationOptions, segment

VALUES = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))
PAIRS = tuple(product(VALUES, VALUES))


@dataclass(frozen=True)
class Tuning:
    """table : one row a pair, in the order of PAIRS: shape, compactness, difference (mean over patches of
    |A_seg − A_ref| / A_ref, 1 for a patch without an object), iou (mean, 0 for such), objects (mean number a patch).
    patches : how many there were. shape, compactness : the pair of least difference, of equals that of fewest objects.
    """

    table: pd.DataFrame
    patches: int
    shape: float
    compactness: float


def tune(
    images: Sequence[tuple[StretchedImage, Sequence[ReferencePatch]]],
    options: SegmentationOptions,
    *,
    workers: Workers,
    keep: Path | None = None,
) -> Tuning:
    """Segment windows round reference patches with every pair, at the scale and with the weights of `options`.

    Parameters
    ----------
    images : with the patches that lie in each. keep : folder for finished windows, which are not done again.

    Raises
    ------
    ValueError
        When there is no patch.
    """
    found = []
    for number, (image, patches) in enumerate(images):
        insides = {patch.window: patch.inside for patch in patches}
        folder = keep / str(number) if keep else None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        measure = partial(_try_pairs, image=image, insides=insides, options=options)
        results = dict(map_blocks(measure, list(insides), workers=workers, keep=folder))
        found += [results[window]["fit"] for window in insides]
    if not found:
        raise ValueError("there is no reference patch to tune on")
    # Summed in the order of the patches, so that the result does not depend on who was done first.
    difference, iou, objects = np.mean(found, axis=0)
    shapes, compactnesses = zip(*PAIRS, strict=True)
    table = pd.DataFrame(
        {"shape": shapes, "compactness": compactnesses, "difference": difference, "iou": iou, "objects": objects}
    )
    best = table.sort_values(["difference", "objects"], kind="stable").iloc[0]
    return Tuning(table, len(found), float(best["shape"]), float(best["compactness"]))


def _try_pairs(
    window: Block, *, image: StretchedImage, insides: Mapping[Block, Flags], options: SegmentationOptions
) -> dict[str, NDArray[np.float64]]:
    """Difference, IoU and number of objects, each for all pairs: shape (3, pairs)."""
    values, valid = image.read(window)
    inside = insides[window]
    reference = int(inside.sum())
    fit = np.empty((3, len(PAIRS)))
    for at, (shape, compactness) in enumerate(PAIRS):
        tried = options.model_copy(update={"shape": shape, "compactness": compactness})
        made = make_up(segment(values, valid, tried), inside)
        union = reference + made.pixels - made.shared
        # Without an object A_seg is 0, and the difference 1.
        fit[:, at] = abs(made.pixels - reference) / reference, made.shared / union, made.objects
    return {"fit": fit}
