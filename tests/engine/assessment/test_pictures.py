"""Which places are shown, and that they are drawn."""

from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image

from engine.assessment.areas import AssessedImage
from engine.assessment.counting import count_image
from engine.assessment.examples import examples
from engine.assessment.patches import labelled_patches
from engine.assessment.pictures import draw_examples
from engine.assessment.truth import Truth
from tests.engine.conftest import write_tif
from tests.engine.patches.conftest import grid_of, write_image

CLASSES = ("background", "dump", "pit")
DAY = date(2021, 11, 6)


def assessed(folder: Path) -> AssessedImage:
    """A hit, a miss in the shadow, and two false alarms, one of them on a pad in the wind farm."""
    codes, mask = np.zeros((2, 60, 60), np.uint8)
    codes[5:15, 5:15], codes[5:15, 45:55] = 1, 2
    mask[5:15, 6:16], mask[40:50, 5:15], mask[40:46, 40:46] = 1, 2, 2
    context, pads = np.zeros((2, 60, 60), np.uint8)
    context[:20, 40:], context[30:, 30:] = 1, 2
    pads[40:46, 40:46] = 1
    truth = Truth(codes, labelled_patches(codes), True, context, pads, ("graded ground",))
    _, compared = count_image(
        mask, truth, None, day=DAY, held_out=False, classes=CLASSES, pixel_m2=100.0, least_area_m2=50.0
    )
    grid = grid_of(60, 60)
    write_image(folder / "picture.tif", np.full((3, 60, 60), 120, np.uint8), nodata=0)
    write_tif(folder / "probability.tif", np.where(mask > 0, 80, 10).astype(np.uint8), grid, nodata=255)
    return AssessedImage(DAY, folder, folder, grid, CLASSES, mask, truth, compared)


def test_hits_misses_and_false_alarms_are_shown_and_those_on_hard_ground(tmp_path: Path) -> None:
    image = assessed(tmp_path)
    shown = examples(image.compared, image.truth)
    assert {kind: len(those) for kind, those in shown.items()} == {
        "hits": 1,
        "misses": 1,
        "false alarms": 2,
        "misses in terrain shadow": 1,
        "false alarms in the wind farm": 1,
    }
    (hit,) = shown["hits"]
    assert (hit.rows, hit.cols, hit.iou) == (slice(5, 15), slice(5, 15), 90 / 110)
    assert [place.rows.start for place in shown["false alarms"]] == [40, 40]  # the larger one first
    assert shown["false alarms"][0].cols == slice(5, 15)


def test_the_sheet_has_both_outlines(tmp_path: Path) -> None:
    draw_examples(assessed(tmp_path), tmp_path / "sheets" / "a.png")
    with Image.open(tmp_path / "sheets" / "a.png") as picture:
        colours = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)
    for outline in ((0, 229, 255), (255, 214, 0)):
        assert (np.abs(colours - outline).max(axis=1) < 8).sum() > 100
