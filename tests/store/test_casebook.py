"""The casebook: one case a patch, steps that its state allows, a trail that only grows, and no entry over another's."""

import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL.ExifTags import GPS, Base
from sqlalchemy.exc import IntegrityError

from store.casebook import Casebook
from store.cases import LIVE, STEPS, Author, CasebookError, CaseChanged, PhotoKept, State
from store.home import Home
from store.photos import Shot
from tests.photos import new_photo

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
    photos = [new_photo()] if step == "photo" else []
    if state in STEPS[step].before:
        assert book.enter(case, step, by=WU, text="why", photos=photos).state == (STEPS[step].after or state)
    else:
        with pytest.raises(CasebookError, match="cannot be"):
            book.enter(case, step, by=WU, text="why", photos=photos)
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


def test_where_another_makes_the_tables_at_this_moment_the_case_is_opened(
    book: Casebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL then calls the table's name a duplicate, though it was told to make it only where there is none."""
    made = Casebook._make_tables
    refused = [IntegrityError("CREATE TABLE", {}, Exception("duplicate key value"))]

    def make(self: Casebook) -> None:
        made(self)
        if refused:
            raise refused.pop()

    monkeypatch.setattr(Casebook, "_make_tables", make)
    assert book.open("weining", "P-0001", by=LI, release="r1").version == 1
    assert not refused


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


def test_photos_come_with_an_entry_and_come_back(book: Casebook) -> None:
    case = book.open("weining", "P-0001", by=LI, release="r1")
    taken = {Base.DateTimeOriginal: "2026:11:30 09:30:12", Base.OffsetTimeOriginal: "+08:00"}
    gps = {GPS.GPSImgDirection: 45.5}
    first = new_photo("IMG_1.jpg", place=(-70.5, -33.4), details=taken, gps=gps)
    second = new_photo("IMG\0_2.png", form="PNG")
    assert book.photos(case.id) == []
    case = book.enter(case, "photo", by=LI, text="the pit from the road", photos=[first, second])
    assert (case.version, case.state) == (2, State.OPEN)
    entry = book.trail(case.id)[-1]
    assert (entry.step, entry.text, entry.by) == ("photo", "the pit from the road", "Li Na")
    kept = book.photos(case.id)
    assert [(one.name, one.kind, one.sha256) for one in kept] == [
        ("IMG_1.jpg", "image/jpeg", first.sha256),
        ("IMG_2.png", "image/png", second.sha256),
    ]
    assert all((one.case_id, one.version) == (case.id, 2) for one in kept)
    assert [one.shot for one in kept] == [first.shot, Shot()]
    assert kept[0].shot.place == pytest.approx((-70.5, -33.4))
    for size in ("thumbnail", "picture", "original"):
        assert book.photo_bytes(case.id, first.sha256, size) == getattr(first, size)
        assert book.photo_bytes(case.id + 1, first.sha256, size) is None
        assert book.photo_bytes(case.id, "0" * 64, size) is None


def test_a_photo_is_kept_once_in_a_case(book: Casebook) -> None:
    case, other = (book.open("weining", f"P-000{number}", by=LI, release="r1") for number in (1, 2))
    first, second = new_photo("IMG_1.jpg", seed=1), new_photo("IMG_2.jpg", seed=2)
    case = book.enter(case, "photo", by=LI, photos=[first])
    for photos in ([first], [second, first], [second, second]):
        with pytest.raises(PhotoKept) as kept:
            book.enter(case, "photo", by=WU, text="once more", photos=photos)
        assert kept.value.file == photos[-1].name
        assert book.case_of("weining", "P-0001") == case
        assert [one.sha256 for one in book.photos(case.id)] == [first.sha256]
        assert len(book.trail(case.id)) == 2
    book.enter(other, "photo", by=LI, photos=[first])
    assert book.photo_bytes(other.id, first.sha256, "picture") == first.picture


def test_photos_have_an_entry_of_their_own(book: Casebook) -> None:
    case = book.open("weining", "P-0001", by=LI, release="r1")
    for step, photos in (("photo", []), ("note", [new_photo()]), ("confirm", [new_photo()])):
        with pytest.raises(CasebookError, match="of their own"):
            book.enter(case, step, by=LI, text="why", photos=photos)
    assert book.trail(case.id)[-1].step == "open"


def test_no_photo_goes_in_over_an_entry_that_was_not_seen(book: Casebook) -> None:
    seen = book.open("weining", "P-0001", by=LI, release="r1")
    book.enter(seen, "dismiss", by=WU, text="a quarry of the road office")
    with pytest.raises(CaseChanged):
        book.enter(seen, "photo", by=LI, photos=[new_photo()])
    assert book.photos(seen.id) == []
    assert len(book.trail(seen.id)) == 2


def test_an_older_casebook_opens_without_loss(tmp_path: Path, book: Casebook) -> None:
    """As it was before there were photos."""
    path = tmp_path / "casebook.sqlite"
    older = """
        CREATE TABLE case_file (id INTEGER NOT NULL, area VARCHAR(200) NOT NULL, patch VARCHAR(200) NOT NULL,
            state VARCHAR(20) NOT NULL, release VARCHAR(100) NOT NULL, suspicion TEXT NOT NULL,
            assignee VARCHAR(60) NOT NULL, due DATE, opened_at DATETIME NOT NULL, opened_by VARCHAR(60) NOT NULL,
            changed_at DATETIME NOT NULL, changed_by VARCHAR(60) NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (id),
            UNIQUE (area, patch));
        CREATE TABLE trail (case_id INTEGER NOT NULL, version INTEGER NOT NULL, at DATETIME NOT NULL,
            "by" VARCHAR(60) NOT NULL, identity TEXT NOT NULL, role VARCHAR(40) NOT NULL, step VARCHAR(20) NOT NULL,
            state VARCHAR(20) NOT NULL, text TEXT NOT NULL, assignee VARCHAR(60) NOT NULL, due DATE,
            PRIMARY KEY (case_id, version), FOREIGN KEY(case_id) REFERENCES case_file (id));
        INSERT INTO case_file VALUES (7, 'weining', 'P-0001', 'checking', 'r1', 'no_permit:certain', 'Li Na', NULL,
            '2026-11-01 08:00:00.000000', 'Wu Bo', '2026-11-02 09:30:00.000000', 'Li Na', 2);
        INSERT INTO trail VALUES (7, 1, '2026-11-01 08:00:00.000000', 'Wu Bo', '', '', 'open', 'open', 'seen', '',
            NULL);
        INSERT INTO trail VALUES (7, 2, '2026-11-02 09:30:00.000000', 'Li Na', '', '', 'take', 'checking', '', 'Li Na',
            NULL);
    """
    with sqlite3.connect(path) as connection:
        connection.executescript(older)
    (case,) = book.cases("weining")
    assert (case.id, case.state, case.version, case.opened_by) == (7, State.CHECKING, 2, "Wu Bo")
    assert [(entry.by, entry.step, entry.text) for entry in book.trail(7)] == [
        ("Wu Bo", "open", "seen"),
        ("Li Na", "take", ""),
    ]
    assert book.photos(7) == []
    case = book.enter(case, "photo", by=LI, photos=[new_photo()])
    assert [one.version for one in book.photos(7)] == [case.version] == [3]
    assert len(book.trail(7)) == 3
