"""The tracking step, from files to files: the patches of all dates, each with what changed."""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS
from rasterio.features import geometry_mask
from shapely.geometry.base import BaseGeometry

from engine.likeness import block_round, likeness
from engine.patches.changes import ChangeOptions, Ground
from engine.patches.tracking import track
from engine.raster import Raster

PATCHES, OUTLINES, SIGHTINGS = "patches.parquet", "outlines.parquet", "sightings.parquet"


def track_patches(
    found: Mapping[datetime.date, Path],
    probabilities: Mapping[datetime.date, Path],
    images: Mapping[datetime.date, Path],
    known: gpd.GeoDataFrame,
    used: Iterable[str],
    folder: Path,
    *,
    boundary_error_m: float,
    options: ChangeOptions,
) -> dict[str, Any]:
    """Write the patches, their outlines and sightings (see `track`).

    Parameters
    ----------
    found : files of outlines by date. probabilities : rasters of the probability of a mine by date, per cent. images :
    by date, all on one grid.
    known, used : patches of earlier releases, and every identifier that was given.
    """

    def look(day: datetime.date, ground: BaseGeometry) -> Ground:
        return _look(probabilities[day], ground)

    def alike(first: datetime.date, second: datetime.date, crs: CRS, ground: BaseGeometry) -> float:
        return likeness(images[first], images[second], ground, crs)

    frames = {day: gpd.read_parquet(path) for day, path in found.items()}
    tracked = track(frames, known, look, alike, boundary_error_m=boundary_error_m, options=options, used=used)
    tracked.patches.to_parquet(folder / PATCHES)
    tracked.outlines.to_parquet(folder / OUTLINES)
    tracked.sightings.to_parquet(folder / SIGHTINGS)
    counts = tracked.patches["change"].value_counts()
    return {"patches": len(tracked.patches), **{str(kind): int(count) for kind, count in counts.items()}}


def _look(probability: Path, ground: BaseGeometry) -> Ground:
    """What a raster of probabilities shows of a polygon in longitude and latitude."""
    with Raster(probability) as raster:
        grid = raster.grid
        outline = gpd.GeoSeries([ground], crs="EPSG:4326").to_crs(grid.crs).iloc[0]
        block = block_round(outline, grid)
        percent = raster.read(block=block)
        seen = percent != raster.nodata
    transform = grid.transform @ grid.transform.translation(block.col0, block.row0)
    inside = geometry_mask([outline], block.shape, transform, all_touched=True, invert=True)
    if not (inside & seen).any():
        return Ground(0.0, 0.0)
    return Ground(float(seen[inside].mean()), float(np.mean(percent[inside & seen])) / 100)
