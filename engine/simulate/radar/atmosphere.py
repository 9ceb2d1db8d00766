"""Delay of the radar's waves in the air: turbulent and stratified, on every acquisition, as zenith delay in m.

Turbulence has the slopes of Hanssen (2001, §4.7), a two-dimensional spectrum k^(−8/3) where it is wide and k^(−11/3)
below; they meet at 12 km, as interferograms of a dry upland have it (`benchmarks/weining_radar.py`). It is stretched
along the wind; summer days have convective cells, and some days are bad ones. All of it is made in m, so that a small
area sees just a small part of it.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fftfreq as frequencies
from scipy.fft import irfft2, rfft2, rfftfreq

from engine.simulate.frame import Frame
from engine.simulate.noise import Field, spline_matrix
from engine.simulate.radar.weather import growth

SPACING_M, _CELLS = 120.0, 400  # of the lattice of air: 48 km, whatever the area's size
_BREAK_M, _OUTER_M = 12_000.0, 40_000.0
# What two places ten kilometres apart differ by in zenith delay (standard deviation over √2), m: in winter, and by how
# much more in summer; and by which factor on a bad day.
_WINTER_STD_M, _SUMMER_STD_M, _BAD_DAY, _BAD_SHARE = 0.0019, 0.0026, (1.6, 2.4), 0.11
_CELL_M = 0.0030  # mean delay of a cell
# Wet delay above the plain in winter and in midsummer, m, its scatter between days, and the height by which it falls to
# 1/e. The dry delay follows from pressure (Saastamoinen 1972).
_WET_M, _WET_SCATTER, _WET_HEIGHT_M = (0.045, 0.150), 0.22, (2_100.0, 350.0)
_DRY_SEA_M, _DRY_HEIGHT_M, _DRY_SCATTER = 2.303, 8_300.0, 0.0035
_BASE_M = 1_250.0


@dataclass(frozen=True)
class Column:
    """The air above one place on one day: zenith delay by height, m. wet : at 1250 m. wet_height : of its decay."""

    dry: float
    wet: float
    wet_height: float

    def delay(self, heights: NDArray[np.floating]) -> NDArray[np.float64]:
        height = np.asarray(heights, np.float64)
        dry = self.dry * np.exp(-height / _DRY_HEIGHT_M)
        return dry + self.wet * np.exp(-(height - _BASE_M) / self.wet_height)


@dataclass(frozen=True)
class Air:
    """The atmosphere of one day over one frame."""

    frame: Frame
    day: date

    @cached_property
    def column(self) -> Column:
        chance = self.frame.chance("stratified", str(self.day))
        green = growth(self.day)
        wet = (_WET_M[0] + (_WET_M[1] - _WET_M[0]) * green) * float(np.exp(chance.normal(0, _WET_SCATTER)))
        wet_height = max(float(chance.normal(*_WET_HEIGHT_M)), 1_300.0)
        return Column(_DRY_SEA_M * (1 + _DRY_SCATTER * float(chance.normal())), wet, wet_height)

    @cached_property
    def turbulence(self) -> Field:
        """Zenith delay in m, mean nil, on the lattice (see `lattice`)."""
        chance = self.frame.chance("turbulence", str(self.day))
        green, stretch, wind = growth(self.day), float(chance.uniform(1.0, 1.9)), float(chance.uniform(0, np.pi))
        strength = (_WINTER_STD_M + _SUMMER_STD_M * green) * float(np.exp(chance.normal(0, 0.25)))
        if chance.random() < _BAD_SHARE:
            strength *= float(chance.uniform(*_BAD_DAY))
        white = rfft2(chance.standard_normal((_CELLS, _CELLS), dtype=np.float32))
        power = _spectrum(stretch, wind)
        field = irfft2(white * np.sqrt(power), s=(_CELLS, _CELLS))
        field *= strength / np.sqrt(_structure(power, 10_000.0) / 2)
        if green > 0.45:
            field += self._cells(chance, green)
        return np.asarray(field - field.mean(), np.float32)

    def _cells(self, chance: np.random.Generator, green: float) -> Field:
        """Rising moist air: bells of a kilometre or so, as many as the day has."""
        count, at = int(chance.poisson(26 * green)), (np.arange(_CELLS) + 0.5) * SPACING_M
        place, radius = chance.uniform(0, _CELLS * SPACING_M, (2, count)), chance.uniform(500, 1_800, count)
        height = chance.gamma(2.0, _CELL_M / 2, count)
        down, along = (np.exp(-(((at - axis[:, None]) / radius[:, None]) ** 2)).astype(np.float32) for axis in place)
        return np.asarray((height.astype(np.float32)[:, None] * down).T @ along, np.float32)

    def lattice(self, x: NDArray[np.float64], y: NDArray[np.float64], values: Field) -> Field:
        """Values of the lattice at places evenly spaced along both axes, m, EPSG:4544, cubic B-spline."""
        west, north = self.corner
        cols, across = spline_matrix((x - west) / SPACING_M)
        rows, down = spline_matrix((north - y) / SPACING_M)
        part = values[np.ix_(np.clip(rows, 0, _CELLS - 1), np.clip(cols, 0, _CELLS - 1))]
        return np.asarray(down @ part @ across.T, np.float32)

    @property
    def corner(self) -> tuple[float, float]:
        """West and north end of the lattice, whose middle is the frame's."""
        bounds, half = self.frame.bounds, _CELLS * SPACING_M / 2
        return (bounds.west + bounds.east) / 2 - half, (bounds.south + bounds.north) / 2 + half

    def delay(self, x: NDArray[np.float64], y: NDArray[np.float64], heights: Field) -> NDArray[np.float64]:
        """Zenith delay in m at places of these heights, shape (len(y), len(x))."""
        return self.column.delay(heights) + self.lattice(x, y, self.turbulence)


