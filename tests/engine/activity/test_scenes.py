"""Scenes drawn by hand: what is said of a patch is what was drawn in and round it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS, Transformer
from shapely.geometry import Polygon, box

from engine.activity.scenes import ActivityClass, ActivityOptions, Motion, Scene, pixels_of, read_scene
from engine.grid import Grid, geodesic_area

# 40 x 40 pixels of 100 m. The patch holds rows and columns 15 to 24; with its halo of 500 m, 10 to 29.
GRID = Grid(CRS.from_epsg(32633), Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 5_650_000.0), (40, 40))
T95 = 2.2
TO_DEGREES = Transformer.from_crs(32633, 4326, always_xy=True)

Place = tuple[slice, slice]
INSIDE: Place = (slice(15, 20), slice(15, 17))  # 10 pixels


def outline(rows: slice, cols: slice, grid: Grid = GRID) -> Polygon:
    """Round pixels, in degrees."""
    west, north = grid.transform @ (cols.start, rows.start)
    east, south = grid.transform @ (cols.stop, rows.stop)
    if grid.crs.is_geographic:
        return box(west, south, east, north)
    return to_degrees(box(west, south, east, north))


def to_degrees(shape: Polygon) -> Polygon:
    return shapely.transform(shape, TO_DEGREES.transform, interleaved=False)


PATCH = outline(slice(15, 25), slice(15, 25))


def still(grid: Grid = GRID) -> Motion:
    """Ground that the radar saw everywhere and that stands still, told from 0 at ± 2.2 mm/yr."""
    return Motion(
        grid=grid,
        rate=np.zeros(grid.shape, np.float32),
        standard_error=np.ones(grid.shape, np.float32),
        observed=np.ones(grid.shape, bool),
        decorrelated=np.zeros(grid.shape, bool),
        t95=T95,
    )


def moving(*parts: tuple[Place, float], grid: Grid = GRID) -> Motion:
    motion = still(grid)
    for place, rate in parts:
        motion.rate[place] = rate
    return motion


def lost(motion: Motion, place: Place) -> Motion:
    """The same, decorrelated in a place."""
    rate, error, gone = motion.rate.copy(), motion.standard_error.copy(), motion.decorrelated.copy()
    rate[place], error[place], gone[place] = np.nan, np.nan, True
    return replace(motion, rate=rate, standard_error=error, decorrelated=gone)


def unseen(motion: Motion, place: Place) -> Motion:
    """The same, where the radar saw nothing in a place."""
    rate, error, seen = motion.rate.copy(), motion.standard_error.copy(), motion.observed.copy()
    rate[place], error[place], seen[place] = np.nan, np.nan, False
    return replace(motion, rate=rate, standard_error=error, observed=seen)


def scene(motion: Motion, **options: Any) -> Scene:
    return read_scene(PATCH, motion, ActivityOptions(**options))


# The threshold


@pytest.mark.parametrize(
    ("rate", "activity"),
    [
        (5.0, ActivityClass.NO_CHANGE),
        (-5.0, ActivityClass.NO_CHANGE),
        (np.nextafter(np.float32(5), np.float32(6)), ActivityClass.POSITIVE),
        (np.nextafter(np.float32(-5), np.float32(-6)), ActivityClass.NEGATIVE),
    ],
)
def test_the_threshold_itself_is_no_motion(rate: float, activity: ActivityClass) -> None:
    assert scene(moving((INSIDE, rate))).activity is activity


def test_the_threshold_is_an_option() -> None:
    assert scene(moving((INSIDE, 5.5)), threshold_mm_per_year=6.0).activity is ActivityClass.NO_CHANGE
    assert scene(moving((INSIDE, 5.5)), threshold_mm_per_year=5.5).activity is ActivityClass.NO_CHANGE
    assert scene(moving((INSIDE, 5.5)), threshold_mm_per_year=5.0).activity is ActivityClass.POSITIVE


def test_still_ground_is_no_change() -> None:
    seen = scene(still())
    assert seen.activity is ActivityClass.NO_CHANGE
    assert seen.cluster is None
    assert (seen.coherent_pixels, seen.decorrelated_pixels) == (100, 0)
    assert seen.observed_share == pytest.approx(1.0, abs=1e-4)
    assert seen.detectable_rate == pytest.approx(T95)


# Clusters


@pytest.mark.parametrize(("pixels", "found"), [(9, False), (10, True)])
def test_a_cluster_needs_ten_pixels(pixels: int, found: bool) -> None:
    motion = still()
    motion.rate[20, 15 : 15 + pixels] = -12
    assert (scene(motion).activity is ActivityClass.NEGATIVE) is found


def test_pixels_that_touch_at_corners_are_one_cluster() -> None:
    motion = still()
    motion.rate[range(15, 25), range(15, 25)] = -12
    seen = scene(motion)
    assert seen.cluster is not None
    assert (seen.cluster.count, seen.cluster.parts) == (10, 1)


def test_scattered_pixels_are_noise() -> None:
    motion = still()
    motion.rate[10:30:2, 10:30:2] = -40
    assert scene(motion).activity is ActivityClass.NO_CHANGE


def test_neighbours_of_both_signs_are_no_cluster_together() -> None:
    assert scene(moving(((slice(15, 18), slice(15, 18)), 9.0), ((slice(15, 18), slice(18, 21)), -9.0))).activity is (
        ActivityClass.NO_CHANGE
    )


def test_a_cluster_is_described_by_what_it_holds() -> None:
    motion = moving((INSIDE, -8.0))
    motion.rate[15, 15:17] = -20.0
    motion.rate[16, 15] = -5.5
    motion.standard_error[INSIDE] = 3.0
    cluster = scene(motion).cluster
    assert cluster is not None
    np.testing.assert_array_equal(np.argwhere(cluster.pixels), np.argwhere(motion.rate != 0))
    assert (cluster.count, cluster.parts, cluster.distance_m) == (10, 1, 0.0)
    assert (cluster.median_rate, cluster.extreme_rate, cluster.standard_error) == (-8.0, -20.0, 3.0)
    assert cluster.significant_share == pytest.approx(0.9)  # 5.5 is less than 2.2 x 3.0
    assert cluster.area_m2 == pytest.approx(10 * 100**2 / 0.9996**2, rel=1e-3)


# The halo


@pytest.mark.parametrize(("first_row", "found"), [(27, True), (30, False)])
def test_the_halo_reaches_five_hundred_metres(first_row: int, found: bool) -> None:
    seen = scene(moving(((slice(first_row, first_row + 8), slice(15, 25)), -12.0)))
    assert (seen.activity is ActivityClass.NEGATIVE) is found


def test_only_what_lies_in_the_halo_counts() -> None:
    """The ground sinks from row 27 on; the halo ends after row 29."""
    cluster = scene(moving(((slice(27, 40), slice(16, 24)), -12.0))).cluster
    assert cluster is not None
    assert np.flatnonzero(cluster.pixels.any(axis=1)).max() == 29
    assert cluster.distance_m == pytest.approx(300.0, rel=1e-3)


def test_the_halo_s_radius_is_an_option() -> None:
    motion = moving(((slice(27, 30), slice(15, 25)), -12.0))
    assert scene(motion, radius_m=200.0).activity is ActivityClass.NO_CHANGE
    assert scene(motion, radius_m=900.0).activity is ActivityClass.NEGATIVE


# Both signs


BELOW: Place = (slice(27, 30), slice(16, 24))  # 24 pixels, from 300 m on
ABOVE: Place = (slice(11, 14), slice(16, 24))  # 24 pixels, from 200 m on


def test_of_both_signs_the_nearer_speaks() -> None:
    assert scene(moving((BELOW, -30.0), (ABOVE, 6.0))).activity is ActivityClass.POSITIVE
    assert scene(moving((BELOW, 30.0), (ABOVE, -6.0))).activity is ActivityClass.NEGATIVE


def test_the_farther_is_no_part_of_what_speaks() -> None:
    cluster = scene(moving((BELOW, 30.0), (ABOVE, 6.0))).cluster
    assert cluster is not None
    assert (cluster.parts, cluster.extreme_rate, cluster.distance_m) == (1, 6.0, pytest.approx(200.0, rel=1e-3))


@pytest.mark.parametrize(
    ("up", "down", "activity"),
    [(8.0, -7.0, ActivityClass.POSITIVE), (7.0, -8.0, ActivityClass.NEGATIVE)],
)
def test_of_both_signs_in_the_patch_the_one_that_moves_more_speaks(
    up: float, down: float, activity: ActivityClass
) -> None:
    seen = scene(moving(((slice(15, 20), slice(15, 17)), up), ((slice(15, 20), slice(20, 22)), down)))
    assert seen.activity is activity
    assert seen.cluster is not None
    assert (seen.cluster.count, seen.cluster.distance_m) == (10, 0.0)


def test_more_ground_outweighs_faster_ground() -> None:
    """15 pixels at 6 mm/yr move more than 10 at 8."""
    seen = scene(moving(((slice(15, 20), slice(15, 18)), 6.0), ((slice(15, 20), slice(20, 22)), -8.0)))
    assert seen.activity is ActivityClass.POSITIVE


def test_clusters_of_the_patch_speak_together() -> None:
    """Two of one sign against a greater one of the other."""
    west, east = (slice(15, 20), slice(15, 17)), (slice(15, 20), slice(23, 25))
    seen = scene(moving((west, -8.0), (east, -8.0), ((slice(15, 20), slice(19, 21)), 12.0)))
    assert seen.activity is ActivityClass.NEGATIVE
    assert seen.cluster is not None
    assert (seen.cluster.parts, seen.cluster.count) == (2, 20)


# Decorrelation


@pytest.mark.parametrize(
    ("rows", "activity"), [(5, ActivityClass.NO_CHANGE), (6, ActivityClass.DECORRELATED)], ids=["half", "more"]
)
def test_a_patch_that_has_lost_more_than_half_is_decorrelated(rows: int, activity: ActivityClass) -> None:
    seen = scene(lost(still(), (slice(15, 15 + rows), slice(15, 25))))
    assert seen.activity is activity
    assert (seen.decorrelated_pixels, seen.coherent_pixels) == (10 * rows, 100 - 10 * rows)


def test_loss_of_coherence_goes_before_motion_nearby() -> None:
    seen = scene(lost(moving((BELOW, -30.0)), (slice(15, 25), slice(15, 25))))
    assert seen.activity is ActivityClass.DECORRELATED
    assert seen.cluster is not None  # it is shown all the same
    assert np.isnan(seen.detectable_rate)


def test_loss_of_coherence_in_the_halo_alone_does_not_count() -> None:
    assert scene(lost(still(), (slice(10, 15), slice(0, 40)))).activity is ActivityClass.NO_CHANGE


def test_the_share_is_of_what_was_seen() -> None:
    """Of ten rows the radar saw four, and lost three of these."""
    motion = lost(unseen(still(), (slice(19, 25), slice(0, 40))), (slice(15, 18), slice(15, 25)))
    seen = scene(motion)
    assert seen.activity is ActivityClass.DECORRELATED
    assert seen.observed_share == pytest.approx(0.4, abs=1e-3)


# Not observable


def test_a_patch_outside_the_frame_is_not_observable() -> None:
    far = shapely.transform(PATCH, lambda corners: np.add(corners, (1.0, 0.0)))
    seen = read_scene(far, moving((INSIDE, -12.0)), ActivityOptions())
    assert seen.activity is ActivityClass.NOT_OBSERVABLE
    assert (seen.observed_share, seen.coherent_pixels, seen.cluster) == (0.0, 0, None)
    assert np.isnan(seen.detectable_rate)


def test_a_patch_that_the_radar_did_not_see_is_not_observable_whatever_moves_beside_it() -> None:
    seen = scene(unseen(moving((BELOW, -30.0)), (slice(15, 25), slice(15, 25))))
    assert seen.activity is ActivityClass.NOT_OBSERVABLE
    assert seen.cluster is None


def test_a_patch_of_which_too_little_is_coherent_is_not_called_still() -> None:
    """Eighteen pixels were seen: nine are lost, nine are coherent, where ten would be needed for a cluster."""
    motion = unseen(still(), (slice(17, 25), slice(0, 40)))
    motion = unseen(motion, (slice(15, 17), slice(24, 25)))
    seen = scene(lost(motion, (slice(15, 16), slice(15, 24))))
    assert (seen.coherent_pixels, seen.decorrelated_pixels) == (9, 9)
    assert seen.activity is ActivityClass.NOT_OBSERVABLE


def test_a_flagged_pixel_is_neither_motion_nor_loss() -> None:
    """Minimum-norm pixels come without a rate, and are not decorrelated; where all are, nothing can be said."""
    motion = moving((INSIDE, -12.0))
    motion.rate[:], motion.standard_error[:] = np.nan, np.nan
    assert scene(motion).activity is ActivityClass.NOT_OBSERVABLE


def test_half_a_patch_in_the_frame_is_told_by_its_share() -> None:
    across = outline(slice(15, 25), slice(35, 45))
    seen = read_scene(across, still(), ActivityOptions())
    assert seen.activity is ActivityClass.NO_CHANGE
    assert seen.observed_share == pytest.approx(0.5, abs=1e-3)


def test_a_patch_smaller_than_a_pixel_is_seen_by_the_pixel_it_lies_in() -> None:
    small = to_degrees(box(502_010, 5_647_910, 502_040, 5_647_940))
    seen = read_scene(small, moving(((slice(18, 24), slice(18, 24)), -12.0)), ActivityOptions())
    assert seen.activity is ActivityClass.NEGATIVE


# Grids


def test_pixels_of_a_patch_are_those_whose_centre_it_holds() -> None:
    inside = pixels_of(PATCH, GRID)
    assert inside.sum() == 100
    assert inside[15:25, 15:25].all()


def test_in_degrees_distance_and_area_are_those_of_the_ground() -> None:
    """At 60° north a pixel of 0.001° is some 111 m high and 56 m wide."""
    grid = Grid(CRS.from_epsg(4326), Affine(0.001, 0, 15.0, 0, -0.001, 60.0), (40, 40))
    patch = outline(slice(15, 25), slice(15, 25), grid)
    seen = read_scene(patch, moving(((slice(15, 25), slice(28, 32)), -12.0), grid=grid), ActivityOptions())
    assert seen.cluster is not None
    assert seen.cluster.distance_m == pytest.approx(4 * 55.7, rel=0.01)  # from centre to centre
    assert seen.cluster.area_m2 == pytest.approx(geodesic_area(outline(slice(15, 25), slice(28, 32), grid)), rel=1e-3)


def test_rasters_are_left_as_they_were() -> None:
    motion = lost(moving((INSIDE, -12.0)), (slice(20, 22), slice(20, 25)))
    before = motion.rate.copy()
    scene(motion)
    np.testing.assert_array_equal(motion.rate, before)
