"""Scenes drawn by hand: what is said of a patch is what was drawn in and round it, by the paper's rule and by ours."""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS, Transformer
from shapely.geometry import Polygon, box

from engine.activity.motion import Motion
from engine.activity.options import ActivityOptions
from engine.activity.scenes import ActivityClass, Cluster, Scene, read_scene
from engine.activity.sites import Site, Sites
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


def sites(*patches: Polygon, grid: Grid = GRID, **options: Any) -> list[Site | None]:
    return list(Sites(gpd.GeoSeries(list(patches), crs="EPSG:4326"), grid, ActivityOptions(**options)))


def scene(motion: Motion, patch: Polygon = PATCH, *, surroundings: float = 0.0, **options: Any) -> Scene:
    (site,) = sites(patch, grid=motion.grid, **options)
    given = ActivityOptions(**options)
    return read_scene(site, geodesic_area(patch), motion, given, surroundings=surroundings)


def in_grid(cluster: Cluster) -> np.ndarray:
    """Its pixels, shape of the grid."""
    pixels = np.zeros(GRID.shape, bool)
    pixels[cluster.block.slices] = cluster.pixels
    return pixels


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
    assert scene(moving((INSIDE, rate))).paper is activity


def test_the_threshold_is_an_option() -> None:
    assert scene(moving((INSIDE, 5.5)), threshold_mm_per_year=6.0).paper is ActivityClass.NO_CHANGE
    assert scene(moving((INSIDE, 5.5)), threshold_mm_per_year=5.5).paper is ActivityClass.NO_CHANGE
    assert scene(moving((INSIDE, 5.5)), threshold_mm_per_year=5.0).paper is ActivityClass.POSITIVE


def test_still_ground_is_no_change() -> None:
    seen = scene(still())
    assert seen.paper is ActivityClass.NO_CHANGE
    assert seen.nearest is None
    assert (seen.coherent_pixels, seen.decorrelated_pixels) == (100, 0)
    assert seen.observed_share == pytest.approx(1.0, abs=1e-4)
    assert seen.detectable_rate == pytest.approx(T95)


# Clusters


@pytest.mark.parametrize(("pixels", "found"), [(9, False), (10, True)])
def test_a_cluster_needs_ten_pixels(pixels: int, found: bool) -> None:
    motion = still()
    motion.rate[20, 15 : 15 + pixels] = -12
    assert (scene(motion).paper is ActivityClass.NEGATIVE) is found


def test_pixels_that_touch_at_corners_are_one_cluster() -> None:
    motion = still()
    motion.rate[range(15, 25), range(15, 25)] = -12
    seen = scene(motion)
    assert seen.nearest is not None
    assert (seen.nearest.count, seen.nearest.parts) == (10, 1)


def test_scattered_pixels_are_noise() -> None:
    motion = still()
    motion.rate[10:30:2, 10:30:2] = -40
    assert scene(motion).paper is ActivityClass.NO_CHANGE


def test_neighbours_of_both_signs_are_no_cluster_together() -> None:
    assert scene(moving(((slice(15, 18), slice(15, 18)), 9.0), ((slice(15, 18), slice(18, 21)), -9.0))).paper is (
        ActivityClass.NO_CHANGE
    )


def test_a_cluster_is_described_by_what_it_holds() -> None:
    motion = moving((INSIDE, -8.0))
    motion.rate[15, 15:17] = -20.0
    motion.rate[16, 15] = -5.5
    motion.standard_error[INSIDE] = 3.0
    cluster = scene(motion).nearest
    assert cluster is not None
    np.testing.assert_array_equal(in_grid(cluster), motion.rate != 0)
    assert (cluster.count, cluster.parts, cluster.distance_m) == (10, 1, 0.0)
    assert (cluster.median_rate, cluster.extreme_rate, cluster.standard_error) == (-8.0, -20.0, 3.0)
    assert cluster.significant_share == pytest.approx(0.9)  # 5.5 is less than 2.2 x 3.0
    assert cluster.area_m2 == pytest.approx(10 * 100**2 / 0.9996**2, rel=1e-3)


# The halo


