"""Every case occurs often enough, fits what its patch does, and is drawn as registers draw."""

import datetime
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import EPOCHS, SIZES, Frame
from engine.simulate.measures import geodesic_m2
from engine.simulate.planning.layout import make_plan
from engine.simulate.register.drawing import draw_register
from engine.simulate.register.permits import (
    MINERALS,
    Permit,
    PermitCase,
    PermitKind,
    PermitStatus,
    holder_name,
    mine_name,
    permit_number,
)
from engine.simulate.register.verdicts import PatchVerdict, true_verdicts
from engine.simulate.register.working_time import working_time
from tests.engine.simulate.made_up import made_up_plan, made_up_register

SEEDS = range(6)
SEEN = EPOCHS[1].date


def verdicts_of(size: str, seed: int) -> list[PatchVerdict]:
    return true_verdicts(made_up_plan(size, seed), made_up_register(size, seed))


@pytest.mark.parametrize(("size", "least"), [("medium", 8), ("small", 1)])
@pytest.mark.parametrize("seed", SEEDS)
def test_each_case_occurs_often_enough(size: str, least: int, seed: int) -> None:
    plan = made_up_plan(size, seed)
    register = made_up_register(size, seed)
    verdicts = true_verdicts(plan, register)
    found = {(verdict.patch, verdict.verdict) for verdict in verdicts}
    counts = Counter(case for number, case in register.cases.items() if (number, case) in found)
    counts[PermitCase.SHIFTED] = sum(
        register.cases[number] is PermitCase.SHIFTED and case in (PermitCase.CROSSES, PermitCase.NO_PERMIT)
        for number, case in found
    )
    counts[PermitCase.PROHIBITED_ZONE] = sum(case is PermitCase.PROHIBITED_ZONE for _, case in found)
    assert {case: counts[case] for case in PermitCase if counts[case] < least} == {}
    assert set(register.cases) == {patch.number for patch in plan.patches} == {number for number, _ in found}


def _other_last_digits(shape: BaseGeometry | None) -> BaseGeometry | None:
    return shape and shapely.transform(shape, lambda at: at + 1e-9 * np.sin(12_345.678 * at))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_register_does_not_hang_on_the_last_digits_of_the_plan(seed: int) -> None:
    """They differ between processors, whose sines and exponentials do."""
    plan = made_up_plan("small", seed)
    shapes = ("before", "after", "weathered", "core")
    patches = [
        replace(patch, **{name: _other_last_digits(getattr(patch, name)) for name in shapes}) for patch in plan.patches
    ]
    register, other = made_up_register("small", seed), draw_register(replace(plan, patches=tuple(patches)))
    assert other.cases == register.cases
    assert [vars(permit) for permit in other.permits] == [vars(permit) for permit in register.permits]


@pytest.mark.parametrize("seed", SEEDS)
def test_some_crossings_are_in_doubt_and_some_are_not(seed: int) -> None:
    crossing = [v for v in verdicts_of("medium", seed) if v.verdict is PermitCase.CROSSES]
    doubtful = [v.beyond_m for v in crossing if not v.certain]
    assert len(doubtful) >= 2
    assert all(beyond is not None and 0.9 < beyond < 4.1 for beyond in doubtful)
    assert sum(v.certain for v in crossing) >= 5


