"""The casebook: one case a patch, steps that its state allows, a trail that only grows, and no entry over another's."""

import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.casebook import Casebook
from store.cases import LIVE, STEPS, Author, CasebookError, CaseChanged, State
from store.home import Home

LI, WU = Author("Li Na", "sub-1", "inspector"), Author("Wu Bo", "sub-2", "manager")
DAY = date(2026, 12, 1)


@pytest.fixture
def book(tmp_path: Path) -> Casebook:
    return Casebook(f"sqlite:///{tmp_path / 'casebook.sqlite'}")


def test_looking_makes_no_file(tmp_path: Path, book: Casebook) -> None:
    assert book.cases() == []
    assert book.case_of("weining", "P-0001") is None
    assert book.people() == []
    assert not list(tmp_path.iterdir())


def test_a_case_from_suspicion_to_its_end(book: Casebook) -> None:
    case = book.open("weining", "P-0001", by=LI, release="r1", suspicion=["no_permit:certain"], text="seen on the map")
    assert (case.state, case.suspicion, case.opened_by, case.version) == (
        State.OPEN,
        ("no_permit:certain",),
        "Li Na",
        1,
    )
    case = book.enter(case, "take", by=LI)
    assert (case.state, case.assignee) == (State.CHECKING, "Li Na")
    case = book.enter(case, "assign", by=WU, assignee="Ma Jun", due=DAY)
    assert (case.state, case.assignee, case.due) == (State.CHECKING, "Ma Jun", DAY)
    case = book.enter(case, "confirm", by=LI, text="diggers at work, no permit shown")
    case = book.enter(case, "close", by=WU, text="stopped and fined")
    assert not case.is_live
    trail = book.trail(case.id)
    assert [(entry.version, entry.step, entry.by, entry.state) for entry in trail] == [
        (1, "open", "Li Na", State.OPEN),
        (2, "take", "Li Na", State.CHECKING),
        (3, "assign", "Wu Bo", State.CHECKING),
        (4, "confirm", "Li Na", State.CONFIRMED),
        (5, "close", "Wu Bo", State.CLOSED),
    ]
    assert [entry.text for entry in trail] == [
        *("seen on the map", "", ""),
        *("diggers at work, no permit shown", "stopped and fined"),
    ]
    assert trail[2].assignee == "Ma Jun"
    assert (trail[0].identity, trail[0].role) == ("sub-1", "inspector")
    assert book.people() == ["Li Na", "Ma Jun", "Wu Bo"]


def test_a_patch_has_one_case(book: Casebook) -> None:
    first = book.open("weining", "P-0001", by=LI, release="r1")
    assert book.open("weining", "P-0001", by=WU, release="r2") == first
    assert book.open("other", "P-0001", by=WU, release="r2") != first
    assert len(book.trail(first.id)) == 1


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", STEPS)
def test_only_steps_that_the_state_allows(book: Casebook, state: State, step: str) -> None:
    case = book.open("weining", "P-0001", by=LI, release="r1")
    ways = {
        State.OPEN: [],
        State.CHECKING: ["take"],
        State.CONFIRMED: ["confirm"],
        State.DISMISSED: ["dismiss"],
        State.CLOSED: ["confirm", "close"],
    }
    for way in ways[state]:
        case = book.enter(case, way, by=LI, text="why")
    if state in STEPS[step].before:
        assert book.enter(case, step, by=WU, text="why").state == (STEPS[step].after or state)
    else:
        with pytest.raises(CasebookError, match="cannot be"):
            book.enter(case, step, by=WU, text="why")
        assert book.case_of("weining", "P-0001") == case


@pytest.mark.parametrize("step", [name for name, step in STEPS.items() if step.reason and State.OPEN in step.before])
def test_what_is_decided_has_a_reason(book: Casebook, step: str) -> None:
    case = book.open("weining", "P-0001", by=LI, release="r1")
    with pytest.raises(CasebookError, match="reason"):
        book.enter(case, step, by=LI, text="  \n")
    assert len(book.trail(case.id)) == 1


