"""A very small simulated area in which every kind of motion occurs."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from shapely import MultiPolygon, Point, box

from engine.blocks import Workers
from engine.simulate.frame import Frame, Size
from engine.simulate.plan import Activity, Bowl, Change, MineClass, Motion, MotionKind, Patch, Plan
from engine.simulate.radar.acquisitions import acquisitions
from engine.simulate.radar.stack import Scene, simulate_radar
from engine.simulate.terrain import Terrain

TINY = Size("tiny", 1_200.0, 4.0, (1, 1, 1, 1), 0, 50_000.0, 90.0)
# Twelve patches of 160 m, four by three, 300 m apart; the last is too small to be observed.
MOTIONS = (
    (Activity.IDLE, Motion(MotionKind.NONE)),
    (Activity.REMOVAL, Motion(MotionKind.LINEAR, rate=-18.0, creep=0.4)),
    (Activity.TIPPING, Motion(MotionKind.LINEAR, rate=15.0)),
    (Activity.EXTRACTION, Motion(MotionKind.ONSET, rate=-14.0, day=date(2020, 7, 1))),
    (Activity.TIPPING, Motion(MotionKind.STOP, rate=9.0, day=date(2020, 3, 1))),
    (Activity.EXTRACTION, Motion(MotionKind.STEP, step_mm=-60.0, day=date(2020, 9, 20))),
    (Activity.EXTRACTION, Motion(MotionKind.ACCELERATING, rate=-20.0)),
    (Activity.IDLE, Motion(MotionKind.SEASONAL, annual_mm=4.0)),
    (Activity.SETTLEMENT, Motion(MotionKind.DECAY, rate=-36.0, decay_years=1.2, day=date(2018, 11, 1))),
    (Activity.DIGGING, Motion(MotionKind.VIOLENT, day=date(2020, 4, 11), until=date(2020, 12, 1))),
    (Activity.LEVELLING, Motion(MotionKind.LINEAR, rate=-8.0)),
    (Activity.REMOVAL, Motion(MotionKind.LINEAR, rate=-12.0)),
)
VIOLENT, REMOVED = 10, 2
WITHOUT = MultiPolygon()


def make_patch(number: int, west: float, south: float, edge: float) -> Patch:
    activity, motion = MOTIONS[number - 1]
    outline = box(west, south, west + edge, south + edge)
    return Patch(
        number=number,
        mine_class=MineClass.GANGUE_DUMP if motion.rate > 0 else MineClass.IRON_PIT,
        before=outline,
        after=outline,
        weathered=None,
        change=Change.UNCHANGED,
        activity=activity,
        motion=motion,
        core=outline.buffer(-0.22 * edge),
        relief_m=8.0 if motion.rate > 0 else -6.0,
    )


def make_plan(seed: int = 1) -> Plan:
    frame = Frame(TINY, seed)
    west, south, *_ = frame.bounds
    patches = []
    for number in range(1, len(MOTIONS) + 1):
        col, row = (number - 1) % 4, (number - 1) // 4
        edge = 30.0 if number == len(MOTIONS) else 160.0
        patches.append(make_patch(number, west + 70 + 300 * col, south + 70 + 300 * row, edge))
    return Plan(
        frame=frame,
        patches=tuple(patches),
        bowls=(Bowl(Point(west + 900, south + 1_010), (260.0, 170.0), 40.0, -30.0, date(2019, 9, 3)),),
        confusers=(),
        roads=(),
        turbines=(),
        buildings=(),
        village=WITHOUT,
        fields=(box(west + 20, south + 960, west + 220, south + 1_160),),
        ponds=(box(west + 250, south + 1_060, west + 320, south + 1_130),),
        sand=box(west + 380, south + 960, west + 580, south + 1_180),
    )


Simulated = tuple[Scene, Path, Path]


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """All ninety dates: the scene, the folder of the stack and that of the truth."""
    folder = tmp_path_factory.mktemp("simulated")
    plan = make_plan()
    terrain = Terrain(plan.frame)
    simulate_radar(plan, terrain, folder / "radar", folder / "truth", workers=Workers("threads", 2))
    return Scene(plan, terrain, tuple(acquisitions())), folder / "radar", folder / "truth"


@pytest.fixture
def simulate_few(tmp_path: Path) -> Callable[[str, int, Workers], Path]:
    """Simulates six dates into a folder of a name."""

    def simulate(name: str, seed: int, workers: Workers) -> Path:
        plan = make_plan(seed)
        passes = acquisitions()[40:46]
        folder = tmp_path / name
        simulate_radar(plan, Terrain(plan.frame), folder / "radar", folder / "truth", workers=workers, passes=passes)
        return folder

    return simulate
