"""Reader of stacks of COMET-LiCSAR (Sentinel-1, GAMMA), as its portal delivers the products of a frame."""

from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.deformation.finding import list_interferograms, one_file, parse_day
from engine.deformation.geocoded import Geocoded, line_of_sight
from engine.deformation.masks import water_of
from engine.deformation.parameters import number, read_parameters
from engine.deformation.stack import (
    SENTINEL1_WAVELENGTH,
    Geometry,
    Interferogram,
    LicsarOptions,
    Radar,
    azimuth_of_sight,
)
from engine.errors import InputError
from engine.grid import Grid
from engine.raster import Raster


class LicsarStack:
    """A folder of LiCSAR products: pairs in folders of their own or side by side, the frame's rasters beside them.

    Unwrapped phase is later minus earlier in radians with range increase positive, the project's own convention
    (LiCSBAS takes −λ/4π of it as motion towards the satellite; Morishita et al. 2020); 0 is no data. Coherence is in
    whole numbers from 0 to 255. The line of sight is given by the parts of the unit vector to the satellite; that
    upwards is the cosine of the incidence angle.
    """

    def __init__(self, options: LicsarOptions, area_folder: Path) -> None:
        self._options = options
        self._folder = area_folder / options.path
        self._rasters = Geocoded(lambda: self.interferograms[0].unwrapped)

    @cached_property
    def interferograms(self) -> list[Interferogram]:
        found = list_interferograms(self._folder, self._options.unwrapped, self._options.coherence)
        known = self._perpendicular()
        return [
            replace(item, perpendicular_baseline=known[item.pair.second] - known[item.pair.first])
            if set(item.pair) <= known.keys()
            else item
            for item in found
        ]

    def _perpendicular(self) -> dict[date, float]:
        """Of each date against the frame's primary image, m: lines of primary, date and baseline."""
        path = one_file(self._folder, self._options.baselines)
        if path is None:
            return {}
        found: dict[date, float] = {}
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if not line.strip():
                continue
            # Some versions of the file begin their lines with a number, others go on behind the baseline.
            words = line.split()
            words = words[1:] if parse_day(words[0]) is None else words
            try:
                first, second, baseline = parse_day(words[0]), parse_day(words[1]), float(words[2])
            except (IndexError, ValueError):
                first = second = None
            if first is None or second is None:
                raise InputError(
                    f"'{line.strip()}' is no line of two dates and a baseline",
                    file=path,
                    field="stack.baselines",
                    mend="download the file again, or correct stack.baselines",
                )
            found |= {first: found.get(first, 0.0), second: baseline}
        return found

    @property
    def grid(self) -> Grid:
        return self._rasters.grid

    @cached_property
    def radar(self) -> Radar:
        path = one_file(self._folder, self._options.metadata)
        known = read_parameters(path, "=") if path else {}
        heading = number(known, "heading", path) if path and "heading" in known else None
        return Radar(self._options.wavelength_m or SENTINEL1_WAVELENGTH, heading, self._options.looks)

    @property
    def files(self) -> list[Path]:
        options = self._options
        beside = [
            one_file(self._folder, name)
            for name in (
                *(options.up, options.east, options.north, options.dem, options.land_mask),
                *(options.metadata, options.baselines),
            )
        ]
        pairs = [path for item in self.interferograms for path in item.files]
        return sorted([*(path for path in beside if path), *pairs])

    def phase(self, interferogram: Interferogram) -> NDArray[np.float32]:
        phase = self._rasters.read(interferogram.unwrapped)
        phase[phase == 0] = np.nan
        return phase

    def coherence(self, interferogram: Interferogram) -> NDArray[np.float32]:
        if interferogram.coherence is None:
            raise ValueError(f"{interferogram.pair} has no coherence")
        with Raster(interferogram.coherence) as raster:
            whole = raster.dtype == "uint8"
        values = self._rasters.read(interferogram.coherence, whole_numbers=True)
        return values / np.float32(255) if whole else values

    def geometry(self) -> Geometry:
        up = line_of_sight(
            self._folder, self._options.up, field="stack.up", mend="download it from the frame's metadata folder"
        )
        upwards = self._rasters.read(up)
        upwards[upwards == 0] = np.nan
        valid = upwards[np.isfinite(upwards)]
        if valid.size == 0 or valid.min() < 0 or valid.max() > 1:
            raise InputError("its values are no cosines", file=up, field="stack.up", mend="download the file again")
        dem = one_file(self._folder, self._options.dem)
        height = self._rasters.read(dem) if dem else None
        return Geometry(np.degrees(np.arccos(upwards)), height, self._water(), azimuth=self._azimuth())

    def _water(self) -> NDArray[np.bool_] | None:
        """By the frame's mask, 1 on land and 0 elsewhere; None without one."""
        path = one_file(self._folder, self._options.land_mask)
        if path is None:
            return None
        with Raster(path) as raster:
            return water_of(raster.read_codes_onto(self.grid, with_zero=True), path)

    def _azimuth(self) -> NDArray[np.float32] | None:
        """Of the line of sight, by its parts, or by the heading of a radar that looks to the right; None without."""
        east, north = (one_file(self._folder, name) for name in (self._options.east, self._options.north))
        if east and north:
            parts = [self._rasters.read(path) for path in (east, north)]
            return np.degrees(np.arctan2(-parts[0], parts[1]))
        if self.radar.heading is None:
            return None
        return np.full(self.grid.shape, azimuth_of_sight(self.radar.heading), np.float32)
