"""The motion of ground that a reader has drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import rasterio
from rasterio.features import geometry_mask
from rasterio.warp import transform_geom
from rasterio.windows import Window, from_bounds
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

# Of 90 dates these are some 50 MB.
MOST_PIXELS = 150_000


@dataclass(frozen=True)
class GroundSeries:
    """Mean displacement in mm of the pixels whose middle lies in a polygon; pixels : those with a series; all_pixels :
    those within the frame. displacement is empty where none has a series."""

    pixels: int
    all_pixels: int
    dates: Sequence[date]
    displacement: Sequence[float]


class TooMuchGround(ValueError):
    """A polygon that holds more pixels than are read at once."""


def mean_series(path: Path, polygon: BaseGeometry, dates: Sequence[date]) -> GroundSeries:
    """Mean of a polygon (EPSG:4326) over a cube of displacement, a band a date.

    Raises
    ------
    TooMuchGround
        When more than `MOST_PIXELS` would have to be read.
    """
    with rasterio.open(path) as cube:
        there = shape(transform_geom("EPSG:4326", cube.crs, mapping(polygon)))
        window = from_bounds(*there.bounds, cube.transform)
        top, left = max(math.floor(window.row_off), 0), max(math.floor(window.col_off), 0)
        bottom = min(math.ceil(window.row_off + window.height), cube.height)
        right = min(math.ceil(window.col_off + window.width), cube.width)
        if bottom <= top or right <= left:
            return GroundSeries(0, 0, dates, [])
        if (bottom - top) * (right - left) > MOST_PIXELS:
            raise TooMuchGround(f"{(bottom - top) * (right - left)} pixels")
        part = Window(left, top, right - left, bottom - top)
        inside = geometry_mask([mapping(there)], (bottom - top, right - left), cube.window_transform(part), invert=True)
        values = cube.read(window=part)[:, inside]
    whole = np.isfinite(values).all(axis=0)
    mean = values[:, whole].mean(axis=1, dtype=float).tolist() if whole.any() else []
    return GroundSeries(int(whole.sum()), int(inside.sum()), dates, mean)
