"""Segmentation against merges computed by hand, the formulas written out slowly, and another program's objects."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.ndimage import label

from benchmarks.segmentation import boundary_f1
from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Block
from engine.objects.segmentation import SegmentationOptions, Segmenter, segment, segment_scales
from engine.objects.tiles import Tiling, segment_in_tiles

DATA = Path(__file__).parents[2] / "data" / "segmentation"


# Every segmentation has to pass the tests that take one.
def segment_tiles(
    image: NDArray[Any], valid: NDArray[np.bool_], options: SegmentationOptions, *, count: int = 2
) -> NDArray[np.int32]:
    """In tiles so small that the images of these tests have many."""

    def read(block: Block) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        return image[(slice(None), *block.slices)], valid[block.slices]

    tiling, workers = Tiling(size=48, margin=24, rounds=6), Workers(count=count)
    shape = valid.shape[0], valid.shape[1]
    labels, seams = segment_in_tiles(read, shape, options, bands=len(image), tiling=tiling, workers=workers)
    assert seams.differ <= 0.01 * seams.pixels
    return labels


SEGMENTERS: list[Segmenter] = [segment, segment_tiles]


def row_of(*values: float) -> NDArray[np.float64]:
    """An image of one band and one row."""
    return np.array([[values]], np.float64)


def all_valid(image: NDArray[Any]) -> NDArray[np.bool_]:
    return np.ones(image.shape[1:], bool)


def colour_alone(scale: float, **more: Any) -> SegmentationOptions:
    return SegmentationOptions(scale=scale, shape=0, **more)


def segmented(image: NDArray[Any], options: SegmentationOptions) -> list[int]:
    """The labels of an image in one row."""
    return segment(image, all_valid(image), options).ravel().tolist()


# Objects as the formulas have them, from the pixels of each region, without any running sums.

Region = frozenset[tuple[int, int]]


def sides(region: Region) -> list[tuple[int, int]]:
    """The pixels on the other side of each side of the region's outline."""
    around = ((row + down, col + right) for row, col in region for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)))
    return [pixel for pixel in around if pixel not in region]


def heterogeneity(region: Region, image: NDArray[Any], options: SegmentationOptions) -> float:
    n, length = len(region), len(sides(region))
    rows, cols = zip(*region, strict=True)
    box = 2 * (max(rows) - min(rows) + 1 + max(cols) - min(cols) + 1)
    colour = 0.0
    for band, weight in zip(image, options.weights or [1.0] * len(image), strict=True):
        values = [float(band[pixel]) for pixel in region]
        colour += weight * math.sqrt(max(n * sum(x * x for x in values) - sum(values) ** 2, 0.0))
    compact, smooth = options.compactness * length * math.sqrt(n), (1 - options.compactness) * n * length / box
    return (1 - options.shape) * colour + options.shape * (compact + smooth)


def segment_slowly(
    image: NDArray[Any], valid: NDArray[np.bool_], options: SegmentationOptions
) -> list[NDArray[np.int32]]:
    """Labels after each round; in the last one nothing merges any more."""
    regions = {frozenset({(int(row), int(col))}) for row, col in np.argwhere(valid)}
    after_rounds = []
    while pairs := pairs_to_merge(regions, image, options):
        regions = (regions - {region for pair in pairs for region in pair}) | {one | other for one, other in pairs}
        after_rounds.append(labelled(regions, valid.shape))
    return [*after_rounds, labelled(regions, valid.shape)]


def labelled(regions: set[Region], shape: tuple[int, ...]) -> NDArray[np.int32]:
    labels = np.zeros(shape, np.int32)
    for number, region in enumerate(sorted(regions, key=min), start=1):
        for pixel in region:
            labels[pixel] = number
    return labels


