"""Where pixels lie: the grid of a raster, and its division into blocks."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from engine.errors import InputError

_WIDEST = 180  # degrees of longitude; what says more goes round a pole
_FARTHEST = 360  # degrees of longitude that anybody writes

WGS84 = Geod(ellps="WGS84")
Degrees = NDArray[np.float64]


def geodesic_area(geometry: BaseGeometry) -> float:
    """Area in m² on the ellipsoid of a (multi)polygon in longitude and latitude."""
    # pyproj sums the rings' signed areas, so that they must wind as the standard has it: holes against their shells.
    return abs(float(WGS84.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))


class Pixel(NamedTuple):
    """Row and column, counted from the upper left, from 0."""

    row: int
    col: int


class LonLat(NamedTuple):
    """Longitude and latitude in degrees, WGS 84."""

    lon: float
    lat: float


class Bounds(NamedTuple):
    """West, south, east, north in the units of a CRS."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Block:
    """A rectangle of pixels: rows `row0` to `row1`, columns `col0` to `col1`, ends excluded."""

    row0: int
    row1: int
    col0: int
    col1: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.row1 - self.row0, self.col1 - self.col0

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.row0, self.row1), slice(self.col0, self.col1)

    def widened(self, margin: int, shape: tuple[int, ...]) -> "Block":
        """With so many pixels more on every side, as far as an image of that shape goes."""
        return Block(
            max(self.row0 - margin, 0),
            min(self.row1 + margin, shape[0]),
            max(self.col0 - margin, 0),
            min(self.col1 + margin, shape[1]),
        )

    def within(self, other: "Block") -> tuple[slice, slice]:
        """Slices of another block's array that cover what both have in common; empty ones where that is nothing."""
        row0, col0 = max(self.row0 - other.row0, 0), max(self.col0 - other.col0, 0)
        return slice(row0, max(self.row1 - other.row0, row0)), slice(col0, max(self.col1 - other.col0, col0))

    @property
    def name(self) -> str:
        return f"{self.row0}-{self.row1}_{self.col0}-{self.col1}"


def cover(shape: tuple[int, int], size: int) -> Iterator[Block]:
    """Cover an image by squares of `size` pixels, cut at its edges, row by row."""
    rows, cols = shape
    for row in range(0, rows, size):
        for col in range(0, cols, size):
            yield Block(row, min(row + size, rows), col, min(col + size, cols))


