"""Training on an area: what stands out is learnt, the header says from what, and bad input is explained."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.assessment import score_mines
from engine.errors import InputError
from engine.imagery import ImageryOptions
from engine.patches import area_training
from engine.patches import training as loop
from engine.patches.area_training import AreaTraining, train_area
from engine.patches.checkpoint import Checkpoint, read_checkpoint
from engine.patches.labelled import LabelledArea, read_labelled
from engine.patches.model import DeepLabV3
from engine.patches.options import Architecture, SplitOptions, TrainingOptions
from engine.patches.places import Errors
from engine.patches.thresholds import Thresholds, Tried, best_thresholds, try_on
from engine.patches.weight_files import write_weights
from tests.engine.conftest import write_tif
from tests.engine.patches.conftest import BANDS, grid_of, uncounted, write_image
from tests.engine.patches.pits import FIRST, QUICK, REFERENCE, SECOND, scene, write_dates

pytestmark = pytest.mark.usefixtures("narrow")


def trained(folder: Path, imagery: ImageryOptions, options: TrainingOptions = QUICK, **changes: Any) -> Checkpoint:
    area = LabelledArea("pits", folder, imagery, changes.pop("reference", REFERENCE))
    others, tried_on = changes.pop("others", ()), changes.pop("tried_on", ())
    asked = AreaTraining("test", (area, *others), options, folder / "models", tried_on)
    checkpoint = train_area(asked, **{"count": uncounted, "score": score_mines, **changes})
    assert checkpoint is not None
    return checkpoint


def last_layer(checkpoint: Checkpoint) -> torch.Tensor:
    return checkpoint.network.state_dict()["classifier.4.weight"]


def test_what_stands_out_is_learnt(tmp_path: Path) -> None:
    """And found again on rows and on a date that the training has not seen; what is held out does not leak into it."""
    plain = {"batch": 4, "steps": 30, "zoom": 2, "averaging": 0, "balanced_share": 0.5}
    unchanged = {"light": (1, 1), "jitter": 0, "rescale": 0}
    checkpoint = trained(tmp_path, write_dates(tmp_path), QUICK.model_copy(update=plain | unchanged))
    metrics = checkpoint.description.metrics
    parts_of = {name.split(".")[0] for name in metrics if name.endswith(".iou")}
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
    assert description.pixel_m == pytest.approx(10, rel=1e-3)
    assert description.metrics["training.loss"] > 0
    assert description.threshold == 0.5


def test_with_a_split_the_threshold_is_chosen_and_nothing_of_the_test_half_is_looked_at(tmp_path: Path) -> None:
    imagery = write_dates(tmp_path)
    split = REFERENCE.model_copy(update={"held_out_rows": (), "split": SplitOptions(tile=24, step=8)})
    checkpoint = trained(tmp_path, imagery, reference=split)
    description = checkpoint.description
    assert description.data.split == split.split
    own = description.threshold_low, description.threshold
    assert own == best_thresholds(try_on(read_labelled(imagery, split, tmp_path), checkpoint.path))
    assert {name.split(".")[0] for name in description.metrics} == {"training"}


def two_places(folder: Path) -> tuple[list[Path], list[ImageryOptions]]:
    """Folders of two areas with the same labelled images, and what each says of them."""
    folders = [folder / name for name in ("here", "there")]
    for place in folders:
        place.mkdir()
    return folders, [write_dates(place) for place in folders]


def test_several_areas_train_one_model(tmp_path: Path) -> None:
    """Each image standardised by itself; the header names the files by their areas."""
    folders, (first, second) = two_places(tmp_path)
    there = LabelledArea("over there", folders[1], second, REFERENCE)
    options = QUICK.model_copy(update={"normalise": "image"})
    alone = trained(folders[0], first, options)
    both = trained(folders[0], first, options, others=(there,))
    assert len(both.description.data.files) == 8
    assert {name.split("/")[0] for name in both.description.data.files} == {"pits", "over there"}
    assert both.description.metrics["trained.pixels"] == 2 * alone.description.metrics["trained.pixels"]
    assert both.sha256 != alone.sha256


def test_thresholds_are_fitted_to_areas_that_nothing_is_learnt_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders, (first, second) = two_places(tmp_path)
    there, fitted_to = LabelledArea("there", folders[1], second, REFERENCE), []
    plain = trained(folders[0], first)

    def best(tried: Sequence[Tried]) -> Thresholds:
        fitted_to.extend(image.one.files[0] for image in tried)
        return Thresholds(0.35, 0.85)

    def measured(tried: Sequence[Tried], thresholds: Thresholds) -> float:
        assert len(tried) == 1 and thresholds == Thresholds(0.35, 0.85)
        return 1.75

    monkeypatch.setattr(area_training, "best_thresholds", best)
    monkeypatch.setattr(area_training, "outline_error_m", measured)
    description = trained(folders[0], first, tried_on=(there,)).description
    assert (description.threshold_low, description.threshold, description.boundary_error_m) == (0.35, 0.85, 1.75)
    assert plain.description.boundary_error_m is None
    assert fitted_to == [folders[1] / f"{FIRST}.tif"]
    assert description.data == plain.description.data
    assert description.metrics["training.loss"] == plain.description.metrics["training.loss"]


@pytest.mark.parametrize("kind", ["hard_share", "missed_share"])
def test_errors_of_the_model_before_are_learnt_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """It is asked of what may be seen alone, not of the date that is held out."""
    imagery = write_dates(tmp_path)
    before = trained(tmp_path, imagery)
    asked = []

    def found(one: Any, checkpoint: Path) -> Any:
        asked.append((one.image.date, checkpoint))
        return Errors(one.image.labels == 0, one.image.labels == 1)

    monkeypatch.setattr(area_training, "errors_of", found)
    options = {"initial": str(before.path), "balanced_share": 0, kind: 1.0}
    plain = trained(tmp_path, imagery, QUICK.model_copy(update=options | {kind: 0}))
    after = trained(tmp_path, imagery, QUICK.model_copy(update=options))
    assert asked == [(FIRST, before.path)]
    both = REFERENCE.model_copy(update={"held_out_dates": ()})
    trained(tmp_path, imagery, QUICK.model_copy(update=options), reference=both)
    assert asked == [(day, before.path) for day in (FIRST, FIRST, SECOND)]
    assert after.description.metrics["training.loss"] != plain.description.metrics["training.loss"]


def test_a_model_that_begins_with_another_of_its_classes_keeps_a_part_of_it(tmp_path: Path) -> None:
    imagery = write_dates(tmp_path)
    before = trained(tmp_path, imagery)
    assert before.description.recipe is not None and before.description.recipe.keep is None
    first = last_layer(before)
    shutil.copytree(before.path.parent, tmp_path / "before")  # the next ones are of the same name
    options = QUICK.model_copy(update={"initial": f"before/{before.path.name}", "learning_rate": 1e-2, "steps": 8})
    found = {}
    for keep in (None, 1.0, 0.0):
        checkpoint = trained(tmp_path, imagery, options.model_copy(update={"keep": keep}))
        assert checkpoint.description.recipe is not None
        found[checkpoint.description.recipe.keep] = last_layer(checkpoint)
    torch.testing.assert_close(found[1.0], first)
    torch.testing.assert_close(found[0.5], (first + found[0.0]) / 2, rtol=1e-2, atol=1e-3)  # kept in float16
    assert not torch.allclose(found[0.0], first, rtol=0.1, atol=1e-3)


def test_of_a_model_of_other_classes_nothing_is_kept(tmp_path: Path) -> None:
    imagery = write_dates(tmp_path)
    quarries = REFERENCE.model_copy(update={"classes": {"quarry": REFERENCE.classes["pit"]}})
    before = trained(tmp_path, imagery, reference=quarries)
    begun = QUICK.model_copy(update={"initial": f"before/{before.path.name}"})
    before.path.parent.rename(tmp_path / "before")
    error = refused(tmp_path, imagery, options=begun.model_copy(update={"keep": 0.5}))
    assert (error.file, error.field) == (tmp_path / "before" / before.path.name, "training.keep")
    after = trained(tmp_path, imagery, begun)
    assert after.description.recipe is not None and after.description.recipe.keep == 0


def test_published_weights_have_no_errors_of_their_own(tmp_path: Path) -> None:
    network = DeepLabV3("resnet18", classes=21, bands=3, stride=8).state_dict()
    write_weights(tmp_path / "published.safetensors", network, {})
    options = QUICK.model_copy(update={"initial": "published.safetensors", "hard_share": 0.2})
    assert refused(tmp_path, write_dates(tmp_path), options=options).field == "training.hard_share"


def test_areas_of_other_classes_or_bands_are_refused(tmp_path: Path) -> None:
    folders, (first, second) = two_places(tmp_path)
    other = REFERENCE.model_copy(update={"classes": {"quarry": (1,)}})
    error = refused(folders[0], first, others=(LabelledArea("there", folders[1], second, other),))
    assert (error.field, "'there'" in error.problem) == ("reference.classes", True)
    for day in (FIRST, SECOND):
        write_image(folders[1] / f"{day}.tif", scene(1)[0], ("B02", "B04", "B08"))
    error = refused(folders[0], first, others=(LabelledArea("there", folders[1], second, REFERENCE),))
    assert (error.file, error.field) == (folders[1] / f"{FIRST}.tif", "bands")


@pytest.mark.parametrize("architecture", ["resnet34", "resnet50"])
def test_the_larger_backbones_train_too(tmp_path: Path, architecture: Architecture) -> None:
    options = QUICK.model_copy(update={"architecture": architecture})
    checkpoint = trained(tmp_path, write_dates(tmp_path), options)
    assert checkpoint.description.architecture == architecture
    assert not checkpoint.network.training


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


def test_dates_of_other_pixels_are_refused(tmp_path: Path) -> None:
    imagery = write_dates(tmp_path)
    wide = grid_of(96, 96)
    wide = type(wide)(wide.crs, wide.transform @ wide.transform.scale(1.5), wide.shape)
    write_image(tmp_path / f"{SECOND}.tif", scene(1)[0], grid=wide)
    error = refused(tmp_path, imagery, reference=REFERENCE.model_copy(update={"held_out_rows": ()}))
    assert (error.file, error.field) == (tmp_path / f"{SECOND}.tif", "pixel size")
    assert error.mend == "resample the image to pixels of 10 m"


def test_labels_of_another_place_are_refused(tmp_path: Path) -> None:
    imagery = write_dates(tmp_path)
    far = grid_of(96, 96)
    far = type(far)(far.crs, far.transform @ far.transform.translation(5000, 0), far.shape)
    write_tif(tmp_path / f"{FIRST}_codes.tif", scene(0)[1], far, nodata=None)
    error = refused(tmp_path, imagery)
    assert (error.file, error.field) == (tmp_path / f"{FIRST}_codes.tif", "extent")


def test_curves_lie_beside_the_model(tmp_path: Path) -> None:
    options = QUICK.model_copy(update={"steps": 4, "validation": 0.5, "check_every": 2})
    checkpoint = trained(tmp_path, write_dates(tmp_path), options)
    models = tmp_path / "models"
    with (models / "test.training.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3", "4"]
    assert [bool(row["validation_loss"]) for row in rows] == [False, True, False, True]
    best = min(float(row["validation_loss"]) for row in rows if row["validation_loss"])
    assert checkpoint.description.metrics["validation.loss"] == pytest.approx(best, rel=1e-5)
    with Image.open(models / "test.training.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert min(pixels.shape[:2]) > 400
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10


def test_what_was_kept_for_another_start_goes_when_the_model_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_SAVE_AFTER_S", 0.0)
    trained(tmp_path, write_dates(tmp_path))
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [
        "test.safetensors",
        "test.safetensors.sha256",
        "test.training.csv",
        "test.training.png",
    ]
