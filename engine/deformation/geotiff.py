"""Reader of stacks of GeoTIFFs, whichever processor made them."""

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.deformation.checks import incidence_of, require_one_radar
from engine.deformation.finding import list_interferograms
from engine.deformation.geocoded import Geocoded
from engine.deformation.masks import hidden_of, water_of
from engine.deformation.pair_table import read_pair_table
from engine.deformation.stack import Geometry, GeoTiffOptions, Interferogram, Radar, azimuth_of_sight
from engine.errors import InputError
from engine.grid import Grid
from engine.raster import Raster


class GeoTiffStack:
    """A folder of GeoTIFFs on one grid. No data is the file's own value, and phase 0 as processors leave it."""

    def __init__(self, options: GeoTiffOptions, area_folder: Path) -> None:
        self._options = options
        self._area = area_folder
        self._folder = area_folder / options.path
        self._rasters = Geocoded(lambda: self.interferograms[0].unwrapped)

    @cached_property
    def interferograms(self) -> list[Interferogram]:
        options = self._options
        table = read_pair_table(self._area / options.pairs, self._folder) if options.pairs else {}
        if named := [item for pair, line in table.items() if (item := line.interferogram(pair))]:
            return named
        baselines = {
            pair: line.perpendicular_baseline for pair, line in table.items() if line.perpendicular_baseline is not None
        }
        return list_interferograms(self._folder, options.unwrapped, options.coherence, baselines)

    @property
    def grid(self) -> Grid:
        return self._rasters.grid

    @cached_property
    def radar(self) -> Radar:
        path = self.interferograms[0].unwrapped
        tagged: dict[Path, float] = {}
        for item in self.interferograms:
            with Raster(item.unwrapped) as raster:
                if (value := _number(raster.tags.get("WAVELENGTH_METRES", ""))) is not None:
                    tagged[item.unwrapped] = value
        require_one_radar(tagged)
        wavelength = self._options.wavelength_m or tagged.get(path)
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
        options = self._options
        beside = (options.pairs, options.incidence, options.dem, options.water_mask, options.shadow_mask)
        given = [self._area / path for path in beside if path]
        return sorted([*given, *(path for item in self.interferograms for path in item.files)])

    def phase(self, interferogram: Interferogram) -> NDArray[np.float32]:
        phase = self._rasters.read(interferogram.unwrapped)
        phase[phase == 0] = np.nan
        return phase if self._options.subsidence_is_positive_phase else -phase

    def coherence(self, interferogram: Interferogram) -> NDArray[np.float32]:
        if interferogram.coherence is None:
            raise ValueError(f"{interferogram.pair} has no coherence")
        return self._rasters.read(interferogram.coherence)

    def geometry(self) -> Geometry:
        if self._options.incidence:
            path = self._options.incidence
            incidence = incidence_of(self._onto_grid(path), self._area / path)
        elif self._options.incidence_deg is not None:
            incidence = np.full(self.grid.shape, self._options.incidence_deg, np.float32)
        else:
            raise InputError(
                "no incidence angle is given",
                file=self._area / "area.toml",
                field="stack.incidence_deg",
                mend="give the angle in degrees, or a raster of it as stack.incidence",
            )
        height = self._onto_grid(self._options.dem) if self._options.dem else None
        return Geometry(incidence, height, *self._masks(), azimuth=self._azimuth())

    def _azimuth(self) -> NDArray[np.float32] | None:
        heading = self._options.heading_deg
        if heading is None:
            return None
        looking = 90.0 if self._options.look_side == "right" else -90.0
        return np.full(self.grid.shape, azimuth_of_sight(heading, looking), np.float32)

    def _masks(self) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
        """Water, and what is hidden, from rasters of any grid."""
        water, hidden = self._options.water_mask, self._options.shadow_mask
        return (
            water_of(self._codes(water), self._area / water) if water else None,
            hidden_of(self._codes(hidden), self._area / hidden) if hidden else None,
        )

    def _codes(self, path: Path) -> NDArray[np.int32]:
        with Raster(self._area / path) as raster:
            return raster.read_codes_onto(self.grid, with_zero=True)

    def _onto_grid(self, path: Path) -> NDArray[np.float32]:
        with Raster(self._area / path) as raster:
            return raster.read_onto(self.grid).astype(np.float32)


def _number(text: str) -> float | None:
    """A length in a tag, None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.01 <= value <= 1 else None