@pytest.mark.parametrize(("first_row", "found"), [(27, True), (30, False)])
def test_the_halo_reaches_five_hundred_metres(first_row: int, found: bool) -> None:
    seen = scene(moving(((slice(first_row, first_row + 8), slice(15, 25)), -12.0)))
    assert (seen.paper is ActivityClass.NEGATIVE) is found


def test_only_what_lies_in_the_halo_counts() -> None:
    """The ground sinks from row 27 on; the halo ends after row 29."""
    cluster = scene(moving(((slice(27, 40), slice(16, 24)), -12.0))).nearest
    assert cluster is not None
    assert np.flatnonzero(in_grid(cluster).any(axis=1)).max() == 29
    assert cluster.distance_m == pytest.approx(300.0, rel=1e-3)


def test_the_halo_s_radius_is_an_option() -> None:
    motion = moving(((slice(27, 30), slice(15, 25)), -12.0))
    assert scene(motion, radius_m=200.0).paper is ActivityClass.NO_CHANGE
    assert scene(motion, radius_m=900.0).paper is ActivityClass.NEGATIVE


# Both signs


BELOW: Place = (slice(27, 30), slice(16, 24))  # 24 pixels, from 300 m on
ABOVE: Place = (slice(11, 14), slice(16, 24))  # 24 pixels, from 200 m on


def test_of_both_signs_the_nearer_speaks() -> None:
    assert scene(moving((BELOW, -30.0), (ABOVE, 6.0))).paper is ActivityClass.POSITIVE
    assert scene(moving((BELOW, 30.0), (ABOVE, -6.0))).paper is ActivityClass.NEGATIVE


def test_the_farther_is_no_part_of_what_speaks() -> None:
    cluster = scene(moving((BELOW, 30.0), (ABOVE, 6.0))).nearest
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
    assert seen.paper is activity
    assert seen.nearest is not None
    assert (seen.nearest.count, seen.nearest.distance_m) == (10, 0.0)


def test_more_ground_outweighs_faster_ground() -> None:
    """15 pixels at 6 mm/yr move more than 10 at 8."""
    seen = scene(moving(((slice(15, 20), slice(15, 18)), 6.0), ((slice(15, 20), slice(20, 22)), -8.0)))
    assert seen.paper is ActivityClass.POSITIVE


def test_clusters_of_the_patch_speak_together() -> None:
    """Two of one sign against a greater one of the other."""
    west, east = (slice(15, 20), slice(15, 17)), (slice(15, 20), slice(23, 25))
    seen = scene(moving((west, -8.0), (east, -8.0), ((slice(15, 20), slice(19, 21)), 12.0)))
    assert seen.paper is ActivityClass.NEGATIVE
    assert seen.nearest is not None
    assert (seen.nearest.parts, seen.nearest.count) == (2, 20)


# Decorrelation


@pytest.mark.parametrize(
    ("rows", "activity"), [(5, ActivityClass.NO_CHANGE), (6, ActivityClass.DECORRELATED)], ids=["half", "more"]
)
def test_a_patch_that_has_lost_more_than_half_is_decorrelated(rows: int, activity: ActivityClass) -> None:
    seen = scene(lost(still(), (slice(15, 15 + rows), slice(15, 25))))
    assert seen.paper is activity
    assert (seen.decorrelated_pixels, seen.coherent_pixels) == (10 * rows, 100 - 10 * rows)


def test_loss_of_coherence_goes_before_motion_nearby() -> None:
    seen = scene(lost(moving((BELOW, -30.0)), (slice(15, 25), slice(15, 25))))
    assert seen.paper is ActivityClass.DECORRELATED
    assert seen.nearest is not None  # it is shown all the same
    assert np.isnan(seen.detectable_rate)


def test_loss_of_coherence_in_the_halo_alone_does_not_count() -> None:
    assert scene(lost(still(), (slice(10, 15), slice(0, 40)))).paper is ActivityClass.NO_CHANGE


def test_the_share_is_of_what_was_seen() -> None:
    """Of ten rows the radar saw four, and lost three of these."""
    motion = lost(unseen(still(), (slice(19, 25), slice(0, 40))), (slice(15, 18), slice(15, 25)))
    seen = scene(motion)
    assert seen.paper is ActivityClass.DECORRELATED
    assert seen.observed_share == pytest.approx(0.4, abs=1e-3)


