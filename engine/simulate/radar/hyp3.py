"""Products as ASF's HyP3 service lays them out: a folder a pair, with rasters and a text of parameters.

HyP3 repeats the geometry in every product; here it lies in the first one alone. Pixels of 15 m, which the service does
not offer, are named INT15.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.grid import Grid, Pixel
from engine.raster import write_tiled
from engine.simulate.noise import Field
from engine.simulate.radar.acquisitions import Acquisition, Pair
from engine.simulate.radar.interferograms import FILTER_STRENGTH
from engine.simulate.radar.line_of_sight import EARTH_RADIUS_M, HEADING_DEG, SPACECRAFT_HEIGHT_M, View

_TIME_OF_DAY, _UTC_SECONDS = "110334", 39_814.0
# Path 157 has every 175th orbit of the satellite; this one was flown on this day.
_KNOWN_ORBIT, _KNOWN_DAY, _ORBITS_A_CYCLE, _CYCLE_DAYS = 25_429, date(2019, 1, 11), 175, 12
RANGE_LOOKS, AZIMUTH_LOOKS = 5, 1
# What rasters are rounded to, so that they compress: a thousandth of a radian is four micrometres of motion.
_PHASE_STEP, _COHERENCE_STEP = 2.0**-10, 2.0**-9


@dataclass(frozen=True)
class Products:
    """Writes the products of a stack into `folder`."""

    folder: Path
    grid: Grid
    view: View

    def write_pair(self, pair: Pair, phase: Field, coherence: Field, reference: Pixel) -> None:
        """phase : radians, NaN where there is none, which the file has as 0. reference : whose phase was taken as 0."""
        name = product_name(pair)
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        write_tiled(folder / f"{name}_unw_phase.tif", _stored(phase, _PHASE_STEP), self.grid, nodata=0)
        write_tiled(folder / f"{name}_corr.tif", _stored(coherence, _COHERENCE_STEP), self.grid, nodata=0)
        (folder / f"{name}.txt").write_text(self._parameters(pair, reference), encoding="ascii")

    def write_geometry(self, pair: Pair, heights: Field, water: NDArray[np.bool_]) -> None:
        """Beside a pair's rasters: look vector, heights in m, and a mask that is 1 on land and 0 on water."""
        name = product_name(pair)
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        theta = (np.float32(np.pi / 2) - self.view.incidence).astype(np.float32)
        for part, values in (("lv_theta", theta), ("lv_phi", self.view.azimuth), ("dem", heights)):
            write_tiled(folder / f"{name}_{part}.tif", values, self.grid, nodata=0)
        write_tiled(folder / f"{name}_water_mask.tif", np.where(water, 0, 1).astype(np.uint8), self.grid, nodata=None)

    def _parameters(self, pair: Pair, reference: Pixel) -> str:
        ranges = self.view.slant_range
        lon, lat = self.grid.lonlat(reference)
        x, y = self.grid.transform @ (reference.col + 0.5, reference.row + 0.5)
        fields = {
            "Reference Granule": _granule(pair.first),
            "Secondary Granule": _granule(pair.second),
            "Reference Pass Direction": "ASCENDING",
            "Reference Orbit Number": _orbit(pair.first),
            "Secondary Pass Direction": "ASCENDING",
            "Secondary Orbit Number": _orbit(pair.second),
            "Baseline": f"{pair.perpendicular:.4f}",
            "UTC time": f"{_UTC_SECONDS:.6f}",
            "Heading": f"{HEADING_DEG:.7f}",
            "Spacecraft height": f"{SPACECRAFT_HEIGHT_M:.4f}",
            "Earth radius at nadir": f"{EARTH_RADIUS_M:.4f}",
            "Slant range near": f"{ranges.min():.4f}",
            "Slant range center": f"{ranges[ranges.shape[0] // 2, ranges.shape[1] // 2]:.4f}",
            "Slant range far": f"{ranges.max():.4f}",
            "Range looks": RANGE_LOOKS,
            "Azimuth looks": AZIMUTH_LOOKS,
            "INSAR phase filter": "adf",
            "Phase filter parameter": FILTER_STRENGTH,
            "Resolution of output (m)": f"{self.grid.transform.a:g}",
            "Range bandpass filter": "no",
            "Azimuth bandpass filter": "no",
            "DEM source": "simulated",
            "DEM resolution (m)": f"{self.grid.transform.a:g}",
            "Unwrapping type": "mcf",
            "Phase at reference point": "0.0",
            "Y coordinate of the reference point in the map projection": f"{y:.1f}",
            "X coordinate of the reference point in the map projection": f"{x:.1f}",
            "Latitude of the reference point (WGS84)": f"{lat:.7f}",
            "Longitude of the reference point (WGS84)": f"{lon:.7f}",
            "Unwrapping threshold": "none",
            "Speckle filter": "no",
        }
        return "".join(f"{key}: {value}\n" for key, value in fields.items())


def product_name(pair: Pair) -> str:
    """Both times, days between, pixel, and four hexadecimal digits that tell products apart."""
    stamp = f"{pair.first.name}T{_TIME_OF_DAY}_{pair.second.name}T{_TIME_OF_DAY}"
    return f"S1AA_{stamp}_VVP{pair.days:03}_INT15_G_ueF_{_four_digits(pair.name)}"


def _granule(acquisition: Acquisition) -> str:
    day, orbit = acquisition.name, _orbit(acquisition)
    take = f"{int(hashlib.sha256(day.encode()).hexdigest()[:6], 16) % 0x100000:06X}"
    return f"S1A_IW_SLC__1SDV_{day}T110321_{day}T110348_{orbit:06}_{take}_{_four_digits(day)}"


def _orbit(acquisition: Acquisition) -> int:
    return _KNOWN_ORBIT + (acquisition.date - _KNOWN_DAY).days * _ORBITS_A_CYCLE // _CYCLE_DAYS


def _four_digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:4].upper()


def _stored(values: Field, step: float) -> Field:
    """Rounded, with 0 for no data; what rounds to 0 by chance becomes the least that is not."""
    rounded = np.round(values / np.float32(step)) * np.float32(step)
    rounded[rounded == 0] = step
    return np.nan_to_num(rounded, nan=0.0).astype(np.float32)
