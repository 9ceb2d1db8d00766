"""How models/weining-resnet18 was made: simulated areas of other seeds than those that figures are given of.

    python -m benchmarks.weining_model FOLDER [--out FOLDER]

Makes `medium` of seeds 11 to 16 in FOLDER and learns from nine tenths of each, both dates, in two rounds: from random
weights, with crops on mines and anywhere; then from those weights and from more areas, with crops on what the first
round takes for mines and is none. Areas and a first round that are there stay. The rounds took an hour each of two
cores, and 11 and 18 GB.
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

NAME, FIRST = "weining-resnet18", "weining-resnet18-first"
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
            "initial": f"../{FIRST}.safetensors",  # from the folder of the first area on
        }
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="for the simulated areas")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "models", help="for the model")
    given = parser.parse_args()
    console = Console(stderr=True)
    if not (given.folder / f"{FIRST}.safetensors").exists():
        _train(FIRST, ROUND_1, given.folder, given.folder, console)
    _train(NAME, ROUND_2, given.folder, given.out, console)


def _train(name: str, asked: Round, folder: Path, out: Path, console: Console) -> None:
    areas = tuple(_area(folder, seed, console) for seed in asked.seeds)
    with ProgressBar(console) as listen:
        checkpoint = train_area(
            AreaTraining(name, areas, asked.options, out), count=telling_losses(listen), score=score_mines
        )
    assert checkpoint is not None
    low, high = checkpoint.description.threshold_low, checkpoint.description.threshold
    console.print(f"{checkpoint.path}\n  sha256 {checkpoint.sha256}, thresholds {low:g} and {high:g}")


def made(folder: Path, seed: int, console: Console) -> Area:
    """A simulated area; one that is there stays."""
    place = folder / f"medium-{seed}"
    with ProgressBar(console) as listen:
        simulate(
            "medium",
            seed,
            place,
            workers=Workers(),
            count=lambda part, total: counting(listen, f"{part} {seed}")(total),
        )
    return read_area(place)


def _area(folder: Path, seed: int, console: Console) -> LabelledArea:
    """A simulated area, of which nearly all may be learnt, on both dates."""
    area = made(folder, seed, console)
    imagery, reference = area.options.imagery, area.options.reference
    assert imagery is not None
    assert reference is not None
    return LabelledArea(
        area.name, area.folder, imagery, reference.model_copy(update={"split": SPLIT, "held_out_dates": ()})
    )


if __name__ == "__main__":
    main()
