"""Both readers of stacks: the same data give the same arrays, with the sign by which subsidence is positive phase."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from engine.deformation.additions import read_pair
from engine.deformation.checks import check_coherence, check_phase, require_coherence, require_one_radar
from engine.deformation.finding import list_interferograms, pair_of
from engine.deformation.gamma import GammaStack, grid_of
from engine.deformation.geotiff import GeoTiffStack
from engine.deformation.inversion import phase_to_displacement
from engine.deformation.readers import open_stack
from engine.deformation.stack import DatePair, GammaOptions, GeoTiffOptions, Interferogram, Radar, StackReader
from engine.errors import InputError
from engine.grid import Grid
from tests.conftest import GEOTIFF_STACK, METROPOLITAN
from tests.engine.conftest import (
    BOWL,
    BOWL_RATE,
    DEGREES,
    PAIRS,
    UTM,
    WAVELENGTH,
    Phases,
    gamma_map,
    phases,
    subsidence,
    write_gamma,
    write_geotiffs,
    write_tif,
)

Writer = Callable[..., dict[str, Any]]
FORMS: dict[str, Writer] = {"gamma": write_gamma, "geotiff": write_geotiffs}
every_form = pytest.mark.parametrize("write", FORMS.values(), ids=FORMS.keys())
every_grid = pytest.mark.parametrize("grid", [UTM, DEGREES], ids=["map", "degrees"])


def open_synthetic(folder: Path, write: Writer, stack: Phases, grid: Grid = UTM, **more: Any) -> StackReader:
    table = write(folder, stack, grid, more.pop("coherence", None)) | more
    options = GammaOptions(**table) if table["format"] == "gamma" else GeoTiffOptions(**table)
    return open_stack(options, folder)


def shipped_gamma() -> StackReader:
    options = GammaOptions(format="gamma", path=Path("gamma"), wavelength_m=0.0562356424)
    return open_stack(options, METROPOLITAN)


def shipped_geotiff() -> StackReader:
    options = GeoTiffOptions(
        format="geotiff", path=Path(), unwrapped="*_unw.tif", incidence_deg=22.9671, dem=Path("dem.tif")
    )
    return open_stack(options, GEOTIFF_STACK)


# Contract


@pytest.mark.parametrize("reader", [shipped_gamma(), shipped_geotiff()], ids=["gamma", "geotiff"])
class TestTheShippedStack:
    def test_pairs_are_in_order_of_their_dates(self, reader: StackReader) -> None:
        pairs = [item.pair for item in reader.interferograms]
        assert len(pairs) == 17
        assert pairs == sorted(pairs)
        assert pairs[0] == DatePair(date(2006, 6, 19), date(2006, 10, 2))
        assert pairs[-1] == DatePair(date(2007, 7, 9), date(2007, 8, 13))

    def test_the_frame_is_that_of_the_files(self, reader: StackReader) -> None:
        assert reader.grid.shape == (72, 47)
        assert reader.grid.crs.to_epsg() == 4326
        assert reader.grid.bounds == pytest.approx((150.91, -34.23, 150.949166651, -34.17), abs=1e-6)

    def test_phase_is_float32_with_nan_where_there_is_none(self, reader: StackReader) -> None:
        for interferogram in reader.interferograms:
            phase = reader.phase(interferogram)
            assert (phase.dtype, phase.shape) == (np.float32, reader.grid.shape)
            assert not (phase == 0).any()
            assert 0.3 < np.isfinite(phase).mean() <= 1
            assert np.nanmax(np.abs(phase)) < 100

    def test_reading_twice_gives_the_same(self, reader: StackReader) -> None:
        first, again = (reader.phase(reader.interferograms[5]) for _ in range(2))
        np.testing.assert_array_equal(first, again)
        first[:] = 0
        np.testing.assert_array_equal(reader.phase(reader.interferograms[5]), again)

    def test_geometry_is_of_the_frame(self, reader: StackReader) -> None:
        incidence, height, *_ = reader.geometry()
        np.testing.assert_allclose(incidence, 22.9671, rtol=1e-6)
        assert height is not None
        assert height.shape == reader.grid.shape
        assert 0 < np.nanmin(height) < np.nanmax(height) < 500

    def test_files_are_all_that_is_read(self, reader: StackReader) -> None:
        files = list(reader.files)
        assert len(set(files)) == len(files)
        assert {item.unwrapped for item in reader.interferograms} < set(files)
        assert all(path.is_file() for path in files)


def test_both_forms_of_the_shipped_stack_are_one() -> None:
    gamma, geotiff = shipped_gamma(), shipped_geotiff()
    assert gamma.grid.matches(geotiff.grid)
    assert gamma.radar.wavelength == geotiff.radar.wavelength
    for one, other in zip(gamma.interferograms, geotiff.interferograms, strict=True):
        assert one.pair == other.pair
        np.testing.assert_array_equal(gamma.phase(one), geotiff.phase(other))
    # The azimuth comes from a heading, which these GeoTIFFs do not tell.
    for one, other in zip(gamma.geometry()[:-1], geotiff.geometry()[:-1], strict=True):
        np.testing.assert_array_equal(one, other)


@every_grid
def test_both_forms_of_a_known_stack_are_one(tmp_path: Path, grid: Grid) -> None:
    stack = phases(subsidence())
    stack[PAIRS[2]][4:6, 3] = 0  # no data
    coherence = {pair: np.random.default_rng(4).uniform(0.1, 1, grid.shape).astype(np.float32) for pair in PAIRS}
    gamma = open_synthetic(tmp_path / "a", write_gamma, stack, grid, coherence=coherence)
    geotiff = open_synthetic(tmp_path / "b", write_geotiffs, stack, grid, coherence=coherence)
    assert gamma.grid.matches(geotiff.grid)
    for one, other in zip(gamma.interferograms, geotiff.interferograms, strict=True):
        expected = np.where(stack[one.pair] == 0, np.nan, stack[one.pair])
        np.testing.assert_array_equal(gamma.phase(one), expected)
        np.testing.assert_array_equal(geotiff.phase(other), expected)
        np.testing.assert_array_equal(gamma.coherence(one), coherence[one.pair])
        np.testing.assert_array_equal(geotiff.coherence(other), coherence[one.pair])


# Sign


@every_form
@every_grid
def test_subsidence_is_negative_displacement(tmp_path: Path, write: Writer, grid: Grid) -> None:
    reader = open_synthetic(tmp_path, write, phases(subsidence()), grid)
    longest = max(reader.interferograms, key=lambda item: item.pair.days)
    phase = reader.phase(longest)
    displacement = phase_to_displacement(phase - np.median(phase), reader.radar.wavelength)
    expected = BOWL_RATE / 1000 * longest.pair.days / 365.25
    np.testing.assert_allclose(displacement[BOWL], expected, rtol=1e-4)
    assert abs(displacement[0, 0]) < 1e-6


def test_a_stack_of_the_other_sign_is_turned_round(tmp_path: Path) -> None:
    stack = phases(subsidence())
    turned = {pair: -phase for pair, phase in stack.items()}
    reader = open_synthetic(tmp_path, write_geotiffs, turned, subsidence_is_positive_phase=False)
    for item in reader.interferograms:
        np.testing.assert_array_equal(reader.phase(item), stack[item.pair])


# What is no data


@pytest.mark.parametrize("nodata", [0.0, -9999.0, np.nan, None, np.float32(-3.4028235e38)])
def test_no_data_of_a_geotiff_is_its_own_value_and_zero(tmp_path: Path, nodata: float | None) -> None:
    phase = phases(subsidence())[PAIRS[0]]
    phase[1, 1], phase[2, 2], phase[3, 3] = 0, np.inf, np.nan
    if nodata is not None:
        phase[4, 4] = nodata
    reader = open_synthetic(tmp_path, write_geotiffs, {PAIRS[0]: phase})
    write_tif(tmp_path / "stack" / f"{PAIRS[0]}_unw.tif", phase, UTM, nodata=nodata)
    read = reader.phase(reader.interferograms[0])
    missing = {(1, 1), (2, 2), (3, 3)} | ({(4, 4)} if nodata is not None else set())
    assert {tuple(map(int, place)) for place in np.argwhere(np.isnan(read))} == missing


def test_where_a_mask_hides_a_geotiff_there_is_no_data(tmp_path: Path) -> None:
    made = phases(subsidence())
    reader = open_synthetic(tmp_path, write_geotiffs, made)
    first = reader.interferograms[0]
    with rasterio.open(first.unwrapped, "r+") as file:
        file.write_mask(np.arange(made[first.pair].shape[1]) >= np.full((made[first.pair].shape[0], 1), 2))
    phase = reader.phase(first)
    assert np.isnan(phase[:, :2]).all()
    np.testing.assert_array_equal(phase[:, 2:], made[first.pair][:, 2:])


def test_no_data_of_gamma_is_zero_and_what_is_not_finite(tmp_path: Path) -> None:
    phase = phases(subsidence())[PAIRS[0]]
    phase[1, 1], phase[2, 2], phase[3, 3] = 0, np.inf, np.nan
    reader = open_synthetic(tmp_path, write_gamma, {PAIRS[0]: phase})
    read = reader.phase(reader.interferograms[0])
    assert {tuple(map(int, place)) for place in np.argwhere(np.isnan(read))} == {(1, 1), (2, 2), (3, 3)}


# Radar and geometry


@every_form
def test_the_wavelength_of_the_options_goes_before_that_of_the_files(tmp_path: Path, write: Writer) -> None:
    reader = open_synthetic(tmp_path, write, phases(subsidence()), wavelength_m=0.24)
    assert reader.radar.wavelength == 0.24


def test_gamma_s_parameters_give_the_radar(tmp_path: Path) -> None:
    radar = open_synthetic(tmp_path, write_gamma, phases(subsidence())).radar
    assert radar.wavelength == pytest.approx(WAVELENGTH, rel=1e-9)
    assert radar.heading == 190.0
    assert radar.looks == pytest.approx(8 * 2 / 1.94)


@every_form
def test_looks_may_be_given(tmp_path: Path, write: Writer) -> None:
    assert open_synthetic(tmp_path, write, phases(subsidence()), looks=21.0).radar.looks == 21.0


def test_tags_give_a_geotiff_its_wavelength(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a_unw.tif", np.ones((3, 3), np.float32), UTM)
    with rasterio.open(path, "r+") as file:
        file.update_tags(WAVELENGTH_METRES="0.031", FIRST_DATE="2020-01-01", SECOND_DATE="2020-02-01")
    reader = GeoTiffStack(GeoTiffOptions(format="geotiff"), tmp_path)
    assert reader.radar.wavelength == 0.031
    assert reader.interferograms[0].pair == DatePair(date(2020, 1, 1), date(2020, 2, 1))


def test_a_geotiff_stack_without_wavelength_is_refused(tmp_path: Path) -> None:
    write_geotiffs(tmp_path, phases(subsidence()))
    with pytest.raises(InputError) as refused:
        _ = GeoTiffStack(GeoTiffOptions(format="geotiff", path=Path("stack")), tmp_path).radar
    assert refused.value.field == "stack.wavelength_m"
    assert "0.05546576" in refused.value.mend


@pytest.mark.parametrize("unit", ["degrees", "radians"])
def test_gamma_s_incidence_is_in_degrees_whatever_the_file_s_unit(tmp_path: Path, unit: str) -> None:
    reader = open_synthetic(tmp_path, write_gamma, phases(subsidence()))
    angles = np.linspace(29, 46, UTM.rows * UTM.cols).reshape(UTM.shape)
    written = angles if unit == "degrees" else np.radians(angles)
    written.astype(">f4").tofile(tmp_path / "stack" / "map.inc")
    np.testing.assert_allclose(reader.geometry().incidence, angles, rtol=1e-6)


def test_without_a_raster_of_it_gamma_s_incidence_is_that_of_its_parameters(tmp_path: Path) -> None:
    geometry = open_synthetic(tmp_path, write_gamma, phases(subsidence())).geometry()
    assert np.unique(geometry.incidence) == 37.0
    assert geometry.height is None


def test_a_geotiff_stack_without_incidence_is_refused(tmp_path: Path) -> None:
    reader = open_synthetic(tmp_path, write_geotiffs, phases(subsidence()), incidence_deg=None)
    with pytest.raises(InputError) as refused:
        reader.geometry()
    assert (refused.value.file, refused.value.field) == (tmp_path / "area.toml", "stack.incidence_deg")


def test_incidence_and_height_come_onto_the_stack_s_grid(tmp_path: Path) -> None:
    rows, cols = np.mgrid[:40, :48].astype(np.float32) + 0.5
    fine = Grid(UTM.crs, UTM.transform @ UTM.transform.scale(0.5), (40, 48))
    write_tif(tmp_path / "inc.tif", 30 + rows / 10, fine)
    write_tif(tmp_path / "dem.tif", 200 + cols, fine)
    reader = open_synthetic(
        tmp_path, write_geotiffs, phases(subsidence()), incidence_deg=None, incidence="inc.tif", dem="dem.tif"
    )
    incidence, height, *_ = reader.geometry()
    assert height is not None
    inner = (slice(1, -1), slice(1, -1))  # at the edge the kernel is cut
    rows, cols = np.mgrid[:20, :24] + 0.5
    np.testing.assert_allclose(incidence[inner], (30 + 2 * rows / 10)[inner], rtol=1e-6)
    np.testing.assert_allclose(height[inner], (200 + 2 * cols)[inner], rtol=1e-6)
    assert {tmp_path / "inc.tif", tmp_path / "dem.tif"} < set(reader.files)


@pytest.mark.parametrize("spoil", ["truncated", "without CRS", "elsewhere"])
def test_heights_that_cannot_be_used_are_refused(tmp_path: Path, spoil: str) -> None:
    reader = open_synthetic(tmp_path, write_geotiffs, phases(subsidence()), dem="dem.tif")
    elsewhere = Grid(DEGREES.crs, DEGREES.transform.translation(80, 10) @ DEGREES.transform.scale(0.001), UTM.shape)
    grid = {"truncated": UTM, "without CRS": None, "elsewhere": elsewhere}[spoil]
    path = write_tif(tmp_path / "dem.tif", np.ones(UTM.shape, np.float32), grid)
    if spoil == "truncated":
        path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(InputError, match=r"dem\.tif"):
        reader.geometry()


@pytest.mark.parametrize(
    ("cross", "normal", "perpendicular"),
    [
        (1.0, 0.0, np.sqrt(0.75)),
        (0.0, 1.0, -0.5),
        (0.5, np.sqrt(0.75), 0.0),  # along the line of sight
        (100 * np.sqrt(0.75), -50.0, 100.0),  # across it
    ],
)
def test_gamma_s_baseline_is_what_lies_across_the_line_of_sight(
    tmp_path: Path, cross: float, normal: float, perpendicular: float
) -> None:
    """An orbit at twice the earth's radius looks 30° off nadir where the incidence is 90°."""
    reader = open_synthetic(tmp_path, write_gamma, {PAIRS[0]: phases(subsidence())[PAIRS[0]]})
    parameters = next((tmp_path / "stack").glob("*_slc.par"))
    text = parameters.read_text().replace("37.0", "90.0").replace("7080600.0", "2.0").replace("6371577.0", "1.0")
    parameters.write_text(text)
    (tmp_path / "stack" / "20200101-20200113_base.par").write_text(
        f"initial_baseline(TCN): 7 7 7 m m m\nprecision_baseline(TCN): 5 {float(cross)} {float(normal)} m m m\n"
    )
    assert reader.interferograms[0].perpendicular_baseline == pytest.approx(perpendicular, abs=1e-9)


