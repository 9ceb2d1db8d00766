"""DeepLabV3 (Chen et al. 2017, arXiv:1706.05587) on ResNet, in plain PyTorch.

Tensors carry the names that torchvision gives them, so that weights published in that layout fit. Two things are added:
any number of bands, and a zoom for images whose pixels are coarse, or fine, beside what is looked for.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.patches.options import Architecture, Zoom

_ASPP_WIDTH = 256
_WIDTHS = (64, 128, 256, 512)


class _Layout(NamedTuple):
    """Blocks in each of the four layers, and whether they are bottlenecks."""

    blocks: tuple[int, int, int, int]
    bottleneck: bool


_LAYOUTS: dict[Architecture, _Layout] = {
    "resnet18": _Layout((2, 2, 2, 2), bottleneck=False),
    "resnet34": _Layout((3, 4, 6, 3), bottleneck=False),
    "resnet50": _Layout((3, 4, 6, 3), bottleneck=True),
}
# By output stride: the atrous rates of the published model, which reach equally far in the image.
ATROUS_RATES = {8: (12, 24, 36), 16: (6, 12, 18)}


class DeepLabV3(nn.Module):
    """Logits of every pixel's class.

    Parameters
    ----------
    classes : background included. bands : of the image.
    stride : of the backbone's output, in pixels of the enlarged image; the layers beyond it are dilated instead.
    zoom : factor by which the image is enlarged (bilinearly) before the backbone; below 1, pixels are averaged.
    rates : of the three atrous branches, in cells of the output; by default `ATROUS_RATES`. On a crop of n cells a rate
    of n or more leaves but the middle one of its nine taps to learn.
    """

    def __init__(
        self,
        architecture: Architecture,
        *,
        classes: int,
        bands: int,
        stride: int = 16,
        zoom: Zoom = 1,
        rates: tuple[int, int, int] | None = None,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.zoom = zoom
        # Pixels of the image in one cell of the output.
        self.cell = max(1, round(stride / zoom))
        self.backbone = _ResNet(_LAYOUTS[architecture], bands, stride)
        self.classifier = nn.Sequential(
            _ASPP(self.backbone.width, rates or ATROUS_RATES[stride], dropout),
            nn.Conv2d(_ASPP_WIDTH, _ASPP_WIDTH, 3, padding=1, bias=False),
            _BatchNorm(_ASPP_WIDTH),
            nn.ReLU(),
            nn.Conv2d(_ASPP_WIDTH, classes, 1),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Logits of shape (n, classes, rows, cols) for images of shape (n, bands, rows, cols), standardised."""
        rows, cols = image.shape[-2:]
        # Cells have to cover the image exactly, or the logits would be stretched over it.
        beside, below = -cols % self.cell, -rows % self.cell
        whole = functional.pad(image, (0, beside, 0, below), mode="replicate") if beside or below else image
        logits: Tensor = self.classifier(self.backbone(_zoomed(whole, self.zoom)))
        return _resize(logits, (whole.shape[-2], whole.shape[-1]))[..., :rows, :cols]


def _zoomed(images: Tensor, zoom: Zoom) -> Tensor:
    """Images whose edges are multiples of 1/zoom, enlarged or made smaller."""
    if zoom < 1:
        return functional.avg_pool2d(images, round(1 / zoom))
    return _resize(images, (round(zoom * images.shape[-2]), round(zoom * images.shape[-1])))


def _resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    if images.shape[-2:] == size:
        return images
    return functional.interpolate(images, size=size, mode="bilinear", align_corners=False)


