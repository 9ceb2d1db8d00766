"""How models/weining-resnet18 was made: four simulated areas of other seeds than those that figures are given of.

    python -m benchmarks.weining_model FOLDER [--out FOLDER]

Makes `medium` of seeds 11 to 14 in FOLDER (those that are there stay), and learns from nine tenths of each, both dates.
The training took an hour of two cores and 11 GB.
"""

import argparse
from pathlib import Path

from rich.console import Console

from engine.area import read_area
from engine.assessment import score_mines
from engine.blocks import Workers
from engine.commands.progress import ProgressBar, counting, telling_losses
from engine.patches.area_training import AreaTraining, train_area
from engine.patches.labelled import LabelledArea
from engine.patches.options import SplitOptions, TrainingOptions
from engine.simulate.weining import simulate

NAME, SEEDS = "weining-resnet18", (11, 12, 13, 14)
SPLIT = SplitOptions(share=0.9, background=0.9)
RECIPE = TrainingOptions(
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
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="for the simulated areas")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "models", help="for the model")
    given = parser.parse_args()
    console = Console(stderr=True)
    asked = AreaTraining(NAME, tuple(_area(given.folder, seed, console) for seed in SEEDS), RECIPE, given.out)
    with ProgressBar(console) as listen:
        checkpoint = train_area(asked, count=telling_losses(listen), score=score_mines)
    assert checkpoint is not None
    low, high = checkpoint.description.threshold_low, checkpoint.description.threshold
    console.print(f"{checkpoint.path}\n  sha256 {checkpoint.sha256}, thresholds {low:g} and {high:g}")


def _area(folder: Path, seed: int, console: Console) -> LabelledArea:
    """A simulated area, of which nearly all may be learnt, on both dates."""
    place = folder / f"medium-{seed}"
    with ProgressBar(console) as listen:
        simulate(
            "medium",
            seed,
            place,
            workers=Workers(),
            count=lambda part, total: counting(listen, f"{part} {seed}")(total),
        )
    area = read_area(place)
    imagery, reference = area.options.imagery, area.options.reference
    assert imagery is not None
    assert reference is not None
    return LabelledArea(
        area.name, area.folder, imagery, reference.model_copy(update={"split": SPLIT, "held_out_dates": ()})
    )


if __name__ == "__main__":
    main()
