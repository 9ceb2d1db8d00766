"""Labels: brought onto the image's grid, from rasters of codes and from polygons; what cannot serve is refused."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from engine.errors import InputError
from engine.grid import Block, Grid
from engine.patches.labels import UNLABELLED, read_labels, require_every_class
from engine.patches.options import ReferenceOptions
from tests.engine.conftest import write_tif
from tests.engine.patches.conftest import grid_of

GRID = grid_of(20, 30)
CODES = ReferenceOptions(classes={"pit": (10,), "dump": (11, 12)}, background=(1, 2))
NAMED = ReferenceOptions(classes={"pit": ("open pit",), "dump": (11,)}, background=("lake",), class_field="kind")
ONE = ReferenceOptions(classes={"pit": ()})


def codes() -> NDArray[np.float32]:
    array = np.zeros(GRID.shape, np.float32)
    array[2:6, 3:9], array[8:10, 3:9], array[8:10, 10:12] = 10, 11, 12
    array[12:, :], array[0, 0] = 1, 7
    return array


def expected() -> NDArray[np.uint8]:
    array = np.full(GRID.shape, UNLABELLED, np.uint8)
    array[2:6, 3:9], array[8:10, 3:9], array[8:10, 10:12], array[12:, :] = 1, 2, 2, 0
    return array


def pixels(block: Block, grid: Grid = GRID) -> Polygon:
    """The outline of a block of pixels, in the grid's CRS."""
    west, north = grid.transform @ (block.col0, block.row0)
    east, south = grid.transform @ (block.col1, block.row1)
    return box(west, south, east, north)


def write_polygons(path: Path, shapes: Sequence[BaseGeometry], crs: str = "EPSG:4326", **columns: list[Any]) -> Path:
    table = gpd.GeoDataFrame(columns, geometry=shapes, crs=GRID.crs.to_wkt()).to_crs(crs)
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_file(path)
    return path


def refused(act: Callable[[], object]) -> InputError:
    with pytest.raises(InputError) as caught:
        act()
    return caught.value


def test_codes_become_classes(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "codes.tif", codes(), GRID, nodata=None)
    np.testing.assert_array_equal(read_labels(path, GRID, CODES), expected())


def test_no_data_is_unlabelled(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "codes.tif", codes(), GRID, nodata=1)
    labels = read_labels(path, GRID, CODES)
    assert (labels[12:] == UNLABELLED).all()


def test_what_a_mask_hides_is_unlabelled(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "codes.tif", codes(), GRID, nodata=None)
    with rasterio.open(path, "r+") as file:
        file.write_mask(codes() != 1)
    labels = read_labels(path, GRID, CODES)
    assert (labels[12:] == UNLABELLED).all()
    np.testing.assert_array_equal(labels[:12], expected()[:12])


def test_codes_of_another_grid_come_by_the_nearest_pixel(tmp_path: Path) -> None:
    """Finer by half, and shifted: no code arises that was not there, and beyond the raster nothing is known."""
    fine = Grid(GRID.crs, GRID.transform @ Affine.scale(0.5) @ Affine.translation(0, 4), (40, 60))
    path = write_tif(tmp_path / "codes.tif", np.repeat(np.repeat(codes(), 2, 0), 2, 1), fine, nodata=None)
    labels = read_labels(path, GRID, CODES)
    np.testing.assert_array_equal(labels[2:], expected()[:-2])
    assert (labels[:2] == UNLABELLED).all()


def test_codes_of_another_reference_system(tmp_path: Path) -> None:
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    bounds = GRID.bounds
    transform, cols, rows = calculate_default_transform(
        GRID.crs.to_wkt(), "EPSG:4326", GRID.cols, GRID.rows, *bounds, resolution=2e-5
    )
    there = np.zeros((rows, cols), np.float32)
    reproject(
        codes(),
        there,
        src_transform=GRID.transform,
        src_crs=GRID.crs.to_wkt(),
        dst_transform=transform,
        dst_crs="EPSG:4326",
        resampling=Resampling.nearest,
    )
    path = tmp_path / "codes.tif"
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "height": rows, "width": cols}
    with rasterio.open(path, "w", **profile, transform=transform, crs="EPSG:4326") as target:
        target.write(there, 1)
    inner = (slice(1, -1), slice(1, -1))
    np.testing.assert_array_equal(read_labels(path, GRID, CODES)[inner], expected()[inner])


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".parquet"])
def test_polygons_become_classes_and_background(tmp_path: Path, suffix: str) -> None:
    """A quarter of a pixel within its pixels' outline still holds their centres."""
    shapes = [pixels(Block(2, 6, 3, 9)).buffer(-2.5), pixels(Block(8, 10, 3, 9)), pixels(Block(12, 14, 0, 4))]
    path = write_polygons(tmp_path / f"labels{suffix}", shapes, kind=["open pit", "11", "unknown"], crs="EPSG:32633")
    wanted = np.zeros(GRID.shape, np.uint8)
    wanted[2:6, 3:9], wanted[8:10, 3:9], wanted[12:14, 0:4] = 1, 2, UNLABELLED
    np.testing.assert_array_equal(read_labels(path, GRID, NAMED), wanted)


def test_polygons_in_degrees_are_brought_to_the_grid(tmp_path: Path) -> None:
    path = write_polygons(tmp_path / "labels.geojson", [pixels(Block(2, 6, 3, 9))])
    labels = read_labels(path, GRID, ONE)
    assert (labels[2:6, 3:9] == 1).all()
    assert (labels == 1).sum() == 24


def test_a_pixel_that_is_only_touched_does_not_count(tmp_path: Path) -> None:
    path = write_polygons(tmp_path / "labels.gpkg", [pixels(Block(2, 6, 3, 9)).buffer(4, join_style="mitre")])
    assert (read_labels(path, GRID, ONE) == 1).sum() == 24


