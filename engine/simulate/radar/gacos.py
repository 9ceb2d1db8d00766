"""Zenith delays as the GACOS service gives them (Yu et al. 2018): a model's view of the air, not the air.

A file knows the layers of the air about right and turbulence only where it is wide; beyond that it has errors of its
own. On most days it explains about half of an interferogram's delay, and on some it makes things worse.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from engine.simulate.frame import Frame, to_degrees, to_metres
from engine.simulate.noise import Field
from engine.simulate.radar.atmosphere import SPACING_M, Air, Column, smoothed
from engine.simulate.terrain import Terrain

STEP_DEG = 0.00125
_MARGIN_DEG = 0.01
_UTC_HOUR = 11.05
# Turbulence narrower than this is not in the model's grid, m; what is wider is weakened or overdone, by day.
_RESOLVED_M, _RESOLVED_SHARE = 1_700.0, (0.85, 0.22)
# Its own errors: of its fields, m, and how wide they are, m; of the wet delay, and of its decay with height.
_OWN_STD_M, _OWN_WIDTH_M, _WET_ERROR, _HEIGHT_ERROR = 0.0016, 3_000.0, 0.14, 0.10
# A day on which its weather is wrong: how often, and how many times larger its errors are.
_WRONG_SHARE, _WRONG = 0.10, 3.0


@dataclass(frozen=True)
class GacosGrid:
    """The geographic grid of the files, around the frame."""

    frame: Frame
    terrain: Terrain

    @cached_property
    def axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitudes of the columns' centres and latitudes of the rows', from north to south."""
        west, south, east, north = to_degrees().transform_bounds(*self.frame.bounds)
        first_col, last_col = np.floor((west - _MARGIN_DEG) / STEP_DEG), np.ceil((east + _MARGIN_DEG) / STEP_DEG)
        first_row, last_row = np.ceil((north + _MARGIN_DEG) / STEP_DEG), np.floor((south - _MARGIN_DEG) / STEP_DEG)
        lon = (np.arange(first_col, last_col, dtype=np.float64) + 0.5) * STEP_DEG
        return lon, (np.arange(first_row, last_row, -1, dtype=np.float64) - 0.5) * STEP_DEG

    @cached_property
    def places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x and y of every place, m, EPSG:4544, each of shape (rows, cols)."""
        x, y = to_metres().transform(*np.meshgrid(*self.axes))
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    @cached_property
    def heights(self) -> NDArray[np.float64]:
        """As a coarse model of the heights has them, m."""
        smooth = gaussian_filter(self.terrain.height, 6.0)
        return self.terrain.sample_of(smooth, *self.places)


def write_gacos(folder: Path, air: Air, grid: GacosGrid) -> None:
    """Write YYYYMMDD.ztd (float32, little-endian, m) and its header."""
    chance = air.frame.chance("gacos", str(air.day))
    wrong = _WRONG if chance.random() < _WRONG_SHARE else 1.0
    known = air.column
    column = Column(
        known.dry,
        known.wet * float(np.exp(chance.normal(0, _WET_ERROR * wrong))),
        known.wet_height * float(np.exp(chance.normal(0, _HEIGHT_ERROR))),
    )
    share = float(np.clip(chance.normal(*_RESOLVED_SHARE), 0.2, 1.3))
    field = share * smoothed(air.turbulence, _RESOLVED_M) + wrong * _own_error(chance, air.turbulence.shape)
    delay = column.delay(grid.heights) + _at(air, field, grid)
    name = f"{air.day:%Y%m%d}.ztd"
    (folder / name).write_bytes(delay.astype("<f4").tobytes())
    (folder / f"{name}.rsc").write_text(_header(grid), encoding="ascii")


def _own_error(chance: np.random.Generator, shape: tuple[int, ...]) -> Field:
    """A wide field that has nothing to do with the air, m."""
    field = smoothed(chance.standard_normal(shape, dtype=np.float32), _OWN_WIDTH_M)
    return np.asarray(field * (_OWN_STD_M / field.std()), np.float32)


def _at(air: Air, field: Field, grid: GacosGrid) -> NDArray[np.float64]:
    """The lattice of air at the files' places."""
    west, north = air.corner
    x, y = grid.places
    at = (north - y) / SPACING_M, (x - west) / SPACING_M
    values: NDArray[np.float64] = map_coordinates(field.astype(np.float64), at, order=1, mode="nearest")
    return values


def _header(grid: GacosGrid) -> str:
    longitudes, latitudes = grid.axes
    rows, cols = len(latitudes), len(longitudes)
    fields = {
        "WIDTH": cols,
        "FILE_LENGTH": rows,
        "XMIN": 0,
        "XMAX": cols,
        "YMIN": 0,
        "YMAX": rows,
        "X_FIRST": f"{longitudes[0] - STEP_DEG / 2:.7f}",
        "Y_FIRST": f"{latitudes[0] + STEP_DEG / 2:.7f}",
        "X_STEP": f"{STEP_DEG:.15f}",
        "Y_STEP": f"{-STEP_DEG:.15f}",
        "X_UNIT": "degres",  # as the service spells it
        "Y_UNIT": "degres",
        "Z_OFFSET": 0,
        "Z_SCALE": 1,
        "PROJECTION": "LATLON",
        "DATUM": "WGS84",
        "TIME_OF_DAY": f"{_UTC_HOUR:.6f}UTC",
    }
    return "".join(f"{key:<14}{value}\n" for key, value in fields.items())