def test_no_entry_is_made_over_one_that_was_not_seen(book: Casebook) -> None:
    seen = book.open("weining", "P-0001", by=LI, release="r1")
    book.enter(seen, "dismiss", by=WU, text="a quarry of the road office")
    with pytest.raises(CaseChanged) as changed:
        book.enter(seen, "confirm", by=LI, text="digging")
    assert changed.value.case.state is State.DISMISSED
    assert [(entry.by, entry.step, entry.text) for entry in changed.value.since] == [
        ("Wu Bo", "dismiss", "a quarry of the road office")
    ]
    assert len(book.trail(seen.id)) == 2


def _write(path: Path, number: int) -> int:
    """How many notes a process has made in a case that others write into as well."""
    book = Casebook(f"sqlite:///{path}")
    made = 0
    while made < 10:
        case = book.open("weining", "P-0001", by=LI, release="r1")
        try:
            book.enter(case, "note", by=Author(f"process {number}"), text=f"{made}")
        except CaseChanged:
            continue
        made += 1
    return made


@pytest.mark.parametrize("pool", ["threads", "processes"])
def test_many_write_at_once_and_nothing_is_lost(tmp_path: Path, pool: str) -> None:
    path = tmp_path / "casebook.sqlite"
    spawned = ProcessPoolExecutor(3, mp_context=get_context("spawn"))
    with ThreadPoolExecutor(3) if pool == "threads" else spawned as executor:
        assert list(executor.map(_write, [path] * 3, range(3))) == [10, 10, 10]
    book = Casebook(f"sqlite:///{path}")
    (case,) = book.cases()
    trail = book.trail(case.id)
    assert [entry.version for entry in trail] == list(range(1, 32))
    for number in range(3):
        notes = [entry.text for entry in trail if entry.by == f"process {number}"]
        assert notes == [str(made) for made in range(10)]


def test_what_is_due_comes_first(book: Casebook) -> None:
    for number, due in enumerate([None, DAY, DAY - timedelta(days=9), None]):
        case = book.open("weining", f"P-000{number}", by=LI, release="r1")
        if due:
            book.enter(case, "assign", by=WU, due=due)
    assert [case.patch for case in book.cases("weining")] == ["P-0002", "P-0001", "P-0003", "P-0000"]
    assert [case.patch for case in book.cases() if case.is_overdue(DAY)] == ["P-0002"]
    assert book.cases("other") == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=6000), name=st.text(max_size=100))
def test_any_text_comes_back(book: Casebook, text: str, name: str) -> None:
    case = book.open("weining", "P-0001", by=LI, release="r1")
    case = book.enter(case, "assign", by=Author(name), text=text)
    entry = book.trail(case.id)[-1]
    assert entry.text == text.replace("\0", "").strip()[:4000]
    assert entry.by == name.replace("\0", "").strip()[:60]


def test_a_file_that_is_no_casebook_is_said(tmp_path: Path) -> None:
    path = tmp_path / "casebook.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(CasebookError, match="casebook"):
        Casebook(f"sqlite:///{path}").cases()


def test_it_lies_in_the_home_unless_a_url_says_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    Casebook.default(home).open("weining", "P-0001", by=LI, release="r1")
    with sqlite3.connect(home.casebook) as connection:
        assert connection.execute("SELECT count(*) FROM trail").fetchone() == (1,)
    elsewhere = tmp_path / "elsewhere.sqlite"
    monkeypatch.setenv("PITWATCH_CASEBOOK", f"sqlite:///{elsewhere}")
    assert Casebook.default(home).cases() == []
    Casebook.default(home).open("weining", "P-0002", by=LI, release="r1")
    assert elsewhere.is_file()


def test_a_file_that_was_taken_away_begins_anew(tmp_path: Path, book: Casebook) -> None:
    book.open("weining", "P-0001", by=LI, release="r1")
    for file in tmp_path.iterdir():
        file.unlink()
    assert book.cases() == []
    assert set(LIVE) == {State.OPEN, State.CHECKING, State.CONFIRMED}
