"""Checkpoints: what was written is what is read; what cannot be trusted or does not fit is refused by name."""

import hashlib
import pickle
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.errors import InputError
from engine.patches import checkpoint as module
from engine.patches.checkpoint import (
    TrainingDataOptions,
    find_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from engine.patches.options import TrainingOptions
from tests.engine.patches.conftest import description_of, write_untrained


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_untrained(tmp_path_factory.mktemp("written") / "untrained.safetensors").path


@pytest.fixture
def file(tmp_path: Path, written: Path) -> Path:
    """A checkpoint and its sum, for a test to spoil."""
    for path in (written, written.with_name(f"{written.name}.sha256")):
        shutil.copy(path, tmp_path)
    return tmp_path / written.name


def refused(act: Callable[[], object]) -> InputError:
    with pytest.raises(InputError) as caught:
        act()
    return caught.value


def sum_again(path: Path) -> None:
    """Whoever changed the file says that it is the right one."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(path.name + ".sha256").write_text(f"{digest}  {path.name}\n")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    data = TrainingDataOptions(
        files={"a.tif": "ab"}, dates=(date(2021, 6, 19),), held_out_rows=((200, 401),), held_out_dates=()
    )
    description = description_of(data=data, recipe=TrainingOptions(seed=3), metrics={"unseen_rows.iou": 0.8})
    network = description.network()
    written = write_checkpoint(tmp_path / "a.safetensors", description, network.state_dict())
    read = read_checkpoint(tmp_path / "a.safetensors")
    assert (read.description, read.sha256) == (description, written.sha256)
    for name, tensor in network.state_dict().items():
        kept = read.network.state_dict()[name]
        assert kept.dtype == tensor.dtype
        torch.testing.assert_close(kept, tensor, rtol=1e-3, atol=1e-6)
    assert not read.network.training


def test_weights_take_two_bytes(file: Path) -> None:
    tensors = load_file(file)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16, torch.int64}
    assert file.stat().st_size < 2.05 * sum(tensor.numel() for tensor in tensors.values())


def test_the_same_weights_make_the_same_file(tmp_path: Path, file: Path) -> None:
    again = write_untrained(tmp_path / "again.safetensors").path
    assert again.read_bytes() == file.read_bytes()


def test_the_sum_is_as_sha256sum_reads_it(file: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", f"{file.name}.sha256"], cwd=file.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_nothing_half_written_is_left(file: Path) -> None:
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, f"{file.name}.sha256"]


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".ckpt", ".PTH", ".pkl"])
def test_pickles_are_refused_unopened(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    for error in (refused(lambda: read_checkpoint(path)), refused(lambda: find_checkpoint(path.name, tmp_path))):
        assert (error.file, error.field) == (path, "format")
        assert "pickles, which run whatever code is in them" in error.problem
        assert "safetensors" in error.mend
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_under_another_name_is_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    sum_again(path)
    error = refused(lambda: read_checkpoint(path))
    assert (error.file, error.field) == (path, "format")
    assert not (tmp_path / "sprung").exists()


def test_any_other_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")
    assert refused(lambda: read_checkpoint(tmp_path / "model.onnx")).mend == "supply a .safetensors file"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = refused(lambda: read_checkpoint(tmp_path / "none.safetensors"))
    assert (error.file, error.field) == (tmp_path / "none.safetensors", "path")


def test_without_its_sum_a_checkpoint_is_refused(file: Path) -> None:
    beside = file.with_name(f"{file.name}.sha256")
    beside.unlink()
    error = refused(lambda: read_checkpoint(file))
    assert error.file == beside
    assert "sha256sum untrained.safetensors > untrained.safetensors.sha256" in error.mend


@pytest.mark.parametrize("change", ["one bit", "cut", "other sum", "empty sum"])
def test_a_file_that_its_sum_does_not_stand_for_is_refused(file: Path, change: str) -> None:
    contents, beside = bytearray(file.read_bytes()), file.with_name(f"{file.name}.sha256")
    if change == "one bit":
        contents[-1] ^= 1
        file.write_bytes(contents)
    elif change == "cut":
        file.write_bytes(contents[:-1000])
    else:
        beside.write_text("" if change == "empty sum" else f"{'0' * 64}  {file.name}\n")
    error = refused(lambda: read_checkpoint(file))
    assert (error.file, error.field) == (file, "sha256")


def test_a_file_that_breaks_off_is_refused_even_with_its_sum(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])
    sum_again(file)
    error = refused(lambda: read_checkpoint(file))
    assert (error.file, error.field) == (file, "format")


def test_safetensors_of_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(3)}, path, metadata={"format": "pt"})
    sum_again(path)
    error = refused(lambda: read_checkpoint(path))
    assert (error.file, error.field) == (path, "metadata.pitwatch")
    assert "Pitwatch did not write it" in error.problem


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("{}", "name"),
        (description_of().model_dump_json().replace('"version":1', '"version":9'), "version"),
        (description_of().model_dump_json().replace('"stride":16', '"stride":7'), "stride"),
        ("no json", ""),
    ],
)
def test_a_header_of_another_form_is_refused(tmp_path: Path, header: str, field: str) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"weight": torch.zeros(3)}, path, metadata={"pitwatch": header})
    sum_again(path)
    error = refused(lambda: read_checkpoint(path))
    assert error.file == path
    assert error.field == ".".join(part for part in ("metadata.pitwatch", field) if part)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda state: state.pop("backbone.bn1.bias"), "backbone.bn1.bias"),
        (lambda state: state.update(extra=torch.zeros(1)), "extra"),
        (lambda state: state.update({"classifier.4.bias": torch.zeros(7)}), "classifier.4.bias"),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], object], field: str
) -> None:
    state = dict(description_of().network().state_dict())
    change(state)
    checkpoint = write_checkpoint(tmp_path / "a.safetensors", description_of(), state)
    error = refused(lambda: read_checkpoint(checkpoint.path).network)
    assert (error.file, error.field) == (checkpoint.path, field)
    assert "in a resnet18 of 3 bands and 3 classes" in error.problem


def test_a_model_is_found_by_path_and_by_name(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models, area = tmp_path / "models", tmp_path / "area"
    (area / "own").mkdir(parents=True)
    models.mkdir()
    monkeypatch.setattr(module, "MODELS", models)
    shipped = file.rename(models / "quarry.safetensors")
    assert find_checkpoint("quarry", area) == shipped
    assert find_checkpoint("quarry.safetensors", area) == shipped
    assert find_checkpoint(str(shipped), area) == shipped
    own = area / "own" / "mine.safetensors"
    own.touch()
    assert find_checkpoint("own/mine.safetensors", area) == own
    beside = area / "quarry.safetensors"
    beside.touch()
    assert find_checkpoint("quarry", area) == beside, "an area's own goes before one that ships"


@pytest.mark.parametrize("model", ["none", "../models/quarry", "own/quarry.safetensors", "", "."])
def test_a_model_that_is_not_there_is_named(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr(module, "MODELS", tmp_path)
    file.rename(tmp_path / "quarry.safetensors")
    (tmp_path / "area").mkdir()
    error = refused(lambda: find_checkpoint(model, tmp_path / "area"))
    assert error.field == "extraction.model"
    assert "the name of a shipped model (quarry)" in error.mend


@pytest.mark.parametrize(("pixel_m", "zoom"), [(None, 2), (10, 2), (10.8, 2), (9.3, 2), (5, 1), (2.5, 0.5), (20, 4)])
def test_pixels_of_another_size_are_zoomed(pixel_m: float | None, zoom: float) -> None:
    assert description_of(pixel_m=10, zoom=2).network(pixel_m).zoom == zoom


@pytest.mark.parametrize(("pixel_m", "mend"), [(7, "5"), (11.5, "10"), (100, "20"), (0.5, "1.25")])
def test_pixels_that_no_zoom_fits_are_refused(pixel_m: float, mend: str) -> None:
    error = refused(lambda: description_of(pixel_m=10, zoom=2).network(pixel_m))
    assert error.field == "pixel size"
    assert error.mend == f"resample the image to pixels of {mend} m, or take another model"


def test_older_models_have_their_own_zoom(file: Path) -> None:
    assert read_checkpoint(file).network_for(3).zoom == read_checkpoint(file).network.zoom == 2
