"""The activity step, from files to files: classify every patch, make its series, and date what happens there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from rasterio.windows import Window
from rasterio.windows import transform as window_transform
from scipy.stats import beta, norm
from shapely.geometry import shape as to_shape

from engine.activity.courses import Turn
from engine.activity.decorrelation import DatedPair, Loss, ReadCoherence, consecutive, date_loss
from engine.activity.fitting import LEAST_DATES, Fit, Fitter
from engine.activity.motion import Motion, ReadSeries
from engine.activity.options import ActivityOptions
from engine.activity.scenes import MOVING, ActivityClass, Cluster, Scene, read_scene
from engine.activity.series import MeanSeries, mean_series
from engine.activity.sites import Mask, Site, Sites
from engine.activity.surroundings import WalkOf, median_series, still_ground, walk_of_noise
from engine.grid import Grid, geodesic_area

ACTIVITY, SERIES, COURSES = "activity.parquet", "series.parquet", "courses.parquet"

# Images that show that a patch has grown, or that it is no mine any more, speak against mere settlement.
_NO_SETTLEMENT = ("new", "grown", "gone", "passing")
# Of these it is asked how they move over time: where too little is left of the phase, a series is noise.
_DATED = (*MOVING, ActivityClass.NO_CHANGE)
# Neighbouring pixels see the same ground: so many count as one.
_PIXELS_ALIKE = 4
# How probable it has to be that motion fades: who settles is not to be accused, so it need not be sure.
_FADES = 0.2


@dataclass(frozen=True)
class Coherence:
    """Coherence of the stack: its pairs, and how one is read."""

    pairs: Sequence[DatedPair]
    read: ReadCoherence


@dataclass(frozen=True)
class _Seen:
    """What was read of one patch. still : series of the still ground round it, None where there is too little."""

    scene: Scene
    series: MeanSeries | None
    still: NDArray[np.float64] | None
    walk: float | None

    @property
    def held_against(self) -> NDArray[np.float64] | None:
        """Its series against the still ground round it, or as it is."""
        if self.series is None:
            return None
        return self.series.displacement - (0.0 if self.still is None else self.still)


def classify_patches(
    patches: gpd.GeoDataFrame,
    motion: Motion,
    read_series: ReadSeries,
    dates: Sequence[date],
    folder: Path,
    options: ActivityOptions,
    *,
    years: float,
    coherence: Coherence | None = None,
) -> dict[str, Any]:
    """Write one row of activity a patch; one of its series and one of the course fitted to it, where there is one.

    Parameters
    ----------
    patches : columns patch_id, change (where images tell it), geometry in EPSG:4326.
    read_series : displacement in mm, shape (dates, rows, cols), of a block.
    years : length of the time that the rates are of.
    """
    sites = Sites(patches.geometry, motion.grid, options)
    threshold = options.threshold_mm_per_year
    walk = walk_of_noise(
        motion, sites.far_from_all(), years=years, radius_m=options.still_radius_m, threshold=threshold
    )
    kept = list(sites)
    areas = [geodesic_area(shape) for shape in patches.geometry]
    seen = [
        _look(site, area, motion, read_series, dates, options, walk) for site, area in zip(kept, areas, strict=True)
    ]
    fits = _fit(seen, dates)
    losses = _losses(kept, seen, coherence, options)
    changes = patches["change"].tolist() if "change" in patches else [None] * len(patches)
    names = patches["patch_id"].tolist()

    rows, series, courses = [], [], []
    for name, own, fit, loss, change in zip(names, seen, fits, losses, changes, strict=True):
        scene = own.scene if fit is None else _with_time(own.scene, fit, change)
        rows.append(_row(name, scene, fit, loss, motion.grid, options))
        if own.series is not None:
            series.append(_series_row(name, own, fit, dates))
        if fit is not None:
            courses.append(_course_row(name, fit))
    table = gpd.GeoDataFrame(rows, columns=_COLUMNS, geometry="cluster", crs="EPSG:4326")
    table.to_parquet(folder / ACTIVITY)
    pd.DataFrame(series, columns=_SERIES_COLUMNS).to_parquet(folder / SERIES)
    pd.DataFrame(courses, columns=_COURSE_COLUMNS).to_parquet(folder / COURSES)
    return {
        **{str(key): int(count) for key, count in table["activity"].value_counts().items()},
        "dated": sum(fit is not None and fit.turn is not None for fit in fits),
        "walk_known": walk is not None,
    }


def _look(
    site: Site | None,
    area_m2: float,
    motion: Motion,
    read_series: ReadSeries,
    dates: Sequence[date],
    options: ActivityOptions,
    walk: WalkOf | None,
) -> _Seen:
    if site is None:
        return _Seen(read_scene(None, area_m2, motion, options), None, None, None)
    ring = still_ground(site, motion, options.threshold_mm_per_year)
    around = 0.0 if ring is None else float(np.median(motion.rate[site.block.slices][ring]))
    scene = read_scene(site, area_m2, motion, options, surroundings=around)
    pixels = scene.own.pixels if scene.own else site.inside
    if not (pixels & np.isfinite(motion.rate[site.block.slices])).any():
        return _Seen(scene, None, None, None)
    block = read_series(site.block)
    series = mean_series(pixels, site.block, block, motion, dates)
    still = None if ring is None else median_series(block, ring)
    own_walk = None if walk is None or series is None else walk(series.error, series.pixels)
    return _Seen(scene, series, still, own_walk)


def _fit(seen: Sequence[_Seen], dates: Sequence[date]) -> list[Fit | None]:
    """The course of each series that has one; all together, since false alarms are held down among all."""
    fits: list[Fit | None] = [None] * len(seen)
    which = [number for number, one in enumerate(seen) if one.series is not None and one.scene.activity in _DATED]
    if len(dates) < LEAST_DATES or not which:
        return fits
    values = np.array([seen[number].held_against for number in which])
    walks = [seen[number].walk for number in which]
    known = None if any(one is None for one in walks) else np.array(walks, np.float64)
    for number, fit in zip(which, Fitter(dates).fit(values, known), strict=True):
        fits[number] = fit
    return fits


def _losses(
    sites: Sequence[Site | None], seen: Sequence[_Seen], coherence: Coherence | None, options: ActivityOptions
) -> list[Loss | None]:
    """When patches that have lost a cluster's worth of pixels did so."""
    losses: list[Loss | None] = [None] * len(seen)
    asked = [
        (number, site)
        for number, (site, one) in enumerate(zip(sites, seen, strict=True))
        if site is not None
        and (
            one.scene.activity is ActivityClass.DECORRELATED
            or one.scene.decorrelated_pixels >= options.min_cluster_pixels
        )
    ]
    if coherence is None or not asked:
        return losses
    pairs = consecutive(coherence.pairs)
    values = np.full((len(asked), len(pairs)), np.nan)
    for at, pair in enumerate(pairs):
        raster = coherence.read(pair.number)
        for row, (_, site) in enumerate(asked):
            window = raster[site.block.slices]
            values[row, at] = _mean(window, site.inside) - _mean(window, site.ring)
    for row, (number, _) in enumerate(asked):
        losses[number] = date_loss(values[row], pairs)
    return losses


