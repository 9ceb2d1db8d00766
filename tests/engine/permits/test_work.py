"""Days: work that was dated against the days of permits, ground not restored, and any day that is asked about."""

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from engine.errors import InputError
from engine.permits.comparison import VERDICT_COLUMNS, compare
from engine.permits.options import PermitOptions
from engine.permits.precision import Precision, precision_of
from engine.permits.register import Register
from engine.permits.subjects import Growth, Movement, Outline, Span, Subject, subjects
from engine.permits.verdicts.kinds import Certainty
from engine.permits.work import is_dump, signs_of_work
from tests.engine.permits.judging import DAY, FIRST, codes, degrees, judge, only, permit, register, square, subject

BEFORE, AFTER = datetime.date(2019, 5, 18), DAY
YEAR = datetime.timedelta(days=365)
PATCH = square(100, 100, 200)
GROWN = Growth(BEFORE, AFTER, 20_000.0)
OPTIONS = PermitOptions.model_validate({"path": "a.gpkg"})


def term(last: datetime.date, **said: Any) -> dict[str, Any]:
    return permit("C1", square(0, 0, 1000), valid_to=last, **said)


START, END = datetime.date(2019, 1, 1), datetime.date(2021, 12, 26)


def moving(activity: str, *, since: datetime.date | None = None, until: datetime.date = END) -> Movement:
    """Ground that surely moved from its third month or since a day, and up to three months before the end or a day."""
    quarter = datetime.timedelta(days=90)
    first = (START, START + quarter) if since is None else (since - quarter / 3, since + quarter / 3)
    return Movement(activity, moved=(Span(*first), Span(min(until, END) - quarter, until)))


def dug(since: datetime.date) -> Movement:
    day = datetime.timedelta(days=6)
    return Movement("decorrelated", lost=(Span(since - day, since + day), Span(END - 6 * day, END)))


# Signs of work


@pytest.mark.parametrize(
    ("mine_class", "movement", "grown", "signs"),
    [
        ("gangue_dump", moving("positive"), False, {"motion"}),
        ("gangue_dump", moving("negative"), False, {"motion"}),
        ("gangue_dump", moving("negative"), True, {"motion", "growth"}),
        ("iron_pit", moving("negative"), False, {"motion"}),
        ("iron_pit", moving("settlement"), False, set()),
        ("iron_pit", moving("positive"), False, set()),
        ("iron_pit", moving("no_change"), False, set()),
        ("iron_pit", dug(datetime.date(2020, 1, 1)), False, {"loss"}),
    ],
)
def test_what_counts_as_a_sign_of_work(mine_class: str, movement: Movement, grown: bool, signs: set[str]) -> None:
    own = subject(PATCH, mine_class=mine_class, movement=movement, growth=GROWN if grown else None)
    assert {sign.code for sign in signs_of_work(own, 1.0)} == signs


@pytest.mark.parametrize("movement", [moving("negative"), dug(datetime.date(2020, 1, 1))])
def test_what_goes_on_where_no_image_shows_a_mine_any_more_is_levelling(movement: Movement) -> None:
    gone = subject(PATCH, mine_class="iron_pit", movement=movement, day=BEFORE, sighted=(BEFORE, AFTER))
    assert not gone.stands
    assert signs_of_work(gone, 1.0) == []


def test_growth_that_two_outlines_explain_is_none() -> None:
    assert signs_of_work(subject(PATCH, growth=Growth(BEFORE, AFTER, 2000.0)), 3.0) == []
    assert signs_of_work(subject(PATCH, growth=Growth(BEFORE, AFTER, 20_000.0)), 3.0) != []


def test_what_is_heaped_up_is_told_from_what_is_dug() -> None:
    assert is_dump("coal gangue dump")
    assert is_dump("gangue_dump")
    assert is_dump("煤矸石堆")
    assert not is_dump("iron ore open pit")
    assert not is_dump("multiple pits")


# Against the days of permits


def test_growth_after_the_last_day_is_work_after_expiry() -> None:
    last = BEFORE - datetime.timedelta(days=100)
    found = judge(subject(PATCH, growth=GROWN), term(last, reclaim_by=AFTER + YEAR))
    verdict = only(found)
    assert (verdict.kind, verdict.certainty, verdict.permits) == ("after_expiry", Certainty.CERTAIN, ("C1",))
    assert (verdict.days, verdict.since) == (101, last + datetime.timedelta(days=1))
    assert codes(verdict) == ["judged", "growth_after"]


