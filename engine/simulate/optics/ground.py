"""The ground that no mine has touched: rock by lithology, debris, steppe, sand, washes; and what people built on it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from shapely import LineString, box
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from engine.simulate.frame import Epoch
from engine.simulate.noise import Field, uniform
from engine.simulate.optics.view import Window, smoothstep
from engine.simulate.plan import Plan, Turbine
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
_STEEL: Colour = (0.62, 0.62, 0.61, 0.60)
# Tiles, blue sheet metal, concrete, mud; and the shares of houses that have them.
_ROOFS: tuple[Colour, ...] = (
    (0.300, 0.150, 0.120, 0.320),
    (0.180, 0.220, 0.300, 0.260),
    (0.420, 0.410, 0.400, 0.420),
    (0.240, 0.230, 0.215, 0.250),
)
_ROOFED = (0.4, 0.15, 0.2, 0.25)
# Tilled ground, stubble, a dense crop, a thin one; and their shares in May and in November.
_CROPS: tuple[Colour, ...] = (
    (0.214, 0.182, 0.142, 0.246),
    (0.296, 0.262, 0.190, 0.330),
    (0.082, 0.112, 0.066, 0.372),
    (0.130, 0.142, 0.086, 0.300),
)
_CROPPED = ((0.34, 0.26, 0.22, 0.18), (0.5, 0.32, 0.04, 0.14))
# No turbine's mast or shadow reaches farther.
_THROW_M = 400.0
# How green the steppe is in May and in November.
_GREEN = (0.62, 0.34)


class Surface:
    """Reflectance (4, rows, cols) and height above the sea (m) of a window, drawn over from the ground up."""

    def __init__(self, window: Window, reflectance: Field, height: Field) -> None:
        self.window, self.reflectance, self.height = window, reflectance, height

    def paint(self, colour: Colour | Field, cover: Field, place: tuple[slice, slice] | None = None) -> None:
        """Lay a colour, one or of each pixel, over what is there. cover : 0 to 1, shape (rows, cols) of the place."""
        rows, cols = place or (slice(None), slice(None))
        under = self.reflectance[:, rows, cols]
        over = np.asarray(colour, np.float32)
        over = over[:, None, None] if over.ndim == 1 else over
        under += cover * (over - under)

    def shade(self, factor: Field, place: tuple[slice, slice] | None = None) -> None:
        """Make ground brighter or darker, all bands alike. factor : shape (rows, cols) of the place."""
        rows, cols = place or (slice(None), slice(None))
        self.reflectance[:, rows, cols] *= factor


def natural_ground(window: Window, terrain: Terrain, season: int) -> Surface:
    """Rock, debris, steppe and washes. season : 0 in 2019, 1 in 2021."""
    mountains = terrain.window(terrain.mountains, window.x, window.y)
    slope = terrain.window(terrain.slope, window.x, window.y)
    broad, middle = window.noise("broad", 160.0), window.noise("middle", 26.0)
    exposure = np.clip(0.10 + 0.34 * mountains + 1.1 * slope * mountains + 0.16 * broad + 0.15 * middle, 0, 0.95)
    loose = mountains[None] * _bands(_DEBRIS) + (1 - mountains)[None] * _bands(_GRAVEL)
    colour = loose + exposure * (_rock(window, terrain) - loose)
    height = terrain.window(terrain.height, window.x, window.y)
    surface = Surface(window, colour.astype(np.float32), height.astype(np.float32))
    _grow_steppe(surface, exposure, season)
    _erode(surface, terrain, mountains, slope, exposure)
    _vary(surface, season)
    return surface


def _rock(window: Window, terrain: Terrain) -> Field:
    """Reflectance of the beds that crop out, shape (4, rows, cols)."""
    across = terrain.window(terrain.across_strike, window.x, window.y)
    beds = across + 5.0 * window.noise("middle", 26.0) + 2.0 * window.noise("small", 6.0)
    rock = np.array([_ROCK[stratum.name] for stratum in SEQUENCE], np.float32)[stratum_at(beds)]
    thin, thick = window.frame.stream("thin beds"), window.frame.stream("thick beds")
    layers = _courses(beds, 7.0, thin) + _courses(beds, 23.0, thick)
    return np.asarray(np.moveaxis(rock, -1, 0) * (1 + 0.15 * layers), np.float32)


def _grow_steppe(surface: Surface, exposure: Field, season: int) -> None:
    """Grass in tufts where rock leaves it room. exposure : share of the ground that is rock."""
    window = surface.window
    pasture = 0.34 + 0.20 * window.noise("broad", 160.0) + 0.16 * window.noise("pasture", 55.0)
    green = np.clip(pasture - 0.5 * exposure, 0, 0.9)
    tufts = smoothstep(0.1, 1.3, window.noise("tufts", 3.2) + 1.1 * green)
    surface.paint(_STEPPE, np.float32(_GREEN[season]) * green * (0.35 + 0.65 * tufts))


def _erode(surface: Surface, terrain: Terrain, mountains: Field, slope: Field, exposure: Field) -> None:
    """Cut where ground drains together: narrow gullies in the mountains, broad sandy washes on the fans.

    Rock that is left stands as knolls.
    """
    window = surface.window
    middle, small = window.noise("middle", 26.0), window.noise("small", 6.0)
    drained = terrain.window(terrain.drainage, window.x, window.y) + 0.25 * small + 0.2 * middle
    cut = smoothstep(2.3, 4.2, drained) * smoothstep(0.03, 0.14, slope)
    surface.paint(_WASH, 0.42 * cut)
    surface.height += 1.1 * window.noise("knolls", 12.0) * exposure + 0.35 * small * exposure - 1.8 * cut
    surface.paint(_WASH, 0.6 * smoothstep(3.4, 5.2, drained) * (1 - 0.6 * mountains))


def _vary(surface: Surface, season: int) -> None:
    """Brighter and darker ground at every scale; how moist it is differs from year to year."""
    noise = surface.window.noise
    grain = 0.055 * noise("grain", 2.0) + 0.05 * noise("small", 6.0)
    grain = grain + 0.045 * noise("middle", 26.0) + 0.07 * noise("broad", 160.0)
    surface.shade(np.exp(grain + 0.05 * noise(f"moisture {season}", 330.0)))


def _courses(across: Field, thickness: float, stream: int) -> Field:
    """Beds of some thickness, each of its own shade (−1 to 1), with soft edges; same shape as `across`."""
    at = across / np.float32(thickness)
    bed = np.floor(at).astype(np.int64)
    first = int(bed.min())
    shades = uniform(stream, np.zeros(1, np.int64), np.arange(first, int(bed.max()) + 2))[0] * 2 - 1
    part = smoothstep(0.3, 0.7, (at - bed).astype(np.float32))
    mixed: Field = shades[bed - first] * (1 - part) + shades[bed - first + 1] * part
    return mixed


def _bands(colour: Colour) -> Field:
    """Shape (4, 1, 1), to go with (rows, cols)."""
    return np.array(colour, np.float32)[:, None, None]


class Settlement:
    """What people built, and the sand that drifts over all; found by place. season : 0 in 2019, 1 in 2021."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._roads = [road.line.buffer(road.width_m / 2) for road in plan.roads]
        self._near_roads, self._near_houses = STRtree(self._roads), STRtree(plan.buildings)
        self._near_fields = STRtree(plan.fields)

    def sand(self, surface: Surface, season: int) -> None:
        """Dunes and ripples wander from year to year."""
        chip = surface.window.chip(self._plan.sand, 90.0)
        if chip is None:
            return
        ragged = chip.inside + 16 * chip.noise("sand edge", 26.0) + 7 * chip.noise("small", 6.0)
        cover = 0.92 * smoothstep(-22.0, 26.0, ragged)
        dunes = chip.noise(f"dunes {season}", 22.0, 0.6)
        ripples = chip.noise(f"ripples {season}", 5.0, 0.5)
        surface.paint(_SAND, cover, chip.slices)
        surface.shade(1 + cover * (0.05 * ripples + 0.04 * dunes), chip.slices)
        surface.height[chip.slices] += cover * (2.2 * dunes + 0.25 * ripples)

    def fields(self, surface: Surface, season: int) -> None:
        """Each parcel has one crop in a year, and is ploughed in rows."""
        window = surface.window
        near = _near(self._near_fields, window)
        if not near:
            return
        numbers = window.numbers([self._plan.fields[index] for index in near])
        chances = [self._plan.frame.chance("field", index, season) for index in near]
        crops = np.array([_CROPS[chance.choice(4, p=_CROPPED[season])] for chance in chances], np.float32)
        shade = np.exp(np.array([chance.normal(0, 0.10) for chance in chances], np.float32))
        cover = (numbers > 0).astype(np.float32)
        surface.paint(_of_numbers(crops * shade[:, None], numbers), 0.93 * cover)
        across_rows = window.y[:, None] + 0.2 * window.x[None, :]
        rows = 0.06 * np.sin(across_rows * (2 * np.pi / 5.2)).astype(np.float32)
        surface.shade(1 + cover * (rows + 0.06 * window.noise("soil", 9.0)))

    def roads(self, surface: Surface) -> None:
        """Asphalt, and tracks that are worn unevenly."""
        window = surface.window
        near = _near(self._near_roads, window)
        numbers = window.numbers([self._roads[index] for index in near])
        paved = np.array([False, *(self._plan.roads[index].paved for index in near)])[numbers]
        for colour, there in ((_TRACK, (numbers > 0) & ~paved), (_ASPHALT, paved)):
            if there.any():
                cover = gaussian_filter(there.astype(np.float32), 0.8 / window.pixel)
                worn = 0.92 if colour is _ASPHALT else np.clip(0.5 + 0.25 * window.noise("wear", 18.0), 0.15, 0.95)
                surface.paint(colour, cover * worn)

    def village(self, surface: Surface) -> None:
        """Trodden ground, and houses as high as one storey."""
        window = surface.window
        chip = window.chip(self._plan.village, 20.0)
        if chip is not None:
            cover = 0.75 * smoothstep(-6.0, 6.0, chip.inside + 4 * chip.noise("middle", 26.0))
            surface.paint(_YARD, cover, chip.slices)
            surface.shade(1 + cover * 0.09 * chip.noise("yards", 11.0), chip.slices)
        near = _near(self._near_houses, window)
        if near:
            numbers = window.numbers([self._plan.buildings[index] for index in near])
            chances = [self._plan.frame.chance("roof", index) for index in near]
            roofs = np.array([_ROOFS[chance.choice(4, p=_ROOFED)] for chance in chances], np.float32)
            surface.paint(_of_numbers(roofs, numbers), 0.95 * (numbers > 0))
            surface.height += np.float32(4.5) * (numbers > 0)

    def ponds(self, surface: Surface) -> None:
        """Water, and the bare bank round it."""
        for pond in self._plan.ponds:
            chip = surface.window.chip(pond, 12.0)
            if chip is not None:
                surface.paint(_WASH, 0.5 * smoothstep(-9.0, 0.0, chip.inside), chip.slices)
                surface.paint(_WATER, smoothstep(-1.0, 1.5, chip.inside), chip.slices)

    def turbines(self, surface: Surface, epoch: Epoch, season: int) -> NDArray[np.bool_]:
        """Draw masts and rotors; returns where their shadows fall, shape (rows, cols)."""
        window = surface.window
        west, south, east, north = window.bounds
        near = [
            turbine
            for turbine in self._plan.turbines
            if west - _THROW_M < turbine.place.x < east + _THROW_M
            and south - _THROW_M < turbine.place.y < north + _THROW_M
            and (turbine.built_by_2019 or season)
        ]
        leaning = _Ray(np.tan(np.radians(epoch.view_tilt)), epoch.view_azimuth + 180)
        falling = _Ray(1 / np.tan(np.radians(epoch.sun_elevation)), epoch.sun_azimuth + 180)
        masts = [shape for turbine in near for shape in _projected(turbine, season, leaning, 2.6)]
        shadows = [shape for turbine in near for shape in _projected(turbine, season, falling, 3.2)]
        surface.paint(_STEEL, 0.9 * (window.numbers(masts) > 0))
        return window.numbers(shadows) > 0


