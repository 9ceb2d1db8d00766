"""What people live on: roads, a village, its fields and ponds, a wind farm; and the sand that drifts over all."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator
from scipy.ndimage import gaussian_filter
from shapely import LineString, Point, Polygon, box
from shapely.affinity import rotate, translate
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import Frame
from engine.simulate.noise import smooth
from engine.simulate.plan import Patch, Road, Turbine
from engine.simulate.planning import outlines
from engine.simulate.planning.roads import Network
from engine.simulate.planning.site import Places, Site


def main_roads(frame: Frame, network: Network) -> list[Road]:
    """One along the foot of the mountains, one across, as the terrain allows."""
    chance, bounds = frame.chance("roads"), frame.bounds
    width, height = bounds.east - bounds.west, bounds.north - bounds.south
    level = bounds.south + height * chance.uniform(0.30, 0.42)
    middle = bounds.west + width * chance.uniform(0.35, 0.65)
    crossing = middle, level - 0.04 * height
    along = network.through([(bounds.west, level), crossing, (bounds.east, level + 0.05 * height)], chance)
    across = network.through([(middle, bounds.south), crossing, (middle + 0.1 * width, bounds.north)], chance)
    return [Road(along, 8.0, True), Road(across, 6.5, True)]


class Settled(NamedTuple):
    """A village: the ground that it stands on, its buildings, its parcels of field, its ponds."""

    village: BaseGeometry
    buildings: list[Polygon]
    fields: list[Polygon]
    ponds: list[Polygon]


def settle(site: Site, roads: list[Road]) -> Settled:
    """A village on the first road, its fields round it, and ponds."""
    chance, bounds = site.frame.chance("village"), site.frame.bounds
    extent = min(1.0, (bounds.east - bounds.west) / 8_000.0)  # small areas have small villages
    road = roads[0].line
    at = road.interpolate(chance.uniform(0.2, 0.8), normalized=True)
    azimuth = float(chance.uniform(-20, 20))
    village = outlines.blob(chance, 120_000.0 * extent, roughness=0.12, elongation=1.6, azimuth=90)
    village = translate(village, at.x, at.y - 90).intersection(box(*bounds).buffer(-40))
    buildings = _buildings(chance, village, road, at, azimuth)
    fields = _fields(site, chance, village, azimuth, extent)
    ponds = _ponds(site, chance, village, 1 + round(2 * extent))
    water = shapely.union_all([pond.buffer(6) for pond in ponds])
    dry = [one.difference(water) for one in fields]
    fields = [one for one in dry if one.geom_type == "Polygon" and not one.is_empty]
    site.take(village.buffer(40))
    for one in fields:
        site.take(one)
    return Settled(village, buildings, fields, ponds)


def _buildings(
    chance: Generator, village: BaseGeometry, road: LineString, middle: Point, azimuth: float
) -> list[Polygon]:
    """Houses in rows, turned about the village's middle (degrees, against the clock), with gaps."""
    west, south, east, north = village.bounds
    buildings = []
    for x in np.arange(west, east, 24.0):
        for y in np.arange(south, north, 19.0):
            house = box(0, 0, chance.uniform(8, 17), chance.uniform(6, 11))
            house = translate(house, x + chance.uniform(-3, 3), y + chance.uniform(-3, 3))
            house = rotate(house, azimuth, origin=(middle.x, middle.y))
            if chance.random() < 0.62 and village.contains(house) and house.distance(road) > 9:
                buildings.append(house)
    return buildings


def _ponds(site: Site, chance: Generator, village: BaseGeometry, count: int) -> list[Polygon]:
    """Ponds near the village and outside it; they and their banks are taken."""
    west, south, east, north = village.bounds
    ponds: list[Polygon] = []
    while len(ponds) < count:
        x, y = chance.uniform(west - 500, east + 500), chance.uniform(south - 500, north + 200)
        area, azimuth = chance.uniform(1_500, 9_000), chance.uniform(0, 180)
        pond = translate(outlines.blob(chance, area, roughness=0.2, elongation=1.5, azimuth=azimuth), x, y)
        if site.is_free(pond) and not pond.intersects(village):
            ponds.append(pond)
            site.take(pond.buffer(25))
    return ponds


