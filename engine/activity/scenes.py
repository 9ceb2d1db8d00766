"""The activity of a patch from the motion in and round it (METHOD §6; the paper's scene-level reading).

A scene is the patch and a halo round it. Pixels that move faster than the threshold form connected clusters of one
sign. The nearest cluster speaks for the patch; where several are equally near (a large patch holds many), those of the
sign that moves more ground do so together. Where the patch has lost its coherence it is decorrelated; where too little
of it was seen it is not observable, which is not the same as still.
"""

from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from rasterio.features import geometry_mask
from scipy.ndimage import distance_transform_edt, label
from shapely.geometry.base import BaseGeometry

from engine.grid import Grid, geodesic_area
from engine.options import Options, Positive, Share

_EIGHT_NEIGHBOURS = np.ones((3, 3), int)


class ActivityOptions(Options):
    """radius_m : of the halo. threshold_mm_per_year : slower than this is no motion. min_cluster_pixels : of one sign.

    decorrelated_share : the patch counts as decorrelated when more than this share of what the radar saw of it is.
    """

    radius_m: float = Field(default=500.0, ge=0)
    threshold_mm_per_year: Positive = 5.0
    min_cluster_pixels: int = Field(default=10, ge=1)
    decorrelated_share: Share = 0.5


class ActivityClass(StrEnum):
    POSITIVE = "positive"  # towards the satellite: accumulation
    NEGATIVE = "negative"  # away from the satellite: excavation, subsidence
    DECORRELATED = "decorrelated"
    NO_CHANGE = "no_change"
    NOT_OBSERVABLE = "not_observable"


@dataclass(frozen=True)
class Motion:
    """Rasters of one grid.

    rate, standard_error : mm/yr along the line of sight, NaN where there is no series that can stand as evidence.
    observed : where the radar saw the ground at all. decorrelated : where it lost its coherence.
    t95 : from standard errors to 95 % intervals (Student's t for the series' degrees of freedom).
    """

    grid: Grid
    rate: NDArray[np.float32]
    standard_error: NDArray[np.float32]
    observed: NDArray[np.bool_]
    decorrelated: NDArray[np.bool_]
    t95: float


@dataclass(frozen=True)
class Cluster:
    """Moving pixels of one sign: where they lie, and their median, greatest rate (by size) and median error, mm/yr.

    parts : connected clusters among them, each of at least the minimum size. significant_share : of the pixels, whose
    rate is told from 0 at 95 %. distance_m : from the patch, 0 inside it.
    """

    pixels: NDArray[np.bool_]
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

    observed_share : of the patch's area, seen by the radar. coherent_pixels, decorrelated_pixels : inside the patch.
    detectable_rate : the least rate that would have been told from 0 at 95 %, mm/yr; NaN when
    nothing was coherent. cluster : what speaks for the patch, if anything moves.
    """

    activity: ActivityClass
    observed_share: float
    coherent_pixels: int
    decorrelated_pixels: int
    detectable_rate: float
    cluster: Cluster | None


def read_scene(patch: BaseGeometry, motion: Motion, options: ActivityOptions) -> Scene:
    """Classify one patch, a polygon in longitude and latitude (WGS 84)."""
    outline = gpd.GeoSeries([patch], crs="EPSG:4326")
    metric = outline.estimate_utm_crs()
    halo = outline.to_crs(metric).buffer(options.radius_m).to_crs("EPSG:4326")
    inside = _rasterize(outline, motion.grid)
    scene = _rasterize(halo, motion.grid)
    coherent = np.isfinite(motion.rate)

    coherent_inside = inside & coherent
    decorrelated_inside = inside & motion.decorrelated
    observed_inside = inside & motion.observed
    cluster = _nearest_cluster(motion, scene, inside, options)
    seen, lost = int(observed_inside.sum()), int(decorrelated_inside.sum())

    if seen == 0:
        activity = ActivityClass.NOT_OBSERVABLE
    elif lost > options.decorrelated_share * seen:
        activity = ActivityClass.DECORRELATED
    elif cluster is not None:
        activity = ActivityClass.POSITIVE if cluster.median_rate > 0 else ActivityClass.NEGATIVE
    elif int(coherent_inside.sum()) < min(options.min_cluster_pixels, seen):
        activity = ActivityClass.NOT_OBSERVABLE
    else:
        activity = ActivityClass.NO_CHANGE
    return Scene(
        activity=activity,
        observed_share=_share_of(outline, observed_inside, motion.grid),
        coherent_pixels=int(coherent_inside.sum()),
        decorrelated_pixels=lost,
        detectable_rate=_detectable(motion.standard_error[coherent_inside], motion.t95),
        cluster=None if activity is ActivityClass.NOT_OBSERVABLE else cluster,
    )


def _nearest_cluster(
    motion: Motion, scene: NDArray[np.bool_], inside: NDArray[np.bool_], options: ActivityOptions
) -> Cluster | None:
    """The nearest of the connected clusters (8 neighbours) beyond the threshold; see the module's text for ties."""
    if not inside.any():
        return None
    distance = distance_transform_edt(~inside, sampling=motion.grid.pixel_size)
    found: list[tuple[float, int, NDArray[np.bool_]]] = []
    for sign in (-1, 1):
        moving = scene & (np.nan_to_num(sign * motion.rate) > options.threshold_mm_per_year)
        labels, count = label(moving, structure=_EIGHT_NEIGHBOURS)
        clusters = (labels == number for number in range(1, count + 1))
        large = [pixels for pixels in clusters if pixels.sum() >= options.min_cluster_pixels]
        found += [(float(distance[pixels].min()), sign, pixels) for pixels in large]
    if not found:
        return None
    nearest = min(away for away, _, _ in found)
    by_sign = {sign: [px for away, own, px in found if own == sign and away == nearest] for sign in (-1, 1)}
    parts = max(by_sign.values(), key=lambda clusters: sum(_moved(motion, pixels) for pixels in clusters))
    return _describe(motion, parts, nearest)


