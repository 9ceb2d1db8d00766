"""What the check of loops takes out of a stack: regions, whatever blocks and workers look at them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.blocks import Workers
from engine.deformation.inversion import Inversion, InversionOptions
from engine.deformation.network import Network
from engine.deformation.normal_equations import invert_by_normal_equations
from engine.deformation.steps import invert_stack
from engine.deformation.wrong_regions import WrongRegions, large_regions
from engine.grid import Block
from tests.engine.conftest import PAIRS, UTM, phases, subsidence
from tests.engine.deformation.test_steps import SERIAL, Chain, rasters

TURN = np.float32(2 * np.pi)
WHOLE = Block(0, UTM.rows, 0, UTM.cols)
# Regions of 33 and 20 pixels that cross blocks of any size, one of 19, and pixels by themselves.
LARGE, DIAGONAL, SMALL = (slice(3, 14), slice(11, 14)), (np.arange(20), np.arange(20) + 2), (slice(16, 19), slice(0, 6))
CHECK: dict[str, Any] = {"unwrapping_check": True, "min_wrong_region": 20}


def wrong_masks() -> dict[int, NDArray[np.bool_]]:
    """By number of the pair; true is what is to be taken out."""
    masks = {number: np.zeros(UTM.shape, np.bool_) for number in (2, 4, 6)}
    masks[2][LARGE], masks[4][DIAGONAL] = True, True
    return masks


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    generator, stack = np.random.default_rng(5), phases(subsidence())
    for number, mask in wrong_masks().items():
        stack[PAIRS[number]][mask] += TURN
    stack[PAIRS[6]][SMALL] -= TURN
    stack[PAIRS[6]][19, 0] -= TURN
    for phase in stack.values():
        phase += generator.normal(scale=0.1, size=phase.shape).astype(np.float32)
    return Chain(tmp_path_factory.mktemp("wrong"), stack)


def test_regions_of_so_many_pixels_are_kept() -> None:
    mask = np.zeros((12, 12), np.bool_)
    mask[np.arange(5), np.arange(5)] = True
    mask[8:10, 8:10], mask[11, 0] = True, True
    assert large_regions(mask, 4).sum() == 9
    assert large_regions(mask, 5).sum() == 5
    assert not large_regions(mask, 6).any()
    np.testing.assert_array_equal(large_regions(mask, 1), mask)
    assert not large_regions(np.zeros((3, 3), np.bool_), 1).any()


def test_regions_are_taken_out_and_lesser_ones_stay(chain: Chain) -> None:
    folder = chain.inverted(**CHECK)
    expected = np.zeros((len(PAIRS), *UTM.shape), np.bool_)
    for number, mask in wrong_masks().items():
        expected[number] = mask
    np.testing.assert_array_equal(WrongRegions(folder).read(WHOLE), expected)
    np.testing.assert_array_equal(rasters(folder)["wrong_pairs"], expected.sum(axis=0))
    np.testing.assert_array_equal(rasters(folder)["pairs"], len(PAIRS) - expected.sum(axis=0))
    told = chain.report["unwrapping"]
    assert (told["observations"], told["pixels"]) == (53, (expected.any(axis=0)).sum())
    assert list(told["share_of_pixels_by_pair"]) == [str(PAIRS[2]), str(PAIRS[4])]


def test_single_pixels_go_where_they_are_asked_for(chain: Chain) -> None:
    chain.inverted(unwrapping_check=True, min_wrong_region=1)
    assert chain.report["unwrapping"]["observations"] == 53 + 18 + 1


@pytest.mark.parametrize("size", [2, 5, 13, 24])
def test_blocks_of_any_size_give_the_same(chain: Chain, size: int) -> None:
    whole, cut = chain.inverted(**CHECK, block=1000), chain.inverted(**CHECK, block=size)
    np.testing.assert_array_equal(WrongRegions(cut).read(WHOLE), WrongRegions(whole).read(WHOLE))
    np.testing.assert_array_equal(rasters(cut)["wrong_pairs"], rasters(whole)["wrong_pairs"])
    np.testing.assert_allclose(rasters(cut)["series"], rasters(whole)["series"], atol=1e-8)


@pytest.mark.parametrize("workers", [Workers("threads", 2), Workers("processes", 1)], ids=["threads", "processes"])
def test_workers_of_any_kind_give_the_same(chain: Chain, workers: Workers) -> None:
    alone, shared = rasters(chain.inverted(**CHECK, block=9)), rasters(chain.inverted(workers, **CHECK, block=9))
    assert alone.keys() == shared.keys()
    for name, expected in alone.items():
        np.testing.assert_array_equal(shared[name], expected)


def killed(after: int) -> Callable[..., Any]:
    """An inverter that stops after so many blocks."""
    done = 0

    def invert(network: Network, phase: Any, weight: Any = None, **options: Any) -> Inversion:
        nonlocal done
        done += 1
        if done > after:
            raise KeyboardInterrupt
        return invert_by_normal_equations(network, phase, weight, **options)

    return invert


def test_what_was_killed_goes_on_to_the_same(chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = InversionOptions(**CHECK, block=9)

    def invert(**extras: Any) -> None:
        invert_stack(chain.stack, chain.network(), tmp_path, options, workers=SERIAL, progress=chain.progress, **extras)

    with monkeypatch.context() as patched:
        patched.setattr("engine.deformation.wrong_regions.large_regions", killed(0))
        with pytest.raises(KeyboardInterrupt):
            invert()
    with pytest.raises(KeyboardInterrupt):
        invert(inverter=killed(2))
    with monkeypatch.context() as patched:
        patched.setattr("engine.deformation.wrong_regions.find_wrongly_unwrapped", killed(0))
        invert()
    expected = rasters(chain.inverted(**CHECK, block=9))
    for name, values in rasters(tmp_path).items():
        np.testing.assert_array_equal(values, expected[name])
    assert not [path.name for path in tmp_path.iterdir() if path.suffix in (".partial", ".npz")]


def test_a_network_without_loops_loses_nothing(chain: Chain) -> None:
    chosen = chain.network(select="sequential", neighbours=1)
    folder = chain.inverted(chosen=chosen, **CHECK)
    assert chain.report["unwrapping"]["observations"] == 0
    assert not (folder / "wrong.h5").exists()
