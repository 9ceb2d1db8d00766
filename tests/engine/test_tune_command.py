"""`python -m engine tune`: what segmentation suits the labels of an area."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from engine.cli import main
from store.home import Home
from store.tunings import read_tunings
from tests.engine.patches.pits import TWO_DATES, write_dates

REFERENCE = """[reference]
classes = { pit = [10] }
background = [1]
held_out_dates = [2023-03-01]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.fixture
def area(tmp_path: Path) -> Path:
    folder = tmp_path / "area"
    folder.mkdir()
    write_dates(folder)
    (folder / "area.toml").write_text(TWO_DATES + REFERENCE)
    (folder / "SOURCE.md").write_text("Made up.\n")
    return folder


def test_tables_pictures_and_what_to_write(area: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", str(area), "--windows", "2"]) == 0
    said = capsys.readouterr().err
    folder = home.work("pits") / "tuning"
    table = pd.read_csv(folder / "tuning.csv")
    best = table.sort_values(["difference", "objects"], kind="stable").iloc[0]
    assert f"shape = {best['shape']:g}\n  compactness = {best['compactness']:g}" in said and str(folder) in said
    assert len(table) == 81 and table["difference"].between(0, 5).all() and table["iou"].between(0, 1).all()
    assert len(pd.read_csv(folder / "scales-1.csv")) == 291
    for picture in ("tuning.png", "scales.png"):
        assert (folder / picture).read_bytes().startswith(b"\x89PNG")
    assert not (folder / "windows").exists()

    # What the app shows is what the tables say.
    (kept,) = read_tunings(home, "pits")
    assert f"kept as {home.tunings('pits')}" in said
    assert [pair.model_dump() for pair in kept.pairs] == table.to_dict("records")
    assert (kept.shape, kept.compactness) == (best["shape"], best["compactness"])
    assert (kept.dates, kept.windows, kept.at_scale) == ([date(2021, 6, 19)], 2, 50.0)
    assert 1 <= kept.patches <= 2
    assert [(curve.step, len(curve.levels)) for curve in kept.curves] == [(1, 291), (10, 30), (100, 3)]
    levels = pd.read_csv(folder / "scales-10.csv")
    assert [level.local_variance for level in kept.curves[1].levels] == levels["local_variance"].tolist()
    assert [level.candidate for level in kept.curves[1].levels] == levels["candidate"].tolist()
    assert kept.curves[1].levels[0].rate is None
    assert kept.curves[1].levels[1].rate == pytest.approx(levels["rate"][1])


def test_the_same_again_is_kept_once_and_other_windows_beside_it(area: Path, home: Home) -> None:
    for windows in ("1", "1", "2"):
        assert main(["tune", str(area), "--windows", windows]) == 0
    assert [one.windows for one in read_tunings(home, "pits")] in ([1, 2], [2, 1])


def test_an_area_without_labels_cannot_be_tuned(area: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (area / "area.toml").write_text((area / "area.toml").read_text().replace(REFERENCE, ""))
    assert main(["tune", str(area)]) == 2
    assert "reference" in capsys.readouterr().err
    assert not (home.work("pits") / "tuning").exists()
    assert read_tunings(home, "pits") == []
