"""Weights to begin with: published ones and checkpoints fit by name, their first convolution by the bands' colours."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.errors import InputError
from engine.patches.checkpoint import BandOptions
from engine.patches.model import DeepLabV3
from engine.patches.weight_files import write_weights
from engine.patches.weights import find_weights, spread_over_bands
from tests.engine.patches.conftest import write_untrained

Weights = dict[str, Tensor]

COLOURS = ("red", "green", "blue")
CLASSES = ("background", "pit", "dump")


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    """As torchvision names a DeepLabV3 of 21 classes that was trained with a second classifier."""
    with torch.random.fork_rng():
        torch.manual_seed(11)
        tensors = dict(DeepLabV3("resnet18", classes=21, bands=3).state_dict())
    return tensors | {"aux_classifier.0.weight": torch.ones(2, 2), "aux_classifier.4.bias": torch.ones(21)}


def as_resnet(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """As torchvision names a ResNet that tells a thousand classes apart."""
    backbone = {
        name.removeprefix("backbone."): tensor
        for name, tensor in tensors.items()
        if name.startswith("backbone.") and not name.endswith("num_batches_tracked")
    }
    return backbone | {"fc.weight": torch.ones(1000, 512), "fc.bias": torch.ones(1000)}


def loaded(path: Path, bands: tuple[str, ...] = COLOURS, classes: tuple[str, ...] = CLASSES) -> tuple[Weights, Weights]:
    """Weights of a network before and after."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = DeepLabV3("resnet18", classes=len(classes), bands=len(bands))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    find_weights(path.name, path.parent).load_into(network, "resnet18", bands, classes)
    return before, dict(network.state_dict())


def changed(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


def test_a_published_network_loads_all_but_its_classes(tmp_path: Path, published: dict[str, Tensor]) -> None:
    path = tmp_path / "coco.safetensors"
    write_weights(path, published, {})
    before, after = loaded(path)
    for name, tensor in after.items():
        assert torch.equal(tensor, before[name] if name.startswith("classifier.4.") else published[name]), name


def test_a_published_resnet_loads_the_backbone(tmp_path: Path, published: dict[str, Tensor]) -> None:
    path = tmp_path / "imagenet.safetensors"
    write_weights(path, as_resnet(published), {})
    before, after = loaded(path)
    assert all(name.startswith("backbone.") for name in changed(before, after))
    assert torch.equal(after["backbone.layer4.1.conv2.weight"], published["backbone.layer4.1.conv2.weight"])
    assert torch.equal(after["backbone.bn1.running_var"], published["backbone.bn1.running_var"])


def test_a_checkpoint_keeps_its_classes_where_they_are_the_same(tmp_path: Path) -> None:
    bands = tuple(BandOptions(name=name, mean=1, std=1) for name in COLOURS)
    path = write_untrained(tmp_path / "own.safetensors", bands=bands).path
    head = {"classifier.4.weight", "classifier.4.bias"}
    assert "classifier.4.weight" in changed(*loaded(path))
    assert not changed(*loaded(path, classes=("background", "clay"))) & head
    assert not changed(*loaded(path, classes=("background", "clay", "iron"))) & head


def test_files_are_known_by_their_sum(tmp_path: Path) -> None:
    written = write_untrained(tmp_path / "own.safetensors")
    assert find_weights("own", tmp_path).files == {"own.safetensors": written.sha256}
    with written.path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(InputError) as caught:
        find_weights("own", tmp_path)
    assert caught.value.field == "sha256"


@pytest.mark.parametrize("bands", [("B04", "B03", "B02"), ("Blue", "nir", "Green", "Red"), ("swir",)])
def test_bands_take_the_kernel_of_their_colour(bands: tuple[str, ...]) -> None:
    kernels = torch.arange(1.0, 4.0)[None, :, None, None].repeat(2, 1, 7, 7)
    spread = spread_over_bands(kernels, COLOURS, bands)
    of = {"B04": 1.0, "B03": 2.0, "B02": 3.0, "Red": 1.0, "Green": 2.0, "Blue": 3.0}
    expected = [3 / len(bands) * of.get(name, 2.0) for name in bands]
    assert spread.shape == (2, len(bands), 7, 7)
    assert spread[1, :, 3, 3].tolist() == pytest.approx(expected)


def test_bands_that_vary_together_give_what_the_layers_behind_expect() -> None:
    kernels = torch.randn(8, 3, 7, 7, generator=torch.Generator().manual_seed(1))
    image = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(2))
    wide = spread_over_bands(kernels, COLOURS, ("blue", "green", "red", "nir"))
    torch.testing.assert_close(
        torch.conv2d(image.expand(1, 4, 32, 32), wide),
        torch.conv2d(image.expand(1, 3, 32, 32), kernels),
        rtol=1e-4,
        atol=1e-4,
    )


def refused(path: Path, tensors: dict[str, Tensor]) -> InputError:
    write_weights(path, tensors, {})
    with pytest.raises(InputError) as caught:
        loaded(path)
    assert caught.value.file == path
    return caught.value


def test_what_is_no_network_of_this_kind_is_refused(tmp_path: Path, published: dict[str, Tensor]) -> None:
    path, resnet = tmp_path / "odd.safetensors", as_resnet(published)
    assert refused(path, {"weight": torch.ones(3)}).field == "backbone.conv1.weight"
    lacking = {name: tensor for name, tensor in resnet.items() if name != "layer2.0.conv1.weight"}
    assert refused(path, lacking).field == "backbone.layer2.0.conv1.weight"
    assert refused(path, resnet | {"layer1.2.conv1.weight": torch.ones(1)}).field == "backbone.layer1.2.conv1.weight"
    assert refused(path, resnet | {"layer1.0.conv1.weight": torch.ones(1)}).field == "backbone.layer1.0.conv1.weight"
    assert refused(path, resnet | {"conv1.weight": torch.ones(64, 4, 7, 7)}).field == "backbone.conv1.weight"


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path) -> None:
    path = write_untrained(tmp_path / "own.safetensors", architecture="resnet34").path
    with pytest.raises(InputError) as caught:
        loaded(path)
    assert (caught.value.field, "resnet34" in caught.value.problem) == ("architecture", True)


def test_pickles_are_sent_to_the_command_that_converts(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_weights("resnet18-f37072fd.pth", tmp_path)
    assert caught.value.field == "training.initial"
    assert caught.value.mend.endswith("python -m engine weights resnet18-f37072fd.pth")


def test_a_name_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_weights("nothing", tmp_path)
    assert caught.value.field == "training.initial"
