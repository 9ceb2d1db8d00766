"""A land-cover map at 10 m as ESA's WorldCover is: its codes, its grid, and errors of its kind.

The ground is blurred by the sensor's look and disturbed class by class; what is strongest in a pixel is mapped.
Single buildings, small ponds and narrow roads are lost, settlements come out too wide, mines are taken for
built-up ground here and there, and dry grass and bare ground change places.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.features import rasterize
from scipy.ndimage import gaussian_filter, map_coordinates
from shapely.geometry.base import BaseGeometry

from engine.grid import Grid
from engine.raster import write_cog
from engine.simulate.frame import LAND_COVER_PIXEL_DEG, Frame, to_degrees, to_metres
from engine.simulate.noise import Field, fractal, smooth
from engine.simulate.plan import Cover, Plan
from engine.simulate.terrain import Terrain

Codes = NDArray[np.uint8]

# In the order in which ties are settled; sand is coded as bare ground.
CODES = np.array([Cover.BARE, Cover.STEPPE, Cover.SHRUB, Cover.FIELD, Cover.BUILT, Cover.WATER], np.uint8)
NAMES = {20: "shrubland", 30: "grassland", 40: "cropland", 50: "built-up", 60: "bare / sparse vegetation", 80: "water"}

# Fine pixels to one of the map, along each axis, in which the ground is drawn.
_FINE = 3
_MARGIN = 12  # pixels of the map beyond the frame
_DEGREE_M = 111_195.0
# Standard deviation of the look in pixels of the map: features of 20-30 m merge.
_LOOK = 1.15
# Standard deviation of each class's disturbance, by CODES, and of its boundaries' displacement in pixels of the map.
_DISTURBED = np.array([0.21, 0.19, 0.24, 0.10, 0.10, 0.08], np.float32)
_DISPLACED = 0.7
# How much of each class natural ground of any kind looks like: dry grass, shrubs and bare ground are much alike.
_ALIKE = np.array([0.55, 0.55, 0.3, 0, 0, 0], np.float32)
# What a class's strength is multiplied by: settlements come out too wide, and water too small.
_GAIN = np.array([1.0, 0.92, 0.88, 1.05, 1.7, 0.85], np.float32)
# Share of the patches that are taken for built-up ground or for cropland in part, and of the turbines' pads.
_BUILT_PATCHES, _FIELD_PATCHES, _BUILT_PADS = 0.15, 0.04, 0.3


def cover_grid(frame: Frame) -> Grid:
    """Pixels of 1/12000°, on whole multiples of it as WorldCover's are, over the whole frame."""
    west, south, east, north = frame.optical_grid.bounds_lonlat
    step = LAND_COVER_PIXEL_DEG
    first_col, last_col = int(np.floor(west / step)), int(np.ceil(east / step))
    first_row, last_row = int(np.floor(-north / step)), int(np.ceil(-south / step))
    transform = Affine(step, 0, first_col * step, 0, -step, -first_row * step)
    return Grid(CRS.from_epsg(4326), transform, (last_row - first_row, last_col - first_col))


def true_cover(plan: Plan, terrain: Terrain) -> Codes:
    """What covers most of each pixel of `cover_grid`, in WorldCover's codes."""
    return _strongest(_shares(_ground(plan, terrain)))


def mapped_cover(plan: Plan, terrain: Terrain) -> Codes:
    """The map, on `cover_grid`."""
    frame = plan.frame
    shares = _shares(_taken_for(_ground(plan, terrain), plan))
    y, x = _axes(frame, (shares.shape[1], shares.shape[2]))
    at_rows, at_cols = np.indices(shares.shape[1:], np.float32)
    rows = at_rows + _DISPLACED * smooth(frame.stream("cover", "rows"), x, y, 45.0)
    cols = at_cols + _DISPLACED * smooth(frame.stream("cover", "cols"), x, y, 45.0)
    moved = np.stack(
        [map_coordinates(gaussian_filter(share, _LOOK), [rows, cols], order=1, mode="nearest") for share in shares]
    )
    natural = moved[:3].sum(axis=0)
    strengths = np.empty_like(shares)
    for at, gain in enumerate(_GAIN):
        speckle = fractal(frame.stream("cover", "speckle", at), x, y, 28.0, 3, persistence=0.8)
        seen = np.maximum(moved[at], _ALIKE[at] * natural)
        strengths[at] = gain * seen + _DISTURBED[at] * speckle * (seen > 0.02)
    return _strongest(strengths)


def write_land_cover(plan: Plan, terrain: Terrain, path: Path) -> None:
    """Write the map as a cloud-optimised GeoTIFF of codes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_cog(path, mapped_cover(plan, terrain), cover_grid(plan.frame), nodata=0, unit="code", name="land cover")


def _strongest(strengths: Field) -> Codes:
    """The code of the strongest class in each pixel, without the margin."""
    codes: Codes = CODES[strengths.argmax(axis=0)]
    return codes[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]


def _fine_grid(frame: Frame) -> Grid:
    """`cover_grid` with its margin, in fine pixels."""
    grid = cover_grid(frame)
    transform = grid.transform @ Affine.translation(-_MARGIN, -_MARGIN) @ Affine.scale(1 / _FINE)
    return Grid(grid.crs, transform, (_FINE * (grid.rows + 2 * _MARGIN), _FINE * (grid.cols + 2 * _MARGIN)))


def _axes(frame: Frame, shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places of the margined map's rows, northwards, and columns in m from the equator and Greenwich, for noise."""
    grid = cover_grid(frame)
    step, across = LAND_COVER_PIXEL_DEG * _DEGREE_M, np.cos(np.radians(grid.transform.f))
    rows = (grid.transform.f / LAND_COVER_PIXEL_DEG + _MARGIN - np.arange(shape[0])) * step
    cols = (grid.transform.c / LAND_COVER_PIXEL_DEG - _MARGIN + np.arange(shape[1])) * step * across
    return np.asarray(rows, np.float64), np.asarray(cols, np.float64)


