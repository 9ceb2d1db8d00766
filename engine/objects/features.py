"""What objects are like: their spectrum, their form, the ground they lie on. A table for statistics and classifiers."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from engine.grid import Grid
from engine.objects.regions import Flags, Image, Integers

Floats = NDArray[np.float64]

# Brightness, on the 0–255 range that segmentation works in, below which a pixel counts as in shadow.
SHADOW_BELOW = 25.5


def describe_objects(
    labels: Integers,
    image: Image,
    grid: Grid,
    *,
    band_names: Sequence[str],
    brightness: NDArray[np.floating],
    height: Floats | None = None,
) -> pd.DataFrame:
    """One row an object, by label.

    Parameters
    ----------
    labels : 1 to n, 0 for none, shape (rows, cols). image : in its own unit, shape (bands, rows, cols).
    band_names : one for each band.
    brightness : mean of the bands on the 0–255 range (see `Stretch`), shape (rows, cols).
    height : above sea level in m, shape (rows, cols), NaN where it is not known; without it there is no slope.

    Returns
    -------
    label; area_m2 (on the ellipsoid); mean_B and deviation_B of each band, in the image's unit; compactness, l/√n of
    perimeter and pixels, 4 for a square and more for what is less compact; elongation, the ratio of the axes of the
    ellipse with the object's second moments, 1 for a disc or a square; shadow_m, from the object to the nearest shadow,
    0 if it holds one, NaN if there is none (see SHADOW_BELOW); slope_deg, mean over the object, with a height.
    """
    count = int(labels.max(initial=0))
    inside = labels > 0
    which = labels[inside] - 1
    pixels: Floats = np.bincount(which, minlength=count).astype(np.float64)

    def mean(values: NDArray[np.floating]) -> Floats:
        means: Floats = np.bincount(which, weights=values.astype(np.float64), minlength=count) / pixels
        return means

    table = pd.DataFrame({"label": np.arange(1, count + 1, dtype=np.int32)})
    table["area_m2"] = mean(np.broadcast_to(grid.pixel_area[:, None], labels.shape)[inside]) * pixels
    for name, band in zip(band_names, image, strict=True):
        values = band[inside].astype(np.float64)
        average = mean(values)
        table[f"mean_{name}"] = average
        table[f"deviation_{name}"] = np.sqrt(mean((values - average[which]) ** 2))
    table["compactness"] = _perimeters(labels, count) / np.sqrt(pixels)
    table["elongation"] = _elongation(inside, mean)
    table["shadow_m"] = _distances(labels, inside & (brightness < SHADOW_BELOW), grid, count)
    if height is not None:
        table["slope_deg"] = mean(_slope(height, grid)[inside])
    return table


def _perimeters(labels: Integers, count: int) -> Floats:
    """Sides of pixels on each object's outline, the image's edge included."""
    padded = np.pad(labels, 1)
    sides = np.zeros(count + 1)
    for one, other in ((padded[1:], padded[:-1]), (padded[:, 1:], padded[:, :-1])):
        differs = one != other
        for beside in (one, other):
            sides += np.bincount(beside[differs], minlength=count + 1)
    return sides[1:]


def _elongation(inside: Flags, mean: Callable[[NDArray[np.floating]], Floats]) -> Floats:
    row, col = (axis.astype(np.float64) for axis in np.nonzero(inside))
    middle_row, middle_col = mean(row), mean(col)
    # A pixel has a second moment itself: 1/12 along each axis.
    down, along = mean(row**2) - middle_row**2 + 1 / 12, mean(col**2) - middle_col**2 + 1 / 12
    both = mean(row * col) - middle_row * middle_col
    half, spread = (down + along) / 2, np.hypot((down - along) / 2, both)
    ratio: Floats = np.sqrt((half + spread) / np.maximum(half - spread, 1 / 12))
    return ratio


def _distances(labels: Integers, shadow: Flags, grid: Grid, count: int) -> Floats:
    if not shadow.any():
        return np.full(count, np.nan)
    away = distance_transform_edt(~shadow, sampling=grid.pixel_size)
    nearest = np.full(count + 1, np.inf)
    np.minimum.at(nearest, labels.ravel(), away.ravel())
    return nearest[1:]


def _slope(height: Floats, grid: Grid) -> Floats:
    """Degrees, shape of the height."""
    down, across = grid.pixel_size
    south, east = np.gradient(height, down, across)
    slope: Floats = np.degrees(np.arctan(np.hypot(south, east)))
    return slope
