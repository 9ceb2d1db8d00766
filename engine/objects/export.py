"""The objects of an image as files for other programs: labels, polygons with what they are like, statistics."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Block
from engine.objects.features import describe_objects
from engine.objects.polygons import outline_patches
from engine.objects.rasters import Segmented, StretchedImage, segment_raster
from engine.objects.segmentation import SegmentationOptions
from engine.raster import Raster, write_cog

# Objects of larger images are outlined and counted, but what they are like is not told: it would take the image and
# several times as much in memory.
_DESCRIBED = 64_000_000


@dataclass(frozen=True)
class Exported:
    """files : what was written. report : what the statistics file says."""

    files: list[Path]
    report: dict[str, Any]


def export_objects(
    path: Path,
    folder: Path,
    options: SegmentationOptions,
    *,
    bands: Sequence[int] = (),
    dem: Path | None = None,
    polygons: Literal["gpkg", "parquet"] | None = "gpkg",
    workers: Workers,
) -> Exported:
    """Segment an image and write STEM-objects.tif, STEM-objects.gpkg or .parquet and STEM-objects.json, all or none.

    Parameters
    ----------
    bands : numbers from 1; all if none are given. dem : heights in m, on any grid that meets the image.

    Raises
    ------
    InputError
        When the image or the heights cannot be read, something does not fit the image, or nothing can be written.
    """
    image = StretchedImage(path, bands)
    started = time.process_time()
    found = segment_raster(image, options, workers)
    seconds = time.process_time() - started
    if not found.labels.any():
        raise InputError("no pixel has a value", file=path, field="pixels", mend="check its no-data value")
    table = _describe(image, found, dem)
    report = {
        "image": path.name,
        "options": options.model_dump(mode="json"),
        "bands": image.band_names,
        "objects": len(table),
        "pixels": int((found.labels > 0).sum()),
        "area_m2": {name: round(value, 2) for name, value in table["area_m2"].describe().drop("count").items()},
        "cpu_s": round(seconds, 3),
        "mpx_per_cpu_s": round(found.labels.size / 1e6 / max(seconds, 1e-3), 3),
        "seams": asdict(found.seams) if found.seams else None,
    }
    stem = f"{path.stem}-objects"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".partial-") as partial:
            _write(Path(partial) / stem, found, table, report, polygons)
            files = [folder / file.name for file in sorted(Path(partial).iterdir())]
            for file in files:
                os.replace(Path(partial) / file.name, file)
    except OSError as error:
        raise InputError(
            f"nothing can be written there ({error.strerror or error})",
            file=folder,
            field="--out",
            mend="give a folder that can be written to, with room enough",
        ) from None
    return Exported(files, report)


def _describe(image: StretchedImage, found: Segmented, dem: Path | None) -> pd.DataFrame:
    grid, labels = found.grid, found.labels
    height = None
    if dem is not None:
        with Raster(dem) as raster:
            height = raster.read_onto(grid)
    if labels.size > _DESCRIBED:
        areas = np.zeros(int(labels.max()) + 1)
        for row, area in zip(labels, grid.pixel_area, strict=True):
            areas += area * np.bincount(row, minlength=areas.size)
        return pd.DataFrame({"label": np.arange(1, areas.size, dtype=np.int32), "area_m2": areas[1:]})
    whole = Block(0, grid.rows, 0, grid.cols)
    return describe_objects(
        labels,
        image.read_raw(whole),
        grid,
        band_names=image.band_names,
        brightness=image.read(whole)[0].mean(axis=0),
        height=height,
    )


def _write(
    stem: Path,
    found: Segmented,
    table: pd.DataFrame,
    report: dict[str, Any],
    polygons: Literal["gpkg", "parquet"] | None,
) -> None:
    write_cog(stem.with_name(f"{stem.name}.tif"), found.labels, found.grid, nodata=0, unit="1", name="object")
    stem.with_name(f"{stem.name}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if polygons is None:
        return
    outlines = outline_patches(found.labels, found.grid)[["patch", "geometry"]].rename(columns={"patch": "label"})
    described: gpd.GeoDataFrame = outlines.merge(table, on="label")
    if polygons == "gpkg":
        described.to_file(stem.with_name(f"{stem.name}.gpkg"), layer="objects", driver="GPKG")
    else:
        described.to_parquet(stem.with_name(f"{stem.name}.parquet"))
