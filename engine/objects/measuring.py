"""What objects measure: their areas, and what a mask covers of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Objects:
    """Areas of the objects 1 to n in m², shape (n,): the whole, and the part under the preliminary mask (A)."""

    area: Floats
    intersection: Floats

    @property
    def share(self) -> Floats:
        """p, 0 to 1; 0 for a number that no pixel bears."""
        return np.divide(self.intersection, self.area, out=np.zeros(self.area.size), where=self.area > 0)


def measure_objects(labels: Labels, mask: Flags, pixel_areas: Floats) -> Objects:
    """Areas of objects and of what the mask covers of them.

    Parameters
    ----------
    labels : shape (rows, cols), 0 for none. mask : the preliminary mask, same shape.
    pixel_areas : m², of each pixel (rows, cols) or of each row's pixels (rows,), as `Grid.pixel_area` gives them.
    """
    areas = of_pixels(pixel_areas, labels.shape)
    count = int(labels.max(initial=0))
    return Objects(area_sums(labels, areas, count), area_sums(labels, areas * mask, count))


def objects_meeting(labels: Labels, pixels: Flags) -> Flags:
    """Which of the objects 1 to n have a pixel among `pixels` (of the training reference, say), shape (n,)."""
    met = np.bincount(labels[pixels], minlength=int(labels.max(initial=0)) + 1)
    return met[1:] > 0


def of_pixels(pixel_areas: Floats, shape: tuple[int, ...]) -> Floats:
    """Area of each pixel in m², shape (rows, cols)."""
    areas: Floats = np.broadcast_to(pixel_areas if pixel_areas.ndim == 2 else pixel_areas[:, None], shape)
    return areas


def area_sums(labels: Labels, values: Floats, count: int) -> Floats:
    """Sum of values over the pixels of each of the objects 1 to `count`."""
    sums: Floats = np.bincount(labels.ravel(), weights=values.ravel(), minlength=count + 1).astype(np.float64)
    return sums[1:]
