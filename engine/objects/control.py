"""Total-area control: how much of an object the mask has to cover, so that patches have the area of the labelled ones.

The paper's (§2.4 and Figure 4; METHOD §3) adds up what lies under the mask. That can never make up for what the mask
misses, so that p* falls to objects which the mask hardly touches; and it says nothing of what is kept, since objects
are kept with what lies beside the mask. So where objects decide along outlines alone, what patches really come to have
is added up, beside the area of those labelled patches that were found at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.objects.measuring import Flags, Floats, Labels, area_sums, measure_objects, objects_meeting, of_pixels
from engine.objects.settled import settled_pixels

# A lower p* (the paper's is 0.215) makes up for mines that were not found with ground that is none.
_LEAST_SHARE = 0.1
# A higher one, where objects decide along outlines, makes up for a mask that is too large: it takes off all of the rim.
_MOST_SHARE = 0.9
# A place has thousands of objects, a chart a thousand pixels, and a report is read by people, too.
_MOST_POINTS = 100


@dataclass(frozen=True)
class Stakes:
    """What p* decides on an image, of the objects that meet both the mask and a training reference patch.

    share : p of each, 0–1. gain_m2 : area that keeping it brings, same shape. certain_m2 : area that is kept of them
    whatever p* is. reference_m2 : area that is to be reached. whole : whether objects are kept or removed whole.
    """

    share: Floats
    gain_m2: Floats
    certain_m2: float
    reference_m2: float
    whole: bool


@dataclass(frozen=True)
class AreaThreshold:
    """What total-area control found.

    share : p*. cumulated_m2 : area that is kept at it. reference_m2 : what that was to come near to. saturated : p* is
    at an end of its range. They come near to the reference only with objects that the mask hardly covers, or not at
    all; or have more with those alone that it covers as a whole, or nearly so.
    """

    share: float
    cumulated_m2: float
    reference_m2: float
    saturated: bool


def stakes_of(labels: Labels, mask: Flags, reference: Flags, pixel_areas: Floats, reach: float | None) -> Stakes:
    """What p* decides on an image.

    Parameters
    ----------
    labels : objects, shape (rows, cols), 0 for none. mask : the preliminary mask, reference : training reference
    patches, same shape. pixel_areas : as in `measure_objects`.
    reach : how far from an outline of the mask objects decide, pixels; None for whole objects, of which the paper
    counts what lies under the mask, beside all of the reference.
    """
    objects, areas = measure_objects(labels, mask, pixel_areas), of_pixels(pixel_areas, labels.shape)
    chosen = objects_meeting(labels, reference) & (objects.intersection > 0)
    if reach is None:
        gain, certain, aim = objects.intersection, np.zeros(chosen.size), reference
    else:
        settled = settled_pixels(mask, reach)
        gain = area_sums(labels, areas * ~settled, chosen.size)
        certain = area_sums(labels, areas * (mask & settled), chosen.size)
        aim = _met(reference, mask)
    certain_m2, reference_m2 = float(certain[chosen].sum()), float((aim * areas).sum())
    return Stakes(objects.share[chosen], gain[chosen], certain_m2, reference_m2, whole=reach is None)


def _met(reference: Flags, mask: Flags) -> Flags:
    """The patches (connected by sides or corners) that the mask meets."""
    patches, count = label(reference, np.ones((3, 3)))
    met = np.bincount(patches[mask], minlength=count + 1) > 0
    met[0] = False
    return np.asarray(met[patches])


def total_area_threshold(parts: Sequence[Stakes]) -> AreaThreshold | None:
    """Find p* on the images of all dates together.

    In descending p areas are cumulated; p* is where the sum comes closest to the reference's area, the higher one if
    two come equally close. Objects of equal p stand or fall together, since p ≥ p* keeps all.

    Returns
    -------
    None when no object meets both mask and reference: then there is nothing to find it from.
    """
    shares, kept = _cumulated(parts)
    if not shares.size:
        return None
    reference = float(sum(part.reference_m2 for part in parts))
    most = 1.0 if any(part.whole for part in parts) else _MOST_SHARE
    closest = int(np.argmin(np.abs(kept - reference)))
    return AreaThreshold(
        share=float(shares[closest]),
        cumulated_m2=float(kept[closest]),
        reference_m2=reference,
        saturated=bool(not kept[0] <= reference <= kept[-1] or not _LEAST_SHARE <= shares[closest] <= most),
    )


def control_curve(parts: Sequence[Stakes], chosen: float) -> dict[str, list[float]]:
    """What is kept at each p* that makes a difference, thinned out evenly, for people to see: by rising `share` the
    area `kept_m2`; the chosen share is among them."""
    shares, kept = (of[::-1] for of in _cumulated(parts))
    places = np.unique(np.linspace(0, shares.size - 1, min(_MOST_POINTS, shares.size)).round().astype(int))
    places = np.union1d(places, np.argmin(np.abs(shares - chosen)))
    return {
        "share": [round(float(share), 6) for share in shares[places]],
        "kept_m2": [round(float(area), 1) for area in kept[places]],
    }


def _cumulated(parts: Sequence[Stakes]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Every p, descending, and the area that is kept at it."""
    every = pd.DataFrame(
        {
            "share": np.concatenate([part.share for part in parts] or [np.zeros(0)]),
            "gain": np.concatenate([part.gain_m2 for part in parts] or [np.zeros(0)]),
        }
    )
    gains = every.groupby("share")["gain"].sum().sort_index(ascending=False)
    certain = sum(part.certain_m2 for part in parts)
    return gains.index.to_numpy(np.float64), certain + gains.to_numpy(np.float64).cumsum()
