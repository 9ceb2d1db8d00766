"""An area as a whole: the same bytes for the same seed, whole or not at all, and its truth apart."""

import ast
import hashlib
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from engine.area import AreaOptions, read_area
from engine.blocks import Workers
from engine.cli import main
from engine.errors import InputError
from engine.patches.labels import read_labels
from engine.patches.split import training_ground
from engine.permits.verdicts.kinds import VerdictKind
from engine.pipeline import check_inputs, run
from engine.simulate import weining
from engine.simulate.area_file import area_text
from engine.simulate.frame import EPOCHS, SIZES, Frame, Size
from engine.simulate.optics.images import scene_of
from engine.simulate.plan import MineClass
from engine.simulate.radar.acquisitions import acquisitions
from engine.simulate.reference import write_reference
from engine.simulate.weining import TRUTH, simulate
from engine.steps import RECORD
from store.home import Home
from store.reader import ReleaseReader, current_release
from tests.conftest import ROOT
from tests.engine.simulate.made_up import made_up_plan
from tests.engine.simulate.tiny import TINY, planned, scene

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored.*engine.log:pytest.PytestUnraisableExceptionWarning")

# With pixels so large that all is drawn in a second or two.
COARSE = TINY._replace(pixel_m=8.0)
SERIAL = Workers("serial")


def count(_part: str, _total: int) -> Callable[[], None]:
    return lambda: None


@contextmanager
def small_is(size: Size, passes: slice = slice(40, 43)) -> Iterator[None]:
    """Under the name of the smallest size, another one; images are drawn in several blocks; few dates of radar."""
    few = partial(weining.simulate_radar, passes=acquisitions()[passes])
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(SIZES, "small", size)
        patched.setattr(weining, "simulate_radar", few)
        patched.setattr("engine.simulate.optics.images._BLOCK", 1_100 // int(size.pixel_m))
        scene_of.cache_clear()
        yield
        scene_of.cache_clear()


def digests(folder: Path) -> dict[str, str]:
    """Of each file, by its path in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by the command, with one worker. Read only: tests that change something work on copies."""
    home, area = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("weining") / "area"
    with small_is(COARSE), pytest.MonkeyPatch.context() as patched:
        patched.setenv("PITWATCH_HOME", str(home))
        assert main(["simulate", "weining", str(area), "--size", "small", "--seed", "2", "--workers", "1"]) == 0
    return area


@pytest.fixture
def area(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "area"))


# The same bytes


def test_two_workers_write_the_same_bytes(made: Path, tmp_path: Path) -> None:
    with small_is(COARSE):
        assert simulate("small", 2, tmp_path / "again", workers=Workers("threads", 2), count=count)
    assert digests(tmp_path / "again") == digests(made)
    assert {path.name for path in made.parent.iterdir()} == {"area"}


def test_another_seed_gives_other_bytes(made: Path, tmp_path: Path) -> None:
    with small_is(COARSE):
        simulate("small", 1, tmp_path / "other", workers=SERIAL, count=count)
    found = digests(tmp_path / "other")
    ours = digests(made)
    # What no seed decides is alike: projections, and what angles the radar looks at.
    alike = {path for path in ours.keys() & found.keys() if ours[path] == found[path]}
    decided = (
        r"area.toml|dem|land_cover|images/|reference/|permits/.*(shp|gpkg)|truth/|.*(_unw_phase.tif|_corr.tif|.ztd)$"
    )
    assert not [path for path in alike if re.match(decided, path)]


def test_everything_is_there(made: Path) -> None:
    names = {path.relative_to(made).parts[0] for path in made.rglob("*")}
    folders = {"images", "permits", "radar", "reference", TRUTH}
    assert names == folders | {"area.toml", "SOURCE.md", "simulation.json", "dem.tif", "land_cover.tif"}
    assert sorted(path.name for path in (made / "images").iterdir()) == [
        "weining_20190518.tif",
        "weining_20211106.tif",
    ]
    assert "No real place" in (made / "SOURCE.md").read_text(encoding="utf-8")


