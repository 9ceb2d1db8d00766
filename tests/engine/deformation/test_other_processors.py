"""LiCSAR and ISCE-2: stacks written as these deliver them are read like the same stack as plain GeoTIFFs."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from engine.deformation.finding import pair_of
from engine.deformation.isce import IsceStack
from engine.deformation.licsar import LicsarStack
from engine.deformation.network import Network
from engine.deformation.readers import open_stack
from engine.deformation.stack import GeoTiffOptions, IsceOptions, LicsarOptions, StackReader
from engine.errors import InputError
from tests.engine.conftest import DATES, DEGREES, PAIRS, Phases, phases, subsidence, write_geotiffs, write_tif

STACK = phases(subsidence())
COHERENCE = {
    pair: np.round(np.linspace(0.2, 1, DEGREES.rows * DEGREES.cols).reshape(DEGREES.shape) * 255) / 255
    for pair in PAIRS
}
BASELINES = dict(zip(DATES, (0.0, 31.5, -80.25, 12.0, 55.5, -7.75), strict=True))
INCIDENCE = np.full(DEGREES.shape, 39.0, np.float32)
HEIGHT = np.linspace(100, 300, DEGREES.rows * DEGREES.cols).reshape(DEGREES.shape).astype(np.float32)


def write_licsar(folder: Path, stack: Phases = STACK) -> LicsarStack:
    for pair, phase in stack.items():
        own = folder / str(pair)
        own.mkdir(parents=True)
        write_tif(own / f"{pair}.geo.unw.tif", phase.astype(np.float32), DEGREES)
        write_tif(own / f"{pair}.geo.cc.tif", np.round(COHERENCE[pair] * 255).astype(np.uint8), DEGREES)
    write_tif(folder / "128A_05172.geo.U.tif", np.cos(np.radians(INCIDENCE)), DEGREES)
    write_tif(folder / "128A_05172.geo.hgt.tif", HEIGHT, DEGREES)
    (folder / "metadata.txt").write_text("primary=20200101\ncenter_time=22:50:33\nheading=-10.157417\n")
    lines = [f"{DATES[0]:%Y%m%d} {day:%Y%m%d} {value} {(day - DATES[0]).days}" for day, value in BASELINES.items()]
    (folder / "baselines").write_text("\n".join(lines) + "\n")
    return LicsarStack(LicsarOptions(format="licsar"), folder)


def write_isce(folder: Path, stack: Phases = STACK, *, reference: int = 0, azimuth: float = 80.0) -> IsceStack:
    def write(path: Path, *bands: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = {"height": DEGREES.rows, "width": DEGREES.cols, "count": len(bands), "dtype": "float32"}
        place = {"crs": DEGREES.crs.to_wkt(), "transform": DEGREES.transform}
        with rasterio.open(path, "w", driver="ISCE", **shape, **place) as raster:
            raster.write(np.stack(bands).astype(np.float32))

    for pair, phase in stack.items():
        own = folder / "merged" / "interferograms" / str(pair)
        write(own / "filt_fine.unw.geo", np.ones(DEGREES.shape), phase)
        write(own / "filt_fine.cor.geo", COHERENCE[pair])
    write(folder / "merged" / "geom_reference" / "los.rdr.geo", INCIDENCE, INCIDENCE * 0 + azimuth)
    write(folder / "merged" / "geom_reference" / "hgt.rdr.geo", HEIGHT)
    first = DATES[reference]
    for day, value in BASELINES.items():
        if day == first:
            continue
        ends = f"{min(first, day):%Y%m%d}_{max(first, day):%Y%m%d}"
        path = folder / "baselines" / ends / f"{ends}.txt"
        path.parent.mkdir(parents=True)
        sign = 1 if day > first else -1
        difference = sign * (value - BASELINES[first])
        path.write_text(
            f"swath: IW1\nBperp (average): {difference - 1}\nswath: IW2\nBperp (average): {difference + 1}\n"
        )
    return IsceStack(IsceOptions(format="isce"), folder)


WRITERS = {"licsar": write_licsar, "isce": write_isce}


@pytest.fixture(params=WRITERS, scope="module")
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StackReader:
    return WRITERS[request.param](tmp_path_factory.mktemp(request.param))


def test_pairs_grid_and_geometry_are_read(reader: StackReader) -> None:
    assert [item.pair for item in reader.interferograms] == sorted(PAIRS)
    assert reader.grid.matches(DEGREES)
    assert reader.radar.wavelength == 0.05546576
    incidence, height, *_, azimuth = reader.geometry()
    np.testing.assert_allclose(incidence, INCIDENCE, atol=1e-3)
    np.testing.assert_allclose(height, HEIGHT, rtol=1e-6)
    # From north, anticlockwise: as it is in ISCE's file, and by LiCSAR's heading.
    np.testing.assert_allclose(azimuth, 80 if isinstance(reader, IsceStack) else 100.157417, rtol=1e-6)


def test_licsar_s_parts_of_the_line_of_sight_go_before_its_heading(tmp_path: Path) -> None:
    reader, azimuth = write_licsar(tmp_path), np.radians(np.linspace(99, 103, HEIGHT.size).reshape(HEIGHT.shape))
    parts = {"E": -np.sin(azimuth), "N": np.cos(azimuth)}
    for name, part in parts.items():
        values = (part * np.sin(np.radians(INCIDENCE))).astype(np.float32)
        assert write_tif(tmp_path / f"128A_05172.geo.{name}.tif", values, DEGREES) in reader.files
    np.testing.assert_allclose(reader.geometry().azimuth, np.degrees(azimuth), atol=1e-3)


def test_they_are_the_same_as_plain_geotiffs(reader: StackReader, tmp_path: Path) -> None:
    table = write_geotiffs(tmp_path, STACK, DEGREES, {pair: one.astype(np.float32) for pair, one in COHERENCE.items()})
    plain = open_stack(GeoTiffOptions(**table), tmp_path)
    for ours, theirs in zip(reader.interferograms, plain.interferograms, strict=True):
        np.testing.assert_array_equal(reader.phase(ours), plain.phase(theirs))
        np.testing.assert_allclose(reader.coherence(ours), plain.coherence(theirs), atol=1e-6)


def test_baselines_are_those_of_the_dates(reader: StackReader) -> None:
    network = Network(tuple(item.pair for item in reader.interferograms))
    for item, (first, second) in zip(reader.interferograms, network.edges, strict=True):
        expected = BASELINES[DATES[second]] - BASELINES[DATES[first]]
        assert item.perpendicular_baseline == pytest.approx(expected, abs=1e-6)


def test_all_that_is_read_is_told(reader: StackReader) -> None:
    names = {path.name for path in reader.files}
    assert all(path.is_file() for path in reader.files)
    for item in reader.interferograms:
        assert {item.unwrapped, item.coherence} <= set(item.files) <= set(reader.files)
        if isinstance(reader, IsceStack):
            assert {f"{path}.xml" for path in (item.unwrapped, item.coherence)} <= {str(path) for path in item.files}
    assert names & {"baselines"} or any(name.endswith(".txt") for name in names)


def test_baselines_of_a_later_reference_date_are_turned(tmp_path: Path) -> None:
    """topsStack's reference date may lie amid the others; pairs of it are named with the earlier date first."""
    reader = write_isce(tmp_path, reference=2)
    network = Network(tuple(item.pair for item in reader.interferograms))
    for item, (first, second) in zip(reader.interferograms, network.edges, strict=True):
        expected = BASELINES[DATES[second]] - BASELINES[DATES[first]]
        assert item.perpendicular_baseline == pytest.approx(expected, abs=1e-6)


