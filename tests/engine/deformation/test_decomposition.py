"""East and up from two lines of sight: known motion is found again, errors are what draws have, and from two stacks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from mintpy.asc_desc2horz_vert import asc_desc2horz_vert
from mintpy.utils.utils0 import enu2los
from numpy.typing import NDArray

from engine.area import read_area
from engine.blocks import Workers
from engine.deformation.decomposition import LEAST_ANGLE, LineOfSight, Track, decompose
from engine.deformation.stack import Geometry, azimuth_of_sight
from engine.errors import InputError
from engine.grid import Grid, Pixel
from engine.pipeline import check_inputs, run
from engine.raster import Raster, resample
from store.home import Home
from store.reader import current_release
from tests.conftest import ROOT
from tests.engine.conftest import DATES, PAIRS, UTM, phases, write_area, write_geotiffs
from tests.engine.deformation.test_hyp3 import write_products
from tests.pages.test_pages import open_page, text

rasters_by_place = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

ASCENDING, DESCENDING = -12.27, -167.73  # headings, degrees clockwise from north


def sight(incidence: float, heading: float, *, left: bool = False, shape: tuple[int, int] = (1, 1)) -> LineOfSight:
    azimuth = azimuth_of_sight(heading, looking=-90.0 if left else 90.0)
    angles = (np.full(shape, angle, np.float32) for angle in (incidence, azimuth))
    incidences, azimuths = angles
    return LineOfSight.of(Geometry(incidences, None, azimuth=azimuths), "stack")


def towards(view: LineOfSight, east: Any, north: Any, up: Any) -> Any:
    return view.east * east + view.north * north + view.up * up


incidences = st.floats(25, 50)
rates = st.floats(-300, 300)


@given(incidences, incidences, st.floats(-20, -5), st.floats(-175, -160), rates, rates, rates)
@settings(max_examples=60, deadline=None)
def test_motion_is_found_again_and_north_is_left_in_it_as_said(
    incidence: float, other: float, ascending: float, descending: float, east: float, up: float, north: float
) -> None:
    """Rates are those of MintPy's own projection of motion."""
    angles = ((incidence, ascending), (other, descending))
    views = [sight(*one) for one in angles]
    error = np.ones((1, 1), np.float32)

    def solved(east: float, north: float, up: float) -> tuple[float, float]:
        seen = [np.full((1, 1), enu2los(east, north, up, one, head_angle=head), np.float32) for one, head in angles]
        found = decompose(*(Track(rate, error, view) for rate, view in zip(seen, views, strict=True)))
        return float(found.east[0, 0]), float(found.up[0, 0])

    assert solved(east, 0, up) == pytest.approx((east, up), abs=2e-3)
    for_north = solved(0, 1, 0)
    assert abs(for_north[0]) < 0.35
    assert -0.6 < for_north[1] < 0
    assert solved(east, north, up) == pytest.approx((east + north * for_north[0], up + north * for_north[1]), abs=5e-3)


def test_standard_errors_are_those_of_draws_and_no_data_stays_so() -> None:
    chance, shape = np.random.default_rng(7), (200, 200)
    views = sight(33, ASCENDING, shape=shape), sight(43, DESCENDING, shape=shape)
    tracks = []
    for view, error in zip(views, (1.5, 4.0), strict=True):
        rate = towards(view, 12.0, 0.0, -20.0) + chance.normal(scale=error, size=shape)
        tracks.append(Track(rate.astype(np.float32), np.full(shape, error, np.float32), view))
    tracks[0].rate[3, 4], tracks[1].rate[5, 6] = np.nan, np.nan
    found = decompose(*tracks)
    for values, error, truth in (
        (found.east, found.east_standard_error, 12.0),
        (found.up, found.up_standard_error, -20.0),
    ):
        assert np.nanstd(values) == pytest.approx(float(error[0, 0]), rel=0.02)
        assert np.nanmean(values) == pytest.approx(truth, abs=0.1)
        assert list(zip(*np.nonzero(np.isnan(values)), strict=True)) == [(3, 4), (5, 6)]
    # By MintPy, whose angles are the same: it takes the azimuths of sight.
    angles = [np.array([33.0, 43.0]), np.array([azimuth_of_sight(head) for head in (ASCENDING, DESCENDING)])]
    east, up = asc_desc2horz_vert(np.stack([track.rate for track in tracks]), *angles)
    np.testing.assert_allclose(found.east, east, atol=2e-3)
    np.testing.assert_allclose(found.up, up, atol=2e-3)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (sight(45, ASCENDING), False),
        (sight(31, ASCENDING + 3), False),
        (sight(35, DESCENDING), True),
        (sight(35, ASCENDING, left=True), True),
    ],
    ids=["the next track", "nearly the same", "descending", "to the left"],
)
def test_two_views_of_one_side_tell_nothing(other: LineOfSight, told: bool) -> None:
    one = np.ones((1, 1), np.float32)
    found = decompose(Track(one, one, sight(35, ASCENDING)), Track(one, one, other))
    assert all(bool(np.isfinite(values[0, 0])) == told for values in found)


