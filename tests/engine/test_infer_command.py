"""`python -m engine infer`: what a model finds in images, and nothing after that."""

from pathlib import Path

import pytest

from engine.cli import main
from engine.patches.inference import CLASS_PROBABILITIES, MASK, PROBABILITY
from store.home import Home
from tests.engine.patches.conftest import write_untrained
from tests.engine.patches.pits import FIRST, SECOND
from tests.engine.test_assess_command import area, home

__all__ = ["area", "home"]


def found_in(home: Home, name: str) -> set[Path]:
    return {path.parent for path in home.root.rglob(name)}


def test_probabilities_and_a_mask_of_each_date_are_made_and_nothing_else(
    area: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["infer", str(area), "--workers", "1"]) == 0
    said = capsys.readouterr().err
    folders = found_in(home, PROBABILITY)
    assert len(folders) == 2
    assert folders == found_in(home, MASK) == found_in(home, CLASS_PROBABILITIES)
    assert all(str(day) in said for day in (FIRST, SECOND))
    assert all(str(folder) in said for folder in folders)
    assert not list(home.root.rglob("refinement"))
    assert not list(home.root.rglob("*.duckdb"))


def test_another_model_leaves_what_the_areas_own_has_found(area: Path, home: Home, tmp_path: Path) -> None:
    assert main(["infer", str(area)]) == 0
    own = {path: path.stat().st_mtime_ns for path in home.root.rglob(MASK)}
    other = write_untrained(tmp_path / "other.safetensors", zoom=1, name="other").path
    assert main(["infer", str(area), "--model", str(other)]) == 0
    assert len(found_in(home, MASK)) == 4
    assert {path: path.stat().st_mtime_ns for path in own} == own


def test_an_area_without_a_model_is_explained(area: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    text = (area / "area.toml").read_text()
    (area / "area.toml").write_text(text[: text.index("[extraction]")])
    assert main(["infer", str(area)]) == 2
    assert "extraction.model" in capsys.readouterr().err
    assert not found_in(home, PROBABILITY)
