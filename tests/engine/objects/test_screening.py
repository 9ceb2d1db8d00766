"""The second look at patches: what they look like, which are like mines, and that training ground alone decides."""

import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from scipy.ndimage import label

from engine.errors import InputError
from engine.grid import Block, Grid
from engine.objects.looks import describe_regions
from engine.objects.refinement import RefinementOptions
from engine.objects.screening import LEAST_SAMPLES, Samples, known_regions, learn, regions_of, write_samples
from engine.objects.steps import LABELS, FoundClasses, SecondLook, outlines_path, refine_masks
from engine.patches.checkpoint import find_checkpoint, read_checkpoint
from engine.pipeline.optical import samples_beside
from engine.raster import Raster, start_cog, write_cog

DAY = datetime.date(2019, 5, 18)
BANDS = ["b0", "b1"]


def write_bands(path: Path, bands: NDArray[np.float32], names: Sequence[str] = BANDS) -> None:
    grid = grid_of((bands.shape[1], bands.shape[2]))
    names = names[: len(bands)]
    with start_cog(path, grid, dtype="float32", nodata=np.nan, unit="1", names=names) as write:
        write(Block(0, grid.rows, 0, grid.cols), bands)


def grid_of(shape: tuple[int, int]) -> Grid:
    return Grid(CRS.from_epsg(32648), Affine(1, 0, 500_000, 0, -1, 4_160_000), shape)


# What patches look like


@pytest.fixture
def disc(tmp_path: Path) -> tuple[NDArray[np.int32], NDArray[np.float32], Path]:
    """A bright disc of 20 pixels' radius on dark noise, and a thin dark line far from it."""
    chance, shape = np.random.default_rng(1), (220, 260)
    rows, cols = np.indices(shape)
    patches = np.zeros(shape, np.int32)
    patches[(rows - 80) ** 2 + (cols - 70) ** 2 <= 20**2] = 1
    patches[180:184, 120:240] = 2
    bands = chance.normal(100, 5, (2, *shape)).astype(np.float32)
    bands[:, patches == 1] += 80
    bands[:, patches == 2] -= 40
    probability = np.where(patches == 1, 0.99, 0.6).astype(np.float32)
    path = tmp_path / "image.tif"
    write_bands(path, bands)
    return patches, probability, path


def test_a_disc_and_a_line_look_as_they_are(disc: tuple[NDArray[np.int32], NDArray[np.float32], Path]) -> None:
    looks = describe_regions(*disc, BANDS)
    round_one, line = looks.iloc[0], looks.iloc[1]
    assert round_one["pixels"] == (disc[0] == 1).sum()
    assert round_one["elongation"] == pytest.approx(1, abs=0.01)
    assert round_one["ellipse"] == pytest.approx(1, abs=0.02)
    assert round_one["width"] == pytest.approx(20.5, abs=1)
    assert line["elongation"] == pytest.approx(30, rel=0.02)
    assert line["extent"] == 1
    assert round_one["p_mean"] == pytest.approx(0.99) and round_one["p_sure"] == 1
    assert line["p_sure"] == 0 and line["p_ring"] == pytest.approx(0.6)
    assert round_one["contrast_b0"] > 0 > line["contrast_b0"]
    assert round_one["steepness_rim_1"] > 2 * round_one["steepness_1"]
    # Across a line everything changes in one direction.
    assert line["bias_3"] > 0.8 > 0.3 > round_one["bias_3"]
    assert line["holes"] == 0


def test_turned_it_looks_the_same(disc: tuple[NDArray[np.int32], NDArray[np.float32], Path], tmp_path: Path) -> None:
    patches, probability, image = disc
    with Raster(image) as raster:
        bands = raster.read_bands()
    turned = tmp_path / "turned.tif"
    write_bands(turned, np.rot90(bands, axes=(1, 2)).copy())
    there = describe_regions(np.rot90(patches).copy(), np.rot90(probability).copy(), turned, BANDS)
    pd.testing.assert_frame_equal(there, describe_regions(*disc, BANDS), rtol=1e-3, atol=1e-3)


