"""The images of both years: ground, what looks like mines, mines; then light, air and sensor. By windows."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from shapely import box
from shapely.strtree import STRtree

from engine.blocks import Workers, map_blocks
from engine.grid import Block
from engine.raster import start_cog
from engine.simulate.frame import EPOCHS, Epoch, Frame
from engine.simulate.lattice import overlapping
from engine.simulate.noise import Field, normal
from engine.simulate.optics.bodies import draw_confuser, draw_patch
from engine.simulate.optics.ground import Settlement, Surface, natural_ground
from engine.simulate.optics.view import Window
from engine.simulate.plan import Plan
from engine.simulate.planning.layout import make_plan
from engine.simulate.terrain import Terrain

BANDS = ("red", "green", "blue", "nir")
_BLOCK = 1024  # pixels
# As far as relief of mines, houses and dunes throws its shadow into a window.
_MARGIN_M = 72.0
# This reflectance fills the sensor's range.
_FULL_SCALE = 0.62
_BLUR_PX = 0.6
_NOISE_DN = 0.9


@dataclass(frozen=True)
class Scene:
    """A plan made ready to be drawn: what lies near a window is found at once."""

    plan: Plan
    terrain: Terrain
    settlement: Settlement
    confusers: STRtree
    patches: STRtree
    sunlight: tuple[Field, ...]

    @staticmethod
    def of(plan: Plan, terrain: Terrain) -> "Scene":
        return Scene(
            plan,
            terrain,
            Settlement(plan),
            STRtree([confuser.outline for confuser in plan.confusers]),
            STRtree([patch.ground for patch in plan.patches]),
            terrain.sunlight,
        )


@lru_cache(maxsize=1)
def scene_of(frame: Frame) -> Scene:
    """Made once in each process: workers are told the frame alone."""
    return Scene.of(*make_plan(frame))


def image_name(day: datetime.date) -> str:
    return f"weining_{day:%Y%m%d}.tif"


def write_images(frame: Frame, folder: Path, *, workers: Workers, count: Callable[[int], Callable[[], None]]) -> None:
    """Write one image a year (uint8, red, green, blue, nir) as cloud-optimised GeoTIFF."""
    grid = frame.optical_grid
    blocks = list(grid.blocks(_BLOCK))
    advance = count(len(EPOCHS) * len(blocks))
    for season, epoch in enumerate(EPOCHS):
        draw = partial(_draw_block, frame=frame, season=season)
        path = folder / image_name(epoch.date)
        with start_cog(path, grid, dtype="uint8", nodata=None, unit="1", names=BANDS) as write:
            for block, arrays in map_blocks(draw, blocks, workers=workers):
                write(block, arrays["image"])
                advance()


def _draw_block(block: Block, *, frame: Frame, season: int) -> dict[str, NDArray[np.uint8]]:
    return {"image": draw_image(scene_of(frame), block, season)}


def draw_image(scene: Scene, block: Block, season: int) -> NDArray[np.uint8]:
    """One block of an image, shape (4, rows, cols)."""
    epoch, frame = EPOCHS[season], scene.plan.frame
    window, own = _window(frame, block, epoch)
    surface = _draw_ground(scene, window, season)
    fallen = scene.settlement.turbines(surface, epoch, season)
    light = _light(scene, surface, fallen, epoch, scene.sunlight[season])
    seen = gaussian_filter(surface.reflectance * light, (0, _BLUR_PX, _BLUR_PX))[(slice(None), *own)]
    return _sense(seen, block, frame, epoch, season)


def _window(frame: Frame, block: Block, epoch: Epoch) -> tuple[Window, tuple[slice, slice]]:
    """The ground that a block shows, with a margin; and where in it the block lies."""
    pixel, bounds = frame.size.pixel_m, frame.bounds
    more = int(np.ceil(_MARGIN_M / pixel))
    cols = np.arange(block.col0 - more, block.col1 + more) + 0.5
    rows = np.arange(block.row0 - more, block.row1 + more) + 0.5
    east, north = epoch.shift_m
    x = np.asarray(bounds.west + pixel * cols - east, np.float64)
    y = np.asarray(bounds.north - pixel * rows - north, np.float64)
    window = Window(frame, x, y)
    return window, (slice(more, -more), slice(more, -more))


def _draw_ground(scene: Scene, window: Window, season: int) -> Surface:
    """What lies in a window, from the ground up, later works over earlier ones."""
    surface = natural_ground(window, scene.terrain, season)
    frame = box(*window.bounds).buffer(60)  # rims and dust reach beyond the outlines
    for index in np.sort(scene.confusers.query(frame)):
        draw_confuser(surface, scene.plan.frame, scene.terrain, scene.plan.confusers[index], season)
    scene.settlement.sand(surface, season)
    scene.settlement.fields(surface, season)
    scene.settlement.ponds(surface)
    scene.settlement.roads(surface)
    for index in np.sort(scene.patches.query(frame)):
        draw_patch(surface, scene.plan.frame, scene.plan.patches[index], season)
    scene.settlement.village(surface)
    return surface


def _light(scene: Scene, surface: Surface, fallen: NDArray[np.bool_], epoch: Epoch, sunlight: Field) -> Field:
    """Light on each pixel as a share of that on level ground in the sun, shape (rows, cols).

    fallen : where turbines throw their shadows. sunlight : past the terrain, on its lattice.
    """
    window, rise = surface.window, np.radians(epoch.sun_elevation)
    towards = np.radians(epoch.sun_azimuth)
    south, east = np.gradient(surface.height, window.pixel)
    # Of the surface's normal (−∂h/∂east, −∂h/∂north, 1) on the direction to the sun.
    facing = (-east * np.sin(towards) + south * np.cos(towards)) * np.cos(rise) + np.sin(rise)
    facing = np.clip(facing / np.sqrt(1 + south**2 + east**2), 0, None) / np.sin(rise)
    lit = scene.terrain.window(sunlight, window.x, window.y)
    lit = np.clip(lit, 0, 1) * _unshaded(surface.height, window.pixel, epoch) * ~fallen
    # Hollows see less of the sky.
    hollow = surface.height - gaussian_filter(surface.height, 9.0 / window.pixel)
    sky = np.clip(1 + 0.05 * hollow, 0.55, 1.15)
    light: Field = (np.float32(epoch.sky) * sky + np.float32(1 - epoch.sky) * lit * facing).astype(np.float32)
    return light


def _unshaded(height: Field, pixel: float, epoch: Epoch) -> Field:
    """0 where something within the margin stands before the sun, 1 elsewhere."""
    rise, towards = np.tan(np.radians(epoch.sun_elevation)), np.radians(epoch.sun_azimuth)
    clear = np.full(height.shape, 1.0, np.float32)
    distance = 1.6 * pixel
    while distance < _MARGIN_M - pixel:
        down, right = round(-distance * np.cos(towards) / pixel), round(distance * np.sin(towards) / pixel)
        here, there = overlapping(height.shape, down, right)
        over = height[here] + np.float32(np.hypot(down, right) * pixel * rise) - height[there]
        np.minimum(clear[here], over, out=clear[here])
        distance *= 1.22
    unshaded: Field = np.clip(0.5 + clear, 0, 1)
    return unshaded


def _sense(seen: Field, block: Block, frame: Frame, epoch: Epoch, season: int) -> NDArray[np.uint8]:
    """Air and sensor: haze, gain, a little noise, eight bits; 1 is the least value, 0 would be no data."""
    rows, cols = np.arange(block.row0, block.row1), np.arange(block.col0, block.col1)
    values = np.empty(seen.shape, np.float32)
    for band in range(len(BANDS)):
        haze, gain = np.float32(epoch.haze[band]), np.float32(epoch.gain[band])
        values[band] = 255 * gain * (seen[band] * (1 - haze) + haze * np.float32(0.8)) / np.float32(_FULL_SCALE)
        values[band] += np.float32(_NOISE_DN) * normal(frame.stream("sensor", season, band), rows, cols)
    return np.clip(np.rint(values), 1, 255).astype(np.uint8)
