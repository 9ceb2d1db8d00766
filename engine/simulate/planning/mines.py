"""The mine patches of both years: where, how large, in what shape."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter
from scipy.stats import norm
from shapely import Polygon
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import Frame
from engine.simulate.plan import Change, MineClass, Patch
from engine.simulate.planning import outlines
from engine.simulate.planning.site import GAP_M, Places, Site, suitability
from engine.simulate.planning.works import Work, assign_works, figure_10a, figure_10b

# The ground of all patches, of either year: so that in each some 0.015 of the area is mined, as in the paper.
_MINED_SHARE = 0.0172
_SMALLEST_M2, _SPREAD = 300.0, 1.1
# A patch of fewer radar pixels than this shows no motion of its own.
_OBSERVABLE_M2 = 4_000.0
_IN_SHADOW = 0.08  # of the patches
# How often a place is sought for a patch; and how often where it is preferred, before any ground will do.
_ATTEMPTS, _PREFERRED_ATTEMPTS = 4_000, 200
# The paper's cases of Figure 10.
_CASES = (
    (MineClass.CLAY_PIT, "figure 10a", figure_10a),
    (MineClass.SANDSTONE_PIT, "figure 10b", figure_10b),
)
# Which way a mine changes the ground's height, and how much against others of its size.
_RELIEF = {
    MineClass.GANGUE_DUMP: 1.3,
    MineClass.IRON_PIT: -1.4,
    MineClass.CLAY_PIT: -0.6,
    MineClass.SANDSTONE_PIT: -1.4,
}


class _Commission(NamedTuple):
    """A patch that has yet to find its place. area : m². role : as of a `Patch`."""

    number: int
    kind: MineClass
    area: float
    work: Work
    role: str | None


def dig_mines(site: Site) -> list[Patch]:
    """The mine patches of both years, largest first so that each finds room; they are taken.

    Raises
    ------
    RuntimeError
        When there is no room for one of them.
    """
    chance = site.frame.chance("patches")
    commissions = _commissions(site.frame)
    open_ground, hidden = _grounds(site)
    patches = []
    for index in np.argsort([-commission.area for commission in commissions]):
        commission = commissions[index]
        preferred = hidden if chance.random() < _IN_SHADOW and hidden is not None else open_ground
        patch = _find_room(site, commission, preferred[commission.kind], open_ground[commission.kind], chance)
        patches.append(patch)
        site.take(patch.ground)
    return sorted(patches, key=lambda patch: patch.number)


def _commissions(frame: Frame) -> list[_Commission]:
    classes = [kind for kind, count in zip(MineClass, frame.size.patches, strict=True) for _ in range(count)]
    areas = _sizes(frame)
    _big_enough_for_figure_10(classes, areas)
    works = assign_works(classes, [area > _OBSERVABLE_M2 for area in areas], frame.chance("works"))
    roles: dict[int, str] = {}
    for kind, role, made in _CASES:
        largest = _largest(kind, classes, areas)
        works[largest], roles[largest] = made(frame.chance(role)), role
    return [
        _Commission(index + 1, kind, float(areas[index]), works[index], roles.get(index))
        for index, kind in enumerate(classes)
    ]


def _sizes(frame: Frame) -> NDArray[np.float64]:
    """Areas of the patches in m², lognormal between 300 m² and the largest, that sum up to the mined share."""
    count, chance = sum(frame.size.patches), frame.chance("sizes")
    bounds = frame.bounds
    wanted = _MINED_SHARE * (bounds.east - bounds.west) * (bounds.north - bounds.south)
    spread = np.exp(_SPREAD * norm.ppf((np.arange(count) + 0.5) / count))
    scale = wanted / spread.sum()
    # Clipping takes some off, so that the scale is found step by step.
    for _ in range(50):
        areas = np.clip(spread * scale, _SMALLEST_M2, frame.size.largest_m2)
        areas[0], areas[-1] = _SMALLEST_M2 * 1.1, frame.size.largest_m2 * 0.97
        scale *= wanted / areas.sum()
    shuffled: NDArray[np.float64] = areas[chance.permutation(count)]
    return shuffled


def _big_enough_for_figure_10(classes: list[MineClass], areas: NDArray[np.float64]) -> None:
    """See to it that the largest clay pit and the largest sandstone pit are as large as the paper's cases."""
    for kind, rank in ((MineClass.CLAY_PIT, 3), (MineClass.SANDSTONE_PIT, 5)):
        largest = _largest(kind, classes, areas)
        other = int(np.argsort(-areas)[min(rank, len(areas) - 1)])
        if areas[other] > areas[largest]:
            areas[largest], areas[other] = areas[other], areas[largest]


