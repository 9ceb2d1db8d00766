"""Where a simulated area lies, how large it is, and when it is seen."""

import datetime
import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from affine import Affine
from pyproj import CRS, Transformer

from engine.grid import Bounds, Grid

# CGCS2000 / 3-degree Gauss-Krüger, central meridian 105° E; and UTM zone 48N, in which interferograms come.
OPTICAL_CRS, RADAR_CRS = CRS.from_epsg(4544), CRS.from_epsg(32648)
# The frame of the paper, degrees.
PAPER_FRAME = Bounds(105.39, 37.59, 105.64, 37.70)
RADAR_PIXEL_M, LAND_COVER_PIXEL_DEG = 15.0, 1 / 12_000


class Epoch(NamedTuple):
    """One image: when, and how light and air were. Angles in degrees; azimuths clockwise from north.

    haze : share of the sky's light that the air adds, by band (red, green, blue, nir), of full scale. gain : of each
    band. shift_m : by which the image lies too far east and north. sky : diffuse light as a share of all light.
    """

    date: datetime.date
    sun_azimuth: float
    sun_elevation: float
    view_azimuth: float
    view_tilt: float
    haze: tuple[float, float, float, float]
    gain: tuple[float, float, float, float]
    shift_m: tuple[float, float]
    sky: float


EPOCHS = (
    Epoch(
        datetime.date(2019, 5, 18), 142.0, 63.0, 100.0, 7.0, (0.030, 0.040, 0.058, 0.016), (1.0, 1.0, 1.0, 1.0), (0.0, 0.0), 0.22
    ),
    Epoch(
        datetime.date(2021, 11, 6), 166.0, 35.5, 280.0, 14.0, (0.052, 0.066, 0.088, 0.030), (0.93, 0.95, 1.02, 0.90), (0.36, -0.43), 0.30
    ),
)  # fmt: skip


class Size(NamedTuple):
    """An area's extent in m (None: the paper's frame), the images' pixel in m, and how many patches of each class."""

    name: str
    edge_m: float | None
    pixel_m: float
    patches: tuple[int, int, int, int]
    turbines: int
    largest_m2: float
    relief_m: float


SIZES = {
    size.name: size
    for size in (
        Size("small", 4_000.0, 2.0, (9, 6, 3, 2), 9, 50_000.0, 190.0),
        Size("medium", 8_000.0, 1.0, (50, 35, 13, 6), 26, 150_000.0, 300.0),
        Size("paper", None, 1.0, (114, 80, 30, 14), 60, 300_000.0, 385.0),
    )
}


@dataclass(frozen=True)
class Frame:
    """One simulated area: its size and seed, and the grids that follow."""

    size: Size
    seed: int

    @cached_property
    def bounds(self) -> Bounds:
        """In m, EPSG:4544, whole tens of metres."""
        to_metres = Transformer.from_crs("EPSG:4326", OPTICAL_CRS, always_xy=True)
        west, south, east, north = to_metres.transform_bounds(*PAPER_FRAME)
        if self.size.edge_m is None:
            # The largest upright rectangle inside the frame, whose sides are not quite upright in metres.
            corners = [to_metres.transform(lon, lat) for lon in (PAPER_FRAME.west, PAPER_FRAME.east) for lat in (PAPER_FRAME.south, PAPER_FRAME.north)]  # fmt: skip
            (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
            west, south, east, north = max(x0, x1), max(y0, y2), min(x2, x3), min(y1, y3)
            return Bounds(*(10.0 * f(value / 10.0) for f, value in zip((math.ceil, math.ceil, math.floor, math.floor), (west, south, east, north), strict=True)))  # fmt: skip
        half = self.size.edge_m / 2
        x, y = (10.0 * round(middle / 10.0) for middle in ((west + east) / 2, (south + north) / 2))
        return Bounds(x - half, y - half, x + half, y + half)

    @cached_property
    def optical_grid(self) -> Grid:
        pixel, (west, south, east, north) = self.size.pixel_m, self.bounds
        shape = round((north - south) / pixel), round((east - west) / pixel)
        return Grid(OPTICAL_CRS, Affine(pixel, 0, west, 0, -pixel, north), shape)

    @cached_property
    def radar_grid(self) -> Grid:
        """Covers the optical frame, on whole multiples of its pixel as geocoded products are."""
        over = Transformer.from_crs(OPTICAL_CRS, RADAR_CRS, always_xy=True).transform_bounds(*self.bounds)
        pixel = RADAR_PIXEL_M
        west, south = (pixel * math.floor(value / pixel) for value in over[:2])
        east, north = (pixel * math.ceil(value / pixel) for value in over[2:])
        shape = round((north - south) / pixel), round((east - west) / pixel)
        return Grid(RADAR_CRS, Affine(pixel, 0, west, 0, -pixel, north), shape)

    def chance(self, *subject: str | int) -> np.random.Generator:
        """Random numbers of one subject: the same for the same seed, whatever else is drawn."""
        text = "/".join(str(part) for part in (self.size.name, self.seed, *subject))
        return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()))

    def stream(self, *subject: str | int) -> int:
        """A 64-bit number that stands for one subject, for noise that is looked up rather than drawn."""
        return int(self.chance(*subject).integers(0, 2**63))