def test_the_shipped_baselines_are_the_same_in_every_file() -> None:
    baselines = [item.perpendicular_baseline for item in shipped_gamma().interferograms]
    assert baselines == pytest.approx([10.94] * 17, abs=0.01)


# Grids of GAMMA


@every_grid
@pytest.mark.parametrize("meaning", ["edge", "centre"])
def test_gamma_s_map_gives_the_grid(tmp_path: Path, grid: Grid, meaning: str) -> None:
    half = 0.5 if meaning == "centre" else 0.0
    moved = Grid(grid.crs, grid.transform @ grid.transform.translation(half, half), grid.shape)
    (tmp_path / "map_dem.par").write_text(gamma_map(moved))
    assert grid_of(tmp_path / "map_dem.par", corner_is_centre=meaning == "centre").matches(grid)


def test_gamma_s_map_may_lie_in_the_south(tmp_path: Path) -> None:
    (tmp_path / "map_dem.par").write_text(gamma_map(UTM).replace("false_northing: 0.0", "false_northing: 10000000.0"))
    assert grid_of(tmp_path / "map_dem.par", corner_is_centre=False).crs.to_epsg() == 32733


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("DEM_projection: UTM", "DEM_projection: PS", "DEM_projection"),
        ("width: 24", "width: many", "width"),
        ("post_north", "pust_north", "post_north"),
        ("nlines: 20", "nlines:", "nlines"),
    ],
)
def test_a_map_that_cannot_be_understood_is_refused(tmp_path: Path, old: str, new: str, field: str) -> None:
    path = tmp_path / "map_dem.par"
    path.write_text(gamma_map(UTM).replace(old, new))
    with pytest.raises(InputError) as refused:
        grid_of(path, corner_is_centre=False)
    assert (refused.value.file, refused.value.field) == (path, field)


