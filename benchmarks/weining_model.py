"""How models/weining-resnet18 was made: simulated areas of other seeds than those that figures are given of.

    python -m benchmarks.weining_model FOLDER [--out FOLDER]

Makes `medium` of seeds that nothing else is measured on in FOLDER and learns from nine tenths of each, both dates, in
five rounds: from random weights, with crops on mines and anywhere; then, four times, from the weights of the round
before, from more areas and with larger crops, on what that round takes for mines and is none, and at last on what it
overlooks, too, with shadows cast over some crops. The thresholds are fitted to two areas that no round learns from.
Areas and rounds that are there stay.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from engine.area import Area, read_area
from engine.assessment import score_mines
from engine.blocks import Workers
from engine.commands.progress import ProgressBar, counting, telling_losses
from engine.patches.area_training import AreaTraining, train_area
from engine.patches.labelled import LabelledArea
from engine.patches.options import SplitOptions, TrainingOptions
from engine.simulate.weining import simulate

NAME = "weining-resnet18"
TRIED_ON = (17, 18)
SPLIT = SplitOptions(share=0.9, background=0.9)


class Round(NamedTuple):
    """Which simulated areas are learnt from, and how."""

    seeds: tuple[int, ...]
    options: TrainingOptions


ROUND_1 = Round(
    (11, 12, 13, 14),
    TrainingOptions(
        crop=256,
        batch=8,
        steps=2200,
        learning_rate=1.5e-3,
        averaging=0.99,
        balanced_share=0.5,
        rates=(3, 6, 9),
        normalise="image",
        light=(0.95, 1.05),
        jitter=0.5,
        validation=0,
    ),
)
ROUND_2 = Round(
    (11, 12, 13, 14, 15, 16),
    ROUND_1.options.model_copy(
        update={
            "crop": 192,
            "steps": 1500,
            "learning_rate": 1e-3,
            "averaging": 0.995,
            "balanced_share": 0.4,
            "hard_share": 0.4,
            "warm_up": 0.05,
            "keep": 0,
            "initial": f"../{NAME}-1.safetensors",  # from the folder of the first area on
        }
    ),
)
ROUND_3 = Round(
    (11, 12, 13, 14, 15, 16, 19, 20, 41, 42),
    ROUND_2.options.model_copy(
        update={
            "crop": 256,
            "steps": 4000,
            "averaging": 0.999,
            "coarse_share": 0.2,
            "initial": f"../{NAME}-2.safetensors",
        }
    ),
)
ROUND_4 = Round(
    ROUND_3.seeds,
    ROUND_3.options.model_copy(
        update={
            "crop": 384,
            "batch": 4,
            "steps": 3500,
            "hard_share": 0.35,
            "initial": f"../{NAME}-3.safetensors",
        }
    ),
)
ROUND_5 = Round(
    ROUND_4.seeds,
    ROUND_4.options.model_copy(
        update={
            "balanced_share": 0.35,
            "hard_share": 0.25,
            "missed_share": 0.15,
            "shadow_share": 0.2,
            "initial": f"../{NAME}-4.safetensors",
        }
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="for the simulated areas, and the rounds before the last")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "models", help="for the model")
    given = parser.parse_args()
    console = Console(stderr=True)
    for number, asked in enumerate((ROUND_1, ROUND_2, ROUND_3, ROUND_4), 1):
        if not (given.folder / f"{NAME}-{number}.safetensors").exists():
            _train(f"{NAME}-{number}", asked, given.folder, given.folder, console)
    _train(NAME, ROUND_5, given.folder, given.out, console)


def _train(name: str, asked: Round, folder: Path, out: Path, console: Console) -> None:
    areas, tried_on = (tuple(_area(folder, seed, console) for seed in seeds) for seeds in (asked.seeds, TRIED_ON))
    with ProgressBar(console) as listen:
        checkpoint = train_area(
            AreaTraining(name, areas, asked.options, out, tried_on), count=telling_losses(listen), score=score_mines
        )
    assert checkpoint is not None
    low, high = checkpoint.description.threshold_low, checkpoint.description.threshold
    console.print(f"{checkpoint.path}\n  sha256 {checkpoint.sha256}, thresholds {low:g} and {high:g}")


def made(folder: Path, size: str, seed: int, console: Console) -> Area:
    """A simulated area; one that is there stays."""
    place = folder / f"{size}-{seed}"
    with ProgressBar(console) as listen:
        simulate(
            size,
            seed,
            place,
            workers=Workers(),
            count=lambda part, total: counting(listen, f"{part} {seed}")(total),
        )
    return read_area(place)


def _area(folder: Path, seed: int, console: Console) -> LabelledArea:
    """A simulated area, of which nearly all may be learnt, on both dates."""
    area = made(folder, "medium", seed, console)
    imagery, reference = area.options.imagery, area.options.reference
    assert imagery is not None
    assert reference is not None
    return LabelledArea(
        area.name, area.folder, imagery, reference.model_copy(update={"split": SPLIT, "held_out_dates": ()})
    )


if __name__ == "__main__":
    main()
