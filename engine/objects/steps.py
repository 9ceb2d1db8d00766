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
from engine.objects.control import AreaThreshold, Stakes, control_curve, stakes_of, total_area_threshold
from engine.objects.looks import describe_regions
from engine.objects.measuring import measure_objects
from engine.objects.other_dates import Seen, describe_other_dates
from engine.objects.plots import plot_scales, plot_tuning
from engine.objects.polygons import outline_patches
from engine.objects.rasters import StretchedImage, segment_raster
from engine.objects.references import reference_patches
from engine.objects.refinement import Reason, RefinementOptions, refine, with_unlike
from engine.objects.scale import STEPS, estimate_scale
from engine.objects.screening import Samples, Screening, known_regions, learn, regions_of
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


@dataclass(frozen=True)
class SecondLook:
    """What regions of the masks are screened by, beside the reference.

    images : by date. bands : names of those that the model sees. grounds : what training may see of the dates with a
    reference, shape of the grid; none where the model has learnt from that ground. samples : the file that the model
    brings along, if it does. pixel_m : edge of the images' pixels.
    """

    images: Mapping[datetime.date, Path]
    bands: Sequence[str]
    grounds: Mapping[datetime.date, NDArray[np.bool_]]
    samples: Path | None
    pixel_m: float


def refine_masks(
    segmented: Mapping[datetime.date, Path],
    found: Mapping[datetime.date, FoundClasses],
    references: Mapping[datetime.date, NDArray[np.bool_]],
    folder: Path,
    *,
    class_names: Sequence[str],
    options: RefinementOptions,
    land_cover: Path | None = None,
    second_look: SecondLook | None = None,
    boundary_error_m: float | None = None,
) -> dict[str, Any]:
    """Write the outlines of each date (`outlines_path`) and what total-area control did (`CONTROL`).

    Parameters
    ----------
    segmented : folders of `segment_image`. references : where training reference patches lie, shape of the grid, for
    the dates that have any; without them the options' least share stands.
    class_names : of the codes 1, 2, … land_cover : the map that the options speak of, where it lies.
    boundary_error_m : how far outlines of the masks lie off, where that was measured: as far objects move them.
    """
    unlike: dict[datetime.date, NDArray[np.bool_]] = {}
    screening = None
    if second_look is not None and options.screening and (second_look.grounds or second_look.samples):
        unlike, screening = _screen(found, references, second_look, options.least_area_m2)
    reach_m = None if options.whole_objects else boundary_error_m
    stakes = _stakes(segmented, found, references, unlike, reach_m)
    control = total_area_threshold(stakes)
    # Where what was found falls short of the reference's area, or exceeds it, no share of an object can make up for it:
    # p* would keep every object that the mask touches, or only those that it covers as a whole.
    if control is not None and not control.saturated:
        options = options.model_copy(update={"least_share": control.share})
    counts = {}
    for day, segments in segmented.items():
        labels, grid = _labels(segments)
        probability, classes = _read(found, unlike, day)
        mask = classes > 0
        unmined = None if land_cover is None else _unmined(land_cover, grid, options.unmined)
        reach = None if reach_m is None else reach_m / grid.square_pixel_m
        refined = refine(labels, mask, classes, probability, grid.pixel_area, options, unmined, reach)
        outlines = outline_patches(refined.patches, grid).merge(refined.patch_table.drop(columns="area_m2"), on="patch")
        _in_degrees(outlines, class_names).to_parquet(outlines_path(folder, day))
        objects = refined.object_table
        if day in unlike:
            objects = with_unlike(objects, measure_objects(labels, unlike[day], grid.pixel_area))
            mask = mask | unlike[day]
        objects.to_parquet(folder / f"{day:%Y%m%d}-objects.parquet")
        reasons = objects["reason"].value_counts()
        counts[str(day)] = {
            "mask_ha": round(float((mask * grid.pixel_area[:, None]).sum()) / 1e4, 2),
            "patches": len(outlines),
            **{str(reason): int(reasons.get(str(reason), 0)) for reason in Reason},
            "patches_meeting_land_cover": refined.meeting if land_cover else None,
        }
    report = {
        "least_share": options.least_share,
        "reach_m": reach_m,
        "control": _told(control, stakes, reach_m) if control else None,
        "screening": screening and screening.report,
        "dates": counts,
    }
    (folder / CONTROL).write_text(json.dumps(report))
    return report


