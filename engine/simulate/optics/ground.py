"""The ground that no mine has touched: rock by lithology, debris, steppe, sand, washes; and what people built on it."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from shapely import LineString, box
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from engine.simulate.frame import Epoch
from engine.simulate.noise import Field, uniform
from engine.simulate.optics.view import Window, smoothstep
from engine.simulate.plan import Plan
from engine.simulate.terrain import SEQUENCE, Terrain, stratum_at

Colour = tuple[float, float, float, float]

# Reflectances in red, green, blue, near infrared.
_ROCK: dict[str, Colour] = {
    "sandstone": (0.278, 0.252, 0.214, 0.302),
    "coal measures": (0.186, 0.170, 0.148, 0.206),
    "limestone": (0.292, 0.274, 0.240, 0.312),
    "red beds": (0.268, 0.200, 0.154, 0.300),
    "marl": (0.338, 0.304, 0.250, 0.366),
    "shale": (0.176, 0.163, 0.144, 0.194),
}
_DEBRIS: Colour = (0.252, 0.216, 0.170, 0.286)
_GRAVEL: Colour = (0.276, 0.240, 0.192, 0.306)
_STEPPE: Colour = (0.148, 0.142, 0.092, 0.252)
_SAND: Colour = (0.392, 0.326, 0.232, 0.440)
_WASH: Colour = (0.330, 0.292, 0.234, 0.358)
_WATER: Colour = (0.052, 0.074, 0.078, 0.036)
_ASPHALT: Colour = (0.150, 0.148, 0.144, 0.166)
_TRACK: Colour = (0.318, 0.280, 0.226, 0.344)
_YARD: Colour = (0.262, 0.232, 0.192, 0.286)
_ROOFS: tuple[Colour, ...] = ((0.300, 0.150, 0.120, 0.320), (0.180, 0.220, 0.300, 0.260), (0.420, 0.410, 0.400, 0.420), (0.240, 0.230, 0.215, 0.250))  # fmt: skip
_CROPS: tuple[Colour, ...] = ((0.214, 0.182, 0.142, 0.246), (0.296, 0.262, 0.190, 0.330), (0.082, 0.112, 0.066, 0.372), (0.130, 0.142, 0.086, 0.300))  # fmt: skip
# How green the steppe is in May and in November.
_GREEN = (0.62, 0.34)


class Surface:
    """Reflectance (4, rows, cols) and height above the sea (m) of a window, drawn over from the ground up."""

    def __init__(self, window: Window, reflectance: Field, height: Field) -> None:
        self.window, self.reflectance, self.height = window, reflectance, height

    def paint(self, colour: Colour | Field, cover: Field, place: tuple[slice, slice] | None = None) -> None:
        """Lay a colour over what is there; cover : 0 to 1."""
        rows, cols = place or (slice(None), slice(None))
        under = self.reflectance[:, rows, cols]
        over = np.asarray(colour, np.float32)
        over = over[:, None, None] if over.ndim == 1 else over
        under += cover * (over - under)

    def shade(self, factor: Field, place: tuple[slice, slice] | None = None) -> None:
        rows, cols = place or (slice(None), slice(None))
        self.reflectance[:, rows, cols] *= factor


def natural_ground(window: Window, terrain: Terrain, season: int) -> Surface:
    """Rock, debris, steppe and washes. season : 0 in 2019, 1 in 2021."""
    height = terrain.window(terrain.height, window.x, window.y)
    mountains = terrain.window(terrain.mountains, window.x, window.y)
    slope = terrain.window(terrain.slope, window.x, window.y)
    across = terrain.window(terrain.across_strike, window.x, window.y)
    broad, middle, small = window.noise("broad", 160.0), window.noise("middle", 26.0), window.noise("small", 6.0)

    exposure = np.clip(0.10 + 0.34 * mountains + 1.1 * slope * mountains + 0.16 * broad + 0.15 * middle, 0, 0.95)
    beds = across + 5.0 * middle + 2.0 * small
    rock = np.array([_ROCK[stratum.name] for stratum in SEQUENCE], np.float32)[stratum_at(beds)]
    layers = _courses(beds, 7.0, window.frame.stream("thin beds")) + _courses(
        beds, 23.0, window.frame.stream("thick beds")
    )
    rock = np.moveaxis(rock, -1, 0) * (1 + 0.15 * layers)

    loose = mountains[None] * _bands(_DEBRIS) + (1 - mountains)[None] * _bands(_GRAVEL)
    colour = loose + exposure * (rock - loose)
    green = np.clip(0.34 + 0.20 * broad + 0.16 * window.noise("pasture", 55.0) - 0.5 * exposure, 0, 0.9)
    tufts = smoothstep(0.1, 1.3, window.noise("tufts", 3.2) + 1.1 * green)
    surface = Surface(window, colour.astype(np.float32), height.astype(np.float32))
    surface.paint(_STEPPE, np.float32(_GREEN[season]) * green * (0.35 + 0.65 * tufts))

    # Water has cut where ground drains together: narrow gullies in the mountains, broad sandy washes on the fans.
    drained = terrain.window(terrain.drainage, window.x, window.y) + 0.25 * small + 0.2 * middle
    cut = smoothstep(2.3, 4.2, drained) * smoothstep(0.03, 0.14, slope)
    surface.paint(_WASH, 0.42 * cut)
    surface.height += 1.1 * window.noise("knolls", 12.0) * exposure + 0.35 * small * exposure - 1.8 * cut
    surface.paint(_WASH, 0.6 * smoothstep(3.4, 5.2, drained) * (1 - 0.6 * mountains))
    grain = 0.055 * window.noise("grain", 2.0) + 0.05 * small + 0.045 * middle + 0.07 * broad
    moisture = 0.05 * window.noise(f"moisture {season}", 330.0)
    surface.shade(np.exp(grain + moisture))
    return surface


def _courses(across: Field, thickness: float, stream: int) -> Field:
    """Beds of some thickness, each of its own shade (−1 to 1), with soft edges; same shape as `across`."""
    at = across / np.float32(thickness)
    bed = np.floor(at).astype(np.int64)
    first = int(bed.min())
    shades = uniform(stream, np.zeros(1, np.int64), np.arange(first, int(bed.max()) + 2))[0] * 2 - 1
    part = smoothstep(0.3, 0.7, (at - bed).astype(np.float32))
    return shades[bed - first] * (1 - part) + shades[bed - first + 1] * part


def _bands(colour: Colour) -> Field:
    return np.array(colour, np.float32)[:, None, None]


class Settlement:
    """What people built, and the sand that drifts over all; found by place."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._roads = [road.line.buffer(road.width_m / 2) for road in plan.roads]
        self._near_roads, self._near_houses, self._near_fields = (STRtree(shapes) for shapes in (self._roads, plan.buildings, plan.fields))  # fmt: skip

    def sand(self, surface: Surface, season: int) -> None:
        window = surface.window
        chip = window.chip(self._plan.sand, 90.0)
        if chip is None:
            return
        cover = 0.92 * smoothstep(
            -22.0, 26.0, chip.inside + 16 * chip.noise("sand edge", 26.0) + 7 * chip.noise("small", 6.0)
        )
        dunes = chip.noise(f"dunes {season}", 22.0, 0.6)
        ripples = chip.noise(f"ripples {season}", 5.0, 0.5)
        surface.paint(_SAND, cover, chip.slices)
        surface.shade(1 + cover * (0.05 * ripples + 0.04 * dunes), chip.slices)
        surface.height[chip.slices] += cover * (2.2 * dunes + 0.25 * ripples)

    def fields(self, surface: Surface, season: int) -> None:
        window = surface.window
        near = self._shapes(self._near_fields, window, self._plan.fields)
        if not near:
            return
        numbers = window.numbers([shape for _, shape in near])
        chance = [self._plan.frame.chance("field", index, season) for index, _ in near]
        crops = np.array([_CROPS[int(one.choice(4, p=(0.34, 0.26, 0.22, 0.18) if season == 0 else (0.5, 0.32, 0.04, 0.14)))] for one in chance], np.float32)  # fmt: skip
        shade = np.exp(np.array([one.normal(0, 0.10) for one in chance], np.float32))
        colours = np.concatenate([np.zeros((1, 4), np.float32), crops * shade[:, None]])
        rows = 0.06 * np.sin((window.y[:, None] + 0.2 * window.x[None, :]).astype(np.float64) * (2 * np.pi / 5.2)).astype(np.float32)  # fmt: skip
        cover = (numbers > 0).astype(np.float32)
        surface.paint(np.moveaxis(colours[numbers], -1, 0), 0.93 * cover)
        surface.shade(1 + cover * (rows + 0.06 * window.noise("soil", 9.0)))

    def roads(self, surface: Surface) -> None:
        window = surface.window
        near = self._shapes(self._near_roads, window, self._roads)
        numbers = window.numbers([shape for _, shape in near])
        paved = np.array([False, *(self._plan.roads[index].paved for index, _ in near)])[numbers]
        for colour, there in ((_TRACK, (numbers > 0) & ~paved), (_ASPHALT, paved)):
            if there.any():
                cover = gaussian_filter(there.astype(np.float32), 0.8 / window.pixel)
                worn = 0.92 if colour is _ASPHALT else np.clip(0.5 + 0.25 * window.noise("wear", 18.0), 0.15, 0.95)
                surface.paint(colour, cover * worn)

    def village(self, surface: Surface, season: int) -> None:
        window = surface.window
        chip = window.chip(self._plan.village, 20.0)
        if chip is not None:
            cover = 0.75 * smoothstep(-6.0, 6.0, chip.inside + 4 * chip.noise("middle", 26.0))
            surface.paint(_YARD, cover, chip.slices)
            surface.shade(1 + cover * 0.09 * chip.noise("yards", 11.0), chip.slices)
        near = self._shapes(self._near_houses, window, self._plan.buildings)
        if near:
            numbers = window.numbers([shape for _, shape in near])
            roofs = np.array([_ROOFS[self._plan.frame.chance("roof", index).choice(4, p=(0.4, 0.15, 0.2, 0.25))] for index, _ in near], np.float32)  # fmt: skip
            colours = np.concatenate([np.zeros((1, 4), np.float32), roofs])
            surface.paint(np.moveaxis(colours[numbers], -1, 0), 0.95 * (numbers > 0))
            surface.height += np.float32(4.5) * (numbers > 0)

    def ponds(self, surface: Surface) -> None:
        for pond in self._plan.ponds:
            chip = surface.window.chip(pond, 12.0)
            if chip is not None:
                surface.paint(_WASH, 0.5 * smoothstep(-9.0, 0.0, chip.inside), chip.slices)
                surface.paint(_WATER, smoothstep(-1.0, 1.5, chip.inside), chip.slices)

    def turbines(self, surface: Surface, epoch: Epoch, season: int) -> NDArray[np.bool_]:
        """Draw masts and rotors; returns where their shadows fall."""
        window, masts, shadows = surface.window, [], []
        west, south, east, north = window.bounds
        for turbine in self._plan.turbines:
            x, y = turbine.place.x, turbine.place.y
            if not (west - 400 < x < east + 400 and south - 400 < y < north + 400) or (
                season == 0 and not turbine.built_by_2019
            ):
                continue
            leaning = np.tan(np.radians(epoch.view_tilt)), epoch.view_azimuth + 180
            falling = 1 / np.tan(np.radians(epoch.sun_elevation)), epoch.sun_azimuth + 180
            turn = turbine.phase + 47.0 * season
            for shapes, (stretch, azimuth), width in ((masts, leaning, 2.6), (shadows, falling, 3.2)):
                shapes += _projected(x, y, turbine.hub_m, turbine.rotor_m, turn, stretch, azimuth, width)
        surface.paint((0.62, 0.62, 0.61, 0.60), 0.9 * (window.numbers(masts) > 0))
        return window.numbers(shadows) > 0

    @staticmethod
    def _shapes(tree: STRtree, window: Window, shapes: list[BaseGeometry] | tuple[BaseGeometry, ...]) -> list[tuple[int, BaseGeometry]]:  # fmt: skip
        return [(int(index), shapes[index]) for index in np.sort(tree.query(box(*window.bounds)))]


def _projected(
    x: float, y: float, hub: float, rotor: float, turn: float, stretch: float, azimuth: float, width: float
) -> list[BaseGeometry]:
    """Mast and three blades as they fall on level ground: a height goes `stretch` times as far towards `azimuth`."""
    away = np.radians(90 - azimuth)
    east, north = np.cos(away) * stretch, np.sin(away) * stretch
    top = x + hub * east, y + hub * north
    shapes: list[BaseGeometry] = [
        LineString([(x, y), top]).buffer(width / 2 + 0.4),
        LineString([(x, y), top]).buffer(0.6),
    ]
    facing = np.radians(20.0)  # the rotor's plane, against the north-west wind
    for blade in range(3):
        angle = np.radians(turn + 120 * blade)
        sideways, up = rotor * np.sin(angle), rotor * np.cos(angle)
        tip = top[0] + sideways * np.cos(facing) + up * east, top[1] + sideways * np.sin(facing) + up * north
        shapes.append(LineString([top, tip]).buffer(width / 3))
    return shapes
