"""What people live on: roads, a village, its fields and ponds, a wind farm; and the sand that drifts over all."""

import numpy as np
import shapely
from numpy.random import Generator
from scipy.ndimage import gaussian_filter
from shapely import Point, Polygon, box
from shapely.affinity import rotate, translate
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import Frame
from engine.simulate.noise import smooth
from engine.simulate.plan import Patch, Road, Turbine
from engine.simulate.planning import outlines
from engine.simulate.planning.roads import Network
from engine.simulate.planning.site import Site


def main_roads(frame: Frame, network: Network) -> list[Road]:
    """One along the foot of the mountains, one across, as the terrain allows."""
    chance, bounds = frame.chance("roads"), frame.bounds
    width, height = bounds.east - bounds.west, bounds.north - bounds.south
    level = bounds.south + height * chance.uniform(0.30, 0.42)
    middle = bounds.west + width * chance.uniform(0.35, 0.65)
    along = network.through([(bounds.west, level), (middle, level - 0.04 * height), (bounds.east, level + 0.05 * height)], chance)  # fmt: skip
    across = network.through([(middle, bounds.south), (middle, level - 0.04 * height), (middle + 0.1 * width, bounds.north)], chance)  # fmt: skip
    return [Road(along, 8.0, True), Road(across, 6.5, True)]


def settle(site: Site, roads: list[Road]) -> tuple[BaseGeometry, list[Polygon], list[Polygon], list[Polygon]]:
    """A village on the road, its fields round it, and a pond."""
    chance, frame = site.frame.chance("village"), site.frame
    bounds, extent = frame.bounds, min(1.0, (frame.bounds.east - frame.bounds.west) / 8_000.0)
    at = roads[0].line.interpolate(chance.uniform(0.2, 0.8), normalized=True)
    azimuth = float(chance.uniform(-20, 20))
    village = translate(
        outlines.blob(chance, 120_000.0 * extent, roughness=0.12, elongation=1.6, azimuth=90), at.x, at.y - 90
    )
    village = village.intersection(box(*bounds).buffer(-40))
    buildings = []
    west, south, east, north = village.bounds
    for x in np.arange(west, east, 24.0):
        for y in np.arange(south, north, 19.0):
            house = box(0, 0, chance.uniform(8, 17), chance.uniform(6, 11))
            house = rotate(
                translate(house, x + chance.uniform(-3, 3), y + chance.uniform(-3, 3)), azimuth, origin=(at.x, at.y)
            )
            if chance.random() < 0.62 and village.contains(house) and house.distance(roads[0].line) > 9:
                buildings.append(house)
    fields = _fields(site, chance, village, azimuth, extent)
    ponds = []
    while len(ponds) < 1 + round(2 * extent):
        x, y = chance.uniform(west - 500, east + 500), chance.uniform(south - 500, north + 200)
        pond = translate(outlines.blob(chance, chance.uniform(1_500, 9_000), roughness=0.2, elongation=1.5, azimuth=chance.uniform(0, 180)), x, y)  # fmt: skip
        if site.is_free(pond) and not pond.intersects(village):
            ponds.append(pond)
            site.take(pond.buffer(25))
    fields = [part for one in fields if (part := one.difference(shapely.union_all([pond.buffer(6) for pond in ponds]))).geom_type == "Polygon" and not part.is_empty]  # fmt: skip
    site.take(village.buffer(40))
    for one in fields:
        site.take(one)
    return village, buildings, fields, ponds


def _fields(site: Site, chance: Generator, village: BaseGeometry, azimuth: float, extent: float) -> list[Polygon]:
    """Parcels in blocks on gentle ground round the village."""
    centre, reach = village.centroid, 700 + 900 * extent
    wanted = smooth(site.frame.stream("fields"), np.arange(0, 4_000, 20.0), np.arange(0, 4_000, 20.0), 260.0)
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
    frame, terrain, chance = site.frame, site.terrain, site.frame.chance("wind farm")
    prominence = terrain.height - gaussian_filter(terrain.height, 25)
    east = (terrain.x - frame.bounds.west) / (frame.bounds.east - frame.bounds.west)
    wish = np.clip(prominence, 0, None) * (terrain.mountains > 0.3) * (0.15 + (east[None, :] > 0.35))
    places = site.suits((wish**1.5).astype(np.float32))
    turbines: list[Turbine] = []
    spacing = 330.0
    for attempt in range(40_000):
        if len(turbines) == frame.size.turbines:
            break
        if attempt % 4_000 == 3_999:
            spacing *= 0.85
        x, y = places.draw(chance)
        place = Point(x, y)
        pad = outlines.blob(chance, chance.uniform(1_100, 3_800), roughness=0.22, elongation=chance.uniform(1, 1.7), azimuth=chance.uniform(0, 180))  # fmt: skip
        pad = translate(pad, x, y)
        if all(place.distance(other.place) > spacing for other in turbines) and site.is_free(pad, gap=20):
            turbines.append(Turbine(place, pad, 80.0, 52.0, float(chance.uniform(0, 120)), bool(chance.random() < 0.7)))
            site.take(pad)
    return turbines


def tracks_to(frame: Frame, network: Network, patches: list[Patch], turbines: list[Turbine]) -> list[Road]:
    """A haul road to each mine, a track to each turbine, and some that lead to nothing."""
    chance, bounds = frame.chance("tracks"), frame.bounds
    strays = [Point(chance.uniform(bounds.west, bounds.east), chance.uniform(bounds.south, bounds.north)) for _ in range(len(patches) // 3)]  # fmt: skip
    places = [_gate(patch, chance) for patch in patches] + [turbine.place for turbine in turbines] + strays
    widths = [chance.uniform(4, 8) for _ in patches] + [chance.uniform(4, 6) for _ in turbines] + [chance.uniform(2.5, 4.5) for _ in strays]  # fmt: skip
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
    sheets: list[BaseGeometry] = [
        translate(
            outlines.blob(chance, 0.018 * width * height, roughness=0.25, elongation=2.5, azimuth=110),
            bounds.west + 0.12 * width,
            bounds.north - 0.1 * height,
        )  # fmt: skip
    ]
    for _ in range(max(3, round(width * height / 6e6))):
        one = outlines.blob(chance, chance.uniform(20_000, 160_000), roughness=0.3, elongation=chance.uniform(1.5, 4), azimuth=chance.uniform(90, 140))  # fmt: skip
        sheets.append(
            translate(one, bounds.west + width * chance.uniform(0, 0.6), bounds.south + height * chance.uniform(0.3, 1))
        )
    return shapely.union_all(sheets).intersection(box(*bounds).buffer(100))
