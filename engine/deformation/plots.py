"""Pictures of a stack: its network, as papers show it, and the rates that came of it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from engine.deformation.network import Network, date_baselines
from engine.deformation.stack import Interferogram
from engine.grid import Grid

# Of rates that are drawn in full colour, per cent; few pixels move more.
_SPAN_SHARE = 99.5
_UNUSED, _PLAIN, _DATE = "#c9c9c9", "#4f7cac", "#22303c"


def plot_network(available: Sequence[Interferogram], used: Sequence[int], path: Path) -> None:
    """Draw all pairs of a stack; those that are not used are dotted, and dates that lost all theirs are hollow.

    Where baselines are not known dates lie on one line; without coherence pairs have one colour.
    """
    network = Network(tuple(item.pair for item in available))
    known = all(item.perpendicular_baseline is not None for item in available)
    baselines = date_baselines(available, network, field="network") if known else np.zeros(len(network.dates))
    days = np.array(network.dates, "datetime64[D]")
    kept = set(used)
    reached = {day for number in kept for day in available[number].pair}
    coherences = [item.mean_coherence for item in available]
    shown = [value for value in coherences if value is not None]
    scale = Normalize(min(shown), max(shown)) if shown else None

    figure = Figure(figsize=(10, 4.6), layout="constrained")
    axes = figure.subplots()
    for number, (first, second) in enumerate(network.edges):
        ends = days[[first, second]], baselines[[first, second]]
        if number not in kept:
            axes.plot(*ends, color=_UNUSED, linestyle=":", linewidth=0.9, zorder=1)
            continue
        value = coherences[number]
        colour = colormaps["viridis"](scale(value)) if scale is not None and value is not None else _PLAIN
        axes.plot(*ends, color=colour, linewidth=0.9, zorder=2)
    inside = np.array([day in reached for day in network.dates])
    axes.plot(days[inside], baselines[inside], "o", color=_DATE, markersize=4, zorder=3)
    axes.plot(days[~inside], baselines[~inside], "o", mfc="white", mec=_DATE, markersize=5, zorder=3)
    if scale is not None:
        figure.colorbar(ScalarMappable(scale, "viridis"), ax=axes, label="mean coherence", pad=0.01)
    axes.set_ylabel("perpendicular baseline (m)" if known else "")
    axes.set_yticks([] if not known else axes.get_yticks())
    axes.set_title(f"{len(reached)} dates, {len(kept)} of {len(available)} pairs", loc="left", fontsize=11)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def plot_rates(rate: NDArray[np.float32], grid: Grid, period: Sequence[date], path: Path) -> None:
    """Draw rates along the line of sight, mm/year; ground without one is grey."""
    known = np.abs(rate[np.isfinite(rate)])
    span = max(float(np.percentile(known, _SPAN_SHARE)), 1.0) if known.size else 1.0
    height, width = grid.pixel_size
    figure = Figure(figsize=(8, 8 * np.clip(grid.rows * height / (grid.cols * width), 0.4, 1.6)), layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor("#d0d0d0")
    extent = (0.0, grid.cols * width / 1000, 0.0, grid.rows * height / 1000)
    picture = axes.imshow(rate, cmap="RdBu", vmin=-span, vmax=span, extent=extent, interpolation="nearest")
    figure.colorbar(picture, ax=axes, label="mm/year along the line of sight; away from the satellite red", shrink=0.8)
    axes.set_xlabel("km")
    axes.set_ylabel("km")
    axes.set_title(f"{period[0]} to {period[-1]}, {len(period)} dates", loc="left", fontsize=11)
    figure.savefig(path, dpi=110)
