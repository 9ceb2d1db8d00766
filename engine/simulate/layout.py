"""The plan of a simulated area: what lies where, and what becomes of it."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import Generator
from scipy.ndimage import gaussian_filter, minimum_filter
from scipy.stats import norm
from shapely import Point, Polygon, box
from shapely.affinity import rotate, translate
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from engine.simulate import outlines
from engine.simulate.frame import Frame
from engine.simulate.noise import Field, smooth
from engine.simulate.plan import (
    Activity,
    Bowl,
    Change,
    Confuser,
    ConfuserKind,
    MineClass,
    Patch,
    Plan,
    Road,
    Turbine,
)
from engine.simulate.roads import Network
from engine.simulate.terrain import SEQUENCE, Terrain, stratum_at
from engine.simulate.works import Work, assign_works, figure_10a, figure_10b

# The ground of all patches, of either year: so that in each some 0.015 of the area is mined, as in the paper.
_MINED_SHARE = 0.0172
_SMALLEST_M2, _SPREAD = 300.0, 1.1
# A patch of fewer radar pixels than this shows no motion of its own.
_OBSERVABLE_M2 = 4_000.0
# Ground that looks like a class of mine, as a multiple of what that class covers.
_CONFUSED = {MineClass.GANGUE_DUMP: 3.2, MineClass.IRON_PIT: 3.2, MineClass.CLAY_PIT: 4.5, MineClass.SANDSTONE_PIT: 4.5}
_STRATA = {
    MineClass.GANGUE_DUMP: ("coal measures", "shale"),
    MineClass.IRON_PIT: ("red beds",),
    MineClass.CLAY_PIT: ("marl", "limestone"),
    MineClass.SANDSTONE_PIT: ("sandstone",),
}
_IN_SHADOW = 0.08  # of the patches
_GAP_M = 14.0  # between patches, and between them and what looks like them


def make_plan(frame: Frame) -> tuple[Plan, Terrain]:
    """Everything that a frame's seed decides, and the terrain that it lies on."""
    terrain = Terrain(frame)
    site = _Site(terrain)
    network = Network(terrain)
    roads = _main_roads(frame, network)
    for road in roads:
        site.take(road.line.buffer(road.width_m / 2 + 12))
    village, buildings, fields, ponds = _settle(site, roads)
    turbines = _wind_farm(site)
    patches = _dig(site)
    roads += _tracks(frame, network, patches, turbines)
    confusers = _confuse(site, patches, turbines, [road.line for road in roads])
    plan = Plan(
        frame=frame,
        patches=tuple(patches),
        bowls=tuple(_undermine(site, patches)),
        confusers=tuple(confusers),
        roads=tuple(roads),
        turbines=tuple(turbines),
        buildings=tuple(buildings),
        village=village,
        fields=tuple(fields),
        ponds=tuple(ponds),
        sand=_sand(site),
    )
    return plan, terrain


@dataclass
class _Site:
    """Free ground, and places drawn from where they suit."""

    terrain: Terrain
    _taken: list[tuple[tuple[float, ...], BaseGeometry]] = field(default_factory=list)

    @property
    def frame(self) -> Frame:
        return self.terrain.frame

    def take(self, shape: BaseGeometry) -> None:
        self._taken.append((shape.bounds, shape))

    def is_free(self, shape: BaseGeometry, gap: float = 0.0, inset: float = 30.0) -> bool:
        bounds, (west, south, east, north) = self.frame.bounds, shape.bounds
        if min(west - bounds.west, south - bounds.south, bounds.east - east, bounds.north - north) < inset:
            return False
        near = shape.buffer(gap) if gap else shape
        return not any(near.intersects(other) for other in self._near(near))

    def _near(self, shape: BaseGeometry) -> list[BaseGeometry]:
        own = shape.bounds
        return [one for bounds, one in self._taken if _meet(bounds, own)]

    def suits(self, lattice: Field, inset: float = 60.0) -> "_Places":
        """Places to draw from, by weights on the terrain's lattice, within the frame."""
        bounds, terrain = self.frame.bounds, self.terrain
        rows = (terrain.y > bounds.south + inset) & (terrain.y < bounds.north - inset)
        cols = (terrain.x > bounds.west + inset) & (terrain.x < bounds.east - inset)
        weights = np.where(rows[:, None] & cols[None, :], lattice, 0).ravel().astype(np.float64)
        return _Places(terrain, np.cumsum(weights))

    def downhill(self, x: float, y: float) -> float:
        """Azimuth of the steepest fall, degrees."""
        at = np.array([x - 40, x + 40, x, x]), np.array([y, y, y - 40, y + 40])
        west, east, south, north = self.terrain.sample(*at)
        return float(np.degrees(np.arctan2(west - east, south - north)) % 360)


