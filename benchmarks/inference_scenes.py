"""What benchmarks of inference search, and with what: noise and random weights, or a labelled image of an area."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from engine.area import AreaOptions
from engine.grid import Block, Grid
from engine.options import read_options
from engine.patches.checkpoint import BandOptions, ModelDescription, write_checkpoint
from engine.patches.labelled import read_labelled
from engine.patches.labels import UNLABELLED
from engine.raster import start_cog

BANDS = ("red", "green", "blue", "nir")


@dataclass(frozen=True)
class LabelledScene:
    """labels : uint8 codes of the crop, UNLABELLED where nothing is known."""

    image: Path
    bands: tuple[str, ...]
    crop: Block
    labels: NDArray[np.uint8]


def write_labelled(area: Path, folder: Path, size: int) -> LabelledScene:
    """The first labelled image of an area, and of its squares of `size` pixels the one with most labelled mines."""
    options = read_options(area / "area.toml", AreaOptions)
    assert options.imagery is not None
    assert options.reference is not None
    first = read_labelled(options.imagery, options.reference, area)[0]
    path, grid = folder / "scene.tif", first.grid
    with start_cog(path, grid, dtype="float32", nodata=np.nan, unit="1", names=first.bands) as write:
        write(Block(0, grid.rows, 0, grid.cols), first.image.values)
    mines = (first.image.labels > 0) & (first.image.labels != UNLABELLED)
    crop = max(grid.blocks(size), key=lambda block: int(mines[block.slices].sum()))
    return LabelledScene(path, first.bands, crop, first.image.labels[crop.slices])


def write_random(
    stem: Path, bands: tuple[str, ...], architecture: Any, stride: Any, zoom: float, rates: tuple[int, int, int]
) -> Path:
    """A checkpoint of random weights."""
    description = ModelDescription(
        name=stem.name,
        architecture=architecture,
        stride=stride,
        zoom=zoom,
        rates=rates,
        classes=("background", "gangue_dump", "iron_pit", "clay_pit", "sandstone_pit"),
        bands=tuple(BandOptions(name=band, mean=100, std=20) for band in bands),
    )
    torch.manual_seed(0)
    return write_checkpoint(stem.with_suffix(".safetensors"), description, description.network().state_dict()).path


def write_noise(path: Path, shape: tuple[int, int]) -> Path:
    """Four bands in 8 bits, at 1 m."""
    grid = Grid(CRS.from_epsg(32648), Affine(1, 0, 360_000, 0, -1, 2_980_000), shape)
    random = np.random.default_rng(0)
    with start_cog(path, grid, dtype="uint8", nodata=0, unit="1", names=BANDS) as write:
        for block in grid.blocks(1024):
            write(block, np.clip(random.normal(100, 20, (len(BANDS), *block.shape)), 1, 255).astype(np.uint8))
    return path