def test_an_ascending_satellite_stands_in_the_west() -> None:
    """What moves east moves away from it, and what rises comes nearer."""
    view = sight(39, ASCENDING)
    assert (view.east[0, 0] < -0.6, view.north[0, 0] < 0, view.up[0, 0] > 0.7) == (True, True, True)
    assert sight(39, DESCENDING).east[0, 0] > 0.6
    assert LEAST_ANGLE < 60


# From two stacks

# Pixels of half the size whose centres fall on those of the first stack, beginning before it and ending within it.
FINE = Grid(UTM.crs, Affine(50.0, 0.0, UTM.transform.c - 125, 0.0, -50.0, UTM.transform.f + 125), (48, 44))
STILL = Pixel(6, 4)  # of the first stack
HOLE = np.s_[23:25, 19:21]  # of the second: without phase; it holds the centre of one pixel of the first


def plane(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Motion east and up, mm/yr: planes that are nil where the rates are relative to."""
    x0, y0 = UTM.transform @ (STILL.col + 0.5, STILL.row + 0.5)
    col, row = np.meshgrid(np.arange(grid.cols) + 0.5, np.arange(grid.rows) + 0.5)
    x, y = grid.transform @ (col, row)
    return 0.02 * (x - x0) - 0.01 * (y - y0), -0.015 * (x - x0) + 0.03 * (y - y0)


def look(heading: float, grid: Grid) -> LineOfSight:
    return sight(90 - float(np.degrees(np.float32(0.92))), heading, shape=grid.shape)


def stack_of(folder: Path, grid: Grid, heading: float, name: str) -> dict[str, Any]:
    east, up = plane(grid)
    pairs = PAIRS if grid is UTM else [pair for pair in PAIRS if DATES[-1] not in pair]
    seen = phases(towards(look(heading, grid), east, 0.0, up), pairs)
    if grid is FINE:
        for phase in seen.values():
            phase[HOLE] = 0
    return write_products(folder, seen, grid, heading=heading, path=name)


def place(folder: Path, second: dict[str, Any] | None = None, **tables: Any) -> Path:
    """An area of both; `second` takes the place of the descending stack's table."""
    ascending = stack_of(folder, UTM, ASCENDING, "ascending")
    descending = second or stack_of(folder, FINE, DESCENDING, "descending")
    lon, lat = UTM.lonlat(STILL)
    inversion = {"reference": [lon, lat]}
    return write_area(folder, ascending, second_stack=descending, inversion=inversion, **tables)


@rasters_by_place
def test_two_stacks_give_east_and_up_from_files_to_the_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The last date is one of the first stack alone.
    area = place(tmp_path / "area", network={"exclude_dates": [str(DATES[-1])]})
    home = Home(tmp_path / "home")
    made = run(read_area(area), home, workers=Workers("serial"))
    assert run(read_area(area), home, workers=Workers("serial")) == made

    release = current_release(home, "testbed")
    assert release is not None
    reports = {step.name: step.report for step in release.steps()}
    assert {"velocity", "second-stack", "second-network", "second-velocity", "decomposition"} <= reports.keys()
    found = {}
    for name in ("east", "up", "east_standard_error", "up_standard_error"):
        layer = release.layers[name]
        assert layer.palette == ("sequential" if "error" in name else "motion")
        with Raster(release.layer_path(name)) as raster:
            found[name] = raster.read()
            assert raster.grid.matches(UTM)
    east, up = plane(UTM)
    known = np.isfinite(found["up"])
    expected = np.ones(UTM.shape, np.bool_)
    expected[:, 21:] = False  # beyond the second stack
    expected[10, 8] = False  # the hole
    np.testing.assert_array_equal(known, expected)
    # Round the hole, neighbours on one side alone make a mean that is not that of the middle.
    known[9:12, 7:10] = False
    np.testing.assert_allclose(found["east"][known], east[known], atol=0.02)
    np.testing.assert_allclose(found["up"][known], up[known], atol=0.02)
    report = reports["decomposition"]
    assert report["share_with_both"] == pytest.approx(expected.mean(), abs=1e-4)
    assert 60 < report["lines_of_sight_apart_deg"] < 90
    assert report["east_for_1_north"] == pytest.approx(0, abs=1e-3)
    assert -0.3 < report["up_for_1_north"] < -0.1
    pixel = release.pixel(*UTM.lonlat(Pixel(3, 15)))
    assert pixel is not None
    assert pixel.east_up is not None
    assert pixel.east_up[:2] == pytest.approx((east[3, 15], up[3, 15]), abs=0.02)
    beyond = release.pixel(*UTM.lonlat(Pixel(3, 23)))
    assert beyond is not None
    assert (beyond.state, beyond.east_up) == ("solved", None)
    monkeypatch.setenv("PITWATCH_HOME", str(home.root))
    lon, lat = UTM.lonlat(Pixel(3, 15))
    page = open_page(ROOT / "pages" / "inspect" / "map.py", area="testbed", at=f"{lon},{lat}")
    assert "from both orbits" in text(page)
    assert not page.exception


@pytest.mark.parametrize(
    ("second", "field", "said"),
    [
        ({"heading": ASCENDING}, "second_stack", "look from one side"),
        ({"elsewhere": True}, "second_stack", "nothing of the ground"),
        ({"geotiff": True}, "second_stack", "from where the radar looks"),
        ({"path": "nowhere"}, "second_stack.path", "does not exist"),
    ],
    ids=["one side", "elsewhere", "no heading", "no folder"],
)
def test_stacks_that_cannot_be_joined_are_refused(
    tmp_path: Path, second: dict[str, Any], field: str, said: str
) -> None:
    """A look at the inputs says so, before anything is computed."""
    folder = tmp_path / "area"
    far = Grid(UTM.crs, UTM.transform @ Affine.translation(500, 0), UTM.shape)
    if "geotiff" in second:
        table = write_geotiffs(folder, phases(plane(UTM)[0]))
    elif "path" in second:
        table = {"format": "hyp3", **second}
    else:
        grid = far if "elsewhere" in second else UTM
        table = stack_of(folder, grid, second.get("heading", DESCENDING), "descending")
    area = place(folder, table)
    if "elsewhere" in second:
        text = (area / "area.toml").read_text().split("[inversion]")[0]
        (area / "area.toml").write_text(text)
    with pytest.raises(InputError, match=said) as refused:
        check_inputs(read_area(area), Home(tmp_path / "home"), lambda _: None)
    assert refused.value.field == field


def test_values_are_brought_to_another_grid_without_filling_what_is_not_known() -> None:
    values = plane(UTM)[0].astype(np.float32)
    values[8:11, 5:9] = np.nan
    onto = Grid(UTM.crs, UTM.transform @ Affine.translation(1.3, 2.2) @ Affine.scale(0.7), (20, 24))
    there, rows, cols = resample(values, UTM, onto), *np.indices(onto.shape)
    # In rows and columns of the first grid.
    row, col = 2.2 + 0.7 * (rows + 0.5), 1.3 + 0.7 * (cols + 0.5)
    lost = (row >= 8) & (row < 11) & (col >= 5) & (col < 9)
    np.testing.assert_array_equal(np.isnan(there), lost)
    beside = (row > 7) & (row < 12) & (col > 4) & (col < 10)  # whose neighbours are not all known
    np.testing.assert_allclose(there[~beside], plane(onto)[0][~beside], atol=1e-3)
    np.testing.assert_array_equal(resample(values, UTM, UTM), values)
