"""Outlines of patches: from a raster of their numbers to polygons without the pixels' stairs."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry import shape as to_shape

from engine.grid import Grid, geodesic_area

Geometries = NDArray[np.object_]

# A patch whose area simplification would change by more than this share is simplified less.
AREA_CHANGE = 0.05
# Of the tolerance, from the coarsest: three quarters of a pixel still take away stairs of one, 0 takes away nothing.
STEPS = (1.0, 0.5, 0.0)


def outline_patches(patches: NDArray[np.int32], grid: Grid, tolerance_pixels: float = 1.5) -> gpd.GeoDataFrame:
    """Outline every patch, holes included; neighbours keep their common boundary, without gaps or overlaps.

    Parameters
    ----------
    patches : shape of the grid, 0 where there is none. Pixels of a patch that are not connected by their sides become
    parts of one multipolygon.
    tolerance_pixels : corners go when the triangle that they make with their neighbours is smaller than the square of
    this (Visvalingam & Whyatt 1993, on all outlines together); 1.5 also takes the stairs of two pixels that bands of
    half the resolution leave. Small patches, which would lose their form, keep it.

    Returns
    -------
    Columns patch (the number), area_m2 (geodesic, of the outline), geometry in the grid's CRS; by number.

    Raises
    ------
    ValueError
        When the raster has not the grid's shape.
    """
    if patches.shape != grid.shape:
        raise ValueError(f"patches of shape {patches.shape} do not fit a grid of shape {grid.shape}")
    numbers, outlines = _pixel_outlines(patches)
    placed = shapely.transform(_simplify(outlines, tolerance_pixels), lambda xy: _place(xy, grid))
    table = gpd.GeoDataFrame({"patch": numbers}, geometry=list(placed), crs=grid.crs)
    areas = [geodesic_area(outline) for outline in table.geometry.to_crs("EPSG:4326")]
    table.insert(1, "area_m2", np.array(areas, np.float64))
    return table


def _pixel_outlines(patches: NDArray[np.int32]) -> tuple[NDArray[np.int32], Geometries]:
    """Numbers, and outlines along the sides of pixels, in columns and rows, with a vertex at every pixel's corner."""
    parts: dict[int, list[shapely.Polygon]] = {}
    for outline, number in shapes(patches.astype(np.int32), mask=patches > 0, connectivity=4):
        parts.setdefault(int(number), []).append(to_shape(outline))
    numbers = sorted(parts)
    outlines = np.empty(len(numbers), object)
    outlines[:] = [
        shapely.MultiPolygon(parts[number]) if len(parts[number]) > 1 else parts[number][0] for number in numbers
    ]
    # Where three patches meet, the one with the straight side has a vertex too only if every corner has one.
    return np.array(numbers, np.int32), shapely.segmentize(outlines, 1.0)


def _simplify(outlines: Geometries, tolerance: float) -> Geometries:
    """Simplify each group of touching patches as far as all of them bear it (see AREA_CHANGE)."""
    if not outlines.size:
        return outlines
    steps = [shapely.coverage_simplify(outlines, tolerance * step) for step in STEPS]
    group = _touching(outlines)
    step = np.zeros(outlines.size, int)
    while True:
        simplified = np.choose(step, steps)
        failed = ~_bears(outlines, simplified)
        failed[_overlapping(simplified, group)] = True
        again = np.isin(group, group[failed]) & (step < len(STEPS) - 1)
        if not again.any():
            return simplified
        step[again] += 1


def _touching(outlines: Geometries) -> NDArray[np.int32]:
    """The group of each outline: those that touch, if only in a corner, or through others, are of one."""
    one, other = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    links = coo_array((np.ones(one.size), (one, other)), shape=(outlines.size, outlines.size))
    groups: NDArray[np.int32] = connected_components(links, directed=False)[1]
    return groups


def _bears(outlines: Geometries, simplified: Geometries) -> NDArray[np.bool_]:
    before, after = shapely.area(outlines), shapely.area(simplified)
    sound: NDArray[np.bool_] = shapely.is_valid(simplified) & (np.abs(after - before) <= AREA_CHANGE * before)
    return sound


def _overlapping(simplified: Geometries, group: NDArray[np.int32]) -> NDArray[np.int64]:
    """Outlines that meet one of another group: groups simplified to different steps know nothing of each other."""
    one, other = shapely.STRtree(simplified).query(simplified, predicate="intersects")
    met: NDArray[np.int64] = one[group[one] != group[other]]
    return met


def _place(xy: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """From columns and rows to the grid's coordinates."""
    to = grid.transform
    col, row = xy.T
    return np.column_stack([to.a * col + to.b * row + to.c, to.d * col + to.e * row + to.f])
