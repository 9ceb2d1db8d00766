"""The scale that suits an image: local variance and its rate of change over rising scales (ESP2).

Where objects begin to match things on the ground, joining them further adds much variance at once, and after that
little: the rate of change peaks (Drăguţ, Tiede & Levick 2010; Drăguţ et al. 2014).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.signal import find_peaks

from engine.blocks import Workers, map_blocks
from engine.grid import Block
from engine.objects.rasters import StretchedImage
from engine.objects.references import ReferencePatch, make_up
from engine.objects.regions import Flags
from engine.objects.segmentation import SegmentationOptions, segment_scales

LOWEST, HIGHEST = 10, 300
# ESP2 looks at a fine, a middle and a coarse succession.
STEPS = (1, 10, 100)
# A peak counts when it rises above what surrounds it by this many times the scatter of the rate of change about its
# course (a running median of so many levels): at steps of 1 every third level is a peak of some kind.
PROMINENCE, COURSE = 5.0, 9


@dataclass(frozen=True)
class ScaleCurve:
    """table : one row a level: scale, objects (in all windows), local_variance (mean over objects of the standard
    deviation within, averaged over bands), rate (of its change against the level before, in per cent; NaN for the
    first), per_patch (mean number of objects that make up a reference patch), candidate.
    scale : the candidate whose patches are made up of the fewest objects, the lower of equals; None without candidates.
    """

    step: int
    table: pd.DataFrame
    scale: float | None


def estimate_scale(
    images: Sequence[tuple[StretchedImage, Sequence[ReferencePatch]]],
    options: SegmentationOptions,
    *,
    step: int,
    workers: Workers,
) -> ScaleCurve:
    """Segment windows round reference patches at rising scales, each going on from the last.

    A scale found like this is for a run from scratch: that makes other objects than going on does.

    Raises
    ------
    ValueError
        When there is no patch.
    """
    scales = list(range(max(LOWEST, step), HIGHEST + 1, step))
    levels = []
    for image, patches in images:
        insides = {patch.window: patch.inside for patch in patches}
        measure = partial(_rise, image=image, insides=insides, options=options, scales=scales)
        results = dict(map_blocks(measure, list(insides), workers=workers))
        levels += [results[window]["levels"] for window in insides]
    if not levels:
        raise ValueError("there is no reference patch to choose a scale by")
    objects, variance, making = np.moveaxis(np.array(levels), 1, 0)
    total = objects.sum(axis=0)
    # A patch that no object makes up any more has been lost to its surroundings, and counts as at the finest level.
    making = np.where(making > 0, making, np.maximum(making[:, :1], 1))
    return describe_curve(scales, total, (objects * variance).sum(axis=0) / total, making.mean(axis=0), step=step)


def describe_curve(
    scales: Sequence[float],
    objects: NDArray[np.floating],
    local_variance: NDArray[np.floating],
    per_patch: NDArray[np.floating],
    *,
    step: int,
) -> ScaleCurve:
    """Rates, candidates and the choice, from what was measured at each level.

    Candidates are levels after which local variance turns down, and prominent peaks of its rate of change.
    """
    rate = np.full(len(scales), np.nan)
    rate[1:] = 100 * np.diff(local_variance) / np.where(local_variance[:-1] > 0, local_variance[:-1], np.nan)
    candidate = np.zeros(len(scales), bool)
    candidate[:-1] = np.diff(local_variance) < 0
    known = np.nan_to_num(rate[1:])
    # What 68 of 100 stay within: a few leaps would raise a standard deviation above all other peaks.
    away = np.abs(known - median_filter(known, COURSE, mode="nearest"))
    scatter = np.percentile(away, 68) if known.size > COURSE else 0.0
    if scatter > 0:
        candidate[1 + find_peaks(known, prominence=PROMINENCE * scatter)[0]] = True
    table = pd.DataFrame(
        {
            "scale": np.asarray(scales, np.float64),
            "objects": np.asarray(objects, np.int64),
            "local_variance": local_variance,
            "rate": rate,
            "per_patch": per_patch,
            "candidate": candidate,
        }
    )
    among = table[table["candidate"]].sort_values(["per_patch", "scale"], kind="stable")
    return ScaleCurve(step, table, float(among["scale"].iloc[0]) if len(among) else None)


def _rise(
    window: Block,
    *,
    image: StretchedImage,
    insides: Mapping[Block, Flags],
    options: SegmentationOptions,
    scales: Sequence[float],
) -> dict[str, NDArray[np.float64]]:
    """Objects, local variance and objects that make up the patch at each scale, shape (3, scales)."""
    values, valid = image.read(window)
    levels = np.empty((3, len(scales)))
    for at, level in enumerate(segment_scales(values, valid, options, scales)):
        levels[:, at] = level.objects, level.local_variance, make_up(level.labels(), insides[window]).objects
    return {"levels": levels}
