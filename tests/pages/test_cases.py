"""Cases from a patch's card to the page of cases: opened, judged, in list and filter, and no entry over another's."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from store.casebook import Casebook
from store.cases import Author, State
from store.home import Home
from store.patches import PatchFilter
from store.reader import ReleaseReader, current_release
from tests.conftest import ROOT
from tests.pages.test_filters import data, listed
from tests.pages.test_pages import text

AREA = "crowded"
MAP, CASES = ROOT / "pages" / "inspect" / "map.py", ROOT / "pages" / "cases" / "cases.py"
OVERVIEW = ROOT / "pages" / "overview" / "summary.py"
WU = Author("Wu Bo")


@pytest.fixture
def home(crowded: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The same releases with a casebook of its own."""
    own = Home(tmp_path / "home")
    own.root.mkdir()
    (own.root / "releases").symlink_to(crowded.releases_root)
    monkeypatch.setenv("PITWATCH_HOME", str(own.root))
    return own


@pytest.fixture
def crowd(home: Home) -> ReleaseReader:
    found = current_release(home, AREA)
    assert found is not None
    return found


def opened(page: Path, **query: str) -> AppTest:
    app = AppTest.from_file(str(page), default_timeout=60)
    app.query_params["area"] = AREA
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def enter(app: AppTest, key: str, **values: str) -> AppTest:
    """Fill in the form of a step and send it."""
    app.text_input(key=f"{key}-by").set_value("Li Na")
    for name, value in values.items():
        app.text_area(key=f"{key}-{name}").set_value(value)
    (button,) = [one for one in app.button if one.form_id == key]
    app = button.click().run()
    assert not app.exception
    return app


def test_a_suspicion_is_opened_and_confirmed_on_its_card(home: Home, crowd: ReleaseReader) -> None:
    name = crowd.patch_ids(PatchFilter(suspected="certain"))[0]
    app = enter(opened(MAP, patch=name), f"case-{AREA}-{name}-open", text="seen from the road")
    case = Casebook.default(home).case_of(AREA, name)
    assert case is not None
    assert (case.state, case.opened_by) == (State.OPEN, "Li Na")
    assert any(one.endswith(":certain") for one in case.suspicion)
    assert "to be checked" in text(app)
    app = enter(app, f"case-{case.id}-confirm", text="two excavators, no permit at hand")
    assert "☑ confirmed" in text(app)
    assert "two excavators, no permit at hand" in text(app)
    (row,) = [row for row in data(app, "rows")["rows"] if row["id"] == name]
    assert row["case"]["words"] == "confirmed"
    assert [entry.step for entry in Casebook.default(home).trail(case.id)] == ["open", "confirm"]


@pytest.mark.parametrize(("by", "why", "said"), [("Li Na", "  ", "say why"), ("", "digging", "your name")])
def test_nothing_is_entered_without_a_name_and_a_reason(
    home: Home, crowd: ReleaseReader, by: str, why: str, said: str
) -> None:
    name = crowd.patch_ids()[0]
    case = Casebook.default(home).open(AREA, name, by=WU, release="r1")
    app = opened(MAP, patch=name)
    key = f"case-{case.id}-dismiss"
    app.text_input(key=f"{key}-by").set_value(by)
    app.text_area(key=f"{key}-text").set_value(why)
    (button,) = [one for one in app.button if one.form_id == key]
    assert said in text(button.click().run())
    assert Casebook.default(home).case_of(AREA, name) == case


def test_an_entry_over_another_s_is_shown_beside_it(home: Home, crowd: ReleaseReader) -> None:
    name, book = crowd.patch_ids()[0], Casebook.default(home)
    case = book.open(AREA, name, by=WU, release="r1")
    app = opened(MAP, patch=name)
    book.enter(case, "note", by=WU, text="the road office digs here")
    app = enter(app, f"case-{case.id}-confirm", text="digging")
    assert "Your entry was not made" in text(app)
    assert "the road office digs here" in text(app)
    assert [entry.step for entry in book.trail(case.id)] == ["open", "note"]
    app.button(key=f"again-{case.id}").click().run()
    assert [(entry.step, entry.text) for entry in book.trail(case.id)][-1] == ("confirm", "digging")


def test_list_and_map_leave_what_the_filter_says_of_cases(home: Home, crowd: ReleaseReader) -> None:
    first, second = crowd.patches(limit=2)
    book = Casebook.default(home)
    book.enter(book.open(AREA, first.patch_id, by=WU, release="r1"), "confirm", by=WU, text="seen")
    book.open(AREA, second.patch_id, by=WU, release="r1")
    assert listed(opened(MAP, show=PatchFilter(case="confirmed").to_query())) == [first.patch_id]
    without = opened(MAP, show=PatchFilter(case="none").to_query())
    assert not {first.patch_id, second.patch_id} & set(listed(without))
    assert "case=none" in without.query_params["show"]
    assert "but" not in without.query_params["show"]