def pairs_to_merge(
    regions: set[Region], image: NDArray[Any], options: SegmentationOptions
) -> list[tuple[Region, Region]]:
    """Of one round; each pair in both orders."""
    h = {region: heterogeneity(region, image, options) for region in regions}
    owner = {pixel: region for region in regions for pixel in region}
    best: dict[Region, tuple[float, tuple[int, int], Region]] = {}
    for region in regions:
        neighbours = {owner[pixel] for pixel in sides(region) if pixel in owner}
        rises = [
            (heterogeneity(region | one, image, options) - (h[region] + h[one]), min(one), one) for one in neighbours
        ]
        if rises:
            best[region] = min(rises)
    return [
        (region, other)
        for region, (rise, _, other) in best.items()
        if best[other][2] == region and rise < options.scale**2
    ]


@st.composite
def tasks(draw: st.DrawFn) -> tuple[NDArray[Any], NDArray[np.bool_], SegmentationOptions]:
    """Small images of few values, where much is tied, and of many; with holes."""
    bands, rows, cols = draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.integers(1, 6))
    highest = draw(st.sampled_from([1, 3, 255]))
    image = draw(arrays(np.uint8, (bands, rows, cols), elements=st.integers(0, highest)))
    valid = draw(arrays(bool, (rows, cols), elements=st.sampled_from([True, True, True, False])))
    weights = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=bands, max_size=bands))
    options = SegmentationOptions(
        scale=draw(st.sampled_from([0.3, 1.0, 2.0, 5.0, 15.0, 40.0])),
        shape=draw(st.sampled_from([0.0, 0.1, 0.5, 0.9])),
        compactness=draw(st.sampled_from([0.0, 0.3, 0.5, 1.0])),
        weights=tuple(weights) if draw(st.booleans()) else (),
    )
    return image, valid, options


@settings(max_examples=80, deadline=None)
@given(task=tasks())
def test_in_every_round_the_objects_are_those_of_the_formulas(
    task: tuple[NDArray[Any], NDArray[np.bool_], SegmentationOptions],
) -> None:
    """Which are looked for anew each time, while ours keeps what has not changed."""
    after_rounds = segment_slowly(*task)
    for rounds, expected in enumerate(after_rounds, start=1):
        np.testing.assert_array_equal(segment(*task, rounds=rounds), expected)
    np.testing.assert_array_equal(segment(*task), after_rounds[-1])


@pytest.mark.parametrize("segmenter", SEGMENTERS)
@settings(max_examples=50, deadline=None)
@given(task=tasks(), extra=st.integers(1, 40))
def test_what_every_segmentation_promises(
    segmenter: Segmenter, task: tuple[NDArray[Any], NDArray[np.bool_], SegmentationOptions], extra: int
) -> None:
    """On images magnified, so that objects are larger than in the comparison above."""
    small, holes, options = task
    image, valid = np.kron(small, np.ones((1, 4, 4), np.uint8)), np.kron(holes, np.ones((4, 4), bool))
    before = image.copy()
    labels = segmenter(image, valid, options)

    assert labels.dtype == np.int32
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(labels > 0, valid)
    present, first = np.unique(labels[valid], return_index=True)
    assert present.tolist() == list(range(1, present.size + 1))
    assert (np.diff(first) > 0).all(), "numbered by first pixel"
    assert all(label(labels == number)[1] == 1 for number in present), "in one piece"
    # Adding a constant to a band changes no deviation; what is not valid may hold anything.
    other = image.astype(np.float64)
    other[-1] += extra
    other[:, ~valid] = np.nan
    np.testing.assert_array_equal(segmenter(other, valid, options), labels)


@pytest.mark.parametrize(
    ("scale", "labels"),
    [
        (1.0, [1, 2, 3]),  # f(0, 1) = √(2·1 − 1²) = 1, which is not below 1²
        (1.1, [1, 1, 2]),
        (3.5, [1, 1, 2]),  # f({0, 1}, 10) = √(3·101 − 11²) − 1 = 12.49, between 3.5² and 3.6²
        (3.6, [1, 1, 1]),
    ],
)
def test_colour_by_hand(scale: float, labels: list[int]) -> None:
    assert segmented(row_of(0, 1, 10), colour_alone(scale)) == labels


