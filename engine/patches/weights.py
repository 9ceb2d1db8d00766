"""Weights to begin a training with: a checkpoint's, or published ones in torchvision's layout."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.errors import InputError
from engine.imagery import COLOURS
from engine.patches.checkpoint import ModelDescription, find_checkpoint, read_header
from engine.patches.model import DeepLabV3
from engine.patches.options import Architecture
from engine.patches.weight_files import PICKLES, read_tensors

_FIRST = "backbone.conv1.weight"
_HEAD = "classifier.4."  # the last layer, one output a class
_PUBLISHED_BANDS = ("red", "green", "blue")
# Of a ResNet that is published alone; and what a DeepLabV3 learns with or classifies by that has no place here.
_OF_RESNET, _NO_PLACE = re.compile(r"(conv1|bn1|layer\d)\."), re.compile(r"(backbone\.)?(fc|aux_classifier)\.")


@dataclass(frozen=True)
class StartingWeights:
    """A file of weights, found whole. description : its header, None of published ones."""

    path: Path
    sha256: str
    description: ModelDescription | None

    @property
    def files(self) -> dict[str, str]:
        """Its name and sha256, for the header of what is trained from it."""
        return {self.path.name: self.sha256}

    def load_into(
        self, network: DeepLabV3, architecture: Architecture, bands: Sequence[str], classes: Sequence[str]
    ) -> None:
        """Put the weights into a network of these bands and classes.

        The last layer stays as it is unless the classes are the same, and so does all after the backbone when the file
        has a ResNet alone.

        Raises
        ------
        InputError
            When the file is of another architecture, or what it holds is no network of this kind.
        """
        known = self.description
        if known is not None and known.architecture != architecture:
            raise self._other(known.architecture, architecture)
        tensors = {_name(name): tensor for name, tensor in read_tensors(self.path).items() if not _NO_PLACE.match(name)}
        if known is None or known.classes != tuple(classes):
            tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(_HEAD)}
        if _FIRST in tensors:
            from_bands = _PUBLISHED_BANDS if known is None else tuple(band.name for band in known.bands)
            self._check_first(tensors[_FIRST], from_bands)
            tensors[_FIRST] = spread_over_bands(tensors[_FIRST].float(), from_bands, bands)
        state = network.state_dict()
        self._check(tensors, state, architecture)
        for name, tensor in tensors.items():
            state[name].copy_(tensor)

    def _check(self, tensors: Mapping[str, Tensor], state: Mapping[str, Tensor], architecture: Architecture) -> None:
        """Refuse a file that lacks a weight of the backbone or of a head that it has, and one of other shapes."""
        alone = not any(name.startswith("classifier.") for name in tensors)
        for name, wanted in state.items():
            free = name.startswith(_HEAD) or (alone and name.startswith("classifier."))
            # Files from before 2018 do not count batches; the count decides nothing.
            free |= name.endswith("num_batches_tracked")
            if (name not in tensors and not free) or (name in tensors and tensors[name].shape != wanted.shape):
                raise self._other("another network", architecture, name)
        if odd := sorted(tensors.keys() - state.keys()):
            raise self._other("another network", architecture, odd[0])

    def _check_first(self, kernels: Tensor, bands: Sequence[str]) -> None:
        if kernels.ndim != 4 or kernels.shape[1] != len(bands):
            raise self._other("a network of other bands", f"one of {', '.join(bands)}", _FIRST)

    def _other(self, found: str, wanted: str, tensor: str | None = None) -> InputError:
        return InputError(
            f"the weights are of {found}, and {wanted} is to be trained",
            file=self.path,
            field=tensor or "architecture",
            mend="take weights of the same architecture, or set training.architecture",
        )


def find_weights(initial: str, folder: Path) -> StartingWeights:
    """The file that `training.initial` names, relative to `folder` or a model that ships; its sha256 beside it.

    Raises
    ------
    InputError
        When there is none, it is a pickle, or it is not the file that its sha256 stands for.
    """
    if Path(initial).suffix.lower() in PICKLES:
        raise InputError(
            "a pickle is not trained from, since opening one runs whatever code is in it",
            file=folder / initial,
            field="training.initial",
            mend=f"convert published weights once: python -m engine weights {initial}",
        )
    path = find_checkpoint(initial, folder, field="training.initial")
    description, digest = read_header(path)
    return StartingWeights(path, digest, description)


def spread_over_bands(kernels: Tensor, known: Sequence[str], wanted: Sequence[str]) -> Tensor:
    """First convolution for other bands: each takes the kernel of its own colour, others the mean of all.

    All are scaled by the ratio of the numbers of bands, so that bands which vary together give the sums that the layers
    behind expect. Input is standardised band by band here, as it was for published weights.

    Parameters
    ----------
    kernels : shape (outputs, bands, rows, cols). known, wanted : names of bands, before and after.
    """
    places = {_colour(name): number for number, name in enumerate(known)}
    chosen = [places.get(_colour(name)) for name in wanted]
    mean = kernels.mean(dim=1)
    spread = torch.stack([mean if number is None else kernels[:, number] for number in chosen], dim=1)
    return spread * (len(known) / len(wanted))


def _colour(band: str) -> str:
    """What a band is called here, be it named by its colour or by its number on Sentinel-2."""
    name = band.casefold()
    return next((colour for colour, names in COLOURS.items() if name in names), name)


def _name(published: str) -> str:
    return f"backbone.{published}" if _OF_RESNET.match(published) else published