class _Ray(NamedTuple):
    """How heights are seen or throw shadows: `stretch` times as far as they are high, towards `azimuth` (degrees)."""

    stretch: float
    azimuth: float


def _projected(turbine: Turbine, season: int, ray: _Ray, width: float) -> list[BaseGeometry]:
    """Mast and three blades as they fall on level ground; width : of the mast, m."""
    x, y = turbine.place.x, turbine.place.y
    away = np.radians(90 - ray.azimuth)
    east, north = np.cos(away) * ray.stretch, np.sin(away) * ray.stretch
    top = x + turbine.hub_m * east, y + turbine.hub_m * north
    shapes: list[BaseGeometry] = [LineString([(x, y), top]).buffer(width / 2 + 0.4)]
    facing = np.radians(20.0)  # the rotor's plane, against the north-west wind
    for blade in range(3):
        angle = np.radians(turbine.phase + 47.0 * season + 120 * blade)
        sideways, up = turbine.rotor_m * np.sin(angle), turbine.rotor_m * np.cos(angle)
        tip = top[0] + sideways * np.cos(facing) + up * east, top[1] + sideways * np.sin(facing) + up * north
        shapes.append(LineString([top, tip]).buffer(width / 3))
    return shapes


def _near(tree: STRtree, window: Window) -> list[int]:
    """Indices of the shapes whose extent meets a window, ascending."""
    return [int(index) for index in np.sort(tree.query(box(*window.bounds)))]


def _of_numbers(colours: Field, numbers: NDArray[np.int32]) -> Field:
    """The colour of each pixel, shape (4, rows, cols), 0 for none. colours : of the numbers from 1, shape (n, 4)."""
    padded = np.concatenate([np.zeros((1, 4), np.float32), colours])
    return np.moveaxis(padded[numbers], -1, 0)