# Files and dates


@pytest.mark.parametrize(
    "name",
    [
        "20060619-20061002_utm.unw",
        "geo_060619-061002_unw.tif",
        "20060619_20061002.unw.tif",
        "ifg_2006-06-19_2006-10-02.unw",
        "2006_06_19-2006_10_02.unw",
        "S1AA_20060619T004146_20061002T004146_VVP105_INT80_G_ueF_5B5B_unw_phase.tif",
        "frame_123456_20060619_20061002.unw",  # no date has a 34th month
    ],
)
def test_dates_are_read_from_names(name: str) -> None:
    assert pair_of(Path(name)) == DatePair(date(2006, 6, 19), date(2006, 10, 2))


def test_a_pair_has_days_and_a_name() -> None:
    pair = DatePair(date(2006, 6, 19), date(2006, 10, 2))
    assert (pair.days, str(pair)) == (105, "20060619_20061002")


def spoiled(tmp_path: Path, write: Writer, spoil: Callable[[Path, str], object]) -> InputError:
    """What is said of a stack in which the interferogram of the third pair was spoiled."""
    reader = open_synthetic(tmp_path, write, phases(subsidence()))
    pair, root = PAIRS[2], tmp_path / "stack"
    gamma = isinstance(reader, GammaStack)
    name = f"{pair.first:%Y%m%d}-{pair.second:%Y%m%d}.unw" if gamma else f"{pair}_unw.tif"
    spoil(root, name)
    with pytest.raises(InputError) as refused:
        for item in reader.interferograms:
            check_phase(reader.phase(item), item)
    return refused.value


