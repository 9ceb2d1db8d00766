"""Published pickles are opened when they are what their name says, and then hold nothing but weights."""

import hashlib
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.cli import main
from engine.errors import InputError
from engine.patches.published import convert

WEIGHTS = {"conv1.weight": torch.arange(6.0).reshape(2, 3), "bn1.num_batches_tracked": torch.tensor(4)}


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def published(folder: Path, contents: object = WEIGHTS, *, old: bool = False) -> Path:
    """A file that carries the first digits of its sha256 in its name."""
    path = folder / "part"
    torch.save(contents, path, _use_new_zipfile_serialization=not old)
    return path.rename(folder / f"resnet18-{digest(path)[:8]}.pth")


@pytest.mark.parametrize("old", [False, True])
def test_weights_are_the_same_after_conversion(tmp_path: Path, old: bool) -> None:
    file = published(tmp_path, old=old)
    made = convert(file)
    assert made == file.with_suffix(".safetensors")
    found = load_file(made)
    assert found.keys() == WEIGHTS.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in WEIGHTS.items())
    assert made.with_name(f"{made.name}.sha256").read_text() == f"{digest(made)}  {made.name}\n"


def test_the_publishers_sum_stands_for_a_file_of_any_name(tmp_path: Path) -> None:
    file = published(tmp_path).rename(tmp_path / "mine.pth")
    out = tmp_path / "there" / "out.safetensors"
    assert convert(file, out, sha256=digest(file).upper()) == out
    assert load_file(out).keys() == WEIGHTS.keys()


def refused(file: Path, **given: str) -> InputError:
    with pytest.raises(InputError) as caught:
        convert(file, **given)
    assert caught.value.file == file
    assert not list(file.parent.glob("*.safetensors*"))
    return caught.value


def trap(folder: Path) -> Path:
    path = folder / "part"
    path.write_bytes(pickle.dumps(Trap(folder / "sprung"), protocol=2))
    return path


@pytest.mark.parametrize("name", ["model.pth", "resnet18-00000000.pth", "resnet18-f37072fd.pth"])
def test_what_is_not_the_published_file_is_not_opened(tmp_path: Path, name: str) -> None:
    assert refused(trap(tmp_path).rename(tmp_path / name)).field == "sha256"
    assert refused(tmp_path / name, sha256="0" * 64).field == "sha256"
    assert not (tmp_path / "sprung").exists()


def test_code_is_not_run_even_when_the_sum_is_right(tmp_path: Path) -> None:
    path = trap(tmp_path)
    file = path.rename(tmp_path / f"resnet18-{digest(path)[:8]}.pth")
    assert refused(file).field == "format"
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("contents", [[torch.ones(1)], {}, {"state_dict": {"a": torch.ones(1)}}])
def test_what_is_no_table_of_tensors_is_refused(tmp_path: Path, contents: object) -> None:
    assert refused(published(tmp_path, contents)).field == "format"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "resnet18-f37072fd.pth").field == "path"


def test_the_command_converts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "home"))
    file = published(tmp_path)
    assert main(["weights", str(file)]) == 0
    assert str(file.with_suffix(".safetensors")) in capsys.readouterr().err
    assert main(["weights", str(file), "--sha256", "0" * 64]) == 2
    assert "field  sha256" in capsys.readouterr().err
