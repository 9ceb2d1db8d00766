"""What regions look like: how sure the network was of them, their form, colours and texture, and what lies round them.

A network says of each pixel how probable a mine is; of a region as a whole it says nothing. What a person tells a mine
from bare rock by is of that kind: its rim, its steps, how it stands out from the ground round it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import (
    binary_dilation,
    binary_erosion,
    binary_fill_holes,
    distance_transform_edt,
    find_objects,
    gaussian_filter,
)

from engine.grid import Block
from engine.objects.regions import Flags
from engine.raster import Raster

Values = NDArray[np.floating]

# Pixels: the ring round a region that it is compared with, and the widths at which texture is looked at.
_RING = (3, 15)
_WIDTHS = (1, 3, 8)
_MARGIN = 40  # round a region, so that the widest filter meets no edge within the ring
_SURE, _VERY_SURE = 0.95, 0.99
_SAMPLE = 1024  # pixels along the longer edge of what an image's mean and spread are taken of


class _Spread(NamedTuple):
    """Mean and standard deviation of each band of an image, shape (bands, 1, 1)."""

    mean: Values
    deviation: Values


def describe_regions(
    regions: NDArray[np.int32], probability: Values, image: Path, band_names: Sequence[str]
) -> pd.DataFrame:
    """One row a region, in the order of their numbers.

    Bands are in standard deviations about their means over the image, so that dates of other light are alike. What
    cannot be told (no ground round a region has data) is NaN.

    Parameters
    ----------
    regions : 1 to n, 0 for none, shape (rows, cols). probability : of a mine of any class, 0–1, NaN for no data, same
    shape. image : on the same grid. band_names : of the bands that are looked at.

    Returns
    -------
    Columns of five kinds. Probability: p_mean, p_low, p_middle (quantiles 0.1 and 0.5), p_sure, p_very_sure (shares),
    p_ring (mean in the ring). Form: pixels, rim (pixels on the rim over √pixels), holes (share), extent (of the
    bounding box), elongation, ellipse (pixels over those of the ellipse with the same second moments), width, slimness
    (greatest distance to the rim, in pixels and over √pixels). Of each band: mean, deviation and contrast to the ring.
    Of brightness, the mean of the bands: dark, bright (quantiles 0.05 and 0.95). Texture at widths of 1, 3 and 8
    pixels: grain (deviation from the smoothed image) of region and ring, steepness (gradient) within and on the rim,
    and bias, how far gradients share one direction, 0–1 (Bigün & Granlund 1987).
    """
    shape = regions.shape
    rows = []
    with Raster(image) as raster:
        chosen = [raster.band_names.index(name) for name in band_names]
        spread, nodata = _spread(raster, chosen), raster.nodata
        for number, box in enumerate(find_objects(regions), start=1):
            inner = Block(box[0].start, box[0].stop, box[1].start, box[1].stop)
            window = inner.widened(_MARGIN, shape)
            bands = raster.read_bands(window)[chosen].astype(np.float32)
            valid = np.asarray(np.isfinite(bands).all(axis=0))
            if nodata is not None and not np.isnan(nodata):
                valid &= (bands != nodata).all(axis=0)
            bands = np.where(valid, (bands - spread.mean) / spread.deviation, 0.0)
            inside = np.asarray(regions[window.slices] == number)
            known = np.nan_to_num(probability[window.slices])
            rows.append(_describe(inside, valid, known, dict(zip(band_names, bands, strict=True))))
    return pd.DataFrame(rows)


def _spread(raster: Raster, chosen: Sequence[int]) -> _Spread:
    sample = raster.read_sample(_SAMPLE)[chosen]
    mean, deviation = (how(sample, axis=(1, 2), keepdims=True) for how in (np.nanmean, np.nanstd))
    return _Spread(mean, np.where(deviation > 0, deviation, 1.0))


def _describe(inside: Flags, valid: Flags, probability: Values, bands: Mapping[str, Values]) -> dict[str, float]:
    near, far = (binary_dilation(inside, iterations=distance) for distance in _RING)
    ring = far & ~near & valid
    rim = inside & ~binary_erosion(inside)
    within = probability[inside]
    described = {
        "p_mean": within.mean(),
        "p_low": np.quantile(within, 0.1),
        "p_middle": np.median(within),
        "p_sure": (within >= _SURE).mean(),
        "p_very_sure": (within >= _VERY_SURE).mean(),
        "p_ring": _mean(probability[ring]),
        **_form(inside, rim),
    }
    for name, band in bands.items():
        described[f"mean_{name}"] = band[inside].mean()
        described[f"deviation_{name}"] = band[inside].std()
        described[f"contrast_{name}"] = band[inside].mean() - _mean(band[ring])
    brightness = np.mean(list(bands.values()), axis=0)
    described["dark"], described["bright"] = np.quantile(brightness[inside], (0.05, 0.95))
    for width in _WIDTHS:
        described |= {f"{name}_{width}": one for name, one in _texture(brightness, inside, ring, rim, width).items()}
    return {name: float(value) for name, value in described.items()}


def _form(inside: Flags, rim: Flags) -> dict[str, float]:
    pixels = int(inside.sum())
    places = np.stack(np.nonzero(inside)).astype(np.float64)
    # A pixel has a second moment itself: 1/12 along each axis.
    moments = np.atleast_2d(np.cov(places, bias=True)) + np.eye(2) / 12
    short, long = np.sqrt(np.linalg.eigvalsh(moments))
    edges = np.ptp(places, axis=1) + 1
    width = distance_transform_edt(np.pad(inside, 1)).max()
    return {
        "pixels": pixels,
        "rim": rim.sum() / np.sqrt(pixels),
        "holes": (binary_fill_holes(inside).sum() - pixels) / pixels,
        "extent": pixels / edges.prod(),
        "elongation": long / short,
        "ellipse": pixels / (4 * np.pi * long * short),
        "width": width,
        "slimness": width / np.sqrt(pixels),
    }


def _texture(brightness: Values, inside: Flags, ring: Flags, rim: Flags, width: int) -> dict[str, float]:
    grain = brightness - gaussian_filter(brightness, width)
    down, along = (gaussian_filter(brightness, width, order=order) for order in ((1, 0), (0, 1)))
    steepness = np.hypot(down, along)
    vertical, horizontal, mixed = (values[inside].mean() for values in (down * down, along * along, down * along))
    total = vertical + horizontal
    return {
        "grain": grain[inside].std(),
        "grain_ring": grain[ring].std() if ring.any() else np.nan,
        "steepness": steepness[inside].mean(),
        "steepness_rim": steepness[rim].mean(),
        "bias": np.hypot(horizontal - vertical, 2 * mixed) / total if total > 0 else 0.0,
    }


def _mean(values: Values) -> float:
    return float(values.mean()) if values.size else float("nan")