def test_a_stack_in_radar_coordinates_is_refused(tmp_path: Path) -> None:
    """What was not geocoded has no first coordinate in its .xml."""
    write_isce(tmp_path)
    for path in tmp_path.rglob("*.unw.geo.xml"):
        path.write_text(re.sub(r"<component.*</component>", "", path.read_text(), flags=re.DOTALL))
    for path in tmp_path.rglob("*.aux.xml"):
        path.unlink()
    with pytest.raises(InputError, match=r"geotransform|coordinate reference system"):
        _ = IsceStack(IsceOptions(format="isce"), tmp_path).grid


def test_isce_s_phase_without_its_amplitude_is_refused_as_what_it_is(tmp_path: Path) -> None:
    reader = write_isce(tmp_path)
    first = reader.interferograms[0]
    write_tif(first.unwrapped, STACK[first.pair], DEGREES)
    with pytest.raises(InputError, match="where 2 bands of floating point") as refused:
        reader.phase(first)
    assert refused.value.mend == "supply the file as the processor made it"


def test_a_line_of_sight_that_is_none_is_refused(tmp_path: Path) -> None:
    reader = write_isce(tmp_path)
    (path,) = tmp_path.rglob("los.rdr.geo")
    with rasterio.open(path, "r+") as raster:
        raster.write(np.full(DEGREES.shape, 190, np.float32), 1)
    with pytest.raises(InputError, match="angles from the vertical") as refused:
        reader.geometry()
    assert (refused.value.file, refused.value.field) == (path, "stack.los")


@pytest.mark.parametrize(("writer", "pattern"), [("licsar", "*.geo.U.tif"), ("isce", "los.rdr.geo")])
def test_a_missing_line_of_sight_is_said(tmp_path: Path, writer: str, pattern: str) -> None:
    reader = WRITERS[writer](tmp_path)
    for path in tmp_path.rglob(pattern):
        path.unlink()
    with pytest.raises(InputError, match="of the line of sight"):
        reader.geometry()


def test_a_line_that_is_no_baseline_is_refused(tmp_path: Path) -> None:
    write_licsar(tmp_path)
    (tmp_path / "baselines").write_text("20200101 20200113 far 12\n")
    with pytest.raises(InputError, match="no line of two dates and a baseline"):
        _ = LicsarStack(LicsarOptions(format="licsar"), tmp_path).interferograms


def test_licsar_coherence_is_out_of_255(tmp_path: Path) -> None:
    reader = write_licsar(tmp_path)
    assert float(np.nanmax(reader.coherence(reader.interferograms[0]))) == pytest.approx(1)


def test_the_number_of_a_burst_is_no_date() -> None:
    name = "S1_191201_IW2_20200604_20200616_VV_INT80_77F1_unw_phase.tif"
    pair = pair_of(Path(name))
    assert (str(pair.first), str(pair.second)) == ("2020-06-04", "2020-06-16")
