"""What the quality page says of the radar: the network it draws, and the corrections that were made."""

from dataclasses import replace

import numpy as np
import pytest

from store.home import Home
from store.reader import ReleaseReader, current_release
from tests.conftest import ROOT
from tests.pages.test_pages import AREA, open_page, text

PAGE = ROOT / "pages" / "quality" / "quality.py"


@pytest.fixture
def reader(published: Home, monkeypatch: pytest.MonkeyPatch) -> ReleaseReader:
    monkeypatch.setenv("PITWATCH_HOME", str(published.root))
    found = current_release(published, AREA)
    assert found is not None
    return found


@pytest.mark.usefixtures("reader")
def test_without_corrections_that_is_said() -> None:
    app = open_page(PAGE, area=AREA)
    assert not app.exception
    assert "Corrections for atmosphere, ramps and heights: none." in text(app)


def test_baselines_of_dates_explain_those_of_pairs(reader: ReleaseReader) -> None:
    """As nearly as measured ones close."""
    pairs = reader.interferograms()
    measured = np.array([pair.perpendicular_baseline_m for pair in pairs], float)
    told = np.array([[pair.first_baseline_m, pair.second_baseline_m] for pair in pairs], float)
    assert np.abs(np.diff(told, axis=1)[:, 0] - measured).mean() < 3.0 < np.abs(measured).mean()
    assert {pair.coherence for pair in pairs} == {None}  # nothing asked for it


def test_what_corrections_left_is_told(reader: ReleaseReader, monkeypatch: pytest.MonkeyPatch) -> None:
    report = {"rms_mm": {"inverted": 3.153, "troposphere": 2.641}}
    steps = [replace(reader.steps()[0], name="corrections", report=report)]
    monkeypatch.setattr(ReleaseReader, "steps", lambda _: steps)
    told = text(open_page(PAGE, area=AREA))
    assert "| inversion | 3.15 |" in told
    assert "| delays of the troposphere | 2.64 |" in told
    assert "heights: none" not in told
