"""Plans that cost little: patches of all kinds as bumpy ellipses, far enough apart, and a village with its fields."""

from functools import cache

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import SIZES, Frame
from engine.simulate.plan import Change, Confuser, ConfuserKind, MineClass, Patch, Plan, Road, Turbine
from engine.simulate.planning.works import Work, assign_works, figure_10a, figure_10b
from engine.simulate.register.drawing import Register, draw_register


def bumpy(chance: np.random.Generator, area: float) -> Polygon:
    """Round the origin, of some area in m², with 64 corners."""
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    radius = 1 + sum(chance.uniform(0, 0.12) * np.sin(k * turns + chance.uniform(0, 6)) for k in (2, 3, 5, 9))
    shape = Polygon(np.column_stack([radius * np.cos(turns) * chance.uniform(1, 2.2), radius * np.sin(turns)]))
    return shapely.transform(shape, lambda at: at * np.sqrt(area / shape.area))


@cache
def made_up_plan(size: str, seed: int) -> Plan:
    """As many patches as the size has, one in five with a neighbour close by, and some with a hole."""
    frame = Frame(SIZES[size], seed)
    chance, bounds = frame.chance("made up"), frame.bounds
    classes = [kind for kind, count in zip(MineClass, frame.size.patches, strict=True) for _ in range(count)]
    areas = np.clip(np.exp(chance.normal(8.8, 1.1, len(classes))), 350, frame.size.largest_m2)
    works = assign_works(classes, [area > 4_000 for area in areas], frame.chance("made-up works"))
    roles: dict[int, str] = {}
    clay, stone = classes.index(MineClass.CLAY_PIT), classes.index(MineClass.SANDSTONE_PIT)
    for number, role, made in ((clay, "figure 10a", figure_10a), (stone, "figure 10b", figure_10b)):
        works[number], roles[number], areas[number] = made(frame.chance(role)), role, 20_000.0
    taken: list[BaseGeometry] = []
    patches = []
    for number, kind in enumerate(classes):
        while True:
            place = (
                chance.uniform(bounds.west + 300, bounds.east - 300),
                chance.uniform(bounds.south + 300, bounds.north - 300),
            )
            if taken and chance.random() < 0.2:
                near = taken[-1].centroid
                place = [near.x + chance.uniform(-250, 250), near.y + chance.uniform(-250, 250)]
            shape: BaseGeometry = translate(bumpy(chance, float(areas[number])), *place)
            if all(shape.distance(other) > 15 for other in taken) and shapely.box(*bounds).contains(shape.buffer(60)):
                break
        taken.append(shape)
        if areas[number] > 3_000 and chance.random() < 1 / 6:
            shape = shape.difference(shape.centroid.buffer(0.12 * np.sqrt(areas[number])))
        patches.append(_patch(number + 1, kind, shape, works[number], roles.get(number)))
    middle = bounds.west + 700, bounds.south + 600
    village = shapely.box(middle[0], middle[1], middle[0] + 220, middle[1] + 180)
    fields = tuple(shapely.box(x, middle[1] - 240, x + 55, middle[1] - 40) for x in middle[0] + 70 * np.arange(5))
    pad = translate(bumpy(chance, 2_500.0), bounds.east - 150, bounds.north - 150)
    return Plan(
        frame=frame,
        patches=tuple(patches),
        bowls=(),
        confusers=(Confuser(1, ConfuserKind.GRADED_GROUND, MineClass.CLAY_PIT, pad),),
        roads=(Road(LineString([(bounds.west, middle[1]), (bounds.east, middle[1])]), 8.0, True),),
        turbines=(Turbine(pad.centroid, pad, 80.0, 52.0, 0.0, True),),
        buildings=(village.buffer(-60),),
        village=village,
        fields=fields,
        ponds=(translate(bumpy(chance, 6_000.0), middle[0] + 110, middle[1] + 420),),
        sand=Polygon(),
    )


@cache
def made_up_register(size: str, seed: int) -> Register:
    return draw_register(made_up_plan(size, seed))


def _patch(number: int, kind: MineClass, shape: BaseGeometry, work: Work, role: str | None) -> Patch:
    small = shape.buffer(-0.08 * np.sqrt(shape.area))
    gone = work.change in (Change.LEVELLED, Change.SOLAR_STATION)
    before = {Change.NEW: None, Change.GROWN: small}.get(work.change, shape)
    after = None if gone else small if work.change is Change.SHRUNK else shape
    weathered = small if number % 3 == 0 and before is not None else None
    return Patch(
        number=number,
        mine_class=kind,
        before=before,
        after=after,
        weathered=weathered,
        change=work.change,
        activity=work.activity,
        motion=work.motion,
        core=small,
        relief_m=-8.0,
        started=work.started,
        role=role,
    )