def test_beside_no_data_what_cannot_be_told_is_nan_and_the_rest_is_finite(tmp_path: Path) -> None:
    shape = (60, 60)
    patches = np.zeros(shape, np.int32)
    patches[20:40, 20:40] = 1
    bands = np.where(patches > 0, 50, np.nan)[None].astype(np.float32)
    path = tmp_path / "image.tif"
    write_bands(path, bands)
    looks = describe_regions(patches, np.where(patches > 0, 0.9, np.nan), path, ["b0"])
    assert set(looks.columns[looks.isna().iloc[0]]) == {
        *("p_ring", "contrast_b0", "grain_ring_1", "grain_ring_3", "grain_ring_8")
    }
    assert describe_regions(np.zeros(shape, np.int32), np.zeros(shape), path, ["b0"]).empty


# Which are like mines


def looks_of(mine: NDArray[np.bool_], seed: int = 2, apart: float = 4.0) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    table = pd.DataFrame(chance.normal(size=(len(mine), 6)), columns=list("abcdef"))
    table["a"] += apart * mine
    return table


def samples_of(mines: int, others: int, **options: float) -> Samples:
    mine = np.arange(mines + others) < mines
    return Samples(looks_of(mine, **options), mine)


def test_it_learns_what_tells_mines_from_others_and_is_the_same_each_time() -> None:
    mine = np.arange(200) % 3 == 0
    unseen = looks_of(mine, seed=3)
    one, other = (learn([samples_of(30, 40), samples_of(20, 50, seed=9)]) for _ in range(2))
    assert one is not None and other is not None
    kept = one.keeps(unseen)
    assert (kept == mine).mean() > 0.95
    np.testing.assert_array_equal(kept, other.keeps(unseen))
    assert one.report == other.report
    assert (one.report["mines"], one.report["others"]) == (50, 90)


@pytest.mark.parametrize("apart", [0.0, 1.0, 4.0])
def test_nearly_all_mines_stay_however_little_looks_tell(apart: float) -> None:
    screening = learn([samples_of(60, 40, apart=apart)])
    assert screening is not None
    assert screening.report["mines_kept"] >= 57
    unseen = np.ones(200, bool)
    assert screening.keeps(looks_of(unseen, seed=3, apart=apart)).mean() > 0.85


def test_where_most_are_mines_less_is_risked_for_the_few_others() -> None:
    """Of looks that tell little, mines go for others that are many, and none goes for others that are few."""
    few, many = (learn([samples_of(60, others, apart=1.0)]) for others in (20, 400))
    assert few is not None and many is not None
    assert few.report["mines_kept"] == 60 > many.report["mines_kept"]
    assert many.report["others_kept"] < 400


def test_what_a_model_brings_along_is_for_pixels_of_its_size_and_for_its_bands(tmp_path: Path) -> None:
    path, samples, coarse = tmp_path / "model.samples.parquet", samples_of(30, 40), samples_of(5, 6)
    write_samples(path, {1.0: samples, 2.0: coarse})
    columns = list(samples.looks.columns)
    read = Samples.read(path, columns[::-1], 1.1)
    assert read is not None
    pd.testing.assert_frame_equal(read.looks[columns], samples.looks.astype(np.float32))
    np.testing.assert_array_equal(read.mine, samples.mine)
    larger = Samples.read(path, columns, 1.9)
    assert larger is not None
    np.testing.assert_array_equal(larger.mine, coarse.mine)
    assert Samples.read(path, columns, 0.5) is None
    assert Samples.read(path, columns, 1.4) is None
    for wrong in (["z"], [*columns, "z"]):
        with pytest.raises(InputError, match="samples for this model"):
            Samples.read(path, wrong, 1.0)
    path.write_bytes(b"no table")
    with pytest.raises(InputError, match=r"model\.samples\.parquet"):
        Samples.read(path, columns, 1.0)


