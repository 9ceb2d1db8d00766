"""Figures of the parts of images that a training saw and did not see."""

import numpy as np

from engine.assessment import score_mines
from engine.patches.sampling import LabelledImage
from engine.patches.scoring import score_parts
from tests.engine.patches.pits import FIRST, REFERENCE, SECOND


def test_figures_are_of_the_part_they_name() -> None:
    """All of one part is wrong, and nothing of the others."""
    labels = np.zeros((96, 10), np.uint8)
    labels[:, 5:] = 1
    images = [LabelledImage(str(day), day, np.zeros((1, 96, 10), np.float32), labels) for day in (FIRST, SECOND)]
    predicted = [labels.copy(), labels.copy()]
    predicted[1][48:] = 1 - labels[48:]
    figures = score_parts(images, predicted, REFERENCE, score_mines)
    assert {name: value for name, value in figures.items() if name.endswith(".iou")} == {
        "trained.iou": 1,
        "unseen_rows.iou": 1,
        "unseen_date.iou": 1,
        "unseen_rows_and_date.iou": 0,
    }
