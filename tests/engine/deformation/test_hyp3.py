"""The reader of HyP3 products: what other readers make of the same data, real subsidence with its sign, every error."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.blocks import Workers
from engine.deformation.inversion import InversionOptions, phase_to_displacement
from engine.deformation.network import NetworkOptions, choose_pairs
from engine.deformation.rates import estimate_rates
from engine.deformation.readers import open_stack
from engine.deformation.stack import DatePair, GeoTiffOptions, Hyp3Options, StackReader
from engine.deformation.steps import (
    ChosenNetwork,
    PreparedStack,
    choose_network,
    invert_stack,
    prepare_stack,
)
from engine.deformation.velocity import VelocityOptions
from engine.errors import InputError
from engine.grid import Grid
from engine.raster import Raster
from engine.steps import Progress
from tests.conftest import ROOT
from tests.engine.conftest import DEGREES, PAIRS, UTM, WAVELENGTH, phases, subsidence, write_geotiffs, write_tif

MEXICO = ROOT.parent / "shared" / "data" / "mexico_hyp3"
with_mexico = pytest.mark.skipif(not MEXICO.is_dir(), reason=f"{MEXICO} is not there")

SERIAL = Workers("serial")
Rasters = Mapping[DatePair, NDArray[np.float32]]
LOOK = np.float32(0.92)  # elevation of the look vector, radians
HEADING = -12.2742586  # degrees


def name_of(pair: DatePair) -> str:
    number = PAIRS.index(pair)
    days = f"{pair.first:%Y%m%d}T004021_{pair.second:%Y%m%d}T004021"
    return f"S1AA_{days}_VVP{pair.days:03d}_INT80_G_ueF_{number:04X}"


def text_of(pair: DatePair, heading: float = HEADING) -> str:
    return (
        f"Reference Granule: S1A_IW_SLC__1SDV_{pair.first:%Y%m%d}\nBaseline: {10.0 * PAIRS.index(pair) - 35}\n"
        f"UTC time: 2421.890880\nHeading: {heading}\nRange looks: 20\nAzimuth looks: 4\nUnwrapping type: mcf\n"
    )


def write_products(
    folder: Path,
    stack: Rasters,
    grid: Grid = UTM,
    coherence: Rasters | None = None,
    *,
    flat: bool = False,
    geometry_of: DatePair | None = PAIRS[0],
    heading: float = HEADING,
    path: str = "stack",
) -> dict[str, Any]:
    """A stack of HyP3 products in a folder; returns its table for area.toml."""
    root, sight = folder / path, np.float32(np.radians(180 - heading))
    for pair, phase in stack.items():
        name = name_of(pair)
        product = root if flat else root / name
        write_tif(product / f"{name}_unw_phase.tif", phase, grid)
        (product / f"{name}.txt").write_text(text_of(pair, heading))
        (product / f"{name}.README.md.txt").write_text("# A product\n\nNote: this is: not the one\n")
        if coherence:
            write_tif(product / f"{name}_corr.tif", coherence[pair], grid)
        if pair == geometry_of:
            write_tif(product / f"{name}_lv_theta.tif", np.full(grid.shape, LOOK), grid)
            write_tif(product / f"{name}_lv_phi.tif", np.full(grid.shape, sight), grid)
            write_tif(product / f"{name}_dem.tif", np.full(grid.shape, 250, np.int16), grid, nodata=None)
            write_tif(product / f"{name}_water_mask.tif", np.ones(grid.shape, np.uint8), grid)
    return {"format": "hyp3", "path": path}


def products(
    folder: Path,
    stack: Rasters | None = None,
    grid: Grid = UTM,
    coherence: Rasters | None = None,
    *,
    flat: bool = False,
    geometry_of: DatePair | None = PAIRS[0],
    **options: Any,
) -> StackReader:
    given = stack or phases(subsidence())
    table = write_products(folder, given, grid, coherence, flat=flat, geometry_of=geometry_of)
    return open_stack(Hyp3Options(**table | options), folder)


def path_of(folder: Path, pair: DatePair, ending: str = "_unw_phase.tif") -> Path:
    return folder / "stack" / name_of(pair) / f"{name_of(pair)}{ending}"


# Contract


@pytest.mark.parametrize("flat", [False, True], ids=["a folder each", "side by side"])
@pytest.mark.parametrize("grid", [UTM, DEGREES], ids=["map", "degrees"])
def test_products_hold_what_geotiffs_of_the_same_data_do(tmp_path: Path, grid: Grid, flat: bool) -> None:
    stack = phases(subsidence())
    stack[PAIRS[2]][4:6, 3] = 0  # no data
    coherence = {pair: np.random.default_rng(4).uniform(0.1, 1, grid.shape).astype(np.float32) for pair in PAIRS}
    table = write_geotiffs(tmp_path / "other", stack, grid, coherence) | {"incidence_deg": 90 - np.degrees(LOOK)}
    other = open_stack(GeoTiffOptions(**table), tmp_path / "other")
    reader = products(tmp_path, stack, grid, coherence=coherence, flat=flat)
    assert reader.grid.matches(other.grid)
    assert reader.radar.wavelength == other.radar.wavelength
    for one, that in zip(reader.interferograms, other.interferograms, strict=True):
        assert one.pair == that.pair
        np.testing.assert_array_equal(reader.phase(one), other.phase(that))
        np.testing.assert_array_equal(reader.coherence(one), other.coherence(that))
        assert (reader.phase(one).dtype, reader.coherence(one).dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(reader.geometry().incidence, other.geometry().incidence, rtol=1e-6)


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    reader = products(tmp_path)
    first, again = (reader.phase(reader.interferograms[5]) for _ in range(2))
    first[:] = 0
    np.testing.assert_array_equal(reader.phase(reader.interferograms[5]), again)


def test_files_are_all_that_is_read(tmp_path: Path) -> None:
    coherence = {pair: np.full(UTM.shape, 0.5, np.float32) for pair in PAIRS}
    files = list(products(tmp_path, coherence=coherence).files)
    names = [path.name.removeprefix(name_of(PAIRS[0])) for path in files if path.parent.name == name_of(PAIRS[0])]
    rasters = ["corr", "dem", "lv_phi", "lv_theta", "unw_phase", "water_mask"]
    assert names == [".txt", *(f"_{name}.tif" for name in rasters)]
    assert len(files) == len(set(files)) == 3 * len(PAIRS) + 4
    assert all(path.is_file() for path in files)


@pytest.mark.parametrize("nodata", [0.0, -9999.0, np.nan, None])
def test_no_data_is_the_file_s_own_value_and_zero(tmp_path: Path, nodata: float | None) -> None:
    reader = products(tmp_path)
    phase = phases(subsidence())[PAIRS[0]]
    phase[1, 1], phase[2, 2], phase[3, 3] = 0, np.inf, np.nan
    if nodata is not None:
        phase[4, 4] = nodata
    write_tif(path_of(tmp_path, PAIRS[0]), phase, UTM, nodata=nodata)
    missing = {(1, 1), (2, 2), (3, 3)} | ({(4, 4)} if nodata is not None else set())
    read = reader.phase(reader.interferograms[0])
    assert {tuple(map(int, place)) for place in np.argwhere(np.isnan(read))} == missing


def test_rasters_that_were_cut_keep_the_metadata_of_their_product(tmp_path: Path) -> None:
    """As is common, beside the whole ones and under names of their own."""
    stack = phases(subsidence())
    reader = products(tmp_path, stack, unwrapped="*_unw_phase_clipped.tif")
    window = slice(2, 15), slice(4, 20)
    for pair in PAIRS:
        write_tif(path_of(tmp_path, pair, "_unw_phase_clipped.tif"), stack[pair][window], cut(UTM, *window))
    assert reader.interferograms[0].perpendicular_baseline == -35
    assert reader.grid.matches(cut(UTM, *window))
    assert reader.geometry().incidence.shape == (13, 16)


# Metadata


def test_the_text_file_gives_baseline_heading_and_looks(tmp_path: Path) -> None:
    reader = products(tmp_path)
    assert [item.perpendicular_baseline for item in reader.interferograms] == [10.0 * n - 35 for n in range(9)]
    assert (reader.radar.wavelength, reader.radar.heading) == (WAVELENGTH, -12.2742586)
    assert reader.radar.looks == pytest.approx(80 / 1.94)


def test_options_go_before_the_text_file(tmp_path: Path) -> None:
    radar = products(tmp_path, wavelength_m=0.24, looks=21.0).radar
    assert (radar.wavelength, radar.looks) == (0.24, 21.0)


def test_pairs_are_chosen_by_their_perpendicular_baselines(tmp_path: Path) -> None:
    chosen = choose_pairs(products(tmp_path).interferograms, NetworkOptions(max_perpendicular_m=26))
    assert [item.perpendicular_baseline for item in chosen] == [-25, -15, -5, 5, 15, 25]


def test_a_missing_baseline_is_wrong_only_where_it_is_asked_for(tmp_path: Path) -> None:
    reader = products(tmp_path)
    path = path_of(tmp_path, PAIRS[3], ".txt")
    path.write_text(path.read_text().replace("Baseline", "Grundlinie"))
    assert len(choose_pairs(reader.interferograms, NetworkOptions(max_days=60))) == len(PAIRS)
    with pytest.raises(InputError) as refused:
        choose_pairs(reader.interferograms, NetworkOptions(max_perpendicular_m=26))
    assert refused.value.field == "network.max_perpendicular_m"
    assert refused.value.file == path_of(tmp_path, PAIRS[3])


# Geometry


def test_geometry_comes_from_the_first_product_that_has_it(tmp_path: Path) -> None:
    incidence, height, *_ = products(tmp_path, geometry_of=PAIRS[4]).geometry()
    np.testing.assert_allclose(incidence, 90 - np.degrees(LOOK), rtol=1e-6)
    assert height is not None
    assert (height.dtype, np.unique(height)) == (np.float32, 250)


def test_the_ellipsoid_s_incidence_goes_before_the_look_vector(tmp_path: Path) -> None:
    reader = products(tmp_path)
    angles = np.linspace(0.5, 0.8, UTM.rows * UTM.cols).reshape(UTM.shape).astype(np.float32)
    write_tif(path_of(tmp_path, PAIRS[1], "_inc_map_ell.tif"), angles, UTM)
    np.testing.assert_allclose(reader.geometry().incidence, np.degrees(angles), rtol=1e-6)
    assert path_of(tmp_path, PAIRS[1], "_inc_map_ell.tif") in reader.files


def test_where_the_look_vector_is_0_there_is_none(tmp_path: Path) -> None:
    reader = products(tmp_path)
    for ending, value in (("_lv_theta.tif", LOOK), ("_lv_phi.tif", np.float32(3.36))):
        angles = np.full(UTM.shape, value)
        angles[:3] = 0
        write_tif(path_of(tmp_path, PAIRS[0], ending), angles, UTM, None)
    geometry = reader.geometry()
    for values in (geometry.incidence, geometry.azimuth):
        assert values is not None
        assert np.isnan(values[:3]).all()
        assert np.isfinite(values[3:]).all()


def test_the_incidence_on_slopes_is_left_alone(tmp_path: Path) -> None:
    reader = products(tmp_path)
    write_tif(path_of(tmp_path, PAIRS[0], "_inc_map.tif"), np.full(UTM.shape, 1.2, np.float32), UTM)
    np.testing.assert_allclose(reader.geometry().incidence, 90 - np.degrees(LOOK), rtol=1e-6)


def test_one_angle_may_be_given_where_no_product_has_any(tmp_path: Path) -> None:
    incidence, height, *_ = products(tmp_path, geometry_of=None, incidence_deg=38.5).geometry()
    assert (np.unique(incidence), height) == (38.5, None)


def test_without_any_angle_the_stack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        products(tmp_path, geometry_of=None).geometry()
    assert (refused.value.file, refused.value.field) == (tmp_path / "stack", "stack.incidence_deg")
    assert "look vectors" in refused.value.mend


@pytest.mark.parametrize("angle", [52.7, -0.3, 0.0], ids=["degrees", "downwards", "no data"])
def test_angles_that_are_none_are_refused(tmp_path: Path, angle: float) -> None:
    reader = products(tmp_path)
    path = write_tif(path_of(tmp_path, PAIRS[0], "_lv_theta.tif"), np.full(UTM.shape, angle, np.float32), UTM)
    with pytest.raises(InputError) as refused:
        reader.geometry()
    assert (refused.value.file, refused.value.field) == (path, "radians")


# One lattice


def cut(grid: Grid, rows: slice, cols: slice) -> Grid:
    shape = len(range(grid.rows)[rows]), len(range(grid.cols)[cols])
    return Grid(grid.crs, grid.transform @ grid.transform.translation(cols.start or 0, rows.start or 0), shape)


@pytest.mark.parametrize("grid", [UTM, DEGREES], ids=["map", "degrees"])
def test_products_that_differ_by_some_rows_are_cut_to_what_they_share(tmp_path: Path, grid: Grid) -> None:
    """The first product lacks rows and columns as others do, and the geometry lies in one that has more."""
    stack = phases(subsidence())
    coherence = {pair: np.random.default_rng(4).uniform(0.1, 1, grid.shape).astype(np.float32) for pair in PAIRS}
    reader = products(tmp_path, stack, grid, coherence=coherence, geometry_of=PAIRS[1])
    heights = np.arange(grid.rows * grid.cols, dtype=np.float32).reshape(grid.shape) + 1
    write_tif(path_of(tmp_path, PAIRS[1], "_dem.tif"), heights, grid)
    for pair, window in {
        PAIRS[0]: (slice(2, None), slice(0, 23)),
        PAIRS[3]: (slice(1, 18), slice(0, None)),
        PAIRS[5]: (slice(0, None), slice(3, None)),
    }.items():
        write_tif(path_of(tmp_path, pair), stack[pair][window], cut(grid, *window))
        write_tif(path_of(tmp_path, pair, "_corr.tif"), coherence[pair][window], cut(grid, *window))
    common = (slice(2, 18), slice(3, 23))
    assert reader.grid.matches(cut(grid, *common))
    for item in reader.interferograms:
        np.testing.assert_array_equal(reader.phase(item), stack[item.pair][common])
        np.testing.assert_array_equal(reader.coherence(item), coherence[item.pair][common])
    height = reader.geometry().height
    assert height is not None
    np.testing.assert_array_equal(height, heights[common])


def moved(by: float) -> Grid:
    return Grid(UTM.crs, UTM.transform @ UTM.transform.translation(by, 0), UTM.shape)


OFF = {
    "half a pixel": moved(0.5),
    "a hundredth": moved(0.01),
    "other looks": Grid(UTM.crs, UTM.transform @ UTM.transform.scale(0.5), UTM.shape),
    "another zone": Grid(DEGREES.crs, DEGREES.transform, UTM.shape),
}


@pytest.mark.parametrize("grid", OFF.values(), ids=OFF.keys())
def test_a_raster_off_the_lattice_is_refused(tmp_path: Path, grid: Grid) -> None:
    reader = products(tmp_path)
    path = write_tif(path_of(tmp_path, PAIRS[4]), np.ones(UTM.shape, np.float32), grid)
    with pytest.raises(InputError) as refused:
        _ = reader.grid
    assert (refused.value.file, refused.value.field) == (path, "transform")
    assert f"rio warp --like {path_of(tmp_path, PAIRS[0]).name}" in refused.value.mend


@pytest.mark.parametrize("ending", ["_lv_theta.tif", "_dem.tif"])
def test_geometry_off_the_lattice_is_refused(tmp_path: Path, ending: str) -> None:
    reader = products(tmp_path)
    path = write_tif(path_of(tmp_path, PAIRS[0], ending), np.full(UTM.shape, LOOK), moved(0.5))
    with pytest.raises(InputError) as refused:
        reader.geometry()
    assert (refused.value.file, refused.value.field) == (path, "transform")


def test_a_product_of_other_ground_is_refused(tmp_path: Path) -> None:
    reader = products(tmp_path)
    path = write_tif(path_of(tmp_path, PAIRS[4]), np.ones(UTM.shape, np.float32), moved(24))
    with pytest.raises(InputError) as refused:
        _ = reader.grid
    assert (refused.value.file, refused.value.field) == (path, "extent")


def test_coherence_that_does_not_cover_the_frame_is_refused(tmp_path: Path) -> None:
    reader = products(tmp_path, coherence={pair: np.full(UTM.shape, 0.5, np.float32) for pair in PAIRS})
    small = cut(UTM, slice(1, None), slice(0, None))
    path = write_tif(path_of(tmp_path, PAIRS[4], "_corr.tif"), np.full(small.shape, 0.5, np.float32), small)
    with pytest.raises(InputError) as refused:
        reader.coherence(reader.interferograms[4])
    assert (refused.value.file, refused.value.field) == (path, "extent")


# What is wrong with a product


def edit(old: str, new: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text().replace(old, new))


GARBLED: dict[str, tuple[Callable[[Path], object], str | None]] = {
    "missing": (lambda path: path.unlink(), None),
    "of another kind": (
        lambda path: path.write_bytes(bytes(range(256))),
        "Baseline, Heading, Range looks, Azimuth looks",
    ),
    "empty": (lambda path: path.write_text(""), "Baseline, Heading, Range looks, Azimuth looks"),
    "no heading": (edit("Heading", "Course"), "Heading"),
    "no range looks": (edit("Range looks", "Looks"), "Range looks"),
    "no azimuth looks": (edit("Azimuth looks", "Looks"), "Azimuth looks"),
    "baseline without number": (edit("Baseline: -35.0", "Baseline:"), "Baseline"),
    "baseline no number": (edit("-35.0", "None"), "Baseline"),
    "baseline not finite": (edit("-35.0", "nan"), "Baseline"),
    "heading no number": (edit("-12.2742586", "north"), "Heading"),
}


@pytest.mark.parametrize(("spoil", "field"), GARBLED.values(), ids=GARBLED.keys())
def test_a_text_file_that_cannot_be_used_is_refused(
    tmp_path: Path, spoil: Callable[[Path], object], field: str | None
) -> None:
    reader = products(tmp_path)
    path = path_of(tmp_path, PAIRS[0], ".txt")
    spoil(path)
    with pytest.raises(InputError) as refused:
        _ = reader.interferograms, reader.radar
    assert (refused.value.file, refused.value.field) == (path, field)
    assert refused.value.mend


def test_looks_that_are_given_need_not_be_in_the_text_file(tmp_path: Path) -> None:
    reader = products(tmp_path, looks=40.0)
    edit("Range looks", "Looks")(path_of(tmp_path, PAIRS[0], ".txt"))
    assert reader.radar.looks == 40.0


def test_a_pair_without_coherence_is_refused_where_weights_ask_for_it(tmp_path: Path) -> None:
    reader = products(tmp_path, coherence={pair: np.full(UTM.shape, 0.5, np.float32) for pair in PAIRS})
    path_of(tmp_path, PAIRS[6], "_corr.tif").unlink()
    progress = Progress(tmp_path / "status.json")
    with pytest.raises(InputError) as refused:
        prepare_stack(reader, tmp_path, options=InversionOptions(weights="variance"), progress=progress)
    assert (refused.value.file, refused.value.field) == (path_of(tmp_path, PAIRS[6]), "inversion.weights")
    assert str(PAIRS[6]) in refused.value.problem
    with pytest.raises(ValueError, match="has no coherence"):
        reader.coherence(reader.interferograms[6])
    assert prepare_stack(reader, tmp_path, options=InversionOptions(weights="none"), progress=progress)["pairs"] == len(
        PAIRS
    )


def test_two_products_of_one_pair_are_refused(tmp_path: Path) -> None:
    reader = products(tmp_path)
    again = name_of(PAIRS[2]).replace("ueF_0002", "ueF_ABCD")
    folder = tmp_path / "stack" / again
    folder.mkdir()
    shutil.copy(path_of(tmp_path, PAIRS[2]), folder / f"{again}_unw_phase.tif")
    with pytest.raises(InputError, match="second interferogram of 20200113_20200125"):
        _ = reader.interferograms


@pytest.mark.parametrize(("dtype", "ending"), [("int16", "_unw_phase.tif"), ("uint8", "_corr.tif")])
def test_a_raster_that_holds_no_numbers_of_its_kind_is_refused(tmp_path: Path, dtype: str, ending: str) -> None:
    reader = products(tmp_path, coherence={pair: np.full(UTM.shape, 0.5, np.float32) for pair in PAIRS})
    path = write_tif(path_of(tmp_path, PAIRS[1], ending), np.ones(UTM.shape, dtype), UTM)
    read = reader.phase if ending == "_unw_phase.tif" else reader.coherence
    with pytest.raises(InputError, match=dtype) as refused:
        read(reader.interferograms[1])
    assert (refused.value.file, refused.value.field) == (path, "bands")


def test_a_folder_without_products_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stack").mkdir()
    with pytest.raises(InputError, match="no interferogram matches"):
        _ = open_stack(Hyp3Options(format="hyp3", path=Path("stack")), tmp_path).interferograms


# Mexico City


@pytest.fixture
def mexico() -> StackReader:
    return open_stack(Hyp3Options(format="hyp3"), MEXICO)


@with_mexico
def test_the_products_over_mexico_city_are_read(mexico: StackReader) -> None:
    assert len(mexico.interferograms) == 30
    assert mexico.interferograms[0].perpendicular_baseline == 22.5555
    assert mexico.grid.shape == (60, 100)
    assert mexico.radar.heading == -12.2742586
    assert mexico.radar.looks == pytest.approx(16 / 1.94)
    incidence, height, *_ = mexico.geometry()
    np.testing.assert_allclose(incidence, 39.70, atol=0.01)
    assert height is not None
    assert (np.nanmin(height), np.nanmax(height)) == (2217, 2287)


def east_against_west(rate: NDArray[np.float32]) -> float:
    """Rate of the easternmost fifth of the frame less that of the westernmost."""
    return float(np.nanmedian(rate[:, 80:]) - np.nanmedian(rate[:, :20]))


@with_mexico
def test_the_lake_bed_under_mexico_city_sinks_in_every_pair(mexico: StackReader) -> None:
    """The east of the frame stands on the clay of Lake Texcoco and sinks by tens of cm a year against the west."""
    long = [item for item in mexico.interferograms if item.pair.days >= 60]
    assert len(long) == 15
    for item in long:
        displacement = phase_to_displacement(mexico.phase(item), mexico.radar.wavelength)
        assert -0.35 < east_against_west(displacement) * 365.25 / item.pair.days < -0.15


@with_mexico
def test_the_lake_bed_under_mexico_city_sinks_in_the_rates(mexico: StackReader, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("stack", "network", "inversion", "velocity")]
    for folder in folders:
        folder.mkdir()
    progress, options = Progress(tmp_path / "status.json"), InversionOptions(weights="variance")
    prepare_stack(mexico, folders[0], options=InversionOptions(weights="variance"), progress=progress)
    stack = PreparedStack.read(folders[0])
    report = choose_network(stack, folders[1], NetworkOptions(max_perpendicular_m=52))
    assert (report["pairs"], report["dates"]) == (29, 13)  # one pair has 53.9 m
    chosen = ChosenNetwork.read(folders[1], stack)
    invert_stack(stack, chosen, folders[2], options, workers=SERIAL, progress=progress)
    estimate_rates(stack, folders[2], folders[3], VelocityOptions(), block=256, workers=SERIAL, progress=progress)
    with Raster(folders[3] / "rate.tif") as along, Raster(folders[3] / "vertical.tif") as upwards:
        rate, vertical = along.read(), upwards.read()
    assert -300 < east_against_west(rate) < -180  # mm/yr
    assert np.isfinite(rate).mean() > 0.9
    np.testing.assert_allclose(vertical, rate / np.cos(np.radians(39.70)), rtol=1e-3)
