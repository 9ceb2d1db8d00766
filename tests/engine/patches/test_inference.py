"""Windowed inference: the windows put together are the whole, whoever computes them and in whatever order."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.blocks import Kind, Workers
from engine.errors import InputError
from engine.patches.blending import NO_PROBABILITY, ONE, Blend, plan_segments, plan_windows, within
from engine.patches.inference import CLASS_PROBABILITIES, MASK, PROBABILITY, extract, predict_windows
from engine.patches.inputs import ImageBands
from engine.patches.mask import NO_MASK
from engine.patches.options import ExtractionOptions
from engine.raster import Raster
from tests.engine.patches.conftest import BANDS, uncounted, write_image, write_untrained

ROOT = Path(__file__).parents[3]
CLASSES = ("pit", "dump")

# Probability of any mine and of each class.
Products = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True)
class OneConvolution:
    """Stands in for a network: a 3x3 convolution, its weights eighths and its input whole numbers, so that it is exact.

    Outside its input it sees zeros, as a network does. Gives background and two classes of mine.
    """

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.int16]:
        padded = np.pad(np.nan_to_num(values, nan=0.0), ((0, 0), (1, 1), (1, 1)))
        rows, cols = values.shape[1:]
        total = np.zeros((rows, cols), np.float32)
        for band in range(len(values)):
            for row in range(3):
                for col in range(3):
                    weight = np.float32((1 + row + 2 * col + band) / 8)
                    total += weight * padded[band, row : row + rows, col : col + cols]
        mine = np.mod(total, 1024) / np.float32(1024)
        first = np.mod(total, 7) < 3
        probabilities = np.stack([1 - mine, np.where(first, mine, 0), np.where(first, 0, mine)])
        return np.rint(probabilities * np.float32(ONE)).astype(np.int16)


def scene(rows: int, cols: int, seed: int = 1, missing: float = 0.0) -> NDArray[np.float32]:
    """Whole numbers up to 255; some pixels lack data."""
    random = np.random.default_rng(seed)
    values = random.integers(0, 256, (len(BANDS), rows, cols)).astype(np.float32)
    values[:, random.random((rows, cols)) < missing] = np.nan
    return values


def at_once(values: NDArray[np.float32]) -> Products:
    """What the stand-in makes of the whole image, in the products' units."""
    probability = OneConvolution()(values)[1:].astype(np.int64)
    percent = ((100 * np.stack([probability.sum(axis=0), *probability]) + ONE // 2) // ONE).astype(np.uint8)
    percent[:, np.isnan(values).any(axis=0)] = NO_PROBABILITY
    return percent[0], percent[1:]


def read(folder: Path) -> Products:
    with Raster(folder / PROBABILITY) as raster:
        probability = raster.read()
    with Raster(folder / CLASS_PROBABILITIES) as raster:
        assert raster.band_names == list(CLASSES)
        assert raster.nodata == NO_PROBABILITY
        return probability, raster.read_bands()


def read_mask(folder: Path) -> NDArray[np.uint8]:
    with Raster(folder / MASK) as raster:
        mask: NDArray[np.uint8] = raster.read()
    return mask


def predicted(image: Path, folder: Path, workers: Workers, predict: Any = None, **options: Any) -> dict[str, Any]:
    chosen = ExtractionOptions(model="-", **options)
    bands = ImageBands.named(image, BANDS)
    return predict_windows(
        bands, CLASSES, predict or OneConvolution(), folder, chosen, workers=workers, count=uncounted
    )


def in_windows(values: NDArray[np.float32], folder: Path, workers: Workers, **options: Any) -> Products:
    image = write_image(folder / "image.tif", values, nodata=np.nan)
    predicted(image, folder, workers, **options)
    return read(folder)


def assert_same(found: Products, wanted: Products) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 150),
    cols=st.integers(1, 150),
    window=st.integers(32, 80),
    margin=st.integers(4, 40),
    missing=st.sampled_from([0.0, 0.2, 1.0]),
    kind=st.sampled_from(["serial", "threads"]),
    count=st.integers(1, 4),
)
def test_windows_put_together_are_the_whole(
    tmp_path_factory: pytest.TempPathFactory,
    rows: int,
    cols: int,
    window: int,
    margin: int,
    missing: float,
    kind: Kind,
    count: int,
) -> None:
    values = scene(rows, cols, missing=missing)
    margin = min(margin, window // 2)
    found = in_windows(values, tmp_path_factory.mktemp("windows"), Workers(kind, count), window=window, margin=margin)
    assert_same(found, at_once(values))


def test_a_cluster_gives_the_same(tmp_path: Path) -> None:
    """In a process of its own: a scheduler starts threads and loops that outlive a test."""
    script = f"""
from pathlib import Path
from distributed import LocalCluster
from engine.blocks import Workers
from tests.engine.patches.test_inference import assert_same, at_once, in_windows, scene

if __name__ == "__main__":
    values = scene(90, 70, missing=0.1)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster:
        workers = Workers("cluster", 2, cluster.scheduler_address)
        assert_same(in_windows(values, Path({str(tmp_path)!r}), workers, window=40, margin=12), at_once(values))
    print("the same")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "the same", done.stderr


def test_without_a_margin_windows_lie_side_by_side() -> None:
    windows = list(plan_windows((64, 96), 32, 0))
    assert len(windows) == 6
    assert sum(window.shape[0] * window.shape[1] for window in windows) == 64 * 96


@given(rows=st.integers(1, 400), cols=st.integers(1, 400), window=st.integers(32, 128), share=st.floats(0, 0.5))
def test_windows_cover_the_image_and_stay_within(rows: int, cols: int, window: int, share: float) -> None:
    covered = np.zeros((rows, cols), int)
    for one in plan_windows((rows, cols), window, int(share * window)):
        assert one.shape == (min(window, rows), min(window, cols))
        covered[one.slices] += 1
    assert covered.min() >= 1
    assert covered.max() <= 9


@given(rows=st.integers(1, 200), cols=st.integers(1, 2000), window=st.integers(32, 128), share=st.floats(0, 0.5))
def test_the_segments_hold_the_windows(rows: int, cols: int, window: int, share: float) -> None:
    plan = (window, int(share * window))
    parts = [
        within(segment, own)
        for segment in plan_segments((rows, cols), *plan)
        for own in plan_windows(segment.shape, *plan)
    ]
    assert parts == list(plan_windows((rows, cols), *plan))


@pytest.fixture(scope="module")
def photographed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An image in a network's units, and an untrained network."""
    folder = tmp_path_factory.mktemp("network")
    checkpoint = write_untrained(folder / "untrained.safetensors")
    values = np.random.default_rng(3).normal(1000, 300, (3, 90, 75)).astype(np.float32)
    values[:, :5, :9] = np.nan
    return write_image(folder / "image.tif", values, nodata=np.nan), checkpoint.path


def extracted(photographed: tuple[Path, Path], folder: Path, workers: Workers, keep: Path | None = None) -> Products:
    image, checkpoint = photographed
    options = ExtractionOptions(model="untrained", window=48, margin=16)
    report = extract(image, checkpoint, folder, options, workers=workers, keep=keep, count=uncounted)
    assert report["windows"] == 6
    assert report["pixels"] == 90 * 75 - 45
    return read(folder)


def test_a_network_gives_the_same_whoever_runs_it(
    tmp_path_factory: pytest.TempPathFactory, photographed: tuple[Path, Path]
) -> None:
    serial = extracted(photographed, tmp_path_factory.mktemp("serial"), Workers("serial"))
    assert (serial[0] == NO_PROBABILITY).sum() == (serial[1][1] == NO_PROBABILITY).sum() == 45
    assert len(np.unique(serial[0])) > 3, "an untrained network says not everywhere the same"
    for workers in (Workers("threads", 1), Workers("threads", 3), Workers("processes", 1)):
        assert_same(extracted(photographed, tmp_path_factory.mktemp(workers.kind), workers), serial)


def test_the_threads_of_the_caller_stay_as_they_were(tmp_path: Path, photographed: tuple[Path, Path]) -> None:
    before = torch.get_num_threads()
    extracted(photographed, tmp_path, Workers("serial"))
    assert torch.get_num_threads() == before


def test_a_killed_run_goes_on_and_gives_the_same(tmp_path: Path, photographed: tuple[Path, Path]) -> None:
    keep = tmp_path / "windows"
    keep.mkdir()
    first = extracted(photographed, tmp_path, Workers("serial"), keep)
    done = sorted(keep.iterdir())
    for path in done[::2]:
        path.unlink()
    assert_same(extracted(photographed, tmp_path, Workers("threads", 2), keep), first)
    assert sorted(keep.iterdir()) == done


def test_the_models_own_threshold_holds_where_the_area_gives_none(
    tmp_path: Path, photographed: tuple[Path, Path]
) -> None:
    image, plain = photographed
    probability, _ = extracted((image, plain), tmp_path, Workers("serial"))
    known = probability[probability != NO_PROBABILITY]
    own, given = (int(percent) / 100 for percent in (np.median(known), known.max()))
    assert 0 < own < given, "the two thresholds give two masks"
    checkpoint = write_untrained(tmp_path / "own.safetensors", threshold=own).path
    for threshold, wanted in ((None, own), (given, given)):
        options = ExtractionOptions(model="own", window=48, margin=16, threshold=threshold)
        extract(image, checkpoint, tmp_path, options, workers=Workers("serial"), count=uncounted)
        mask = read_mask(tmp_path)
        np.testing.assert_array_equal(mask == NO_MASK, probability == NO_PROBABILITY)
        np.testing.assert_array_equal((mask > 0)[mask != NO_MASK], known >= round(100 * wanted))


def test_windows_without_data_do_not_reach_the_network(tmp_path: Path) -> None:
    def fail(_: NDArray[np.float32]) -> NDArray[np.int16]:
        raise AssertionError("there is nothing to predict")

    image = write_image(tmp_path / "image.tif", np.zeros((3, 70, 70), np.uint16), nodata=0)
    report = predicted(image, tmp_path, Workers("serial"), fail, window=32, margin=8)
    assert report["pixels"] == 0
    assert report["mask_pixels"] == 0
    assert (read(tmp_path)[0] == NO_PROBABILITY).all()
    assert (read_mask(tmp_path) == NO_MASK).all()


def test_a_pixel_without_data_in_one_band_has_none(tmp_path: Path) -> None:
    values = np.full((3, 40, 40), 100, np.uint16)
    values[1, 7, 8] = 0
    image = write_image(tmp_path / "image.tif", values, nodata=0)
    predicted(image, tmp_path, Workers("serial"), window=32, margin=8)
    missing = read(tmp_path)[0] == NO_PROBABILITY
    assert missing[7, 8]
    assert missing.sum() == 1


def test_bands_are_found_by_name_in_any_order(tmp_path: Path) -> None:
    values = scene(40, 50)
    image = write_image(tmp_path / "image.tif", values[[2, 0, 1]], ("B04", "B02", "B03"), nodata=np.nan)
    predicted(image, tmp_path, Workers("serial"), window=32, margin=8)
    assert_same(read(tmp_path), at_once(values))


def test_no_more_rows_are_held_than_windows_touch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums of a tall image never hold more than the open windows' rows."""
    highest = 0
    make_room = Blend._make_room

    def watched(blend: Blend, row: int) -> None:
        nonlocal highest
        make_room(blend, row)
        highest = max(highest, blend.held)

    monkeypatch.setattr(Blend, "_make_room", watched)
    in_windows(scene(600, 40), tmp_path, Workers("serial"), window=32, margin=8)
    assert highest <= 32


def refusal(photographed: tuple[Path, Path], image: Path, folder: Path) -> InputError:
    options = ExtractionOptions(model="untrained", window=48, margin=16)
    with pytest.raises(InputError) as refused:
        extract(image, photographed[1], folder, options, workers=Workers("serial"), count=uncounted)
    return refused.value


def test_an_image_without_a_band_of_the_model_is_refused(tmp_path: Path, photographed: tuple[Path, Path]) -> None:
    image = write_image(tmp_path / "image.tif", scene(40, 40), ("B02", "B03", "B8A"))
    error = refusal(photographed, image, tmp_path)
    assert (error.file, error.field) == (image, "bands")
    assert str(error).endswith(
        "the model needs B04, and the image has B02, B03, B8A. Mend: supply an image with B02, B03, B04, name its "
        "bands so, or take a model for the bands it has"
    )
    assert not (tmp_path / PROBABILITY).exists()


def test_an_image_of_numbers_that_are_none_is_refused(tmp_path: Path, photographed: tuple[Path, Path]) -> None:
    image = write_image(tmp_path / "image.tif", scene(40, 40).astype(np.complex64))
    error = refusal(photographed, image, tmp_path)
    assert (error.file, error.field) == (image, "dtype")


@pytest.mark.parametrize("scale", [1e-4, 1e2])
def test_an_image_in_other_units_is_refused(tmp_path: Path, photographed: tuple[Path, Path], scale: float) -> None:
    values = (scale * np.random.default_rng(3).normal(1000, 100, (3, 40, 40))).astype(np.float32)
    error = refusal(photographed, write_image(tmp_path / "image.tif", values, nodata=np.nan), tmp_path)
    assert error.field == "B02"
    assert "units" in error.mend