def test_a_layout_of_the_simulation_has_them_too() -> None:
    plan, _ = make_plan(Frame(SIZES["small"], 4))
    assert set(draw_register(plan).cases.values()) == set(PermitCase) - {PermitCase.PROHIBITED_ZONE}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_two_cases_of_figure_10(seed: int) -> None:
    plan, register = made_up_plan("medium", seed), made_up_register("medium", seed)
    of_role = {patch.role: patch for patch in plan.patches if patch.role}
    verdicts = true_verdicts(plan, register)
    clay, stone = of_role["figure 10a"], of_role["figure 10b"]
    (late,) = [v for v in verdicts if v.patch == clay.number and v.verdict is PermitCase.AFTER_EXPIRY]
    assert late.since == clay.motion.day and late.since is not None and (late.since.year, late.since.month) == (2020, 8)
    (expired,) = [permit for permit in register.permits if permit.number in late.permits]
    assert expired.valid_to is not None
    assert datetime.timedelta(0) < late.since - expired.valid_to < datetime.timedelta(days=100)
    (beyond,) = [v for v in verdicts if v.patch == stone.number and v.verdict is PermitCase.CROSSES]
    assert beyond.certain and beyond.since == datetime.date(2019, 1, 1)
    # It is in the south-west that it lies outside.
    assert stone.after is not None
    away = np.array(beyond.ground.centroid.coords[0]) - np.array(stone.after.centroid.coords[0])
    assert (away < 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_cases_that_need_work_have_it_in_the_illicit_time(seed: int) -> None:
    plan, register = made_up_plan("medium", seed), made_up_register("medium", seed)
    permits = {permit.number: permit for permit in register.permits}
    patches = {patch.number: patch for patch in plan.patches}
    for verdict in true_verdicts(plan, register):
        work = working_time(patches[verdict.patch])
        if verdict.verdict is PermitCase.AFTER_EXPIRY:
            (permit,) = (permits[number] for number in verdict.permits)
            assert work and permit.valid_to and verdict.since
            assert verdict.since == max(permit.valid_to + datetime.timedelta(days=1), work.first)
            assert permit.valid_to < work.last and verdict.since < SEEN
        if verdict.verdict is PermitCase.BEFORE_START:
            starts = [permits[number].valid_from for number in verdict.permits]
            assert work and verdict.since == work.first and all(start and start > work.first for start in starts)
        if verdict.verdict is PermitCase.NOT_RECLAIMED:
            (permit,) = (permits[number] for number in verdict.permits)
            assert permit.valid_to and permit.reclaim_by and permit.valid_to < permit.reclaim_by < SEEN
            assert patches[verdict.patch].after is not None


def test_boundaries_are_no_copies_of_patches() -> None:
    for permit in made_up_register("medium", 0).permits:
        corners = shapely.get_coordinates(permit.outline)
        assert 4 <= len(corners) - 1 <= 12
        assert permit.outline.is_valid
        np.testing.assert_array_equal(corners, np.round(corners, 2))
        assert permit.area_km2 != round(geodesic_m2(permit.outline) / 1e6, 4)
        assert permit.area_km2 == pytest.approx(geodesic_m2(permit.outline) / 1e6, rel=0.016, abs=4e-4)


def test_shifted_permits_were_moved_as_by_one_wrong_datum() -> None:
    permits = made_up_register("medium", 1).permits
    (shift,) = {permit.shift_m for permit in permits if permit.shift_m is not None}
    assert 40 <= np.hypot(*shift) <= 120.1
    assert all((permit.shift_m is not None) == (permit.case is PermitCase.SHIFTED) for permit in permits)


def test_there_are_permits_without_mines_some_on_each_other_and_some_adjoining() -> None:
    plan, register = made_up_plan("medium", 2), made_up_register("medium", 2)
    permits = register.permits
    empty = [permit.outline for permit in permits if permit.case is None]
    ground = shapely.union_all([patch.ground for patch in plan.patches])
    assert len(empty) > 10 and not any(outline.intersects(ground) for outline in empty)
    pairs = [(a, b) for at, a in enumerate(empty) for b in empty[at + 1 :]]
    assert any(a.intersection(b).area > 1_000 for a, b in pairs)
    mines = [permit.outline for permit in permits if permit.case is not None]
    assert any(a.intersection(b).length > 50 and a.intersection(b).area < 1 for a in empty for b in mines)


def test_several_patches_of_one_mine_lie_in_one_permit() -> None:
    plan, register = made_up_plan("medium", 3), made_up_register("medium", 3)
    held = [sum(permit.outline.contains(patch.ground) for patch in plan.patches) for permit in register.permits]
    assert max(held) >= 2


def test_registers_call_minerals_by_several_names_and_some_expired_permits_valid() -> None:
    permits: list[Permit] = [permit for seed in SEEDS for permit in made_up_register("medium", seed).permits]
    assert {name for names in MINERALS.values() for name in names} <= {permit.mineral for permit in permits}
    lapsed = [permit for permit in permits if permit.valid_to and permit.valid_to < SEEN]
    assert {PermitStatus.VALID, PermitStatus.EXPIRED, PermitStatus.RENEWAL} <= {permit.status for permit in lapsed}
    undated = [permit for permit in permits if permit.case is PermitCase.MISSING_DATES]
    assert {(p.valid_from is None, p.valid_to is None) for p in undated} == {(False, True), (True, False), (True, True)}


def test_the_same_seed_draws_the_same_register_and_another_one_another() -> None:
    plan = made_up_plan("small", 0)
    assert draw_register(plan) == draw_register(plan)
    assert draw_register(plan) != draw_register(made_up_plan("small", 1))


def test_too_few_patches_at_work_is_said() -> None:
    plan = made_up_plan("small", 0)
    idle = [patch for patch in plan.patches if working_time(patch) is None and patch.after is not None]
    short = type(plan)(**{**vars(plan), "patches": tuple(idle)})
    with pytest.raises(ValueError, match="'before start'"):
        draw_register(short)


def test_the_register_was_issued_by_the_image() -> None:
    permits = made_up_register("medium", 4).permits
    assert any(permit.valid_from and permit.valid_from > SEEN for permit in permits)
    assert all(permit.issued < SEEN for permit in permits if permit.issued)
    assert all(permit.issued <= permit.valid_from for permit in permits if permit.issued and permit.valid_from)


def test_numbers_and_names() -> None:
    day = datetime.date(2015, 6, 7)
    assert permit_number(PermitKind.MINING, "砂岩", day, 12) == "C6405002015067130900012"
    assert permit_number(PermitKind.EXPLORATION, "煤", day, 3) == "T6405002015061130900003"
    assert [holder_name(n) for n in (1, 10, 23)] == ["卫宁一号矿业公司", "卫宁十号矿业公司", "卫宁二十三号矿业公司"]
    assert [mine_name(n, "铁矿") for n in (105, 110, 238)] == [
        "卫宁一百零五号铁矿",
        "卫宁一百一十号铁矿",
        "卫宁二百三十八号铁矿",
    ]
    numbers = [permit.number for permit in made_up_register("medium", 0).permits]
    assert len(set(numbers)) == len(numbers) and {len(number) for number in numbers} == {23}