@every_form
def test_dates_in_the_wrong_order_are_refused(tmp_path: Path, write: Writer) -> None:
    error = spoiled(tmp_path, write, lambda root, name: (root / name).rename(root / f"20200125-20200113{name[17:]}"))
    assert "not in order (2020-01-25, 2020-01-13)" in error.problem


@every_form
def test_two_files_of_one_pair_are_refused(tmp_path: Path, write: Writer) -> None:
    error = spoiled(tmp_path, write, lambda root, name: shutil.copy(root / name, root / f"again_{name}"))
    assert "second interferogram of 20200113_20200125" in error.problem
    assert "again_" in str(error.file)


@every_form
def test_a_name_without_dates_is_refused(tmp_path: Path, write: Writer) -> None:
    error = spoiled(tmp_path, write, lambda root, name: (root / name).rename(root / f"third{name[-8:]}"))
    assert error.problem == "no two dates in the file's name"


@every_form
def test_an_interferogram_without_any_phase_is_refused(tmp_path: Path, write: Writer) -> None:
    def empty(root: Path, name: str) -> None:
        zeros = np.zeros(UTM.shape, np.float32)
        _ = zeros.tofile(root / name) if name.endswith(".unw") else write_tif(root / name, zeros, UTM)

    error = spoiled(tmp_path, write, empty)
    assert "holds no data" in error.problem
    assert error.field == "20200113_20200125"


