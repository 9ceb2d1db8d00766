"""Rasters of a stack that all lie on the first one's grid."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.deformation.finding import one_file
from engine.errors import InputError
from engine.grid import Block, Grid
from engine.raster import Raster


class Geocoded:
    """Reads bands and refuses what lies elsewhere. first : gives the file whose grid counts."""

    def __init__(self, first: Callable[[], Path]) -> None:
        self._first = first

    @cached_property
    def grid(self) -> Grid:
        with Raster(self._first()) as raster:
            return raster.grid

    def read(self, path: Path, band: int = 1, *, bands: int = 1, whole_numbers: bool = False) -> NDArray[np.float32]:
        """One band, NaN for no data.

        bands : that the file has to have. whole_numbers : whether it may hold them; else floating point numbers.
        """
        with Raster(path) as raster:
            require_values(raster, bands=bands, whole_numbers=whole_numbers)
            grid = raster.grid
            if not grid.matches(self.grid):
                raise InputError(
                    f"{grid.rows} x {grid.cols} pixels from {grid.bounds} in {grid.crs.name}, where "
                    f"{self._first().name} has {self.grid.rows} x {self.grid.cols} from {self.grid.bounds} in "
                    f"{self.grid.crs.name}",
                    file=path,
                    field="shape",
                    mend="bring all rasters of the stack onto one grid (for example with `rio warp --like`)",
                )
            return read_values(raster, band=band)


def require_values(raster: Raster, *, bands: int = 1, whole_numbers: bool = False) -> None:
    """Refuse what has not so many bands of real numbers."""
    kinds = ("float32", "float64", "uint8") if whole_numbers else ("float32", "float64")
    if raster.dtype not in kinds or raster.bands != bands:
        expected = "one band" if bands == 1 else f"{bands} bands"
        raise InputError(
            f"{raster.bands} band(s) of {raster.dtype}, where {expected} of floating point numbers is expected",
            file=raster.path,
            field="bands",
            mend="supply the unwrapped phase in radians, or the coherence from 0 to 1, alone and as such numbers"
            if bands == 1
            else "supply the file as the processor made it",
        )


def read_values(raster: Raster, block: Block | None = None, *, band: int = 1) -> NDArray[np.float32]:
    """A band, whole or of a block, NaN for the file's own no data, under its mask, and for what is not finite."""
    with np.errstate(over="ignore"):  # the least number there is in float64, as some mark no data, is infinite here
        values = raster.read(band, block).astype(np.float32)
        if raster.nodata is not None and not np.isnan(raster.nodata):
            values[values == raster.nodata] = np.nan
    values[~np.isfinite(values)] = np.nan
    values[raster.read_masked(block)] = np.nan
    return values


def line_of_sight(folder: Path, pattern: str, *, field: str, mend: str) -> Path:
    """The raster that tells the incidence angle, which no stack does without."""
    path = one_file(folder, pattern)
    if path is None:
        raise InputError(f"no raster '{pattern}' of the line of sight", file=folder, field=field, mend=mend)
    return path
