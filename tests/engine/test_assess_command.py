"""`python -m engine assess`: where a model is tested, what it is held against, and what is kept of it.

The network is one that nobody trained: what it finds is arbitrary, and everything that is counted beside it is not.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from shapely.geometry import box

from engine.cli import main
from engine.patches.checkpoint import TrainingDataOptions
from store.assessments import AssessedPart, Assessment, read_assessment
from store.home import Home
from tests.engine.conftest import write_tif
from tests.engine.patches.conftest import grid_of, write_untrained
from tests.engine.patches.pits import FIRST, SECOND, TWO_DATES, write_dates

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored.*engine.log:pytest.PytestUnraisableExceptionWarning")

AREA = (
    TWO_DATES
    + """[reference]
classes = { pit = [10], dump = [11] }
background = [1]
held_out_rows = [[48, 96]]
held_out_dates = [2023-03-01]
[extraction]
model = "pits.safetensors"
window = 96
margin = 0
"""
)
ROLES = {"unseen_ground", "unseen_ground_and_date", "unseen_date", "trained"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """With a model that says that it was trained on rows 0 to 48 of the first date."""
    return build(tmp_path / "area")


def build(folder: Path, name: str = "pits") -> Path:
    folder.mkdir()
    write_dates(folder)
    (folder / "area.toml").write_text(AREA.replace('"pits"', f'"{name}"', 1))
    (folder / "SOURCE.md").write_text("Made up.\n")
    write_model(folder, [folder / f"{day}_codes.tif" for day in (FIRST, SECOND)])
    return folder


def write_model(folder: Path, labels: list[Path], **changes: Any) -> Path:
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in labels}
    given: dict[str, Any] = {"held_out_rows": ((48, 96),), "held_out_dates": (SECOND,), "dates": (FIRST,)} | changes
    return write_untrained(folder / "pits.safetensors", zoom=1, data=TrainingDataOptions(files=files, **given)).path


def add_truth(folder: Path) -> NDArray[np.uint8]:
    """Three pits below row 48 and one above it, one kind of lookalike, shadow on the right; the same on both dates."""
    grid, codes = grid_of(96, 96), np.zeros((96, 96), np.uint8)
    places = [(4, 10), (60, 20), (72, 56), (56, 70)]
    outlines = []
    for row, col in places:
        codes[row : row + 16, col : col + 16] = 10
        (west, north), (east, south) = grid.transform @ (col, row), grid.transform @ (col + 16, row + 16)
        outlines.append(box(west, south, east, north))
    context = np.zeros((96, 96), np.uint8)
    context[:, 64:] = 1
    truth = folder / "truth"
    for year in (2021, 2023):
        write_tif(truth / f"labels_{year}.tif", codes, grid, nodata=None)
        write_tif(truth / f"context_{year}.tif", context, grid, nodata=None)
        table = gpd.GeoDataFrame({"code": [10] * 4}, geometry=outlines, crs=grid.crs.to_wkt())
        table.to_file(truth / f"patches_{year}.gpkg")
    (west, north), (east, south) = grid.transform @ (0, 80), grid.transform @ (10, 90)
    confusers = gpd.GeoDataFrame(
        {"kind": ["red beds"]}, geometry=[box(west, south, east, north)], crs=grid.crs.to_wkt()
    )
    confusers.to_file(truth / "confusers.gpkg")
    return codes


def assess(*arguments: Path | str) -> int:
    return main(["assess", "--workers", "1", *map(str, arguments)])


def kept(home: Home, folder: Path, name: str = "pits") -> Assessment:
    sha256 = hashlib.sha256((folder / "pits.safetensors").read_bytes()).hexdigest()
    found = read_assessment(home, name, sha256, 0.5)
    assert found is not None
    return found


def part(assessment: Assessment, role: str) -> AssessedPart:
    return next(one for one in assessment.parts if one.role == role)


def test_interpreted_labels_are_held_against_the_mask_part_by_part(
    area: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert assess(area) == 0
    found = kept(home, area)
    assert found.truth == "interpreted"
    assert {one.role for one in found.parts} == ROLES
    assert {one.figures.pixels for one in found.parts} == {48 * 80}  # right of column 80 nothing is labelled
    assert part(found, "unseen_ground").patches[0].patches == 2
    assert part(found, "unseen_ground").left_out == 2
    assert part(found, "trained").patches == []
    said = capsys.readouterr().err
    assert "second epoch, ground that training did not see (2023-03-01)" in said
    assert "0.7970" in said
    assert "228 of 238" in said
    assert "similarity ┃ above 0.80" in said  # whole, however narrow the terminal


def test_the_truth_of_a_simulated_area_goes_before_its_labels(area: Path, home: Home) -> None:
    codes = add_truth(area)
    assert assess(area) == 0
    test = part(kept(home, area), "unseen_ground_and_date")
    assert kept(home, area).truth == "simulated"
    assert test.figures.pixels == 48 * 96
    assert sum(test.mining_cells[row][0] for row in (0, 1)) == (codes[48:] == 10).sum()
    assert (test.patches[0].patches, test.left_out, test.cut) == (3, 1, 0)
    assert {one.kind: round(one.share, 3) for one in test.ground} == {
        "plain": 0.667,
        "terrain shadow": 0.333,
        "wind farm": 0.0,
    }
    assert [(one.kind, one.pixels) for one in test.lookalikes] == [("red beds", 100)]


def test_a_model_from_elsewhere_is_tested_on_all_of_the_images(area: Path, home: Home, tmp_path: Path) -> None:
    add_truth(area)
    assert assess(area) == 0
    before = sorted(home.work("pits").glob("extraction-*/record.json"))
    assert len(before) == 2
    times = [path.stat().st_mtime_ns for path in before]
    (tmp_path / "other").mkdir()
    model = write_model(tmp_path / "other", [])
    assert assess(area, "--model", model) == 0
    (only,) = kept(home, model.parent).parts
    assert (only.role, only.dates, only.figures.pixels) == ("elsewhere", [FIRST, SECOND], 2 * 96 * 96)
    assert only.patches[0].patches == 8
    assert [path.stat().st_mtime_ns for path in before] == times  # the area's own run is not disturbed
    assert kept(home, area).sha256 != kept(home, model.parent).sha256


def test_areas_are_pooled_and_written(area: Path, home: Home, tmp_path: Path) -> None:
    other = build(tmp_path / "other", "more-pits")
    for folder in (area, other):
        add_truth(folder)
    out, file = tmp_path / "out", tmp_path / "figures" / "all.json"
    assert assess(area, other, "--json", file, "--out", out) == 0
    one, two, both = (Assessment.model_validate(item) for item in json.loads(file.read_text()))
    assert (one.area, two.area, both.area) == ("pits", "more-pits", "pits, more-pits")
    for role in ROLES:
        cells = [np.array(part(of, role).cells) for of in (one, two, both)]
        np.testing.assert_array_equal(cells[0] + cells[1], cells[2])
    assert part(both, "unseen_ground").patches[0].patches == 6
    drawn = {path.name for path in out.iterdir()}
    assert {"pits-20210619.png", "pits-20230301.png", "pits-similarity.png", "pooled-similarity.png"} < drawn
    with Image.open(out / "pits-20210619.png") as picture:
        assert len(np.unique(np.asarray(picture.convert("L")))) > 5


def test_one_bad_area_does_not_hold_up_the_others(area: Path, home: Home, tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    assert assess(tmp_path / "nowhere", area, "--json", file) == 2
    assert [one["area"] for one in json.loads(file.read_text())] == ["pits"]


def test_a_date_without_labels_is_not_counted(area: Path, home: Home) -> None:
    _reword(area, f'labels = "{SECOND}_codes.tif"\n', "")
    assert assess(area) == 0
    assert {one.role for one in kept(home, area).parts} == {"unseen_ground", "trained"}


@pytest.mark.parametrize(
    ("spoil", "field", "said"),
    [
        (lambda area: _without_labels(area), "imagery.images.labels", "nothing says what is true"),
        (lambda area: _change_labels(area), "labels", "changed since the model was trained"),
        (lambda area: _reword(area, "pit = [10], dump = [11]", "pit = [10]"), "reference.classes", "pit, dump"),
        (lambda area: _seen_whole(area), "reference.split", "nothing is left"),
        (lambda area: _other_grid(area), "grid", "not those of the image"),
        (lambda area: _reword(area, AREA[AREA.index("[extraction]") :], ""), "extraction.model", "no model"),
    ],
    ids=["no labels", "labels changed", "classes", "all seen", "grid", "no model"],
)
def test_what_cannot_be_assessed_is_explained(
    area: Path, home: Home, capsys: pytest.CaptureFixture[str], spoil: Any, field: str, said: str
) -> None:
    spoil(area)
    assert assess(area) == 2
    told = capsys.readouterr().err
    assert f"field  {field}" in told
    assert said in told
    assert "mend" in told


def _reword(area: Path, old: str, new: str) -> None:
    file = area / "area.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def _without_labels(area: Path) -> None:
    for day in (FIRST, SECOND):
        _reword(area, f'labels = "{day}_codes.tif"\n', "")


def _change_labels(area: Path) -> None:
    path = area / f"{FIRST}_codes.tif"
    codes = np.ones((96, 96), np.uint8)
    codes[:30, :30] = 10
    write_tif(path, codes, grid_of(96, 96), nodata=None)


def _seen_whole(area: Path) -> None:
    labels = [area / f"{day}_codes.tif" for day in (FIRST, SECOND)]
    write_model(area, labels, held_out_rows=(), held_out_dates=())


def _other_grid(area: Path) -> None:
    add_truth(area)
    write_tif(area / "truth" / "labels_2021.tif", np.zeros((90, 96), np.uint8), grid_of(90, 96), nodata=None)
