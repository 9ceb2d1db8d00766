"""Pictures of hits, misses and false alarms: the image with the outlines of what is true and of what was extracted."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from engine.assessment.areas import AssessedImage
from engine.assessment.examples import MOST, Example, examples
from engine.grid import Block
from engine.imagery import PICTURE
from engine.patches.inference import PROBABILITY
from engine.patches.labels import UNLABELLED
from engine.raster import Raster

_TRUE, _FOUND = "#00e5ff", "#ffd600"
_LEAST_EDGE = 96  # pixels: a small patch is shown with what lies round it
_AROUND = 1.6  # edge of a picture, in edges of the patch
_EDGE_INCHES = 2.2
_MOST = 0.5  # of a false alarm's pixels


def draw_examples(image: AssessedImage, path: Path) -> None:
    """Write a sheet of examples as PNG, a row for each kind of them, and under each what it is and was taken for."""
    chosen = examples(image.compared, image.truth)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = max(len(chosen), 1)
    figure = Figure(figsize=(MOST * _EDGE_INCHES, rows * (_EDGE_INCHES + 0.55) + 0.5), layout="constrained")
    boxes = figure.subplots(rows, MOST, squeeze=False)
    for box in boxes.flat:
        box.set_axis_off()
    for line, (kind, those) in zip(boxes, chosen.items(), strict=False):
        _draw_row(line, kind, those, image)
    names = [Line2D([], [], color=_TRUE, label="true"), Line2D([], [], color=_FOUND, label="extracted")]
    title = f"{image.day}" if chosen else f"{image.day}: nothing to show"
    figure.legend(handles=names, loc="outside lower center", ncols=2, frameon=False, title=title)
    figure.savefig(path, dpi=150, bbox_inches="tight")  # the first heading stands above the first row


def _draw_row(line: Sequence[Axes], kind: str, those: Sequence[Example], image: AssessedImage) -> None:
    with Raster(image.image / PICTURE) as picture, Raster(image.found / PROBABILITY) as probability:
        for box, example in zip(line, those, strict=False):
            block = _block_round(example, image.grid.shape)
            box.imshow(np.moveaxis(picture.read_bands(block), 0, -1), interpolation="nearest")
            true, found = image.truth.labels[block.slices], image.mask[block.slices]
            _outline(box, (true > 0) & (true != UNLABELLED), _TRUE)
            _outline(box, (found > 0) & (found != UNLABELLED), _FOUND)
            box.set_title(_caption(example, image, probability, block), fontsize=6.5, loc="left")
            if example is those[0]:
                box.text(0, 1.22, kind, transform=box.transAxes, fontsize=9, weight="bold")


def _outline(box: Axes, where: NDArray[np.bool_], colour: str) -> None:
    if where.any() and not where.all():
        box.contour(where, levels=[0.5], colors=[colour], linewidths=0.9)


def _caption(example: Example, image: AssessedImage, probability: Raster, block: Block) -> str:
    """What it is or was taken for; under it the mean probability of a mine there, and the IoU of a hit."""
    compared, names = image.compared, image.classes
    true = "" if example.true is None else names[compared.true.classes[example.true]]
    if example.extracted is None:
        return f"{true}\n"
    there = compared.extracted.numbers[block.slices] == example.extracted + 1
    found_as = names[compared.extracted.classes[example.extracted]]
    figures = [f"{probability.read(block=block)[there].mean():.0f} %"]
    if example.iou is not None:
        figures.append(f"IoU {example.iou:.2f}")
    if found_as != true:
        figures.insert(0, f"as {found_as}")
    return f"{true or _ground(image, there, block)}\n{', '.join(figures)}"


def _ground(image: AssessedImage, there: NDArray[np.bool_], block: Block) -> str:
    """What lies under most of a false alarm: a piece of a mine that another extracted patch stands for or that was
    missed, a kind of lookalike, or neither."""
    true, truth = image.truth.labels[block.slices][there], image.truth
    if np.isin(true, (0, UNLABELLED)).mean() < _MOST:
        return f"piece of {image.classes[int(np.bincount(true[true > 0]).argmax())]}"
    if truth.lookalikes is not None:
        kinds = truth.lookalikes[block.slices][there]
        if (kinds > 0).mean() >= _MOST:
            return truth.kinds[int(np.bincount(kinds[kinds > 0]).argmax()) - 1]
    return "no mine"


def _block_round(example: Example, shape: tuple[int, int]) -> Block:
    """A square round a patch, moved into the image; smaller where the image is."""
    height, width = example.rows.stop - example.rows.start, example.cols.stop - example.cols.start
    edge = max(_LEAST_EDGE, int(_AROUND * max(height, width)))
    spans = []
    for span, size in zip((example.rows, example.cols), shape, strict=True):
        first = max(0, min((span.start + span.stop - edge) // 2, size - edge))
        spans += [first, min(first + edge, size)]
    return Block(*spans)