# Not observable


def test_a_patch_outside_the_frame_is_not_observable() -> None:
    far = shapely.transform(PATCH, lambda corners: np.add(corners, (1.0, 0.0)))
    seen = scene(moving((INSIDE, -12.0)), far)
    assert seen.paper is ActivityClass.NOT_OBSERVABLE
    assert (seen.observed_share, seen.coherent_pixels, seen.nearest) == (0.0, 0, None)
    assert np.isnan(seen.detectable_rate)


def test_a_patch_that_the_radar_did_not_see_is_not_observable_whatever_moves_beside_it() -> None:
    seen = scene(unseen(moving((BELOW, -30.0)), (slice(15, 25), slice(15, 25))))
    assert seen.paper is ActivityClass.NOT_OBSERVABLE
    assert seen.nearest is None


def test_a_patch_of_which_too_little_is_coherent_is_not_called_still() -> None:
    """Eighteen pixels were seen: nine are lost, nine are coherent, where ten would be needed for a cluster."""
    motion = unseen(still(), (slice(17, 25), slice(0, 40)))
    motion = unseen(motion, (slice(15, 17), slice(24, 25)))
    seen = scene(lost(motion, (slice(15, 16), slice(15, 24))))
    assert (seen.coherent_pixels, seen.decorrelated_pixels) == (9, 9)
    assert seen.paper is ActivityClass.NOT_OBSERVABLE


def test_a_flagged_pixel_is_neither_motion_nor_loss() -> None:
    """Minimum-norm pixels come without a rate, and are not decorrelated; where all are, nothing can be said."""
    motion = moving((INSIDE, -12.0))
    motion.rate[:], motion.standard_error[:] = np.nan, np.nan
    assert scene(motion).paper is ActivityClass.NOT_OBSERVABLE


def test_half_a_patch_in_the_frame_is_told_by_its_share() -> None:
    across = outline(slice(15, 25), slice(35, 45))
    seen = scene(still(), across)
    assert seen.paper is ActivityClass.NO_CHANGE
    assert seen.observed_share == pytest.approx(0.5, abs=1e-3)


def test_a_patch_smaller_than_a_pixel_is_seen_by_the_pixel_it_lies_in() -> None:
    small = to_degrees(box(502_010, 5_647_910, 502_040, 5_647_940))
    seen = scene(moving(((slice(18, 24), slice(18, 24)), -12.0)), small)
    assert seen.paper is ActivityClass.NEGATIVE


# Grids


def test_pixels_of_a_patch_are_those_whose_centre_it_holds() -> None:
    (site,) = sites(PATCH)
    assert site is not None
    inside = np.zeros(GRID.shape, bool)
    inside[site.block.slices] = site.inside
    assert inside.sum() == 100
    assert inside[15:25, 15:25].all()


def test_in_degrees_distance_and_area_are_those_of_the_ground() -> None:
    """At 60° north a pixel of 0.001° is some 111 m high and 56 m wide."""
    grid = Grid(CRS.from_epsg(4326), Affine(0.001, 0, 15.0, 0, -0.001, 60.0), (40, 40))
    patch = outline(slice(15, 25), slice(15, 25), grid)
    seen = scene(moving(((slice(15, 25), slice(28, 32)), -12.0), grid=grid), patch)
    assert seen.nearest is not None
    assert seen.nearest.distance_m == pytest.approx(4 * 55.7, rel=0.01)  # from centre to centre
    assert seen.nearest.area_m2 == pytest.approx(geodesic_area(outline(slice(15, 25), slice(28, 32), grid)), rel=1e-3)


def test_rasters_are_left_as_they_were() -> None:
    motion = lost(moving((INSIDE, -12.0)), (slice(20, 22), slice(20, 25)))
    before = motion.rate.copy()
    scene(motion)
    np.testing.assert_array_equal(motion.rate, before)


# Patches beside one another


NEIGHBOUR = outline(slice(15, 25), slice(29, 35))  # four pixels east of the patch


