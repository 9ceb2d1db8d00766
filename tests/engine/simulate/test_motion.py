"""Courses in time that are exact to the day, and the shapes of patches and bowls."""

from datetime import date, timedelta

import numpy as np
import pytest

from engine.grid import Block
from engine.simulate.plan import Motion, MotionKind
from engine.simulate.radar.motion import course_of, ground_motion
from engine.simulate.radar.places import Places
from tests.engine.simulate.conftest import make_plan

DAYS = [date(2019, 1, 1) + timedelta(days=number) for number in range(1_096)]


def course(motion: Motion) -> dict[date, float]:
    return dict(zip(DAYS, course_of(motion, DAYS, at_work=False), strict=True))


def test_an_onset_and_a_stop_keep_their_day() -> None:
    turn = date(2020, 5, 17)
    onset = course(Motion(MotionKind.ONSET, rate=-36.525, day=turn))
    assert onset[turn] == 0
    assert onset[turn + timedelta(days=10)] == pytest.approx(-1.0)
    stop = course(Motion(MotionKind.STOP, rate=-36.525, day=turn))
    assert stop[turn] == stop[DAYS[-1]] == pytest.approx(-0.1 * (turn - DAYS[0]).days)


def test_a_step_is_over_in_days_and_a_decay_ends() -> None:
    turn = date(2020, 5, 17)
    step = course(Motion(MotionKind.STEP, step_mm=-40.0, day=turn))
    assert step[turn - timedelta(days=12)] == pytest.approx(0, abs=0.1)
    assert step[turn + timedelta(days=12)] == pytest.approx(-40, abs=0.1)
    decay = course(Motion(MotionKind.DECAY, rate=-20.0, decay_years=0.5, day=DAYS[0]))
    assert decay[DAYS[10]] - decay[DAYS[0]] == pytest.approx(-20 * 10 / 365.25, rel=0.05)
    assert decay[DAYS[-1]] == pytest.approx(-10, abs=0.05)


def test_acceleration_ends_at_its_rate_and_a_season_returns() -> None:
    fast = course(Motion(MotionKind.ACCELERATING, rate=-20.0))
    assert (fast[DAYS[-1]] - fast[DAYS[-11]]) * 365.25 / 10 == pytest.approx(-20, rel=0.01)
    season = course(Motion(MotionKind.SEASONAL, annual_mm=5.0))
    assert np.ptp(list(season.values())) == pytest.approx(10, rel=0.01)
    assert season[date(2020, 4, 1)] == pytest.approx(season[date(2021, 4, 1)], abs=0.1)


def test_work_slackens_in_winter_and_keeps_its_rate() -> None:
    worked = course_of(Motion(MotionKind.LINEAR, rate=-12.0), DAYS, at_work=True)
    assert worked[365 + 365] - worked[365] == pytest.approx(-12, abs=0.1)
    january, july = worked[31] - worked[0], worked[212] - worked[181]
    assert abs(january) < 0.75 * abs(july)


def test_a_patch_moves_most_in_its_core_and_a_little_beyond() -> None:
    plan = make_plan()
    places = Places(plan.frame)
    motion = ground_motion(plan, np.zeros(places.shape, np.float32), [DAYS[0], DAYS[-1]])
    item = next(item for item in motion.components if item.patch == 2)
    patch = plan.patches[1]
    inside, core = places.inside(patch.ground, item.block), places.inside(patch.core, item.block)
    assert item.up[core].mean() == pytest.approx(1, abs=1e-3)
    assert item.up[inside & ~core].mean() < 0.85
    assert item.up[core].std() > 0.01
    beyond = item.up * (places.distance(patch.ground, item.block) > 0)
    assert 0 < beyond.max() < 0.5
    assert beyond[places.distance(patch.ground, item.block) > 45].max(initial=0) == 0


def test_a_bowl_sinks_and_draws_its_flanks_in() -> None:
    plan = make_plan()
    places = Places(plan.frame)
    motion = ground_motion(plan, np.zeros(places.shape, np.float32), [DAYS[0], DAYS[-1]])
    bowl = next(item for item in motion.components if item.patch is None)
    whole = Block(0, places.shape[0], 0, places.shape[1])
    east, north, up = (part[-1] for part in motion.displacement(whole))
    years = (DAYS[-1] - plan.bowls[0].day).days / 365.25
    row, col = np.abs(places.y - plan.bowls[0].centre.y).argmin(), np.abs(places.x - plan.bowls[0].centre.x).argmin()
    assert up[row, col] == pytest.approx(-30 * years, rel=0.05)
    window = bowl.block.slices
    x, y = np.meshgrid(*places.axes(bowl.block))
    inwards = -((x - plan.bowls[0].centre.x) * bowl.east + (y - plan.bowls[0].centre.y) * bowl.north)
    assert (inwards * bowl.course[-1] >= -1e-6).all()  # against the outward direction, where course is negative
    level = np.hypot(bowl.east, bowl.north).max() / bowl.up.max()
    assert level == pytest.approx(0.61, abs=0.05)
    assert east[window].shape == north[window].shape
