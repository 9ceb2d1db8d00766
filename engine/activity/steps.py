"""The activity step, from files to files: classify every patch and make its series."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely.geometry import shape as to_shape

from engine.activity.scenes import ActivityOptions, Cluster, Motion, Scene, pixels_of, read_scene
from engine.activity.series import MeanSeries, ReadSeries, mean_series
from engine.grid import Grid

ACTIVITY, SERIES = "activity.parquet", "series.parquet"


def classify_patches(
    patches: gpd.GeoDataFrame,
    motion: Motion,
    read_series: ReadSeries,
    dates: list[Any],
    folder: Path,
    options: ActivityOptions,
) -> dict[str, Any]:
    """Write one row of activity and one of series a patch; a patch of which nothing moves or is coherent has no series.

    `read_series` gives displacement in mm, shape (dates, rows, cols), of a block.
    """
    activities, series = [], []
    for patch in patches.itertuples():
        scene = read_scene(patch.geometry, motion, options)
        activities.append(_row(patch.patch_id, scene, motion.grid))
        pixels = scene.cluster.pixels if scene.cluster else pixels_of(patch.geometry, motion.grid)
        mean = mean_series(pixels, motion, read_series, dates)
        if mean is not None:
            series.append(_series_row(patch.patch_id, mean, dates, "cluster" if scene.cluster else "patch"))
    table = gpd.GeoDataFrame(activities, columns=_COLUMNS, geometry="cluster", crs="EPSG:4326")
    table.to_parquet(folder / ACTIVITY)
    pd.DataFrame(series, columns=_SERIES_COLUMNS).to_parquet(folder / SERIES)
    return {str(name): int(count) for name, count in table["activity"].value_counts().items()}


_SERIES_COLUMNS = ["patch_id", "of", "pixels", "dates", "displacement_mm", "spread_mm", "rate", "standard_error"]
_COLUMNS = [
    "patch_id",
    "activity",
    "observed_share",
    "coherent_pixels",
    "decorrelated_pixels",
    "detectable_rate",
    "cluster_parts",
    "cluster_pixels",
    "cluster_area_m2",
    "cluster_distance_m",
    "median_rate",
    "extreme_rate",
    "standard_error",
    "significant_share",
    "cluster",
]


def _row(patch_id: str, scene: Scene, grid: Grid) -> dict[str, Any]:
    row: dict[str, Any] = {
        "patch_id": patch_id,
        "activity": str(scene.activity),
        "observed_share": scene.observed_share,
        "coherent_pixels": scene.coherent_pixels,
        "decorrelated_pixels": scene.decorrelated_pixels,
        "detectable_rate": scene.detectable_rate,
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
        "cluster": _outline(cluster.pixels, grid),
    }


def _outline(pixels: NDArray[np.bool_], grid: Grid) -> shapely.Geometry:
    """The pixels' outline in longitude and latitude."""
    found = shapes(pixels.astype(np.uint8), mask=pixels, connectivity=8, transform=grid.transform)
    parts = gpd.GeoSeries([to_shape(geometry) for geometry, _ in found], crs=grid.crs)
    return parts.to_crs("EPSG:4326").union_all()


def _series_row(patch_id: str, mean: MeanSeries, dates: list[Any], of: str) -> dict[str, Any]:
    return {
        "patch_id": patch_id,
        "of": of,
        "pixels": mean.pixels,
        "dates": dates,
        "displacement_mm": mean.displacement.astype(np.float32).tolist(),
        "spread_mm": mean.spread.astype(np.float32).tolist(),
        "rate": mean.rate,
        "standard_error": mean.standard_error,
    }
