"""The object steps, from files to files: segment an image; refine the preliminary masks of all dates to outlines."""

import datetime
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Grid
from engine.objects.looks import describe_patches
from engine.objects.plots import plot_scales, plot_tuning
from engine.objects.polygons import outline_patches
from engine.objects.rasters import StretchedImage, segment_raster
from engine.objects.references import reference_patches
from engine.objects.refinement import (
    AreaThreshold,
    Objects,
    Reason,
    RefinementOptions,
    measure_objects,
    objects_meeting,
    refine,
    total_area_threshold,
)
from engine.objects.scale import STEPS, estimate_scale
from engine.objects.screening import Samples, known_patches, learn
from engine.objects.segmentation import SegmentationOptions
from engine.objects.tuning import tune
from engine.raster import Raster, write_cog

LABELS, CONTROL = "objects.tif", "control.json"
# Round a reference patch, in pixels: room for objects that reach beyond it.
_WINDOW_MARGIN = 64


class FoundClasses(NamedTuple):
    """What a model found in an image: files of its probabilities (per cent) and of its preliminary mask."""

    probability: Path
    mask: Path

    def read(self) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Probability of any mine, 0–1, NaN for no data; class under the mask (1, 2, …), 0 outside it and for no data.

        Shape (rows, cols) each.
        """
        with Raster(self.probability) as raster:
            percent = raster.read()
            probability = np.where(percent == raster.nodata, np.nan, percent / 100)
        with Raster(self.mask) as raster:
            classes = raster.read()
            return probability, np.where(classes == raster.nodata, np.uint8(0), classes)


def segment_image(image: Path, folder: Path, options: SegmentationOptions, workers: Workers) -> dict[str, Any]:
    """Write the objects of an image, numbered from 1, 0 for no data; says how many, and how far tiles agreed."""
    found = segment_raster(StretchedImage(image), options, workers)
    write_cog(folder / LABELS, found.labels, found.grid, nodata=0, unit="1", name="object")
    return {"objects": int(found.labels.max()), "seams": asdict(found.seams) if found.seams else None}


def tune_objects(
    folder: Path,
    *,
    images: Mapping[datetime.date, Path],
    references: Mapping[datetime.date, NDArray[np.bool_]],
    options: SegmentationOptions,
    windows: int,
    workers: Workers,
) -> dict[str, Any]:
    """Find shape and compactness, then scale, on windows round training reference patches; tables and pictures of both.

    Parameters
    ----------
    images, references : of the same dates; references as for `refine_masks`. windows : the most for each date.
    options : their scale is the one that shapes are compared at, their weights are kept.

    Raises
    ------
    InputError
        When there is no reference patch.
    """
    chosen = [
        (StretchedImage(images[day]), reference_patches(reference, count=windows, margin=_WINDOW_MARGIN))
        for day, reference in references.items()
    ]
    if not any(patches for _, patches in chosen):
        raise InputError(
            "no training reference patch is large enough to tune on",
            field="imagery.images",
            mend="supply labels with mines on the training ground",
        )
    done = folder / "windows"
    done.mkdir(exist_ok=True)
    tuning = tune(chosen, options, workers=workers, keep=done)
    shutil.rmtree(done)
    tuned = options.model_copy(update={"shape": tuning.shape, "compactness": tuning.compactness})
    curves = [estimate_scale(chosen, tuned, step=step, workers=workers) for step in STEPS]
    tuning.table.to_csv(folder / "tuning.csv", index=False)
    plot_tuning(tuning, folder / "tuning.png")
    for curve in curves:
        curve.table.to_csv(folder / f"scales-{curve.step}.csv", index=False)
    plot_scales(curves, folder / "scales.png")
    best = tuning.table.sort_values(["difference", "objects"], kind="stable").iloc[0]
    return {
        "patches": tuning.patches,
        "shape": tuning.shape,
        "compactness": tuning.compactness,
        "difference": float(best["difference"]),
        "iou": float(best["iou"]),
        "scales": {str(curve.step): curve.scale for curve in curves},
    }


def refine_masks(
    segmented: Mapping[datetime.date, Path],
    found: Mapping[datetime.date, FoundClasses],
    references: Mapping[datetime.date, NDArray[np.bool_]],
    folder: Path,
    *,
    class_names: Sequence[str],
    options: RefinementOptions,
    land_cover: Path | None = None,
    images: Mapping[datetime.date, Path] | None = None,
    grounds: Mapping[datetime.date, NDArray[np.bool_]] | None = None,
) -> dict[str, Any]:
    """Write the outlines of each date (`outlines_path`) and what total-area control did (`CONTROL`).

    Parameters
    ----------
    segmented : folders of `segment_image`. references : where training reference patches lie, shape of the grid, for
    the dates that have any; without them the options' least share stands.
    class_names : of the codes 1, 2, … land_cover : the map that the options speak of, where it lies.
    images, grounds : the images, and what training may see of those with a reference: with them patches are screened.
    """
    control = _control(segmented, found, references)
    # Where what was found falls short of the reference's area, no share of an object can make up for it: p* would keep
    # every object that the mask touches.
    if control is not None and not control.saturated:
        options = options.model_copy(update={"least_share": control.share})
    drafts: dict[datetime.date, _Draft] = {}
    samples: list[Samples] = []
    for day, segments in segmented.items():
        labels, grid = _labels(segments)
        probability, classes = found[day].read()
        mask = classes > 0
        unmined = None if land_cover is None else _unmined(land_cover, grid, options.unmined)
        refined = refine(labels, mask, classes, probability, grid.pixel_area, options, unmined)
        outlines = outline_patches(refined.patches, grid).merge(refined.patch_table, on="patch")
        counts = {
            "mask_ha": round(float((mask * grid.pixel_area[:, None]).sum()) / 1e4, 2),
            "patches_meeting_land_cover": refined.meeting if land_cover else None,
        }
        looks = None
        if images and grounds and options.screening:
            looks = describe_patches(refined.patches, probability, images[day])
            if day in grounds:
                area_m2 = refined.patch_table["area_m2"].to_numpy()
                samples.append(known_patches(refined.patches, looks, area_m2, references[day], grounds[day]))
        drafts[day] = _Draft(outlines, refined.object_table, looks, counts)
    screening = learn(samples)
    for day, draft in drafts.items():
        if screening is not None and draft.looks is not None:
            draft.leave_out(~screening.keeps(draft.looks))
        _in_degrees(draft.outlines, class_names).to_parquet(outlines_path(folder, day))
        draft.objects.to_parquet(folder / f"{day:%Y%m%d}-objects.parquet")
    report = {
        "least_share": options.least_share,
        "control": asdict(control) if control else None,
        "screening": screening and screening.report,
        "dates": {str(day): draft.describe() for day, draft in drafts.items()},
    }
    (folder / CONTROL).write_text(json.dumps(report))
    return report


@dataclass
class _Draft:
    """The patches of a date as total-area control leaves them. looks : in the order of their numbers, from 1."""

    outlines: gpd.GeoDataFrame
    objects: pd.DataFrame
    looks: pd.DataFrame | None
    counts: Mapping[str, float | None]

    def leave_out(self, unlike: NDArray[np.bool_]) -> None:
        """Without some of the patches, shape (patches,), whose objects keep the reason."""
        numbers = np.flatnonzero(unlike) + 1
        gone = self.objects["patch"].isin(numbers)
        self.objects = self.objects.assign(
            kept=self.objects["kept"] & ~gone,
            reason=self.objects["reason"].mask(gone, str(Reason.UNLIKE)),
            patch=self.objects["patch"].mask(gone, 0),
        )
        self.outlines = self.outlines[~self.outlines["patch"].isin(numbers)]

    def describe(self) -> dict[str, Any]:
        reasons = self.objects["reason"].value_counts()
        return {
            **self.counts,
            "patches": len(self.outlines),
            **{str(reason): int(reasons.get(str(reason), 0)) for reason in Reason},
        }


def outlines_path(folder: Path, day: datetime.date) -> Path:
    """The outlines of a date: columns mine_class, confidence, geometry in EPSG:4326."""
    return folder / f"{day:%Y%m%d}.parquet"


def _control(
    segmented: Mapping[datetime.date, Path],
    found: Mapping[datetime.date, FoundClasses],
    references: Mapping[datetime.date, NDArray[np.bool_]],
) -> AreaThreshold | None:
    """p* from the references of all dates together."""
    parts, meeting, reference_m2 = [], [], 0.0
    for day, reference in references.items():
        labels, grid = _labels(segmented[day])
        probability, classes = found[day].read()
        parts.append(measure_objects(labels, classes > 0, grid.pixel_area))
        seen = reference & np.isfinite(probability)
        meeting.append(objects_meeting(labels, seen))
        reference_m2 += float((seen * grid.pixel_area[:, None]).sum())
    if not parts:
        return None
    objects = Objects(
        area=np.concatenate([part.area for part in parts]),
        intersection=np.concatenate([part.intersection for part in parts]),
    )
    return total_area_threshold(objects, np.concatenate(meeting), reference_m2)


def _unmined(land_cover: Path, grid: Grid, codes: Sequence[int]) -> NDArray[np.bool_]:
    """Where a land-cover map has one of the codes, shape of the grid."""
    with Raster(land_cover) as raster:
        return np.isin(raster.read_codes_onto(grid), codes)


def _labels(folder: Path) -> tuple[NDArray[np.int32], Grid]:
    with Raster(folder / LABELS) as raster:
        return raster.read(), raster.grid


def _in_degrees(outlines: gpd.GeoDataFrame, class_names: Sequence[str]) -> gpd.GeoDataFrame:
    names = [class_names[code - 1] for code in outlines["class_code"]]
    frame = gpd.GeoDataFrame({"mine_class": names, "confidence": outlines["confidence"]}, geometry=outlines.geometry)
    return frame.to_crs("EPSG:4326")
