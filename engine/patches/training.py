"""Training of the network: AdamW, warm-up and cosine, and the best weights on patches set aside (METHOD §1)."""

import itertools
import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel

from engine.errors import InputError
from engine.patches.hardware import Hardware, reproducible
from engine.patches.loss import segmentation_loss
from engine.patches.mixing import HALF, best_mixture
from engine.patches.model import DeepLabV3
from engine.patches.options import TrainingOptions
from engine.patches.sampling import LabelledImage, Sampler, Standard
from engine.patches.training_state import Step, TrainingState, copied, training_key
from engine.patches.validation import Figures, Validation, set_aside

_LEAST_RATE = 1e-3  # of the learning rate, at the end
_SAVE_AFTER_S = 120.0
PROCESSOR = Hardware(torch.device("cpu"))

# Makes, for a number of steps, a function to call after each with its loss.
Count = Callable[[int], Callable[[float], None]]


@dataclass(frozen=True)
class Training:
    """What a training ends with: the network, on the processor, every step, and of a mixture with the first weights
    their share and how well it does, if that was looked at."""

    network: DeepLabV3
    history: list[Step]
    kept: float = 0.0
    mixture: Figures | None = None

    @property
    def metrics(self) -> dict[str, float]:
        """Loss of the last tenth of the steps, and the figures of the best look at what was set aside."""
        last = self.history[-max(1, len(self.history) // 10) :]
        figures = {"training.loss": float(np.mean([step.loss for step in last]))}
        if self.mixture is not None:
            return figures | {"validation.loss": self.mixture.loss, "validation.f1": self.mixture.f1}
        looks = [step for step in self.history if not math.isnan(step.validation_loss)]
        if looks:
            best = min(looks, key=lambda step: step.validation_loss)
            figures |= {"validation.loss": best.validation_loss, "validation.f1": best.validation_f1}
        return figures


def train(
    parts: Sequence[LabelledImage],
    standard: Standard,
    classes: int,
    options: TrainingOptions,
    *,
    count: Count,
    begin: Callable[[DeepLabV3], None] = lambda _: None,
    first_shares: Sequence[float] = (0.0,),
    hardware: Hardware = PROCESSOR,
    keep: Path | None = None,
) -> Training:
    """Train a network on images of which it may see everything.

    The same seed gives the same network on the same machine with the same number of threads and processes, be the
    training killed and taken up again or not.

    Parameters
    ----------
    classes : background included. begin : puts other first weights into the network than random ones.
    first_shares : shares of the first weights in the result, of which that one is taken which does best on what was
    set aside, half where nothing was; a single one as it is.
    count : makes a function to call after each step. hardware : of this process.
    keep : folder for what a training that was killed is taken up from.

    Raises
    ------
    InputError
        When the loss is no longer a number, or the processes cannot share a batch evenly.
    """
    if options.batch % hardware.ranks:
        raise InputError(
            f"{hardware.ranks} processes cannot share batches of {options.batch} evenly",
            field="training.batch",
            mend=f"take a multiple of {hardware.ranks}",
        )
    learnt, windows = set_aside(parts, options)
    with reproducible(hardware.device):
        torch.manual_seed(options.seed)
        network = DeepLabV3(
            options.architecture,
            classes=classes,
            bands=len(standard.mean),
            stride=options.stride,
            zoom=options.zoom,
            rates=options.rates,
            dropout=options.dropout,
        )
        begin(network)
        first = copied(network.state_dict())
        key = training_key(parts, standard, options, network, f"{hardware.device.type} {hardware.ranks}")
        course = _Course(network, Validation(windows, standard, options, hardware), options, hardware)
        if keep is not None:
            course.state.restore(keep, key)
        _go(course, Sampler(learnt, standard, options), count(options.steps), keep, key)
        shares = first_shares if windows or len(first_shares) == 1 else (HALF,)
        mixture = best_mixture(first, copied(course.result), shares, course.measure)
        network.load_state_dict(mixture.state)
    return Training(network.cpu().eval(), course.state.history, mixture.kept, mixture.figures)


def _go(course: "_Course", sampler: Sampler, advance: Callable[[float], None], keep: Path | None, key: str) -> None:
    hardware, saved = course.hardware, time.monotonic()
    for step in course.state.history:
        advance(step.loss)
    with closing(_batches(sampler, len(course.state.history), hardware)) as batches:
        while not course.finished:
            advance(course.step(*next(batches)))
            if keep is not None and hardware.leads and time.monotonic() - saved >= _SAVE_AFTER_S:
                course.state.save(keep, key)
                saved = time.monotonic()


def _batches(sampler: Sampler, first: int, hardware: Hardware) -> Generator[tuple[Tensor, Tensor], None, None]:
    """Crops and labels of each step from the first on; the next are cut while these are learnt from."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = pool.submit(sampler.batch, first, hardware.rank, hardware.ranks)
        for step in itertools.count(first + 1):
            values, labels = ahead.result()
            ahead = pool.submit(sampler.batch, step, hardware.rank, hardware.ranks)
            yield torch.from_numpy(values), torch.from_numpy(labels)


class _Course:
    """A network on its way, step by step."""

    def __init__(
        self, network: DeepLabV3, validation: Validation, options: TrainingOptions, hardware: Hardware
    ) -> None:
        self._validation, self._options, self.hardware = validation, options, hardware
        bare: nn.Module = network.to(hardware.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = (
            AveragedModel(bare, multi_avg_fn=_moving_average(options.averaging), use_buffers=True).eval()
            if options.averaging
            else None
        )
        self._average = average
        self._model = _shared(bare, hardware)
        self._network = self._model.module if isinstance(self._model, DistributedDataParallel) else self._model
        self.state = TrainingState(
            network=self._network,
            average=self._network if average is None else average,
            optimizer=torch.optim.AdamW(
                self._network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay, fused=True
            ),
        )

    @property
    def finished(self) -> bool:
        return len(self.state.history) >= self._options.steps or self.state.waiting >= self._options.patience

    @property
    def result(self) -> Mapping[str, Tensor]:
        """The best weights, or, where nothing was set aside, the last."""
        return self.state.best or self._weights

    @property
    def _weights(self) -> Mapping[str, Tensor]:
        return (self._network if self._average is None else self._average.module).state_dict()

    def step(self, values: Tensor, labels: Tensor) -> float:
        """Learn from a batch; gives its loss."""
        state, options, number = self.state, self._options, len(self.state.history)
        rate = options.learning_rate * rate_share(number, options)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        # What a step draws by chance (dropout) depends on nothing before it, or a training could not be taken up again.
        torch.manual_seed(_seed(options.seed, number, self.hardware.rank))
        self._model.train()
        with self.hardware.autocast(options.precision):
            logits = self._model(values.to(self.hardware.device, memory_format=torch.channels_last))
        loss = segmentation_loss(logits.float(), labels.to(self.hardware.device).long())
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), options.clip)
        state.optimizer.step()
        if self._average is not None:
            self._average.update_parameters(self._network)
        value = self.hardware.mean(loss)
        _require_number(value, number)
        looked = self._look() if self._time_to_look(number + 1) else ()
        state.history.append(Step(number + 1, rate, value, *looked))
        return value

    def _time_to_look(self, done: int) -> bool:
        return bool(self._validation) and (done % self._options.check_every == 0 or done == self._options.steps)

    def measure(self, weights: Mapping[str, Tensor]) -> Figures:
        """How well weights do on what was set aside. The network has them from now on."""
        network = self.state.average
        network = network.module if isinstance(network, AveragedModel) else network
        network.load_state_dict(weights)
        return self._figures(network)

    def _figures(self, network: nn.Module) -> Figures:
        # Those of the first process are the ones that count: batch statistics differ from one to another.
        return Figures(*self.hardware.of_the_first(list(self._validation.measure(network.eval()))))

    def _look(self) -> Figures:
        """Measure the weights on what was set aside, and remember them when they are the best."""
        state = self.state
        figures = self._figures(state.average)
        state.waiting += 1
        if figures.loss < state.best_loss:
            state.best, state.best_loss, state.waiting = copied(self._weights), figures.loss, 0
        return figures


def _shared(network: nn.Module, hardware: Hardware) -> nn.Module:
    """The network, its gradients averaged over all processes."""
    if hardware.ranks == 1:
        return network
    gpu = hardware.device.type == "cuda"
    if gpu:
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
    return DistributedDataParallel(network, device_ids=[hardware.device] if gpu else None)


def _moving_average(decay: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]:
    """Average that moves fast at first, or the random weights of the start would weigh in a short training."""

    def move(averaged: Sequence[Tensor], current: Sequence[Tensor], steps: Tensor | int) -> None:
        weight = 1 - min(decay, (1 + float(steps)) / (10 + float(steps)))
        for old, new in zip(averaged, current, strict=True):
            if old.is_floating_point():
                old.lerp_(new, weight)
            else:
                old.copy_(new)  # a counter

    return move


def rate_share(step: int, options: TrainingOptions) -> float:
    """Share of the learning rate: rising in the warm-up, falling as a cosine after it."""
    warm_up = max(1, round(options.warm_up * options.steps))
    if step < warm_up:
        return (step + 1) / warm_up
    done = (step - warm_up) / max(1, options.steps - warm_up)
    return max(_LEAST_RATE, 0.5 * (1 + math.cos(math.pi * done)))


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def _require_number(loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise InputError(
            f"the loss is no longer a number at step {step + 1}",
            field="training.learning_rate",
            mend="take a lower learning rate, or precision 'float32'",
        )
