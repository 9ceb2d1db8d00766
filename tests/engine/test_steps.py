"""Steps run once, go on where they were killed, and say what they were made from."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import engine.steps
from engine.errors import InputError
from engine.steps import Progress, StepRecord, Workspace, code_digest, locked

VERSIONS = {"engine": "1"}


class Maker:
    """Makes a product; counts how often. Fails on demand, after it has written a part."""

    def __init__(self) -> None:
        self.runs = 0
        self.fails = False
        self.found: list[str] = []

    def __call__(self, folder: Path) -> dict[str, Any]:
        self.runs += 1
        self.found = sorted(path.name for path in folder.iterdir())
        (folder / "part").write_text("part")
        if self.fails:
            raise OSError("the disk is full")
        (folder / "product").write_text(f"made in run {self.runs}")
        return {"runs": self.runs}


@pytest.fixture
def make() -> Maker:
    return Maker()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("contents")
    return path


Step = Callable[..., StepRecord]


@pytest.fixture
def step(tmp_path: Path, make: Maker, source: Path) -> Step:
    """The step `one` in a workspace that is opened anew, as every run of the engine does."""

    def run(*, force: bool = False, versions: dict[str, str] = VERSIONS, **changed: Any) -> StepRecord:
        workspace = Workspace(tmp_path / "work", versions, Progress(tmp_path / "status.json"), force=force)
        given = {"code": "grid.py", "files": [source], "parameters": {"level": 1}}
        return workspace.step("one", make, **given | changed)

    return run


def test_a_step_whose_product_is_up_to_date_is_not_run_again(step: Step, make: Maker) -> None:
    first, second = step(), step()
    assert make.runs == 1
    assert first == second


CHANGES: dict[str, dict[str, Any]] = {
    "a parameter": {"parameters": {"level": 2}},
    "a version": {"versions": {"engine": "2"}},
    "the code": {"code": "blocks.py"},
    "no file": {"files": []},
    "an earlier step": {"after": [StepRecord("zero", "key", {}, {}, {})]},
    "by force": {"force": True},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_step_is_run_again_when_what_it_is_made_from_changes(step: Step, make: Maker, change: dict[str, Any]) -> None:
    step()
    step(**change)
    assert make.runs == 2


def test_a_file_counts_by_its_contents(step: Step, make: Maker, source: Path) -> None:
    step()
    os.utime(source, (1, 1))
    step()
    assert make.runs == 1
    source.write_text("CONTENTS")
    step()
    assert make.runs == 2


def test_the_record_says_what_the_step_was_made_from(step: Step, source: Path, tmp_path: Path) -> None:
    record = step()
    assert record.inputs == {str(source): hashlib.sha256(b"contents").hexdigest()}
    assert record.parameters == {"level": 1}
    assert record.versions == VERSIONS | {"code": code_digest("grid.py")}
    assert record.report == {"runs": 1}
    assert record.seconds >= 0
    assert record.peak_memory > 1_000_000
    assert StepRecord(**json.loads((tmp_path / "work" / "one" / "record.json").read_text())) == record


def test_a_failing_step_leaves_the_last_product_alone(step: Step, make: Maker, tmp_path: Path) -> None:
    step()
    make.fails = True
    with pytest.raises(OSError, match="the disk is full"):
        step(parameters={"level": 2})
    assert (tmp_path / "work" / "one" / "product").read_text() == "made in run 1"
    make.fails = False
    step()
    assert make.runs == 2  # the failed one; the first product still holds


def test_a_step_goes_on_where_it_broke_off(step: Step, make: Maker) -> None:
    make.fails = True
    with pytest.raises(OSError, match="the disk is full"):
        step()
    make.fails = False
    step()
    assert make.found == ["key", "part"]


@pytest.mark.parametrize("change", [{"parameters": {"level": 2}}, {"force": True}], ids=["parameter", "force"])
def test_what_broke_off_is_thrown_away_when_something_has_changed(
    step: Step, make: Maker, change: dict[str, Any]
) -> None:
    make.fails = True
    with pytest.raises(OSError, match="the disk is full"):
        step()
    make.fails = False
    step(**change)
    assert make.found == ["key"]


def test_a_former_product_that_was_removed_in_part_counts_as_none(
    step: Step, make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def former(*, force: bool = False) -> Path | None:
        return Workspace(tmp_path / "work", VERSIONS, Progress(tmp_path / "status.json"), force=force).former("one")

    def killed(folder: Path) -> None:
        (folder / "part").unlink()
        raise KeyboardInterrupt

    step()
    assert former() == tmp_path / "work" / "one"
    assert former(force=True) is None
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(engine.steps.shutil, "rmtree", killed)
        step(parameters={"level": 2})
    assert former() is None
    step()
    assert make.runs == 3


def test_a_finished_step_holds_only_its_products_and_record(step: Step, tmp_path: Path) -> None:
    step()
    step(force=True)
    assert sorted(path.name for path in (tmp_path / "work" / "one").iterdir()) == ["part", "product", "record.json"]
    assert not (tmp_path / "work" / "one.partial").exists()


@pytest.mark.parametrize("record", ["", "{}", '{"name": "one", "shape": 1}'], ids=["empty", "bare", "another version"])
def test_a_record_that_cannot_be_read_counts_as_none(step: Step, make: Maker, tmp_path: Path, record: str) -> None:
    step()
    (tmp_path / "work" / "one" / "record.json").write_text(record)
    step()
    assert make.runs == 2


def test_fingerprints_that_cannot_be_read_are_taken_again(step: Step, tmp_path: Path) -> None:
    step()
    (tmp_path / "work" / "fingerprints.json").write_text("")
    step(force=True)


def test_a_missing_input_is_named(step: Step, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.tif: it cannot be read \(No such file or directory\)\. Mend: "):
        step(files=[tmp_path / "none.tif"])


def test_a_second_run_on_a_folder_is_refused(tmp_path: Path) -> None:
    with locked(tmp_path / "work"):
        with pytest.raises(InputError, match="another run is at work") as refused, locked(tmp_path / "work"):
            pass
        assert refused.value.file == tmp_path / "work"
    with locked(tmp_path / "work"):
        pass


def test_progress_reaches_the_listener_and_the_status_file(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    progress = Progress(tmp_path / "status.json", lambda state: heard.append((state["done"], state["total"])))
    advance = progress.count(3)
    for _ in range(3):
        advance()
    assert heard == [(0, 3), (1, 3), (2, 3), (3, 3)]
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["done"], status["total"], status["pid"]) == (3, 3, os.getpid())


def test_the_digest_of_code_is_that_of_its_sources_and_of_rasters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("grid.py", "raster.py", "compiled.py", "package/one.py", "package/two.py", "other.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(engine.steps, "_ENGINE", tmp_path)
    digest = code_digest.__wrapped__
    before = digest("package")
    (tmp_path / "other.py").write_text("changed")
    assert digest("package") == before
    for name in ("package/two.py", "grid.py", "raster.py", "compiled.py"):
        (tmp_path / name).write_text("changed")
        assert digest("package") != before
        before = digest("package")