@every_form
def test_an_interferogram_of_another_shape_is_refused(tmp_path: Path, write: Writer) -> None:
    def smaller(root: Path, name: str) -> None:
        ones = np.ones((5, 5), np.float32)
        _ = ones.tofile(root / name) if name.endswith(".unw") else write_tif(root / name, ones, UTM)

    error = spoiled(tmp_path, write, smaller)
    assert error.field == "shape"
    assert "onto one grid" in error.mend


def test_a_geotiff_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    moved = Grid(UTM.crs, UTM.transform @ UTM.transform.translation(0.5, 0), UTM.shape)
    error = spoiled(
        tmp_path,
        write_geotiffs,
        lambda root, name: write_tif(root / name, np.ones(UTM.shape, np.float32), moved),
    )
    assert error.field == "shape"


def test_bytes_in_the_other_order_are_refused(tmp_path: Path) -> None:
    def swap(root: Path, name: str) -> None:
        np.fromfile(root / name, ">f4").astype("<f4").tofile(root / name)

    assert "check byte order" in spoiled(tmp_path, write_gamma, swap).mend


@every_form
def test_a_folder_without_interferograms_is_refused(tmp_path: Path, write: Writer) -> None:
    reader = open_synthetic(tmp_path, write, phases(subsidence()), unwrapped="*.none")
    with pytest.raises(InputError, match=r"no interferogram matches '\*\.none'"):
        _ = reader.interferograms


@every_form
def test_a_stack_s_folder_that_does_not_exist_is_refused(tmp_path: Path, write: Writer) -> None:
    reader = open_synthetic(tmp_path, write, phases(subsidence()), path="nowhere")
    with pytest.raises(InputError) as refused:
        _ = reader.interferograms
    assert (refused.value.file, refused.value.mend) == (tmp_path / "nowhere", "correct stack.path")


def test_a_gamma_stack_without_parameters_is_refused(tmp_path: Path) -> None:
    reader = open_synthetic(tmp_path, write_gamma, phases(subsidence()), dem_parameters="*.nix")
    with pytest.raises(InputError) as refused:
        _ = reader.grid
    assert refused.value.field == "stack.dem_parameters"


