"""`train` and `weights`: from labelled images to a model, and published weights to begin with."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from engine.commands.progress import ProgressBar, telling_losses
from engine.errors import InputError
from store.home import Home

if TYPE_CHECKING:
    from engine.area import Area
    from engine.patches.area_training import AreaTraining
    from engine.patches.labelled import LabelledArea


def add_commands(commands: Any, whole: Callable[[str], int]) -> None:
    """Put `train` and `weights` among the commands. whole : reads a number from 0 on."""
    train = commands.add_parser(
        "train",
        help="train a model on the labelled images of an area",
        epilog="With several GPUs: torchrun --nproc-per-node N -m engine train AREA",
    )
    train.add_argument("area", nargs=1, type=Path, help="folder of an area, or its area.toml, with [reference]")
    train.add_argument("--also", type=Path, nargs="+", default=[], metavar="AREA", help="more areas to learn from")
    train.add_argument(
        "--thresholds",
        type=Path,
        nargs="+",
        default=[],
        metavar="AREA",
        help="areas to fit the mask's thresholds to, of which nothing is learnt",
    )
    train.add_argument("--name", help="of the model (default: the area's)")
    train.add_argument("--data", type=Path, metavar="FOLDER", help="what its paths are relative to (default: its own)")
    train.add_argument("--out", type=Path, metavar="FOLDER", help="for the model (default: 'models' beside the area)")
    train.add_argument("--seed", type=whole, help="of all that is drawn by chance (default: the area's)")
    train.set_defaults(command=_train)

    weights = commands.add_parser("weights", help="turn published weights (.pth) into a file to begin a training with")
    weights.add_argument("area", nargs=1, type=Path, metavar="FILE.pth", help="as torchvision publishes it")
    weights.add_argument("--sha256", metavar="HEX", help="of the file (default: the digits in its name)")
    weights.add_argument("--out", type=Path, metavar="FILE", help="(default: FILE.safetensors, beside it)")
    weights.set_defaults(command=_weights)


def _train(path: Path, _home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.assessment import score_mines
    from engine.patches.area_training import train_area
    from engine.patches.hardware import joined_processes

    asked, area_file = _asked(path, given)
    with joined_processes() as hardware:
        console.quiet = not hardware.leads  # or every process would say the same
        with ProgressBar(console) as listen:
            try:
                checkpoint = train_area(asked, count=telling_losses(listen), score=score_mines, hardware=hardware)
            except InputError as error:
                raise error.of_file(area_file) from None
    if checkpoint is None:
        return
    for name, value in checkpoint.description.metrics.items():
        console.print(f"  {name:<40} {value:.0f}" if name.endswith(".pixels") else f"  {name:<40} {value:.3f}")
    console.print(f"{checkpoint.path}\n  sha256 {checkpoint.sha256}")
    console.print("to use it, name this path as model under [extraction] of an area")


def _asked(path: Path, given: argparse.Namespace) -> tuple["AreaTraining", Path]:
    """What is to be trained on, by the recipe of the first area, and the file that says it."""
    from engine.area import read_area
    from engine.patches.area_training import AreaTraining

    area = read_area(path)
    recipe = area.options.training
    asked = AreaTraining(
        name=given.name or area.name,
        areas=(_labelled(area, given.data), *(_labelled(read_area(other), None) for other in given.also)),
        options=recipe if given.seed is None else recipe.model_copy(update={"seed": given.seed}),
        out=given.out or area.folder / "models",
        tried_on=tuple(_labelled(read_area(other), None) for other in given.thresholds),
    )
    return asked, area.file


def _labelled(area: "Area", data: Path | None) -> "LabelledArea":
    """The labelled images of an area. data : what their paths are relative to, where it is not the area's folder."""
    from engine.patches.labelled import LabelledArea

    imagery, reference = area.options.imagery, area.options.reference
    if imagery is None or reference is None:
        raise InputError(
            "to train, images with labels are needed, and what the labels mean",
            file=area.file,
            field="imagery" if imagery is None else "reference",
            mend="add [imagery] with labels, and [reference] with classes",
        )
    return LabelledArea(area.name, data or area.folder, imagery, reference)


def _weights(path: Path, _home: Home, given: argparse.Namespace, console: Console) -> None:
    from engine.patches.published import convert

    console.print(f"{convert(path, given.out, sha256=given.sha256)}")
    console.print("to begin with it, name this file as initial under [training] of an area")