def smoothed(values: Field, length_m: float) -> Field:
    """A lattice of air without what is finer than a length (Gaussian of that standard deviation)."""
    down, along = (
        np.exp(-2 * (np.pi * length_m * wave) ** 2).astype(np.float32)
        for wave in (frequencies(_CELLS, SPACING_M), rfftfreq(_CELLS, SPACING_M))
    )
    kept = down[:, None] * along[None, :]
    return np.asarray(irfft2(rfft2(values) * kept, s=(_CELLS, _CELLS)), np.float32)


def _spectrum(stretch: float, wind: float) -> Field:
    """Power by wave number, shape (_CELLS, _CELLS // 2 + 1), features `stretch` times as long along the wind."""
    down, along = frequencies(_CELLS, SPACING_M)[:, None], rfftfreq(_CELLS, SPACING_M)[None, :]
    with_wind = (np.cos(wind) * along + np.sin(wind) * down) * np.sqrt(stretch)
    across = (-np.sin(wind) * along + np.cos(wind) * down) / np.sqrt(stretch)
    square = (with_wind**2 + across**2 + 1 / _OUTER_M**2).astype(np.float32)
    power = square ** np.float32(-4 / 3) / np.sqrt(1 + square * np.float32(_BREAK_M**2))
    power[0, 0] = 0
    return np.asarray(power, np.float32)


def _structure(power: Field, distance_m: float) -> float:
    """Mean square difference between places so far apart, over both axes, of the field that white noise makes."""
    half = np.full(power.shape[1], 2.0)  # a real field's spectrum is stored by half, but for its first and last column
    half[[0, -1]] = 1.0
    lag = 2 * np.pi * distance_m
    along = power.sum(axis=0, dtype=np.float64) * half
    down = power @ half
    differences = along @ (1 - np.cos(lag * rfftfreq(_CELLS, SPACING_M)))
    differences += down @ (1 - np.cos(lag * frequencies(_CELLS, SPACING_M)))
    return float(differences / _CELLS**2)
