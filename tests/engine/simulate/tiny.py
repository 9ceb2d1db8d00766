"""Areas small enough to be planned and drawn in seconds."""

from functools import cache

from engine.simulate.frame import Frame, Size
from engine.simulate.optics.images import Scene
from engine.simulate.plan import Plan
from engine.simulate.planning.layout import make_plan
from engine.simulate.terrain import Terrain

TINY = Size("tiny", 2_000.0, 4.0, (9, 6, 3, 2), 3, 12_000.0, 140.0)
WIDE = Size("wide", 2_400.0, 4.0, (12, 8, 4, 3), 4, 16_000.0, 170.0)
CLOSE = Size("close", 1_600.0, 4.0, (6, 5, 3, 2), 2, 8_000.0, 110.0)


@cache
def planned(frame: Frame) -> tuple[Plan, Terrain]:
    return make_plan(frame)


@cache
def scene(frame: Frame) -> Scene:
    return Scene.of(*planned(frame))