def _fields(site: Site, chance: Generator, village: BaseGeometry, azimuth: float, extent: float) -> list[Polygon]:
    """Parcels in blocks on gentle ground round the village."""
    centre, reach = village.centroid, 700 + 900 * extent
    # Where people have broken the ground, in cells of 20 m from the corner of all parcels.
    places = np.arange(0, 4_000, 20.0)
    wanted = smooth(site.frame.stream("fields"), places, places, 260.0)
    parcels = []
    for along in np.arange(-reach, reach, 74.0):
        for across in np.arange(-reach * 0.7, reach * 0.7, 37.0):
            parcel = box(along, across, along + chance.uniform(56, 72), across + chance.uniform(26, 35))
            parcel = translate(rotate(parcel, azimuth, origin=(0, 0)), centre.x, centre.y)
            middle = parcel.centroid
            wish = wanted[int(np.clip((along + reach) / 20, 0, 199)), int(np.clip((across + reach) / 20, 0, 199))]
            gentle = site.terrain.sample_of(site.terrain.slope, np.array([middle.x]), np.array([middle.y]))[0] < 0.07
            if wish > 0.1 and gentle and not parcel.intersects(village) and site.is_free(parcel, inset=2):
                parcels.append(parcel)
    return parcels


def wind_farm(site: Site) -> list[Turbine]:
    """On the crests of the mountains, each on a pad cut into the slope; a third is built between the images."""
    chance, places = site.frame.chance("wind farm"), _crests(site)
    turbines: list[Turbine] = []
    spacing = 330.0
    for attempt in range(40_000):
        if len(turbines) == site.frame.size.turbines:
            break
        # Where the crests are full, they stand closer.
        if attempt % 4_000 == 3_999:
            spacing *= 0.85
        place = Point(*places.draw(chance))
        area, elongation, azimuth = chance.uniform(1_100, 3_800), chance.uniform(1, 1.7), chance.uniform(0, 180)
        pad = outlines.blob(chance, area, roughness=0.22, elongation=elongation, azimuth=azimuth)
        pad = translate(pad, place.x, place.y)
        if all(place.distance(other.place) > spacing for other in turbines) and site.is_free(pad, gap=20):
            phase, early = float(chance.uniform(0, 120)), bool(chance.random() < 0.7)
            turbines.append(Turbine(place, pad, hub_m=80.0, rotor_m=52.0, phase=phase, built_by_2019=early))
            site.take(pad)
    return turbines


def _crests(site: Site) -> Places:
    """Ground in the mountains that stands above what is round it, most of it in the east."""
    terrain, bounds = site.terrain, site.frame.bounds
    prominence = terrain.height - gaussian_filter(terrain.height, 25)
    east = (terrain.x - bounds.west) / (bounds.east - bounds.west)
    wish = np.clip(prominence, 0, None) * (terrain.mountains > 0.3) * (0.15 + (east[None, :] > 0.35))
    return site.suits((wish**1.5).astype(np.float32))


def tracks_to(frame: Frame, network: Network, patches: list[Patch], turbines: list[Turbine]) -> list[Road]:
    """A haul road to each mine, a track to each turbine, and some that lead to nothing."""
    chance, bounds = frame.chance("tracks"), frame.bounds
    strays = [
        Point(chance.uniform(bounds.west, bounds.east), chance.uniform(bounds.south, bounds.north))
        for _ in range(len(patches) // 3)
    ]
    places = [_gate(patch, chance) for patch in patches] + [turbine.place for turbine in turbines] + strays
    widths = [chance.uniform(4, 8) for _ in patches]
    widths += [chance.uniform(4, 6) for _ in turbines]
    widths += [chance.uniform(2.5, 4.5) for _ in strays]
    lines = network.reach(places, chance)
    return [Road(line, float(width), False) for line, width in zip(lines, widths, strict=True)]


def _gate(patch: Patch, chance: Generator) -> Point:
    """Where the haul road meets the mine."""
    rim = shapely.get_parts(patch.ground.boundary)[0]
    return rim.interpolate(chance.uniform(0, 1), normalized=True)


def drifting_sand(site: Site) -> BaseGeometry:
    """Drifting sand: a belt in the north-west, blown in from the desert, and sheets in the lee of hills."""
    chance, bounds = site.frame.chance("sand"), site.frame.bounds
    width, height = bounds.east - bounds.west, bounds.north - bounds.south
    belt = outlines.blob(chance, 0.018 * width * height, roughness=0.25, elongation=2.5, azimuth=110)
    sheets = [translate(belt, bounds.west + 0.12 * width, bounds.north - 0.1 * height)]
    for _ in range(max(3, round(width * height / 6e6))):
        area, elongation, azimuth = chance.uniform(20_000, 160_000), chance.uniform(1.5, 4), chance.uniform(90, 140)
        sheet = outlines.blob(chance, area, roughness=0.3, elongation=elongation, azimuth=azimuth)
        x, y = bounds.west + width * chance.uniform(0, 0.6), bounds.south + height * chance.uniform(0.3, 1)
        sheets.append(translate(sheet, x, y))
    return shapely.union_all(sheets).intersection(box(*bounds).buffer(100))