@dataclass
class _Places:
    terrain: Terrain
    cumulated: np.ndarray

    def draw(self, chance: Generator) -> tuple[float, float]:
        cell = int(np.searchsorted(self.cumulated, chance.uniform(0, self.cumulated[-1])))
        row, col = divmod(min(cell, len(self.cumulated) - 1), len(self.terrain.x))
        away = chance.uniform(-5, 5, 2)
        return float(self.terrain.x[col] + away[0]), float(self.terrain.y[row] + away[1])


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _main_roads(frame: Frame, network: Network) -> list[Road]:
    """One along the foot of the mountains, one across, as the terrain allows."""
    chance, bounds = frame.chance("roads"), frame.bounds
    width, height = bounds.east - bounds.west, bounds.north - bounds.south
    level = bounds.south + height * chance.uniform(0.30, 0.42)
    middle = bounds.west + width * chance.uniform(0.35, 0.65)
    along = network.through([(bounds.west, level), (middle, level - 0.04 * height), (bounds.east, level + 0.05 * height)], chance)  # fmt: skip
    across = network.through([(middle, bounds.south), (middle, level - 0.04 * height), (middle + 0.1 * width, bounds.north)], chance)  # fmt: skip
    return [Road(along, 8.0, True), Road(across, 6.5, True)]


def _settle(site: _Site, roads: list[Road]) -> tuple[BaseGeometry, list[Polygon], list[Polygon], list[Polygon]]:
    """A village on the road, its fields round it, and a pond."""
    chance, frame = site.frame.chance("village"), site.frame
    bounds, extent = frame.bounds, min(1.0, (frame.bounds.east - frame.bounds.west) / 8_000.0)
    at = roads[0].line.interpolate(chance.uniform(0.2, 0.8), normalized=True)
    azimuth = float(chance.uniform(-20, 20))
    village = translate(outlines.blob(chance, 120_000.0 * extent, roughness=0.12, elongation=1.6, azimuth=90), at.x, at.y - 90)
    village = village.intersection(box(*bounds).buffer(-40))
    buildings = []
    west, south, east, north = village.bounds
    for x in np.arange(west, east, 24.0):
        for y in np.arange(south, north, 19.0):
            house = box(0, 0, chance.uniform(8, 17), chance.uniform(6, 11))
            house = rotate(translate(house, x + chance.uniform(-3, 3), y + chance.uniform(-3, 3)), azimuth, origin=(at.x, at.y))
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


def _fields(site: _Site, chance: Generator, village: BaseGeometry, azimuth: float, extent: float) -> list[Polygon]:
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


def _wind_farm(site: _Site) -> list[Turbine]:
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


