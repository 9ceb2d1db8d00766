"""`segment` as a tool of its own: what it writes, what objects are said to be like, and what it refuses."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS

from engine.cli import main
from engine.grid import Grid
from engine.objects.features import describe_objects
from engine.objects.segmentation import SegmentationOptions, segment
from engine.raster import write_cog

IMAGE = Path(__file__).parents[2] / "data" / "segmentation" / "rgb_256.tif"
GRID = Grid(CRS.from_epsg(32633), Affine(10, 0, 500_000, 0, -10, 5_600_000), (40, 60))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "home"))


def test_labels_polygons_and_statistics_tell_of_the_same_objects(tmp_path: Path) -> None:
    assert main(["segment", str(IMAGE), "--scale", "40", "--out", str(tmp_path)]) == 0
    with rasterio.open(IMAGE) as file:
        image = file.read()
    with rasterio.open(tmp_path / "rgb_256-objects.tif") as file:
        labels = file.read(1)
    expected = segment(image, np.ones(labels.shape, bool), SegmentationOptions(scale=40))
    np.testing.assert_array_equal(labels, expected)

    table = gpd.read_file(tmp_path / "rgb_256-objects.gpkg")
    report = json.loads((tmp_path / "rgb_256-objects.json").read_text())
    assert report["objects"] == len(table) == labels.max() and table.crs.to_epsg() == 32633
    assert table.is_valid.all()
    # Neighbours share their boundaries: together they have the area of their union, and that is the image's.
    assert table.area.sum() == pytest.approx(table.union_all().area)
    assert table.area.sum() == pytest.approx(256 * 256 * 100, rel=0.01)
    largest = table.loc[table["area_m2"].idxmax()]
    inside = image[:, labels == largest["label"]].astype(float)
    assert largest["mean_band2"] == pytest.approx(inside[1].mean())
    assert largest["deviation_band2"] == pytest.approx(inside[1].std())


def test_form_and_ground_by_hand() -> None:
    """A square of 4 pixels, a bar of 16 x 1, and the rest; ground that rises 1 m in 10 to the east."""
    labels = np.full(GRID.shape, 3, np.int32)
    labels[10:12, 10:12], labels[20, 30:46] = 1, 2
    bright = np.full(GRID.shape, 100.0)
    bright[20, 50] = 3.0
    height = np.tile(np.arange(60.0), (40, 1))
    table = describe_objects(labels, bright[None], GRID, band_names=["pan"], brightness=bright, height=height)
    square, bar, rest = table.itertuples()
    assert (square.compactness, bar.compactness) == pytest.approx((8 / 2, 34 / 4))
    assert (square.elongation, bar.elongation) == pytest.approx((1, 16))
    assert (bar.shadow_m, rest.shadow_m) == pytest.approx((50, 0), rel=1e-3)
    assert bar.area_m2 == pytest.approx(4 * square.area_m2, rel=1e-4) and square.area_m2 == pytest.approx(400, rel=2e-3)
    assert table["slope_deg"].to_numpy() == pytest.approx(np.degrees(np.arctan(0.1)), rel=2e-3)
    assert (square.mean_pan, square.deviation_pan) == (100, 0) and rest.deviation_pan > 0


def test_pixels_without_a_value_are_in_no_object(tmp_path: Path) -> None:
    image = np.random.default_rng(1).normal(0.3, 0.05, GRID.shape).astype(np.float32)
    image[:, :20], image[5, 30] = -9999, np.nan
    write_cog(tmp_path / "one.tif", image, GRID, nodata=-9999, unit="1", name="nir")
    assert main(["segment", str(tmp_path / "one.tif"), "--polygons", "parquet"]) == 0
    with rasterio.open(tmp_path / "one-objects.tif") as file:
        labels = file.read(1)
    assert not labels[:, :20].any() and labels[5, 30] == 0 and (labels[:, 21:] > 0).sum() == 40 * 39 - 1
    assert "mean_nir" in gpd.read_parquet(tmp_path / "one-objects.parquet")


def test_opacity_is_no_band_and_says_where_there_is_data(tmp_path: Path) -> None:
    """A picture of four bands, the last of which its file declares as opacity."""
    picture = np.random.default_rng(2).integers(1, 250, (4, *GRID.shape)).astype(np.uint8)
    picture[3] = 255
    picture[3, :, :20] = 0
    where = {"crs": GRID.crs, "transform": GRID.transform, "height": 40, "width": 60, "dtype": "uint8"}
    with rasterio.open(
        tmp_path / "rgba.tif", "w", driver="GTiff", count=4, photometric="RGB", alpha="YES", **where
    ) as file:
        file.write(picture)
    assert main(["segment", str(tmp_path / "rgba.tif"), "--scale", "30"]) == 0
    with rasterio.open(tmp_path / "rgba-objects.tif") as file:
        labels = file.read(1)
    colours = segment(picture[:3], picture[3] > 0, SegmentationOptions(scale=30))
    np.testing.assert_array_equal(labels, colours)
    assert "mean_band4" not in gpd.read_file(tmp_path / "rgba-objects.gpkg")


def test_there_are_no_objects_where_a_mask_hides_the_image(tmp_path: Path) -> None:
    picture = np.random.default_rng(2).integers(1, 250, (3, *GRID.shape)).astype(np.uint8)
    where = {"crs": GRID.crs, "transform": GRID.transform, "height": 40, "width": 60, "dtype": "uint8"}
    seen = np.arange(60) >= np.full((40, 1), 20)
    with rasterio.open(tmp_path / "rgb.tif", "w", driver="GTiff", count=3, **where) as file:
        file.write(picture)
        file.write_mask(seen)
    assert main(["segment", str(tmp_path / "rgb.tif"), "--scale", "30"]) == 0
    with rasterio.open(tmp_path / "rgb-objects.tif") as file:
        np.testing.assert_array_equal(file.read(1), segment(picture, seen, SegmentationOptions(scale=30)))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shape", "3"], "--shape"),
        (["--scale", "0"], "--scale"),
        (["--bands", "4"], "numbers from 1 to 3"),
        (["--weights", "1"], "1 weights"),
        (["--dem", "nowhere.tif"], "does not exist"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segment", str(IMAGE), "--out", str(tmp_path / "out"), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_image_of_no_data_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_cog(tmp_path / "none.tif", np.zeros(GRID.shape, np.uint8), GRID, nodata=0, unit="1", name="pan")
    assert main(["segment", str(tmp_path / "none.tif")]) == 2
    assert "no pixel has a value" in capsys.readouterr().err
