"""The filter row: what it leaves in the list, what it puts into the address, and what an address puts into it."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from store.home import Home
from store.patches import PatchFilter
from store.reader import ReleaseReader, current_release

MAP = Path(__file__).parents[2] / "pages" / "inspect" / "map.py"


@pytest.fixture
def crowd(crowded: Home, monkeypatch: pytest.MonkeyPatch) -> ReleaseReader:
    monkeypatch.setenv("PITWATCH_HOME", str(crowded.root))
    found = current_release(crowded, "crowded")
    assert found is not None
    return found


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(MAP), default_timeout=60)
    app.query_params["area"] = "crowded"
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def data(app: AppTest, name: str) -> dict[str, Any]:
    """What a component of the page was given, known by one of its fields."""
    assert not app.exception
    for element in app.main:
        text = getattr(getattr(element, "proto", None), "json", "")
        if f'"{name}"' in text:
            found: dict[str, Any] = json.loads(text)
            return found
    raise AssertionError(f"nothing on the page was given '{name}'")


def listed(app: AppTest) -> list[str]:
    return [row["id"] for row in data(app, "rows")["rows"]]


def pills(app: AppTest, label: str) -> Any:
    return next(one for one in app.button_group if one.label == label)


def test_without_a_filter_the_first_hundred_are_listed_and_nothing_is_left_out(crowd: ReleaseReader) -> None:
    app = opened()
    assert listed(app) == [patch.patch_id for patch in crowd.patches(limit=100)]
    assert data(app, "rows")["on"] == 100
    assert data(app, "shown")["shown"] is None


def test_a_page_follows_what_is_selected(crowd: ReleaseReader) -> None:
    far = crowd.patches(offset=250, limit=1)[0].patch_id
    app = opened(patch=far)
    assert far in listed(app)
    assert (data(app, "rows")["back"], data(app, "rows")["on"]) == (100, 300)


def test_by_text(crowd: ReleaseReader) -> None:
    app = opened()
    app.text_input[0].set_value("p-00000").run()
    chosen = PatchFilter(text="p-00000")
    assert listed(app) == [patch.patch_id for patch in crowd.patches(chosen)]
    assert data(app, "shown")["shown"] == crowd.patch_ids(chosen)
    assert f"{crowd.patch_count(chosen)} patches of 400 match the filter" in [one.value for one in app.caption]
    written = app.query_params["show"]
    assert PatchFilter.from_query(written if isinstance(written, str) else written[0]) == chosen


@pytest.mark.parametrize(
    ("label", "codes", "chosen"),
    [
        ("Class", ["clay_pit"], PatchFilter(classes=("clay_pit",))),
        ("Activity", ["negative", "positive"], PatchFilter(activities=("negative", "positive"))),
        ("Change", ["grown"], PatchFilter(changes=("grown",))),
        ("Verdict", ["after_expiry:certain"], PatchFilter(verdicts=("after_expiry:certain",))),
    ],
)
def test_by_what_is_chosen(label: str, codes: list[str], chosen: PatchFilter, crowd: ReleaseReader) -> None:
    app = opened()
    pills(app, label).set_value(codes).run()
    assert listed(app) == [patch.patch_id for patch in crowd.patches(chosen, limit=100)]


def test_an_address_sets_the_controls_and_clear_takes_all_away(crowd: ReleaseReader) -> None:
    chosen = PatchFilter(classes=("iron_pit",), suspected="certain", least_m2=2_000.0)
    app = opened(show=chosen.to_query())
    assert listed(app) == [patch.patch_id for patch in crowd.patches(chosen, limit=100)]
    assert pills(app, "Class").value == ["iron_pit"]
    assert app.number_input[0].value == 0.2
    next(one for one in app.button if one.label == "Clear").click().run()
    assert data(app, "shown")["shown"] is None
    assert "show" not in app.query_params


def test_a_month_and_a_square_of_the_overview_are_shown_and_can_be_taken_away(crowd: ReleaseReader) -> None:
    cell, month = max(crowd.concentration(4), key=lambda one: one.patches), crowd.onsets()[0].month
    chosen = PatchFilter(within=(cell.west, cell.south, cell.east, cell.north))
    app = opened(show=chosen.to_query())
    assert listed(app) == [patch.patch_id for patch in crowd.patches(chosen, limit=100)]
    pills(app, "Where").set_value(None).run()
    assert data(app, "shown")["shown"] is None
    next(one for one in app.selectbox if one.label.startswith("Motion or loss")).set_value(month).run()
    assert listed(app) == [patch.patch_id for patch in crowd.patches(PatchFilter(began=month), limit=100)]


@pytest.mark.parametrize(
    "query",
    ["began=1990-01-01", "sure=0.7", "sure=9", "since=0001-01-01", "until=9999-12-31", "least_m2=inf", "classes=x"],
)
def test_an_address_that_the_controls_cannot_show_is_brought_to_what_they_can(query: str, crowd: ReleaseReader) -> None:
    app = opened(show=query)
    assert len(listed(app)) > 0


def test_a_place_is_gone_to_and_is_no_filter(crowd: ReleaseReader) -> None:
    lon, lat = crowd.info.west + 0.003, crowd.info.south + 0.003
    app = opened()
    app.text_input[0].set_value(f"{lat:.5f}, {lon:.5f}").run()
    assert data(app, "shown")["at"] == pytest.approx([lon, lat], abs=1e-5)
    assert app.text_input[0].value == ""
    assert data(app, "shown")["shown"] is None


def test_many_patches_come_as_tiles_of_what_the_filter_leaves(
    crowd: ReleaseReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.map.MOST_AT_ONCE", 100)
    chosen = PatchFilter(suspected="certain")
    name = crowd.patch_ids()[0]
    given = data(opened(show=chosen.to_query(), patch=name), "tiles")
    assert given["tiles"].endswith(f"/{{z}}/{{x}}/{{y}}.mvt?{chosen.to_query()}")
    assert given["shown"] is None
    assert name in given["chosen"]


def test_what_is_asked_under_more_is_counted_and_can_be_cleared_at_once(crowd: ReleaseReader) -> None:
    app = opened()
    assert next(one for one in app.button if one.label == "Clear").disabled
    app.session_state["filter-suspected"] = "certain"
    app.run()
    assert "More · 1" in [one.proto.popover.label for one in app.get("popover")]
    assert not next(one for one in app.button if one.label == "Clear").disabled


def test_a_place_that_is_none_is_said_to_be_none(crowd: ReleaseReader) -> None:
    app = opened()
    app.text_input[0].set_value("97.2 N 500.1 E").run()
    assert any("There is no place '97.2 N 500.1 E'" in one.value for one in app.warning)
    app.text_input[0].set_value("p-00000").run()
    assert not app.warning


def test_what_was_drawn_last_stands_above_what_was_selected_before(crowd: ReleaseReader) -> None:
    info = crowd.info
    lon, lat = (info.west + info.east) / 2, (info.south + info.north) / 2
    ring = [(lon - 1e-3, lat - 1e-3), (lon + 1e-3, lat - 1e-3), (lon, lat + 1e-3)]
    first, second = (patch.patch_id for patch in crowd.patches(limit=2))
    app = opened(patch=first)
    app.session_state["drawn-ring"] = (info.area, ring, (first, None))
    assert heads(app.run()) == ["Drawn area", first]
    app.query_params["patch"] = second
    assert heads(app.run()) == [second, "Drawn area"]


def heads(app: AppTest) -> list[str]:
    """Of the cards beside the map, their identifier or words."""
    assert not app.exception
    return [one.value.removeprefix("##### ").split(" ·")[0] for one in app.markdown if one.value.startswith("##### ")]
