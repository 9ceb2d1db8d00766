"""Two releases held against each other: made-up patches and steps, and a release as it is in its database."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from store.differences import (
    ClassTotals,
    MadeDifference,
    PatchFacts,
    class_totals,
    made_differences,
    patch_differences,
)
from store.home import Home
from store.reader import current_release, readable_releases
from store.rows import Step

PATCH = PatchFacts(
    name="Pit",
    mine_class="clay_pit",
    area_m2=10_000.0,
    activity="no_change",
    change="grown",
    verdicts=(("no_permit", "doubtful"),),
)


def step(name: str = "activity", **changes: Any) -> Step:
    plain = Step(
        name=name,
        finished=datetime(2026, 11, 30),
        seconds=1.0,
        peak_memory_bytes=1,
        parameters={"threshold": 5.0, "register": {"error_m": None, "kinds": ["采矿许可证"]}},
        versions={"engine": "0.1.0", "numpy": "2.4.6", "code": f"c0de-{name}"},
        report={"patches": 3},
    )
    return replace(plain, **changes)


def inputs(**digests: str) -> list[dict[str, str]]:
    return [{"step": "activity", "file": file, "sha256": digest} for file, digest in digests.items()]


# Patches


def test_new_and_gone_patches_come_first_then_what_changed() -> None:
    before = {"P-3": PATCH, "P-2": PATCH, "P-1": PATCH}
    after = {"P-4": PATCH, "P-2": replace(PATCH, activity="settlement", mine_class="iron_pit"), "P-1": PATCH}
    found = patch_differences(before, after)
    assert [(one.patch_id, one.what) for one in found] == [
        ("P-4", "new"),
        ("P-3", "gone"),
        ("P-2", "mine_class"),
        ("P-2", "activity"),
    ]
    assert (found[0].before, found[0].after) == (None, PATCH)
    assert (found[1].before, found[1].after) == (PATCH, None)
    assert (found[3].before, found[3].after) == (before["P-2"], after["P-2"])


def test_a_verdict_that_becomes_certain_or_is_dropped_is_a_change() -> None:
    certain = replace(PATCH, verdicts=(("no_permit", "certain"),))
    assert [one.what for one in patch_differences({"P": PATCH}, {"P": certain})] == ["verdicts"]
    assert [one.what for one in patch_differences({"P": PATCH}, {"P": replace(PATCH, verdicts=())})] == ["verdicts"]


def test_area_and_name_alone_are_no_change_of_a_patch() -> None:
    assert patch_differences({"P": PATCH}, {"P": replace(PATCH, area_m2=1.0, name="Other")}) == []


def test_totals_by_class_are_of_either_release() -> None:
    before = {"a": PATCH, "b": PATCH}
    after = {"a": replace(PATCH, area_m2=5_000.0), "c": replace(PATCH, mine_class="quarry")}
    assert class_totals(before, after) == [
        ClassTotals("clay_pit", 2, 1, 20_000.0, 5_000.0),
        ClassTotals("quarry", 0, 1, 0.0, 10_000.0),
    ]


def test_ten_thousand_patches_take_no_time() -> None:
    before = {f"P-{number}": PATCH for number in range(10_000)}
    after = {name: replace(patch, activity="settlement", verdicts=()) for name, patch in before.items()}
    started = time.process_time()
    assert len(patch_differences(before, after)) == 20_000
    assert class_totals(before, after)[0].patches_after == 10_000
    assert time.process_time() - started < 1.0


# How they were made


def test_a_parameter_within_others_is_named_with_its_way() -> None:
    other = step(parameters={"threshold": 7.0, "register": {"error_m": 2, "kinds": ["采矿许可证", "其他"]}})
    assert made_differences([step()], [other], [], []) == [
        MadeDifference("parameter", ("activity",), "register.error_m", None, "2"),
        MadeDifference("parameter", ("activity",), "register.kinds", '["采矿许可证"]', '["采矿许可证", "其他"]'),
        MadeDifference("parameter", ("activity",), "threshold", "5.0", "7.0"),
    ]


def test_what_it_took_and_what_it_says_are_no_difference() -> None:
    other = step(seconds=99.0, peak_memory_bytes=2, finished=datetime(2027, 1, 1), report={})
    assert made_differences([step()], [other], inputs(a="1"), inputs(a="1")) == []


def test_a_parameter_that_is_none_is_as_good_as_one_that_is_not_there() -> None:
    assert made_differences([step()], [step(parameters=step().parameters | {"new": None})], [], []) == []


def test_a_version_that_several_steps_share_is_told_once() -> None:
    before = [step("a"), step("b")]
    after = [replace(one, versions=one.versions | {"numpy": "3.0"}) for one in before]
    after[1] = replace(after[1], versions=after[1].versions | {"code": "other"})
    assert made_differences(before, after, [], []) == [
        MadeDifference("version", ("a", "b"), "numpy", "2.4.6", "3.0"),
        MadeDifference("version", ("b",), "code", "c0de-b", "other"),
    ]


def test_inputs_that_are_new_gone_or_other() -> None:
    found = made_differences(
        [step()], [step()], inputs(same="1", other="2", gone="3"), inputs(same="1", other="4", new="5")
    )
    assert [(one.kind, one.what, one.before, one.after) for one in found] == [
        ("input", "gone", "3", None),
        ("input", "new", None, "5"),
        ("input", "other", "2", "4"),
    ]


def test_files_of_one_name_are_both_compared() -> None:
    """They lie outside the area's folder, in two places; nothing tells them apart but what is in them."""
    twice = [*inputs(file="1"), *inputs(file="2")]
    assert made_differences([step()], [step()], twice, list(reversed(twice))) == []
    (found,) = made_differences([step()], [step()], twice, [*inputs(file="1"), *inputs(file="3")])
    assert (found.before, found.after) == ("1, 2", "1, 3")


def test_a_file_that_lies_elsewhere_is_no_difference_unless_it_is_another_one() -> None:
    old, moved = inputs(**{"images/a.tif": "1", "images/b.tif": "2"}), inputs(**{"a.tif": "1", "b.tif": "3"})
    found = made_differences([step()], [step()], old, moved)
    assert [(one.what, one.before, one.after) for one in found] == [("b.tif", None, "3"), ("images/b.tif", "2", None)]


def test_of_a_step_that_only_one_has_nothing_else_is_told() -> None:
    found = made_differences([step("a")], [step("a"), step("b")], [], [{"step": "b", "file": "f", "sha256": "1"}])
    assert found == [MadeDifference("step_added", ("b",), "", None, None)]
    assert made_differences([step("a"), step("b")], [step("a")], [], [])[0].kind == "step_removed"


# A release


def test_facts_are_those_of_the_release(published: Home) -> None:
    reader = current_release(published, "metropolitan")
    assert reader is not None
    patch = reader.patches()[0]
    (facts,) = reader.patch_facts().values()
    assert (facts.name, facts.area_m2, facts.activity) == (patch.name, patch.area_m2, patch.activity)
    assert facts.change is None
    assert facts.verdicts == (("not_tested", None),)
    assert patch_differences(reader.patch_facts(), reader.patch_facts()) == []


def test_a_release_that_cannot_be_read_is_not_offered(own_home: Home, publish_anew: Any) -> None:
    first = readable_releases(own_home, "metropolitan")
    second = publish_anew()
    (own_home.releases("metropolitan") / "20200101T000000Z").mkdir()
    (own_home.releases("metropolitan") / "20200101T000000Z" / "release.duckdb").write_text("none")
    assert readable_releases(own_home, "metropolitan") == [second, *first]
