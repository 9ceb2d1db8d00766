"""The network: names and shapes as torchvision publishes them, any bands, strides and zooms."""

import pytest
import torch
from torch import nn

from engine.patches.model import DeepLabV3
from engine.patches.options import Architecture

# Facts of the published layout, told by rule: blocks of the four layers, convolutions in a block, expansion.
LAYERS = {
    "resnet18": ((2, 2, 2, 2), 2, 1),
    "resnet34": ((3, 4, 6, 3), 2, 1),
    "resnet50": ((3, 4, 6, 3), 3, 4),
}
STATISTICS = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def published_names(architecture: Architecture) -> set[str]:
    """Names of all tensors of torchvision's DeepLabV3 without an auxiliary classifier."""
    blocks, convolutions, expansion = LAYERS[architecture]

    def norm(place: str) -> set[str]:
        return {f"{place}.{name}" for name in STATISTICS}

    names = {"backbone.conv1.weight"} | norm("backbone.bn1")
    for layer, count in enumerate(blocks, start=1):
        for block in range(count):
            place = f"backbone.layer{layer}.{block}"
            for number in range(1, convolutions + 1):
                names |= {f"{place}.conv{number}.weight"} | norm(f"{place}.bn{number}")
            # The first block of a layer changes the width, but for layer 1 of basic blocks.
            if block == 0 and (layer > 1 or expansion > 1):
                names |= {f"{place}.downsample.0.weight"} | norm(f"{place}.downsample.1")
    for branch in range(4):
        names |= {f"classifier.0.convs.{branch}.0.weight"} | norm(f"classifier.0.convs.{branch}.1")
    names |= {"classifier.0.convs.4.1.weight"} | norm("classifier.0.convs.4.2")
    names |= {"classifier.0.project.0.weight"} | norm("classifier.0.project.1")
    names |= {"classifier.1.weight"} | norm("classifier.2")
    return names | {"classifier.4.weight", "classifier.4.bias"}


def build(architecture: Architecture = "resnet18", **options: int) -> DeepLabV3:
    with torch.device("meta"):
        return DeepLabV3(architecture, **{"classes": 21, "bands": 3} | options)  # type: ignore[arg-type]


@pytest.mark.parametrize("architecture", LAYERS)
def test_tensors_are_named_as_published(architecture: Architecture) -> None:
    assert build(architecture).state_dict().keys() == published_names(architecture)


def test_the_resnet50_model_has_the_published_number_of_parameters() -> None:
    """42,004,074 with the auxiliary classifier, as torchvision's page of models gives it, which has 2,365,205."""
    assert sum(tensor.numel() for tensor in build("resnet50").parameters()) == 42_004_074 - 2_365_205


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("backbone.conv1.weight", (64, 3, 7, 7)),
        ("backbone.layer1.0.conv1.weight", (64, 64, 1, 1)),
        ("backbone.layer1.0.downsample.0.weight", (256, 64, 1, 1)),
        ("backbone.layer4.2.conv3.weight", (2048, 512, 1, 1)),
        ("classifier.0.convs.0.0.weight", (256, 2048, 1, 1)),
        ("classifier.0.convs.2.0.weight", (256, 2048, 3, 3)),
        ("classifier.0.project.0.weight", (256, 1280, 1, 1)),
        ("classifier.1.weight", (256, 256, 3, 3)),
        ("classifier.4.weight", (21, 256, 1, 1)),
    ],
)
def test_tensors_have_the_published_shapes(name: str, shape: tuple[int, ...]) -> None:
    assert build("resnet50").state_dict()[name].shape == shape


@pytest.mark.parametrize("architecture", LAYERS)
@pytest.mark.parametrize(("stride", "zoom"), [(8, 1), (16, 1), (8, 2), (16, 4), (8, 0.5), (16, 0.25)])
def test_logits_lie_on_the_grid_of_the_image(architecture: Architecture, stride: int, zoom: float) -> None:
    network = build(architecture, classes=3, bands=10, stride=stride, zoom=zoom).eval()
    for rows, cols in ((32, 48), (1, 1), (33, 21)):
        assert network(torch.zeros(1, 10, rows, cols, device="meta")).shape == (1, 3, rows, cols)


@pytest.mark.parametrize(("stride", "zoom"), [(8, 1), (16, 1), (16, 2)])
def test_the_backbone_keeps_its_stride(stride: int, zoom: float) -> None:
    network = build(stride=stride, zoom=zoom).eval()
    assert network.backbone(torch.zeros(1, 3, 64, 96, device="meta")).shape == (1, 512, 64 // stride, 96 // stride)


def test_beyond_the_stride_layers_are_dilated() -> None:
    """As published for stride 8: layer 3 at 2 and layer 4 at 4, the first block at the dilation of the layer before."""
    layers = build("resnet50", stride=8).backbone
    dilations = {
        name: module.dilation[0]
        for name, module in layers.named_modules()
        if isinstance(module, nn.Conv2d) and name.endswith("conv2")
    }
    assert [dilations[f"layer{layer}.{block}.conv2"] for layer in (2, 3, 4) for block in (0, 1)] == [1, 1, 1, 2, 2, 4]


def test_the_atrous_rates_follow_the_stride_unless_they_are_given() -> None:
    def rates(network: DeepLabV3) -> list[int]:
        branches = network.get_submodule("classifier.0.convs")
        return [branch[0].dilation[0] for branch in list(branches.children())[1:4]]  # type: ignore[index]

    assert rates(build(stride=8)) == [12, 24, 36]
    assert rates(build(stride=16)) == [6, 12, 18]
    with torch.device("meta"):
        assert rates(DeepLabV3("resnet18", classes=2, bands=3, rates=(2, 4, 6))) == [2, 4, 6]


def test_a_batch_of_one_trains() -> None:
    """The pooled branch has one value a channel then, and no variance."""
    network = DeepLabV3("resnet18", classes=2, bands=2).train()
    network(torch.randn(1, 2, 32, 32)).mean().backward()
    assert all(torch.isfinite(tensor).all() for tensor in network.state_dict().values())


def test_a_step_in_the_image_is_one_in_the_logits_at_its_place() -> None:
    """Padding to whole cells must not shift or stretch: what lies left of the seam has the same sign as before it."""
    network = DeepLabV3("resnet18", classes=1, bands=1, stride=8, zoom=2).eval()
    image = torch.zeros(1, 1, 32, 61)
    image[..., 30:] = 1
    with torch.inference_mode():
        odd, even = network(image), network(nn.functional.pad(image, (0, 3, 0, 0), mode="replicate"))
    torch.testing.assert_close(odd, even[..., :61])