# Whole or not at all


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long is not done: images, radar and land cover are empty files."""
    monkeypatch.setitem(SIZES, "small", TINY)
    monkeypatch.setattr(weining, "scene_of", scene)
    monkeypatch.setattr(weining, "write_land_cover", lambda *given: given[-1].touch())
    monkeypatch.setattr(weining, "write_images", lambda *given, **_: (given[-1] / "image.tif").touch())
    monkeypatch.setattr(weining, "simulate_radar", lambda *given, **_: (given[2] / "pair").touch())


def make(out: Path, seed: int = 2, *, force: bool = False) -> bool:
    return simulate("small", seed, out, workers=SERIAL, count=count, force=force)


WRITERS = ("write_reference", "write_verdicts", "write_images", "simulate_radar", "area_text")


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()], ids=["failed", "killed"])
def test_nothing_is_left_of_one_that_fails(
    writer: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(weining, writer, fail)
    with pytest.raises(type(error)):
        make(tmp_path / "area")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quickly")
def test_the_older_area_stays_when_another_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "area"
    assert make(out)
    before = digests(out)
    with monkeypatch.context() as failing:
        failing.setattr(weining, "source_text", lambda _: (_ for _ in ()).throw(OSError("no space left")))
        with pytest.raises(OSError, match="no space left"):
            make(out, seed=1)
    assert digests(out) == before and [path.name for path in tmp_path.iterdir()] == ["area"]
    assert make(out, seed=1)
    assert digests(out) != before and [path.name for path in tmp_path.iterdir()] == ["area"]


@pytest.mark.usefixtures("quickly")
def test_what_a_kill_left_is_cleared_away(tmp_path: Path) -> None:
    for left in ("area.partial", "area.old"):
        (tmp_path / left / "images").mkdir(parents=True)
        (tmp_path / left / "images" / "half.tif").write_bytes(b"II*")
    assert make(tmp_path / "area")
    assert [path.name for path in tmp_path.iterdir()] == ["area"]
    assert not list(tmp_path.rglob("half.tif"))


@pytest.mark.usefixtures("quickly")
def test_what_is_there_is_not_made_again_unless_forced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "area"
    assert make(out)
    (out / "note.txt").write_text("mine")
    assert not make(out)
    assert (out / "note.txt").exists()
    assert make(out, force=True)
    assert not (out / "note.txt").exists()
    monkeypatch.setattr(weining, "code_digest", lambda *_: "another")
    assert make(out)


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("there", ["a file", "a folder", "an area"])
def test_nothing_else_is_written_over(there: str, tmp_path: Path) -> None:
    out = tmp_path / "area"
    match there:
        case "a file":
            out.write_text("precious")
        case "a folder":
            (out / "thesis").mkdir(parents=True)
        case "an area":
            out.mkdir()
            (out / "area.toml").write_text('name = "real"')
    before = digests(tmp_path)
    for force in (False, True):
        with pytest.raises(InputError) as raised:
            make(out, force=force)
        assert raised.value.file == out and raised.value.mend and raised.value.field == "out"
    assert digests(tmp_path) == before and out.exists()


@pytest.mark.usefixtures("quickly")
def test_an_empty_folder_and_one_whose_parent_is_not_there_will_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert make(tmp_path / "empty") and make(tmp_path / "not" / "there" / "yet")


# The command


@pytest.mark.usefixtures("quickly")
def test_the_command_says_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "home"))
    out, command = tmp_path / "area", ["simulate", "weining", str(tmp_path / "area"), "--seed", "2"]
    assert main(command) == 0
    assert f"{out}: made; python -m engine run {out}" in capsys.readouterr().err
    assert main(command) == 0
    assert f"{out}: up to date" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
    assert f"{out}: made" in capsys.readouterr().err
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "thesis.txt").touch()
    assert main(["simulate", "weining", str(tmp_path / "else")]) == 2
    said = capsys.readouterr().err
    assert "it is no simulated area" in said and "mend   name a folder" in said


# The area file


def test_the_area_can_be_read_and_checked(area: Path, tmp_path: Path) -> None:
    read = read_area(area)
    assert read.name == "weining-tiny-2" and read.options.imagery is not None and read.options.stack is not None
    with_outlines(area)
    found = check_inputs(read_area(area), Home(tmp_path / "home"), lambda _: None)
    assert "3 of 3 pairs" in found


PLANS = {
    **{f"tiny {seed}": lambda seed=seed: planned(Frame(TINY, seed))[0] for seed in (1, 2)},
    **{f"small {seed}": lambda seed=seed: made_up_plan("small", seed) for seed in range(3)},
}


@pytest.mark.parametrize("name", PLANS)
def test_each_class_is_trained_and_assessed(name: str, tmp_path: Path) -> None:
    """Trained on the first image alone; assessed on either, outside what training sees."""
    plan = PLANS[name]()
    write_reference(plan, tmp_path)
    options = AreaOptions.model_validate(tomllib.loads(area_text(plan.frame)))
    assert options.reference is not None
    first, second = (epoch.date for epoch in EPOCHS)
    assert options.reference.held_out_dates == (second,)
    labels = {
        day: read_labels(tmp_path / f"reference_{day.year}.gpkg", plan.frame.optical_grid, options.reference)
        for day in (first, second)
    }
    seen = training_ground(labels, options.reference)[first]
    assert 0.25 < seen.mean() < 0.75
    for kind in MineClass:
        assert (labels[first][seen] == kind).any(), kind
        assert any((codes[~seen] == kind).any() for codes in labels.values()), kind


# The truth


def with_outlines(area: Path) -> None:
    """An interpreter's outlines of 2021 instead of what a network finds; and a recipe that takes seconds."""
    text = (area / "area.toml").read_text(encoding="utf-8")
    given = '[patches]\npath = "reference/reference_2021.gpkg"\nmine_class = "pit"\n'
    recipe = "[training]\nstride = 8\nrates = [1, 2, 3]\ncrop = 32\nbatch = 2\nsteps = 2\n"
    text = re.sub(r"\[extraction\]\n(?:.+\n)+", given, text)
    text = re.sub(r"\[training\]\n(?:.+\n)+", recipe, text)
    (area / "area.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def both_ways(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, ReleaseReader]]:
    """Published with the truth beside the data, and without; trained without."""
    done = {}
    for name in ("with", "without"):
        folder = tmp_path_factory.mktemp(name)
        area, home = Path(shutil.copytree(made, folder / "area")), Home(folder / "home")
        if name == "without":
            shutil.rmtree(area / TRUTH)
        with_outlines(area)
        if name == "without":
            with pytest.MonkeyPatch.context() as patched:
                patched.setenv("PITWATCH_HOME", str(home.root))
                assert main(["train", str(area)]) == 0
        run(read_area(area), home, workers=SERIAL)
        release = current_release(home, "weining-tiny-2")
        assert release is not None
        done[name] = folder, release
    return done


def test_an_area_is_trained_and_published_with_or_without_its_truth(
    both_ways: dict[str, tuple[Path, ReleaseReader]],
) -> None:
    (_, with_it), (folder, without) = both_ways["with"], both_ways["without"]
    assert not (folder / "area" / TRUTH).exists()
    assert list((folder / "area" / "models").glob("weining-tiny-2.safetensors"))
    for release in (with_it, without):
        assert [str(image.date) for image in release.images] == ["2019-05-18", "2021-11-06"]
        assert {"rate", "state"} <= set(release.layers) and release.radar is not None
        assert len(release.patches()) > 10
        kinds = {str(verdict.kind) for verdict in release.verdicts()}
        assert {VerdictKind.INSIDE, VerdictKind.CROSSES, VerdictKind.NO_PERMIT} <= kinds
    assert [(step.name, step.report) for step in with_it.steps()] == [
        (step.name, step.report) for step in without.steps()
    ]


def test_no_step_was_made_from_a_file_of_the_truth(both_ways: dict[str, tuple[Path, ReleaseReader]]) -> None:
    folder, release = both_ways["with"]
    records = list((folder / "home").rglob(RECORD))
    assert len(records) >= 5
    assert not [path for path in records if TRUTH in path.read_text(encoding="utf-8")]
    truths = {path.name for path in (folder / "area" / TRUTH).iterdir()}
    assert release.inputs() and not truths & {Path(row["file"]).name for row in release.inputs()}


def test_nothing_but_simulation_and_assessment_names_the_truth() -> None:
    """Of all texts in the code (not what it says of itself) none is or holds a path to the folder, but where a run is
    held against it, which runs, training and the app do not call.
    """
    assessment = ROOT / "engine" / "assessment"
    for part in ("engine", "store", "web", "components", "pages"):
        for path in (ROOT / part).rglob("*.py"):
            if path.is_relative_to(ROOT / "engine" / "simulate"):
                continue
            nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
            texts = [node.value for node in nodes if isinstance(node, ast.Constant)]
            paths = [text for text in texts if isinstance(text, str) and re.search(r"\btruth/|/truth\b", text)]
            # The one word is no path: a name by which people call a raster of labels.
            assert not paths, path
            named = [text for text in texts if text == TRUTH]
            assert not named or path in (ROOT / "engine" / "survey" / "labels.py", assessment / "truth.py"), path
            imported = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
            assert "engine.assessment.truth" not in imported or path.parent == assessment, path
