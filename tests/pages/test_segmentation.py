"""The quality page's segmentation: what tuning found, one tuning at a time, and the curve of total-area control."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from store.home import Home
from store.reader import ReleaseReader
from store.tunings import keep_tuning
from tests.conftest import ROOT
from tests.pages.test_pages import AREA, OPTICAL, open_page, text
from tests.store.test_tunings import tried

PAGE = ROOT / "pages" / "quality" / "quality.py"
CURVE = {"share": [0.2, 0.4, 0.8], "kept_m2": [90_000.0, 60_000.0, 20_000.0]}
CONTROL = {"share": 0.4, "cumulated_m2": 60_000.0, "reference_m2": 62_000.0, "saturated": False}


@pytest.fixture
def home(both_published: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    copy = Home(tmp_path / "home")
    shutil.copytree(both_published.root, copy.root, symlinks=True)
    monkeypatch.setenv("PITWATCH_HOME", str(copy.root))
    return copy


def control_of(monkeypatch: pytest.MonkeyPatch, control: dict[str, Any]) -> None:
    """Let the release tell of a total-area control of the refinement."""
    true = ReleaseReader.steps

    def told(reader: ReleaseReader) -> Any:
        steps = true(reader)
        return [
            replace(step, report=step.report | {"control": control}) if step.name == "refinement" else step
            for step in steps
        ]

    monkeypatch.setattr(ReleaseReader, "steps", told)


def chart(app: AppTest, name: str) -> dict[str, Any]:
    """A chart as it goes to the browser."""
    (found,) = (one for one in app.get("plotly_chart") if name in one.proto.id)
    drawn: dict[str, Any] = json.loads(found.proto.spec)
    return drawn


def test_before_a_tuning_the_page_says_how_to_make_one(home: Home) -> None:
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    assert "`python -m engine tune AREA`" in text(app)
    assert not [one for one in app.get("plotly_chart") if "tuning" in one.proto.id]


def test_an_area_without_images_has_no_such_tab(home: Home) -> None:
    app = open_page(PAGE, area=AREA)
    assert "Segmentation" not in [tab.label for tab in app.tabs]
    assert "Segmentation" in [tab.label for tab in open_page(PAGE, area=OPTICAL).tabs]


def test_the_grid_and_the_best_pair_are_those_of_the_tuning(home: Home) -> None:
    keep_tuning(home, tried(area=OPTICAL))
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    drawn = chart(app, "chart-tuning")
    (grid,) = drawn["data"]
    assert grid["x"] == grid["y"] == [0.1, 0.5, 0.9]
    assert grid["z"][0] == pytest.approx([46.0, 6.0, 46.0])
    frames = {shape["name"]: shape for shape in drawn["layout"]["shapes"]}
    assert frames["best"]["y0"] == pytest.approx(0.05)
    assert frames["best"]["x1"] == pytest.approx(0.55)
    assert frames["in use"]["y0"] == pytest.approx(0.15)  # strzegom: shape 0.2, compactness 0.5
    assert "shape 0.1, compactness 0.5. This release was made with shape 0.2, compactness 0.5, scale 30." in text(app)


def test_the_chosen_scale_is_marked_on_the_levels_of_each_step(home: Home) -> None:
    keep_tuning(home, tried(area=OPTICAL))
    app = open_page(PAGE, area=OPTICAL)
    drawn = chart(app, "chart-scales")
    assert drawn["data"][0]["y"] == [5.0, 6.0, 7.0, 8.0, 9.0]
    assert drawn["data"][1]["y"] == pytest.approx([None, 2.5, 5 / 3, 1.25, 1.0])
    assert drawn["data"][2]["x"] == [30.0]
    assert [shape["name"] for shape in drawn["layout"]["shapes"]] == ["chosen: 30", "in use: 30"]
    app.radio(key="tuning-levels").set_value(1).run()
    assert [shape["name"] for shape in chart(app, "chart-scales")["layout"]["shapes"]] == ["in use: 30"]
    assert "None stands out." in text(app)


def test_of_several_tunings_one_is_shown_the_newest_first(home: Home) -> None:
    keep_tuning(home, tried(area=OPTICAL))
    keep_tuning(home, tried(area=OPTICAL, key="cd" * 32, patches=7, made=datetime(2026, 11, 25, 8, tzinfo=UTC)))
    app = open_page(PAGE, area=OPTICAL)
    picker = app.selectbox(key="tuning")
    assert [option.partition(" · 18")[0] for option in picker.options] == [
        "2026-11-25 08:00 UTC · 7 patches",
        "2026-11-24 12:00 UTC · 14 patches",
    ]
    assert "Best on 7 labelled patches" in text(app)
    picker.set_value(1).run()
    assert "Best on 14 labelled patches" in text(app)


def test_a_damaged_tuning_does_not_take_the_page_down(home: Home) -> None:
    keep_tuning(home, tried(area=OPTICAL)).write_text("{")
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    assert "`python -m engine tune AREA`" in text(app)


def test_the_curve_of_control_has_p_star_and_the_labels(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    control_of(monkeypatch, CONTROL | {"curve": CURVE})
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    drawn = chart(app, "chart-control")
    curve, mark = drawn["data"]
    assert curve["x"] == pytest.approx([0, 20, 40, 80])
    assert curve["y"] == pytest.approx([9, 9, 6, 2])
    # The release itself was made with half: between 0.4 and 0.8 objects of 0.8 and more are kept.
    assert (mark["x"], mark["y"]) == ([50.0], [2.0])
    labels, p_star = drawn["layout"]["shapes"]
    assert labels["y0"] == pytest.approx(6.2)
    assert p_star["x0"] == pytest.approx(50.0)
    assert "nearest to the labels" in text(app)


def test_a_saturated_control_is_said_to_be(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    control_of(monkeypatch, CONTROL | {"curve": CURVE, "reference_m2": 100_000.0, "saturated": True})
    assert "the given least share stands" in text(open_page(PAGE, area=OPTICAL))


def test_a_release_of_before_the_curve_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    control_of(monkeypatch, CONTROL)
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    assert "`python -m engine run --force AREA`" in text(app)


def test_the_curve_does_not_fill_the_table_of_steps(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    control_of(monkeypatch, CONTROL | {"curve": CURVE})
    app = open_page(PAGE, area=OPTICAL)
    steps = next(one.value for one in app.dataframe if "parameters" in one.value.columns).set_index("step")
    assert "reference_m2" in steps.loc["refinement", "result"]
    assert "curve" not in steps.loc["refinement", "result"]
