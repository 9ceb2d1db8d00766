"""What the images show: no seams, two epochs that differ everywhere, shadows, and mines that look like other ground."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy.ndimage import uniform_filter
from shapely.geometry.base import BaseGeometry

from engine.grid import Block
from engine.simulate.frame import EPOCHS, Frame
from engine.simulate.optics.images import BANDS, Scene, draw_image
from engine.simulate.plan import ConfuserKind, MineClass, Plan
from engine.simulate.terrain import SPACING_M, Terrain
from tests.engine.simulate.tiny import CLOSE, TINY, WIDE, planned, scene

SEEDS, SEASONS = (1, 2), (0, 1)
FRAME = Frame(TINY, 1)
# All but two are planned for other tests as well.
PLACES = (*(Frame(TINY, seed) for seed in (*SEEDS, 3, 4)), *(Frame(CLOSE, seed) for seed in SEEDS), Frame(WIDE, 1))
Image = NDArray[np.uint8]


def whole_of(frame: Frame) -> Block:
    return Block(0, frame.optical_grid.rows, 0, frame.optical_grid.cols)


def image(seed: int, season: int) -> Image:
    return image_of(Frame(TINY, seed), season)


@cache
def image_of(frame: Frame, season: int) -> Image:
    return draw_image(scene(frame), whole_of(frame), season)


def burnt(plan: Plan, shapes: list[BaseGeometry]) -> NDArray[np.bool_]:
    """Where a pixel's centre lies in one of the shapes."""
    grid = plan.frame.optical_grid
    if not shapes:
        return np.zeros(grid.shape, np.bool_)
    return rasterize(shapes, grid.shape, transform=grid.transform, dtype="uint8").astype(bool)


def mined(plan: Plan, season: int) -> NDArray[np.bool_]:
    outlines = [patch.after if season else patch.before for patch in plan.patches]
    return burnt(plan, [outline for outline in outlines if outline is not None])


# Windows


@pytest.mark.parametrize("season", SEASONS)
def test_blocks_meet_without_a_seam(season: int) -> None:
    """Sums of another order may round a value the other way, here and there."""
    away = np.concatenate([difference(block, season).ravel() for block in FRAME.optical_grid.blocks(267)])
    assert away.size == image(1, season).size
    assert away.max() <= 1 and np.mean(away > 0) < 1e-5


@pytest.mark.parametrize("season", SEASONS)
def test_what_a_block_hardly_touches_is_drawn_as_in_the_whole(season: int) -> None:
    """Blocks whose corner is that of a shape's extent: nearly all of it lies beyond their margin or in it."""
    plan, grid = scene(FRAME).plan, FRAME.optical_grid
    shapes = [turbine.pad for turbine in plan.turbines] + [plan.ponds[0], plan.village]
    shapes += [patch.ground for patch in plan.patches if patch.ground.area > 5_000]
    away = []
    for shape in shapes:
        west, south, east, north = shape.bounds
        for x, y, right, down in ((west, north, -1, -1), (east, south, 1, 1), (west, south, -1, 1)):
            col, row = (round(value) for value in ~grid.transform @ (x, y))
            cols, rows = sorted((col - 2 * right, col + 18 * right)), sorted((row - 2 * down, row + 18 * down))
            if rows[0] >= 0 and rows[1] <= grid.rows and cols[0] >= 0 and cols[1] <= grid.cols:
                away.append(difference(Block(*rows, *cols), season).ravel())
    assert len(away) > 15
    assert np.max(np.concatenate(away)) <= 1 and np.mean(np.concatenate(away) > 0) < 2e-4


def difference(block: Block, season: int) -> NDArray[np.int16]:
    """Between a block drawn alone and the same cut from the whole, DN."""
    alone, cut = draw_image(scene(FRAME), block, season), image(1, season)[(slice(None), *block.slices)]
    return np.abs(alone.astype(np.int16) - cut)


# Two epochs


def test_an_image_uses_the_range_that_it_has() -> None:
    for season in SEASONS:
        one = image(1, season)
        assert one.shape == (len(BANDS), *FRAME.optical_grid.shape) and one.dtype == np.uint8
        assert one.min() >= 1  # 0 would be no data
        assert np.mean(one == 255) < 0.005 and np.mean(one == 1) < 0.005
        assert all(band.std() > 10 for band in one)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_epochs_differ_though_nothing_changed(seed: int) -> None:
    """Differencing them flags far more ground that did not change than ground that did."""
    plan = scene(Frame(TINY, seed)).plan
    away = np.abs(image(seed, 0).astype(np.int16) - image(seed, 1)).max(axis=0)
    changed = mined(plan, 0) != mined(plan, 1)
    for least in (10, 20, 30):
        flagged = away > least
        assert np.sum(flagged & ~changed) > 20 * np.sum(flagged & changed)
    # Of most of the ground that is still, by more than noise; and what changed is seen for all that.
    assert np.mean(away[~changed] > 5) > 0.6
    assert np.mean(away[changed] > 20) > 1.3 * np.mean(away[~changed] > 20)


