"""`python -m engine deform`: from interferograms to rates, corrections as the area asks for them."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from engine.cli import main
from engine.raster import Raster
from store.home import Home
from tests.engine.conftest import BOWL, BOWL_RATE, DATES, UTM, phases, subsidence, write_area, write_geotiffs
from tests.engine.deformation.test_corrections import PHASE_PER_M, ramp
from tests.engine.deformation.test_troposphere import write_gacos


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def area(folder: Path, **tables: dict[str, object]) -> Path:
    """A bowl that sinks, under ramps of its own on every date."""
    stack = phases(subsidence())
    for pair, phase in stack.items():
        first, second = (DATES.index(day) for day in pair)
        phase += (PHASE_PER_M * (ramp(second) - ramp(first))).astype(np.float32)
    folder.mkdir()
    return write_area(folder, write_geotiffs(folder, stack, UTM), **tables)


def test_rates_are_made_with_the_corrections_that_are_asked_for(
    tmp_path: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    place = area(tmp_path / "area", corrections={"ramp": "linear"}, velocity={"standard_error": "covariance"})
    assert main(["deform", str(place)]) == 0
    said = capsys.readouterr().err
    work = home.work("testbed")
    assert all(str(work / name) in said for name in ("stack", "network", "inversion", "corrections", "velocity"))
    assert "ramps" in said
    with Raster(work / "velocity" / "rate.tif") as raster:
        rate = raster.read()
    np.testing.assert_allclose(rate[BOWL], BOWL_RATE, atol=0.2)
    np.testing.assert_allclose(rate[:4], 0, atol=0.2)
    for folder, name in (("network", "network.png"), ("velocity", "rate.png")):
        assert (work / folder / name).read_bytes().startswith(b"\x89PNG")
    with h5py.File(work / "velocity" / "velocity.h5") as file:
        np.testing.assert_allclose(file["velocity"][:] * 1000, rate, rtol=1e-4)
        assert (file.attrs["FILE_TYPE"], file.attrs["UNIT"]) == ("velocity", "m/year")
        assert file.attrs["END_DATE"] == f"{max(DATES):%Y%m%d}"


def test_a_second_run_computes_nothing_and_another_correction_only_what_follows(tmp_path: Path, home: Home) -> None:
    place = area(tmp_path / "area", corrections={"ramp": "linear"})
    work = home.work("testbed")

    def times() -> dict[str, int]:
        return {path.parent.name: path.stat().st_mtime_ns for path in work.glob("*/record.json")}

    assert main(["deform", str(place)]) == 0
    first = times()
    assert main(["deform", str(place)]) == 0
    assert times() == first
    text = (place / "area.toml").read_text()
    (place / "area.toml").write_text(text.replace('"linear"', '"quadratic"'))
    assert main(["deform", str(place)]) == 0
    changed = {name for name, time in times().items() if time != first[name]}
    assert changed == {"corrections", "velocity"}


def test_a_header_of_a_delay_that_changes_is_read_again(tmp_path: Path, home: Home) -> None:
    place = area(tmp_path / "area", corrections={"gacos": "gacos"})
    for number, day in enumerate(DATES):
        write_gacos(place / "gacos", day, UTM, number)
    assert main(["deform", str(place)]) == 0
    record = home.work("testbed") / "corrections" / "record.json"
    before = record.stat().st_mtime_ns
    header = place / "gacos" / f"{DATES[2]:%Y%m%d}.ztd.rsc"
    header.write_text(header.read_text() + "DATUM WGS84\n")
    assert main(["deform", str(place)]) == 0
    assert record.stat().st_mtime_ns != before


def test_a_period_without_dates_is_refused(tmp_path: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    place = area(tmp_path / "area", velocity={"start": "2030-01-01"})
    assert main(["deform", str(place)]) == 2
    assert "velocity.start" in capsys.readouterr().err
    assert not (home.work("testbed") / "velocity").exists()


def test_an_area_without_interferograms_is_refused(
    tmp_path: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "area"
    folder.mkdir()
    (folder / "area.toml").write_text(
        'name = "bare"\ntitle = "Bare"\n[imagery]\nbands = ["red"]\n[[imagery.images]]\npath = "x.tif"\n'
        "date = 2020-01-01\n"
    )
    (folder / "SOURCE.md").write_text("Made up.\n")
    assert main(["deform", str(folder)]) == 2
    assert "no interferograms" in capsys.readouterr().err
    assert not (home.work("bare") / "velocity").exists()
