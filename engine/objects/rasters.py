"""Objects of an image that lies in a file, whole or in tiles as its size asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Block, Grid
from engine.imagery import find_opacity
from engine.objects.regions import MOST, Flags, Image, Integers
from engine.objects.segmentation import SegmentationOptions, segment
from engine.objects.stretching import Stretch
from engine.objects.tiles import Seams, segment_in_tiles
from engine.raster import Raster

# An image of more pixels is segmented in tiles: whole it would take some 2 GB.
_WHOLE = 4096 * 4096
# Along the longer edge of what percentiles are taken of.
_SAMPLE = 2048


@dataclass(frozen=True)
class Segmented:
    """labels : as `segment` gives them, shape of the grid. seams : how far tiles agreed; None without tiles."""

    labels: Integers
    grid: Grid
    seams: Seams | None


class StretchedImage:
    """An image in a file in the range that scales are meant for, and which of its pixels are valid.

    bands : their numbers from 1; if none are given all but opacity. A pixel is valid when every band has a value, and
    it is not wholly transparent.
    """

    def __init__(self, path: Path, bands: Sequence[int] = ()) -> None:
        with Raster(path) as raster:
            self.path, self.grid = path, raster.grid
            opacity = find_opacity(raster, raster.band_names)
            self._bands = [band - 1 for band in bands] or [band for band in range(raster.bands) if band != opacity]
            self._opacity = None if opacity in self._bands else opacity
            if max(self._bands) >= raster.bands or min(self._bands) < 0:
                raise InputError(
                    f"there are {raster.bands} bands, and bands {list(bands)} are asked for",
                    file=path,
                    field="bands",
                    mend=f"give numbers from 1 to {raster.bands}",
                )
            if max(self.grid.shape) > MOST:
                raise InputError(
                    f"the image has {self.grid.rows} rows and {self.grid.cols} columns; {MOST} is the most",
                    file=path,
                    field="size",
                    mend="cut it in parts",
                )
            if raster.dtype == "uint8":
                self._stretch = Stretch.of(np.zeros(0, np.uint8))
            else:
                sample = raster.read_sample(_SAMPLE)
                self._stretch = Stretch.of(sample[self._bands][:, self._valid(sample)])

    @property
    def bands(self) -> int:
        return len(self._bands)

    @property
    def band_names(self) -> list[str]:
        """As the file has them; by number where it has none."""
        with Raster(self.path) as raster:
            return [raster.band_names[band] or f"band{band + 1}" for band in self._bands]

    def read_raw(self, block: Block) -> Image:
        """The image of a block in its own unit, shape (bands, rows, cols)."""
        with Raster(self.path) as raster:
            return raster.read_bands(block)[self._bands]

    def read(self, block: Block) -> tuple[Image, Flags]:
        """The image of a block, shape (bands, rows, cols), and its valid pixels. May be called from several threads."""
        with Raster(self.path) as raster:
            every, nodata = raster.read_bands(block), raster.nodata
            image, valid = every[self._bands], self._valid(every) & ~raster.read_masked(block)
        if nodata is not None and not np.isnan(nodata):
            valid &= (image != nodata).all(axis=0)
        return self._stretch(image, valid), valid

    def _valid(self, every: Image) -> Flags:
        """Of all bands of the file."""
        valid = np.asarray(np.isfinite(every[self._bands]).all(axis=0), np.bool_)
        if self._opacity is not None:
            valid &= every[self._opacity] != 0
        return valid


def segment_raster(image: StretchedImage, options: SegmentationOptions, workers: Workers) -> Segmented:
    """The objects of an image in a file."""
    grid = image.grid
    options.measure(image.bands)  # weights that do not fit are known at once
    if grid.rows * grid.cols > _WHOLE:
        labels, seams = segment_in_tiles(image.read, grid.shape, options, bands=image.bands, workers=workers)
        return Segmented(labels, grid, seams)
    return Segmented(segment(*image.read(Block(0, grid.rows, 0, grid.cols)), options), grid, None)