def _mean(values: NDArray[np.float32], pixels: Mask) -> float:
    own = values[pixels]
    own = own[np.isfinite(own)]
    return float(own.mean()) if own.size else float("nan")


def _with_time(scene: Scene, fit: Fit, change: Any) -> Scene:
    """The class, with what the series says.

    What sinks ever more slowly, where images show no work, settles. What moved in one step moved, although its rate is
    none; how far is known but for whole turns of the phase.
    """
    activity = scene.activity
    if activity is ActivityClass.NEGATIVE and fit.fading >= _FADES and change not in _NO_SETTLEMENT:
        activity = ActivityClass.SETTLEMENT
    elif activity is ActivityClass.NO_CHANGE and fit.turn is Turn.STEP:
        activity = ActivityClass.POSITIVE if fit.step_mm > 0 else ActivityClass.NEGATIVE
        return replace(scene, activity=activity, nearest=None)
    return replace(scene, activity=activity)


def _confidence(scene: Scene, fit: Fit | None, options: ActivityOptions) -> float:
    """How probable it is that what the class says holds; NaN where that cannot be told.

    Motion: that the rate has its sign. Settlement: that it fades. No change: that the rate is within the threshold.
    Decorrelated: that more than the share that is asked for is lost.
    """
    if scene.activity is ActivityClass.DECORRELATED:
        lost, kept = scene.decorrelated_pixels / _PIXELS_ALIKE, scene.coherent_pixels / _PIXELS_ALIKE
        return float(beta.sf(options.decorrelated_share, lost + 0.5, kept + 0.5))
    if fit is None or scene.activity is ActivityClass.NOT_OBSERVABLE or not fit.error > 0:
        return float("nan")
    if scene.activity is ActivityClass.SETTLEMENT:
        return fit.fading
    if scene.activity in MOVING:
        return float(norm.cdf(abs(fit.rate) / fit.error))
    low, high = norm.cdf((np.array([-1, 1]) * options.threshold_mm_per_year - fit.rate) / fit.error)
    return float(high - low)


