"""Checkpoints: weights as safetensors, what they are and where they come from in its header, their sha256 beside them.

Files that would have to be unpickled are never opened: a pickle runs whatever code its author put into it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from engine.errors import InputError
from engine.options import Options, Share
from engine.patches.model import DeepLabV3
from engine.patches.options import ZOOMS, Architecture, Normalise, RowRange, SplitOptions, TrainingOptions, Zoom
from engine.patches.weight_files import SUFFIX, check_sum, read_tensors, refuse_pickles, write_weights

MODELS = Path(__file__).parents[2] / "models"
_HEADER = "pitwatch"
# How far, as a share, pixels may be from the size that a zoom brings to that of the training.
_ZOOM_TOLERANCE = 0.1


class BandOptions(Options):
    """One band of a model's input: its name, and the mean and standard deviation it is standardised with.

    In the image's units, after its offset has been subtracted.
    """

    name: str
    mean: float
    std: float


class TrainingDataOptions(Options):
    """What a model was trained on. files : name -> sha256. Dates and rows (first, one past the last) held out, and how
    the patches were split."""

    files: dict[str, str] = Field(default_factory=dict)
    dates: tuple[date, ...] = ()
    held_out_dates: tuple[date, ...] = ()
    held_out_rows: tuple[RowRange, ...] = ()
    split: SplitOptions | None = None


class ModelDescription(Options):
    """The header of a checkpoint.

    classes : names by code, "background" first. pixel_m : edge of the pixels that it was trained on, metres; unknown in
    older files. threshold : probability from which a pixel is a mine's, where an area does not say another;
    threshold_low : a lower one, for pixels that are connected to such a one. boundary_error_m : how far outlines of the
    mask lie from the true ones (`boundary.py`), metres; None where that was not measured. normalise : whose mean and
    standard deviation images are standardised with: the bands', or each image's own.
    metrics : name -> value, of the final weights.
    """

    format: Literal["pitwatch-patches"] = "pitwatch-patches"
    version: Literal[1] = 1
    name: str
    architecture: Architecture
    stride: Literal[8, 16]
    zoom: Zoom
    rates: tuple[int, int, int]
    classes: tuple[str, ...]
    bands: tuple[BandOptions, ...]
    pixel_m: float | None = None
    threshold: Share = 0.5
    threshold_low: Share | None = None
    boundary_error_m: float | None = Field(default=None, gt=0)
    normalise: Normalise = "training"
    data: TrainingDataOptions = TrainingDataOptions()
    recipe: TrainingOptions | None = None
    metrics: dict[str, float] = Field(default_factory=dict)

    def network(self, pixel_m: float | None = None) -> DeepLabV3:
        """A network of this architecture, its weights random.

        pixel_m : edge of the pixels of the images that it is for, metres; without it, of those that it was trained on.

        Raises
        ------
        InputError
            When no zoom makes such pixels as large as those that it was trained on.
        """
        return DeepLabV3(
            self.architecture,
            classes=len(self.classes),
            bands=len(self.bands),
            stride=self.stride,
            zoom=self._zoom_for(pixel_m),
            rates=self.rates,
        )

    def _zoom_for(self, pixel_m: float | None) -> Zoom:
        if pixel_m is None or self.pixel_m is None:
            return self.zoom
        wanted = self.zoom * pixel_m / self.pixel_m
        nearest = min(ZOOMS, key=lambda zoom: abs(math.log(zoom / wanted)))
        if abs(wanted / nearest - 1) > _ZOOM_TOLERANCE:
            fitting = nearest * self.pixel_m / self.zoom
            raise InputError(
                f"its pixels are {pixel_m:.3g} m, and the model '{self.name}' was trained on {self.pixel_m:.3g} m",
                field="pixel size",
                mend=f"resample the image to pixels of {fitting:.3g} m, or take another model",
            )
        return nearest


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that has been found whole and is known by its sha256; its weights are not loaded yet."""

    path: Path
    sha256: str
    description: ModelDescription

    @cached_property
    def network(self) -> DeepLabV3:
        """The network with these weights, float32, for inference on pixels as it was trained on; errors as below."""
        return self.network_for(None)

    def network_for(self, pixel_m: float | None) -> DeepLabV3:
        """The network with these weights, float32, for inference on images whose pixels have this edge in metres.

        Raises
        ------
        InputError
            When the tensors are not those of the architecture that the header names, or no zoom fits the pixels.
        """
        with torch.device("meta"):
            network = self.description.network(pixel_m)
        tensors = read_tensors(self.path)
        self._check(tensors, network.state_dict())
        network.load_state_dict({name: _as_float32(tensor) for name, tensor in tensors.items()}, assign=True)
        return network.eval().requires_grad_(False)

    def _check(self, tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
        odd = sorted(tensors.keys() ^ wanted.keys()) or sorted(
            name for name, tensor in tensors.items() if tensor.shape != wanted[name].shape
        )
        if odd:
            name = odd[0]
            found = f"has shape {_shape(tensors[name])}" if name in tensors else "is missing"
            needed = f"shape {_shape(wanted[name])} is needed" if name in wanted else "it has no place there"
            raise InputError(
                f"the tensor {found}, and in a {self.description.architecture} of {len(self.description.bands)} bands "
                f"and {len(self.description.classes)} classes {needed}",
                file=self.path,
                field=name,
                mend="supply the checkpoint as Pitwatch's training wrote it",
            )


def find_checkpoint(model: str, folder: Path, *, field: str = "extraction.model") -> Path:
    """The file of a model: a path relative to an area's folder, or the name of a model that ships with Pitwatch.

    field : option that names it, for errors.

    Raises
    ------
    InputError
        When there is none, or when it is in a form that would have to be unpickled.
    """
    refuse_pickles(folder / model)
    places = [folder / model, MODELS / f"{model.removesuffix(SUFFIX)}{SUFFIX}"]
    if Path(model).name != model:
        places = places[:1]
    elif not model.endswith(SUFFIX):
        places.insert(0, folder / f"{model}{SUFFIX}")
    for place in places:
        if place.is_file():
            return place
    shipped = ", ".join(sorted(path.stem for path in MODELS.glob(f"*{SUFFIX}"))) or "none"
    raise InputError(
        f"there is no model '{model}'",
        file=folder / model,
        field=field,
        mend=f"give the path of a {SUFFIX} file, or the name of a shipped model ({shipped})",
    )


def read_checkpoint(path: Path) -> Checkpoint:
    """Check a file against its sha256 and read its header.

    Raises
    ------
    InputError
        For a pickle, a file that is missing or corrupt, one without its sha256 or whose sha256 is another, and one that
        Pitwatch did not write.
    """
    header, digest = read_header(path)
    if header is None:
        raise InputError(
            "nothing in it says which bands and classes it is for; Pitwatch did not write it",
            file=path,
            field=f"metadata.{_HEADER}",
            mend="supply a checkpoint that `python -m engine train` wrote",
        )
    return Checkpoint(path, digest, header)


def read_header(path: Path) -> tuple[ModelDescription | None, str]:
    """The header and the sha256 of a file of weights; None where Pitwatch did not write it. Errors as above."""
    refuse_pickles(path)
    if path.suffix != SUFFIX:
        raise InputError(f"'{path.suffix}' is not read here", file=path, field="format", mend=f"supply a {SUFFIX} file")
    if not path.is_file():
        raise InputError("the file does not exist", file=path, field="path", mend="check the path, or train a model")
    digest = check_sum(path)
    try:
        with safe_open(path, framework="pt") as file:
            header = (file.metadata() or {}).get(_HEADER)
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"not a readable safetensors file ({error})", file=path, field="format", mend="copy or download it again"
        ) from None
    try:
        return None if header is None else ModelDescription.model_validate_json(header), digest
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise InputError(
            f"the header cannot be used ({fault['msg']})",
            file=path,
            field=".".join(["metadata", _HEADER, *(str(part) for part in fault["loc"])]),
            mend="supply a checkpoint that this version of Pitwatch reads",
        ) from None


def write_checkpoint(path: Path, description: ModelDescription, state: Mapping[str, Tensor]) -> Checkpoint:
    """Write weights in float16 and their sha256 beside them (as `sha256sum -c` reads it), whole or not at all."""
    tensors = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous() for name, tensor in state.items()
    }
    header = json.dumps(description.model_dump(mode="json"), sort_keys=True)
    return Checkpoint(path, write_weights(path, tensors, {_HEADER: header}), description)


def _as_float32(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _shape(tensor: Any) -> str:
    return " x ".join(str(edge) for edge in tensor.shape) or "of one number"