# Coherence


@every_form
def test_each_pair_finds_its_coherence(tmp_path: Path, write: Writer) -> None:
    coherence = {PAIRS[1]: np.full(UTM.shape, 0.5, np.float32)}
    reader = open_synthetic(tmp_path, write, phases(subsidence()), coherence=coherence)
    assert [item.pair for item in reader.interferograms if item.coherence] == [PAIRS[1]]
    with pytest.raises(ValueError, match="has no coherence"):
        reader.coherence(reader.interferograms[0])


def test_weights_without_coherence_are_refused(tmp_path: Path) -> None:
    whole = Interferogram(PAIRS[0], tmp_path / "a.tif", tmp_path / "c.tif")
    radar = Radar(WAVELENGTH, looks=8.0)
    with pytest.raises(InputError) as refused:
        require_coherence([whole, Interferogram(PAIRS[1], tmp_path / "b.tif")], radar, "variance")
    assert refused.value.file == tmp_path / "b.tif"
    assert str(PAIRS[1]) in refused.value.problem
    assert "weights = 'none'" in refused.value.mend
    require_coherence([whole], radar, "variance")


def test_variance_without_looks_is_refused(tmp_path: Path) -> None:
    whole = Interferogram(PAIRS[0], tmp_path / "a.tif", tmp_path / "c.tif")
    with pytest.raises(InputError) as refused:
        require_coherence([whole], Radar(WAVELENGTH), "variance")
    assert refused.value.field == "stack.looks"
    require_coherence([whole], Radar(WAVELENGTH), "coherence")


