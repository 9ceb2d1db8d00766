"""The block loop: however blocks are cut and run, put together they are the whole; what is done stays done."""

import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.blocks import Arrays, Kind, Workers, map_blocks
from engine.grid import Block
from tests.conftest import ROOT
from tests.engine.conftest import UTM
from tests.engine.doubling import twice

WHOLE = np.random.default_rng(3).normal(size=UTM.shape)
work = partial(twice, whole=WHOLE)


def together(blocks: list[Block], workers: Workers, keep: Path | None = None) -> NDArray[np.float64]:
    result = np.full(UTM.shape, np.nan)
    for block, arrays in map_blocks(work, blocks, workers=workers, keep=keep):
        result[block.slices] = arrays["twice"]
    return result


class Counting:
    """`twice`, that remembers the blocks it was called for and fails at one of them."""

    def __init__(self, fail_at: Block | None = None) -> None:
        self.called: list[Block] = []
        self._fail_at, self._lock = fail_at, threading.Lock()

    def __call__(self, block: Block) -> Arrays:
        with self._lock:
            self.called.append(block)
        if block == self._fail_at:
            raise OSError("the disk is full")
        return work(block)


@settings(max_examples=25, deadline=None)
@given(size=st.integers(1, 30), kind=st.sampled_from(["serial", "threads"]), count=st.integers(1, 4))
def test_blocks_put_together_are_the_whole(size: int, kind: Kind, count: int) -> None:
    np.testing.assert_array_equal(together(list(UTM.blocks(size)), Workers(kind, count)), 2 * WHOLE)


def test_processes_give_the_same() -> None:
    np.testing.assert_array_equal(together(list(UTM.blocks(9)), Workers("processes", 2)), 2 * WHOLE)


@pytest.mark.parametrize("kind", ["serial", "threads"])
def test_no_blocks_give_nothing(kind: Kind) -> None:
    assert list(map_blocks(work, [], workers=Workers(kind, 2))) == []


def test_results_that_were_kept_are_not_computed_again(tmp_path: Path) -> None:
    blocks = list(UTM.blocks(8))
    first = together(blocks, Workers("threads", 2), tmp_path)
    (tmp_path / f"{blocks[4].name}.npz").unlink()
    again = Counting()
    result = np.full(UTM.shape, np.nan)
    for block, arrays in map_blocks(again, blocks, workers=Workers("threads", 2), keep=tmp_path):
        result[block.slices] = arrays["twice"]
    assert again.called == [blocks[4]]
    np.testing.assert_array_equal(result, first)


def test_arrays_of_any_type_are_kept(tmp_path: Path) -> None:
    block = Block(0, 4, 0, 6)
    ((_, computed),) = map_blocks(work, [block], workers=Workers("serial"), keep=tmp_path)
    ((_, kept),) = map_blocks(Counting(), [block], workers=Workers("serial"), keep=tmp_path)
    assert {name: (a.dtype, a.shape) for name, a in kept.items()} == {
        name: (a.dtype, a.shape) for name, a in computed.items()
    }


def test_a_result_that_was_half_written_counts_for_nothing(tmp_path: Path) -> None:
    block = Block(0, 4, 0, 6)
    (tmp_path / f"{block.name}.partial").write_bytes(b"PK")
    counting = Counting()
    list(map_blocks(counting, [block], workers=Workers("serial"), keep=tmp_path))
    assert counting.called == [block]
    assert [path.name for path in tmp_path.iterdir()] == [f"{block.name}.npz"]


def test_a_kept_result_that_cannot_be_read_is_computed_again(tmp_path: Path) -> None:
    block = Block(0, 4, 0, 6)
    (tmp_path / f"{block.name}.npz").write_bytes(b"")
    counting = Counting()
    list(map_blocks(counting, [block], workers=Workers("serial"), keep=tmp_path))
    assert counting.called == [block]


@pytest.mark.parametrize("kind", ["serial", "threads"])
def test_an_error_in_a_block_reaches_the_caller_and_what_was_done_stays(tmp_path: Path, kind: Kind) -> None:
    blocks = list(UTM.blocks(5))
    with pytest.raises(OSError, match="the disk is full"):
        list(map_blocks(Counting(fail_at=blocks[10]), blocks, workers=Workers(kind, 1), keep=tmp_path))
    done = len(list(tmp_path.glob("*.npz")))
    assert 0 < done < len(blocks)
    rest = Counting()
    list(map_blocks(rest, blocks, workers=Workers(kind, 1), keep=tmp_path))
    assert len(rest.called) == len(blocks) - done


def test_results_do_not_pile_up() -> None:
    """A slow reader of results holds the workers back: no more than twice as many blocks as workers are ahead of it."""
    counting, read = Counting(), 0
    for _ in map_blocks(counting, list(UTM.blocks(2)), workers=Workers("threads", 2)):
        read += 1
        threading.Event().wait(0.001)
        assert len(counting.called) <= read + 4
    assert read == len(counting.called) == 120


def test_a_reader_that_stops_early_leaves_no_workers_behind() -> None:
    before = threading.active_count()
    results = map_blocks(Counting(), list(UTM.blocks(2)), workers=Workers("threads", 2))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert threading.active_count() <= before


def test_a_cluster_gives_what_one_machine_gives() -> None:
    """In a process of its own: a scheduler starts threads and loops that outlive a test."""
    script = """
import numpy as np
from distributed import LocalCluster
from engine.blocks import Workers, map_blocks
from tests.engine.conftest import UTM

def double(block):
    rows, cols = np.indices(block.shape)
    return {"sum": rows + block.row0 + 2.0 * (cols + block.col0)}

if __name__ == "__main__":
    whole = np.zeros(UTM.shape)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster:
        workers = Workers("cluster", 2, cluster.scheduler_address)
        for block, found in map_blocks(double, list(UTM.blocks(7)), workers=workers):
            whole[block.slices] = found["sum"]
    rows, cols = np.indices(UTM.shape)
    np.testing.assert_array_equal(whole, rows + 2.0 * cols)
    print("whole")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "whole", done.stderr
