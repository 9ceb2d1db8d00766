"""What moves at a patch: by the paper's rule, and by what is told from noise on its own ground (METHOD §6).

A scene is the patch and a halo round it. The paper reads its rate map: pixels beyond ±5 mm/yr form connected clusters
of one sign, and the nearest speaks for the patch; where several are equally near (a large patch holds many), those of
the sign that moves more ground do so together. Ground that is nearer to another patch speaks for that one.

A sharper reading asks of the patch's own ground which pixels move against the still ground round it by more than their
standard errors explain. A cluster of them that reaches beyond the threshold somewhere is motion: phase filters take
from the rates of small patches, so that a cluster that is wholly beyond it is too much to ask (docs/activity.md).

Where the patch has lost its coherence it is decorrelated; where too little of it was seen it is not observable, which
is not the same as still.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.stats import norm

from engine.activity.motion import Motion
from engine.activity.options import ActivityOptions
from engine.activity.sites import Mask, Site
from engine.grid import Block, Grid

_EIGHT_NEIGHBOURS = np.ones((3, 3), int)
_TWO_SIDED_95 = float(norm.ppf(0.975))


class ActivityClass(StrEnum):
    POSITIVE = "positive"  # towards the satellite: accumulation
    NEGATIVE = "negative"  # away from the satellite: excavation, subsidence
    SETTLEMENT = "settlement"  # sinks ever more slowly, without growth: ground of a mine that was closed
    DECORRELATED = "decorrelated"
    NO_CHANGE = "no_change"
    NOT_OBSERVABLE = "not_observable"


MOVING = (ActivityClass.POSITIVE, ActivityClass.NEGATIVE, ActivityClass.SETTLEMENT)


@dataclass(frozen=True)
class Cluster:
    """Moving pixels of one sign: where they lie, and their median, greatest rate (by size) and median error, mm/yr.

    block : the window that `pixels` are of. parts : connected clusters among them, each of at least the minimum size.
    significant_share : of the pixels, whose rate is told from 0 at 95 %. distance_m : from the patch, 0 inside it.
    """

    block: Block
    pixels: Mask
    parts: int
    median_rate: float
    extreme_rate: float
    standard_error: float
    significant_share: float
    area_m2: float
    distance_m: float

    @property
    def count(self) -> int:
        return int(self.pixels.sum())


@dataclass(frozen=True)
class Scene:
    """What was seen of a patch.

    paper : class by the paper's rule, over the whole scene. activity : of the patch's own ground; what fades is told
    from digging by its series alone. observed_share : of the patch's area, seen by the radar. coherent_pixels,
    decorrelated_pixels : inside the patch. shared : of the scene's ground, what counts for other patches.
    detectable_rate : the least rate that would have been told from 0 at 95 %, mm/yr; NaN when nothing was coherent.
    own : what moves in the patch. nearest : what speaks for it by the paper's rule.
    """

    activity: ActivityClass
    paper: ActivityClass
    observed_share: float
    coherent_pixels: int
    decorrelated_pixels: int
    shared: float
    detectable_rate: float
    own: Cluster | None
    nearest: Cluster | None

    @property
    def cluster(self) -> Cluster | None:
        """Moving ground that is shown with the patch."""
        return self.own or self.nearest


UNSEEN = Scene(ActivityClass.NOT_OBSERVABLE, ActivityClass.NOT_OBSERVABLE, 0.0, 0, 0, 0.0, float("nan"), None, None)


def read_scene(
    site: Site | None, area_m2: float, motion: Motion, options: ActivityOptions, *, surroundings: float = 0.0
) -> Scene:
    """Classify one patch.

    Parameters
    ----------
    site : None for a patch outside the frame. area_m2 : geodesic, of the patch.
    surroundings : rate of the still ground round it, mm/yr.
    """
    if site is None:
        return UNSEEN
    window = site.block.slices
    rate, error = motion.rate[window], motion.standard_error[window]
    coherent = site.inside & np.isfinite(rate)
    seen = int((site.inside & motion.observed[window]).sum())
    lost = int((site.inside & motion.decorrelated[window]).sum())
    count = int(coherent.sum())
    nearest = _nearest_cluster(motion, site, options)
    own = _own_cluster(motion, site, options, surroundings)

    def classified(cluster: Cluster | None, enough: int) -> ActivityClass:
        if seen == 0:
            return ActivityClass.NOT_OBSERVABLE
        if lost > options.decorrelated_share * seen and seen >= enough:
            return ActivityClass.DECORRELATED
        if cluster is not None:
            return ActivityClass.POSITIVE if cluster.median_rate > 0 else ActivityClass.NEGATIVE
        return ActivityClass.NOT_OBSERVABLE if count < enough else ActivityClass.NO_CHANGE

    least = options.min_cluster_pixels
    paper, activity = classified(nearest, min(least, seen)), classified(own, least)
    areas = _areas(motion.grid, site.block)
    seen_area = float(areas[site.inside & motion.observed[window]].sum())
    return Scene(
        activity=activity,
        paper=paper,
        observed_share=min(seen_area / area_m2, 1.0) if area_m2 else 0.0,
        coherent_pixels=count,
        decorrelated_pixels=lost,
        shared=site.shared,
        detectable_rate=_detectable(error[coherent], motion.t95),
        own=own if activity is not ActivityClass.NOT_OBSERVABLE else None,
        nearest=nearest if paper is not ActivityClass.NOT_OBSERVABLE else None,
    )


def _nearest_cluster(motion: Motion, site: Site, options: ActivityOptions) -> Cluster | None:
    """The nearest of the connected clusters (8 neighbours) beyond the threshold; see the module's text for ties."""
    rate = motion.rate[site.block.slices]
    found: list[tuple[float, int, Mask]] = []
    for sign in (-1, 1):
        moving = site.scene & (np.nan_to_num(sign * rate) > options.threshold_mm_per_year)
        found += [
            (float(site.distance[pixels].min()), sign, pixels)
            for pixels in _clusters(moving, options.min_cluster_pixels)
        ]
    if not found:
        return None
    nearest = min(away for away, _, _ in found)
    by_sign = {sign: [px for away, own, px in found if own == sign and away == nearest] for sign in (-1, 1)}
    parts = max(by_sign.values(), key=lambda clusters: sum(_moved(motion, site.block, one) for one in clusters))
    return _describe(motion, site.block, parts, nearest)