@pytest.mark.parametrize(("mines", "others"), [(0, 0), (LEAST_SAMPLES - 1, 100), (100, LEAST_SAMPLES - 1)])
def test_of_too_few_nothing_is_learnt(mines: int, others: int) -> None:
    assert learn([samples_of(mines, others)]) is None
    assert learn([]) is None


def test_what_is_known_is_known_on_the_training_ground_alone() -> None:
    patches = np.zeros((10, 60), np.int32)
    for number in range(6):
        patches[2:8, 10 * number + 1 : 10 * number + 9] = number + 1
    ground = np.zeros(patches.shape, bool)
    ground[:, :34] = True  # of the fourth patch less than half
    reference = np.zeros(patches.shape, bool)
    reference[:, :5] = True  # half of the first
    reference[:, 11:13] = True  # a quarter of the second
    reference[:, 40:] = True  # beside the ground
    samples = known_regions(patches, pd.DataFrame({"number": np.arange(1, 7)}), reference, ground)
    assert samples.looks["number"].tolist() == [1, 2, 3]
    assert samples.mine.tolist() == [True, False, False]


def test_regions_are_those_that_are_large_enough_and_touch_by_corners_too() -> None:
    mask = np.array([[1, 0, 0, 1, 1], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0]], bool)
    expected = [[1, 0, 0, 2, 2], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert regions_of(mask, 2).tolist() == expected
    assert not regions_of(mask, 3).any()


# In the refinement


class Place:
    """Squares that are mines, and stripes that are none, in a network's mask; half of the ground is for training."""

    def __init__(self, folder: Path) -> None:
        self.folder, chance = folder, np.random.default_rng(4)
        side, cell = 12, 40
        self.shape = (side * cell, side * cell)
        mask, self.mines = np.zeros(self.shape, bool), np.zeros(self.shape, bool)
        for number in range(side * side):
            row, col = cell * (number // side) + 10, cell * (number % side) + 10
            if number % 2:
                mask[row : row + 14, col : col + 14] = self.mines[row : row + 14, col : col + 14] = True
            else:
                mask[row : row + 3, col : col + 20] = True
        self.mask, self.ground = mask, np.zeros(self.shape, bool)
        self.ground[:, : self.shape[1] // 2] = True
        grid, percent = grid_of(self.shape), np.where(mask, 90, 10).astype(np.uint8)
        objects, _ = label(mask)
        write_cog(folder / LABELS, np.where(mask, objects + 1, 1).astype(np.int32), grid, nodata=0, unit="1", name="o")
        self.found = FoundClasses(folder / "probability.tif", folder / "mask.tif")
        write_cog(self.found.probability, percent, grid, nodata=255, unit="%", name="probability")
        write_cog(self.found.mask, mask.astype(np.uint8), grid, nodata=255, unit="code", name="class")
        bands = chance.normal(100, 5, (2, *self.shape)).astype(np.float32)
        bands[:, mask] += 40
        self.image = folder / "image.tif"
        write_bands(self.image, bands)

    def refine(
        self, reference: NDArray[np.bool_], samples: Path | None = None, *, known: bool = True, **options: Any
    ) -> tuple[dict[str, Any], gpd.GeoDataFrame]:
        out = self.folder / "refined"
        out.mkdir(exist_ok=True)
        report = refine_masks(
            {DAY: self.folder},
            {DAY: self.found},
            {DAY: reference},
            out,
            class_names=["quarry"],
            options=RefinementOptions(**options),
            second_look=SecondLook({DAY: self.image}, BANDS, {DAY: self.ground} if known else {}, samples, 1.0),
        )
        assert json.loads((out / "control.json").read_text()) == report
        return report, gpd.read_parquet(outlines_path(out, DAY))

    def squares(self, outlines: gpd.GeoDataFrame) -> NDArray[np.bool_]:
        return np.asarray(outlines.to_crs(32648).area.to_numpy() > 100)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("screening"))


def test_what_looks_like_no_mine_goes_and_the_objects_say_why(place: Place) -> None:
    report, outlines = place.refine(place.mines & place.ground)
    assert (report["screening"]["mines"], report["screening"]["others"]) == (36, 36)
    assert len(outlines) >= 70 and place.squares(outlines).all()
    counts = report["dates"][str(DAY)]
    assert counts["kept"] == counts["patches"] == len(outlines)
    assert counts["unlike"] == 144 - len(outlines)
    objects = pd.read_parquet(place.folder / "refined" / f"{DAY:%Y%m%d}-objects.parquet")
    unlike = objects[objects["reason"] == "unlike"]
    assert len(unlike) == counts["unlike"] and not unlike["kept"].any() and (unlike["patch"] == 0).all()
    assert objects["label"].is_monotonic_increasing and objects["label"].is_unique


def test_what_the_model_brings_along_does_where_no_ground_is_known(place: Place, tmp_path: Path) -> None:
    regions = regions_of(place.mask, 50)
    looks = describe_regions(regions, np.where(place.mask, 0.9, 0.1), place.image, BANDS)
    everywhere = np.ones(place.shape, bool)
    write_samples(tmp_path / "samples.parquet", {1.0: known_regions(regions, looks, place.mines, everywhere)})
    report, outlines = place.refine(np.zeros(place.shape, bool), tmp_path / "samples.parquet", known=False)
    assert (report["screening"]["mines"], report["screening"]["others"]) == (72, 72)
    assert len(outlines) >= 68 and place.squares(outlines).all()
    assert place.refine(np.zeros(place.shape, bool), known=False)[0]["screening"] is None


def test_the_curve_of_control_is_of_what_control_saw(place: Place, tmp_path: Path) -> None:
    """Objects that only what was removed meets are in the table; they are none that a share could keep."""
    regions, everywhere = regions_of(place.mask, 50), np.ones(place.shape, bool)
    looks = describe_regions(regions, np.where(place.mask, 0.9, 0.1), place.image, BANDS)
    write_samples(tmp_path / "samples.parquet", {1.0: known_regions(regions, looks, place.mines, everywhere)})
    report, _ = place.refine(place.mask, tmp_path / "samples.parquet", known=False)
    assert report["dates"][str(DAY)]["unlike"] > 0
    control = report["control"]
    assert control["curve"]["kept_m2"] == [pytest.approx(control["cumulated_m2"], abs=0.1)]


def test_it_can_be_left_out(place: Place) -> None:
    report, outlines = place.refine(place.mines & place.ground, screening=False)
    assert report["screening"] is None
    assert len(outlines) == 144


def test_what_lies_beside_the_training_ground_has_no_say(place: Place) -> None:
    """Truth apart: whatever a reference would say of the test half, the same patches are left."""
    _, known = place.refine(place.mines & place.ground)
    report, told = place.refine((place.mines & place.ground) | (~place.mines & ~place.ground))
    assert told.geometry.to_wkt().tolist() == known.geometry.to_wkt().tolist()
    assert report["screening"]["mines"] == 36


def test_what_ships_with_the_model_fits_what_is_looked_at_here(tmp_path: Path) -> None:
    model = read_checkpoint(find_checkpoint("weining-resnet18", tmp_path))
    path = samples_beside(model.path)
    assert path is not None
    patches = np.zeros((60, 60), np.int32)
    patches[20:40, 20:40] = 1
    bands = [band.name for band in model.description.bands]
    image = tmp_path / "image.tif"
    write_bands(image, np.random.default_rng(1).normal(size=(len(bands), 60, 60)).astype(np.float32), names=bands)
    columns = list(describe_regions(patches, np.ones((60, 60)), image, bands).columns)
    for pixel_m in (1.0, 2.0):
        samples = Samples.read(path, columns, pixel_m)
        assert samples is not None
        screening = learn([samples])
        assert screening is not None
        kept = screening.report
        assert kept["mines_kept"] >= 0.94 * kept["mines"] >= 0.94 * 100
    assert kept["others_kept"] < 0.7 * kept["others"]
