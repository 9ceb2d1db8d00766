"""How an image comes to a network: its bands, and what they are standardised with."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.patches.checkpoint import Checkpoint
from engine.patches.inputs import ImageBands, Standardisation, check_units
from engine.patches.sampling import LabelledImage, cut, measure, measure_images, normalised
from tests.engine.patches.conftest import BANDS, description_of, write_image, write_untrained
from tests.engine.patches.pits import FIRST, SECOND


def photograph(rows: int = 300, cols: int = 200) -> NDArray[np.float32]:
    """Bands of one scene, brighter to the east; a corner has no data."""
    random = np.random.default_rng(3)
    values = random.normal(1000, 80, (3, rows, cols)) + np.linspace(0, 300, cols)
    values[:, :20, :30] = np.nan
    return values.astype(np.float32)


def standardised(folder: Path, values: NDArray[np.float32], **changes: str) -> NDArray[np.float32]:
    bands = ImageBands.named(write_image(folder / "image.tif", values), BANDS)
    return Standardisation.of(description_of(**changes), bands)(values)


def test_gain_and_haze_of_a_date_are_taken_away_where_images_stand_by_themselves(tmp_path: Path) -> None:
    values = photograph()
    hazy = (0.7 * values + np.array([40, 90, 160], np.float32)[:, None, None]).astype(np.float32)
    clear, other = (standardised(tmp_path, image, normalise="image") for image in (values, hazy))
    np.testing.assert_allclose(clear, other, atol=1e-3)
    there = clear[:, 20:]
    np.testing.assert_allclose(there.mean(axis=(1, 2)), 0, atol=0.1)
    np.testing.assert_allclose(there.std(axis=(1, 2)), 1, atol=0.1)


def test_otherwise_they_are_seen_as_training_saw_its_own(tmp_path: Path) -> None:
    values = photograph()
    found = standardised(tmp_path, values)
    np.testing.assert_allclose(found[:, 20:], (values[:, 20:] - 1000) / 300, rtol=1e-4, atol=1e-4)
    assert (found[:, :20, :30] == 0).all()


def test_training_and_inference_standardise_an_image_alike(tmp_path: Path) -> None:
    values = photograph()
    labels = np.zeros(values.shape[1:], np.uint8)
    image = LabelledImage("a", FIRST, values, labels)
    (part,) = normalised([image], measure_images([image]))
    values_seen, _ = cut(part, (0, 0), max(part.shape))
    rows, cols = part.shape
    np.testing.assert_allclose(
        np.nan_to_num(values_seen[:, :rows, :cols]), standardised(tmp_path, values, normalise="image"), atol=2e-2
    )


def test_each_date_is_brought_to_the_same_mean_and_spread() -> None:
    values = photograph()
    labels = np.zeros(values.shape[1:], np.uint8)
    dates = [LabelledImage("a", FIRST, values, labels), LabelledImage("b", SECOND, 3 * values + 500, labels)]
    for part in normalised(dates, measure_images(dates)):
        values_seen, seen_labels = cut(part, (0, 0), max(part.shape))
        mean, std = measure([LabelledImage(part.name, part.date, values_seen, seen_labels)])
        np.testing.assert_allclose(mean, 0, atol=1e-3)
        np.testing.assert_allclose(std, 1, atol=1e-3)


def test_an_image_without_data_has_a_standard_all_the_same(tmp_path: Path) -> None:
    empty = np.full((3, 40, 40), np.nan, np.float32)
    assert (standardised(tmp_path, empty, normalise="image") == 0).all()


@pytest.mark.parametrize("normalise", ["image", "training"])
def test_units_matter_only_to_models_that_know_them(tmp_path: Path, normalise: str) -> None:
    image = write_image(tmp_path / "image.tif", 1e-4 * photograph())
    model: Checkpoint = write_untrained(tmp_path / "model.safetensors", normalise=normalise)
    if normalise == "image":
        check_units(image, model)
    else:
        with pytest.raises(Exception, match="was trained on"):
            check_units(image, model)