def _sizes(frame: Frame) -> np.ndarray:
    """Areas of the patches in m², lognormal between 300 m² and the largest, that sum up to the mined share."""
    count, chance = sum(frame.size.patches), frame.chance("sizes")
    bounds = frame.bounds
    wanted = _MINED_SHARE * (bounds.east - bounds.west) * (bounds.north - bounds.south)
    spread = np.exp(_SPREAD * norm.ppf((np.arange(count) + 0.5) / count))
    scale = wanted / spread.sum()
    for _ in range(50):
        areas = np.clip(spread * scale, _SMALLEST_M2, frame.size.largest_m2)
        areas[0], areas[-1] = _SMALLEST_M2 * 1.1, frame.size.largest_m2 * 0.97
        scale *= wanted / areas.sum()
    return areas[chance.permutation(count)]


def _dig(site: _Site) -> list[Patch]:
    """The mine patches of both years, largest first so that each finds room."""
    frame, chance = site.frame, site.frame.chance("patches")
    classes = [kind for kind, count in zip(MineClass, frame.size.patches, strict=True) for _ in range(count)]
    areas = _sizes(frame)
    _big_enough_for_figure_10(classes, areas, frame)
    works = assign_works(classes, [area > _OBSERVABLE_M2 for area in areas], frame.chance("works"))
    roles: dict[int, str] = {}
    for kind, role, made in ((MineClass.CLAY_PIT, "figure 10a", figure_10a), (MineClass.SANDSTONE_PIT, "figure 10b", figure_10b)):  # fmt: skip
        number = max((n for n, own in enumerate(classes) if own is kind), key=lambda n: areas[n])
        works[number], roles[number] = made(frame.chance(role)), role
    suited = {kind: _suitability(site, kind) for kind in MineClass}
    shaded = (minimum_filter(site.terrain.sunlight[1], 3) < 0.4).astype(np.float32)
    hidden = {kind: site.suits(shaded * (0.02 + suitable)) for kind, suitable in suited.items()}
    open_ground = {kind: site.suits(suitable) for kind, suitable in suited.items()}
    found: dict[int, Patch] = {}
    for number in np.argsort(-areas):
        places = hidden if chance.random() < _IN_SHADOW and shaded.any() else open_ground
        kind = classes[number]
        for attempt in range(4_000):
            x, y = (open_ground if attempt > 200 else places)[kind].draw(chance)
            patch = _patch(site, int(number) + 1, kind, float(areas[number]), x, y, works[number], roles.get(number), chance)
            if site.is_free(patch.ground, gap=_GAP_M, inset=60):
                break
        else:
            raise RuntimeError(f"no room for patch {number + 1} of {areas[number]:.0f} m²")
        found[int(number)] = patch
        site.take(patch.ground)
    return [found[number] for number in sorted(found)]


def _big_enough_for_figure_10(classes: list[MineClass], areas: np.ndarray, frame: Frame) -> None:
    """See to it that the largest clay pit and the largest sandstone pit are as large as the paper's cases."""
    for kind, rank in ((MineClass.CLAY_PIT, 3), (MineClass.SANDSTONE_PIT, 5)):
        largest = max((n for n, own in enumerate(classes) if own is kind), key=lambda n: areas[n])
        other = int(np.argsort(-areas)[min(rank, len(areas) - 1)])
        if areas[other] > areas[largest]:
            areas[largest], areas[other] = areas[other], areas[largest]


def _suitability(site: _Site, kind: MineClass) -> Field:
    """Where a class of mine may lie, shape of the terrain's lattice: strata of its kind, not too steep, in clusters."""
    terrain = site.terrain
    strata = stratum_at(terrain.across_strike)
    fitting = np.isin(strata, [number for number, stratum in enumerate(SEQUENCE) if stratum.name in _STRATA[kind]])
    clusters = smooth(site.frame.stream("clusters", int(kind)), terrain.x, terrain.y, 650.0)
    high = terrain.mountains if kind is not MineClass.CLAY_PIT else 0.25 + 0.5 * (1 - terrain.mountains)
    weight = (0.04 + fitting) * np.exp(1.1 * clusters) * (0.06 + high) * (terrain.slope < 0.55)
    return weight.astype(np.float32)


