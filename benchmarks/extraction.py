"""How well quarries are found on ground and on a date that no training saw: the network beside a random forest.

    python -m benchmarks.extraction [--data FOLDER] [--models CHECKPOINT ...] [--seeds N] [--images] [--json]

Both learn from the same pixels, as models/quarry-resnet18.toml splits them. Prints a table; `--json` adds its figures
as one JSON object in the last line; `--images` draws docs/images/extraction-rows.png and extraction-date.png.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.ndimage import uniform_filter
from sklearn.ensemble import RandomForestClassifier

from engine.area import AreaOptions
from engine.assessment import score_mines
from engine.options import read_options
from engine.patches.area_training import AreaTraining, train_area
from engine.patches.labelled import LabelledArea, ReadImage, read_labelled
from engine.patches.labels import UNLABELLED
from engine.patches.options import ReferenceOptions
from engine.patches.sampling import LabelledImage, training_parts
from engine.patches.scoring import predict_image, score_parts

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "models" / "quarry-resnet18.toml"
IMAGES = ROOT / "docs" / "images"
PARTS = {
    "trained": "trained on",
    "unseen_rows": "unseen rows",
    "unseen_date": "unseen date",
    "unseen_rows_and_date": "unseen rows, unseen date",
}
FIGURES = {
    "iou": "IoU",
    "f1": "F1",
    "producers_accuracy": "producer's",
    "users_accuracy": "user's",
}
# Wong (2011, Nature Methods 8, 441): told apart by all forms of colour vision.
HIT, MISS, FALSE_ALARM = "#56b4e9", "#d55e00", "#f0e442"
TREES = 200
# The network sees its crops in other light (`training.light`); a forest that is to hold for other dates needs it too.
LIGHT = (0.55, 0.75, 1.0, 1.25)
# Edges of the squares whose mean and standard deviation stand for context, pixels.
CONTEXT = (5, 11)

Prediction = list[NDArray[np.uint8]]


@dataclass(frozen=True)
class Method:
    """One method's figures, one entry a seed, and what it found with the first seed."""

    name: str
    figures: list[dict[str, float]]
    seconds: list[float]
    predicted: Prediction


