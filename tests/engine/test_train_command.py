"""`python -m engine train`: from labelled images to a model that a run can use."""

from pathlib import Path

import pytest

from engine.area import read_area
from engine.blocks import Workers
from engine.cli import main
from engine.patches.checkpoint import read_checkpoint
from engine.pipeline import run
from store.home import Home
from store.reader import current_release
from tests.engine.patches.pits import TWO_DATES, write_dates

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored.*engine.log:pytest.PytestUnraisableExceptionWarning")

AREA = (
    TWO_DATES
    + """[reference]
classes = { pit = [10] }
background = [1]
held_out_rows = [[48, 96]]
held_out_dates = [2023-03-01]
[training]
stride = 8
rates = [1, 2, 3]
crop = 32
batch = 2
steps = 2
validation = 0
"""
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.fixture
def area(tmp_path: Path) -> Path:
    folder = tmp_path / "area"
    folder.mkdir()
    write_dates(folder)
    (folder / "area.toml").write_text(AREA)
    (folder / "SOURCE.md").write_text("Made up.\n")
    return folder


def test_a_model_is_trained_scored_and_used(area: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(area), "--seed", "3"]) == 0
    said = capsys.readouterr().err
    checkpoint = read_checkpoint(area / "models" / "pits.safetensors")
    for part in ("trained", "unseen_rows", "unseen_date", "unseen_rows_and_date"):
        assert f"{part}.iou" in said
    assert checkpoint.sha256 in said
    assert checkpoint.description.recipe is not None
    assert checkpoint.description.recipe.seed == 3
    with (area / "area.toml").open("a") as file:
        file.write('[extraction]\nmodel = "models/pits.safetensors"\nwindow = 64\nmargin = 16\n')
    run(read_area(area), home, workers=Workers("serial"))
    reader = current_release(home, "pits")
    assert reader is not None
    assert reader.extraction is not None
    assert reader.extraction.sha256 == checkpoint.sha256


def test_data_and_model_may_lie_elsewhere(area: Path, home: Home, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(AREA)
    (tmp_path / "SOURCE.md").write_text("Made up.\n")
    assert main(["train", str(recipe), "--data", str(area), "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "pits.safetensors.sha256").is_file()
    assert not (area / "models").exists()


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (
            "[reference]\nclasses = { pit = [10] }\nbackground = [1]\nheld_out_rows = [[48, 96]]\n"
            "held_out_dates = [2023-03-01]\n",
            "",
            "reference",
        ),
        ("pit = [10]", "pit = [10], dump = [4]", "reference.classes.dump"),
        ("crop = 32", "crop = 5000", "training.crop"),
        ("held_out_rows = [[48, 96]]", "held_out_rows = [[48, 900]]", "reference.held_out_rows"),
        ("held_out_dates = [2023-03-01]", "held_out_dates = [2023-03-02]", "reference.held_out_dates"),
        ('labels = "2021-06-19_codes.tif"', 'labels = "nowhere.tif"', "labels"),
    ],
    ids=["no reference", "no labels of a class", "crop", "rows", "date", "no such labels"],
)
def test_what_cannot_be_trained_on_is_explained(
    area: Path, home: Home, capsys: pytest.CaptureFixture[str], old: str, new: str, field: str
) -> None:
    assert old in AREA
    (area / "area.toml").write_text(AREA.replace(old, new))
    assert main(["train", str(area)]) == 2
    said = capsys.readouterr().err
    assert f"field  {field}" in said
    assert "mend" in said
    assert not (area / "models").exists()