def _patch(
    site: _Site, number: int, kind: MineClass, area: float, x: float, y: float, work: Work, role: str | None, chance: Generator
) -> Patch:  # fmt: skip
    shape, azimuth = _shape(site, kind, area, x, y, chance)
    whole = _with_hole(shape, area, chance)
    before, after = _of_both_years(whole, azimuth, work.change, chance)
    weathered = _weathered(whole, area, chance) if work.change is not Change.NEW else None
    ground = after if after is not None else before
    assert ground is not None
    core = ground.buffer(-0.28 * np.sqrt(ground.area / np.pi))
    height = float(np.clip(np.sqrt(area) / chance.uniform(7, 13), 1.5, 32.0))
    sign = 1.0 if kind is MineClass.GANGUE_DUMP else -0.6 if kind is MineClass.CLAY_PIT else -1.0
    return Patch(
        number=number,
        mine_class=kind,
        before=before,
        after=after,
        weathered=weathered,
        change=work.change,
        activity=work.activity,
        motion=work.motion,
        core=core if not core.is_empty else ground,
        relief_m=sign * height,
        started=work.started,
        role=role,
    )


def _shape(site: _Site, kind: MineClass, area: float, x: float, y: float, chance: Generator) -> tuple[Polygon, float]:
    """An outline of its class round a place, and the azimuth in which the mine is worked or tipped."""
    downhill = site.downhill(x, y) + float(chance.normal(0, 20))
    match kind:
        case MineClass.GANGUE_DUMP:
            shape, azimuth = outlines.dump(chance, area, azimuth=downhill), downhill
        case MineClass.IRON_PIT:
            azimuth = 90 + float(chance.normal(0, 20))
            shape = outlines.pit(chance, area, azimuth=azimuth, ragged=0.16)
        case MineClass.CLAY_PIT:
            azimuth = float(chance.uniform(0, 180))
            shape = outlines.blob(chance, area, roughness=0.12, elongation=chance.uniform(1, 2.2), azimuth=azimuth)
        case MineClass.SANDSTONE_PIT:
            azimuth = downhill + 180  # into the slope
            shape = outlines.pit(chance, area, azimuth=azimuth + 90, ragged=0.22)
    return translate(shape, x, y), azimuth


def _with_hole(shape: Polygon, area: float, chance: Generator) -> BaseGeometry:
    """Larger patches may leave ground standing in their middle."""
    if area < 12_000 or chance.random() > 0.4:
        return shape
    hole = outlines.blob(chance, area * chance.uniform(0.03, 0.09), roughness=0.15, elongation=1.4, azimuth=chance.uniform(0, 180))  # fmt: skip
    inner = shape.buffer(-0.2 * np.sqrt(area / np.pi)).representative_point()
    return shape.difference(translate(hole, inner.x, inner.y))


def _of_both_years(
    whole: BaseGeometry, azimuth: float, change: Change, chance: Generator
) -> tuple[BaseGeometry | None, BaseGeometry | None]:
    match change:
        case Change.NEW:
            return None, whole
        case Change.LEVELLED | Change.SOLAR_STATION:
            return whole, None
        case Change.UNCHANGED:
            return whole, whole
        case Change.GROWN:
            return _worked_back(whole, azimuth, float(chance.uniform(0.12, 0.38)), chance), whole
        case Change.SHRUNK:
            return whole, _worked_back(whole, azimuth, float(chance.uniform(0.25, 0.5)), chance)


