"""What runs a network: PyTorch in float32, which is the reference, and OpenVINO in float32, bfloat16 or int8.

All give whole numbers, so that windows can be blended exactly. OpenVINO's models are files, which each process opens
once; its libraries are loaded only where they are used, and report to nobody.
"""

import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.errors import InputError
from engine.patches.blending import ONE
from engine.patches.checkpoint import read_checkpoint

Name = Literal["pytorch", "openvino"]
Precision = Literal["float32", "bfloat16", "int8"]
# In an int8 model what is not int8 stays float32.
_HINTS: dict[Precision, str] = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}


class Backend(Protocol):
    """A network as a function of windows."""

    name: Name
    precision: Precision

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.int16]:
        """Probabilities of background and classes in units of 1/ONE, shape (n, 1 + classes, rows, cols).

        windows : standardised, 0 for no data, shape (n, bands, rows, cols).
        """
        ...


@dataclass(frozen=True)
class Prepared:
    """A network made ready to be run.

    path : of a checkpoint for PyTorch, of an OpenVINO model (.xml) for OpenVINO. pixel_m : edge of the pixels that
    PyTorch's is for; an OpenVINO model is made for one.
    """

    name: Name
    precision: Precision
    path: Path
    pixel_m: float | None = None

    def open(self) -> Backend:
        """The backend, which the threads of a process share."""
        with _opening:  # or threads that start together would each load it
            return _open_once(self, self.path.stat().st_mtime_ns)


_opening = threading.Lock()


@lru_cache(maxsize=2)
def _open_once(prepared: Prepared, _changed: int) -> Backend:
    if prepared.name == "pytorch":
        return PyTorch(read_checkpoint(prepared.path).network_for(prepared.pixel_m))
    return OpenVINO(prepared.path, prepared.precision)


class _Probabilities(nn.Module):
    """A network's probabilities as whole numbers, made where its logits are, which costs less than afterwards."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, windows: Tensor) -> Tensor:
        probabilities: Tensor = self.network(windows).softmax(dim=1)
        return (ONE * probabilities + 0.5).to(torch.int16)


class PyTorch:
    """The network as it was trained."""

    name: Name = "pytorch"
    precision: Precision = "float32"

    def __init__(self, network: nn.Module) -> None:
        self._network = _Probabilities(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.int16]:
        with _one_thread(), torch.inference_mode():
            batch = torch.from_numpy(windows).contiguous(memory_format=torch.channels_last)
            probabilities: NDArray[np.int16] = self._network(batch).numpy()
        return probabilities


class OpenVINO:
    """A model in OpenVINO's form, for windows of one shape. Each window is worked on by one thread."""

    name: Name = "openvino"

    def __init__(self, path: Path, precision: Precision) -> None:
        self.precision = precision
        # One stream for each thread that may call; without pinning, or processes would share one core.
        threads = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        self._compiled = (
            openvino()
            .Core()
            .compile_model(
                path,
                "CPU",
                {
                    "INFERENCE_PRECISION_HINT": _HINTS[precision],
                    "INFERENCE_NUM_THREADS": threads,
                    "NUM_STREAMS": threads,
                    "ENABLE_CPU_PINNING": False,
                },
            )
        )
        self._idle: SimpleQueue[Any] = SimpleQueue()

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.int16]:
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        found = [request.infer({0: window[None]}, share_inputs=True)[0][0] for window in windows]
        self._idle.put(request)
        return np.stack(found)


def openvino_is_there() -> bool:
    return find_spec("openvino") is not None and find_spec("nncf") is not None


def openvino() -> Any:
    """The library, its telemetry off: it and NNCF go without where the package that sends is not to be had."""
    if not openvino_is_there():
        raise InputError(
            "OpenVINO and NNCF are not installed",
            field="extraction.backend",
            mend="install them (pip install openvino nncf), or set backend to 'pytorch' or 'auto'",
        )
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino as library

    return library


def convert(network: nn.Module, shape: tuple[int, int, int]) -> Any:
    """OpenVINO's model of a network for windows of one shape (bands, rows, cols)."""
    library = openvino()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside the libraries
        exported = torch.export.export(_Probabilities(network).eval(), (torch.zeros(1, *shape),))
        return library.convert_model(exported)


def quantise(model: Any, windows: Sequence[NDArray[np.float32]]) -> Any:
    """OpenVINO's model in int8 (post-training quantisation), its ranges taken from standardised windows.

    The last convolution, which makes the logits, stays in float: it costs next to nothing and errs the most.
    """
    _ = openvino()  # before NNCF, which would load it with its telemetry
    import nncf

    nncf.set_log_level(logging.ERROR)
    last = [node.get_friendly_name() for node in model.get_ordered_ops() if node.get_type_name() == "Convolution"][-1]
    with warnings.catch_warnings(), redirect_stdout(StringIO()):  # it draws progress bars
        warnings.simplefilter("ignore")
        return nncf.quantize(
            model,
            nncf.Dataset([window[None] for window in windows]),
            subset_size=len(windows),
            ignored_scope=nncf.IgnoredScope(names=[last]),
        )


def save(model: Any, path: Path) -> None:
    """Whole or not at all: the weights stand before the file that names them does."""
    partial = path.with_name(f"{path.stem}-partial.xml")
    openvino().save_model(model, partial, compress_to_fp16=False)
    os.replace(partial.with_suffix(".bin"), path.with_suffix(".bin"))
    os.replace(partial, path)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The blocks share the cores among themselves; and sums in one thread do not depend on how many there are."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
