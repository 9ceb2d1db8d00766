"""The quality page's accuracy: the paper's tables, and nothing of another model."""

import shutil
from pathlib import Path

import pytest

from components import provenance
from store.assessments import keep_assessment
from store.home import Home
from store.reader import current_release
from store.speed import Speed, WaySpeed
from tests.conftest import ROOT
from tests.pages.test_pages import OPTICAL, open_page, text
from tests.store.test_assessments import made

PAGE = ROOT / "pages" / "quality" / "quality.py"


@pytest.fixture
def home(both_published: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    copy = Home(tmp_path / "home")
    shutil.copytree(both_published.root, copy.root, symlinks=True)
    monkeypatch.setenv("PITWATCH_HOME", str(copy.root))
    return copy


def keep(home: Home, *, sha256: str | None = None) -> None:
    reader = current_release(home, OPTICAL)
    assert reader is not None
    assert reader.extraction is not None
    extraction = reader.extraction
    assessment = made(area=OPTICAL, sha256=sha256 or extraction.sha256, threshold=extraction.threshold)
    keep_assessment(home, assessment)


def test_before_an_assessment_the_page_says_how_to_make_one(home: Home) -> None:
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    assert "python -m engine assess" in text(app)


def test_the_tables_are_the_papers(home: Home) -> None:
    keep(home)
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    tables = [frame.value for frame in app.dataframe]
    matrix = next(table for table in tables if "non-mining" in table.columns)
    assert matrix["mining"].tolist() == ["3,985", "1,015", "5,000", "0.797"]
    assert matrix["non-mining"].tolist() == ["1,971", "332,941", "334,912", "0.994"]
    assert matrix["user's accuracy"].tolist()[:2] == ["0.669", "0.997"]
    measures = next(table for table in tables if "paper" in table.columns).set_index("measure")
    assert measures.loc["F1"].tolist() == ["0.727", "0.727"]
    assert measures.loc["identification"].tolist() == ["0.750", "0.958"]
    assert {metric.label: metric.value for metric in app.metric}["Patches identified"] == "3 of 4"
    assert "simulated truth" in text(app)
    assert "7 patches that training saw" in text(app)


def test_figures_of_another_model_are_not_shown(home: Home) -> None:
    keep(home, sha256="ab" * 32)
    app = open_page(PAGE, area=OPTICAL)
    assert not [frame for frame in app.dataframe if "non-mining" in frame.value.columns]
    assert "python -m engine assess" in text(app)


def test_the_speed_of_the_release_and_of_the_benchmark_are_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = (WaySpeed("plain", 50, 40, 1, 900.5), WaySpeed("ours", 3000, 0.5, 80, 700, 0.8))
    speed = Speed("python -m benchmarks.inference", "a *processor*", 2, "2026-11-29", ways)
    monkeypatch.setattr(provenance, "read_speed", lambda: speed)
    app = open_page(PAGE, area=OPTICAL)
    assert not app.exception
    tables = [frame.value for frame in app.dataframe]
    release = next(table for table in tables if "run by" in table.columns)
    assert not release.empty
    assert release["run by"].str.contains("float32").all()
    assert (release["million pixels"] > 0).all()
    benchmark = next(table for table in tables if "way of running a network" in table.columns)
    assert benchmark["times as fast as the first"].tolist() == [1, 80]
    assert "python -m benchmarks.inference" in text(app)
    assert r"a \*processor\*" in text(app)
