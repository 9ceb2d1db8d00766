"""What the pages say of an area with a register of permits."""

import json
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import linked_charts
from store.home import Home
from store.patches import PatchFilter
from store.reader import ReleaseReader, current_release
from tests.conftest import ROOT, STRZEGOM
from tests.pages.test_pages import PAGES, open_page, text

MAP, OVERVIEW = ROOT / "pages" / "inspect" / "map.py", ROOT / "pages" / "overview" / "summary.py"
AREA = STRZEGOM.name


@pytest.fixture
def reader(permitted: Home, monkeypatch: pytest.MonkeyPatch) -> ReleaseReader:
    monkeypatch.setenv("PITWATCH_HOME", str(permitted.root))
    reader = current_release(permitted, AREA)
    assert reader is not None
    return reader


def patch_of(reader: ReleaseReader, kind: str) -> str:
    """The patch with most ground outside, of those with one verdict."""
    own = [verdict for verdict in reader.verdicts() if verdict.kind == kind and verdict.certainty != "doubtful"]
    return max(own, key=lambda verdict: verdict.likely_m2 or 0.0).patch_id


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_opens(page: Path, reader: ReleaseReader) -> None:
    assert not open_page(page, area=AREA).exception


def test_a_patch_that_crosses_is_suspected_with_reasons_area_and_permits(reader: ReleaseReader) -> None:
    told = text(open_page(MAP, area=AREA, patch=patch_of(reader, "crosses")))
    assert "suspected: crosses its permit's boundary" in told
    assert "Judged on its outline of 1 Mar 2023." in told
    assert "m beyond permit W." in told
    assert "On its ground, permit E expired on 31 Dec 2022." in told
    assert " ha outside (" in told
    assert "- **W**  \n  Granit \\*sp.\\* z o.o. · 1 Jan 2010 – 31 Dec 2030" in told


def test_a_patch_on_an_expired_permit_is_told_what_could_not_be_dated(reader: ReleaseReader) -> None:
    alone = Counter(verdict.patch_id for verdict in reader.verdicts())
    own = [one for one in reader.verdicts() if one.kind == "not_tested" and alone[one.patch_id] == 1]
    told = text(open_page(MAP, area=AREA, patch=own[0].patch_id))
    assert "permits not tested" in told
    assert "Permit E expired on 31 Dec 2022." in told


def test_a_patch_inside_is_not_suspected(reader: ReleaseReader) -> None:
    told = text(open_page(MAP, area=AREA, patch=patch_of(reader, "inside")))
    assert "inside a valid permit" in told
    assert "suspected" not in told
    assert "ha outside" not in told


def test_the_list_is_filtered_by_verdict(reader: ReleaseReader) -> None:
    app = open_page(MAP, area=AREA)
    box = next(group for group in app.button_group if group.label == "Verdict")
    shown = choices(reader)
    order = ("no_permit", "crosses", "inside", "not_tested")
    every = [(kind, sure) for kind in order for sure in ("certain", "doubtful", None)]
    counts = [re.findall(r"\((\d+)\)$", option.content)[0] for option in box.proto.options]
    assert counts == [str(shown[choice]) for choice in every if shown[choice]]
    assert len(listed(app)) == len(reader.patches())
    box.set_value(["crosses:certain"]).run()
    assert not app.exception
    assert len(listed(app)) == shown["crosses", "certain"]
    assert all("suspected: crosses" in row for row in listed(app))


def choices(reader: ReleaseReader) -> Counter[tuple[str, str | None]]:
    """Patches by what the list says of them: that something was not tested only where nothing else is said."""
    tested = {one.patch_id for one in reader.verdicts() if one.kind != "not_tested"}
    said = [one for one in reader.verdicts() if one.kind != "not_tested" or one.patch_id not in tested]
    return Counter((one.kind, one.certainty) for one in said)


def listed(app: AppTest) -> list[str]:
    """The verdicts of the list's rows."""
    for element in app.main:
        data = getattr(getattr(element, "proto", None), "json", "")
        if '"rows"' in data:
            return [row["verdicts"][0]["words"] for row in json.loads(data)["rows"]]
    return []


def test_the_overview_counts_what_is_suspected_and_apart_what_is_doubtful(reader: ReleaseReader) -> None:
    app = open_page(OVERVIEW, area=AREA)
    shown = choices(reader)
    figures = {metric.label: metric.value for metric in app.metric}
    patches = len(reader.patches())
    assert figures["Held against permits"] == f"{patches - shown['not_tested', None]} of {patches}"
    assert figures["Suspected"].startswith(f"{shown['crosses', 'certain'] + shown['no_permit', 'certain']} · ")
    by_verdict = [frame.value for frame in app.dataframe if {"verdict", "at most, ha"} <= set(frame.value.columns)]
    assert [sum(table["patches"]) for table in by_verdict] == [sum(shown.values())]
    assert "until a person has confirmed or dismissed it" in text(app)


def test_a_verdict_of_the_overview_opens_its_list_and_none_is_hidden(
    reader: ReleaseReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    went: list[PatchFilter] = []
    heights: list[Any] = []
    tables: list[Any] = []
    drawn = st.dataframe

    def table_with_row(*given: Any, **options: Any) -> Any:
        event = drawn(*given, **options)
        if options.get("key") != "verdict-sums":
            return event
        tables.append(given[0].data)
        heights.append(options["height"])
        return SimpleNamespace(selection=SimpleNamespace(rows=[1]))

    monkeypatch.setattr(linked_charts.st, "dataframe", table_with_row)
    monkeypatch.setattr(linked_charts, "open_list", went.append)
    assert not open_page(OVERVIEW, area=AREA).exception
    assert heights == ["content"]
    assert reader.patch_count(went[0]) == tables[0]["patches"][1]


def test_without_a_register_there_is_neither_filter_nor_table(
    both_published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PITWATCH_HOME", str(both_published.root))
    assert "Verdict" not in [group.label for group in open_page(MAP, area=AREA).button_group]
    app = open_page(OVERVIEW, area=AREA)
    assert "Suspected" not in [metric.label for metric in app.metric]
    assert "Patches by verdict" not in [header.value for header in app.subheader]
