"""The mask by two thresholds: strips put together are the whole, and what each region is called."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.grid import Block
from engine.patches.mask import NO_MASK, write_mask
from engine.raster import Raster, start_cog
from tests.engine.patches.conftest import grid_of


def masked(
    folder: Path, by_class: NDArray[np.uint8], low: float, high: float, strip: int = 512
) -> tuple[NDArray[np.uint8], dict[str, int]]:
    """The mask of class probabilities in per cent, shape (classes, rows, cols), 255 for no data."""
    missing = by_class[0] == 255
    total = np.where(missing, 255, by_class.sum(axis=0, dtype=int)).astype(np.uint8)
    grid = grid_of(*total.shape)
    for name, bands in (("total.tif", total[None]), ("classes.tif", by_class)):
        names = [str(number) for number in range(len(bands))]
        with start_cog(folder / name, grid, dtype="uint8", nodata=255, unit="%", names=names) as write:
            write(Block(0, grid.rows, 0, grid.cols), bands)
    report = write_mask(folder / "total.tif", folder / "classes.tif", folder / "mask.tif", (low, high), strip=strip)
    with Raster(folder / "mask.tif") as raster:
        assert raster.nodata == NO_MASK
        return raster.read(), report


def at_once(by_class: NDArray[np.uint8], low: float, high: float) -> NDArray[np.uint8]:
    """Region by region, over the whole image."""
    missing = by_class[0] == 255
    total = by_class.sum(axis=0, dtype=int)
    regions, count = label((total >= 100 * low) & ~missing, np.ones((3, 3)))
    mask = np.where(missing, NO_MASK, 0).astype(np.uint8)
    for number in range(1, count + 1):
        region = regions == number
        if total[region].max() >= 100 * high:
            mask[region] = 1 + int(by_class[:, region].sum(axis=1, dtype=int).argmax())
    return mask


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 40),
    cols=st.integers(1, 40),
    strip=st.integers(1, 41),
    low=st.sampled_from([0.0, 0.35, 0.6]),
    further=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 10_000),
)
def test_strips_put_together_are_the_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: int, cols: int, strip: int, low: float, further: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    total = random.integers(0, 101, (rows, cols))
    first = np.rint(total * random.random((rows, cols))).astype(np.uint8)
    by_class = np.stack([first, (total - first).astype(np.uint8)])
    by_class[:, random.random((rows, cols)) < 0.1] = 255
    found, report = masked(tmp_path_factory.mktemp("mask"), by_class, low, low + further, strip)
    wanted = at_once(by_class, low, low + further)
    np.testing.assert_array_equal(found, wanted)
    assert report["mask_pixels"] == ((wanted > 0) & (wanted != NO_MASK)).sum()


def test_a_region_winds_through_many_strips(tmp_path: Path) -> None:
    """A spiral is one region however it is cut, and of the class that prevails in all of it."""
    way = np.zeros((15, 15), bool)
    for edge in range(0, 8, 2):
        way[edge : 15 - edge, [edge, 14 - edge]] = way[[edge, 14 - edge], edge : 15 - edge] = True
        way[edge + 1, edge] = False
        way[edge + 2, edge : edge + 3] |= edge < 6
    way[7, 7] = True
    by_class = np.zeros((2, 15, 15), np.uint8)
    by_class[0, way], by_class[1, way] = 30, 25
    by_class[:, 7, 7] = 10, 90
    _, count = label(way, np.ones((3, 3)))
    for strip in (1, 2, 15):
        found, report = masked(tmp_path, by_class, 0.5, 0.9, strip)
        assert (count, report["mask_regions"]) == (1, 1)
        np.testing.assert_array_equal(found, way.astype(np.uint8))


def test_pixels_between_the_thresholds_need_one_that_is_above_both(tmp_path: Path) -> None:
    by_class = np.zeros((1, 5, 9), np.uint8)
    by_class[0, 1, 1:4] = 40, 45, 60
    by_class[0, 2, 4] = 30  # by its corner
    by_class[0, 1:3, 6:8] = 49
    found, report = masked(tmp_path, by_class, 0.3, 0.5)
    assert report == {"mask_regions": 1, "mask_pixels": 4}
    assert found[1].tolist() == [0, 1, 1, 1, 0, 0, 0, 0, 0]
    assert found[2, 4] == 1
