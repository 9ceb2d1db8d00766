"""The overview as PDF and as a workbook: what the store says, the same bytes each time."""

import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
from matplotlib.figure import Figure
from openpyxl import load_workbook
from reportlab.platypus import Flowable

from engine import wording
from engine.evidence.overview import (
    Language,
    Overview,
    _onset_chart,
    _stacked,
    gather_overview,
    overview_pdf,
    overview_xlsx,
)
from engine.evidence.sheet import table
from store.home import Home
from store.reader import ReleaseReader, current_release
from store.summaries import Onsets
from web.palette import ACTIVITY_COLOURS, CHANGE_COLOURS

COLOURS = ACTIVITY_COLOURS | CHANGE_COLOURS
LANGUAGES: list[Language] = ["en", "zh"]


def gathered(home: Home, area: str) -> tuple[ReleaseReader, Overview]:
    reader = current_release(home, area)
    assert reader is not None
    return reader, gather_overview(reader, reader)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", ["strzegom", "metropolitan"])
def test_the_same_release_gives_the_same_files(area: str, language: Language, permitted: Home) -> None:
    _reader, overview = gathered(permitted, area)
    pdf = overview_pdf(overview, language, COLOURS)
    assert pdf.startswith(b"%PDF") and pdf == overview_pdf(overview, language, COLOURS)
    assert overview_xlsx(overview, language) == overview_xlsx(overview, language)
    assert wording.language() == "en"  # that of the reader stays


def test_the_workbook_holds_what_the_page_shows(crowded: Home) -> None:
    reader, overview = gathered(crowded, "crowded")
    book = load_workbook(io.BytesIO(overview_xlsx(overview, "en")))
    figures = {row[0]: row[1] for row in book["Figures"].iter_rows(min_row=3, values_only=True)}
    assert figures["Patches"] == "400"
    certain = reader.figures().certain
    assert certain is not None
    assert str(figures["Suspected"]).startswith(f"{certain.patches} · ")
    sums = {row.kind: row for row in reader.verdict_sums() if row.certainty == "certain"}
    rows = {row[0]: row for row in book["Patches by verdict"].iter_rows(min_row=2, values_only=True)}
    assert rows["suspected: no permit"][1] == sums["no_permit"].patches
    assert rows["suspected: no permit"][3] == pytest.approx(sums["no_permit"].likely_m2 / 1e4)
    onsets = list(book[wording.overview_heading("onsets")[:31]].iter_rows(min_row=2, values_only=True))
    assert sum(int(str(row[2])) for row in onsets) == sum(row.patches for row in reader.onsets())
    assert len(list(book["Longest after expiry"].iter_rows(min_row=2))) == 8


def test_what_people_have_made_of_it_is_in_the_files(crowded: Home) -> None:
    reader, without = gathered(crowded, "crowded")
    certain = asdict(reader.figures())["certain"]
    cases = {"confirmed": {**certain, "patches": 5}, "unopened": certain, "live": 9, "overdue": 2}
    overview = gather_overview(reader, reader, cases)
    book = load_workbook(io.BytesIO(overview_xlsx(overview, "en")))
    rows = {row[0]: row for row in book["Figures"].iter_rows(min_row=3, values_only=True)}
    assert str(rows["Confirmed"][1]).startswith("5 · ")
    assert rows["Open cases"][1:3] == ("9 · 2 overdue", None)
    assert "5 of them are confirmed." in str(rows["Suspected"][3])
    assert overview_pdf(overview, "zh", COLOURS) != overview_pdf(without, "zh", COLOURS)


def test_what_became_of_a_figure_is_said_and_what_did_not_change_is_not(crowded: Home) -> None:
    reader, _overview = gathered(crowded, "crowded")
    now = asdict(reader.figures())
    before = {**now, "patches": 380, "active": now["active"] + 3}
    said = {one.code: one.change for one in wording.overview_figures(now, before)}
    assert (said["patches"], said["active"], said["certain"]) == ("+20", "−3", "")
    assert not any(one.change for one in wording.overview_figures(now, None))


def test_a_name_that_looks_like_a_formula_stays_text(crowded: Home) -> None:
    _reader, overview = gathered(crowded, "crowded")
    harmful = {**overview.release, "title": "=1+1"}
    book = load_workbook(io.BytesIO(overview_xlsx(Overview(**{**vars(overview), "release": harmful}), "en")))
    cell = book["Figures"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_in_chinese_the_printed_ground_is_in_mu_too(crowded: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _reader, overview = gathered(crowded, "crowded")
    printed: list[str] = []

    def keep(header: Sequence[str], rows: Sequence[Sequence[str]], *given: Any, **named: Any) -> Flowable:
        printed.extend([*header, *(cell for row in rows for cell in row)])
        return table(header, rows, *given, **named)

    monkeypatch.setattr("engine.evidence.overview.table", keep)
    overview_pdf(overview, "zh", COLOURS)
    ground = overview.verdicts[0].likely_m2
    assert {"最可能，公顷（亩）", f"{ground / 1e4:,.2f}（{ground * 15 / 1e4:,.0f}）"} <= set(printed)


def test_printed_counts_are_whole_and_their_bars_told_apart_in_grey(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Figure] = []
    monkeypatch.setattr("engine.evidence.overview.png", lambda drawn: kept.append(drawn) or b"")
    _stacked(["a"], [("x", [1], "#0072B2"), ("y", [2], "#E69F00")], "patches")
    _onset_chart([Onsets(date(2020, 1, 1), name, 1) for name in ("clay_pit", "iron_pit")])
    for drawn in kept:
        axes = drawn.axes[0]
        bars = [bar.get_hatch() or "" for bars in axes.containers for bar in bars]
        assert len(set(bars)) == 2
    ticks = kept[0].axes[0].get_xticks()
    assert all(tick == round(tick) for tick in ticks)
