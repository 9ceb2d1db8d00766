"""Reader of geocoded stacks of ISCE-2 (topsStack)."""

import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.deformation.checks import incidence_of
from engine.deformation.finding import dates_in, files_below, list_interferograms, one_file
from engine.deformation.geocoded import Geocoded, line_of_sight
from engine.deformation.masks import hidden_of
from engine.deformation.stack import SENTINEL1_WAVELENGTH, DatePair, Geometry, Interferogram, IsceOptions, Radar
from engine.grid import Grid
from engine.raster import Raster

# As baseline files of topsStack have it, one for each swath: "Bperp (average): 12.3".
_BASELINE = re.compile(r"Bperp \(average\)\s*:\s*([-+0-9.eE]+)")


class IsceStack:
    """A folder of topsStack products that were geocoded (`*.geo` with their .xml), in folders of their pairs.

    `filt_fine.unw.geo` has two bands, amplitude and unwrapped phase; coherence is the last band of `filt_fine.cor.geo`.
    ISCE forms the earlier image times the conjugate of the later one, so that range increase is positive phase, the
    project's own convention. 0 is no data. `los.rdr.geo` has the incidence angle and the azimuth of the way to the
    satellite, from north and anticlockwise, in degrees.
    """

    def __init__(self, options: IsceOptions, area_folder: Path) -> None:
        self._options = options
        self._folder = area_folder / options.path
        self._rasters = Geocoded(lambda: self.interferograms[0].unwrapped)

    @cached_property
    def interferograms(self) -> list[Interferogram]:
        found = list_interferograms(
            self._folder, self._options.unwrapped, self._options.coherence, self._perpendicular()
        )
        return [replace(item, headers=tuple(path for own in item.files for path in _headers(own))) for item in found]

    def _perpendicular(self) -> dict[DatePair, float]:
        """Of each pair, m: the mean over its swaths, or by way of the stack's reference date."""
        of_pairs: dict[DatePair, float] = {}
        for path in sorted(files_below(self._folder, self._options.baselines)):
            days = dates_in(path.stem)[:2]
            values = [float(value) for value in _BASELINE.findall(path.read_text(encoding="utf-8", errors="replace"))]
            if len(days) == 2 and values:
                of_pairs[DatePair(*days)] = float(np.mean(values))
        # topsStack gives them of the reference date with every other one.
        shared = set.intersection(*(set(pair) for pair in of_pairs)) if of_pairs else set()
        if not shared:
            return of_pairs
        reference = min(shared)
        against = {pair.second if pair.first == reference else pair.first: pair for pair in of_pairs}
        offsets = {day: of_pairs[pair] * (1 if pair.first == reference else -1) for day, pair in against.items()}
        offsets[reference] = 0.0
        return {
            DatePair(one, other): offsets[other] - offsets[one] for one in offsets for other in offsets if one < other
        }

    @property
    def grid(self) -> Grid:
        return self._rasters.grid

    @property
    def radar(self) -> Radar:
        return Radar(self._options.wavelength_m or SENTINEL1_WAVELENGTH, None, self._options.looks)

    @property
    def files(self) -> list[Path]:
        options = self._options
        found = {*self._baseline_files()}
        for name in (options.los, options.dem, options.shadow_mask):
            if path := one_file(self._folder, name):
                found |= {path, *_headers(path)}
        return sorted(found.union(*(item.files for item in self.interferograms)))

    def _baseline_files(self) -> list[Path]:
        return [path for path in files_below(self._folder, self._options.baselines) if len(dates_in(path.stem)) >= 2]

    def phase(self, interferogram: Interferogram) -> NDArray[np.float32]:
        phase = self._rasters.read(interferogram.unwrapped, 2, bands=2)
        phase[phase == 0] = np.nan
        return phase

    def coherence(self, interferogram: Interferogram) -> NDArray[np.float32]:
        if interferogram.coherence is None:
            raise ValueError(f"{interferogram.pair} has no coherence")
        with Raster(interferogram.coherence) as raster:
            bands = min(raster.bands, 2)
        return self._rasters.read(interferogram.coherence, bands, bands=bands)

    def geometry(self) -> Geometry:
        los = line_of_sight(
            self._folder,
            self._options.los,
            field="stack.los",
            mend="geocode los.rdr as well, or correct it",
        )
        incidence = self._rasters.read(los, 1, bands=2)
        azimuth = self._rasters.read(los, 2, bands=2)
        azimuth[incidence == 0] = np.nan
        incidence[incidence == 0] = np.nan
        dem, mask = (one_file(self._folder, name) for name in (self._options.dem, self._options.shadow_mask))
        hidden = hidden_of(self._rasters.read(mask, whole_numbers=True), mask) if mask else None
        height = self._rasters.read(dem) if dem else None
        return Geometry(incidence_of(incidence, los, "stack.los"), height, hidden=hidden, azimuth=azimuth)


def _headers(path: Path) -> list[Path]:
    """What lies beside a raster and is read with it."""
    with Raster(path) as raster:
        return sorted(set(raster.files) - {path})
