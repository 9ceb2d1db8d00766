"""Grids: where pixels lie, how large they are, and how blocks cover them."""

import json
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import MultiPolygon, Polygon, box

from engine.errors import InputError
from engine.grid import Grid, LonLat, Pixel, geodesic_area, require_one_side
from tests.engine.conftest import DEGREES, UTM

SOUTH = Grid(CRS.from_epsg(32756), Affine(90.0, 0.0, 300_000.0, 0.0, -90.0, 6_210_000.0), (72, 47))
# Lambert azimuthal with a centre of its own: no authority has a code for it.
UNNAMED = Grid(
    CRS.from_proj4("+proj=laea +lat_0=12.3 +lon_0=45.6 +datum=WGS84 +units=m"), Affine(30, 0, 0, 0, -30, 0), (9, 7)
)
GRIDS = {"degrees": DEGREES, "north": UTM, "south": SOUTH, "unnamed": UNNAMED}
every_grid = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())


def ellipsoidal_area(south: float, north: float, width: float) -> float:
    """Area in m² between two parallels and two meridians on WGS 84 (closed form; Snyder 1987, equation 3-12)."""
    a, f = 6_378_137.0, 1 / 298.257223563
    e = np.sqrt(f * (2 - f))

    def below(latitude: float) -> float:
        s = np.sin(np.radians(latitude))
        return s / (1 - (e * s) ** 2) + np.arctanh(e * s) / e

    return float(np.radians(width) * (a * (1 - f)) ** 2 / 2 * (below(north) - below(south)))


@pytest.mark.parametrize("south", [-34.2, 0.0, 51.0, 78.0])
def test_geodesic_area_is_that_of_the_ellipsoid(south: float) -> None:
    assert geodesic_area(box(150, south, 150.01, south + 0.01)) == pytest.approx(
        ellipsoidal_area(south, south + 0.01, 0.01), rel=1e-6
    )


# Rings as files have them: nothing says that parts run one way round and holes the other.
BOX, HOLE, FAR = box(10, 50, 10.1, 50.1), box(10.02, 50.02, 10.04, 50.04), box(11, 50, 11.1, 50.1)


def test_geodesic_area_leaves_holes_out() -> None:
    pierced = Polygon(BOX.exterior.coords, [list(HOLE.exterior.coords)[::-1]])
    assert geodesic_area(pierced) == pytest.approx(geodesic_area(BOX) - geodesic_area(HOLE), rel=1e-9)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Polygon(BOX.exterior.coords, [HOLE.exterior.coords]), geodesic_area(BOX) - geodesic_area(HOLE)),
        (MultiPolygon([BOX, FAR.reverse()]), geodesic_area(BOX) + geodesic_area(FAR)),
    ],
    ids=["hole", "parts"],
)
def test_geodesic_area_takes_rings_as_they_wind(shape: Polygon | MultiPolygon, expected: float) -> None:
    assert geodesic_area(shape) == pytest.approx(expected, rel=1e-9)


def test_geodesic_area_does_not_depend_on_the_ring_s_direction() -> None:
    ring = box(10, 50, 10.1, 50.1)
    assert geodesic_area(ring) == geodesic_area(ring.reverse()) > 0


def test_pixel_area_in_degrees_shrinks_towards_the_pole() -> None:
    expected = [ellipsoidal_area(51.0 - 0.001 * (row + 1), 51.0 - 0.001 * row, 0.001) for row in range(DEGREES.rows)]
    np.testing.assert_allclose(DEGREES.pixel_area, expected, rtol=1e-6)


def test_pixel_area_on_a_map_is_the_ground_s() -> None:
    # On the central meridian of UTM the scale is 0.9996, so that 100 m of the map are more on the ground.
    np.testing.assert_allclose(UTM.pixel_area, (100 / 0.9996) ** 2, rtol=1e-4)


@every_grid
@given(data=st.data())
def test_a_pixel_holds_its_own_centre(grid: Grid, data: st.DataObject) -> None:
    pixel = Pixel(data.draw(st.integers(0, grid.rows - 1)), data.draw(st.integers(0, grid.cols - 1)))
    assert grid.pixel_at(grid.lonlat(pixel)) == pixel


@pytest.mark.parametrize(
    ("lon", "lat", "pixel"),
    [
        (15.00001, 50.99999, Pixel(0, 0)),
        (15.02399, 50.98001, Pixel(19, 23)),
        (14.99999, 50.99, None),
        (15.02401, 50.99, None),
        (15.01, 51.00001, None),
        (15.01, 50.97999, None),
    ],
)
def test_the_frame_ends_at_its_edges(lon: float, lat: float, pixel: Pixel | None) -> None:
    assert DEGREES.pixel_at(LonLat(lon, lat)) == pixel


