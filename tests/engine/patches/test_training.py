"""Training: it learns what can be seen, the same from the same seed, with any backbone; areas are checked first."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.assessment import score_mines
from engine.errors import InputError
from engine.imagery import ImageOptions, ImageryOptions
from engine.patches.checkpoint import Checkpoint, read_checkpoint
from engine.patches.labels import UNLABELLED
from engine.patches.options import Architecture, ReferenceOptions, SplitOptions, TrainingOptions
from engine.patches.sampling import LabelledImage, measure, training_parts
from engine.patches.split import training_ground
from engine.patches.training import ReadImage, score_parts, segmentation_loss, train, train_area
from tests.engine.conftest import write_tif
from tests.engine.patches.conftest import BANDS, grid_of, uncounted, write_image

FIRST, SECOND = date(2021, 6, 19), date(2023, 3, 1)
REFERENCE = ReferenceOptions(
    classes={"pit": (10,)}, background=(1,), held_out_rows=((48, 96),), held_out_dates=(SECOND,)
)
QUICK = TrainingOptions(stride=8, zoom=1, rates=(1, 2, 3), crop=32, batch=2, steps=2)


def scene(seed: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Bright pits in darker ground, above and below the rows that are held out; right of column 80 nobody looked."""
    random = np.random.default_rng(seed)
    values, codes = random.normal(1000, 60, (3, 96, 96)), np.ones((96, 96), np.uint8)
    for row, col in ((4, 10), (20, 50), (60, 20), (72, 56)):
        values[:, row : row + 16, col : col + 16] += 800
        codes[row : row + 16, col : col + 16] = 10
    codes[:, 80:] = 0
    return values.astype(np.uint16), codes


def write_dates(folder: Path) -> ImageryOptions:
    images = []
    for number, day in enumerate((FIRST, SECOND)):
        values, codes = scene(number)
        write_image(folder / f"{day}.tif", values + np.uint16(1000 * number))
        write_tif(folder / f"{day}_codes.tif", codes, grid_of(96, 96), nodata=None)
        images.append(
            ImageOptions(path=Path(f"{day}.tif"), labels=Path(f"{day}_codes.tif"), date=day, offset=1000 * number)
        )
    return ImageryOptions(images=tuple(images), nodata=0)


def trained(folder: Path, imagery: ImageryOptions, options: TrainingOptions = QUICK, **changes: Any) -> Checkpoint:
    given: dict[str, Any] = {"reference": REFERENCE, "count": uncounted, "score": score_mines} | changes
    return train_area("test", folder, imagery, options=options, out=folder / "models", **given)


def parts() -> list[LabelledImage]:
    values, codes = scene(0)
    labels = np.select([codes == 10, codes == 1], [1, 0], UNLABELLED).astype(np.uint8)
    image = LabelledImage("a", FIRST, values.astype(np.float32), labels)
    return training_parts([image], REFERENCE, list(training_ground({FIRST: labels}, REFERENCE).values()))


def weights(options: TrainingOptions) -> Mapping[str, torch.Tensor]:
    seen = parts()
    return train(seen, measure(seen), 2, options, count=uncounted).network.state_dict()


def test_what_stands_out_is_learnt(tmp_path: Path) -> None:
    """And found again on rows and on a date that the training has not seen; what is held out does not leak into it."""
    options = TrainingOptions(stride=8, rates=(1, 2, 3), crop=32, batch=4, steps=30, zoom=2, light=(1, 1))
    checkpoint = trained(tmp_path, write_dates(tmp_path), options)
    metrics = checkpoint.description.metrics
    parts_of = {name.split(".")[0] for name in metrics}
    assert parts_of == {"trained", "unseen_rows", "unseen_date", "unseen_rows_and_date"}
    assert {name: metrics[f"{name}.iou"] > 0.8 for name in parts_of} == dict.fromkeys(parts_of, True)
    assert metrics["unseen_rows.pixels"] == 48 * 80


def test_the_header_says_where_the_model_comes_from(tmp_path: Path) -> None:
    imagery = write_dates(tmp_path)
    trained(tmp_path, imagery)
    description = read_checkpoint(tmp_path / "models" / "test.safetensors").description
    assert description.classes == ("background", "pit")
    assert [band.name for band in description.bands] == list(BANDS)
    assert all(900 < band.mean < 1300 for band in description.bands)
    assert (description.data.dates, description.data.held_out_dates) == ((FIRST,), (SECOND,))
    assert description.data.held_out_rows == ((48, 96),)
    assert len(description.data.files) == 4
    assert description.recipe == QUICK


def test_a_split_is_trained_on_and_told(tmp_path: Path) -> None:
    split = SplitOptions(tile=24, step=8)
    reference = REFERENCE.model_copy(update={"held_out_rows": (), "split": split})
    description = trained(tmp_path, write_dates(tmp_path), reference=reference).description
    assert description.data.split == split
    parts_of = {name.split(".")[0] for name in description.metrics}
    assert parts_of == {"trained", "unseen_ground", "unseen_date", "unseen_ground_and_date"}
    pixels = [description.metrics[f"{part}.pixels"] for part in ("trained", "unseen_ground")]
    assert sum(pixels) == 96 * 80 and min(pixels) > 2 * 16 * 16