def halo_of(site: Site) -> int:
    return int(site.scene.sum())


def test_ground_counts_for_the_patch_that_is_nearer() -> None:
    one, other = sites(PATCH, NEIGHBOUR)
    (alone,) = sites(PATCH)
    assert one is not None
    assert other is not None
    assert alone is not None
    halo = np.zeros(GRID.shape, int)
    for number, site in ((1, one), (2, other)):
        assert not (halo[site.block.slices] * site.halo).any()
        halo[site.block.slices] += number * site.halo
    assert halo[20, 25] == 1
    assert halo[20, 28] == 2
    assert one.shared == pytest.approx(1 - halo_of(one) / halo_of(alone), abs=1e-9)
    assert 0.1 < one.shared < 0.3


def test_motion_of_a_neighbour_does_not_speak() -> None:
    motion = moving(((slice(15, 25), slice(29, 35)), -12.0))
    alone = scene(motion)
    assert alone.paper is ActivityClass.NEGATIVE
    one, other = sites(PATCH, NEIGHBOUR)
    area, given = geodesic_area(PATCH), ActivityOptions()
    assert read_scene(one, area, motion, given).paper is ActivityClass.NO_CHANGE
    assert read_scene(other, area, motion, given).paper is ActivityClass.NEGATIVE


def test_patches_that_overlap_both_have_their_ground() -> None:
    one, other = sites(PATCH, outline(slice(15, 25), slice(20, 30)))
    assert one is not None
    assert other is not None
    assert (one.inside.sum(), other.inside.sum()) == (100, 100)


# The ground of the patch itself


def test_what_is_told_from_noise_and_passes_the_threshold_somewhere_moves() -> None:
    """Ten pixels at 4 mm/yr are told from 0 with an error of 1; one of them has to be beyond 5."""
    motion = moving((INSIDE, -4.0))
    assert scene(motion).activity is ActivityClass.NO_CHANGE
    motion.rate[15, 15] = -5.5
    seen = scene(motion)
    assert (seen.activity, seen.paper) == (ActivityClass.NEGATIVE, ActivityClass.NO_CHANGE)
    assert seen.own is not None
    assert (seen.own.count, seen.own.distance_m) == (10, 0.0)


def test_what_noise_explains_does_not_move() -> None:
    motion = moving((INSIDE, -9.0))
    motion.standard_error[INSIDE] = 5.0
    seen = scene(motion)
    assert (seen.activity, seen.paper) == (ActivityClass.NO_CHANGE, ActivityClass.NEGATIVE)


def test_motion_beside_the_patch_is_not_its_own() -> None:
    seen = scene(moving((BELOW, -30.0)))
    assert (seen.activity, seen.paper) == (ActivityClass.NO_CHANGE, ActivityClass.NEGATIVE)
    assert seen.own is None
    assert seen.cluster is seen.nearest


def test_motion_is_held_against_the_ground_round_it() -> None:
    """All of the frame moves by 8 mm/yr, and so does the ground round the patch: nothing of its own."""
    motion = moving(((slice(0, 40), slice(0, 40)), -8.0))
    assert scene(motion).activity is ActivityClass.NEGATIVE
    assert scene(motion, surroundings=-8.0).activity is ActivityClass.NO_CHANGE


@pytest.mark.parametrize(("pixels", "activity"), [(9, ActivityClass.NOT_OBSERVABLE), (10, ActivityClass.NO_CHANGE)])
def test_fewer_pixels_than_a_cluster_are_not_observable(pixels: int, activity: ActivityClass) -> None:
    small = outline(slice(15, 16), slice(15, 15 + pixels))
    seen = scene(still(), small)
    assert (seen.activity, seen.paper) == (activity, ActivityClass.NO_CHANGE)


def test_a_small_patch_that_is_lost_is_not_observable() -> None:
    small = outline(slice(15, 18), slice(15, 18))
    seen = scene(lost(still(), (slice(15, 18), slice(15, 18))), small)
    assert (seen.activity, seen.paper) == (ActivityClass.NOT_OBSERVABLE, ActivityClass.DECORRELATED)