def test_growth_within_which_the_permit_ended_is_not_tested() -> None:
    found = judge(subject(PATCH, growth=GROWN), term(BEFORE + datetime.timedelta(days=30), reclaim_by=AFTER))
    assert codes(only(found)) == ["judged", "expired_within_growth"]


def test_motion_after_the_last_day_is_work_after_expiry() -> None:
    own = subject(PATCH, mine_class="gangue_dump", movement=moving("positive"))
    verdict = judge(own, term(datetime.date(2020, 3, 1)))["after_expiry"]
    assert codes(verdict) == ["judged", "motion_after"]
    assert verdict.days == (END - datetime.timedelta(days=90) - datetime.date(2020, 3, 1)).days + 1
    other = subject(PATCH, mine_class="gangue_dump", movement=moving("positive", until=datetime.date(2020, 5, 1)))
    late = judge(other, term(datetime.date(2020, 3, 1)))
    assert codes(only(late)) == ["judged", "expired_without_sign"]


def test_coherence_that_is_lost_after_the_last_day_is_work_after_expiry() -> None:
    own = subject(PATCH, mine_class="iron_pit", movement=dug(datetime.date(2020, 6, 1)))
    verdict = judge(own, term(datetime.date(2020, 3, 1)))["after_expiry"]
    assert codes(verdict) == ["judged", "loss_after"]


def test_settlement_alone_is_never_work_after_expiry() -> None:
    for mine_class in ("gangue_dump", "iron_pit"):
        own = subject(PATCH, mine_class=mine_class, movement=moving("settlement"))
        assert "after_expiry" not in judge(own, term(datetime.date(2018, 1, 1)))


def test_work_under_another_permit_is_not_after_expiry() -> None:
    other = permit("C2", square(0, 0, 1000), valid_from=FIRST, valid_to=AFTER - datetime.timedelta(days=1))
    found = judge(subject(PATCH, growth=GROWN), term(BEFORE - YEAR), other)
    assert "after_expiry" not in found


def test_a_renewal_that_was_accepted_is_pending() -> None:
    verdict = only(judge(subject(PATCH, growth=GROWN), term(BEFORE - YEAR, status="延续受理")))
    assert (verdict.kind, verdict.since) == ("renewal_pending", BEFORE - YEAR + datetime.timedelta(days=1))
    assert codes(verdict) == ["judged", "renewal_accepted", "growth_after"]
    assert only(judge(PATCH, term(AFTER + YEAR, status="renewal pending"))).kind == "inside"


def test_growth_before_the_first_day_is_work_before_start() -> None:
    ahead = permit("C1", square(0, 0, 1000), valid_from=AFTER + datetime.timedelta(days=1))
    verdict = only(judge(subject(PATCH, growth=GROWN), ahead))
    assert (verdict.kind, verdict.permits) == ("before_start", ("C1",))
    assert codes(verdict) == ["judged", "growth_before"]
    other = permit("C2", square(0, 0, 1000), valid_to=AFTER - datetime.timedelta(days=9))
    assert "before_start" not in judge(subject(PATCH, growth=GROWN), ahead, other)


def test_a_patch_inside_may_have_been_worked_before_its_permit_began() -> None:
    own = subject(PATCH, mine_class="gangue_dump", movement=moving("positive"))
    begun = permit("C1", square(0, 0, 1000), valid_from=datetime.date(2021, 3, 1), mineral="coal")
    found = judge(own, begun)
    assert found.keys() == {"inside", "before_start"}
    assert codes(found["before_start"]) == ["judged", "motion_before"]
    within = judge(subject(PATCH, growth=GROWN), begun)
    assert codes(within["not_tested"]) == ["judged", "begun_within_growth"]


# Ground not restored


@pytest.mark.parametrize(
    ("said", "sure", "code"),
    [
        ({"reclaim_by": AFTER - datetime.timedelta(days=1)}, Certainty.CERTAIN, "still_bare"),
        ({"reclaim_by": AFTER}, None, ""),
        ({}, Certainty.DOUBTFUL, "still_bare_after_grace"),
    ],
)
def test_ground_that_is_still_bare_after_its_day(said: dict[str, Any], sure: Certainty | None, code: str) -> None:
    found = judge(PATCH, term(AFTER - 3 * YEAR, **said))
    if sure is None:
        assert "not_reclaimed" not in found
        return
    verdict = found["not_reclaimed"]
    assert (verdict.certainty, codes(verdict)) == (sure, ["judged", code])
    assert verdict.since is not None
    assert verdict.since <= AFTER