@pytest.mark.parametrize("architecture", ["resnet18", "resnet34", "resnet50"])
def test_every_backbone_trains(tmp_path: Path, architecture: Architecture) -> None:
    options = QUICK.model_copy(update={"architecture": architecture})
    checkpoint = trained(tmp_path, write_dates(tmp_path), options)
    assert checkpoint.description.architecture == architecture
    assert not checkpoint.network.training


def test_the_same_seed_gives_the_same_weights() -> None:
    first, again = weights(QUICK), weights(QUICK)
    assert all(torch.equal(first[name], again[name]) for name in first)
    other = weights(QUICK.model_copy(update={"seed": 1}))
    assert not torch.equal(first["classifier.4.weight"], other["classifier.4.weight"])


def test_training_leaves_the_callers_randomness_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    weights(QUICK)
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize("crop", [16, 32, 200])
def test_batches_of_one_and_crops_of_any_size(crop: int) -> None:
    options = TrainingOptions(stride=16, zoom=1, crop=crop, batch=1, steps=2)
    assert all(torch.isfinite(tensor).all() for tensor in weights(options).values())


def test_every_step_is_counted() -> None:
    calls: list[int] = []

    def count(total: int) -> Callable[[], None]:
        return lambda: calls.append(total)

    seen = parts()
    training = train(seen, measure(seen), 2, QUICK, count=count)
    assert calls == [2, 2]
    assert len(training.losses) == 2


def test_only_what_is_labelled_is_learnt_from() -> None:
    random = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 3, 8, 8, generator=random)
    labels = torch.randint(0, 3, (2, 8, 8), generator=random)
    labels[:, 4:] = UNLABELLED
    changed = logits.clone()
    changed[:, :, 4:] += 100
    torch.testing.assert_close(segmentation_loss(changed, labels), segmentation_loss(logits, labels))
    known = segmentation_loss(logits[:, :, :4], labels[:, :4])
    torch.testing.assert_close(segmentation_loss(logits, labels), known)


def test_a_batch_without_labels_teaches_nothing() -> None:
    logits = torch.randn(1, 2, 4, 4, requires_grad=True)
    segmentation_loss(logits, torch.full((1, 4, 4), UNLABELLED)).backward()
    assert logits.grad is not None
    assert (logits.grad == 0).all()


def test_the_loss_of_what_is_right_is_next_to_nothing() -> None:
    labels = torch.randint(0, 3, (2, 8, 8), generator=torch.Generator().manual_seed(1))
    logits = 50 * torch.nn.functional.one_hot(labels, 3).permute(0, 3, 1, 2).float()
    assert segmentation_loss(logits, labels) < 1e-4
    assert segmentation_loss(-logits, labels) > 1


def test_figures_are_of_the_part_they_name() -> None:
    """All of one part is wrong, and nothing of the others."""
    labels = np.zeros((96, 10), np.uint8)
    labels[:, 5:] = 1
    images = [LabelledImage(str(day), day, np.zeros((1, 96, 10), np.float32), labels) for day in (FIRST, SECOND)]
    predicted = [labels.copy(), labels.copy()]
    predicted[1][48:] = 1 - labels[48:]
    grounds = training_ground({FIRST: labels, SECOND: labels}, REFERENCE)
    read = [
        ReadImage(image, grid_of(96, 10), ("a",), (Path("a.tif"), Path("b.tif")), grounds[image.date])
        for image in images
    ]
    figures = score_parts(read, predicted, REFERENCE, score_mines)
    assert {name: value for name, value in figures.items() if name.endswith(".iou")} == {
        "trained.iou": 1,
        "unseen_rows.iou": 1,
        "unseen_date.iou": 1,
        "unseen_rows_and_date.iou": 0,
    }


def refused(folder: Path, imagery: ImageryOptions, **changes: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        trained(folder, imagery, **changes)
    assert not (folder / "models").exists()
    return caught.value


def test_images_without_labels_cannot_train(tmp_path: Path) -> None:
    imagery = write_dates(tmp_path)
    bare = tuple(image.model_copy(update={"labels": None}) for image in imagery.images)
    assert refused(tmp_path, imagery.model_copy(update={"images": bare})).field == "imagery.images.labels"


def test_a_class_that_only_what_is_held_out_shows_cannot_be_learnt(tmp_path: Path) -> None:
    reference = REFERENCE.model_copy(update={"held_out_rows": ((0, 96),)})
    error = refused(tmp_path, write_dates(tmp_path), reference=reference)
    assert error.field == "reference.background"
    reference = REFERENCE.model_copy(update={"held_out_rows": ((0, 90),)})
    assert refused(tmp_path, write_dates(tmp_path), reference=reference).field == "reference.classes.pit"


def test_dates_of_other_bands_are_refused(tmp_path: Path) -> None:
    imagery = write_dates(tmp_path)
    write_image(tmp_path / f"{SECOND}.tif", scene(1)[0], ("B02", "B04", "B08"))
    error = refused(tmp_path, imagery)
    assert (error.file, error.field) == (tmp_path / f"{SECOND}.tif", "bands")