def test_weights_without_coherence_name_their_key(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        require_coherence([Interferogram(PAIRS[1], tmp_path / "b.tif")], Radar(WAVELENGTH, looks=8.0), "variance")
    assert refused.value.field == "inversion.weights"


@every_form
def test_two_coherences_of_one_pair_are_refused(tmp_path: Path, write: Writer) -> None:
    coherence = {pair: np.full(UTM.shape, 0.5, np.float32) for pair in PAIRS}
    reader = open_synthetic(tmp_path, write, phases(subsidence()), coherence=coherence)
    for path in (tmp_path / "stack").glob("20200101?20200113*c*"):
        shutil.copy(path, path.with_name(f"again_{path.name}"))
    with pytest.raises(InputError):
        _ = reader.interferograms


def test_other_rasters_beside_the_stack_do_no_harm(tmp_path: Path) -> None:
    reader = open_synthetic(tmp_path, write_geotiffs, phases(subsidence()))
    write_tif(tmp_path / "stack" / "copernicus_dem.tif", np.ones(UTM.shape, np.float32), UTM)
    assert len(reader.interferograms) == len(PAIRS)


# Values that are no unwrapped phase


@pytest.mark.parametrize(
    ("dtype", "bands"), [("int16", 1), ("complex64", 1), ("float32", 2)], ids=["int16", "complex", "two bands"]
)
def test_a_raster_that_is_not_one_band_of_numbers_is_refused(tmp_path: Path, dtype: str, bands: int) -> None:
    reader = open_synthetic(tmp_path, write_geotiffs, phases(subsidence()))
    path = reader.interferograms[1].unwrapped
    profile = {"driver": "GTiff", "crs": UTM.crs.to_wkt(), "transform": UTM.transform, "height": UTM.rows}
    with rasterio.open(path, "w", **profile, width=UTM.cols, count=bands, dtype=dtype) as file:
        file.write(np.ones((bands, *UTM.shape), dtype))
    with pytest.raises(InputError, match=dtype) as refused:
        reader.phase(reader.interferograms[1])
    assert (refused.value.file, refused.value.field) == (path, "bands")


@pytest.mark.parametrize("pattern", ["/etc/*.tif", "../*.tif", ""])
def test_a_pattern_that_leads_out_of_the_stack_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(InputError, match="no file name pattern") as refused:
        list_interferograms(tmp_path, pattern, "*cor*.tif")
    assert refused.value.field == "stack.unwrapped"


@pytest.mark.parametrize("mark", [-9999, -999, 9999, -32768])
def test_a_mark_of_no_data_that_the_file_does_not_name_is_refused(tmp_path: Path, mark: float) -> None:
    stack = phases(subsidence())
    table = write_geotiffs(tmp_path, stack)
    reader = open_stack(GeoTiffOptions(**table), tmp_path)
    first = reader.interferograms[0]
    marked = stack[first.pair].copy()
    marked[:3] = mark
    write_tif(first.unwrapped, marked, UTM, 0.0)
    with pytest.raises(InputError, match=f"{3 * UTM.cols} pixels of {mark}") as refused:
        read_pair(reader, first, coherent=False, masked=np.zeros(UTM.shape, bool))
    assert refused.value.file == first.unwrapped
    assert "no-data value" in refused.value.mend
    write_tif(first.unwrapped, marked, UTM, mark)
    assert read_pair(reader, first, coherent=False, masked=np.zeros(UTM.shape, bool)).valid_share == pytest.approx(0.85)


def test_the_least_number_of_float64_may_mark_no_data(tmp_path: Path) -> None:
    least = float(np.finfo(np.float64).min)
    stack = {pair: phase.astype(np.float64) for pair, phase in phases(subsidence()).items()}
    for phase in stack.values():
        phase[:3] = least
    table = write_geotiffs(tmp_path, stack)  # type: ignore[arg-type]
    reader = open_stack(GeoTiffOptions(**table), tmp_path)
    for item in reader.interferograms:
        write_tif(item.unwrapped, stack[item.pair], UTM, least)
        assert np.isnan(reader.phase(item)).sum() == 3 * UTM.cols


@pytest.mark.parametrize("nothing", [0.0, np.nan], ids=["zero", "NaN"])
def test_a_pair_s_coherence_without_data_is_refused(nothing: float) -> None:
    item = Interferogram(PAIRS[0], Path("a.tif"), Path("c.tif"))
    with pytest.raises(InputError, match="the coherence holds no data") as refused:
        check_coherence(np.full(UTM.shape, nothing, np.float32), item)
    assert refused.value.file == Path("c.tif")


def test_a_border_without_coherence_does_not_lower_the_mean(tmp_path: Path) -> None:
    stack = phases(subsidence())
    coherence = {pair: np.full(UTM.shape, 0.8, np.float32) for pair in stack}
    for values in coherence.values():
        values[:, :15] = 0
    reader = open_stack(GeoTiffOptions(**write_geotiffs(tmp_path, stack, UTM, coherence)), tmp_path)
    first = reader.interferograms[0]
    assert first.coherence is not None
    for nodata in (0.0, None):
        write_tif(first.coherence, coherence[first.pair], UTM, nodata)
        laid = read_pair(reader, first, coherent=True, masked=np.zeros(UTM.shape, bool))
        assert laid.mean_coherence == pytest.approx(0.8)


@pytest.mark.parametrize("angle", [190.0, -9999.0, 0.0])
@every_form
def test_incidence_angles_that_are_none_are_refused(tmp_path: Path, write: Writer, angle: float) -> None:
    more: dict[str, Any] = {}
    if write is write_gamma:
        path, grid = tmp_path / "stack" / "x.inc", DEGREES
        path.parent.mkdir()
        np.full(grid.shape, angle, ">f4").tofile(path)
    else:
        path, grid = tmp_path / "x.tif", UTM
        write_tif(path, np.full(grid.shape, angle, np.float32), grid, None)
        more = {"incidence": Path("x.tif")}
    with pytest.raises(InputError, match="angles from the vertical") as refused:
        open_synthetic(tmp_path, write, phases(subsidence()), grid, **more).geometry()
    assert (refused.value.file, refused.value.field) == (path, "stack.incidence")


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("*slc.par", "radar_frequency: ", "radar_frequency: 0 Hz #", "radar_frequency"),
        ("map_dem.par", "projection_zone: 33", "projection_zone: 61", "projection_zone"),
    ],
)
def test_gamma_parameters_that_cannot_be_are_refused(tmp_path: Path, file: str, old: str, new: str, field: str) -> None:
    reader = open_synthetic(tmp_path, write_gamma, phases(subsidence()), UTM)
    (path,) = tmp_path.rglob(file)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError) as refused:
        _ = reader.radar, reader.grid
    assert (refused.value.file, refused.value.field) == (path, field)


# Where files lie


def test_products_that_are_linked_from_elsewhere_are_read_once(tmp_path: Path) -> None:
    """Pairs in folders of their own that are links, and links to what is there already, and round in a circle."""
    stack = phases(subsidence())
    table = write_geotiffs(tmp_path, stack)
    there, shelf = tmp_path / "stack", tmp_path / "shelf"
    for number, path in enumerate(sorted(there.iterdir())):
        own = (shelf if number % 2 else there) / path.stem
        own.mkdir(parents=True)
        path.rename(own / path.name)
        if number % 2:
            (there / path.stem).symlink_to(own)
    (there / "latest").symlink_to(there / str(sorted(there.iterdir())[0].name))
    (there / "again").symlink_to(there)
    reader = open_stack(GeoTiffOptions(**table), tmp_path)
    assert [item.pair for item in reader.interferograms] == sorted(PAIRS)
    assert not any({"latest", "again"} & set(item.unwrapped.parts) for item in reader.interferograms)