@dataclass(frozen=True)
class Grid:
    """A raster's coordinate reference system, affine transform and shape (rows, columns).

    The transform maps (column, row) of a pixel's upper left corner to x, y, as in GDAL.
    """

    crs: CRS
    transform: Affine
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        if self.shape[0] < 1 or self.shape[1] < 1:
            raise ValueError(f"a grid needs at least one pixel, not {self.shape}")

    @property
    def rows(self) -> int:
        return self.shape[0]

    @property
    def cols(self) -> int:
        return self.shape[1]

    @cached_property
    def bounds(self) -> Bounds:
        corners = [self.transform @ (col, row) for col in (0, self.cols) for row in (0, self.rows)]
        xs, ys = zip(*corners, strict=True)
        return Bounds(min(xs), min(ys), max(xs), max(ys))

    @property
    def square_pixel_m(self) -> float:
        """Edge of a square as large as a pixel in the middle of the grid, metres."""
        return math.sqrt(math.prod(self.pixel_size))

    @cached_property
    def bounds_lonlat(self) -> Bounds:
        """The frame in degrees, WGS 84; west is the larger number where it crosses the antimeridian, which no area may
        (`require_one_side`).
        """
        return Bounds(*self._to_lonlat.transform_bounds(*self.bounds))

    @cached_property
    def _to_lonlat(self) -> Transformer:
        return Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)

    @cached_property
    def _from_lonlat(self) -> Transformer:
        return Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)

    def matches(self, other: "Grid") -> bool:
        """Whether both lay the same pixels, to a thousandth of a pixel."""
        if self.shape != other.shape or self.crs != other.crs:
            return False
        there = ~self.transform @ other.transform
        corners = [(0, 0), (self.cols, 0), (0, self.rows), (self.cols, self.rows)]
        return all(math.dist(there @ corner, corner) < 1e-3 for corner in corners)

    def pixel_at(self, place: LonLat) -> Pixel | None:
        """The pixel that holds a place, or None outside the frame."""
        x, y = self._from_lonlat.transform(place.lon, place.lat)
        col, row = ~self.transform @ (x, y)
        pixel = Pixel(math.floor(row), math.floor(col))
        inside = 0 <= pixel.row < self.rows and 0 <= pixel.col < self.cols
        return pixel if inside else None

    def lonlat(self, pixel: Pixel) -> LonLat:
        """The centre of a pixel."""
        return LonLat(*self._to_lonlat.transform(*(self.transform @ (pixel.col + 0.5, pixel.row + 0.5))))

    def places(self, rows: NDArray[np.integer], cols: NDArray[np.integer]) -> tuple[Degrees, Degrees]:
        """Longitude and latitude of the centres of pixels, by row and column, of the shape that both spread to."""
        a, b, c, d, e, f = list(self.transform)[:6]
        x, y = cols + 0.5, rows + 0.5
        lon, lat = self._to_lonlat.transform(a * x + b * y + c, d * x + e * y + f)
        return np.asarray(lon), np.asarray(lat)

    @cached_property
    def pixel_size(self) -> tuple[float, float]:
        """Height and width of a pixel in metres, in the middle of the grid."""
        middle = self.transform @ (self.cols / 2, self.rows / 2)
        below = (middle[0] + self.transform.b, middle[1] + self.transform.e)
        beside = (middle[0] + self.transform.a, middle[1] + self.transform.d)
        xs, ys = zip(middle, below, beside, strict=True)
        lon, lat = self._to_lonlat.transform(xs, ys)
        height = WGS84.inv(lon[0], lat[0], lon[1], lat[1])[2]
        width = WGS84.inv(lon[0], lat[0], lon[2], lat[2])[2]
        return float(height), float(width)

    def around(self, pixel: Pixel, radius_m: float) -> tuple[Block, NDArray[np.bool_]]:
        """The block that holds all pixels within a distance of one, and which of it they are, shape of the block."""
        height, width = self.pixel_size
        rows, cols = int(radius_m / height), int(radius_m / width)
        block = Block(
            max(pixel.row - rows, 0),
            min(pixel.row + rows + 1, self.rows),
            max(pixel.col - cols, 0),
            min(pixel.col + cols + 1, self.cols),
        )
        row, col = np.ogrid[block.slices]
        return block, np.hypot((row - pixel.row) * height, (col - pixel.col) * width) <= radius_m

    @cached_property
    def pixel_area(self) -> NDArray[np.float64]:
        """Geodesic area of one pixel in m², one value for each row (taken in the middle column)."""
        areas = np.empty(self.rows)
        col = self.cols / 2
        for row in range(self.rows):
            ring = [(col, row), (col + 1, row), (col + 1, row + 1), (col, row + 1)]
            xs, ys = zip(*(self.transform @ corner for corner in ring), strict=True)
            lon, lat = self._to_lonlat.transform(xs, ys)
            areas[row] = abs(WGS84.polygon_area_perimeter(lon, lat)[0])
        return areas

    def blocks(self, size: int) -> Iterator[Block]:
        """Cover the grid by squares of `size` pixels, cut at its edges, row by row."""
        return cover(self.shape, size)

    def describe(self) -> dict[str, Any]:
        """As JSON: CRS (authority code where it has one, else WKT), six transform terms, shape."""
        authority = self.crs.to_authority()
        crs = ":".join(authority) if authority else self.crs.to_wkt()
        return {"crs": crs, "transform": list(self.transform)[:6], "shape": list(self.shape)}

    @classmethod
    def from_description(cls, description: dict[str, Any]) -> "Grid":
        rows, cols = description["shape"]
        return cls(CRS.from_user_input(description["crs"]), Affine(*description["transform"]), (rows, cols))


def lies_nowhere(crs: str, file: Path) -> InputError:
    """For coordinates that cannot be brought to degrees, such as a mine's own metres. crs : its name."""
    return InputError(
        f"nothing is known of where '{crs}' lies on Earth",
        file=file,
        field="CRS",
        mend="set the coordinate reference system that its coordinates are in, or georeference it anew",
    )


def require_one_side(grid: Grid, file: Path) -> None:
    """Refuse a raster across the antimeridian, or round a pole: its west lies east of its east, and all that goes by
    bounds in degrees (the map, its tiles, what overlaps what) would be wrong; and one that has no place on Earth.

    Raises
    ------
    InputError
        Naming the file.
    """
    try:
        west, south, east, north = grid.bounds_lonlat
    except ProjError:
        raise lies_nowhere(grid.crs.name, file) from None
    if not (west >= -_FARTHEST and east <= _FARTHEST and south >= -90 and north <= 90):
        x, y = grid.bounds[:2]
        raise InputError(
            f"its coordinates, from {x:.10g}, {y:.10g} on, are none of {grid.crs.name}",
            file=file,
            field="CRS",
            mend="it says the wrong coordinate reference system; set the right one",
        )
    if -180 <= west < east <= 180 and east - west <= _WIDEST:
        return
    raise InputError(
        f"it crosses the antimeridian (180°), or says longitudes beyond it: from {west:.4f}° to {east:.4f}°",
        file=file,
        field="extent",
        mend="cut it at 180° and make an area of each side, with longitudes from -180 to 180",
    )