_SERIES_COLUMNS = [
    *("patch_id", "of", "pixels", "dates", "displacement_mm", "still_mm", "spread_mm"),
    *("fitted_mm", "fitted_error_mm", "rate", "standard_error"),
]
_COLUMNS = [
    *("patch_id", "activity", "paper_activity", "class_confidence"),
    *("observed_share", "coherent_pixels", "decorrelated_pixels", "shared_share", "detectable_rate"),
    *("cluster_parts", "cluster_pixels", "cluster_area_m2", "cluster_distance_m"),
    *("median_rate", "extreme_rate", "standard_error", "significant_share"),
    *("lost_first", "lost_last", "lost_until_first", "lost_until_last", "lost_sure_until"),
    "cluster",
]
_COURSE_COLUMNS = [
    *("patch_id", "course", "turn", "day", "day_first", "day_last"),
    *("rate_before", "rate_after", "error_before", "error_after", "step_mm", "annual_mm"),
    *("noise_mm", "walk_mm", "p_value", "cusum_p", "sure_from", "sure_until", "fading"),
]


def _row(
    patch_id: str, scene: Scene, fit: Fit | None, loss: Loss | None, grid: Grid, options: ActivityOptions
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "patch_id": patch_id,
        "activity": str(scene.activity),
        "paper_activity": str(scene.paper),
        "class_confidence": _confidence(scene, fit, options),
        "observed_share": scene.observed_share,
        "coherent_pixels": scene.coherent_pixels,
        "decorrelated_pixels": scene.decorrelated_pixels,
        "shared_share": scene.shared,
        "detectable_rate": scene.detectable_rate,
    }
    if loss is not None:
        row |= {
            "lost_first": loss.first,
            "lost_last": loss.last,
            "lost_until_first": loss.until_first,
            "lost_until_last": loss.until_last,
            "lost_sure_until": loss.sure_until,
        }
    if scene.cluster:
        row |= _cluster_columns(scene.cluster, grid)
    return row


def _cluster_columns(cluster: Cluster, grid: Grid) -> dict[str, Any]:
    return {
        "cluster_parts": cluster.parts,
        "cluster_pixels": cluster.count,
        "cluster_area_m2": cluster.area_m2,
        "cluster_distance_m": cluster.distance_m,
        "median_rate": cluster.median_rate,
        "extreme_rate": cluster.extreme_rate,
        "standard_error": cluster.standard_error,
        "significant_share": cluster.significant_share,
        "cluster": _outline(cluster, grid),
    }


def _outline(cluster: Cluster, grid: Grid) -> shapely.Geometry:
    """The pixels' outline in longitude and latitude."""
    block = cluster.block
    transform = window_transform(Window(block.col0, block.row0, block.shape[1], block.shape[0]), grid.transform)
    found = shapes(cluster.pixels.astype(np.uint8), mask=cluster.pixels, connectivity=8, transform=transform)
    parts = gpd.GeoSeries([to_shape(geometry) for geometry, _ in found], crs=grid.crs)
    return parts.to_crs("EPSG:4326").union_all()


def _series_row(patch_id: str, seen: _Seen, fit: Fit | None, dates: Sequence[date]) -> dict[str, Any]:
    mean, held = seen.series, seen.held_against
    assert mean is not None and held is not None
    return {
        "patch_id": patch_id,
        "of": "cluster" if seen.scene.own else "patch",
        "pixels": mean.pixels,
        "dates": list(dates),
        "displacement_mm": held.astype(np.float32).tolist(),
        "still_mm": None if seen.still is None else seen.still.astype(np.float32).tolist(),
        "spread_mm": mean.spread.astype(np.float32).tolist(),
        "fitted_mm": None if fit is None else fit.fitted.astype(np.float32).tolist(),
        "fitted_error_mm": None if fit is None else fit.fitted_error.astype(np.float32).tolist(),
        "rate": mean.rate if fit is None else fit.rate,
        "standard_error": mean.standard_error if fit is None else fit.error,
    }


def _course_row(patch_id: str, fit: Fit) -> dict[str, Any]:
    return {
        "patch_id": patch_id,
        "course": str(fit.course),
        "turn": None if fit.turn is None else str(fit.turn),
        "day": fit.day,
        "day_first": fit.first,
        "day_last": fit.last,
        **{
            name: getattr(fit, name)
            for name in (
                *("rate_before", "rate_after", "error_before", "error_after", "step_mm", "annual_mm"),
                *("noise_mm", "walk_mm", "p_value", "cusum_p", "sure_from", "sure_until", "fading"),
            )
        },
    }
