"""Figures of the parts of images that a training saw and did not see, and the threshold that fits what it saw."""

from pathlib import Path

import numpy as np
import pytest

from engine.assessment import score_mines
from engine.patches import scoring
from engine.patches.labelled import ReadImage
from engine.patches.labels import UNLABELLED
from engine.patches.sampling import LabelledImage
from engine.patches.scoring import errors_of, score_parts
from engine.patches.split import training_ground
from tests.engine.patches.conftest import extract_first_band, grid_of
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


def test_false_alarms_touch_no_mine_missed_mines_are_seen_in_less_than_half_and_neither_is_a_speck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A region beside a mine is its rim; one on ground that nobody labelled may be one."""
    percent, labels = np.zeros((30, 30)), np.zeros((30, 30), np.uint8)
    alarm = np.s_[2:6, 2:6]
    labels[10:14, 10:14] = 1
    percent[alarm], percent[10:16, 10:16], percent[20:24, 2:6], percent[20:24, 20:24] = 60, 90, 49, 80
    percent[28, 28] = 99
    labels[20:24, 20:22] = UNLABELLED
    # A mine of which a quarter is seen, one of which half is, and one that is too small.
    labels[2:6, 20:24], percent[2:6, 20] = 1, 90
    labels[26:30, 10:14], percent[26:30, 10:12] = 1, 90
    labels[10, 25] = 1
    image = LabelledImage("a", FIRST, percent[None].astype(np.float32), labels)
    grid = grid_of(30, 30)
    grid = type(grid)(grid.crs, grid.transform @ grid.transform.scale(0.5), grid.shape)
    read = ReadImage(image, grid, ("a",), FILES, np.ones((30, 30), bool), held_out=False)
    monkeypatch.setattr(scoring, "extract", extract_first_band)
    wanted = np.zeros((30, 30), bool)
    wanted[alarm] = True
    errors = errors_of(read, Path("model.safetensors"))
    np.testing.assert_array_equal(errors.alarms, wanted)
    missed = np.zeros((30, 30), bool)
    missed[2:6, 20:24] = True
    np.testing.assert_array_equal(errors.missed, missed)
