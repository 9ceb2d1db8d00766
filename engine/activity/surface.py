"""What became of the surface of a patch from one image to another: graded, grown over, covered by solar panels.

Texture, against that of the ground round the patch in the same image, tells graded ground and rows of panels; it needs
pixels of some metres at most. Vegetation needs a red and a near infrared band. What neither tells stays undetermined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.activity.normalisation import Normalisation, normalise
from engine.activity.sites import block_of, pixels_of, widened
from engine.grid import Block, Grid, cover
from engine.raster import Raster

SURFACE = "surface.parquet"
COLUMNS = ["patch_id", "surface", "texture_ratio", "ndvi_change", "brightness_ratio", "row_peak"]

# Ground beside the patch that its texture is held against, and what of the patch's rim is left out, m.
_BESIDE_M, _RIM_M = 40.0, 4.0
# Coarser pixels show neither graders' nor panels' texture, m; fewer pixels show none.
_FINE_M, _LEAST_PIXELS = 3.0, 60
# Texture in terms of what it was: below the first it was graded. Above the second, with rows, there are panels.
_GRADED, _PANELS = 0.65, 1.8
# How far the strongest wave of two and a half to fifteen metres has to stand above their mean power, to be one of rows.
_ROWS, _WAVES_M = 60.0, (2.5, 15.0)
# By how much the vegetation index has to rise against the ground round the patch.
_GROWN_OVER = 0.15
_SAMPLE = 250_000  # pixels that the normalisation rests on
_BLOCK = 1024

RED, INFRARED = ("red", "r", "b04", "b4"), ("nir", "b08", "b8", "b8a", "near infrared")
Values = NDArray[np.float64]


class SurfaceSign(StrEnum):
    LEVELLED = "levelled"
    SOLAR_STATION = "solar_station"
    REVEGETATED = "revegetated"


@dataclass(frozen=True)
class Pair:
    """Two images of one grid, their bands, and how the second is brought to the first."""

    first: Path
    second: Path
    grid: Grid
    bands: Sequence[str]
    normalisation: Normalisation | None


def read_surfaces(
    grounds: gpd.GeoDataFrame, first: Path, second: Path, bands: Sequence[str], folder: Path
) -> dict[str, Any]:
    """Write one row a patch: what became of its surface, and the figures that say so.

    Parameters
    ----------
    grounds : columns patch_id, geometry in EPSG:4326: the ground that was a mine in the first image.
    first, second : images of one grid, NaN for no data. bands : their names.
    """
    with Raster(first) as raster:
        grid = raster.grid
    pair = Pair(first, second, grid, bands, _normalisation(first, second, grid))
    shapes = list(grounds.geometry.to_crs(grid.crs)) if len(grounds) else []
    rows = [{"patch_id": name} | _read(shape, pair) for name, shape in zip(grounds["patch_id"], shapes, strict=True)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.to_parquet(folder / SURFACE)
    report: dict[str, Any] = {str(key): int(count) for key, count in table["surface"].value_counts().items()}
    if pair.normalisation is not None:
        report |= {
            "unchanged_share": round(pair.normalisation.unchanged, 4),
            "gain": [round(float(one), 3) for one in pair.normalisation.gain],
        }
    return report


def _normalisation(first: Path, second: Path, grid: Grid) -> Normalisation | None:
    """From pixels that are spread evenly over both images."""
    every = max(1, round(np.sqrt(grid.rows * grid.cols / _SAMPLE)))
    samples: list[list[Values]] = [[], []]
    with Raster(first) as one, Raster(second) as other:
        for block in cover(grid.shape, _BLOCK * max(1, every // 8)):
            for images, raster in zip(samples, (one, other), strict=True):
                values = raster.read_bands(block)[:, ::every, ::every]
                images.append(values.reshape(len(values), -1).T.astype(np.float64))
    before, after = (np.concatenate(images) for images in samples)
    whole = np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1)
    return normalise(before[whole], after[whole])


def _read(shape: Any, pair: Pair) -> dict[str, Any]:
    nothing: dict[str, Any] = {"surface": None}
    frame = block_of(shape, pair.grid)
    inner = shape.buffer(-_RIM_M)
    if frame is None or inner.is_empty or pair.normalisation is None:
        return nothing
    block = widened(frame, pair.grid, _BESIDE_M)
    inside = pixels_of(inner, pair.grid, block)
    beside = ~pixels_of(shape.buffer(_RIM_M), pair.grid, block)
    with Raster(pair.first) as one, Raster(pair.second) as other:
        before, after = one.read_bands(block).astype(np.float64), other.read_bands(block)
    after = pair.normalisation.apply(after)
    whole = np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0)
    inside, beside = inside & whole, beside & whole
    if min(int(inside.sum()), int(beside.sum())) < _LEAST_PIXELS:
        return nothing
    figures = {
        "texture_ratio": _ratio(_texture(after, inside, beside), _texture(before, inside, beside)),
        "brightness_ratio": _ratio(float(after[:, inside].mean()), float(before[:, inside].mean())),
        "ndvi_change": _vegetation(before, after, inside, beside, pair.bands),
        "row_peak": _rows(after, inside, pair.grid, block),
    }
    return figures | {"surface": _sign(figures, max(pair.grid.pixel_size))}


def _sign(figures: dict[str, float], pixel_m: float) -> str | None:
    if figures["ndvi_change"] > _GROWN_OVER:
        return str(SurfaceSign.REVEGETATED)
    if pixel_m > _FINE_M:
        return None
    if figures["texture_ratio"] < _GRADED:
        return str(SurfaceSign.LEVELLED)
    if figures["texture_ratio"] > _PANELS and figures["row_peak"] > _ROWS:
        return str(SurfaceSign.SOLAR_STATION)
    return None


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0 else float("nan")


def _texture(image: Values, inside: NDArray[np.bool_], beside: NDArray[np.bool_]) -> float:
    """Median step from pixel to pixel of the brightness, in terms of that beside the patch."""
    south, east = np.gradient(image[:3].mean(axis=0))
    steps = np.hypot(south, east)
    known = np.isfinite(steps)
    return _ratio(float(np.median(steps[inside & known])), float(np.median(steps[beside & known])))


def _vegetation(
    before: Values, after: Values, inside: NDArray[np.bool_], beside: NDArray[np.bool_], bands: Sequence[str]
) -> float:
    """Rise of the normalised difference vegetation index (Rouse et al. 1974) against the ground beside; NaN without
    the bands."""
    names = [name.casefold() for name in bands]
    red = next((at for at, name in enumerate(names) if name in RED), None)
    infrared = next((at for at, name in enumerate(names) if name in INFRARED), None)
    if red is None or infrared is None:
        return float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = _index(after, red, infrared) - _index(before, red, infrared)
    return float(np.nanmedian(rise[inside]) - np.nanmedian(rise[beside]))


def _index(image: Values, red: int, infrared: int) -> Values:
    index: Values = (image[infrared] - image[red]) / (image[infrared] + image[red])
    return index


def _rows(image: Values, inside: NDArray[np.bool_], grid: Grid, block: Block) -> float:
    """Power of the strongest wave of some metres, in terms of their mean."""
    brightness = image[:3].mean(axis=0)
    part = np.where(inside, brightness - brightness[inside].mean(), 0.0)
    power = np.abs(np.fft.fft2(part)) ** 2
    height, width = grid.pixel_size
    waves = np.hypot(
        np.fft.fftfreq(block.shape[0], height)[:, None],
        np.fft.fftfreq(block.shape[1], width)[None, :],
    )
    short, long = _WAVES_M
    band = (waves >= 1 / long) & (waves <= 1 / short)
    mean = float(power[band].mean()) if band.any() else 0.0
    return float(power[band].max()) / mean if mean > 0 else 0.0
