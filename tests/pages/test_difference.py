"""The quality page's difference to another release: what it is held against, what it tells, where a row leads."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import differences
from store.home import Home
from store.reader import releases
from tests.conftest import ROOT
from tests.pages.test_pages import OPTICAL, open_page, text

PAGE = ROOT / "pages" / "quality" / "quality.py"
EARLIER = "20200101T000000Z"


@pytest.fixture
def home(both_published: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    copy = Home(tmp_path / "home")
    shutil.copytree(both_published.root, copy.root, symlinks=True)
    monkeypatch.setenv("PITWATCH_HOME", str(copy.root))
    return copy


def earlier(home: Home, *changes: str, name: str = EARLIER) -> list[str]:
    """Put a release before the current one, alike but for `changes` of its database; returns its patches' names."""
    folder = home.releases(OPTICAL) / name
    shutil.copytree(home.releases(OPTICAL) / "current", folder)
    with duckdb.connect(str(folder / "release.duckdb")) as database:
        database.execute(f"UPDATE release SET id = '{name}'")
        names = [row[0] for row in database.execute("SELECT patch_id FROM patch ORDER BY patch_id").fetchall()]
        for change in changes:
            database.execute(change)
    return names


def table(app: AppTest, column: str) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if column in one.value.columns)


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_one_release_cannot_be_compared(home: Home) -> None:
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    assert "the only release" in text(app)


def test_one_that_cannot_be_read_is_as_good_as_none(home: Home) -> None:
    earlier(home, "UPDATE release SET schema_version = 1")
    assert "the only release" in text(open_page(PAGE, area=OPTICAL))


def test_two_that_are_alike_are_said_to_be(home: Home) -> None:
    names = earlier(home)
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    assert "The same patches" in text(app)
    assert "By the same steps" in text(app)
    assert figures(app)["Patches"] == f"{len(names)} → {len(names)}"
    assert table(app, "patches, earlier")["more or fewer"].tolist() == [0]


# `geometry` cannot be written without the extension: what is there is not touched.
NEW, GONE = "P-0001", "P-9999"
CHANGES = (
    f"UPDATE patch SET patch_id = '{GONE}', area_m2 = 50000 WHERE patch_id = '{NEW}'",
    f"UPDATE verdict SET patch_id = '{GONE}' WHERE patch_id = '{NEW}'",
    "UPDATE patch SET change = 'gone' WHERE patch_id = 'P-0002'",
    "UPDATE verdict SET kind = 'no_permit', certainty = 'doubtful' WHERE patch_id = 'P-0003'",
    "UPDATE step SET parameters = json_merge_patch(parameters, '{\"least_share\": 0.25}') WHERE name = 'refinement'",
)


def test_what_differs_is_told(home: Home) -> None:
    names = earlier(home, *CHANGES)
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    told = table(app, "earlier").to_dict("records")
    assert [(row["patch"], row["what"]) for row in told] == [
        (NEW, "new here"),
        (GONE, "no longer here"),
        ("P-0002", "change in the images"),
        ("P-0003", "verdicts"),
    ]
    assert told[1]["earlier"] == "quarry, 5.0 ha"
    assert told[1]["later"] == "–"
    assert told[2]["earlier"] == "✕ gone"
    assert told[3]["earlier"] == "?⊘ doubtful: no permit, or just beside one"
    assert told[3]["later"] == "permits not tested"
    assert (figures(app)["New"], figures(app)["Gone"], figures(app)["Changed otherwise"]) == ("1", "1", "2")
    assert figures(app)["Patches"] == f"{len(names)} → {len(names)}"
    made = next(one.value for one in app.dataframe if "step" in one.value.columns and "earlier" in one.value.columns)
    assert made.to_dict("records") == [
        {"what": "parameter", "step": "refinement", "name": "least_share", "earlier": "0.25", "later": "0.5"}
    ]
    app.pills(key="difference-kinds").set_value(["gone"]).run()
    assert table(app, "earlier")["patch"].tolist() == [GONE]


def test_by_default_the_one_before_is_held_against_and_any_other_can_be(home: Home) -> None:
    earlier(home, name="20200101T000000Z")
    earlier(home, "UPDATE patch SET change = 'gone' WHERE patch_id = 'P-0002'", name="20210101T000000Z")
    earlier(home, name="20220101T000000Z")
    (current,) = (name for name in releases(home, OPTICAL) if name > "2023")
    picker = open_page(PAGE, area=OPTICAL).selectbox(key="difference-release")
    assert picker.value == "20220101T000000Z"
    assert picker.options == ["2022-01-01 00:00 UTC", "2021-01-01 00:00 UTC", "2020-01-01 00:00 UTC"]
    app = open_page(PAGE, area=OPTICAL, release="20210101T000000Z")
    assert app.selectbox(key="difference-release").value == "20200101T000000Z"
    # The earlier stands first, whichever is shown.
    app.selectbox(key="difference-release").set_value(current).run()
    assert table(app, "earlier")["earlier"].tolist() == ["✕ gone"]
    oldest = open_page(PAGE, area=OPTICAL, release="20200101T000000Z")
    assert oldest.selectbox(key="difference-release").value == "20210101T000000Z"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], tuple[str, dict[str, str]]]:
    """Opens the page with a row of the table chosen; gives the patch and what else of the selection changes."""

    def choose(row: int) -> tuple[str, dict[str, str]]:
        went: list[tuple[str, dict[str, str]]] = []
        drawn = st.dataframe

        def table_with_row(*given: Any, **options: Any) -> Any:
            drawn(*given, **options)
            return SimpleNamespace(selection=SimpleNamespace(rows=[row])) if "on_select" in options else None

        monkeypatch.setattr(differences.st, "dataframe", table_with_row)
        monkeypatch.setattr(differences, "open_map", lambda patch, **changes: went.append((patch, changes)))
        assert not open_page(PAGE, area=OPTICAL).exception
        return went[0]

    return choose


def test_a_row_opens_the_map_of_the_release_that_has_the_patch(
    home: Home, opened: Callable[[int], tuple[str, dict[str, str]]]
) -> None:
    earlier(home, *CHANGES)
    assert opened(0) == (NEW, {})
    assert opened(1) == (GONE, {"release": EARLIER})
    assert opened(3) == ("P-0003", {})
