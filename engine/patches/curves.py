"""Curves of a training: loss and learning rate of every step, and what was found on patches set aside."""

import csv
import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from engine.patches.training_state import Step

# Wong (2011, Nature Methods 8, 441): told apart by all forms of colour vision.
_TRAINING, _VALIDATION, _RATE = "#0072b2", "#d55e00", "#009e73"
_SMOOTHED = 20  # steps


def write_curves(stem: Path, history: Sequence[Step]) -> None:
    """Write `stem`.csv and `stem`.png. A look at what was set aside stands in the row of its step."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    table, picture = stem.with_name(f"{stem.name}.csv"), stem.with_name(f"{stem.name}.png")
    partial = stem.with_name(f"{stem.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Step._fields)
        writer.writerows(
            [step.step, *("" if math.isnan(value) else f"{value:.6g}" for value in step[1:])] for step in history
        )
    os.replace(partial, table)
    figure = _draw(history)
    figure.savefig(partial, format="png", dpi=120)
    os.replace(partial, picture)


def _draw(history: Sequence[Step]) -> Figure:
    looks = [step for step in history if not math.isnan(step.validation_loss)]
    heights = (3, 2, 1) if looks else (3, 1)
    figure = Figure(figsize=(8, 1.2 * sum(heights)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    _draw_loss(panels[0], history, looks)
    if looks:
        _draw_found(panels[1], looks)
    panels[-1].plot([step.step for step in history], [step.learning_rate for step in history], color=_RATE)
    panels[-1].set(ylabel="learning rate", xlabel="step", ylim=(0, None))
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(alpha=0.3)
    figure.align_ylabels(panels)
    return figure


def _draw_loss(panel: Axes, history: Sequence[Step], looks: Sequence[Step]) -> None:
    steps, losses = [step.step for step in history], np.array([step.loss for step in history])
    width = min(_SMOOTHED, len(losses))
    smooth = np.convolve(losses, np.full(width, 1 / width), mode="valid")
    panel.plot(steps, losses, color=_TRAINING, alpha=0.25, linewidth=0.8)
    middles = steps[(width - 1) // 2 :][: len(smooth)]
    panel.plot(middles, smooth, color=_TRAINING, label=f"training, mean of {width} steps")
    if looks:
        looked, found = zip(*((step.step, step.validation_loss) for step in looks), strict=True)
        panel.plot(looked, found, color=_VALIDATION, marker="o", markersize=4, label="patches set aside")
    panel.set(ylabel="loss", ylim=(0, None))
    panel.legend(frameon=False, loc="upper right")


def _draw_found(panel: Axes, looks: Sequence[Step]) -> None:
    best = min(looks, key=lambda step: step.validation_loss)
    panel.plot(
        [step.step for step in looks],
        [step.validation_f1 for step in looks],
        color=_VALIDATION,
        marker="o",
        markersize=4,
    )
    panel.axvline(best.step, color="0.4", linestyle="--", linewidth=1)
    panel.set_title(
        f"kept: step {best.step}, loss {best.validation_loss:.3f}, F1 {best.validation_f1:.3f}",
        fontsize=10,
        loc="right",
    )
    panel.set(ylabel="F1, set aside", ylim=(0, 1))