def test_ground_that_the_last_image_shows_without_a_mine_was_restored() -> None:
    last = datetime.date(2016, 1, 1)
    gone = subject(PATCH, day=BEFORE, sighted=(BEFORE, AFTER))
    assert "not_reclaimed" not in judge(gone, term(last, reclaim_by=datetime.date(2018, 1, 1)))
    hidden = subject(PATCH, day=BEFORE, sighted=(BEFORE,))
    assert "not_reclaimed" in judge(hidden, term(last, reclaim_by=datetime.date(2018, 1, 1)))


def test_several_verdicts_on_one_patch() -> None:
    found = judge(
        subject(PATCH, growth=GROWN),
        term(BEFORE - YEAR, reclaim_by=BEFORE),
        within=[("red line", None, square(0, 0, 200))],
    )
    assert found.keys() == {"after_expiry", "not_reclaimed", "prohibited_zone"}


# Any day


def tables() -> dict[str, pd.DataFrame]:
    """One patch that grew, as the store has it."""
    shapes = [degrees(square(100, 100, 200)), degrees(square(100, 100, 300))]
    patch = {"patch_id": "P-0001", "mine_class": "mine", "change": "grown", "change_from": BEFORE, "change_to": AFTER}
    rows = {"change_m2": 50_000.0, "first_seen": BEFORE, "last_seen": AFTER}
    dates = [BEFORE, AFTER]
    return {
        "patch": gpd.GeoDataFrame([patch | rows], geometry=shapes[1:], crs="EPSG:4326"),
        "outline": pd.DataFrame({"patch_id": "P-0001", "date": dates, "geometry": [one.wkb for one in shapes]}),
        "sighting": pd.DataFrame({"patch_id": "P-0001", "date": dates, "seen_share": 1.0}),
    }


def test_subjects_come_from_tables_as_the_store_has_them() -> None:
    (own,) = subjects(tables())
    assert [one.date for one in own.outlines] == [BEFORE, AFTER]
    assert (own.growth, own.sighted, own.stands) == (Growth(BEFORE, AFTER, 50_000.0), (BEFORE, AFTER), True)
    (times,) = subjects({name: _with_times(table) for name, table in tables().items()})
    assert times.growth == own.growth


def _with_times(table: pd.DataFrame) -> pd.DataFrame:
    days = [name for name in table if str(name).startswith(("date", "change_", "first_", "last_", "day_", "sure_"))]
    days = [name for name in days if name != "change_m2"]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in days})


def radar_tables(**changed: Any) -> dict[str, pd.DataFrame]:
    """Ground that moves since May 2020, as the store has it."""
    days = [START + datetime.timedelta(days=12 * number) for number in range(91)]
    activity = {"patch_id": "P-0001", "activity": "negative", "lost_first": None, "lost_last": None}
    course = {
        "patch_id": "P-0001",
        "turn": "onset",
        "day_first": datetime.date(2020, 4, 1),
        "day_last": datetime.date(2020, 5, 1),
        "sure_from": datetime.date(2020, 8, 1),
        "sure_until": datetime.date(2021, 9, 1),
        "rate_before": -9.0,
        "rate_after": -9.0,
    }
    return {
        "activity": pd.DataFrame([activity | {key: value for key, value in changed.items() if key in activity}]),
        "course": pd.DataFrame([course | {key: value for key, value in changed.items() if key in course}]),
        "acquisition": pd.DataFrame({"date": days, "noise_mm": 1.0}),
    }


def movement_of(tables: dict[str, pd.DataFrame]) -> Movement:
    (own,) = subjects(tables)
    assert own.movement is not None
    return own.movement


def test_motion_is_dated_by_its_course() -> None:
    moved = movement_of(tables() | radar_tables()).moved
    assert moved == (
        Span(datetime.date(2020, 4, 1), datetime.date(2020, 5, 1)),
        Span(START, datetime.date(2020, 8, 1)),
        Span(datetime.date(2021, 9, 1), START + datetime.timedelta(days=1080)),
    )
    assert movement_of({name: _with_times(table) for name, table in (tables() | radar_tables()).items()}).moved == moved


def test_what_slows_is_not_surely_work() -> None:
    slow = movement_of(tables() | radar_tables(rate_after=-3.0, turn=None))
    assert (slow.slows, movement_of(tables() | radar_tables()).slows) == (True, False)
    assert not movement_of(tables() | radar_tables(rate_after=0.0, turn="stop")).slows
    own = subject(PATCH, mine_class="iron_pit", movement=slow)
    assert signs_of_work(own, 1.0) == []
    assert signs_of_work(replace(own, growth=GROWN), 1.0) != []