def _worked_back(whole: BaseGeometry, azimuth: float, share: float, chance: Generator) -> BaseGeometry:
    """What is left when a share of it towards `azimuth` is taken away, by bisection."""
    bearing = np.radians(90 - azimuth)
    centre, size = whole.centroid, np.sqrt(whole.area)
    rim = outlines.blob(chance, 36 * whole.area, roughness=0.05, elongation=1.0, azimuth=0)

    def left(reach: float) -> BaseGeometry:
        away = reach - 3.4 * size
        return whole.intersection(translate(rim, centre.x + away * np.cos(bearing), centre.y + away * np.sin(bearing)))

    low, high = -1.5 * size, 3.0 * size
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if left(middle).area < (1 - share) * whole.area else (low, middle)
    parts = [part for part in shapely.get_parts(left(high)) if part.geom_type == "Polygon" and part.area > 150]
    return shapely.union_all(parts) if parts else whole


def _weathered(whole: BaseGeometry, area: float, chance: Generator) -> BaseGeometry | None:
    """The side where work ended long ago; more often in large patches, which were dug in several phases."""
    if chance.random() > (0.6 if area > 12_000 else 0.3):
        return None
    kept = _worked_back(whole, float(chance.uniform(0, 360)), float(chance.uniform(0.2, 0.55)), chance)
    old = whole.difference(kept.buffer(0.1))
    return None if old.is_empty else old


def _tracks(frame: Frame, network: Network, patches: list[Patch], turbines: list[Turbine]) -> list[Road]:
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


def _confuse(site: _Site, patches: list[Patch], turbines: list[Turbine], roads: list[BaseGeometry]) -> list[Confuser]:
    """Ground that looks like mines, several times as much of it as there is of each class."""
    chance = site.frame.chance("confusers")
    makers: dict[MineClass, tuple[tuple[ConfuserKind, float, Callable[..., Polygon]], ...]] = {
        MineClass.GANGUE_DUMP: ((ConfuserKind.DARK_SHALE, 0.55, _lens), (ConfuserKind.DARK_FAN, 0.45, _fan)),
        MineClass.IRON_PIT: ((ConfuserKind.RED_BEDS, 0.55, _lens), (ConfuserKind.RED_SCARP, 0.45, _scarp)),
        MineClass.CLAY_PIT: ((ConfuserKind.CLAY_PAN, 0.55, _pan), (ConfuserKind.MARL_SLOPE, 0.45, _lens)),
        MineClass.SANDSTONE_PIT: ((ConfuserKind.SANDSTONE_LEDGE, 0.5, _lens), (ConfuserKind.BOULDER_FIELD, 0.5, _scarp)),  # fmt: skip
    }
    free = _Mask([patch.ground.buffer(_GAP_M) for patch in patches] + [turbine.pad.buffer(15) for turbine in turbines])
    confusers = [
        Confuser(number, ConfuserKind.GRADED_GROUND, MineClass.SANDSTONE_PIT if number % 2 else MineClass.CLAY_PIT, turbine.pad)
        for number, turbine in enumerate(turbines, 1)
    ]
    for like, kinds in makers.items():
        mined = sum(patch.ground.area for patch in patches if patch.mine_class is like)
        places = site.suits(_suitability(site, like) + np.float32(0.01))
        for kind, share, make in kinds:
            missing, attempts = share * _CONFUSED[like] * mined, 0
            while missing > 0 and attempts < 6_000:
                attempts += 1
                x, y = places.draw(chance)
                shape = make(site, chance, x, y)
                if shape.is_valid and shape.area > 200 and free.take(shape) and site.is_free(shape, inset=10):
                    confusers.append(Confuser(len(confusers) + 1, kind, like, shape))
                    missing -= shape.area
    return confusers


class _Mask:
    """Shapes that nothing may touch, growing."""

    def __init__(self, shapes: list[BaseGeometry]) -> None:
        self._shapes, self._tree = shapes, STRtree(shapes)
        self._later: list[tuple[tuple[float, ...], BaseGeometry]] = []

    def take(self, shape: BaseGeometry) -> bool:
        """Whether it touches none; then it is one of them."""
        if len(self._tree.query(shape, predicate="intersects")):
            return False
        own = shape.bounds
        if any(_meet(own, bounds) and shape.intersects(one) for bounds, one in self._later):
            return False
        self._later.append((own, shape))
        if len(self._later) > 60:
            self._shapes += [one for _, one in self._later]
            self._tree, self._later = STRtree(self._shapes), []
        return True