def test_one_image_is_not_the_other_made_brighter() -> None:
    """By less than a pixel; nor is one the other in another light: fields, grain and shadows are those of a season."""
    assert EPOCHS[0].shift_m == (0, 0) and 0.5 < np.hypot(*EPOCHS[1].shift_m) < 0.6
    assert EPOCHS[0].gain != EPOCHS[1].gain and EPOCHS[0].haze != EPOCHS[1].haze
    still = np.corrcoef(*(one[0].astype(np.float64).ravel() for one in (image(1, 0), image(1, 1))))[0, 1]
    assert 0.2 < still < 0.95


# Shadows


def away_from_sun(season: int) -> NDArray[np.float64]:
    """(east, north), of length 1."""
    azimuth = np.radians(EPOCHS[season].sun_azimuth)
    return -np.array([np.sin(azimuth), np.cos(azimuth)])


@pytest.mark.parametrize("season", SEASONS)
def test_mountains_throw_their_shadows_away_from_the_sun(season: int) -> None:
    terrain = Terrain(FRAME)
    tower = np.full((len(terrain.y), len(terrain.x)), 1_300.0, np.float32)
    tower[150:152, 150:152] += 100.0
    vars(terrain)["height"] = tower
    light = terrain.sunlight[season]
    assert light.min() == 0 and light[:100].min() == 1
    rows, cols = np.nonzero(light < 0.5)
    places = SPACING_M * np.column_stack([cols - 150.5, 150.5 - rows])
    along = places @ away_from_sun(season)
    across = places @ (away_from_sun(season)[::-1] * [1, -1])
    length = 100.0 / np.tan(np.radians(EPOCHS[season].sun_elevation))
    assert along.min() > -15 and along.max() == pytest.approx(length, abs=25)
    assert np.abs(across).max() < 25


@pytest.mark.parametrize("season", SEASONS)
def test_houses_and_masts_throw_their_shadows_away_from_the_sun(season: int) -> None:
    plan, terrain = planned(FRAME)
    grid = plan.frame.optical_grid
    for there, without in ((plan.buildings, replace(plan, buildings=())), (turbines(plan), replace(plan, turbines=()))):
        bare = draw_image(Scene.of(without, terrain), whole_of(FRAME), season)
        near = shapely.union_all([shape.centroid.buffer(160) for shape in there])
        darker = (image(1, season).astype(np.int16) - bare).max(axis=0) < -12
        darker &= burnt(plan, [near]) & ~burnt(plan, [shape.buffer(3) for shape in there])
        rows, cols = np.nonzero(darker)
        assert len(rows) > 10
        shadows = np.column_stack(grid.transform @ (cols + 0.5, rows + 0.5))
        centres = [shape.centroid for shape in there]
        nearest = shapely.STRtree(centres).nearest(shapely.points(shadows))
        along = (shadows - shapely.get_coordinates(centres)[nearest]) @ away_from_sun(season)
        assert np.mean(along > 0) > 0.9


def turbines(plan: Plan) -> tuple[BaseGeometry, ...]:
    return tuple(turbine.place for turbine in plan.turbines)


# Mines look like other ground


def spread(band: NDArray[np.float32], edge: int) -> NDArray[np.float32]:
    """Standard deviation within a square of `edge` pixels."""
    mean = uniform_filter(band, edge)
    return np.sqrt(np.maximum(uniform_filter(band**2, edge) - mean**2, 0))


def features(frame: Frame) -> dict[str, NDArray[np.float32]]:
    bands = dict(zip(BANDS, image_of(frame, 0).astype(np.float32), strict=True))
    return bands | {
        f"{name} within {edge} pixels": spread(band, edge) for name, band in bands.items() for edge in (5, 11, 23)
    }


def overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Ground that two histograms share (Inman and Bradley, 1989): 1 of equal ones, 0 of those that lie apart."""
    edges = np.linspace(min(one.min(), other.min()), max(one.max(), other.max()), 33)
    shares = [np.histogram(values, edges)[0] / len(values) for values in (one, other)]
    return float(np.minimum(*shares).sum())


@cache
def pooled() -> dict[tuple[MineClass, ConfuserKind | None, str], NDArray[np.float32]]:
    """Values of each feature on each class of mine (None) and on each kind of what looks like it, over the places.

    A place of this size has two or three bodies of a kind, each with its own look: several places make a distribution.
    """
    found: dict[tuple[MineClass, ConfuserKind | None, str], list[NDArray[np.float32]]] = {}
    for frame in PLACES:
        plan, seen = scene(frame).plan, features(frame)
        for like in MineClass:
            own = [p.before for p in plan.patches if p.mine_class is like and p.before is not None]
            grounds = {None: burnt(plan, own)} | {
                kind: burnt(plan, [one.outline for one in plan.confusers if (one.kind, one.like) == (kind, like)])
                for kind in ConfuserKind
            }
            for kind, ground in grounds.items():
                for name, values in seen.items():
                    found.setdefault((like, kind, name), []).append(values[ground])
    return {key: np.concatenate(parts) for key, parts in found.items()}


@pytest.mark.parametrize("like", MineClass, ids=lambda like: like.title)
def test_no_band_and_no_texture_tells_a_mine_from_all_that_looks_like_it(like: MineClass) -> None:
    values = pooled()
    for name in {name for _, _, name in values}:
        mine = values[like, None, name]
        assert len(mine) > 500
        others = [values[like, kind, name] for kind in ConfuserKind if len(values[like, kind, name]) > 500]
        assert len(others) >= 2
        assert max(overlap(mine, other) for other in others) >= 0.5, name
