"""The mine patches of both years: where, how large, in what shape."""

import numpy as np
import shapely
from numpy.random import Generator
from scipy.ndimage import minimum_filter
from scipy.stats import norm
from shapely import Polygon
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import Frame
from engine.simulate.plan import Change, MineClass, Patch
from engine.simulate.planning import outlines
from engine.simulate.planning.site import GAP_M, Site, suitability
from engine.simulate.planning.works import Work, assign_works, figure_10a, figure_10b

# The ground of all patches, of either year: so that in each some 0.015 of the area is mined, as in the paper.
_MINED_SHARE = 0.0172
_SMALLEST_M2, _SPREAD = 300.0, 1.1
# A patch of fewer radar pixels than this shows no motion of its own.
_OBSERVABLE_M2 = 4_000.0
_IN_SHADOW = 0.08  # of the patches


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


def dig_mines(site: Site) -> list[Patch]:
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
    suited = {kind: suitability(site, kind) for kind in MineClass}
    shaded = (minimum_filter(site.terrain.sunlight[1], 3) < 0.4).astype(np.float32)
    hidden = {kind: site.suits(shaded * (0.02 + suitable)) for kind, suitable in suited.items()}
    open_ground = {kind: site.suits(suitable) for kind, suitable in suited.items()}
    found: dict[int, Patch] = {}
    for number in np.argsort(-areas):
        places = hidden if chance.random() < _IN_SHADOW and shaded.any() else open_ground
        kind = classes[number]
        for attempt in range(4_000):
            x, y = (open_ground if attempt > 200 else places)[kind].draw(chance)
            patch = _patch(
                site, int(number) + 1, kind, float(areas[number]), x, y, works[number], roles.get(number), chance
            )
            if site.is_free(patch.ground, gap=GAP_M, inset=60):
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


def _patch(
    site: Site, number: int, kind: MineClass, area: float, x: float, y: float, work: Work, role: str | None, chance: Generator
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


def _shape(site: Site, kind: MineClass, area: float, x: float, y: float, chance: Generator) -> tuple[Polygon, float]:
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
