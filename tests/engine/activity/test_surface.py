"""The surface of patches from image to image: what was laid on the ground is read off it, whatever the light."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from pyproj import CRS
from scipy.ndimage import gaussian_filter
from shapely.geometry import box

from engine.activity.normalisation import normalise
from engine.activity.surface import SURFACE, read_surfaces
from engine.grid import Grid
from engine.raster import start_cog

BANDS = ("red", "green", "blue", "nir")
PLACES = {"still": (40, 40), "graded": (40, 140), "panels": (140, 40), "green": (140, 140)}
EDGE = 60
GAIN, OFFSET = np.array([1.3, 1.2, 1.1, 0.9]), np.array([90.0, 110.0, 150.0, 40.0])


def grid_of(pixel: float) -> Grid:
    return Grid(CRS.from_epsg(32648), Affine(pixel, 0, 500_000.0, 0, -pixel, 4_150_000.0), (240, 240))


def images() -> tuple[np.ndarray, np.ndarray]:
    """Textured ground of four bands, and the same in another light, with three places changed."""
    chance = np.random.default_rng(1)
    ground = (
        gaussian_filter(chance.normal(size=(240, 240)), 1.0) * 300
        + gaussian_filter(chance.normal(size=(240, 240)), 12.0) * 2000
    )
    own = [gaussian_filter(chance.normal(size=(240, 240)), 3.0) * 200 for _ in BANDS]
    first = np.stack([1500 + 200 * at + ground + noise for at, noise in enumerate(own)])
    second = first + chance.normal(0, 4, first.shape)
    rows = np.arange(EDGE)[:, None] * np.ones(EDGE)
    for name, (row, col) in PLACES.items():
        part = np.s_[:, row : row + EDGE, col : col + EDGE]
        if name == "graded":
            second[part] = 1900 + chance.normal(0, 15, (4, EDGE, EDGE))
        elif name == "panels":
            second[part] = np.where(rows % 6 < 3, 500, 2300)[None] + chance.normal(0, 20, (4, EDGE, EDGE))
        elif name == "green":
            second[0, row : row + EDGE, col : col + EDGE] *= 0.5
            second[3, row : row + EDGE, col : col + EDGE] *= 1.5
    lit = second * GAIN[:, None, None] + OFFSET[:, None, None]
    return first, lit


def write(folder: Path, pixel: float) -> tuple[Path, Path]:
    grid = grid_of(pixel)
    paths = folder / "first.tif", folder / "second.tif"
    for path, values in zip(paths, images(), strict=True):
        with start_cog(path, grid, dtype=np.float32, nodata=np.nan, unit="1", names=list(BANDS)) as put:
            (block,) = grid.blocks(240)
            put(block, values.astype(np.float32))
    return paths


def grounds(pixel: float) -> gpd.GeoDataFrame:
    shapes = []
    for row, col in PLACES.values():
        west, north = grid_of(pixel).transform @ (col, row)
        shapes.append(box(west, north - EDGE * pixel, west + EDGE * pixel, north))
    table = gpd.GeoDataFrame({"patch_id": list(PLACES)}, geometry=shapes, crs=32648)
    return table.to_crs("EPSG:4326")


def read(folder: Path, pixel: float, bands: tuple[str, ...] = BANDS) -> pd.DataFrame:
    first, second = write(folder, pixel)
    read_surfaces(grounds(pixel), first, second, bands, folder)
    return pd.read_parquet(folder / SURFACE).set_index("patch_id")


def test_the_light_is_taken_from_what_did_not_change() -> None:
    first, second = images()
    pixels = [image.reshape(4, -1).T for image in (first, second)]
    found = normalise(*pixels)
    assert found is not None
    np.testing.assert_allclose(found.gain, 1 / GAIN, rtol=0.02)
    still = np.ones((240, 240), bool)
    for row, col in PLACES.values():
        still[row : row + EDGE, col : col + EDGE] = False
    off = found.apply(second.astype(np.float32))[:, still] - first[:, still]
    assert np.abs(off.mean(axis=1)).max() < 15


@pytest.mark.parametrize("copies", [(0, 0, 0), (0, 1, 0, 2)], ids=["grey", "one band twice"])
def test_bands_that_follow_from_others_do_not_stop_it(copies: tuple[int, ...]) -> None:
    """As in a grey picture that is kept as red, green and blue."""
    pixels = [image[list(copies)].reshape(len(copies), -1).T for image in images()]
    found = normalise(*pixels)
    assert found is not None
    np.testing.assert_allclose(found.gain, 1 / np.broadcast_to(GAIN, 4)[list(copies)], rtol=0.03)


def test_images_that_have_nothing_in_common_are_not_normalised() -> None:
    flat = np.ones((1000, 3))
    assert normalise(flat, flat) is None
    assert (
        normalise(np.random.default_rng(0).normal(size=(50, 3)), np.random.default_rng(1).normal(size=(50, 3))) is None
    )


def test_each_surface_is_what_was_laid_on_it(tmp_path: Path) -> None:
    found = read(tmp_path, 1.0)
    assert found["surface"].dropna().to_dict() == {
        "graded": "levelled",
        "panels": "solar_station",
        "green": "revegetated",
    }
    assert found.loc["still", "texture_ratio"] == pytest.approx(1.0, abs=0.1)
    assert found.loc["still", "brightness_ratio"] == pytest.approx(1.0, abs=0.05)
    assert found.loc["green", "ndvi_change"] > 0.3


def test_coarse_pixels_tell_no_texture(tmp_path: Path) -> None:
    found = read(tmp_path, 10.0)
    assert found["surface"].dropna().to_dict() == {"green": "revegetated"}


def test_without_infrared_nothing_is_green(tmp_path: Path) -> None:
    found = read(tmp_path, 1.0, ("a", "b", "c", "d"))
    assert found["ndvi_change"].isna().all()
    assert "revegetated" not in set(found["surface"])
