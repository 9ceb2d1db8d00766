"""An image as a network takes it: its bands in the model's order and units, window by window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.grid import Block
from engine.patches.checkpoint import Checkpoint, ModelDescription
from engine.raster import Raster

_TYPES = ("uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")
# Of the blocks that tell an image's mean and spread: edge in pixels, and how many along an edge at most.
_BLOCK, _BLOCKS = 128, 10
_SAMPLE = 512  # pixels along an edge tell whether an image is in the model's units


@dataclass(frozen=True)
class ImageBands:
    """Bands of an image, by their numbers in the file (from 0). Only the path travels to workers."""

    path: Path
    numbers: tuple[int, ...]

    @classmethod
    def named(cls, path: Path, names: Sequence[str]) -> "ImageBands":
        with Raster(path) as raster:
            return cls(path, tuple(band_numbers(raster, names)))

    def lattice(self) -> Iterator[Block]:
        """Blocks spread evenly over the image, all of it where it is small."""
        with Raster(self.path) as raster:
            shape = raster.grid.shape
        rows, cols = (_spread(edge) for edge in shape)
        for row in rows:
            for col in cols:
                yield Block(row, min(row + _BLOCK, shape[0]), col, min(col + _BLOCK, shape[1]))

    def read(self, block: Block) -> NDArray[np.float32]:
        """Shape (bands, rows, cols); NaN in every band of a pixel where any band has no data."""
        with Raster(self.path) as raster:
            values, nodata = raster.read_bands(block), raster.nodata
        if self.numbers != tuple(range(len(values))):
            values = values[list(self.numbers)]
        values = values.astype(np.float32, copy=False)
        missing = ~np.isfinite(values).all(axis=0)
        if nodata is not None:
            missing |= (values == np.float32(nodata)).any(axis=0)
        if missing.any():
            values[:, missing] = np.nan
        return values


@dataclass(frozen=True)
class Standardisation:
    """Mean and standard deviation that bands are standardised with."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, description: ModelDescription, image: "ImageBands") -> "Standardisation":
        """Those of the network's training data, or the image's own, as the network was trained."""
        if description.normalise == "image":
            return cls.of_image(image)
        return cls(tuple(band.mean for band in description.bands), tuple(band.std for band in description.bands))

    @classmethod
    def of_image(cls, image: "ImageBands") -> "Standardisation":
        """An image's own, by blocks on a lattice: overviews will not do, whose pixels are means."""
        pixels = np.concatenate(
            [image.read(block).reshape(len(image.numbers), -1) for block in image.lattice()], axis=1
        )
        pixels = pixels[:, ~np.isnan(pixels[0])].astype(np.float64)
        if not pixels.size:
            return cls((0.0,) * len(pixels), (1.0,) * len(pixels))
        spread = np.maximum(pixels.std(axis=1), 1e-6)
        return cls(tuple(pixels.mean(axis=1).tolist()), tuple(spread.tolist()))

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bands as the network takes them: about 0, a standard deviation of about 1, 0 for no data."""
        standardised = values - np.array(self.mean, np.float32)[:, None, None]
        standardised /= np.array(self.std, np.float32)[:, None, None]
        standardised[np.isnan(standardised)] = 0
        return standardised


def _spread(edge: int) -> list[int]:
    """Where blocks begin along an edge, one beside the other where they cover it."""
    if edge <= _BLOCKS * _BLOCK:
        return list(range(0, edge, _BLOCK))
    return [int(start) for start in np.linspace(0, edge - _BLOCK, _BLOCKS)]


def band_numbers(raster: Raster, bands: Sequence[str]) -> list[int]:
    """Where the bands that a model needs stand in an image, counted from 0."""
    if raster.dtype not in _TYPES:
        raise InputError(
            f"pixels are {raster.dtype}",
            file=raster.path,
            field="dtype",
            mend=f"convert them to one of {', '.join(_TYPES)}",
        )
    there = raster.band_names
    if missing := [name for name in bands if name not in there]:
        named = ", ".join(name or "(no name)" for name in there)
        raise InputError(
            f"the model needs {', '.join(missing)}, and the image has {named}",
            file=raster.path,
            field="bands",
            mend=f"supply an image with {', '.join(bands)}, name its bands so, or take a model for the bands it has",
        )
    return [there.index(name) for name in bands]


def check_units(image: Path, checkpoint: Checkpoint) -> None:
    """Refuse an image whose values cannot be in the units that the model was trained in."""
    bands = checkpoint.description.bands
    if checkpoint.description.normalise == "image":
        return  # any unit will do
    with Raster(image) as raster:
        numbers = band_numbers(raster, [band.name for band in bands])
        sample = raster.read_sample(_SAMPLE)[numbers]
    for band, values in zip(bands, sample, strict=True):
        found = values[np.isfinite(values)]
        if found.size and (found.max() < band.mean / 20 or found.min() > band.mean + 20 * band.std):
            raise InputError(
                f"its values reach from {found.min():.6g} to {found.max():.6g}; the model '{checkpoint.path.stem}' was "
                f"trained on {band.mean:.6g} ± {band.std:.2g}",
                file=image,
                field=band.name,
                mend="bring the file to the model's units (such as reflectance times 10,000), or take another model",
            )