def _own_cluster(motion: Motion, site: Site, options: ActivityOptions, surroundings: float) -> Cluster | None:
    """Clusters of the sign that moves more ground of the patch, of pixels that are told from the still ground round it.

    One of their pixels at least has to be beyond the threshold; where a cluster's worth of them is, these speak.
    """
    window = site.block.slices
    rate = np.where(site.inside, motion.rate[window] - np.float32(surroundings), np.nan)
    error = motion.standard_error[window]
    by_sign: list[list[Mask]] = []
    for sign in (-1, 1):
        towards = np.nan_to_num(sign * rate)
        clusters = _clusters(towards > np.nan_to_num(_TWO_SIDED_95 * error, nan=np.inf), options.min_cluster_pixels)
        by_sign.append([one for one in clusters if towards[one].max() > options.threshold_mm_per_year])
    parts = max(by_sign, key=lambda clusters: sum(_moved(motion, site.block, one) for one in clusters))
    if not parts:
        return None
    beyond = np.logical_or.reduce(parts) & (np.abs(np.nan_to_num(rate)) > options.threshold_mm_per_year)
    return _describe(motion, site.block, _clusters(beyond, options.min_cluster_pixels) or parts, 0.0)


def _clusters(moving: Mask, least: int) -> list[Mask]:
    """Connected clusters of at least so many pixels."""
    if not moving.any():
        return []
    labels, count = label(moving, structure=_EIGHT_NEIGHBOURS)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    return [labels == number for number in range(1, count + 1) if sizes[number] >= least]


def _moved(motion: Motion, block: Block, pixels: Mask) -> float:
    """Ground moved in m² mm/yr, without sign."""
    return float(np.abs(motion.rate[block.slices][pixels] * _areas(motion.grid, block)[pixels]).sum())


def _describe(motion: Motion, block: Block, parts: list[Mask], distance: float) -> Cluster:
    pixels = np.logical_or.reduce(parts)
    rates, errors = motion.rate[block.slices][pixels], motion.standard_error[block.slices][pixels]
    return Cluster(
        block=block,
        pixels=pixels,
        parts=len(parts),
        median_rate=float(np.median(rates)),
        extreme_rate=float(rates[np.argmax(np.abs(rates))]),
        standard_error=float(np.median(errors)),
        significant_share=float(np.mean(np.abs(rates) > motion.t95 * errors)),
        area_m2=float(_areas(motion.grid, block)[pixels].sum()),
        distance_m=distance,
    )


def _areas(grid: Grid, block: Block) -> NDArray[np.float64]:
    """Area of each pixel in m², shape of the block."""
    return np.broadcast_to(grid.pixel_area[block.row0 : block.row1, None], block.shape)


def _detectable(errors: NDArray[np.float32], t95: float) -> float:
    return t95 * float(np.median(errors)) if errors.size else float("nan")
