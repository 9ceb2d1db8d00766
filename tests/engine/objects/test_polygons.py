"""Outlines of patches drawn by hand and at random: sound, apart, and as large as their pixels."""

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import CRS
from scipy.ndimage import gaussian_filter, label

from engine.grid import Grid
from engine.objects.polygons import AREA_CHANGE, outline_patches

# Pixels of 10 m on the central meridian of a zone, where map and ground differ by 0.08 % in area.
GRID = Grid(CRS.from_epsg(32633), Affine(10.0, 0.0, 500_000.0, 0.0, -10.0, 5_650_000.0), (24, 28))
PIXEL_M2 = 100.0


def patches_like(kind: str, seed: int) -> NDArray[np.int32]:
    """Noise (pixels of one number all over the place), or fields of smooth outline in numbered parts."""
    rng = np.random.default_rng(seed)
    if kind == "noise":
        return rng.integers(0, 4, GRID.shape).astype(np.int32)
    field = gaussian_filter(rng.normal(size=GRID.shape), rng.uniform(0.7, 3))
    levels = np.digitize(field / field.std(), [0.0, 0.8])
    patches = np.zeros(GRID.shape, np.int32)
    for level in (1, 2):
        parts, count = label(levels == level)
        patches[parts > 0] = parts[parts > 0] + patches.max()
        assert count == parts.max()
    return patches


def pixel_areas(patches: NDArray[np.int32]) -> NDArray[np.float64]:
    numbers, counts = np.unique(patches[patches > 0], return_counts=True)
    assert numbers.size
    areas: NDArray[np.float64] = counts * PIXEL_M2
    return areas


@settings(max_examples=40, deadline=None)
@given(kind=st.sampled_from(["noise", "fields"]), seed=st.integers(0, 10_000), tolerance=st.sampled_from([0.5, 1, 3]))
def test_outlines_are_sound_apart_and_as_large_as_their_pixels(kind: str, seed: int, tolerance: float) -> None:
    patches = patches_like(kind, seed)
    outlines = outline_patches(patches, GRID, tolerance)
    shapes = outlines.geometry
    assert outlines["patch"].tolist() == np.unique(patches[patches > 0]).tolist()
    assert shapes.is_valid.all()
    assert not shapes.is_empty.any()
    assert shapely.area(shapely.union_all(np.asarray(shapes))) == pytest.approx(shapes.area.sum(), rel=1e-9), "apart"
    np.testing.assert_allclose(shapes.area, pixel_areas(patches), rtol=AREA_CHANGE + 1e-9)
    # The map is smaller than the ground here, by 0.08 %.
    np.testing.assert_allclose(outlines["area_m2"], shapes.area, rtol=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 2), (1, 5), (3, 3)])
def test_small_patches_keep_their_form(size: tuple[int, int]) -> None:
    patches = np.zeros(GRID.shape, np.int32)
    rows, cols = size
    patches[5 : 5 + rows, 8 : 8 + cols] = 7
    outlines = outline_patches(patches, GRID)
    assert outlines["patch"].tolist() == [7]
    west, north = GRID.transform @ (8, 5)
    assert outlines.geometry.iloc[0].equals(shapely.box(west, north - 10 * rows, west + 10 * cols, north))


def test_stairs_become_a_straight_side() -> None:
    patches = np.tri(20, dtype=np.int32)
    outline = outline_patches(patches, Grid(GRID.crs, GRID.transform, (20, 20))).geometry.iloc[0]
    assert outline.area == pytest.approx(210 * PIXEL_M2, rel=AREA_CHANGE)
    assert len(outline.exterior.coords) < 10, "of 60 with all its stairs"


def test_neighbours_share_their_simplified_boundary() -> None:
    row, col = np.indices((24, 28))
    patches = np.where(col < 0.6 * row + 6, 1, 2).astype(np.int32)
    one, other = outline_patches(patches, GRID).geometry
    frame = shapely.box(*GRID.bounds)
    assert shapely.union(one, other).symmetric_difference(frame).area == 0
    assert shapely.shared_paths(one.exterior, other.exterior).length == pytest.approx(
        one.exterior.intersection(other.exterior).length
    )
    assert len(one.exterior.coords) < 15


def test_holes_are_kept() -> None:
    patches = np.ones(GRID.shape, np.int32)
    patches[10:14, 10:14] = 0
    outline = outline_patches(patches, GRID).geometry.iloc[0]
    assert len(outline.interiors) == 1
    assert shapely.Polygon(outline.interiors[0]).area == pytest.approx(16 * PIXEL_M2)


def test_pixels_that_meet_in_a_corner_are_parts_of_one_outline() -> None:
    patches = np.zeros(GRID.shape, np.int32)
    patches[3, 3] = patches[4, 4] = 1
    outline = outline_patches(patches, GRID).geometry.iloc[0]
    assert outline.geom_type == "MultiPolygon"
    assert outline.area == pytest.approx(2 * PIXEL_M2)


def test_a_grid_in_degrees_has_areas_in_square_metres() -> None:
    degrees = Grid(CRS.from_epsg(4326), Affine(0.001, 0.0, 15.0, 0.0, -0.001, 51.0), (20, 20))
    patches = np.zeros((20, 20), np.int32)
    patches[4:12, 5:15] = 1
    outlines = outline_patches(patches, degrees)
    assert outlines.crs == "EPSG:4326"
    assert outlines["area_m2"].iloc[0] == pytest.approx(10 * degrees.pixel_area[4:12].sum(), rel=1e-6)


def test_no_patches_give_an_empty_table_of_the_same_columns() -> None:
    patches = np.zeros(GRID.shape, np.int32)
    empty = outline_patches(patches, GRID)
    patches[0, 0] = 1
    some = outline_patches(patches, GRID)
    assert empty.empty
    assert empty.columns.tolist() == some.columns.tolist() == ["patch", "area_m2", "geometry"]
    assert empty.dtypes.tolist() == some.dtypes.tolist()
    assert empty.crs == GRID.crs


def test_a_raster_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        outline_patches(np.ones((3, 3), np.int32), GRID)
