"""Which backend runs a network on an image, and in which precision: the fastest that agrees with the reference."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from engine.grid import Block
from engine.patches.backends import (
    Backend,
    OpenVINO,
    Precision,
    Prepared,
    PyTorch,
    convert,
    openvino_is_there,
    quantise,
    save,
)
from engine.patches.blending import ONE
from engine.patches.checkpoint import Checkpoint
from engine.patches.inputs import ImageBands, Standardisation
from engine.patches.options import ExtractionOptions

# Windows of an image from which a conversion pays, and from which quantisation does, which sees some fifty itself.
_CONVERTED, _QUANTISED = 16, 64
_CALIBRATION, _CHECK = 32, 16  # windows
_LEAST_ARGMAX, _LEAST_F1 = 0.998, 0.98
_CHOICE = "choice.json"


@dataclass(frozen=True)
class Agreement:
    """With the reference, on windows that calibration did not see.

    argmax : share of the pixels of the same likeliest class, background included; most ground is background, so that it
    says little of the mines. f1 : of the two masks at the threshold; None where neither has a pixel.
    """

    argmax: float
    f1: float | None

    @property
    def enough(self) -> bool:
        """Without a pixel of a mine to compare, nothing speaks for it."""
        return self.argmax >= _LEAST_ARGMAX and self.f1 is not None and self.f1 >= _LEAST_F1


@dataclass(frozen=True)
class Choice:
    """prepared : what runs. agreement : of it and of what was tried before it, by precision, where it was measured."""

    prepared: Prepared
    agreement: dict[str, Agreement]

    def describe(self) -> dict[str, Any]:
        """As JSON, for the step's report."""
        return {
            "backend": self.prepared.name,
            "precision": self.prepared.precision,
            "agreement": {precision: asdict(one) for precision, one in self.agreement.items()},
        }


def choose(
    checkpoint: Checkpoint,
    network: nn.Module,
    image: ImageBands,
    shape: tuple[int, int],
    window: tuple[int, int],
    folder: Path,
    options: ExtractionOptions,
    *,
    windows: int,
    pixel_m: float | None = None,
) -> Choice:
    """Make a network ready for an image; what an earlier run made in `folder` is taken up.

    Parameters
    ----------
    shape : of the image, window : of the windows, rows and cols. windows : how many there are. pixel_m :
    edge of the pixels that the network was made for.

    Raises
    ------
    InputError
        When OpenVINO is asked for and not installed.
    """
    folder.mkdir(exist_ok=True)
    if (known := _known(folder / _CHOICE)) is not None:
        return known
    precisions = _precisions(options, windows)
    if not precisions:
        choice = Choice(Prepared("pytorch", "float32", checkpoint.path, pixel_m), {})
    else:
        trial = _Trial(network, image, shape, window, Standardisation.of(checkpoint.description, image), folder)
        choice = trial.first_that_agrees(precisions, options)
    partial = folder / f"{_CHOICE}.partial"
    prepared = {"path": str(choice.prepared.path), "pixel_m": choice.prepared.pixel_m}
    partial.write_text(json.dumps({**choice.describe(), **prepared}))
    os.replace(partial, folder / _CHOICE)
    return choice


def _known(path: Path) -> Choice | None:
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    prepared = Prepared(found["backend"], found["precision"], Path(found["path"]), found["pixel_m"])
    agreement = {precision: Agreement(**one) for precision, one in found["agreement"].items()}
    return Choice(prepared, agreement) if prepared.path.is_file() else None


def _precisions(options: ExtractionOptions, windows: int) -> list[Precision]:
    """For OpenVINO, in the order in which they are tried; none for PyTorch."""
    does_not_pay = windows < _CONVERTED or not openvino_is_there()
    either_will_do = options.backend == "auto" and options.precision in ("auto", "float32")
    if options.backend == "pytorch" or (either_will_do and does_not_pay):
        return []
    if options.precision != "auto":
        return [options.precision]
    flags = processor_flags()
    fast: list[Precision] = []
    if windows >= _QUANTISED and flags & {"avx512_vnni", "avx_vnni", "amx_int8"}:
        fast.append("int8")
    if "amx_bf16" in flags:
        fast.append("bfloat16")
    return [*fast, "float32"]


def processor_flags() -> frozenset[str]:
    """What Linux says that the processor can do; nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())


@dataclass(frozen=True)
class _Trial:
    """Models of one network for one image's windows."""

    network: nn.Module
    image: ImageBands
    shape: tuple[int, int]
    window: tuple[int, int]
    standardise: Standardisation
    folder: Path

    def first_that_agrees(self, precisions: Sequence[Precision], options: ExtractionOptions) -> Choice:
        """The last one stands whatever it is."""
        model = convert(self.network, (len(self.image.numbers), *self.window))
        plain = self.folder / "float32.xml"
        save(model, plain)
        if precisions[0] == "float32":
            return Choice(Prepared("openvino", "float32", plain), {})
        drawn = list(self._draw(_CALIBRATION + _CHECK))
        # Every third one is for the check: both kinds lie all over the image, and share no ground.
        check, calibration = drawn[2::3], [one for number, one in enumerate(drawn) if number % 3 < 2]
        if not calibration:
            return Choice(Prepared("openvino", "float32", plain), {})
        reference = PyTorch(self.network)
        agreement: dict[str, Agreement] = {}
        for precision in precisions:
            path = plain
            if precision == "int8":
                path = self.folder / "int8.xml"
                save(quantise(model, calibration), path)
            if precision == "float32":
                break
            if check:
                agreement[precision] = agree(OpenVINO(path, precision), reference, check, options.thresholds[1])
                if agreement[precision].enough:
                    break
        return Choice(Prepared("openvino", precision, path), agreement)

    def _draw(self, count: int) -> Iterator[NDArray[np.float32]]:
        """Standardised windows with data that lie side by side, at most `count`, all over the image, always the same.

        An image smaller than a window has one.
        """
        down, across = (max(1, size // edge) for size, edge in zip(self.shape, self.window, strict=True))
        for number in np.random.default_rng(0).permutation(down * across):
            row, col = (int(place) * edge for place, edge in zip(divmod(number, across), self.window, strict=True))
            block = Block(row, min(row + self.window[0], self.shape[0]), col, min(col + self.window[1], self.shape[1]))
            values = self.image.read(block)
            if np.isnan(values[0]).all():
                continue
            yield padded(self.standardise(values), self.window)
            count -= 1
            if count == 0:
                return


def padded(window: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """A standardised window with no data below it and beside it, so that it has a shape (rows, cols)."""
    below, beside = (edge - size for edge, size in zip(shape, window.shape[1:], strict=True))
    return np.pad(window, ((0, 0), (0, below), (0, beside))) if below or beside else window


def agree(one: Backend, reference: Backend, windows: Sequence[NDArray[np.float32]], threshold: float) -> Agreement:
    """How far a backend agrees with another on standardised windows, at least one."""
    same = pixels = both = marked = 0
    for window in windows:
        found, wanted = one(window[None])[0], reference(window[None])[0]
        same += int((found.argmax(axis=0) == wanted.argmax(axis=0)).sum())
        pixels += found[0].size
        masks = [p[1:].sum(axis=0, dtype=np.int32) >= threshold * ONE for p in (found, wanted)]
        both += int((masks[0] & masks[1]).sum())
        marked += int(masks[0].sum() + masks[1].sum())
    return Agreement(same / pixels, 2 * both / marked if marked else None)
