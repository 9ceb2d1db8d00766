"""Images on one grid: offset, no data, other grids, pictures, and what cannot be used."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from pydantic import ValidationError
from pyproj import CRS

from engine.errors import InputError
from engine.grid import Block, Grid
from engine.imagery import (
    IMAGE,
    PICTURE,
    ImageOptions,
    ImageryOptions,
    open_source,
    open_sources,
    prepare_image,
    read_source,
)
from engine.raster import Raster, start_cog
from tests.engine.patches.conftest import BANDS, grid_of, write_image

DAY, LATER = date(2021, 6, 19), date(2023, 3, 1)


def uncounted(_total: int) -> Callable[[], None]:
    return lambda: None


def values_of(rows: int = 6, cols: int = 8, dtype: str = "uint16") -> NDArray[Any]:
    """Three bands that differ at every pixel, none of them 0."""
    return (1 + np.arange(3 * rows * cols)).reshape(3, rows, cols).astype(dtype)


def options(*names: str, **more: Any) -> ImageryOptions:
    days = (DAY, LATER, date(2024, 1, 1))
    images = tuple(ImageOptions(path=Path(name), date=day) for name, day in zip(names, days, strict=False))
    return ImageryOptions(images=images, **more)


def prepare(
    folder: Path, imagery: ImageryOptions, number: int = 0
) -> tuple[NDArray[Any], NDArray[Any], dict[str, Any]]:
    """The image and the picture of one date, and the report."""
    sources = open_sources(imagery, folder)
    out = folder / f"out-{number}"
    out.mkdir()
    report = prepare_image(
        sources[number], sources[0].grid, out, natural_colour=imagery.natural_colour, count=uncounted
    )
    with Raster(out / IMAGE) as image, Raster(out / PICTURE) as picture:
        return image.read_bands(), picture.read_bands(), report


def scale_to(path: Path, scale: float, offset: float) -> None:
    """Say in a file how its numbers become a measurement."""
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (scale,) * target.count, (offset,) * target.count


# Reading


def test_the_offset_is_subtracted_but_not_from_no_data(tmp_path: Path) -> None:
    values = values_of() + 1000
    values[:, 0, 0] = 0
    write_image(tmp_path / "a.tif", values, nodata=0)
    image = ImageOptions(path=Path("a.tif"), date=DAY, offset=1000)
    read, grid, bands = read_source(image, ImageryOptions(images=(image,)), tmp_path)
    assert bands == BANDS
    assert grid.matches(grid_of(6, 8))
    assert np.isnan(read[:, 0, 0]).all()
    assert_array_equal(read[:, 1:], values_of()[:, 1:].astype(np.float32))


def test_below_the_offset_values_are_negative(tmp_path: Path) -> None:
    """Dark water has reflectances a little below 0; in unsigned numbers they would wrap round."""
    write_image(tmp_path / "a.tif", np.full((3, 2, 2), 990, np.uint16))
    image = ImageOptions(path=Path("a.tif"), date=DAY, offset=1000)
    read, _, _ = read_source(image, ImageryOptions(images=(image,)), tmp_path)
    assert_array_equal(read, np.full((3, 2, 2), -10, np.float32))


@pytest.mark.parametrize(("dtype", "lost"), [("uint16", True), ("int16", True), ("float32", True), ("uint8", False)])
def test_one_band_without_data_loses_the_pixel_but_in_8_bits(tmp_path: Path, dtype: str, lost: bool) -> None:
    values = np.full((3, 2, 2), 50, dtype)
    values[1, 0, 0] = 0
    values[:, 1, 1] = 0
    write_image(tmp_path / "a.tif", values)
    read, _, _ = read_source(options("a.tif").images[0], options("a.tif", nodata=0), tmp_path)
    assert np.isnan(read[:, 0, 0]).all() == lost
    assert np.isnan(read[:, 1, 1]).all()
    assert np.isfinite(read[:, 0, 1]).all()


def test_the_file_s_own_no_data_goes_before_the_area_s(tmp_path: Path) -> None:
    values = values_of()
    write_image(tmp_path / "a.tif", values, nodata=float(values[0, 2, 2]))
    read, _, _ = read_source(options("a.tif").images[0], options("a.tif", nodata=float(values[0, 3, 3])), tmp_path)
    assert np.isnan(read[:, 2, 2]).all()
    assert np.isfinite(read[:, 3, 3]).all()


def test_a_value_that_is_not_finite_is_no_data(tmp_path: Path) -> None:
    values = values_of(dtype="float32")
    values[2, 4, 4] = np.inf
    write_image(tmp_path / "a.tif", values)
    read, _, _ = read_source(options("a.tif").images[0], options("a.tif"), tmp_path)
    assert np.isnan(read[:, 4, 4]).all()


def test_bands_without_names_are_numbered_or_named_by_the_area(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", values_of(), bands=())
    assert open_source(options("a.tif").images[0], options("a.tif"), tmp_path).bands == ("1", "2", "3")
    named = options("a.tif", bands=("r", "g", "b"))
    assert open_source(named.images[0], named, tmp_path).bands == ("r", "g", "b")


# One grid


def test_images_are_taken_in_the_order_of_their_dates(tmp_path: Path) -> None:
    for name in ("late.tif", "early.tif"):
        write_image(tmp_path / name, values_of())
    images = (ImageOptions(path=Path("late.tif"), date=LATER), ImageOptions(path=Path("early.tif"), date=DAY))
    sources = open_sources(ImageryOptions(images=images), tmp_path)
    assert [source.path.name for source in sources] == ["early.tif", "late.tif"]


def test_another_grid_is_brought_onto_the_first(tmp_path: Path) -> None:
    """A plane of values keeps its values at every place, whatever the pixels."""
    fine, coarse = grid_of(40, 40), grid_of(40, 40)
    coarse = Grid(fine.crs, Affine(20.0, 0.0, 585_320.0, 0.0, -20.0, 5_652_350.0), (40, 40))

    def plane(grid: Grid) -> NDArray[np.float32]:
        cols, rows = np.meshgrid(np.arange(grid.cols) + 0.5, np.arange(grid.rows) + 0.5)
        x, y = grid.transform @ (cols, rows)
        return np.stack([1 + band + 0.1 * (x - 585_000) + 0.2 * (5_653_000 - y) for band in range(3)]).astype("float32")

    write_image(tmp_path / "a.tif", plane(fine), grid=fine)
    write_image(tmp_path / "b.tif", plane(coarse), grid=coarse)
    image, _, report = prepare(tmp_path, options("a.tif", "b.tif"), number=1)
    assert image.shape == (3, 40, 40)
    assert report["valid_share"] == 1.0
    np.testing.assert_allclose(image, plane(fine), atol=0.05)


def rgba(opacity: int = 255) -> NDArray[Any]:
    """Bytes of three colours, and opacity that hides the left quarter, whose colours are no ground's."""
    values = np.stack([*values_of(20, 8, "uint16") // 3 + 1, np.full((20, 8), opacity)]).astype(np.uint8)
    values[:3, :, :2], values[3, :, :2] = 200, 0
    return values


@pytest.mark.parametrize("opacity", [255, 1])
@pytest.mark.parametrize("names", [(), ("red", "green", "blue", "alpha")])
def test_where_an_image_is_transparent_there_is_no_data(tmp_path: Path, opacity: int, names: tuple[str, ...]) -> None:
    write_image(tmp_path / "a.tif", rgba(opacity), bands=names)
    image, picture, _ = prepare(tmp_path, options("a.tif"))
    assert open_sources(options("a.tif"), tmp_path)[0].bands == (names[:3] or ("1", "2", "3"))
    assert np.isnan(image[:, :, :2]).all()
    assert (picture[:, :, :2] == 0).all()
    assert_array_equal(image[:, :, 2:], rgba()[:3, :, 2:].astype(np.float32))


def test_opacity_without_a_name_leaves_the_bands_theirs(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", rgba())
    assert Raster(tmp_path / "a.tif").says_alpha
    assert open_sources(options("a.tif"), tmp_path)[0].bands == BANDS


@pytest.mark.parametrize("opacity", [255, 1])
def test_transparency_is_kept_on_another_grid(tmp_path: Path, opacity: int) -> None:
    """What is hidden does not blend into what is seen."""
    values = rgba(opacity)
    values[:3, :, 2:] = 50
    write_image(tmp_path / "a.tif", values_of(20, 8, "uint8")[:3])
    own = grid_of(20, 8)
    moved = Grid(own.crs, own.transform @ Affine.translation(0.4, 0.4), own.shape)
    write_image(tmp_path / "b.tif", values, bands=(*BANDS, "alpha"), grid=moved)
    image, _, _ = prepare(tmp_path, options("a.tif", "b.tif"), number=1)
    assert image.shape == (3, 20, 8)
    assert np.isnan(image[:, :, :2]).all()
    assert (image[:, 1:-1, 3:-1] == 50).all()


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("by", [0.0, 0.4])
def test_where_a_mask_hides_an_image_there_is_no_data(tmp_path: Path, inside: bool, by: float) -> None:
    """In the file or beside it, on its own grid or another; what is hidden does not blend into what is seen."""
    own = grid_of(20, 8)
    moved = Grid(own.crs, own.transform @ Affine.translation(by, by), own.shape)
    values = np.full((3, 20, 8), 50, np.uint8)
    values[:, :, :2] = 200
    write_image(tmp_path / "a.tif", values_of(20, 8, "uint8"))
    write_image(tmp_path / "b.tif", values, grid=moved)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=inside), rasterio.open(tmp_path / "b.tif", "r+") as file:
        file.write_mask(np.arange(8) >= np.full((20, 1), 2))
    assert (tmp_path / "b.tif.msk").exists() is not inside
    image, _, _ = prepare(tmp_path, options("a.tif", "b.tif"), number=1)
    assert np.isnan(image[:, :, :2]).all()
    assert (image[:, 1:-1, 3:-1] == 50).all()


def test_a_measurement_that_a_file_calls_opacity_is_kept_on_another_grid(tmp_path: Path) -> None:
    """GDAL calls any fourth band of bytes opacity, and would drop what is not wholly opaque."""
    values = np.stack([np.arange(160).reshape(20, 8)] * 4).astype(np.uint8) + 1
    values[3] //= 2
    own = grid_of(20, 8)
    half = Grid(own.crs, own.transform @ Affine.translation(0.5, 0), own.shape)
    names = (*BANDS, "nir")
    write_image(tmp_path / "a.tif", values, bands=names)
    write_image(tmp_path / "b.tif", values, bands=names, grid=half)
    assert Raster(tmp_path / "b.tif").says_alpha
    image, _, report = prepare(tmp_path, options("a.tif", "b.tif"), number=1)
    assert report["bands"] == list(names)
    expected = (values[:, :, 1:].astype(np.float32) + values[:, :, :-1]) / 2
    np.testing.assert_allclose(image[:, :, 1:], expected, atol=1e-3)


def test_the_area_s_names_decide_what_is_opacity(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", rgba(), bands=())
    for names, bands in ((("r", "g", "b", "nir"), 4), (("r", "g", "b", "Alpha"), 3)):
        assert len(open_sources(options("a.tif", bands=names), tmp_path)[0].bands) == bands


def test_a_large_image_meets_without_seams_on_another_grid(tmp_path: Path) -> None:
    """Pieces are resampled one by one."""
    rows = cols = 600
    plane = np.add.outer(np.arange(rows), np.arange(cols)) % 200
    values = np.stack([plane, plane, plane, np.full_like(plane, 255)]).astype(np.uint8)
    own = grid_of(rows, cols)
    write_image(tmp_path / "a.tif", values[:3])
    moved = Grid(own.crs, own.transform @ Affine.translation(1, 1), own.shape)
    write_image(tmp_path / "b.tif", values, bands=(*BANDS, "alpha"), grid=moved)
    image, _, _ = prepare(tmp_path, options("a.tif", "b.tif"), number=1)
    assert_array_equal(image[:, 1:, 1:], values[:3, :-1, :-1].astype(np.float32))
    assert np.isnan(image[:, 0]).all()


def test_an_image_across_the_antimeridian_is_refused(tmp_path: Path) -> None:
    across = Grid(CRS.from_epsg(32701), Affine(1000.0, 0, 177_000, 0, -1000.0, 8_000_000), (6, 8))
    write_image(tmp_path / "a.tif", values_of(), grid=across)
    error = refused(lambda: open_sources(options("a.tif"), tmp_path))
    assert (error.file, error.field) == (tmp_path / "a.tif", "extent")


def test_ground_that_an_image_does_not_show_is_no_data(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", values_of())
    beside = grid_of(6, 8)
    beside = Grid(beside.crs, beside.transform @ Affine.translation(4, 0), beside.shape)
    write_image(tmp_path / "b.tif", values_of(), grid=beside)
    image, picture, report = prepare(tmp_path, options("a.tif", "b.tif"), number=1)
    assert report["valid_share"] == 0.5
    assert np.isnan(image[:, :, :4]).all()
    assert (picture[:, :, :4] == 0).all()
    assert_array_equal(image[:, :, 4:], values_of()[:, :, :4].astype(np.float32))


def test_blocks_do_not_show(tmp_path: Path) -> None:
    """An image larger than a block is the same as the whole."""
    values = np.random.default_rng(1).integers(1, 4000, (3, 1100, 1050)).astype(np.uint16)
    write_image(tmp_path / "a.tif", values)
    image, _, _ = prepare(tmp_path, options("a.tif"))
    assert_array_equal(image, values.astype(np.float32))


# Pictures


def test_a_picture_shows_red_green_and_blue_and_keeps_0_for_no_data(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    blue, green, red = (rng.integers(low, low + 100, (20, 20)) for low in (100, 300, 600))
    values = np.stack([blue, green, red]).astype(np.uint16)
    values[:, 0, 0] = 0
    write_image(tmp_path / "a.tif", values, nodata=0)
    _, picture, _ = prepare(tmp_path, options("a.tif"))
    assert picture.dtype == np.uint8
    assert (picture[:, 0, 0] == 0).all()
    seen = picture[:, 1:]
    assert seen.min() >= 1
    assert seen[0].mean() > seen[1].mean() > seen[2].mean()  # one scale for all bands keeps their colours


@pytest.mark.parametrize(
    ("bands", "wanted", "shown"),
    [
        (("red", "nir", "green", "blue"), None, [0, 2, 3]),
        (("B05", "B08", "B04", "B03", "B02"), None, [2, 3, 4]),
        (("x", "y", "z"), None, [0, 1, 2]),
        (("pan",), None, [0, 0, 0]),
        (("x", "y", "z"), ("z", "x", "y"), [2, 0, 1]),
    ],
)
def test_which_bands_a_picture_shows(
    tmp_path: Path, bands: tuple[str, ...], wanted: tuple[str, str, str] | None, shown: list[int]
) -> None:
    values = np.stack([np.full((4, 4), 100 * (1 + number)) for number in range(len(bands))]).astype(np.uint16)
    values[:, 0, 0] += 5  # so that there is a scale even where one band is shown
    write_image(tmp_path / "a.tif", values, bands=bands)
    _, picture, _ = prepare(tmp_path, options("a.tif", natural_colour=wanted))
    order = np.argsort(np.argsort([values[number, 2, 2] for number in shown]))
    found = picture[:, 2, 2].astype(int)
    assert_array_equal(np.argsort(np.argsort(found)), order)


# What cannot be used


def refused(action: Callable[[], object]) -> InputError:
    with pytest.raises(InputError) as caught:
        action()
    assert caught.value.mend
    return caught.value


def test_an_image_without_reference_system_is_refused(tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", height=2, width=2, count=3, dtype="uint16", transform=Affine.scale(10)
    ) as target:
        target.write(values_of(2, 2))
    error = refused(lambda: open_sources(options("a.tif"), tmp_path))
    assert error.field == "CRS"
    assert str(error.file).endswith("a.tif")


def test_an_image_of_another_place_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", values_of())
    far = grid_of(6, 8)
    far = Grid(far.crs, far.transform @ Affine.translation(1000, 0), far.shape)
    write_image(tmp_path / "b.tif", values_of(), grid=far)
    error = refused(lambda: open_sources(options("a.tif", "b.tif"), tmp_path))
    assert (error.field, Path(str(error.file)).name) == ("extent", "b.tif")


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", values_of().astype(np.complex64))
    assert refused(lambda: open_sources(options("a.tif"), tmp_path)).field == "dtype"


def test_other_bands_on_another_date_are_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", values_of())
    write_image(tmp_path / "b.tif", values_of(), bands=("B04", "B03", "B02"))
    error = refused(lambda: open_sources(options("a.tif", "b.tif"), tmp_path))
    assert (error.field, Path(str(error.file)).name) == ("bands", "b.tif")


def test_a_wrong_count_of_names_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", values_of())
    assert refused(lambda: open_sources(options("a.tif", bands=("r", "g")), tmp_path)).field == "imagery.bands"


def test_a_name_that_two_bands_have_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", values_of(), bands=("B02", "B03", "B02"))
    with pytest.raises(InputError, match=r"a\.tif: bands: two of its bands are called 'B02'"):
        open_sources(options("a.tif"), tmp_path)


def test_an_offset_that_only_the_file_says_is_refused(tmp_path: Path) -> None:
    """As in Sentinel-2 as reflectances: numbers times 0.0001, less 0.1."""
    write_image(tmp_path / "a.tif", values_of())
    scale_to(tmp_path / "a.tif", 1e-4, -0.1)
    with pytest.raises(InputError, match=r"a\.tif: imagery\.images\.offset: .* 1000 is to be subtracted") as error:
        open_sources(options("a.tif"), tmp_path)
    assert "offset = 1000" in error.value.mend
    for offset in (0, 1000):
        image = ImageOptions(path=Path("a.tif"), date=DAY, offset=offset)
        assert open_source(image, ImageryOptions(images=(image,)), tmp_path).offset == offset


def test_images_of_different_scales_are_refused(tmp_path: Path) -> None:
    for name, scale in (("a.tif", 1e-4), ("b.tif", 2.5e-5)):
        write_image(tmp_path / name, values_of())
        scale_to(tmp_path / name, scale, 0)
    with pytest.raises(InputError, match=r"b\.tif: scale: its scale is 2\.5e-05, that of a\.tif 0\.0001"):
        open_sources(options("a.tif", "b.tif"), tmp_path)


def test_a_colour_that_is_no_band_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", values_of())
    imagery = options("a.tif", natural_colour=("B04", "B03", "B99"))
    assert refused(lambda: prepare(tmp_path, imagery)).field == "imagery.natural_colour"


def test_nothing_but_no_data_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", np.zeros((3, 4, 4), np.uint16), nodata=0)
    assert refused(lambda: prepare(tmp_path, options("a.tif"))).field == "pixels"


def test_two_images_of_one_date_are_refused(tmp_path: Path) -> None:
    images = tuple(ImageOptions(path=Path(name), date=DAY) for name in ("a.tif", "b.tif"))
    assert refused(lambda: open_sources(ImageryOptions(images=images), tmp_path)).field == "imagery.images"


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    assert "a.tif" in str(refused(lambda: open_sources(options("a.tif"), tmp_path)).file)


def test_an_offset_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValidationError):
        ImageOptions(path=Path("a.tif"), date=DAY, offset=float("nan"))


def test_a_broken_file_is_said_when_it_is_read(tmp_path: Path) -> None:
    path, grid = tmp_path / "a.tif", grid_of(600, 600)
    noise = np.random.default_rng(0).integers(1, 4000, (3, 600, 600)).astype(np.uint16)
    with start_cog(path, grid, dtype="uint16", nodata=None, unit="1", names=BANDS) as write:
        write(Block(0, 600, 0, 600), noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])  # a COG tells of itself at its beginning
    source = open_source(options("a.tif").images[0], options("a.tif"), tmp_path)
    error = refused(lambda: source.read(source.grid, Block(0, 600, 0, 600)))
    assert error.field == "pixels"
