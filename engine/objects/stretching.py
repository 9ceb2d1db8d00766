"""Images brought to the range that scales of segmentation are meant for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What becomes 0 and 255, and how far beyond them values may go, as a share of the range.
RANGE_PERCENTILES = (1.0, 99.0)
BEYOND = 0.1


@dataclass(frozen=True)
class Stretch:
    """From an image's values to 0–255; what lies beyond is clipped at −25.5 and 280.5.

    All bands are scaled alike, by the 1st and 99th percentile of all their valid pixels together, which become 0 and
    255. Bands keep their proportions, so that a reflectance counts the same in each: scaled one by one, a band that
    shows nothing but haze and noise would weigh as much as the one that tells rock from grass. To favour a band there
    are the segmentation's weights.

    low, high : what becomes 0 and 255.
    """

    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray[Any]) -> "Stretch":
        """What valid values, of any shape, call for; 8-bit images stay as they are."""
        if values.dtype == np.uint8 or not values.size:
            return cls(0.0, 255.0)
        low, high = np.percentile(values.astype(np.float64), RANGE_PERCENTILES)
        return cls(float(low), float(high))

    def __call__(self, image: NDArray[Any], valid: NDArray[np.bool_]) -> NDArray[Any]:
        """An image, shape (bands, rows, cols), in the new range; 0 where it is not valid. 8-bit images as they are."""
        if image.dtype == np.uint8:
            return image
        share = (image.astype(np.float64) - self.low) / ((self.high - self.low) or 1.0)
        return np.where(valid, np.clip(share, -BEYOND, 1 + BEYOND) * 255.0, 0.0)