def _largest(kind: MineClass, classes: list[MineClass], areas: NDArray[np.float64]) -> int:
    """Index of the largest patch of a class."""
    return max((index for index, own in enumerate(classes) if own is kind), key=lambda index: areas[index])


def _grounds(site: Site) -> tuple[dict[MineClass, Places], dict[MineClass, Places] | None]:
    """Where each class may lie: anywhere that suits it; and in the mountains' autumn shadow, if they throw one."""
    suited = {kind: suitability(site, kind) for kind in MineClass}
    shaded = (minimum_filter(site.terrain.sunlight[1], 3) < 0.4).astype(np.float32)
    open_ground = {kind: site.suits(suitable) for kind, suitable in suited.items()}
    if not shaded.any():
        return open_ground, None
    return open_ground, {kind: site.suits(shaded * (0.02 + suitable)) for kind, suitable in suited.items()}


def _find_room(site: Site, commission: _Commission, preferred: Places, open_ground: Places, chance: Generator) -> Patch:
    """The patch at the first place drawn where its ground is free."""
    for attempt in range(_ATTEMPTS):
        x, y = (preferred if attempt <= _PREFERRED_ATTEMPTS else open_ground).draw(chance)
        patch = _dig(site, commission, x, y, chance)
        if site.is_free(patch.ground, gap=GAP_M, inset=60):
            return patch
    raise RuntimeError(f"no room for patch {commission.number} of {commission.area:.0f} m²")


def _dig(site: Site, commission: _Commission, x: float, y: float, chance: Generator) -> Patch:
    """The patch as it would be at a place."""
    number, kind, area, work, role = commission
    shape, azimuth = _shape(site, kind, area, x, y, chance)
    whole = _with_hole(shape, area, chance)
    before, after = _of_both_years(whole, azimuth, work.change, chance)
    weathered = _weathered(whole, area, chance) if work.change is not Change.NEW else None
    ground = after if after is not None else before
    assert ground is not None
    core = ground.buffer(-0.28 * np.sqrt(ground.area / np.pi))
    height = float(np.clip(np.sqrt(area) / chance.uniform(7, 13), 1.5, 32.0))
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
        relief_m=_RELIEF[kind] * height,
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
    size, azimuth = area * chance.uniform(0.03, 0.09), chance.uniform(0, 180)
    hole = outlines.blob(chance, size, roughness=0.15, elongation=1.4, azimuth=azimuth)
    inner = shape.buffer(-0.2 * np.sqrt(area / np.pi)).representative_point()
    return shape.difference(translate(hole, inner.x, inner.y))


def _of_both_years(
    whole: BaseGeometry, azimuth: float, change: Change, chance: Generator
) -> tuple[BaseGeometry | None, BaseGeometry | None]:
    """Its outlines in 2019 and in 2021, None where it is no mine; worked towards `azimuth` (degrees)."""
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
    """What is left when a share of it towards `azimuth` (degrees) is taken away, by bisection."""
    bearing = np.radians(90 - azimuth)
    centre, size = whole.centroid, np.sqrt(whole.area)
    # A circle that moves along the bearing, so large that the face which it cuts is next to straight.
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
