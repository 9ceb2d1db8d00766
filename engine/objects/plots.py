"""Pictures of what tuning and the choice of scale have found."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from engine.objects.scale import ScaleCurve
from engine.objects.tuning import VALUES, Tuning

_INK, _ACCENT, _SECOND = "#1f2933", "#c2410c", "#1d6996"


def plot_tuning(tuning: Tuning, path: Path) -> None:
    """A heat map of the mean relative difference of area over shape and compactness (PNG)."""
    figure = Figure(figsize=(7.2, 6), layout="constrained")
    axes = figure.add_subplot()
    values = 100 * tuning.table["difference"].to_numpy().reshape(len(VALUES), len(VALUES))
    picture = axes.imshow(values, cmap="viridis_r", origin="lower")
    low, high = values.min(), values.max()
    for row, col in np.ndindex(values.shape):
        dark = values[row, col] > (low + high) / 2
        axes.text(col, row, f"{values[row, col]:.0f}", ha="center", va="center", color="white" if dark else _INK)
    best = VALUES.index(tuning.compactness), VALUES.index(tuning.shape)
    axes.plot(*best, "s", markersize=30, markerfacecolor="none", markeredgecolor=_ACCENT, markeredgewidth=2.5)
    axes.set_xticks(range(len(VALUES)), [f"{value:g}" for value in VALUES])
    axes.set_yticks(range(len(VALUES)), [f"{value:g}" for value in VALUES])
    axes.set_xlabel("compactness")
    axes.set_ylabel("shape")
    axes.set_title(
        f"Objects against {tuning.patches} reference patches: least at shape {tuning.shape:g}, "
        f"compactness {tuning.compactness:g}",
        fontsize=10,
    )
    figure.colorbar(picture, ax=axes, label="mean difference of area, per cent", shrink=0.85)
    figure.savefig(path, dpi=120)


def plot_scales(curves: Sequence[ScaleCurve], path: Path) -> None:
    """Local variance and its rate of change against scale, one panel a step, as ESP2 draws them (PNG)."""
    figure = Figure(figsize=(9, 3.1 * len(curves)), layout="constrained")
    for at, curve in enumerate(curves, start=1):
        axes = figure.add_subplot(len(curves), 1, at)
        table = curve.table
        (variance,) = axes.plot(table["scale"], table["local_variance"], color=_SECOND, linewidth=1.8)
        axes.set_ylabel("local variance", color=_SECOND)
        other = axes.twinx()
        (rate,) = other.plot(table["scale"], table["rate"], color=_INK, linewidth=0.9, alpha=0.8)
        other.set_ylabel("rate of change, per cent")
        among = table[table["candidate"]]
        dots = other.scatter(among["scale"], among["rate"], s=18, color=_ACCENT, zorder=3)
        shown, names = [variance, rate, dots], ["local variance", "rate of change", "candidates"]
        if curve.scale is not None:
            shown.append(axes.axvline(curve.scale, color=_ACCENT, linewidth=1.4, linestyle="--"))
            names.append(f"fewest objects a patch: scale {curve.scale:g}")
        axes.set_title(f"steps of {curve.step}", fontsize=10, loc="left")
        axes.legend(shown, names, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(shown), fontsize=8, frameon=False)
        if at == len(curves):
            axes.set_xlabel("scale")
    figure.savefig(path, dpi=120)
