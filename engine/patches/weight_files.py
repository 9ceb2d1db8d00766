"""Files of weights: safetensors, their sha256 beside them as `sha256sum -c` reads it; never a pickle."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from engine.errors import InputError

SUFFIX = ".safetensors"
PICKLES = frozenset({".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"})


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file that has been checked, by name."""
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping


def write_weights(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> str:
    """Write a safetensors file and its sha256 beside it; gives the sha256."""
    contents = save(dict(tensors), metadata=metadata)
    digest = hashlib.sha256(contents).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Killed between the two, the sums differ, and the model is refused rather than taken for another.
    _write(path, contents)
    _write(_sum_file(path), f"{digest}  {path.name}\n".encode())
    return digest


def refuse_pickles(path: Path) -> None:
    """Raise InputError for a file that would have to be unpickled."""
    if path.suffix.lower() in PICKLES:
        raise InputError(
            f"'{path.suffix}' files are pickles, which run whatever code is in them when they are opened",
            file=path,
            field="format",
            mend="let whoever made it save the weights with safetensors, or train the model here",
        )


def check_sum(path: Path) -> str:
    """The sha256 of a file, once it is known to be the one that stands beside it; otherwise InputError."""
    beside = _sum_file(path)
    if not beside.is_file():
        raise InputError(
            "the sha256 of the checkpoint is missing",
            file=beside,
            mend=f"supply it with the checkpoint; if you trust the file: sha256sum {path.name} > {beside.name}",
        )
    words = beside.read_text(encoding="utf-8", errors="replace").split()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not words or words[0].lower() != digest:
        raise InputError(
            "it is not the file that its sha256 stands for; it is corrupt, or another has taken its place",
            file=path,
            field="sha256",
            mend="copy or download both files again",
        )
    return digest


def _sum_file(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _write(path: Path, contents: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(contents)
    os.replace(partial, path)