@pytest.mark.parametrize(
    ("compactness", "scale", "labels"),
    [
        (1.0, 0.48, [1, 2]),  # f = 0.5·(6·√2 − 2·4) = 0.2426, between 0.48² and 0.5²
        (1.0, 0.50, [1, 1]),
        (0.0, 0.01, [1, 1]),  # f = 0.5·(2·6/6 − 2·4/4) = 0: two pixels fill their box as one does
    ],
)
def test_form_by_hand(compactness: float, scale: float, labels: list[int]) -> None:
    options = SegmentationOptions(scale=scale, shape=0.5, compactness=compactness)
    assert segmented(row_of(7, 7), options) == labels


def test_of_equals_the_first_is_best() -> None:
    assert segmented(row_of(0, 2, 4), colour_alone(1.6)) == [1, 1, 2]


def test_weights_say_what_a_band_counts() -> None:
    image = np.array([[[0, 0, 9]], [[0, 9, 9]]])
    assert segmented(image, colour_alone(1, weights=(1, 0))) == [1, 1, 2]
    assert segmented(image, colour_alone(1, weights=(0, 1))) == [1, 2, 2]
    assert segmented(image, colour_alone(1, weights=())) == [1, 2, 3]


def test_objects_do_not_reach_over_no_data() -> None:
    image = row_of(5, 5, math.nan, 5, 5)
    assert segment(image, np.isfinite(image[0]), colour_alone(100)).tolist() == [[1, 1, 0, 2, 2]]


def test_an_even_image_is_one_object_a_part() -> None:
    valid = np.ones((20, 30), bool)
    valid[:, 12] = valid[7] = False
    labels = segment(np.full((2, 20, 30), 80), valid, SegmentationOptions(scale=1000))
    np.testing.assert_array_equal(labels, label(valid)[0])


def test_nothing_valid_gives_no_objects() -> None:
    assert not segment(np.ones((1, 3, 4)), np.zeros((3, 4), bool), SegmentationOptions()).any()


def test_wrong_input_is_refused() -> None:
    image = np.ones((2, 3, 4))
    with pytest.raises(ValueError, match="does not fit"):
        segment(image, np.ones((4, 3), bool), SegmentationOptions())
    with pytest.raises(ValueError, match="not finite"):
        segment(image * np.nan, np.ones((3, 4), bool), SegmentationOptions())
    for weights in ((1.0,), (1.0, -1.0)):
        with pytest.raises(InputError) as caught:
            segment(image, np.ones((3, 4), bool), SegmentationOptions(weights=weights))
        assert caught.value.field == "segmentation.weights"


# A real image, and what the library GRM makes of it.


@pytest.fixture(scope="module")
def quarries() -> NDArray[np.uint8]:
    with rasterio.open(DATA / "rgb_256.tif") as file:
        image: NDArray[np.uint8] = file.read()
    return image


@pytest.mark.parametrize("segmenter", SEGMENTERS)
@pytest.mark.parametrize("scale", [30, 60])
@pytest.mark.parametrize(("shape", "compactness"), [(0.2, 0.5), (0.7, 0.3)])
def test_the_objects_agree_with_another_program(
    segmenter: Segmenter, quarries: NDArray[np.uint8], scale: int, shape: float, compactness: float
) -> None:
    with rasterio.open(DATA / f"grm_scale{scale}_shape{shape}_compactness{compactness}.tif") as file:
        theirs = file.read(1)
    options = SegmentationOptions(scale=scale, shape=shape, compactness=compactness)
    ours = segmenter(quarries, all_valid(quarries), options)
    assert boundary_f1(ours, theirs) >= 0.93
    assert ours.max() == pytest.approx(len(np.unique(theirs)), rel=0.05)


def test_a_larger_scale_makes_fewer_objects(quarries: NDArray[np.uint8]) -> None:
    image = quarries[:, :96, :96]
    counts = [segment(image, all_valid(image), SegmentationOptions(scale=scale)).max() for scale in (10, 20, 40, 80)]
    assert all(fine > coarse for fine, coarse in pairwise(counts))