def outlines_path(folder: Path, day: datetime.date) -> Path:
    """The outlines of a date: columns mine_class, confidence, geometry in EPSG:4326."""
    return folder / f"{day:%Y%m%d}.parquet"


def _screen(
    found: Mapping[datetime.date, FoundClasses],
    references: Mapping[datetime.date, NDArray[np.bool_]],
    second_look: SecondLook,
    least_area_m2: float,
) -> tuple[dict[datetime.date, NDArray[np.bool_]], Screening | None]:
    """Where the mask of each date has regions that look like no mine, shape of the grid; none where nothing could be
    learnt. Regions under the least area are left to the objects."""
    regions, looks, samples = {}, {}, []
    for day in second_look.images:
        probability, classes = found[day].read()
        regions[day] = regions_of(classes > 0, least_area_m2 / second_look.pixel_m**2)
        looks[day] = describe_date(day, regions[day], probability, second_look.images, found, second_look.bands)
        if (ground := second_look.grounds.get(day)) is not None:
            samples.append(known_regions(regions[day], looks[day], references[day], ground))
    described = next((table for table in looks.values() if not table.empty), None)
    if second_look.samples is not None and described is not None:
        brought = Samples.read(second_look.samples, list(described.columns), second_look.pixel_m)
        samples += [] if brought is None else [brought]
    screening = learn([part for part in samples if len(part.mine)])
    if screening is None:
        return {}, None
    gone = {day: np.concatenate([[False], ~screening.keeps(looks[day])]) for day in regions}
    return {day: gone[day][numbers] for day, numbers in regions.items()}, screening


def describe_date(
    day: datetime.date,
    regions: NDArray[np.int32],
    probability: NDArray[np.floating],
    images: Mapping[datetime.date, Path],
    found: Mapping[datetime.date, FoundClasses],
    band_names: Sequence[str],
) -> pd.DataFrame:
    """What the regions of a date's mask look like on it, and what the other dates say of their ground."""
    seen = {other: Seen(image, found[other].probability) for other, image in images.items()}
    own = describe_regions(regions, probability, images[day], band_names)
    return own.join(describe_other_dates(regions, seen.pop(day), list(seen.values())))


def _read(
    found: Mapping[datetime.date, FoundClasses], unlike: Mapping[datetime.date, NDArray[np.bool_]], day: datetime.date
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """As `FoundClasses.read`, without the regions that look like no mine."""
    probability, classes = found[day].read()
    return probability, np.where(unlike[day], np.uint8(0), classes) if day in unlike else classes


def _stakes(
    segmented: Mapping[datetime.date, Path],
    found: Mapping[datetime.date, FoundClasses],
    references: Mapping[datetime.date, NDArray[np.bool_]],
    unlike: Mapping[datetime.date, NDArray[np.bool_]],
    reach_m: float | None,
) -> list[Stakes]:
    """What p* decides, on the dates that have a reference."""
    parts = []
    for day, reference in references.items():
        labels, grid = _labels(segmented[day])
        probability, classes = _read(found, unlike, day)
        seen = reference & np.isfinite(probability)
        reach = None if reach_m is None else reach_m / grid.square_pixel_m
        parts.append(stakes_of(labels, classes > 0, seen, grid.pixel_area, reach))
    return parts


def _told(control: AreaThreshold, stakes: Sequence[Stakes], reach_m: float | None) -> dict[str, Any]:
    """For the report; "counted" says what areas are of: of what is "kept", or "covered" by the mask."""
    curve = control_curve(stakes, control.share)
    return {**asdict(control), "counted": "covered" if reach_m is None else "kept", "curve": curve}


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
