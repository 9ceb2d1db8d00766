"""Where a simulated area lies, how large it is, and when it is seen."""

import datetime
import hashlib
import math
from dataclasses import dataclass
from functools import cache, cached_property
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
        date=datetime.date(2019, 5, 18),
        sun_azimuth=142.0,
        sun_elevation=63.0,
        view_azimuth=100.0,
        view_tilt=7.0,
        haze=(0.030, 0.040, 0.058, 0.016),
        gain=(1.0, 1.0, 1.0, 1.0),
        shift_m=(0.0, 0.0),
        sky=0.22,
    ),
    Epoch(
        date=datetime.date(2021, 11, 6),
        sun_azimuth=166.0,
        sun_elevation=35.5,
        view_azimuth=280.0,
        view_tilt=14.0,
        haze=(0.052, 0.066, 0.088, 0.030),
        gain=(0.93, 0.95, 1.02, 0.90),
        shift_m=(0.36, -0.43),
        sky=0.30,
    ),
)


class Size(NamedTuple):
    """How large an area is, and how much there is in it.

    edge_m : of a square, None for the paper's frame. pixel_m : of the images. patches : of each class, in the order of
    their codes. turbines : of the wind farm. largest_m2 : no patch is larger. relief_m : from the lowest to the highest
    ground.
    """

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
        if self.size.edge_m is None:
            return _paper_rectangle()
        west, south, east, north = to_metres().transform_bounds(*PAPER_FRAME)
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


@cache
def to_metres() -> Transformer:
    """From degrees (longitude, latitude) to EPSG:4544. PROJ takes a tenth of a second to find the way."""
    return Transformer.from_crs("EPSG:4326", OPTICAL_CRS, always_xy=True)


@cache
def to_degrees() -> Transformer:
    """From EPSG:4544 to degrees (longitude, latitude)."""
    return Transformer.from_crs(OPTICAL_CRS, "EPSG:4326", always_xy=True)


def _paper_rectangle() -> Bounds:
    """The largest upright rectangle, in whole tens of metres, inside the paper's frame.

    The frame's own sides are not quite upright in metres.
    """
    transform = to_metres().transform
    west, south, east, north = PAPER_FRAME
    south_west, north_west = transform(west, south), transform(west, north)
    south_east, north_east = transform(east, south), transform(east, north)
    return Bounds(
        10.0 * math.ceil(max(south_west[0], north_west[0]) / 10.0),
        10.0 * math.ceil(max(south_west[1], south_east[1]) / 10.0),
        10.0 * math.floor(min(south_east[0], north_east[0]) / 10.0),
        10.0 * math.floor(min(north_west[1], north_east[1]) / 10.0),
    )
