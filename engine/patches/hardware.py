"""What a training runs on: a processor or a GPU, one process or several that PyTorch's `torchrun` started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, distributed

from engine.errors import InputError


@dataclass(frozen=True)
class Hardware:
    """The device of this process, its number, and how many processes train together."""

    device: torch.device
    rank: int = 0
    ranks: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes and speaks for all."""
        return self.rank == 0

    def mean(self, value: Tensor) -> float:
        """Mean of a number over all processes."""
        if self.ranks > 1:
            value = value.detach().clone()
            distributed.all_reduce(value)
        return value.item() / self.ranks

    def of_the_first(self, values: list[float]) -> list[float]:
        """The numbers that the first process has."""
        if self.ranks == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, src=0)
        return [float(value) for value in shared]

    def autocast(self, precision: Literal["auto", "float32", "bfloat16"]) -> torch.autocast:
        """Convolutions and products in bfloat16 where that is asked for, or is faster.

        Raises
        ------
        InputError
            When bfloat16 is asked for on a GPU that cannot compute in it.
        """
        faster = _computes_bfloat16(self.device)
        if precision == "bfloat16" and self.device.type == "cuda" and not faster:
            raise InputError(
                "this GPU does not compute in bfloat16", field="training.precision", mend="take 'auto' or 'float32'"
            )
        wanted = precision == "bfloat16" or (precision == "auto" and faster)
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=wanted)


def _computes_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Without AMX bfloat16 is slower than float32 (0.83 against 0.56 s a step with AVX-512).
    return bool(torch.cpu.get_capabilities().get("amx_bf16", False))


@contextmanager
def joined_processes() -> Iterator[Hardware]:
    """The hardware of this process; it joins the others when `torchrun` started several."""
    # Other schedulers set such a variable as well; processes that nothing joins would wait for each other for ever.
    ranks = int(os.environ["WORLD_SIZE"]) if distributed.is_torchelastic_launched() else 1
    place = int(os.environ.get("LOCAL_RANK", "0"))
    gpu = torch.cuda.is_available()
    if gpu and place >= torch.cuda.device_count():
        raise InputError(
            f"{place + 1} processes or more, and {torch.cuda.device_count()} GPUs",
            field="nproc-per-node",
            mend="start one process a GPU",
        )
    device = torch.device("cuda", place) if gpu else torch.device("cpu")
    if ranks == 1:
        yield Hardware(device)
        return
    if gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if gpu else "gloo")
    try:
        yield Hardware(device, distributed.get_rank(), ranks)
    finally:
        distributed.destroy_process_group()


@contextmanager
def reproducible(device: torch.device) -> Iterator[None]:
    """The same numbers from the same seed, and the caller's randomness left alone."""
    # cuBLAS reads this when it is first used; without it, it may sum in another order each time.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before, warned = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    # On a processor sums have one order for a number of threads; there the switch would only cost.
    torch.use_deterministic_algorithms(device.type == "cuda")
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warned)