def _lens(site: _Site, chance: Generator, x: float, y: float) -> Polygon:
    length = float(np.clip(np.exp(chance.normal(5.4, 0.6)), 70, 900))
    width = float(np.clip(np.exp(chance.normal(3.5, 0.45)), 12, 110))
    return outlines.lens(chance, site.terrain, x - length / 2, y, length, width)


def _fan(site: _Site, chance: Generator, x: float, y: float) -> Polygon:
    length = float(np.clip(np.exp(chance.normal(4.8, 0.5)), 40, 420))
    return translate(outlines.fan(chance, length, azimuth=site.downhill(x, y)), x, y)


def _scarp(site: _Site, chance: Generator, x: float, y: float) -> Polygon:
    """A slope laid bare: along the contour, ragged, often cut by gullies."""
    area = float(np.clip(np.exp(chance.normal(8.7, 0.95)), 400, 90_000))
    azimuth = site.downhill(x, y) + 90 + float(chance.normal(0, 12))
    shape = outlines.blob(chance, area, roughness=0.34, elongation=chance.uniform(1.6, 4.0), azimuth=azimuth)
    return translate(shape, x, y)


def _pan(site: _Site, chance: Generator, x: float, y: float) -> Polygon:
    """A hollow in which water has left its clay."""
    area = float(np.clip(np.exp(chance.normal(8.7, 1.0)), 400, 120_000))
    shape = outlines.blob(chance, area, roughness=0.2, elongation=chance.uniform(1, 2.6), azimuth=chance.uniform(0, 180))
    return translate(shape, x, y)


def _undermine(site: _Site, patches: list[Patch]) -> list[Bowl]:
    """Bowls above coal workings: they lie off the dumps, and their edges reach patches."""
    chance = site.frame.chance("bowls")
    dumps = [patch for patch in patches if patch.mine_class is MineClass.GANGUE_DUMP and patch.activity is Activity.IDLE]
    count = max(2, round(sum(site.frame.size.patches) / 30))
    bowls = []
    for number in chance.permutation(len(dumps))[:count]:
        place, away = dumps[number].ground.centroid, chance.uniform(260, 420)
        bearing = chance.uniform(0, 2 * np.pi)
        radii = float(chance.uniform(180, 330)), float(chance.uniform(130, 220))
        day = datetime.date(2018, 10, 1) + datetime.timedelta(days=int(chance.integers(0, 500)))
        bowls.append(
            Bowl(Point(place.x + away * np.cos(bearing), place.y + away * np.sin(bearing)), radii, float(chance.uniform(60, 120)), -float(chance.uniform(9, 18)), day)  # fmt: skip
        )
    return bowls


def _sand(site: _Site) -> BaseGeometry:
    """Drifting sand: a belt in the north-west, blown in from the desert, and sheets in the lee of hills."""
    chance, bounds = site.frame.chance("sand"), site.frame.bounds
    width, height = bounds.east - bounds.west, bounds.north - bounds.south
    sheets: list[BaseGeometry] = [
        translate(outlines.blob(chance, 0.018 * width * height, roughness=0.25, elongation=2.5, azimuth=110), bounds.west + 0.12 * width, bounds.north - 0.1 * height)  # fmt: skip
    ]
    for _ in range(max(3, round(width * height / 6e6))):
        one = outlines.blob(chance, chance.uniform(20_000, 160_000), roughness=0.3, elongation=chance.uniform(1.5, 4), azimuth=chance.uniform(90, 140))  # fmt: skip
        sheets.append(translate(one, bounds.west + width * chance.uniform(0, 0.6), bounds.south + height * chance.uniform(0.3, 1)))
    return shapely.union_all(sheets).intersection(box(*bounds).buffer(100))
