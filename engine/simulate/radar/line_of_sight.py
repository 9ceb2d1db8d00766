"""How the radar looks at the ground: Sentinel-1A, ascending path 157, to the right.

The orbit is a circle over a sphere; incidence grows across the track by that geometry alone.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.simulate.noise import Field
from engine.simulate.radar.places import Places

WAVELENGTH_M = 0.05546576
HEADING_DEG = -12.6
INCIDENCE_DEG = 37.28  # in the middle of the frame
EARTH_RADIUS_M, SPACECRAFT_HEIGHT_M = 6_370_290.0, 698_780.0
# By which the view turns from near to far range, as meridians and tracks do.
_TURN_DEG_PER_KM = 0.0046
PHASE_PER_M = 4 * np.pi / WAVELENGTH_M  # rad by which one metre of range turns the phase


@dataclass(frozen=True)
class View:
    """Geometry of every pixel, each of the grid's shape."""

    places: Places

    @cached_property
    def _across(self) -> Field:
        """Distance in m from the frame's middle, away from the satellite."""
        x, y = self.places.x, self.places.y
        away = np.radians(HEADING_DEG + 90.0)
        east, north = x - (x[0] + x[-1]) / 2, y - (y[0] + y[-1]) / 2
        return np.asarray(np.sin(away) * east[None, :] + np.cos(away) * north[:, None], np.float32)

    @cached_property
    def _central_angle(self) -> NDArray[np.float64]:
        """Between the satellite's nadir and the pixel, seen from the middle of the Earth, radians."""
        orbit = EARTH_RADIUS_M + SPACECRAFT_HEIGHT_M
        incidence = np.radians(INCIDENCE_DEG)
        middle = incidence - np.arcsin(EARTH_RADIUS_M / orbit * np.sin(incidence))
        return np.asarray(middle + self._across / EARTH_RADIUS_M, np.float64)

    @cached_property
    def slant_range(self) -> Field:
        """m."""
        orbit = EARTH_RADIUS_M + SPACECRAFT_HEIGHT_M
        square = EARTH_RADIUS_M**2 + orbit**2 - 2 * EARTH_RADIUS_M * orbit * np.cos(self._central_angle)
        return np.sqrt(square).astype(np.float32)

    @cached_property
    def incidence(self) -> Field:
        """Radians from the vertical."""
        orbit = EARTH_RADIUS_M + SPACECRAFT_HEIGHT_M
        return np.arcsin(orbit * np.sin(self._central_angle) / self.slant_range).astype(np.float32)

    @cached_property
    def azimuth(self) -> Field:
        """Of the vector from the ground to the satellite, radians from east towards north, from −π to π."""
        west = np.pi - np.radians(HEADING_DEG)  # flying north and looking right, it stands in the west
        turned = west - np.radians(_TURN_DEG_PER_KM) * self._across / 1_000.0
        return np.asarray(np.mod(turned + np.pi, 2 * np.pi) - np.pi, np.float32)

    @cached_property
    def towards(self) -> tuple[Field, Field, Field]:
        """East, north and up of the unit vector from the ground to the satellite: some −0.59, −0.13 and 0.80."""
        level = np.sin(self.incidence)
        return level * np.cos(self.azimuth), level * np.sin(self.azimuth), np.cos(self.incidence)

    @cached_property
    def height_to_phase(self) -> Field:
        """Phase in rad that 1 m of height error gives at 1 m of perpendicular baseline: 4π/λ / (R sin θ)."""
        return (PHASE_PER_M / (self.slant_range * np.sin(self.incidence))).astype(np.float32)