def main() -> None:
    given = _arguments()
    recipe = read_options(RECIPE, AreaOptions)
    assert recipe.imagery is not None
    assert recipe.reference is not None
    torch.set_num_threads(given.threads)
    read = read_labelled(recipe.imagery, recipe.reference, given.data)
    with TemporaryDirectory() as scratch:
        models, seconds = list(given.models), []
        for seed in range(0 if models else given.seeds):
            started = time.perf_counter()
            options = recipe.training.model_copy(update={"seed": seed})
            area = LabelledArea("strzegom", given.data, recipe.imagery, recipe.reference)
            asked = AreaTraining(f"seed-{seed}", (area,), options, Path(scratch))
            checkpoint = train_area(asked, count=_silent, score=score_mines)
            assert checkpoint is not None
            models.append(checkpoint.path)
            seconds.append(time.perf_counter() - started)
        methods = [network(models, seconds, read)]
    methods += [
        forest(read, recipe.reference, given.seeds, context=context, light=light)
        for light in ((1.0,), LIGHT)
        for context in (False, True)
    ]
    print_table(methods, Console())
    if given.images:
        draw_rows(read, methods[0], methods[-1], recipe.reference, IMAGES / "extraction-rows.png")
        draw_date(read, methods[0], methods[-1], recipe.reference, IMAGES / "extraction-date.png")
    if given.json:
        print(json.dumps(as_json(methods)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "strzegom")
    parser.add_argument("--models", type=Path, nargs="+", default=[], help="trained already, one a seed")
    parser.add_argument("--seeds", type=int, default=3, help="of the networks to train, and of the forests")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--images", action="store_true", help="draw the pictures of docs/extraction.md")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    return parser.parse_args()


def network(models: Sequence[Path], seconds: Sequence[float], read: Sequence[ReadImage]) -> Method:
    """What the networks find, run as the pipeline runs them."""
    figures, first = [], None
    for model in models:
        predicted = [predict_image(one.image, one.grid, one.bands, model) for one in read]
        figures.append(dict(score_parts(read, predicted, score_mines)))
        first = first or predicted
    assert first is not None
    return Method("network", figures, list(seconds), first)


def forest(
    read: Sequence[ReadImage], reference: ReferenceOptions, seeds: int, *, context: bool, light: Sequence[float]
) -> Method:
    """A random forest on the bands of each pixel, with `context` also on their mean and spread round it.

    It learns from the training's pixels multiplied by each factor of `light`.
    """
    images = [one.image for one in read]
    known = [
        (_features(replace(part, values=factor * part.values), context), part.labels)
        for part in training_parts(images, reference, [one.seen for one in read])
        for factor in light
    ]
    pixels = np.concatenate([features[:, labels != UNLABELLED].T for features, labels in known])
    classes = np.concatenate([labels[labels != UNLABELLED] for _, labels in known])
    whole = [_features(image, context) for image in images]
    figures, seconds, first = [], [], None
    for seed in range(seeds):
        started = time.perf_counter()
        trees = RandomForestClassifier(TREES, max_samples=0.3 / len(light), n_jobs=-1, random_state=seed).fit(
            pixels, classes
        )
        seconds.append(time.perf_counter() - started)
        predicted = [
            trees.predict(features.reshape(len(features), -1).T).reshape(image.shape).astype(np.uint8)
            for features, image in zip(whole, images, strict=True)
        ]
        figures.append(dict(score_parts(read, predicted, score_mines)))
        first = first or predicted
    assert first is not None
    name = " + ".join(["forest", *(["context"] if context else []), *(["light"] if len(light) > 1 else [])])
    return Method(name, figures, seconds, first)


def _features(image: LabelledImage, context: bool) -> NDArray[np.float32]:
    """Shape (features, rows, cols). A part's context ends where the part does: it never reaches held-out rows."""
    bands = np.nan_to_num(image.values, nan=0.0)
    features = [bands]
    for edge in CONTEXT if context else ():
        mean = uniform_filter(bands, (0, edge, edge))
        square = uniform_filter(bands**2, (0, edge, edge))
        features += [mean, np.sqrt(np.maximum(square - mean**2, 0))]
    return np.concatenate(features)


def print_table(methods: Sequence[Method], console: Console) -> None:
    """Means over the seeds; of the IoU also the least and the greatest."""
    for part, title in PARTS.items():
        pixels = methods[0].figures[0][f"{part}.pixels"]
        table = Table("", *FIGURES.values(), title=f"{title} ({pixels:.0f} labelled pixels)", title_justify="left")
        for method in methods:
            values = {figure: [one[f"{part}.{figure}"] for one in method.figures] for figure in FIGURES}
            cells = [f"{np.mean(each):.3f}" for each in values.values()]
            cells[0] += f" ({min(values['iou']):.3f}–{max(values['iou']):.3f})"
            table.add_row(method.name, *cells)
        console.print(table)
    for method in methods:
        if method.seconds:
            console.print(f"{method.name}: {np.mean(method.seconds):.0f} s to train, {len(method.seconds)} seeds")


def as_json(methods: Sequence[Method]) -> dict[str, Any]:
    """Figures as means over the seeds: `method.part.figure`."""
    result: dict[str, Any] = {}
    for method in methods:
        name = method.name.replace(" + ", "_")
        result |= {
            f"{name}.{key}": round(float(np.mean([one[key] for one in method.figures])), 4)
            for key in method.figures[0]
            if key.split(".")[1] in FIGURES
        }
        if method.seconds:
            result[f"{name}.train_s"] = round(float(np.mean(method.seconds)), 1)
    return result


def draw_rows(read: Sequence[ReadImage], one: Method, other: Method, reference: ReferenceOptions, path: Path) -> None:
    """The rows that were held out, on two dates that were not."""
    first, end = reference.held_out_rows[0]
    seen = [number for number, each in enumerate(read) if each.image.date not in reference.held_out_dates]
    chosen = [seen[0], seen[2]]
    end = min(end, 1 + max(int(np.nonzero(read[number].image.labels != UNLABELLED)[0].max()) for number in chosen))
    figure = Figure(figsize=(11, 9), layout="constrained")
    strips = [(number, method) for number in chosen for method in (one, other)]
    for axis, (number, method) in zip(figure.subplots(len(strips)), strips, strict=True):
        title = f"{method.name}, {read[number].image.date}"
        _draw(axis, read[number], method.predicted[number], slice(first, end), title)
    _finish(figure, path, f"Rows {first}–{end - 1}, which no training saw on any date")


def draw_date(read: Sequence[ReadImage], one: Method, other: Method, reference: ReferenceOptions, path: Path) -> None:
    """The date that was held out; a line parts the rows that were held out as well."""
    number = next(n for n, each in enumerate(read) if each.image.date in reference.held_out_dates)
    image = read[number].image
    end = 1 + int(np.nonzero(image.labels != UNLABELLED)[0].max())
    figure = Figure(figsize=(13, 5.2), layout="constrained")
    axes = figure.subplots(1, 2)
    for axis, method in zip(axes, (one, other), strict=True):
        _draw(axis, read[number], method.predicted[number], slice(0, end), method.name)
        line = reference.held_out_rows[0][0]
        axis.axhline(line - 0.5, color="white", linewidth=1.5, linestyle="--")
        axis.text(158, line + 4, "below: held out on every date", color="white", va="top", fontsize=9)
    _finish(figure, path, f"{image.date}, a date that no training saw")


def _draw(axis: Axes, read: ReadImage, predicted: NDArray[np.uint8], rows: slice, title: str) -> None:
    labels, found = read.image.labels[rows], predicted[rows] > 0
    picture = _true_colour(read)[rows]
    unlabelled = labels == UNLABELLED
    grey = picture.mean(axis=2, keepdims=True)
    picture = np.where(unlabelled[..., None], 0.5 * grey + 0.08, picture)
    for mask, colour in (
        ((labels == 1) & found, HIT),
        ((labels == 1) & ~found, MISS),
        ((labels == 0) & found, FALSE_ALARM),
    ):
        picture = np.where(mask[..., None], 0.15 * picture + 0.85 * np.array(mpl.colors.to_rgb(colour)), picture)
    # What is found where nobody looked is outlined: it can be judged by eye, and counts for nothing.
    axis.imshow(
        picture, extent=(-0.5, labels.shape[1] - 0.5, rows.stop - 0.5, rows.start - 0.5), interpolation="nearest"
    )
    if (found & unlabelled).any():
        axis.contour(
            np.arange(labels.shape[1]), np.arange(rows.start, rows.stop), found, [0.5], colors="white", linewidths=0.6
        )
    axis.set_title(title, fontsize=10)
    axis.set_axis_off()


def _true_colour(read: ReadImage) -> NDArray[np.float64]:
    """Red, green and blue, shape (rows, cols, 3), 0 to 1."""
    chosen = [read.bands.index(name) for name in ("B04", "B03", "B02")]
    bands = np.nan_to_num(read.image.values[chosen].astype(np.float64))
    return np.clip(bands / np.percentile(bands, 97), 0, 1).transpose(1, 2, 0) ** 0.8


def _finish(figure: Figure, path: Path, title: str) -> None:
    marks = [
        Patch(color=HIT, label="quarry, found"),
        Patch(color=MISS, label="quarry, missed"),
        Patch(color=FALSE_ALARM, label="false alarm"),
        Patch(facecolor="#444444", label="not labelled (counts for nothing)"),
        Patch(facecolor="none", edgecolor="#888888", label="outline of what was found"),
    ]
    figure.suptitle(title, fontsize=12)
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks), frameon=False, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _silent(_total: int) -> Callable[[float], None]:
    return lambda _loss: None


if __name__ == "__main__":
    main()