# The same, another way.


def noise(*shape: int, seed: int = 1) -> NDArray[np.float32]:
    """Smooth in places, so that objects are large, and no two neighbours equally good."""
    random = np.random.default_rng(seed)
    coarse = np.kron(random.normal(128, 40, (3, shape[0] // 8, shape[1] // 8)), np.ones((1, 8, 8)))
    return (coarse + random.normal(0, 6, coarse.shape)).astype(np.float32)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_an_image_that_is_turned_has_the_same_objects(turns: int) -> None:
    image, options = noise(80, 64), SegmentationOptions(scale=40)
    valid = all_valid(image)
    turned = segment(np.rot90(image, turns, (1, 2)), np.rot90(valid, turns), options)
    assert same_partition(np.rot90(turned, -turns), segment(image, valid, options))


def same_partition(one: NDArray[np.integer], other: NDArray[np.integer]) -> bool:
    pairs = len(np.unique(np.stack([one.ravel(), other.ravel()]), axis=1).T)
    return pairs == len(np.unique(one)) == len(np.unique(other))


@pytest.mark.parametrize("scale", [20.0, 60.0])
def test_tiles_make_the_objects_of_the_whole(quarries: NDArray[np.uint8], scale: float) -> None:
    options, valid = SegmentationOptions(scale=scale), all_valid(quarries)
    valid[100:110, 30:200] = False
    whole = segment(quarries, valid, options)
    for count in (1, 2):
        np.testing.assert_array_equal(segment_tiles(quarries, valid, options, count=count), whole)


def test_tiles_that_disagree_are_told_of(quarries: NDArray[np.uint8]) -> None:
    """Without a margin, what lies across an edge is not known; every object hangs together all the same."""
    valid = all_valid(quarries)

    def read(block: Block) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        return quarries[(slice(None), *block.slices)], valid[block.slices]

    narrow = Tiling(size=32, margin=1, rounds=12)
    labels, seams = segment_in_tiles(
        read, (256, 256), SegmentationOptions(), bands=3, tiling=narrow, workers=Workers("serial")
    )
    assert seams.pixels == 2 * 7 * 256 and 0 < seams.differ < seams.pixels
    assert all(label(labels == number)[1] == 1 for number in range(1, labels.max() + 1))


def test_rising_scales_go_on_from_one_another(quarries: NDArray[np.uint8]) -> None:
    valid, options = all_valid(quarries), SegmentationOptions()
    scales = (10.0, 20.0, 45.0)
    before: NDArray[np.int32] | None = None
    for level in segment_scales(quarries, valid, options, scales):
        labels = level.labels()
        expected = segment(quarries, valid, options.model_copy(update={"scale": level.scale}), start=before)
        np.testing.assert_array_equal(labels, expected)
        assert level.objects == labels.max()
        within = [quarries[:, labels == number].std(axis=1).mean() for number in range(1, level.objects + 1)]
        assert level.local_variance == pytest.approx(np.mean(within))
        before = labels
    with pytest.raises(ValueError, match="does not come after"):
        list(segment_scales(quarries[:, :9, :9], valid[:9, :9], options, [20.0, 20.0]))


def test_labels_to_go_on_from_are_checked_and_parted() -> None:
    image, valid = np.arange(6.0).reshape(1, 1, 6), np.ones((1, 6), bool)
    start = np.array([[1, 2, 1, 1, 3, 3]], np.int32)
    still = SegmentationOptions(scale=0.01, shape=0)
    assert segment(image, valid, still, start=start).tolist() == [[1, 2, 3, 3, 4, 4]]
    with pytest.raises(ValueError, match="go on from"):
        segment(image, valid, still, start=np.zeros((1, 6), np.int32))


def test_images_that_are_too_wide_are_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        segment(np.zeros((1, 1, 65_536), np.uint8), np.ones((1, 65_536), bool), SegmentationOptions(scale=0.1))
