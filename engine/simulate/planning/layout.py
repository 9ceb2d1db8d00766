"""The plan of a simulated area: what lies where, and what becomes of it."""

import datetime

import numpy as np
from numpy.random import Generator
from shapely import Point

from engine.simulate.frame import Frame
from engine.simulate.plan import Activity, Bowl, MineClass, Patch, Plan
from engine.simulate.planning.lookalikes import lay_lookalikes
from engine.simulate.planning.mines import dig_mines
from engine.simulate.planning.roads import Network
from engine.simulate.planning.settlement import drifting_sand, main_roads, settle, tracks_to, wind_farm
from engine.simulate.planning.site import Site
from engine.simulate.terrain import Terrain


def make_plan(frame: Frame) -> tuple[Plan, Terrain]:
    """Everything that a frame's seed decides, and the terrain that it lies on."""
    terrain = Terrain(frame)
    site = Site(terrain)
    network = Network(terrain)
    roads = main_roads(frame, network)
    for road in roads:
        site.take(road.line.buffer(road.width_m / 2 + 12))
    settled = settle(site, roads)
    turbines = wind_farm(site)
    patches = dig_mines(site)
    roads += tracks_to(frame, network, patches, turbines)
    confusers = lay_lookalikes(site, patches, turbines)
    plan = Plan(
        frame=frame,
        patches=tuple(patches),
        bowls=tuple(_undermine(site, patches)),
        confusers=tuple(confusers),
        roads=tuple(roads),
        turbines=tuple(turbines),
        buildings=tuple(settled.buildings),
        village=settled.village,
        fields=tuple(settled.fields),
        ponds=tuple(settled.ponds),
        sand=drifting_sand(site),
    )
    return plan, terrain


def _undermine(site: Site, patches: list[Patch]) -> list[Bowl]:
    """Bowls above coal workings: their centres lie off idle dumps, which their edges reach."""
    chance = site.frame.chance("bowls")
    dumps = [
        patch for patch in patches if patch.mine_class is MineClass.GANGUE_DUMP and patch.activity is Activity.IDLE
    ]
    count = max(2, round(sum(site.frame.size.patches) / 30))
    bowls = []
    for number in chance.permutation(len(dumps))[:count]:
        bowls.append(_bowl_beside(dumps[number].ground.centroid, chance))
    return bowls


def _bowl_beside(place: Point, chance: Generator) -> Bowl:
    away, bearing = chance.uniform(260, 420), chance.uniform(0, 2 * np.pi)
    radii = float(chance.uniform(180, 330)), float(chance.uniform(130, 220))
    day = datetime.date(2018, 10, 1) + datetime.timedelta(days=int(chance.integers(0, 500)))
    return Bowl(
        centre=Point(place.x + away * np.cos(bearing), place.y + away * np.sin(bearing)),
        radii_m=radii,
        azimuth=float(chance.uniform(60, 120)),
        rate=-float(chance.uniform(9, 18)),
        day=day,
    )
