"""Where a training stands: kept while it runs, so that one that was killed ends as if nothing had happened."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.patches.options import TrainingOptions
from engine.patches.sampling import LabelledImage, Standard

_STATE, _HEADER = "state.safetensors", "training"


class Step(NamedTuple):
    """A step of a training. The validation's figures are NaN where it was not looked at."""

    step: int
    learning_rate: float
    loss: float
    validation_loss: float = float("nan")
    validation_f1: float = float("nan")


@dataclass
class TrainingState:
    """What a training has come to.

    average : moving average of the network, and it is what is validated; without averaging, the network itself.
    best : the best weights so far, empty before the first look. waiting : looks since the last improvement.
    """

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    history: list[Step] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_loss: float = float("inf")
    waiting: int = 0

    def save(self, folder: Path, key: str) -> None:
        """Write it, whole or not at all. key : of the training that it belongs to."""
        folder.mkdir(parents=True, exist_ok=True)
        header = {
            "key": key,
            "history": [tuple(step) for step in self.history],
            "best_loss": self.best_loss,
            "waiting": self.waiting,
        }
        tensors = self._tensors() | {f"best.{name}": tensor for name, tensor in self.best.items()}
        partial = folder / f"{_STATE}.partial"
        save_file({name: _own(tensor) for name, tensor in tensors.items()}, partial, {_HEADER: json.dumps(header)})
        os.replace(partial, folder / _STATE)

    def restore(self, folder: Path, key: str) -> None:
        """Take up what was kept of this very training; anything else is left as it is."""
        try:
            with safe_open(folder / _STATE, framework="pt") as file:
                header: dict[str, Any] = json.loads((file.metadata() or {}).get(_HEADER, "{}"))
                if header.get("key") != key:
                    return
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        except (OSError, SafetensorError):
            return  # there is none, or it is damaged: the training begins again
        self._begin_optimizer()
        for name, tensor in self._tensors().items():
            tensor.copy_(tensors[name])
        self.best = {name.removeprefix("best."): tensor for name, tensor in tensors.items() if name.startswith("best.")}
        self.history = [Step(*step) for step in header["history"]]
        self.best_loss, self.waiting = header["best_loss"], header["waiting"]

    def _begin_optimizer(self) -> None:
        """Give every weight the moments that AdamW makes in its first step, for the kept ones to be written into."""
        for parameter in self.network.parameters():
            moments = {name: torch.zeros_like(parameter, memory_format=torch.preserve_format) for name in _MOMENTS}
            self.optimizer.state[parameter] = {"step": torch.zeros(()), **moments}

    def _tensors(self) -> dict[str, Tensor]:
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        if self.average is not self.network:
            tensors |= {f"average.{name}": tensor for name, tensor in self.average.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            for moment, tensor in self.optimizer.state[parameter].items():
                tensors[f"optimizer.{name}.{moment}"] = tensor
        return tensors


_MOMENTS = ("exp_avg", "exp_avg_sq")


def training_key(
    parts: Sequence[LabelledImage], standard: Standard, options: TrainingOptions, network: nn.Module, place: str
) -> str:
    """Digest of all that the result of a training depends on: data, recipe, first weights, code and machine."""
    digest = hashlib.sha256(f"{options.model_dump_json()} {torch.__version__} {place}".encode())
    own = (array for part in parts for array in part.standard or ())
    for array in (*standard, *own, *(array for part in parts for array in (part.values, part.labels))):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def copied(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights on the processor that later steps do not change."""
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}


def _own(tensor: Tensor) -> Tensor:
    """As safetensors stores it: in rows, and sharing nothing with another tensor."""
    return tensor.detach().cpu().contiguous()
