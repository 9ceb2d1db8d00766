"""What looks like a mine and is none."""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator
from shapely import Polygon
from shapely.affinity import translate

from engine.simulate.plan import Confuser, ConfuserKind, MineClass, Patch, Turbine
from engine.simulate.planning import outlines
from engine.simulate.planning.site import GAP_M, Places, Site, Taken, suitability

# Ground that looks like a class of mine, as a multiple of what that class covers.
_CONFUSED = {
    MineClass.GANGUE_DUMP: 0.85,
    MineClass.IRON_PIT: 0.85,
    MineClass.CLAY_PIT: 1.0,
    MineClass.SANDSTONE_PIT: 0.85,
}
# Of which kinds it is, by share.
_KINDS = {
    MineClass.GANGUE_DUMP: {ConfuserKind.DARK_SHALE: 0.55, ConfuserKind.DARK_FAN: 0.45},
    MineClass.IRON_PIT: {ConfuserKind.RED_BEDS: 0.55, ConfuserKind.RED_SCARP: 0.45},
    MineClass.CLAY_PIT: {ConfuserKind.CLAY_PAN: 0.55, ConfuserKind.MARL_SLOPE: 0.45},
    MineClass.SANDSTONE_PIT: {ConfuserKind.SANDSTONE_LEDGE: 0.5, ConfuserKind.BOULDER_FIELD: 0.5},
}
_SMALLEST_M2 = 200.0
# Where ground is full, so many places are tried for a kind.
_ATTEMPTS = 6_000


def lay_lookalikes(site: Site, patches: list[Patch], turbines: list[Turbine]) -> list[Confuser]:
    """Ground that looks like mines, about as much of it as there is of each class; the turbines' pads first."""
    chance = site.frame.chance("confusers")
    free = Taken([patch.ground.buffer(GAP_M) for patch in patches] + [turbine.pad.buffer(15) for turbine in turbines])
    confusers = [_graded(number, turbine) for number, turbine in enumerate(turbines, 1)]
    for like, shares in _KINDS.items():
        mined = sum(patch.ground.area for patch in patches if patch.mine_class is like)
        places = site.suits(suitability(site, like) + np.float32(0.01))
        for kind, share in shares.items():
            for shape in _shapes(kind, share * _CONFUSED[like] * mined, places, free, site, chance):
                confusers.append(Confuser(len(confusers) + 1, kind, like, shape))
    return confusers


def _graded(number: int, turbine: Turbine) -> Confuser:
    """A turbine's pad, which looks like a quarry or a clay pit by turns."""
    like = MineClass.SANDSTONE_PIT if number % 2 else MineClass.CLAY_PIT
    return Confuser(number, ConfuserKind.GRADED_GROUND, like, turbine.pad)


def _shapes(
    kind: ConfuserKind, wanted_m2: float, places: Places, free: Taken, site: Site, chance: Generator
) -> Iterator[Polygon]:
    """Outlines of one kind on free ground until they cover what is wanted; each is taken."""
    missing, attempts = wanted_m2, 0
    while missing > 0 and attempts < _ATTEMPTS:
        attempts += 1
        shape = _shape(kind, site, *places.draw(chance), chance)
        large = shape.is_valid and shape.area > _SMALLEST_M2
        if large and free.take(shape) and site.is_free(shape, inset=10):
            missing -= shape.area
            yield shape


def _shape(kind: ConfuserKind, site: Site, x: float, y: float, chance: Generator) -> Polygon:
    """An outline of its kind round a place."""
    match kind:
        case ConfuserKind.DARK_FAN:
            return _fan(site, chance, x, y)
        case ConfuserKind.RED_SCARP | ConfuserKind.BOULDER_FIELD:
            return _scarp(site, chance, x, y)
        case ConfuserKind.CLAY_PAN:
            return _pan(chance, x, y)
        case _:
            return _lens(site, chance, x, y)


def _lens(site: Site, chance: Generator, x: float, y: float) -> Polygon:
    """A bed that crops out, along the strike."""
    length = float(np.clip(np.exp(chance.normal(5.4, 0.6)), 70, 900))
    width = float(np.clip(np.exp(chance.normal(3.5, 0.45)), 12, 110))
    return outlines.lens(chance, site.terrain, x - length / 2, y, length, width)


def _fan(site: Site, chance: Generator, x: float, y: float) -> Polygon:
    """Debris below a gully, spread down the slope."""
    length = float(np.clip(np.exp(chance.normal(4.8, 0.5)), 40, 420))
    return translate(outlines.fan(chance, length, azimuth=site.downhill(x, y)), x, y)


def _scarp(site: Site, chance: Generator, x: float, y: float) -> Polygon:
    """A slope laid bare: along the contour, ragged, often cut by gullies."""
    area = float(np.clip(np.exp(chance.normal(8.7, 0.95)), 400, 90_000))
    azimuth = site.downhill(x, y) + 90 + float(chance.normal(0, 12))
    shape = outlines.blob(chance, area, roughness=0.34, elongation=chance.uniform(1.6, 4.0), azimuth=azimuth)
    return translate(shape, x, y)


def _pan(chance: Generator, x: float, y: float) -> Polygon:
    """A hollow in which water has left its clay."""
    area = float(np.clip(np.exp(chance.normal(8.7, 1.0)), 400, 120_000))
    elongation, azimuth = chance.uniform(1, 2.6), chance.uniform(0, 180)
    return translate(outlines.blob(chance, area, roughness=0.2, elongation=elongation, azimuth=azimuth), x, y)
