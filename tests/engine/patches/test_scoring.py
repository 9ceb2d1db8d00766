"""Figures of the parts of images that a training saw and did not see, and the threshold that fits what it saw."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.assessment import score_mines
from engine.patches import scoring
from engine.patches.blending import NO_PROBABILITY
from engine.patches.inference import PROBABILITY
from engine.patches.labelled import ReadImage
from engine.patches.labels import UNLABELLED
from engine.patches.sampling import LabelledImage
from engine.patches.scoring import best_threshold, score_parts
from engine.patches.split import training_ground
from engine.raster import Raster
from tests.engine.conftest import write_tif
from tests.engine.patches.conftest import grid_of
from tests.engine.patches.pits import FIRST, REFERENCE, SECOND

FILES = (Path("a.tif"), Path("b.tif"))


def test_figures_are_of_the_part_they_name() -> None:
    """All of one part is wrong, and nothing of the others."""
    labels = np.zeros((96, 10), np.uint8)
    labels[:, 5:] = 1
    images = [LabelledImage(str(day), day, np.zeros((1, 96, 10), np.float32), labels) for day in (FIRST, SECOND)]
    predicted = [labels.copy(), labels.copy()]
    predicted[1][48:] = 1 - labels[48:]
    grounds = training_ground({FIRST: labels, SECOND: labels}, REFERENCE)
    read = [
        ReadImage(image, grid_of(96, 10), ("a",), FILES, grounds[image.date], held_out=image.date == SECOND)
        for image in images
    ]
    figures = score_parts(read, predicted, score_mines)
    assert {name: value for name, value in figures.items() if name.endswith(".iou")} == {
        "trained.iou": 1,
        "unseen_rows.iou": 1,
        "unseen_date.iou": 1,
        "unseen_rows_and_date.iou": 0,
    }


def extract_first_band(image: Path, _checkpoint: Path, folder: Path, *_options: Any, **_how: Any) -> None:
    """Stands in for a network: the first band is the probability in per cent."""
    with Raster(image) as raster:
        percent, grid = raster.read_bands()[0], raster.grid
    percent = np.where(np.isnan(percent), NO_PROBABILITY, percent).astype(np.uint8)
    write_tif(folder / PROBABILITY, percent, grid, nodata=NO_PROBABILITY)


def read_image(day: date, percent: NDArray[Any], labels: NDArray[Any], seen: NDArray[np.bool_]) -> ReadImage:
    """An image whose one band is the probability that will be found, NaN for no data."""
    values = percent[None].astype(np.float32)
    image = LabelledImage(str(day), day, values, labels.astype(np.uint8))
    return ReadImage(image, grid_of(*percent.shape), ("a",), FILES, seen, held_out=day == SECOND)


def threshold_for(monkeypatch: pytest.MonkeyPatch, read: Sequence[ReadImage]) -> float:
    with monkeypatch.context() as changed:
        changed.setattr(scoring, "extract", extract_first_band)
        return best_threshold(read, Path("model.safetensors"))


@pytest.mark.parametrize("percent", [25, 50, 65, 95])
def test_the_best_threshold_parts_mines_from_the_rest(monkeypatch: pytest.MonkeyPatch, percent: int) -> None:
    """By labels that training saw alone: what is held out, unlabelled or without data says otherwise."""
    found = np.tile([percent, percent - 1, percent + 3.0, percent - 5], (8, 1))
    labels = np.tile([1, 0, 2, 0], (8, 1))
    seen = np.ones(found.shape, bool)
    read = [read_image(FIRST, found, labels, seen), read_image(SECOND, found, 1 - np.clip(labels, 0, 1), seen)]
    assert threshold_for(monkeypatch, read) == percent / 100
    others = {"unseen": (found, 1 - np.clip(labels, 0, 1)), "unlabelled": (found, np.full_like(labels, UNLABELLED))}
    others["no data"] = (np.full_like(found, np.nan), np.ones_like(labels))
    for name, (values, codes) in others.items():
        both = np.concatenate([found, *[values] * 3]), np.concatenate([labels, *[codes] * 3])
        ground = np.concatenate([seen, *[np.full_like(seen, name != "unseen")] * 3])
        assert threshold_for(monkeypatch, [read_image(FIRST, *both, ground)]) == percent / 100, name


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), background=st.integers(1, 30))
def test_no_other_threshold_has_a_better_f1(seed: int, background: int) -> None:
    """At the true share of mines: the more background there is, the more of it a low threshold lets through."""
    random = np.random.default_rng(seed)
    labels = (np.arange(12 * (1 + background)) < 12).reshape(-1, 12).astype(np.uint8)
    found = np.rint(np.clip(random.normal(35 + 25 * labels, 20), 0, 100))
    with pytest.MonkeyPatch.context() as monkeypatch:
        best = threshold_for(monkeypatch, [read_image(FIRST, found, labels, np.ones(found.shape, bool))])

    def f1(percent: int) -> float:
        return score_mines(labels, (found >= percent).astype(np.uint8))["f1"]

    assert f1(round(100 * best)) == pytest.approx(max(f1(percent) for percent in range(20, 100, 5)))
