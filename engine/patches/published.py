"""Published weights: from the pickle that torchvision's servers give out to safetensors, once and knowingly."""

import hashlib
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.errors import InputError
from engine.patches.weight_files import SUFFIX, write_weights

# torchvision ends a name with the first digits of the file's sha256, such as resnet18-f37072fd.pth.
_DIGITS = re.compile(r"-([0-9a-f]{8,64})\.pth$")


def convert(file: Path, out: Path | None = None, *, sha256: str | None = None) -> Path:
    """Write published weights as safetensors, their sha256 beside them; gives the file.

    The pickle is opened only when it is the file that its name or `sha256` stands for, and then by PyTorch's reader of
    nothing but tensors.

    Parameters
    ----------
    out : file to write; by default beside `file`.

    Raises
    ------
    InputError
        When the file is not there or is not the published one, nothing says which that is, or it holds no weights.
    """
    if not file.is_file():
        raise InputError("the file does not exist", file=file, field="path", mend="check the path")
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    _check_digest(file, digest, sha256)
    tensors = _tensors(file)
    target = out or file.with_suffix(SUFFIX)
    write_weights(target, tensors, {"converted_from": file.name, "sha256": digest})
    return target


def _check_digest(file: Path, digest: str, sha256: str | None) -> None:
    named = _DIGITS.search(file.name)
    if sha256 is not None:
        sound = digest == sha256.strip().lower()
    elif named is not None:
        sound = digest.startswith(named[1])
    else:
        raise InputError(
            "nothing says which file this should be, and a pickle runs whatever code is in it when it is opened",
            file=file,
            field="sha256",
            mend="keep the published name (such as resnet18-f37072fd.pth), or give the publisher's sum: --sha256 HEX",
        )
    if not sound:
        raise InputError(
            f"its sha256 is {digest}; it is not the published file", file=file, field="sha256", mend="download it again"
        )


def _tensors(file: Path) -> dict[str, Tensor]:
    try:
        found: Any = torch.load(file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file))
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise InputError(
            f"it holds more than weights, or is damaged ({str(error).splitlines()[0]})",
            file=file,
            field="format",
            mend="supply a file of weights alone (a state_dict), as torchvision publishes them",
        ) from None
    if (
        not isinstance(found, Mapping)
        or not found
        or not all(isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in found.items())
    ):
        raise InputError(
            "it is no table of named tensors",
            file=file,
            field="format",
            mend="supply a file of weights alone (a state_dict), as torchvision publishes them",
        )
    return {name: tensor.detach().contiguous().clone() for name, tensor in found.items()}
