"""The training loop: the same from the same seed, taken up again after a kill, stopped when nothing gets better."""

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.errors import InputError
from engine.patches import training as loop
from engine.patches.hardware import Hardware
from engine.patches.options import TrainingOptions
from engine.patches.sampling import measure
from engine.patches.training import Training, rate_share, train
from engine.patches.training_state import copied
from engine.patches.validation import Figures, Validation, set_aside
from tests.engine.patches.conftest import uncounted
from tests.engine.patches.pits import QUICK, parts

pytestmark = pytest.mark.usefixtures("narrow")
WATCHED = QUICK.model_copy(update={"steps": 4, "validation": 0.5, "check_every": 2})


def training(options: TrainingOptions, **changes: Any) -> Training:
    seen = parts()
    return train(seen, measure(seen), 2, options, **{"count": uncounted, **changes})


def weights(options: TrainingOptions, **changes: Any) -> Mapping[str, torch.Tensor]:
    return training(options, **changes).network.state_dict()


def equal(first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_the_same_seed_gives_the_same_weights() -> None:
    first, again = weights(QUICK), weights(QUICK)
    assert all(torch.equal(first[name], again[name]) for name in first)
    other = weights(QUICK.model_copy(update={"seed": 1}))
    assert not torch.equal(first["classifier.4.weight"], other["classifier.4.weight"])


def test_training_leaves_the_callers_randomness_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    weights(QUICK)
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize("crop", [16, 100])
def test_batches_of_one_and_crops_of_any_size(crop: int) -> None:
    options = TrainingOptions(stride=16, zoom=1, crop=crop, batch=1, steps=2, validation=0)
    assert all(torch.isfinite(tensor).all() for tensor in weights(options).values())


def test_every_step_is_counted_with_its_loss() -> None:
    told: list[float] = []

    def count(total: int) -> Callable[[float], None]:
        assert total == 2
        return told.append

    assert [step.loss for step in training(QUICK, count=count).history] == told
    assert len(told) == 2


class KilledError(Exception):
    """What stops a training in a test."""


def killed_after(steps: int) -> Callable[[int], Callable[[float], None]]:
    def count(_total: int) -> Callable[[float], None]:
        done: list[float] = []

        def advance(loss: float) -> None:
            done.append(loss)
            if len(done) > steps:
                raise KilledError

        return advance

    return count


@pytest.mark.parametrize(("steps", "averaging"), [(1, 0), (3, 0.9)])
def test_a_training_that_was_killed_ends_as_if_it_had_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int, averaging: float
) -> None:
    """Bit for bit, wherever it was killed, dropout and what was best included."""
    options = WATCHED.model_copy(update={"averaging": averaging, "dropout": 0.3})
    whole = training(options)
    monkeypatch.setattr(loop, "_SAVE_AFTER_S", 0.0)
    with pytest.raises(KilledError):
        training(options, keep=tmp_path, count=killed_after(steps))
    monkeypatch.undo()
    begun: list[float] = []
    again = training(options, keep=tmp_path, count=lambda _: begun.append)
    assert equal(again.network.state_dict(), whole.network.state_dict())
    assert repr(again.history) == repr(whole.history)  # NaN is not equal to itself
    assert begun == [step.loss for step in whole.history]


def test_another_recipe_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_SAVE_AFTER_S", 0.0)
    with pytest.raises(KilledError):
        training(QUICK, keep=tmp_path, count=killed_after(1))
    monkeypatch.undo()
    other = QUICK.model_copy(update={"learning_rate": 2e-3})
    assert equal(weights(other, keep=tmp_path), weights(other))


def test_what_was_kept_and_is_damaged_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "state.safetensors").write_bytes(b"no weights")
    assert equal(weights(QUICK, keep=tmp_path), weights(QUICK))


