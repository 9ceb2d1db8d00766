"""What looks like a mine and is none."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from shapely import Polygon
from shapely.affinity import translate

from engine.simulate.plan import Confuser, ConfuserKind, MineClass, Patch, Turbine
from engine.simulate.planning import outlines
from engine.simulate.planning.site import GAP_M, Site, Taken, suitability

# Ground that looks like a class of mine, as a multiple of what that class covers.
_CONFUSED = {MineClass.GANGUE_DUMP: 3.2, MineClass.IRON_PIT: 3.2, MineClass.CLAY_PIT: 4.5, MineClass.SANDSTONE_PIT: 4.5}


def lay_lookalikes(site: Site, patches: list[Patch], turbines: list[Turbine]) -> list[Confuser]:
    """Ground that looks like mines, several times as much of it as there is of each class."""
    chance = site.frame.chance("confusers")
    makers: dict[MineClass, tuple[tuple[ConfuserKind, float, Callable[..., Polygon]], ...]] = {
        MineClass.GANGUE_DUMP: ((ConfuserKind.DARK_SHALE, 0.55, _lens), (ConfuserKind.DARK_FAN, 0.45, _fan)),
        MineClass.IRON_PIT: ((ConfuserKind.RED_BEDS, 0.55, _lens), (ConfuserKind.RED_SCARP, 0.45, _scarp)),
        MineClass.CLAY_PIT: ((ConfuserKind.CLAY_PAN, 0.55, _pan), (ConfuserKind.MARL_SLOPE, 0.45, _lens)),
        MineClass.SANDSTONE_PIT: (
            (ConfuserKind.SANDSTONE_LEDGE, 0.5, _lens),
            (ConfuserKind.BOULDER_FIELD, 0.5, _scarp),
        ),  # fmt: skip
    }
    free = Taken([patch.ground.buffer(GAP_M) for patch in patches] + [turbine.pad.buffer(15) for turbine in turbines])
    confusers = [
        Confuser(
            number,
            ConfuserKind.GRADED_GROUND,
            MineClass.SANDSTONE_PIT if number % 2 else MineClass.CLAY_PIT,
            turbine.pad,
        )
        for number, turbine in enumerate(turbines, 1)
    ]
    for like, kinds in makers.items():
        mined = sum(patch.ground.area for patch in patches if patch.mine_class is like)
        places = site.suits(suitability(site, like) + np.float32(0.01))
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


def _lens(site: Site, chance: Generator, x: float, y: float) -> Polygon:
    length = float(np.clip(np.exp(chance.normal(5.4, 0.6)), 70, 900))
    width = float(np.clip(np.exp(chance.normal(3.5, 0.45)), 12, 110))
    return outlines.lens(chance, site.terrain, x - length / 2, y, length, width)


def _fan(site: Site, chance: Generator, x: float, y: float) -> Polygon:
    length = float(np.clip(np.exp(chance.normal(4.8, 0.5)), 40, 420))
    return translate(outlines.fan(chance, length, azimuth=site.downhill(x, y)), x, y)


def _scarp(site: Site, chance: Generator, x: float, y: float) -> Polygon:
    """A slope laid bare: along the contour, ragged, often cut by gullies."""
    area = float(np.clip(np.exp(chance.normal(8.7, 0.95)), 400, 90_000))
    azimuth = site.downhill(x, y) + 90 + float(chance.normal(0, 12))
    shape = outlines.blob(chance, area, roughness=0.34, elongation=chance.uniform(1.6, 4.0), azimuth=azimuth)
    return translate(shape, x, y)


def _pan(site: Site, chance: Generator, x: float, y: float) -> Polygon:
    """A hollow in which water has left its clay."""
    area = float(np.clip(np.exp(chance.normal(8.7, 1.0)), 400, 120_000))
    shape = outlines.blob(
        chance, area, roughness=0.2, elongation=chance.uniform(1, 2.6), azimuth=chance.uniform(0, 180)
    )
    return translate(shape, x, y)