def test_hidden_files_beside_a_stack_do_no_harm(tmp_path: Path) -> None:
    table = write_geotiffs(tmp_path, phases(subsidence()))
    for path in list((tmp_path / "stack").iterdir()):
        path.with_name(f"._{path.name}").write_bytes(b"Mac OS X")
    assert len(open_stack(GeoTiffOptions(**table), tmp_path).interferograms) == len(PAIRS)


def test_interferograms_whose_names_match_both_patterns_are_no_coherence(tmp_path: Path) -> None:
    coherence = {pair: np.full(UTM.shape, 0.8, np.float32) for pair in PAIRS}
    table = write_geotiffs(tmp_path, phases(subsidence()), UTM, coherence)
    for path in list((tmp_path / "stack").iterdir()):
        path.rename(path.with_name(f"mexico_{path.name}"))
    for item in open_stack(GeoTiffOptions(**table), tmp_path).interferograms:
        assert item.coherence is not None
        assert item.coherence.name == f"mexico_{item.pair}_cor.tif"


def test_products_that_are_still_packed_are_said(tmp_path: Path) -> None:
    table = write_geotiffs(tmp_path, {})
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "product.zip").write_bytes(b"PK")
    with pytest.raises(InputError, match="no interferogram matches") as refused:
        _ = open_stack(GeoTiffOptions(**table), tmp_path).interferograms
    assert refused.value.mend.startswith("unpack the .zip files")


# What is not one stack


def test_wrapped_phase_is_refused_and_unwrapped_phase_within_half_a_turn_is_not() -> None:
    item = Interferogram(PAIRS[0], Path("a.tif"))
    steep = np.add.outer(np.arange(60), np.arange(50)) * 0.4
    wrapped = np.angle(np.exp(1j * steep)).astype(np.float32)
    with pytest.raises(InputError, match="is wrapped"):
        check_phase(wrapped, item)
    check_phase(steep.astype(np.float32), item)
    check_phase((steep / steep.max() * 6 - 3).astype(np.float32), item)
    noise = np.random.default_rng(3).normal(scale=0.9, size=(60, 50)).clip(-3.1, 3.1).astype(np.float32)
    check_phase(noise / 2, item)
    check_phase(noise, item)


def test_a_pair_that_wraps_in_one_place_alone_is_refused() -> None:
    row, col = np.mgrid[:60, :80]
    bowl = 1 + 9 * np.exp(-((row - 27.0) ** 2 + (col - 39.0) ** 2) / 200)
    for least in (-np.pi, 0):  # where turns begin
        with pytest.raises(InputError, match="is wrapped"):
            wrapped = ((bowl - least) % (2 * np.pi) + least).astype(np.float32)
            check_phase(wrapped, Interferogram(PAIRS[0], Path("a.tif")))
    check_phase(bowl.astype(np.float32), Interferogram(PAIRS[0], Path("a.tif")))


def test_orbits_that_are_mixed_are_refused(tmp_path: Path) -> None:
    table = write_gamma(tmp_path, phases(subsidence()), UTM)
    (one,) = tmp_path.rglob("*slc*.par")
    other = one.with_name("other_slc.par")
    other.write_text(one.read_text().replace("heading: 190.0", "heading: 350.0"))
    with pytest.raises(InputError, match="heading of 350 degrees") as refused:
        _ = open_stack(GammaOptions(**table), tmp_path).radar
    assert refused.value.file == other


def test_wavelengths_that_are_mixed_are_refused(tmp_path: Path) -> None:
    table = write_geotiffs(tmp_path, phases(subsidence()), UTM)
    paths = sorted(tmp_path.rglob("*unw*.tif"))
    for number, path in enumerate(paths):
        with rasterio.open(path, "r+") as raster:
            raster.update_tags(WAVELENGTH_METRES="0.0555" if number < 5 else "0.236")
    table.pop("wavelength_m", None)
    with pytest.raises(InputError, match=r"wavelength of 0\.236 m"):
        _ = open_stack(GeoTiffOptions(**table), tmp_path).radar


def test_headings_on_either_side_of_north_are_one_orbit() -> None:
    require_one_radar(headings={Path("a"): 359.5, Path("b"): 0.4, Path("c"): -0.2})