def _ground(plan: Plan, terrain: Terrain) -> Codes:
    """What the ground is, in fine pixels: plants by the terrain, and on them what men and water have made (2020)."""
    grid = _fine_grid(plan.frame)
    codes = _plants(plan.frame, terrain, grid)
    roads = [road.line.buffer(road.width_m / 2) for road in plan.roads]
    bare = [patch.ground for patch in plan.patches] + [turbine.pad for turbine in plan.turbines]
    for shapes, cover in (
        ([plan.sand], Cover.BARE),
        (list(plan.fields), Cover.FIELD),
        ([plan.village], Cover.BUILT),
        ([shape for shape, road in zip(roads, plan.roads, strict=True) if not road.paved], Cover.BARE),
        ([shape for shape, road in zip(roads, plan.roads, strict=True) if road.paved], Cover.BUILT),
        ([building.buffer(4.0) for building in plan.buildings], Cover.BUILT),
        (list(plan.ponds), Cover.WATER),
        (bare, Cover.BARE),
    ):
        _burn(codes, shapes, cover, grid)
    return codes


def _plants(frame: Frame, terrain: Terrain, grid: Grid) -> Codes:
    """Bare ground on the mountains, dry grass on the fans and the plain, shrubs in hollows."""
    shape = grid.rows // _FINE, grid.cols // _FINE
    north, east = _axes(frame, shape)
    cols, rows = (np.arange(shape[1]) + 0.5) * _FINE, (np.arange(shape[0]) + 0.5) * _FINE
    lon, lat = np.meshgrid(grid.transform.c + cols * grid.transform.a, grid.transform.f + rows * grid.transform.e)
    x, y = to_metres().transform(lon, lat)
    high, steep = (terrain.sample_of(lattice, x, y) for lattice in (terrain.mountains, terrain.slope))
    dry = fractal(frame.stream("cover", "dry"), east, north, 420.0, 5)
    hollow = fractal(frame.stream("cover", "hollow"), east, north, 260.0, 4)
    codes = np.where(2.4 * (high - 0.3) + 1.5 * steep + 0.5 * dry > 0, Cover.BARE, Cover.STEPPE)
    codes[(hollow - 1.2 * np.abs(high - 0.35) - 0.8 * steep > 0.95)] = Cover.SHRUB
    return codes.astype(np.uint8).repeat(_FINE, axis=0).repeat(_FINE, axis=1)


def _burn(codes: Codes, shapes: Sequence[BaseGeometry], cover: Cover, grid: Grid) -> None:
    """Draw shapes of EPSG:4544 onto codes, in place."""
    placed = [
        shapely.transform(shape, to_degrees().transform, interleaved=False) for shape in shapes if not shape.is_empty
    ]
    if placed:
        rasterize(placed, out=codes, transform=grid.transform, default_value=int(cover))


def _shares(fine: Codes) -> Field:
    """Of each of CODES in each pixel of the map, shape (codes, rows, cols)."""
    rows, cols = fine.shape[0] // _FINE, fine.shape[1] // _FINE
    shares = np.empty((len(CODES), rows, cols), np.float32)
    for at, code in enumerate(CODES):
        shares[at] = (fine == code).reshape(rows, _FINE, cols, _FINE).mean(axis=(1, 3), dtype=np.float32)
    return shares


def _taken_for(codes: Codes, plan: Plan) -> Codes:
    """The ground as the classifier sees it: some mines are built-up or cropland in part, some pads built-up."""
    chance, grid = plan.frame.chance("cover", "mistaken"), _fine_grid(plan.frame)
    order, count = chance.permutation(len(plan.patches)), len(plan.patches)
    built, field = (max(1, round(share * count)) for share in (_BUILT_PATCHES, _FIELD_PATCHES))
    _burn(codes, [_part(plan.patches[at].ground, chance) for at in order[:built]], Cover.BUILT, grid)
    _burn(codes, [_part(plan.patches[at].ground, chance) for at in order[built : built + field]], Cover.FIELD, grid)
    pads = [turbine.pad.buffer(6.0) for turbine in plan.turbines if chance.random() < _BUILT_PADS]
    _burn(codes, pads, Cover.BUILT, grid)
    return codes


def _part(ground: BaseGeometry, chance: np.random.Generator) -> BaseGeometry:
    """Some of a patch, round a place on its edge."""
    edge = ground.boundary.interpolate(chance.uniform(), normalized=True)
    return ground.intersection(edge.buffer(chance.uniform(0.6, 1.2) * float(np.sqrt(ground.area))))