def test_training_stops_when_nothing_gets_better_and_gives_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is found on the patches set aside: here it gets better twice."""
    losses, looked_at = iter([3.0, 1.0, 2.0, 1.5, 0.5]), []

    def measured(_: Validation, network: torch.nn.Module) -> Figures:
        looked_at.append(copied(network.get_submodule("module").state_dict()))
        return Figures(next(losses), 0.5)

    monkeypatch.setattr(Validation, "measure", measured)
    options = WATCHED.model_copy(update={"steps": 40, "check_every": 1, "patience": 2})
    done = training(options)
    assert [step.validation_loss for step in done.history] == [3, 1, 2, 1.5]
    assert equal(done.network.state_dict(), looked_at[1])
    assert not equal(looked_at[1], looked_at[3])
    assert done.metrics["validation.loss"] == 1


def test_the_figures_are_of_the_weights_that_are_given() -> None:
    done, seen = training(WATCHED), parts()
    _, windows = set_aside(seen, WATCHED)
    again = Validation(windows, measure(seen), WATCHED, Hardware(torch.device("cpu"))).measure(done.network)
    assert done.metrics["validation.loss"] == pytest.approx(again.loss, rel=1e-4)
    assert done.metrics["validation.f1"] == pytest.approx(again.f1, abs=1e-3)


def test_the_average_follows_the_weights_and_is_what_is_given() -> None:
    first, last = (weights(QUICK.model_copy(update={"steps": 3, "averaging": decay})) for decay in (0, 0.9))
    assert not equal(first, last)
    near = weights(QUICK.model_copy(update={"steps": 3, "averaging": 1e-9}))
    name = "classifier.4.weight"
    torch.testing.assert_close(near[name], first[name])
    assert (last[name] - first[name]).abs().max() > (near[name] - first[name]).abs().max()


def test_nan_is_said() -> None:
    with pytest.raises(InputError) as caught:
        training(QUICK.model_copy(update={"learning_rate": 1e30, "steps": 5, "clip": 1e30}))
    assert caught.value.field == "training.learning_rate"


def test_the_rate_rises_and_falls() -> None:
    options = TrainingOptions(steps=100, warm_up=0.2)
    shares = [rate_share(step, options) for step in range(100)]
    assert shares[:20] == pytest.approx([(step + 1) / 20 for step in range(20)])
    assert all(earlier >= later for earlier, later in itertools.pairwise(shares[19:]))
    assert shares[60] == pytest.approx(0.5)
    assert 0 < shares[-1] < 0.002


def test_batches_that_processes_cannot_share_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        training(QUICK, hardware=Hardware(torch.device("cpu"), 0, 3))
    assert caught.value.field == "training.batch"


def test_bfloat16_is_computed_in_where_it_is_asked_for() -> None:
    exact, rough = (weights(QUICK.model_copy(update={"precision": name})) for name in ("float32", "bfloat16"))
    assert not equal(exact, rough)
    assert all(tensor.dtype != torch.bfloat16 for tensor in rough.values())


def test_the_first_weights_have_a_share_in_the_result() -> None:
    """Begun at nil, half of the first weights is half of what was learnt."""

    def nil(network: torch.nn.Module) -> None:
        for parameter in network.parameters():
            torch.nn.init.constant_(parameter, 0.01)

    learnt, half = (training(QUICK, begin=nil, first_shares=(share,)) for share in (0.0, 0.5))
    assert (learnt.kept, half.kept) == (0.0, 0.5)
    name = "classifier.4.weight"
    expected = (0.01 + learnt.network.state_dict()[name]) / 2
    torch.testing.assert_close(half.network.state_dict()[name], expected)


def test_the_share_that_does_best_on_what_was_set_aside_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([0.9, 0.8, 0.7, 0.3, 0.5])  # two looks on the way, then a quarter, half, three quarters
    monkeypatch.setattr(Validation, "measure", lambda *_: Figures(next(losses), 0.4))
    made = training(WATCHED, first_shares=(0.25, 0.5, 0.75))
    assert made.kept == 0.5
    assert (made.metrics["validation.loss"], made.metrics["validation.f1"]) == (0.3, 0.4)


def test_where_nothing_was_set_aside_half_is_kept() -> None:
    made = training(QUICK.model_copy(update={"validation": 0}), first_shares=(0.0, 0.25, 0.5, 0.75))
    assert (made.kept, made.mixture) == (0.5, None)
