"""The curve of total-area control, for people to see: what a step of refinement has found, told in its report."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.objects.refinement import Reason, objects_meeting
from engine.objects.steps import LABELS, FoundClasses
from engine.raster import Raster

# A place has thousands of objects, a chart a thousand pixels, and a report is read by people, too.
_MOST_POINTS = 100


def with_curve(
    report: dict[str, Any],
    segmented: Mapping[datetime.date, Path],
    found: Mapping[datetime.date, FoundClasses],
    references: Mapping[datetime.date, NDArray[np.bool_]],
    folder: Path,
) -> dict[str, Any]:
    """The report of `refine_masks`, in `folder`, with `curve` under its `control`, where there is such: by rising
    `share` (p*) the area `kept_m2`, that under the mask of the objects that meet the reference.

    It stands here and not in the objects package: a change there has every image segmented anew.
    """
    if report["control"] is None:
        return report
    parts = [_meeting(segmented[day], found[day], reference, folder, day) for day, reference in references.items()]
    curve = control_curve(pd.concat(parts), report["control"]["share"])
    return {**report, "control": {**report["control"], "curve": curve}}


def control_curve(objects: pd.DataFrame, share: float) -> dict[str, list[float]]:
    """What is kept at each p* that makes a difference, thinned out evenly; `share` is among them.

    objects : those that meet mask and reference, with share and intersection_m2.
    """
    areas = objects.groupby("share")["intersection_m2"].sum().sort_index()
    kept = areas[::-1].cumsum()[::-1]
    places = np.unique(np.linspace(0, len(kept) - 1, min(_MOST_POINTS, len(kept))).round().astype(int))
    places = np.union1d(places, np.argmin(np.abs(kept.index.to_numpy() - share)))
    return {
        "share": [round(float(value), 6) for value in kept.index[places]],
        "kept_m2": [round(float(value), 1) for value in kept.iloc[places]],
    }


def _meeting(
    segments: Path, found: FoundClasses, reference: NDArray[np.bool_], folder: Path, day: datetime.date
) -> pd.DataFrame:
    """Of a date's objects that meet the mask, as it was left after the second look, those that meet the reference."""
    with Raster(segments / LABELS) as raster:
        labels = raster.read()
    probability, _ = found.read()
    meets = objects_meeting(labels, reference & np.isfinite(probability))
    columns = ["label", "share", "intersection_m2", "reason"]
    objects = pd.read_parquet(folder / f"{day:%Y%m%d}-objects.parquet", columns=columns)
    return objects[meets[objects["label"].to_numpy() - 1] & (objects["reason"] != Reason.UNLIKE)]