def table(app: AppTest) -> Any:
    return app.dataframe[0].value


def test_the_page_lists_what_is_due_first_and_says_what_is_overdue(home: Home, crowd: ReleaseReader) -> None:
    names, book = crowd.patch_ids()[:3], Casebook.default(home)
    cases = [book.open(AREA, name, by=WU, release="r1") for name in names]
    book.enter(cases[1], "assign", by=WU, assignee="Ma Jun", due=date(2020, 1, 2))
    book.enter(cases[2], "dismiss", by=WU, text="a road")
    app = opened(CASES)
    assert list(table(app)["patch"]) == [names[1], names[0]]
    assert "overdue" in table(app)["due"][0]
    assert "2 cases · 1 overdue" in text(app)
    assert book.cases(AREA)[0].is_overdue(date(2020, 1, 2) + timedelta(days=1))


def test_the_case_of_the_address_is_marked_in_the_list(home: Home, crowd: ReleaseReader) -> None:
    names, book = crowd.patch_ids()[:3], Casebook.default(home)
    for name in names:
        book.open(AREA, name, by=WU, release="r1")
    app = opened(CASES, patch=names[1])
    rows = [list(table(app)["patch"]).index(name) for name in names]
    assert list(app.session_state["cases"]["selection"]["rows"]) == [rows[1]]
    # Also when it is another by now, as after Back; the table knows nothing of that.
    app.query_params["patch"] = names[2]
    app.run()
    assert list(app.session_state["cases"]["selection"]["rows"]) == [rows[2]]
    assert app.query_params["patch"] == names[2]


def test_cases_for_all_that_are_suspected_and_have_none(home: Home, crowd: ReleaseReader) -> None:
    suspected = crowd.patch_ids(PatchFilter(suspected="certain"))
    book = Casebook.default(home)
    book.open(AREA, suspected[0], by=WU, release="r1")
    app = opened(CASES)
    assert f"{len(suspected) - 1} suspected patches have no case yet" in text(app)
    assert f"each of these {len(suspected) - 1} patches" in text(app)
    enter(app, "open-all", text="the spring's campaign")
    assert sorted(case.patch for case in book.cases(AREA)) == suspected


def test_a_broken_casebook_takes_no_page_with_it(home: Home, crowd: ReleaseReader) -> None:
    home.casebook.write_bytes(b"no database" * 100)
    for page in (MAP, CASES, OVERVIEW):
        app = opened(page, patch=crowd.patch_ids()[0])
        assert not app.exception
        assert "The casebook cannot be read" in text(app)
    labels = {metric.label: metric.help for metric in app.metric}
    assert "Confirmed" not in labels
    assert "a person has to confirm it" in labels["Suspected"]


def test_the_overview_says_what_has_become_of_the_suspicions(home: Home, crowd: ReleaseReader) -> None:
    first, second, *others = crowd.patch_ids(PatchFilter(suspected="certain"))
    metrics = {metric.label: metric for metric in opened(OVERVIEW).metric}
    assert (metrics["Confirmed"].value, metrics["Open cases"].value) == ("0", "0")
    assert "Nobody has confirmed them yet" in metrics["Suspected"].help
    assert metrics["To review"].value == metrics["Suspected"].value
    book = Casebook.default(home)
    book.enter(book.open(AREA, first, by=WU, release="r1"), "confirm", by=WU, text="seen")
    book.enter(book.open(AREA, second, by=WU, release="r1"), "assign", by=WU, assignee="Ma Jun", due=date(2020, 1, 2))
    app = opened(OVERVIEW)
    assert not app.exception
    labels = [metric.label for metric in app.metric]
    place = labels.index("Suspected")
    assert labels[place : place + 4] == ["Suspected", "Confirmed", "Open cases", "To review"]
    metrics = {metric.label: metric for metric in app.metric}
    assert metrics["Confirmed"].value.startswith("1 · ")
    assert metrics["Open cases"].value == "2 · 1 overdue"
    assert metrics["To review"].value.startswith(f"{len(others)} · ")
    assert "1 of them is confirmed" in metrics["Suspected"].help
    app.button(key="list-tile-confirmed").click()
    # The map is another page, which a script alone cannot go to: the filter that it would open with is kept.
    app.run()
    assert app.session_state["selection"].show == PatchFilter(suspected="certain", case="confirmed")
