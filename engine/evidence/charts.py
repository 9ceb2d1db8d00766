"""The chart of a patch's motion: its series with error bars, the fitted line, dates of images, validity of permits."""

import datetime

import numpy as np
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from engine.evidence.case import Case
from engine.evidence.drawing import CLUSTER, INK, QUIET, RULE, figure, font, png
from engine.wording import dossiers, number, rate, turn_name

_MARGIN_DAYS = 40.0
_MOST_BANDS = 3
_BANDS = ("#f3d9a4", "#cfe3d5", "#d9d3e8")


def series_chart(case: Case, width_mm: float, height_mm: float) -> bytes:
    """The series of a patch that has one, with its 95 % band."""
    assert case.motion is not None
    assert case.radar is not None
    motion = case.motion
    drawn = figure(width_mm, height_mm)
    axes = drawn.add_axes((0.075, 0.24, 0.915, 0.74))
    when = np.array([_days(day) for day in motion.dates])
    axes.set_xlim(when[0] - _MARGIN_DAYS, when[-1] + _MARGIN_DAYS)
    _validity(axes, case)
    t95 = float(case.radar["t95"])
    if motion.fitted_mm is not None and motion.fitted_error_mm is not None:
        grid, line, error = when, np.array(motion.fitted_mm), np.array(motion.fitted_error_mm)
        band, name = dossiers.legend("course_band"), dossiers.legend("course")
    else:
        grid = np.linspace(when[0] - _MARGIN_DAYS, when[-1] + _MARGIN_DAYS, 120)
        line, error = fitted_line(when, np.array(motion.displacement_mm), grid)
        band = dossiers.legend("band")
        name = dossiers.legend("line").format(rate=rate(motion.rate, t95 * motion.standard_error))
    axes.fill_between(grid, line - t95 * error, line + t95 * error, color=CLUSTER, alpha=0.18, linewidth=0, label=band)
    axes.plot(grid, line, color=CLUSTER, linewidth=1.2, label=name)
    _turn(axes, case)
    axes.errorbar(
        when,
        motion.displacement_mm,
        yerr=np.nan_to_num(np.array(motion.noise_mm)),
        fmt="o",
        color=INK,
        markersize=2.4,
        elinewidth=0.6,
        capsize=1.2,
        capthick=0.5,
        label=dossiers.legend("points").format(count=number(motion.pixels)),
    )
    axes.axhline(0, color=QUIET, linewidth=0.5)
    _image_dates(axes, case)
    _finish(axes)
    drawn.legend(loc="lower center", ncols=3, frameon=False, prop=font(6.8), handlelength=1.6, columnspacing=1.4)
    return png(drawn)


def fitted_line(
    days: NDArray[np.float64], values: NDArray[np.float64], grid: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least-squares line on `grid` and its standard error there; days in any unit, values in mm."""
    middle = days.mean()
    design, wanted = (np.vander(x - middle, 2, increasing=True) for x in (days, grid))
    parameters = np.linalg.lstsq(design, values, rcond=None)[0]
    freedom = max(len(values) - 2, 1)
    variance = float(((values - design @ parameters) ** 2).sum()) / freedom
    covariance = variance * np.linalg.inv(design.T @ design)
    spread: NDArray[np.float64] = np.sqrt(np.einsum("ij,jk,ik->i", wanted, covariance, wanted))
    return wanted @ parameters, spread


def _validity(axes: Axes, case: Case) -> None:
    """When the permits concerned are valid, shaded; an open end reaches to the edge of the chart."""
    first, last = axes.get_xlim()
    for permit, colour in zip(case.concerned[:_MOST_BANDS], _BANDS, strict=False):
        if permit.valid_from is None and permit.valid_to is None:
            continue
        begin = first if permit.valid_from is None else max(_days(permit.valid_from), first)
        end = last if permit.valid_to is None else min(_days(permit.valid_to) + 1, last)
        if begin < end:
            name = dossiers.legend("validity").format(permit=permit.number)
            axes.axvspan(begin, end, color=colour, alpha=0.55, linewidth=0, zorder=0, label=name)


def _turn(axes: Axes, case: Case) -> None:
    """When motion turned: the day, and its interval between two lines."""
    if case.motion is None or case.motion.turn is None or case.patch["turn"] is None:
        return
    day, first, last = (_days(one) for one in case.motion.turn)
    name = dossiers.legend("turn").format(turn=turn_name(case.patch["turn"]))
    axes.axvspan(first, last, facecolor="none", edgecolor=CLUSTER, hatch="///", linewidth=0.5, alpha=0.5, label=name)
    axes.axvline(day, color=CLUSTER, linewidth=0.9)


def _image_dates(axes: Axes, case: Case) -> None:
    first, last = axes.get_xlim()
    shown = [one for one in (_days(picture.date) for picture in case.pictures) if first <= one <= last]
    for place, at in enumerate(shown):
        name = dossiers.legend("image_date") if place == 0 else None
        axes.axvline(at, color="#444444", linewidth=0.8, linestyle=(0, (5, 2)), label=name, zorder=1)


def _days(day: datetime.date) -> float:
    """Where a day lies on the axis."""
    return float(dates.date2num(day))  # type: ignore[no-untyped-call]


def _finish(axes: Axes) -> None:
    for spine in axes.spines.values():
        spine.set(linewidth=0.5, color=QUIET)
    axes.grid(axis="y", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(dates.AutoDateLocator(minticks=3, maxticks=7))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(dates.DateFormatter("%Y-%m"))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _place: number(value, 0 if abs(value) >= 1 or value == 0 else 1))
    )
    axes.tick_params(length=2, width=0.4, color=QUIET, labelcolor=INK)
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set_fontproperties(font(7))
    axes.set_ylabel(dossiers.legend("displacement"), fontproperties=font(7), color=INK)
