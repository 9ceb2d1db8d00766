"""The land-cover map: its codes and grid, and as wrong as it should be, no less and no more."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer
from rasterio.features import rasterize

from engine.simulate.land_cover import CODES, cover_grid, mapped_cover, true_cover, write_land_cover
from engine.simulate.plan import Cover
from engine.simulate.terrain import Terrain
from tests.engine.simulate.made_up import made_up_plan

PLAN = made_up_plan("medium", 0)
TERRAIN = Terrain(PLAN.frame)


@pytest.fixture(scope="module")
def covers() -> tuple[np.ndarray, np.ndarray]:
    return true_cover(PLAN, TERRAIN), mapped_cover(PLAN, TERRAIN)


def test_codes_and_grid_are_those_of_worldcover(tmp_path: Path) -> None:
    plan = made_up_plan("small", 0)
    path, again = tmp_path / "a" / "land_cover.tif", tmp_path / "b" / "land_cover.tif"
    for one in (path, again):
        write_land_cover(plan, Terrain(plan.frame), one)
    with rasterio.open(path) as cover:
        assert cover.crs.to_epsg() == 4326 and cover.dtypes == ("uint8",)
        assert set(np.unique(cover.read(1))) <= {20, 30, 40, 50, 60, 80}
        assert (cover.transform.a, -cover.transform.e) == pytest.approx((1 / 12_000, 1 / 12_000))
        assert cover.transform.c * 12_000 == pytest.approx(round(cover.transform.c * 12_000), abs=1e-6)
        west, south, east, north = plan.frame.optical_grid.bounds_lonlat
        assert cover.bounds.left <= west and cover.bounds.bottom <= south
        assert cover.bounds.right >= east and cover.bounds.top >= north
    assert path.read_bytes() == again.read_bytes()


def test_most_is_bare_or_grass_and_the_mountains_are_bare(covers: tuple[np.ndarray, np.ndarray]) -> None:
    true, mapped = covers
    for codes in (true, mapped):
        shares = {int(code): np.mean(codes == code) for code in CODES}
        assert shares[Cover.BARE] > shares[Cover.STEPPE] > shares[Cover.SHRUB] > shares[Cover.BUILT]
        north = codes[: codes.shape[0] // 4]
        assert np.mean(north == Cover.BARE) > 0.8


def test_it_is_wrong_as_such_maps_are(covers: tuple[np.ndarray, np.ndarray]) -> None:
    true, mapped = covers
    assert 0.80 < np.mean(true == mapped) < 0.95
    bare, steppe = true == Cover.BARE, true == Cover.STEPPE
    assert 0.02 < np.mean(mapped[bare] == Cover.STEPPE) < 0.15
    assert 0.05 < np.mean(mapped[steppe] == Cover.BARE) < 0.25
    # Settlements come out too wide, fields are mostly right.
    village = _inside([PLAN.village.buffer(25).difference(PLAN.village.buffer(2))])
    assert 0.2 < np.mean(mapped[village] == Cover.BUILT) < 0.9
    assert np.mean(mapped[_inside([PLAN.village.buffer(-20)])] == Cover.BUILT) > 0.9
    assert 0.7 < np.mean(mapped[true == Cover.FIELD] == Cover.FIELD) < 0.99


def test_some_mines_are_called_built_up_in_part(covers: tuple[np.ndarray, np.ndarray]) -> None:
    _, mapped = covers
    large = [patch for patch in PLAN.patches if patch.ground.area > 1_500]
    numbers = _burnt([patch.ground for patch in large], range(1, len(large) + 1))
    built, fields = (
        np.array([np.mean(mapped[numbers == number] == cover) for number in range(1, len(large) + 1)])
        for cover in (Cover.BUILT, Cover.FIELD)
    )
    assert 0.06 < np.mean(built > 0.1) < 0.3 and np.mean(built > 0.95) < 0.05
    assert 0 < np.mean(fields > 0.1) < 0.1


def test_another_seed_is_another_map() -> None:
    one, other = (
        mapped_cover(made_up_plan("small", seed), Terrain(made_up_plan("small", seed).frame)) for seed in (0, 1)
    )
    assert one.shape == other.shape and np.mean(one == other) < 0.95


def _inside(shapes: list[shapely.Geometry]) -> np.ndarray:
    return _burnt(shapes, [1] * len(shapes)).astype(bool)


def _burnt(shapes: list[shapely.Geometry], values: Iterable[int]) -> np.ndarray:
    grid = cover_grid(PLAN.frame)
    to_degrees = Transformer.from_crs("EPSG:4544", "EPSG:4326", always_xy=True).transform
    placed = [shapely.transform(shape, to_degrees, interleaved=False) for shape in shapes]
    return rasterize(zip(placed, values, strict=True), out_shape=grid.shape, transform=grid.transform)