@every_grid
@given(size=st.integers(1, 100))
def test_blocks_cover_every_pixel_once(grid: Grid, size: int) -> None:
    times = np.zeros(grid.shape, int)
    for block in grid.blocks(size):
        assert max(block.shape) <= size
        assert times[block.slices].shape == block.shape
        times[block.slices] += 1
    assert (times == 1).all()


@given(size=st.integers(1, 30))
def test_blocks_have_names_of_their_own(size: int) -> None:
    names = [block.name for block in UTM.blocks(size)]
    assert len(set(names)) == len(names)


@every_grid
def test_a_description_as_json_gives_the_grid_back(grid: Grid) -> None:
    again = Grid.from_description(json.loads(json.dumps(grid.describe())))
    assert again.matches(grid)
    assert (again.transform, again.shape) == (grid.transform, grid.shape)


@pytest.mark.parametrize(("shift", "same"), [(0.0, True), (5e-4, True), (-5e-4, True), (2e-3, False), (1.0, False)])
def test_grids_match_to_a_thousandth_of_a_pixel(shift: float, same: bool) -> None:
    moved = Grid(UTM.crs, UTM.transform @ Affine.translation(shift, 0), UTM.shape)
    assert UTM.matches(moved) is same


def test_grids_of_another_shape_size_or_reference_system_do_not_match() -> None:
    assert not UTM.matches(Grid(UTM.crs, UTM.transform, (20, 25)))
    assert not UTM.matches(Grid(UTM.crs, UTM.transform @ Affine.scale(1.001), UTM.shape))
    assert not UTM.matches(Grid(CRS.from_epsg(32634), UTM.transform, UTM.shape))


@every_grid
def test_the_frame_in_degrees_holds_all_corners(grid: Grid) -> None:
    west, south, east, north = grid.bounds_lonlat
    assert west < east
    assert south < north
    for row in (0, grid.rows - 1):
        for col in (0, grid.cols - 1):
            lon, lat = grid.lonlat(Pixel(row, col))
            assert west < lon < east
            assert south < lat < north


def test_bounds_of_a_grid_that_runs_northwards() -> None:
    upwards = Grid(UTM.crs, Affine(100, 0, 500_000, 0, 100, 5_648_000), UTM.shape)
    assert upwards.bounds == UTM.bounds


def test_a_grid_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        Grid(UTM.crs, UTM.transform, (0, 5))


ACROSS = {
    "UTM zone 1 south": Grid(CRS.from_epsg(32701), Affine(10, 0, 177_000, 0, -10, 8_000_000), (1500, 1500)),
    "UTM zone 60 north": Grid(CRS.from_epsg(32660), Affine(10, 0, 730_000, 0, -10, 5_000_000), (1500, 1500)),
    "degrees beyond 180": Grid(CRS.from_epsg(4326), Affine(0.001, 0, 179.9, 0, -0.001, -17), (100, 200)),
    "degrees from 0 to 360": Grid(CRS.from_epsg(4326), Affine(0.001, 0, 190, 0, -0.001, -17), (100, 200)),
    "Mercator": Grid(CRS.from_epsg(3857), Affine(10, 0, 20_037_000, 0, -10, 0), (100, 1500)),
    "round a pole": Grid(CRS.from_epsg(3031), Affine(1000, 0, -500_000, 0, -1000, 500_000), (1000, 1000)),
}


@pytest.mark.parametrize("grid", ACROSS.values(), ids=ACROSS.keys())
def test_a_frame_across_the_antimeridian_is_refused(grid: Grid) -> None:
    with pytest.raises(InputError, match="crosses the antimeridian") as error:
        require_one_side(grid, Path("a.tif"))
    assert (error.value.file, error.value.field) == (Path("a.tif"), "extent")
    assert "cut it at 180°" in error.value.mend


NOWHERE = {
    "a mine's own": Grid(CRS.from_wkt('LOCAL_CS["mine",UNIT["metre",1]]'), Affine(10, 0, 0, 0, -10, 90), (9, 9)),
    "metres that are said to be degrees": Grid(CRS.from_epsg(4326), Affine(10, 0, 586_520, 0, -10, 5_650_150), (9, 9)),
    "beyond the pole": Grid(CRS.from_epsg(4326), Affine(0.1, 0, 16, 0, -0.1, 100), (9, 9)),
}


@pytest.mark.parametrize("grid", NOWHERE.values(), ids=NOWHERE.keys())
def test_a_frame_without_a_place_on_earth_is_refused(grid: Grid) -> None:
    with pytest.raises(InputError) as error:
        require_one_side(grid, Path("a.tif"))
    assert (error.value.file, error.value.field) == (Path("a.tif"), "CRS")


@every_grid
def test_other_frames_are_not(grid: Grid) -> None:
    require_one_side(grid, Path("a.tif"))


def test_a_frame_that_ends_at_the_antimeridian_is_not() -> None:
    for west in (-180.0, 179.8):
        require_one_side(Grid(CRS.from_epsg(4326), Affine(0.001, 0, west, 0, -0.001, -17), (100, 200)), Path("a.tif"))
