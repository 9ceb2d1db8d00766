"""The block loop: the one place that owns threads, processes and the cluster.

A function of a block runs on a pool with a bounded number in flight; results come back to the caller, who is the only
writer. With `keep` every result is also laid down on disk, so that a run that was killed goes on where it stopped.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, TypeVar
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.grid import Block

Kind = Literal["serial", "threads", "processes", "cluster"]
Arrays = dict[str, NDArray[Any]]
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Workers:
    """How blocks are run.

    kind : "threads" or "processes" on this machine, "serial" in the caller, or "cluster".
    count : workers on this machine.
    scheduler : address of a dask scheduler (tcp://host:port), for "cluster".
    """

    kind: Kind = "threads"
    count: int = os.cpu_count() or 1
    scheduler: str | None = None

    @contextmanager
    def executor(self) -> Iterator[tuple[Executor | None, int]]:
        """The pool (None for "serial") and how many workers it has."""
        if self.kind == "serial":
            yield None, 1
        elif self.kind == "threads":
            with ThreadPoolExecutor(self.count) as pool:
                yield pool, self.count
        elif self.kind == "processes":
            with ProcessPoolExecutor(self.count, mp_context=get_context("spawn")) as workers:
                yield workers, self.count
        else:
            from distributed import Client  # heavy, and needed on a cluster only

            try:
                client = Client(self.scheduler, timeout=10)  # type: ignore[no-untyped-call]
            except (OSError, ValueError) as error:
                raise InputError(
                    f"no scheduler answers at '{self.scheduler}' ({error})",
                    field="--scheduler",
                    mend="start one (dask scheduler), or leave it out",
                ) from None
            with client:
                yield client.get_executor(), sum(client.nthreads().values())  # type: ignore[no-untyped-call]


def map_blocks(
    function: Callable[[Block], Arrays],
    blocks: Sequence[Block],
    *,
    workers: Workers,
    keep: Path | None = None,
) -> Iterator[tuple[Block, Arrays]]:
    """Run `function` over blocks and yield each with its result, in the order in which they finish.

    Parameters
    ----------
    function : picklable when workers are processes or a cluster; returns named arrays.
    keep : folder for finished results; those found there are not computed again.
    """
    todo = []
    for block in blocks:
        kept = _kept(keep, block) if keep else None
        if kept is None:
            todo.append(block)
        else:
            yield block, kept
    with _run(function, todo, workers) as results:
        for block, arrays in results:
            if keep:
                _keep(keep, block, arrays)
            yield block, arrays


def map_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """What `function` gives of each of a few items, in their order, on a thread for each core: for what waits for files
    or counts in NumPy. The error of the first item that has one is raised.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


@contextmanager
def _run(
    function: Callable[[Block], Arrays], blocks: Sequence[Block], workers: Workers
) -> Iterator[Iterator[tuple[Block, Arrays]]]:
    with workers.executor() as (executor, count):
        if executor is None:
            yield ((block, function(block)) for block in blocks)
        else:
            yield _bounded(executor, function, blocks, in_flight=2 * count)


def _bounded(
    executor: Executor, function: Callable[[Block], Arrays], blocks: Sequence[Block], *, in_flight: int
) -> Iterator[tuple[Block, Arrays]]:
    """Submit no more than `in_flight` blocks at a time, so that results never pile up in memory."""
    waiting = iter(blocks)
    running: dict[Future[Arrays], Block] = {}
    try:
        while True:
            for block in islice(waiting, in_flight - len(running)):
                running[executor.submit(function, block)] = block
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()


def _kept(folder: Path, block: Block) -> Arrays | None:
    """A result that an earlier run has laid down; one that cannot be read counts as none."""
    try:
        with np.load(folder / f"{block.name}.npz") as arrays:
            return dict(arrays)
    except (FileNotFoundError, EOFError, ValueError, BadZipFile):
        return None


def _keep(folder: Path, block: Block, arrays: Arrays) -> None:
    partial = folder / f"{block.name}.partial"
    with partial.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    os.replace(partial, folder / f"{block.name}.npz")