def test_a_step_is_over_in_a_day() -> None:
    moved = movement_of(tables() | radar_tables(turn="step")).moved
    assert moved == (Span(datetime.date(2020, 4, 1), datetime.date(2020, 5, 1)),)


def test_coherence_is_lost_from_a_day_until_it_comes_back_or_to_the_end() -> None:
    lost = {"lost_first": datetime.date(2020, 1, 1), "lost_last": datetime.date(2020, 1, 13)}
    own = tables() | radar_tables(activity="decorrelated", **lost)
    own["activity"]["lost_sure_until"] = datetime.date(2021, 11, 1)
    end = START + datetime.timedelta(days=1080)
    assert movement_of(own).lost == (Span(*lost.values()), Span(datetime.date(2021, 11, 1), end))
    own["activity"]["lost_until_first"] = datetime.date(2021, 3, 1)
    own["activity"]["lost_until_last"] = datetime.date(2021, 3, 13)
    assert movement_of(own).lost[1] == Span(datetime.date(2021, 3, 1), datetime.date(2021, 3, 13))


def test_as_of_a_day_nothing_later_counts() -> None:
    those = subjects(tables() | radar_tables())
    own = those[0].on(AFTER - YEAR)
    assert own is not None
    assert (own.latest.date, own.growth, own.stands) == (BEFORE, None, True)
    assert own.movement is not None
    assert own.movement.moved == (Span(datetime.date(2020, 4, 1), datetime.date(2020, 5, 1)),)
    assert those[0].on(BEFORE - YEAR) is None

    given = register(permit("C1", square(0, 0, 350), valid_to=BEFORE + YEAR))
    now = compare(those, given, None, OPTIONS).verdicts
    then = compare(those, given, None, OPTIONS, as_of=AFTER - YEAR).verdicts
    assert list(then["kind"]) == ["inside"]
    assert list(then["date"]) == [BEFORE]
    assert "inside" not in set(now["kind"])
    assert compare(those, given, None, OPTIONS, as_of=BEFORE - YEAR).verdicts.empty


def test_a_comparison_is_a_table_of_verdicts_with_counts() -> None:
    those = [subject(square(950, 100, 100)), Subject("P-0002", "mine", (Outline(DAY, degrees(PATCH)),))]
    found = compare(those, register(permit("C1", square(0, 0, 1000))), None, OPTIONS)
    assert list(found.verdicts.columns) == VERDICT_COLUMNS
    assert found.counts() == {"inside": 1, "crosses": 1}
    assert found.error_m == precision_of(OPTIONS).total_m
    assert len(found.permits) == 1
    without = compare(those, None, None, None)
    assert (without.counts(), without.error_m, len(without.permits)) == ({"not_tested": 2}, None, 0)


def test_a_register_of_elsewhere_is_refused() -> None:
    far = permit("C1", square(300_000, 0, 1000))
    with pytest.raises(InputError, match="far from the patches"):
        compare([subject(PATCH)], register(far), None, OPTIONS)


# The positional error


def test_the_error_is_what_options_say_or_what_is_known_of_images_and_outlines() -> None:
    assert precision_of(OPTIONS).total_m == pytest.approx(5, abs=0.1)
    assert precision_of(OPTIONS, pixel_m=2.0, boundary_m=1.0) == precision_of(OPTIONS)
    coarse = precision_of(OPTIONS, pixel_m=10.0, boundary_m=5.0)
    assert coarse == Precision(pytest.approx(2 * np.sqrt(25 + 25 + 1.3**2)), 10.0)
    said = OPTIONS.model_copy(update={"image_error_m": 3.0, "boundary_error_m": 4.0, "datum_error_m": 0.0})
    assert precision_of(said, pixel_m=10.0) == Precision(10.0, 8.0)


def test_a_register_that_went_through_a_file_says_the_same(tmp_path: Path) -> None:
    """Days that are missing come back as other kinds of nothing, and dates as times."""
    given = register(permit("C1", square(0, 0, 1000), valid_from=None), permit("C2", square(0, 0, 1000)))
    table = given.permits.assign(valid_to=pd.to_datetime(given.permits["valid_to"]), issued=pd.NaT)
    table.to_parquet(tmp_path / "a.parquet")
    back = Register(gpd.read_parquet(tmp_path / "a.parquet"))
    assert compare([subject(PATCH)], back, None, OPTIONS).counts() == {"inside": 1}
