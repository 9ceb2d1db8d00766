"""The command line: what it prints, its exit status, and that one bad area does not hold up the others."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import engine.pipeline
import engine.pipeline.radar
from engine.cli import main
from engine.errors import InputError
from store.home import Home
from store.reader import areas, current_release, run_status
from tests.conftest import METROPOLITAN, ROOT
from tests.engine.conftest import phases, subsidence, write_area, write_geotiffs

# Under pytest the root logger has handlers already, so the log file that is opened for it is dropped.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored.*engine.log:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.fixture
def area(tmp_path: Path) -> Path:
    return build(tmp_path, "testbed")


def build(folder: Path, name: str) -> Path:
    return write_area(folder / name, write_geotiffs(folder / name, phases(subsidence())), name=name)


def test_check_lists_the_shipped_stack(capsys: pytest.CaptureFixture[str], home: Home) -> None:
    assert main(["check", str(METROPOLITAN)]) == 0
    said = capsys.readouterr().err
    assert "17 of 17 pairs between 13 dates, 2006-06-19 to 2007-09-17, 72 x 47 pixels" in said
    assert "wavelength 5.624 cm" in said
    assert areas(home) == []


def test_check_explains_bad_input(area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (area / "SOURCE.md").unlink()
    assert main(["check", str(area)]) == 2
    assert "field  source" in capsys.readouterr().err


def test_check_asks_for_the_coherence_that_weights_need(area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = area / "area.toml"
    file.write_text(file.read_text() + '\n[inversion]\nweights = "coherence"\n')
    assert main(["check", str(area)]) == 2
    assert "has no coherence" in capsys.readouterr().err


def test_run_publishes_and_says_so(area: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(area), "--workers", "2"]) == 0
    release = current_release(home, "testbed")
    assert release is not None
    assert f"testbed: release {release.info.id} is current" in capsys.readouterr().err


def test_the_status_file_tells_of_the_run(area: Path, home: Home) -> None:
    main(["run", str(area / "area.toml")])
    status = json.loads(home.status("testbed").read_text())
    assert status["state"] == "finished"
    assert status["error"] is None


def test_one_bad_area_does_not_hold_up_the_others(tmp_path: Path, home: Home) -> None:
    good, better, bad = (build(tmp_path, name) for name in ("good", "better", "bad"))
    next((bad / "stack").glob("*.tif")).write_bytes(b"")
    assert main(["run", str(good), str(bad), str(better)]) == 2
    assert areas(home) == ["better", "good"]


def test_force_runs_the_steps_again(area: Path, home: Home) -> None:
    record = home.work("testbed") / "stack" / "record.json"
    main(["run", str(area)])
    before = record.stat().st_ino
    main(["run", str(area)])
    assert record.stat().st_ino == before
    assert main(["run", str(area), "--force"]) == 0
    assert record.stat().st_ino != before


def test_a_fault_of_the_program_is_status_one(
    area: Path, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(engine.pipeline.radar, "prepare_stack", fails)
    assert main(["run", str(area)]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError('by nought')" in said
    assert "engine.log" in said
    status = run_status(home, "testbed")
    assert status is not None
    assert (status.state, status.error) == ("failed", "by nought")


def test_the_worst_status_is_the_command_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, bad = build(tmp_path, "broken"), build(tmp_path, "bad")
    (bad / "SOURCE.md").unlink()

    def fails(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(engine.pipeline.radar, "prepare_stack", fails)
    assert main(["run", str(broken)]) == 1
    assert main(["run", str(bad), str(broken)]) == 2


def test_an_interrupted_run_says_that_it_goes_on(
    area: Path, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine.pipeline.radar, "invert_stack", interrupted)
    assert main(["run", str(area)]) == 130
    assert "goes on where it was" in capsys.readouterr().err
    status = run_status(home, "testbed")
    assert status is not None
    assert (status.state, status.error) == ("failed", "KeyboardInterrupt")


def test_what_is_wrong_is_printed_line_by_line(area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = area / "area.toml"
    file.write_text('titel = "A testbed"\n' + file.read_text())
    assert main(["run", str(area)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"error {area}",
        f"  file   {file}",
        "  field  titel",
        "  wrong  unknown key",
        "  mend   did you mean 'title'?",
    ]


def test_brackets_in_an_explanation_are_printed_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    area = write_area(tmp_path, write_geotiffs(tmp_path, phases(subsidence())), network={"max_days": 1})
    assert main(["check", str(area)]) == 2
    assert "relax the thresholds of [network]" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["old[/b]", "[/]"])
def test_brackets_in_a_path_do_no_harm(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", path]) == 2
    assert path in capsys.readouterr().err


def test_brackets_in_an_error_do_no_harm(area: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("cannot read [/x]")

    monkeypatch.setattr(engine.pipeline.radar, "prepare_stack", fails)
    assert main(["run", str(area)]) == 1


def test_a_source_that_is_no_utf8_is_bad_input(area: Path) -> None:
    (area / "SOURCE.md").write_bytes(b"caf\xe9")
    assert main(["run", str(area)]) == 2


@pytest.mark.parametrize(
    "arguments", [[], ["run"], ["run", "x", "--workers", "0"], ["run", "x", "--workers", "two"], ["walk", "x"]]
)
def test_a_command_that_cannot_be_understood_is_status_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def test_the_module_is_the_command_and_logs_what_it_refuses(tmp_path: Path, home: Home) -> None:
    command = [sys.executable, "-m", "engine", "run", str(tmp_path / "nowhere")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "the file does not exist" in (home.log / "engine.log").read_text()


def test_errors_are_logged(area: Path, caplog: pytest.LogCaptureFixture) -> None:
    (area / "SOURCE.md").unlink()
    with caplog.at_level(logging.ERROR):
        main(["run", str(area)])
    assert "SOURCE.md" in caplog.text


def test_who_does_the_work_is_chosen(area: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[Any] = []
    monkeypatch.setattr(engine.pipeline, "run", lambda *_, workers, **__: chosen.append(workers) or "x")
    main(["run", str(area), "--processes", "--workers", "3"])
    assert [(workers.kind, workers.count) for workers in chosen] == [("processes", 3)]


def test_a_scheduler_that_is_none_is_said_before_the_work(
    area: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(area), "--scheduler", "nonsense://nowhere"]) == 2
    assert "--scheduler" in capsys.readouterr().err
    assert not home.work("testbed").exists()


def test_check_finds_what_a_run_would_refuse(area: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    last = max((area / "stack").glob("*unw*"))
    last.write_bytes(last.read_bytes()[:-500])
    assert main(["check", str(area)]) == 2
    assert last.name in capsys.readouterr().err
    assert list(home.work_root.iterdir()) == []


def test_an_error_names_what_it_knows() -> None:
    assert str(InputError("wrong", mend="mend it")) == "wrong. Mend: mend it"
    assert str(InputError("wrong", field="a.b", mend="mend it")) == "a.b: wrong. Mend: mend it"
    assert str(InputError("wrong", file="x", field="a.b", mend="mend it")) == "x: a.b: wrong. Mend: mend it"