def _moved(motion: Motion, pixels: NDArray[np.bool_]) -> float:
    """Ground moved in m² mm/yr, without sign."""
    return float(np.abs(motion.rate[pixels] * _areas(motion.grid)[pixels]).sum())


def _describe(motion: Motion, parts: list[NDArray[np.bool_]], distance: float) -> Cluster:
    pixels = np.logical_or.reduce(parts)
    rates, errors = motion.rate[pixels], motion.standard_error[pixels]
    return Cluster(
        pixels=pixels,
        parts=len(parts),
        median_rate=float(np.median(rates)),
        extreme_rate=float(rates[np.argmax(np.abs(rates))]),
        standard_error=float(np.median(errors)),
        significant_share=float(np.mean(np.abs(rates) > motion.t95 * errors)),
        area_m2=float(_areas(motion.grid)[pixels].sum()),
        distance_m=distance,
    )


def _areas(grid: Grid) -> NDArray[np.float64]:
    """Area of each pixel in m², shape of the grid."""
    return np.broadcast_to(grid.pixel_area[:, None], grid.shape)


def pixels_of(patch: BaseGeometry, grid: Grid) -> NDArray[np.bool_]:
    """Pixels whose centre lies in a polygon in longitude and latitude, shape of the grid.

    A polygon too small to hold any centre is seen by the pixels that it touches.
    """
    return _rasterize(gpd.GeoSeries([patch], crs="EPSG:4326"), grid)


def _rasterize(outline: gpd.GeoSeries, grid: Grid) -> NDArray[np.bool_]:
    geometry = outline.to_crs(grid.crs).iloc[0]
    mask: NDArray[np.bool_] = geometry_mask([geometry], grid.shape, grid.transform, invert=True)
    if not mask.any():
        mask = geometry_mask([geometry], grid.shape, grid.transform, invert=True, all_touched=True)
    return mask


def _share_of(outline: gpd.GeoSeries, pixels: NDArray[np.bool_], grid: Grid) -> float:
    area = float(_areas(grid)[pixels].sum())
    whole = geodesic_area(outline.iloc[0])
    return min(area / whole, 1.0) if whole else 0.0


def _detectable(errors: NDArray[np.float32], t95: float) -> float:
    return t95 * float(np.median(errors)) if errors.size else float("nan")
