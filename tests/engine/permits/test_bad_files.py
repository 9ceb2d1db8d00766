"""Bad files: each gets a message that a clerk can act on, none hangs, and none shows what it should not."""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.permits.cadastre import Cadastre, Choices
from engine.permits.intake.confinement import prepare, private_folder, read_confined, take_answer
from engine.permits.intake.limits import LIMITS, MIB, Limits
from engine.permits.intake.supervision import supervise
from engine.permits.reading import parts_of, read_cadastre
from tests.engine.permits.bad_files import SECRET, Bad, make

QUICK = Limits(seconds=30, memory_bytes=3000 * MIB)


@dataclass
class Answer:
    bad: Bad
    given: Cadastre | InputError

    @property
    def message(self) -> str:
        return str(self.given) if isinstance(self.given, InputError) else ""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Answer]:
    """What each bad file gets; all are read by one process, each in a fork of its own as any file is."""
    files = make(tmp_path_factory.mktemp("bad") / "files")
    folders, requests, given = [], {}, {}
    whole = tmp_path_factory.mktemp("private")
    for number, bad in enumerate(files):
        folder = whole / str(number)
        folder.mkdir()
        try:
            requests[number] = prepare(parts_of(bad.path), folder, choices=Choices(), near=None, limits=QUICK)
        except InputError as error:
            given[number] = error
        else:
            folders.append(folder)
    read_confined(folders, QUICK.seconds)
    for number, request in requests.items():
        try:
            given[number] = take_answer(whole / str(number), request)
        except InputError as error:
            given[number] = error
    return [Answer(bad, given[number]) for number, bad in enumerate(files)]


def test_there_are_enough(answers: list[Answer]) -> None:
    assert len(answers) >= 60


def test_each_gets_its_message(answers: list[Answer], subtests: pytest.Subtests) -> None:
    for answer in answers:
        with subtests.test(answer.bad.path.name):
            assert answer.bad.message in answer.message
            assert bool(answer.bad.message) == bool(answer.message), answer.message


def test_each_says_which_file_and_how_to_mend_it(answers: list[Answer], subtests: pytest.Subtests) -> None:
    for answer in answers:
        if isinstance(answer.given, InputError):
            with subtests.test(answer.bad.path.name):
                assert answer.given.file == answer.bad.path.name
                assert answer.given.mend


def test_none_shows_an_address_or_a_secret(answers: list[Answer], subtests: pytest.Subtests) -> None:
    for answer in answers:
        with subtests.test(answer.bad.path.name):
            said = answer.message
            if isinstance(answer.given, Cadastre):
                said = f"{answer.given} {answer.given.table.drop(columns='as_read').to_csv()}"[:100_000]
            assert SECRET not in said
            for folder in (tempfile.gettempdir(), "/vsi", "/scratch", "Traceback", str(Path.home())):
                assert folder not in said


@pytest.mark.real_process
def test_nothing_stays_behind(answers: list[Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = next(answer.bad for answer in answers if answer.bad.path.name == "xxe.kml")
    empty = tmp_path / "temporary"
    empty.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(empty))
    with pytest.raises(InputError):
        read_cadastre(bad.path)
    assert list(empty.iterdir()) == []


def _hang(_: Path) -> Cadastre:
    time.sleep(60)
    raise AssertionError


def _spin(_: Path) -> Cadastre:
    while True:
        pass


def _grow(_: Path) -> Cadastre:
    raise AssertionError(len(bytearray(2**36)))


def _fall(_: Path) -> Cadastre:
    os.abort()


def _err(folder: Path) -> Cadastre:
    raise KeyError(str(folder))


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (_hang, "longer than 1 seconds"),
        (_spin, "longer than 1 seconds"),
        (_grow, "more than 6144 MB of memory"),
        (_fall, "damaged in a way"),
        (_err, "damaged in a way"),
    ],
)
def test_what_fells_the_process_is_told(tmp_path: Path, read: Callable[[Path], Cadastre], message: str) -> None:
    path = tmp_path / "permits.csv"
    path.write_text("permit,X,Y\n")
    limits = Limits(seconds=1)
    with private_folder() as private:
        request = prepare([path], private, choices=Choices(), near=None, limits=limits)
        supervise(private, limits, read)
        with pytest.raises(InputError, match=message):
            take_answer(private, request)
    assert not private.exists()


def test_limits_are_told(tmp_path: Path) -> None:
    path = tmp_path / "permits.csv"
    rows = "".join(f"C{n},104.1,26\nC{n},104.2,26\nC{n},104.2,26.1\n" for n in range(20))
    path.write_text(f"permit,lon,lat\n{rows}")
    for limits, message in (
        (Limits(file_bytes=10), "larger than"),
        (Limits(records=5), "more than 5 records"),
        (Limits(vertices=50), "corners, more than"),
    ):
        with pytest.raises(InputError, match=message):
            read_cadastre(path, limits=limits)
    assert len(read_cadastre(path, limits=LIMITS).table) == 20