class _BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that takes its running statistics where a batch has but one value a channel.

    So it is in the pooled branch of a batch of one, whose variance does not exist.
    """

    def forward(self, input: Tensor) -> Tensor:
        if self.training and input.numel() == input.shape[1]:
            return functional.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
            )
        return super().forward(input)


class _ResNet(nn.Module):
    """The backbone (He et al. 2016) without its classifier, dilated beyond `stride`."""

    def __init__(self, layout: _Layout, bands: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(bands, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = _BatchNorm(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.width = 64
        reached, dilation = 4, 1
        for number, (width, blocks) in enumerate(zip(_WIDTHS, layout.blocks, strict=True), start=1):
            step = 1 if number == 1 else 2
            before = dilation
            if step * reached > stride:
                dilation, step = dilation * step, 1
            reached *= step
            layer = self._layer(layout.bottleneck, width, blocks, step, before, dilation)
            self.add_module(f"layer{number}", layer)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _layer(
        self, bottleneck: bool, width: int, blocks: int, step: int, first_dilation: int, dilation: int
    ) -> nn.Sequential:
        """`blocks` residual blocks; the first one strides, at the dilation of the layer before."""
        kind = _Bottleneck if bottleneck else _BasicBlock
        made = []
        for number in range(blocks):
            first = number == 0
            made.append(kind(self.width, width, step if first else 1, first_dilation if first else dilation))
            self.width = kind.expansion * width
        return nn.Sequential(*made)

    def forward(self, image: Tensor) -> Tensor:
        features: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        for number in range(1, 5):
            features = self.get_submodule(f"layer{number}")(features)
        return features


def _shortcut(width: int, wanted: int, step: int) -> nn.Sequential | None:
    """Brings the input of a block to the shape of its output where they differ."""
    if step == 1 and width == wanted:
        return None
    return nn.Sequential(nn.Conv2d(width, wanted, 1, stride=step, bias=False), _BatchNorm(wanted))


class _BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, entering: int, width: int, step: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(entering, width, 3, stride=step, padding=dilation, dilation=dilation, bias=False)
        self.bn1 = _BatchNorm(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = _BatchNorm(width)
        self.downsample = _shortcut(entering, width, step)

    def forward(self, features: Tensor) -> Tensor:
        kept = features if self.downsample is None else self.downsample(features)
        features = self.relu(self.bn1(self.conv1(features)))
        result: Tensor = self.relu(self.bn2(self.conv2(features)) + kept)
        return result


class _Bottleneck(nn.Module):
    """With the stride in the 3x3 convolution, as torchvision has it."""

    expansion = 4

    def __init__(self, entering: int, width: int, step: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(entering, width, 1, bias=False)
        self.bn1 = _BatchNorm(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=step, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = _BatchNorm(width)
        self.conv3 = nn.Conv2d(width, self.expansion * width, 1, bias=False)
        self.bn3 = _BatchNorm(self.expansion * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(entering, self.expansion * width, step)

    def forward(self, features: Tensor) -> Tensor:
        kept = features if self.downsample is None else self.downsample(features)
        features = self.relu(self.bn1(self.conv1(features)))
        features = self.relu(self.bn2(self.conv2(features)))
        result: Tensor = self.relu(self.bn3(self.conv3(features)) + kept)
        return result


class _ASPP(nn.Module):
    """Atrous spatial pyramid pooling: 1x1, three atrous 3x3, and the mean of the whole image, put together by a 1x1."""

    def __init__(self, entering: int, rates: tuple[int, int, int], dropout: float) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [_branch(nn.Conv2d(entering, _ASPP_WIDTH, 1, bias=False))]
            + [_branch(nn.Conv2d(entering, _ASPP_WIDTH, 3, padding=rate, dilation=rate, bias=False)) for rate in rates]
            + [nn.Sequential(nn.AdaptiveAvgPool2d(1), *_branch(nn.Conv2d(entering, _ASPP_WIDTH, 1, bias=False)))]
        )
        self.project = nn.Sequential(
            *_branch(nn.Conv2d(len(self.convs) * _ASPP_WIDTH, _ASPP_WIDTH, 1, bias=False)), nn.Dropout(dropout)
        )

    def forward(self, features: Tensor) -> Tensor:
        branches = [branch(features) for branch in self.convs]
        branches[-1] = branches[-1].expand_as(branches[0])
        joined: Tensor = self.project(torch.cat(branches, dim=1))
        return joined


def _branch(convolution: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(convolution, _BatchNorm(_ASPP_WIDTH), nn.ReLU())
