"""Reference patches, the pair of shape and compactness, and the scale, on images whose answer is known."""

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from engine.blocks import Workers
from engine.grid import Block, Grid
from engine.objects.rasters import StretchedImage
from engine.objects.references import ReferencePatch, make_up, reference_patches
from engine.objects.scale import describe_curve, estimate_scale
from engine.objects.segmentation import SegmentationOptions, segment
from engine.objects.tuning import PAIRS, tune
from engine.raster import write_cog

GRID = Grid(CRS.from_epsg(32633), Affine(2, 0, 500_000, 0, -2, 5_600_000), (96, 96))
TWO = Workers(count=2)


def disc(row: int, col: int, radius: int) -> NDArray[np.bool_]:
    rows, cols = np.indices(GRID.shape)
    inside: NDArray[np.bool_] = np.hypot(rows - row, cols - col) <= radius
    return inside


@pytest.fixture(scope="module")
def pits() -> NDArray[np.bool_]:
    return disc(30, 30, 12) | disc(66, 66, 16) | disc(80, 12, 2)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, pits: NDArray[np.bool_]) -> StretchedImage:
    """Bright pits in grainy ground."""
    values = np.random.default_rng(3).normal(90, 14, GRID.shape) + 70 * pits
    path = tmp_path_factory.mktemp("pits") / "pits.tif"
    write_cog(path, np.clip(values, 0, 255).astype(np.uint8), GRID, nodata=None, unit="1", name="pan")
    return StretchedImage(path)


def test_patches_are_taken_of_all_sizes_and_small_ones_left_out(pits: NDArray[np.bool_]) -> None:
    patches = reference_patches(pits, count=5, margin=10)
    assert [int(patch.inside.sum()) for patch in patches] == [441, 797]
    assert patches[0].window == Block(8, 53, 8, 53) and patches[1].window == Block(40, 93, 40, 93)
    many = np.zeros((400, 60), bool)
    for at in range(10):
        many[40 * at : 40 * at + 6 + at, 5:15] = True
    sizes = [int(patch.inside.sum()) for patch in reference_patches(many, count=4, margin=0)]
    assert sizes == [60, 90, 120, 150]
    assert reference_patches(np.zeros((9, 9), bool), count=3, margin=1) == []


def test_what_makes_up_a_patch_lies_in_it_by_more_than_half() -> None:
    labels = np.array([[1, 1, 2, 2, 2, 3, 0]], np.int32)
    inside = np.array([[0, 1, 1, 1, 0, 1, 1]], bool)
    made = make_up(labels, inside)
    assert (made.objects, made.pixels, made.shared) == (2, 4, 3)  # 1 lies in it by half, which is not more


def test_the_pair_is_the_one_whose_objects_fit_best(image: StretchedImage, pits: NDArray[np.bool_]) -> None:
    patches, options = reference_patches(pits, count=5, margin=16), SegmentationOptions(scale=50)
    tuning = tune([(image, patches)], options, workers=TWO)
    assert tuning.patches == 2 and len(tuning.table) == 81
    by_hand = []
    for shape, compactness in PAIRS:
        differences = []
        for patch in patches:
            values, valid = image.read(patch.window)
            tried = options.model_copy(update={"shape": shape, "compactness": compactness})
            labels = segment(values, valid, tried)
            area = sum(
                int((labels == number).sum())
                for number in np.unique(labels)
                if (patch.inside & (labels == number)).sum() > (labels == number).sum() / 2
            )
            differences.append(abs(area - patch.inside.sum()) / patch.inside.sum())
        by_hand.append(np.mean(differences))
    assert tuning.table["difference"].to_numpy() == pytest.approx(by_hand)
    chosen = tuning.table.query("shape == @tuning.shape and compactness == @tuning.compactness").iloc[0]
    assert chosen["difference"] == min(by_hand)
    equals = tuning.table[tuning.table["difference"] == chosen["difference"]]
    assert chosen["objects"] == equals["objects"].min()


def test_a_killed_tuning_goes_on_and_workers_do_not_matter(
    image: StretchedImage, pits: NDArray[np.bool_], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches, options = reference_patches(pits, count=5, margin=16), SegmentationOptions(scale=50)
    first = tune([(image, patches)], options, workers=TWO, keep=tmp_path)
    monkeypatch.setattr("engine.objects.tuning.segment", None)  # nothing is segmented again
    again = tune([(image, patches)], options, workers=Workers("serial"), keep=tmp_path)
    assert again.table.equals(first.table)


def test_no_reference_is_an_error(image: StretchedImage) -> None:
    none: list[tuple[StretchedImage, list[ReferencePatch]]] = [(image, [])]
    with pytest.raises(ValueError, match="tune on"):
        tune(none, SegmentationOptions(), workers=TWO)
    with pytest.raises(ValueError, match="choose a scale"):
        estimate_scale(none, SegmentationOptions(), step=10, workers=TWO)


def test_candidates_are_peaks_that_stand_out_and_turns_down() -> None:
    scales = np.arange(10.0, 60)
    rate = 20 / scales + 0.02 * np.cos(7 * scales)
    rate[30] += 1.5
    variance = 5 * np.cumprod(1 + rate / 100)
    variance[45:] *= 0.9
    curve = describe_curve(scales, 1000 / scales, variance, 500 / scales, step=1)
    assert curve.table.loc[curve.table["candidate"], "scale"].tolist() == [40, 54]
    assert curve.scale == 54, "of the candidates the one with the fewest objects a patch"
    assert np.isnan(curve.table["rate"][0]) and curve.table["rate"][30] == pytest.approx(rate[30])


def test_a_patch_lost_to_its_surroundings_counts_against_a_scale(
    image: StretchedImage, pits: NDArray[np.bool_]
) -> None:
    patches = reference_patches(pits, count=5, margin=16)
    curve = estimate_scale([(image, patches)], SegmentationOptions(), step=10, workers=TWO)
    assert curve.table["scale"].tolist() == list(range(10, 301, 10))
    assert (np.diff(curve.table["objects"]) <= 0).all()
    finest = [
        make_up(segment(*image.read(patch.window), SegmentationOptions(scale=10)), patch.inside).objects
        for patch in patches
    ]
    assert curve.table["per_patch"][0] == pytest.approx(np.mean(finest))
    coarse = estimate_scale([(image, patches)], SegmentationOptions(shape=0.0), step=100, workers=TWO)
    assert coarse.table["scale"].tolist() == [100, 200, 300]
    # At 300 the ground has taken the pits in.
    assert coarse.table["per_patch"].iloc[-1] >= coarse.table["per_patch"].iloc[0]