def test_background_within_a_class_is_background(tmp_path: Path) -> None:
    path = write_polygons(
        tmp_path / "labels.gpkg", [pixels(Block(4, 5, 4, 6)), pixels(Block(2, 8, 3, 9))], kind=["lake", "open pit"]
    )
    labels = read_labels(path, GRID, NAMED)
    assert (labels[4, 4:6] == 0).all()
    assert (labels == 1).sum() == 34


def test_numbers_in_a_column_match_numbers_in_the_options(tmp_path: Path) -> None:
    path = write_polygons(
        tmp_path / "labels.gpkg", [pixels(Block(4, 5, 4, 6)), pixels(Block(7, 8, 3, 9))], kind=[11.0, None]
    )
    assert set(np.unique(read_labels(path, GRID, NAMED))) == {0, 2, UNLABELLED}


def test_blanks_round_a_code_do_not_count(tmp_path: Path) -> None:
    path = write_polygons(tmp_path / "labels.gpkg", [pixels(Block(2, 6, 3, 9))], kind=[" open pit "])
    assert (read_labels(path, GRID, NAMED)[2:6, 3:9] == 1).all()


def test_lines_and_points_label_nothing(tmp_path: Path) -> None:
    pit = pixels(Block(2, 6, 3, 9))
    shapes = [pit, LineString([(GRID.bounds.west, GRID.bounds.south), (GRID.bounds.east, GRID.bounds.north)])]
    labels = read_labels(
        write_polygons(tmp_path / "labels.gpkg", [*shapes, pixels(Block(9, 10, 9, 10)).centroid]), GRID, ONE
    )
    expected = np.zeros(GRID.shape, np.uint8)
    expected[2:6, 3:9] = 1
    np.testing.assert_array_equal(labels, expected)


def test_labels_without_a_place_on_earth_are_refused(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame(geometry=[pixels(Block(2, 6, 3, 9))], crs='LOCAL_CS["mine",UNIT["metre",1]]')
    table.to_file(tmp_path / "labels.gpkg")
    error = refused(lambda: read_labels(tmp_path / "labels.gpkg", GRID, ONE))
    assert (error.file, error.field) == (tmp_path / "labels.gpkg", "CRS")


@pytest.mark.parametrize("suffix", [".tif", ".gpkg"])
def test_labels_of_another_place_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"labels{suffix}"
    if suffix == ".tif":
        write_tif(path, codes(), grid_of(20, 30), nodata=None)
    else:
        write_polygons(path, [pixels(Block(2, 6, 3, 9))])
    there = Grid(GRID.crs, GRID.transform @ Affine.translation(1000, 1000), GRID.shape)
    error = refused(lambda: read_labels(path, there, ONE if suffix == ".gpkg" else CODES))
    assert (error.file, error.field) == (path, "extent")


def test_labels_without_a_reference_system_are_refused(tmp_path: Path) -> None:
    raster = write_tif(tmp_path / "labels.tif", codes(), None, nodata=None)
    assert refused(lambda: read_labels(raster, GRID, CODES)).field == "CRS"
    bare = tmp_path / "labels.parquet"
    gpd.GeoDataFrame(geometry=[pixels(Block(2, 6, 3, 9))]).to_parquet(bare)
    error = refused(lambda: read_labels(bare, GRID, ONE))
    assert (error.file, error.field) == (bare, "CRS")


def test_a_field_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = write_polygons(tmp_path / "labels.geojson", [pixels(Block(2, 6, 3, 9))], sort=["pit"])
    error = refused(lambda: read_labels(path, GRID, NAMED))
    assert (error.file, error.field, error.mend) == (path, "reference.class_field", "take one of: sort")


def test_several_classes_of_polygons_need_a_field(tmp_path: Path) -> None:
    path = write_polygons(tmp_path / "labels.geojson", [pixels(Block(2, 6, 3, 9))])
    error = refused(lambda: read_labels(path, GRID, CODES))
    assert error.field == "reference.class_field"


def test_words_are_no_codes_of_a_raster(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "codes.tif", codes(), GRID, nodata=None)
    error = refused(lambda: read_labels(path, GRID, NAMED))
    assert (error.file, error.field) == (path, "reference.classes")


@pytest.mark.parametrize("name", ["none.tif", "labels.txt"])
def test_files_that_are_missing_or_of_another_kind_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "labels.txt").touch()
    assert refused(lambda: read_labels(tmp_path / name, GRID, CODES)).file == tmp_path / name


def test_a_vector_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.gpkg").write_bytes(b"no package")
    assert "not a readable vector file" in refused(lambda: read_labels(tmp_path / "labels.gpkg", GRID, ONE)).problem


@pytest.mark.parametrize(("missing", "field"), [(2, "reference.classes.dump"), (0, "reference.background")])
def test_a_class_without_a_label_is_named(missing: int, field: str) -> None:
    labels = expected()
    labels[labels == missing] = UNLABELLED
    files = [Path("a.tif"), Path("b.tif")]
    error = refused(lambda: require_every_class([labels, labels], CODES, files))
    assert (error.file, error.field) == ("a.tif, b.tif", field)
    require_every_class([labels, expected()], CODES, files)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": {"pit": (10,), "dump": (10,)}}, "the code 10 stands for two things"),
        ({"classes": {"pit": (10,)}, "background": (10,)}, "the code 10 stands for two things"),
        ({"classes": {"pit": (10,)}, "held_out_rows": ((5, 5),)}, "the range of rows 5 to 5 is empty"),
        ({"classes": {"background": (10,)}}, "cannot be the name of one"),
        ({"classes": {}}, "at least 1 item"),
    ],
)
def test_options_that_contradict_themselves_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReferenceOptions(**options)
