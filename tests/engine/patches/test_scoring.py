"""Figures of the parts of images that a training saw and did not see, and the threshold that fits what it saw."""

from pathlib import Path

import numpy as np

from engine.assessment import score_mines
from engine.patches.labelled import ReadImage
from engine.patches.sampling import LabelledImage
from engine.patches.scoring import score_parts
from engine.patches.split import training_ground
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
