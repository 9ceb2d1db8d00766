"""Layers of codes: what became of the objects of each image, and the land cover that objects were removed by."""

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.transform import array_bounds
from shapely import box

from engine.grid import Block, Grid, cover
from engine.objects.refinement import Reason
from engine.objects.steps import LABELS, outlines_path
from engine.products import ExtractionProducts
from engine.publish.parts import Row
from engine.raster import Raster, start_cog, write_cog

_BLOCK = 2048
_FATES = tuple(Reason)
_KEPT, _PART, _LOW_SHARE = (1 + _FATES.index(fate) for fate in (Reason.KEPT, Reason.PART, Reason.LOW_SHARE))


def ground_layers(extraction: ExtractionProducts, grid: Grid, folder: Path) -> tuple[list[Row], pd.DataFrame]:
    """Write the layers into a release's folder of layers; returns their rows and those of the table category."""
    layers: list[Row] = []
    categories: list[Row] = []
    for day, objects in extraction.objects.items():
        name = f"fate-{day:%Y%m%d}"
        shares = fate_layer(objects, extraction.refinement, day, grid, folder / f"{name}.tif")
        layers.append({"name": name, "file": f"{name}.tif", "unit": "code", "palette": "fate"})
        categories += [{"layer": name, **share} for share in shares]
    if extraction.land_cover is not None:
        with Raster(extraction.land_cover) as raster:
            codes = raster.read_codes_onto(grid)
        known = np.where((codes > 0) & (codes <= 255), codes, 0).astype(np.uint8)
        write_cog(folder / "landcover.tif", known, grid, nodata=0, unit="code", name="land cover")
        layers.append({"name": "landcover", "file": "landcover.tif", "unit": "code", "palette": "landcover"})
        counts = np.bincount(known.ravel(), minlength=256)
        named = {int(code): str(code) for code in np.flatnonzero(counts) if code}
        categories += [{"layer": "landcover", **share} for share in _shares(named, counts)]
    return layers, pd.DataFrame(categories)


def fate_layer(objects: Path, refinement: Path, day: date, grid: Grid, path: Path) -> list[Row]:
    """Write what became of the objects of a date; returns how much of the grid each fate has (value, code, share).

    An object is kept only where it lies in a patch: beyond that one of which a part is kept is dropped, and of another
    nothing is said.
    """
    outlines = gpd.read_parquet(outlines_path(refinement, day)).to_crs(grid.crs).geometry
    counts = _write_fates(objects / LABELS, _fates(refinement, day), outlines, grid, path)
    return _shares({code: str(fate) for code, fate in enumerate(_FATES, start=1)}, counts)


def _fates(refinement: Path, day: date) -> NDArray[np.uint8]:
    """Code of what became of each object, by its label; 0 for those that do not meet the mask."""
    table = pd.read_parquet(refinement / f"{day:%Y%m%d}-objects.parquet", columns=["label", "reason"])
    fates = np.zeros(int(table["label"].max() if len(table) else 0) + 2, np.uint8)
    fates[table["label"]] = table["reason"].map({str(fate): code for code, fate in enumerate(_FATES, start=1)})
    return fates


def _write_fates(
    labels: Path, fates: NDArray[np.uint8], outlines: gpd.GeoSeries, grid: Grid, path: Path
) -> NDArray[np.int64]:
    """Returns how many pixels have which code."""
    counts = np.zeros(256, np.int64)
    with Raster(labels) as raster, start_cog(path, grid, dtype="uint8", nodata=0, unit="code", names=["fate"]) as write:
        for block in cover(grid.shape, _BLOCK):
            codes = _looked_up(raster, block, fates)
            outside = ~_inside(outlines, block, grid)
            codes[outside & (codes == _PART)] = _LOW_SHARE
            codes[outside & (codes == _KEPT)] = 0
            counts += np.bincount(codes.ravel(), minlength=256)
            write(block, codes[None])
    return counts


def _inside(outlines: gpd.GeoSeries, block: Block, grid: Grid) -> NDArray[np.bool_]:
    """Which pixels of a block have their centre in an outline, in the grid's CRS."""
    transform = grid.transform @ grid.transform.translation(block.col0, block.row0)
    near = outlines.iloc[outlines.sindex.query(box(*array_bounds(*block.shape, transform)))]
    if near.empty:
        return np.zeros(block.shape, np.bool_)
    inside: NDArray[np.bool_] = geometry_mask(near, block.shape, transform, invert=True)
    return inside


def _looked_up(raster: Raster, block: Block, fates: NDArray[np.uint8]) -> NDArray[np.uint8]:
    labels: NDArray[Any] = raster.read(block=block)
    codes: NDArray[np.uint8] = fates[np.clip(labels, 0, len(fates) - 1)]
    return codes


def _shares(names: dict[int, str], counts: NDArray[np.int64]) -> list[Row]:
    total = max(int(counts.sum()), 1)
    return [{"value": value, "code": code, "share": float(counts[value] / total)} for value, code in names.items()]
