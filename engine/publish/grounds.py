"""Layers of codes: what became of the objects of each image, and the land cover that objects were removed by."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.grid import Block, Grid, cover
from engine.objects.refinement import Reason
from engine.objects.steps import LABELS
from engine.products import ExtractionProducts
from engine.publish.parts import Row
from engine.raster import Raster, start_cog, write_cog

_BLOCK = 2048
_FATES = tuple(Reason)


def ground_layers(extraction: ExtractionProducts, grid: Grid, folder: Path) -> tuple[list[Row], pd.DataFrame]:
    """Write the layers into a release's folder of layers; returns their rows and those of the table category."""
    layers: list[Row] = []
    categories: list[Row] = []
    for day, objects in extraction.objects.items():
        name = f"fate-{day:%Y%m%d}"
        counts = _write_fates(objects / LABELS, _fates(extraction.refinement, day), grid, folder / f"{name}.tif")
        layers.append({"name": name, "file": f"{name}.tif", "unit": "code", "palette": "fate"})
        categories += _categories(name, {code: str(fate) for code, fate in enumerate(_FATES, start=1)}, counts)
    if extraction.land_cover is not None:
        with Raster(extraction.land_cover) as raster:
            codes = raster.read_codes_onto(grid)
        known = np.where((codes > 0) & (codes <= 255), codes, 0).astype(np.uint8)
        write_cog(folder / "landcover.tif", known, grid, nodata=0, unit="code", name="land cover")
        layers.append({"name": "landcover", "file": "landcover.tif", "unit": "code", "palette": "landcover"})
        counts = np.bincount(known.ravel(), minlength=256)
        categories += _categories(
            "landcover", {int(code): str(code) for code in np.flatnonzero(counts) if code}, counts
        )
    return layers, pd.DataFrame(categories)


def _fates(refinement: Path, day: date) -> NDArray[np.uint8]:
    """Code of what became of each object, by its label; 0 for those that do not meet the mask."""
    table = pd.read_parquet(refinement / f"{day:%Y%m%d}-objects.parquet", columns=["label", "reason"])
    fates = np.zeros(int(table["label"].max() if len(table) else 0) + 2, np.uint8)
    fates[table["label"]] = table["reason"].map({str(fate): code for code, fate in enumerate(_FATES, start=1)})
    return fates


def _write_fates(labels: Path, fates: NDArray[np.uint8], grid: Grid, path: Path) -> NDArray[np.int64]:
    """Returns how many pixels have which code."""
    counts = np.zeros(256, np.int64)
    with Raster(labels) as raster, start_cog(path, grid, dtype="uint8", nodata=0, unit="code", names=["fate"]) as write:
        for block in cover(grid.shape, _BLOCK):
            codes = _looked_up(raster, block, fates)
            counts += np.bincount(codes.ravel(), minlength=256)
            write(block, codes[None])
    return counts


def _looked_up(raster: Raster, block: Block, fates: NDArray[np.uint8]) -> NDArray[np.uint8]:
    labels: NDArray[Any] = raster.read(block=block)
    codes: NDArray[np.uint8] = fates[np.clip(labels, 0, len(fates) - 1)]
    return codes


def _categories(layer: str, names: dict[int, str], counts: NDArray[np.int64]) -> list[Row]:
    total = max(int(counts.sum()), 1)
    return [
        {"layer": layer, "value": value, "code": code, "share": float(counts[value] / total)}
        for value, code in names.items()
    ]
