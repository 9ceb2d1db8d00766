"""Reader of stacks of GeoTIFFs, whichever processor made them."""

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.deformation.stack import (
    Geometry,
    GeoTiffOptions,
    Interferogram,
    Radar,
    in_degrees,
    list_interferograms,
)
from engine.errors import InputError
from engine.grid import Block, Grid
from engine.raster import Raster


class GeoTiffStack:
    """A folder of GeoTIFFs on one grid. No data is the file's own value, and phase 0 as processors leave it."""

    def __init__(self, options: GeoTiffOptions, area_folder: Path) -> None:
        self._options = options
        self._area = area_folder
        self._folder = area_folder / options.path

    @cached_property
    def interferograms(self) -> list[Interferogram]:
        return list_interferograms(self._folder, self._options.unwrapped, self._options.coherence)

    @cached_property
    def grid(self) -> Grid:
        with Raster(self.interferograms[0].unwrapped) as raster:
            return raster.grid

    @cached_property
    def radar(self) -> Radar:
        path = self.interferograms[0].unwrapped
        with Raster(path) as raster:
            tag = raster.tags.get("WAVELENGTH_METRES", "")
        wavelength = self._options.wavelength_m or _number(tag)
        if wavelength is None:
            raise InputError(
                "the wavelength is not in the file's tags",
                file=path,
                field="stack.wavelength_m",
                mend="give it in area.toml (Sentinel-1: 0.05546576)",
            )
        return Radar(wavelength, self._options.heading_deg, self._options.looks)

    @property
    def files(self) -> list[Path]:
        given = [self._area / path for path in (self._options.incidence, self._options.dem) if path]
        stack = [path for item in self.interferograms for path in (item.unwrapped, item.coherence) if path]
        return sorted([*given, *stack])

    def phase(self, interferogram: Interferogram) -> NDArray[np.float32]:
        phase = self._read(interferogram.unwrapped)
        phase[phase == 0] = np.nan
        return phase if self._options.subsidence_is_positive_phase else -phase

    def coherence(self, interferogram: Interferogram) -> NDArray[np.float32]:
        if interferogram.coherence is None:
            raise ValueError(f"{interferogram.pair} has no coherence")
        return self._read(interferogram.coherence)

    def geometry(self) -> Geometry:
        if self._options.incidence:
            incidence = in_degrees(self._onto_grid(self._options.incidence))
        elif self._options.incidence_deg is not None:
            incidence = np.full(self.grid.shape, self._options.incidence_deg, np.float32)
        else:
            raise InputError(
                "no incidence angle is given",
                file=self._area / "area.toml",
                field="stack.incidence_deg",
                mend="give the angle in degrees, or a raster of it as stack.incidence",
            )
        return Geometry(incidence, self._onto_grid(self._options.dem) if self._options.dem else None)

    def _read(self, path: Path) -> NDArray[np.float32]:
        """One raster of the stack, on the stack's grid, NaN for no data."""
        with Raster(path) as raster:
            grid = raster.grid
            require_floats(raster)
            if not grid.matches(self.grid):
                first = self.interferograms[0].unwrapped.name
                raise InputError(
                    f"{grid.rows} x {grid.cols} pixels from {grid.bounds} in {grid.crs.name}, where {first} has "
                    f"{self.grid.rows} x {self.grid.cols} from {self.grid.bounds} in {self.grid.crs.name}",
                    file=path,
                    field="shape",
                    mend="bring all rasters of the stack onto one grid (for example with `rio warp --like`)",
                )
            return read_values(raster)

    def _onto_grid(self, path: Path) -> NDArray[np.float32]:
        with Raster(self._area / path) as raster:
            return raster.read_onto(self.grid).astype(np.float32)


def require_floats(raster: Raster) -> None:
    """Refuse what is not one band of floating point numbers."""
    if raster.dtype not in ("float32", "float64") or raster.bands != 1:
        raise InputError(
            f"{raster.bands} band(s) of {raster.dtype}, where one band of floating point numbers is expected",
            file=raster.path,
            field="bands",
            mend="supply the unwrapped phase in radians (or the coherence) alone, no complex values",
        )


def read_values(raster: Raster, block: Block | None = None) -> NDArray[np.float32]:
    """The first band, whole or of a block, NaN for the file's own no data and for what is not finite."""
    values = raster.read(block=block).astype(np.float32)
    if raster.nodata is not None and not np.isnan(raster.nodata):
        values[values == raster.nodata] = np.nan
    values[~np.isfinite(values)] = np.nan
    return values


def _number(text: str) -> float | None:
    """A length in a tag, None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.01 <= value <= 1 else None
