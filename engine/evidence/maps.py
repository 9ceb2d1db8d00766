"""The maps of a dossier: images, rates and the overview, each with scale bar, north arrow and coordinates."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from engine.evidence.case import Case, Crop, Outline, Picture
from engine.evidence.drawing import CLUSTER, INK, PATCH, PERMIT, QUIET, ZONE, figure, font, motion_colours, png
from engine.grid import Bounds
from engine.wording import dossiers, number

_CASING = "#00000090"
_FINE_DEGREES = 0.005


def image_map(case: Case, picture: Picture, edge_mm: float) -> bytes:
    """The image of one date with the patch as it was then, what lies outside, and the permits."""
    drawn = figure(edge_mm, edge_mm)
    axes = _axes(drawn.add_axes((0.105, 0.07, 0.885, 0.92)), case.frame)
    _show(axes, picture.flat)
    _draw(axes, case, [zone for _name, zone in case.zones], ZONE, 1.1, dashed=True)
    _draw_permits(axes, case)
    for outline in outlines_on(case, picture):
        _draw(axes, case, [outline.geometry], PATCH, 1.5, casing=True)
    _draw_outside(axes, case)
    _scale_and_north(axes, case.frame)
    return png(drawn)


def outlines_on(case: Case, picture: Picture) -> list[Outline]:
    """The outlines to draw over an image: that of its date, or those without a date."""
    return [outline for outline in case.outlines if outline.date in (picture.date, None)]


def rate_map(case: Case, edge_mm: float) -> bytes:
    """Rates with the moving ground that speaks for the patch, and their scale with the neutral band marked."""
    assert case.rates is not None
    rates = case.rates
    drawn = figure(edge_mm * 1.23, edge_mm)
    axes = _axes(drawn.add_axes((0.085, 0.07, 0.72, 0.92)), rates.flat.bounds)
    shown = np.ma.masked_invalid(rates.flat.values)
    colours = motion_colours(rates.high, rates.neutral)
    extent = _extent(rates.flat.bounds)
    axes.set_facecolor("#ffffff")
    drawing = axes.imshow(
        shown, extent=extent, cmap=colours, vmin=-rates.high, vmax=rates.high, interpolation="nearest", zorder=0
    )
    _draw(axes, case, [permit.geometry for permit in case.permits], "#7a7000", 0.9)
    if case.cluster is not None:
        _draw(axes, case, [case.cluster], CLUSTER, 0.9, dashed=True)
    _draw(axes, case, [case.geometry], INK, 1.4)
    _scale_and_north(axes, rates.flat.bounds)
    bar = drawn.colorbar(drawing, cax=drawn.add_axes((0.845, 0.12, 0.025, 0.78)), extend="both")
    ticks = sorted({-rates.high, -rates.neutral, 0.0, rates.neutral, rates.high})
    bar.set_ticks(ticks, labels=[number(value) for value in ticks])
    bar.ax.tick_params(length=2, width=0.5)
    for text in bar.ax.get_yticklabels():
        text.set_fontproperties(font(7))
    bar.outline.set_linewidth(0.4)
    bar.ax.axhline(rates.neutral, color=INK, linewidth=0.6)
    bar.ax.axhline(-rates.neutral, color=INK, linewidth=0.6)
    bar.set_label(dossiers.legend("rate_axis"), fontproperties=font(6.5), color=INK)
    return png(drawn)


def overview_map(case: Case, edge_mm: float) -> bytes:
    """Where the patch lies in its area."""
    drawn = figure(edge_mm, edge_mm)
    axes = _axes(drawn.add_axes((0.0, 0.0, 1.0, 1.0)), case.wide)
    axes.set_facecolor("#eef1f3")
    axes.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
    if case.overview is not None:
        _show(axes, case.overview)
    _draw(axes, case, [zone for _name, zone in case.zones], ZONE, 0.9, dashed=True)
    _draw(axes, case, case.around, PERMIT if case.overview else "#7a7000", 0.6)
    _draw(axes, case, case.others, "#ffffff" if case.overview else QUIET, 0.6)
    _draw(axes, case, [case.geometry], PATCH, 1.0)
    west, south, east, north = case.frame
    width, least = case.wide.east - case.wide.west, (case.wide.east - case.wide.west) / 14
    grown = max(least - (east - west), 0) / 2
    if east - west < width / 2:
        box = (west - grown, south - grown), east - west + 2 * grown, north - south + 2 * grown
        axes.add_patch(Rectangle(*box, fill=False, edgecolor="white", linewidth=2.6, zorder=8))
        axes.add_patch(Rectangle(*box, fill=False, edgecolor=PATCH, linewidth=1.4, zorder=9))
    _scale_and_north(axes, case.wide)
    return png(drawn)


def _axes(axes: Axes, frame: Bounds) -> Axes:
    axes.set_xlim(frame.west, frame.east)
    axes.set_ylim(frame.south, frame.north)
    axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set(linewidth=0.5, color=QUIET)
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    plain = FuncFormatter(lambda value, _place: f"{value:.0f}")
    axes.xaxis.set_major_formatter(plain)
    axes.yaxis.set_major_formatter(plain)
    axes.tick_params(length=2, width=0.4, color=QUIET, labelcolor=QUIET, pad=1.5)
    for text in axes.get_xticklabels():
        text.set_fontproperties(font(5.5))
    for text in axes.get_yticklabels():
        text.set(fontproperties=font(5.5), rotation=90, va="center")
    return axes


def _show(axes: Axes, crop: Crop) -> None:
    opaque = np.where(crop.seen, 255, 0).astype(np.uint8)
    axes.imshow(np.dstack([crop.values, opaque]), extent=_extent(crop.bounds), interpolation="bilinear", zorder=0)


def _extent(bounds: Bounds) -> tuple[float, float, float, float]:
    return bounds.west, bounds.east, bounds.south, bounds.north


def _draw_permits(axes: Axes, case: Case) -> None:
    """The permits with their numbers, those concerned thicker."""
    concerned = {permit.number for permit in case.concerned}
    for thick, width in ((False, 0.7), (True, 1.3)):
        chosen = [permit.geometry for permit in case.permits if (permit.number in concerned) is thick]
        _draw(axes, case, chosen, PERMIT, width, casing=True)


def _draw_outside(axes: Axes, case: Case) -> None:
    for verdict in case.verdicts:
        for path in _paths(case, [verdict.outside]):
            axes.add_patch(
                PathPatch(path, facecolor="none", edgecolor=PATCH, hatch="/////", linewidth=0, zorder=5, alpha=0.9)
            )


def _draw(
    axes: Axes,
    case: Case,
    shapes: Iterable[BaseGeometry | None],
    colour: str,
    width: float,
    *,
    casing: bool = False,
    dashed: bool = False,
) -> None:
    """Boundaries; with a dark casing where they have to stand out from a picture."""
    for path in _paths(case, shapes):
        effects = [patheffects.withStroke(linewidth=width + 1.2, foreground=_CASING)] if casing else None
        axes.add_patch(
            PathPatch(
                path,
                facecolor="none",
                edgecolor=colour,
                linewidth=width,
                linestyle=(0, (4, 2)) if dashed else "solid",
                path_effects=effects,
                zorder=6,
            )
        )


def _paths(case: Case, shapes: Iterable[BaseGeometry | None]) -> list[Path]:
    there = Transformer.from_crs("EPSG:4326", case.crs, always_xy=True)
    paths = []
    for shape in shapes:
        if shape is None:
            continue
        fine = shapely.segmentize(shape, _FINE_DEGREES)
        moved = shapely.transform(fine, there.transform, interleaved=False)
        rings = [shapely.get_coordinates(ring) for ring in _rings(moved)]
        if rings:
            paths.append(Path.make_compound_path(*(Path(ring, closed=True) for ring in rings)))
    return paths


def _rings(shape: BaseGeometry) -> list[BaseGeometry]:
    return [
        ring
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]


def _scale_and_north(axes: Axes, frame: Bounds) -> None:
    """A bar of a round length at the lower left, and an arrow to the north at the upper right."""
    width = frame.east - frame.west
    length = _round_length(width / 4)
    x, y = frame.west + 0.05 * width, frame.south + 0.05 * width
    white = [patheffects.withStroke(linewidth=2.4, foreground="white")]
    axes.plot([x, x + length], [y, y], color=INK, linewidth=2, solid_capstyle="butt", path_effects=white, zorder=10)
    text = f"{number(length / 1000, 0 if length >= 1000 else 1)} km" if length >= 1000 else f"{number(length)} m"
    style: dict[str, Any] = {"color": INK, "path_effects": white, "zorder": 10}
    axes.text(x + length / 2, y + 0.015 * width, text, ha="center", va="bottom", fontproperties=font(6.5), **style)
    top, right = frame.north - 0.04 * width, frame.east - 0.06 * width
    axes.annotate(
        "",
        xy=(right, top),
        xytext=(right, top - 0.085 * width),
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1, "shrinkA": 0, "shrinkB": 0},
        zorder=10,
        path_effects=white,
    )
    axes.text(right, top - 0.095 * width, "N", ha="center", va="top", fontproperties=font(7), **style)


def _round_length(longest: float) -> float:
    """The greatest of 1, 2 and 5 times a power of ten that is no longer."""
    power = 10 ** math.floor(math.log10(longest))
    return float(next(step * power for step in (5, 2, 1) if step * power <= longest))
