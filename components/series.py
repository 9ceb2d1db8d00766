"""The series chart: displacement over time with its uncertainty, the fitted course, and what it is held against."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from components import plain
from components.chart_settings import chart_config
from engine import wording
from engine.wording import gettext as _
from store.rows import PatchSeries, Permit, Series
from web.palette import ACTIVITY_COLOURS

_MARGIN_DAYS = 20
# Behind the points: the permits that are shown, at most so many.
_VALID = ("#E69F00", "#56B4E9", "#CC79A7")


@dataclass(frozen=True)
class Marks:
    """What goes with a series. images : their dates. permits : whose validity is shaded. turn : what happened on the
    day that the series dates, in words. lost : first and last day of spans within which coherence went or came back.
    activity : of the patch, whose colour is taken; that of its rate without."""

    images: Sequence[date] = ()
    permits: Sequence[Permit] = ()
    turn: str = ""
    lost: Sequence[tuple[date, date]] = ()
    activity: str = ""


def series_chart(
    series: Series, *, name: str, threshold: float, t95: float, key: str, marks: Marks | None = None
) -> None:
    """Draw points with error bars (1 σ of each date's noise), the fitted course or line with its 95 % band, the day on
    which motion turned with its interval, dates of images, and when permits were valid."""
    figure = series_figure(series, name=name, threshold=threshold, t95=t95, marks=marks or Marks())
    st.plotly_chart(figure, key=key, config=chart_config(key))


def _millimetres(value: float) -> str:
    """As `wording.number` has it, of numbers that need no grouping, and of which a chart has hundreds."""
    return f"{value:.1f}".replace("-", "−")


class _Line(NamedTuple):
    """What is drawn through the points, and its standard error."""

    when: list[datetime]
    values: NDArray[np.float64]
    error: NDArray[np.float64]


def series_figure(series: Series, *, name: str, threshold: float, t95: float, marks: Marks) -> go.Figure:
    """`threshold` (mm/yr) decides the colour; `t95` is the factor from standard errors to 95 % intervals."""
    days = np.array([(day - series.dates[0]).days for day in series.dates], float)
    grid = np.linspace(-_MARGIN_DAYS, days[-1] + _MARGIN_DAYS, 80)
    line, error = _fit(days, np.array(series.displacement), grid)
    start = datetime.combine(series.dates[0], time())
    drawn = _Line([start + timedelta(days=float(day)) for day in grid], line, error)
    ends = drawn.when[0], drawn.when[-1]
    slope = (line[-1] - line[0]) / (grid[-1] - grid[0]) * 365.25
    by_rate = "no_change" if abs(slope) <= threshold else "negative" if slope < 0 else "positive"
    colour = ACTIVITY_COLOURS[marks.activity or by_rate]
    words = _("line"), _("95 % band of the line")
    if isinstance(series, PatchSeries) and series.fitted is not None and series.fitted_error is not None:
        seen = [datetime.combine(day, time()) for day in series.dates]
        drawn = _Line(seen, np.array(series.fitted), np.array(series.fitted_error))
        words = _("course"), _("95 % band of the course")

    # Put together once: added one by one, each piece would be looked through anew, with all before it; and from arrays,
    # for of lists every number is.
    when = np.array(drawn.when, "datetime64[s]")
    shapes = _marks(marks, ends)
    band = t95 * drawn.error
    band_trace = {
        "type": "scatter",
        "x": np.concatenate([when, when[::-1]]),
        "y": np.concatenate([drawn.values + band, (drawn.values - band)[::-1]]),
        "fill": "toself",
        "fillcolor": colour,
        "opacity": 0.18,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "name": words[1],
    }
    line_trace = {
        "type": "scatter",
        "x": when,
        "y": drawn.values,
        "mode": "lines",
        "line": {"color": colour, "width": 2},
        "hoverinfo": "skip",
        "name": words[0],
    }
    if isinstance(series, PatchSeries) and series.turn is not None and marks.turn:
        shapes += _turn(series.turn, marks.turn, colour)
    for number, (first, last) in enumerate(marks.lost):
        name = _("coherence lost, or back: within (95 %)")
        shapes.append(_span(first, last, name, ACTIVITY_COLOURS["decorrelated"], named=number == 0))
    shapes.append(
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": 0,
            "y1": 0,
            "line": {"width": 1, "color": "rgba(128,128,128,0.6)"},
        }
    )
    noise = [0.0 if math.isnan(value) else value for value in series.noise]
    point_trace = {
        "type": "scatter",
        "x": np.array(series.dates, "datetime64[s]"),
        "y": np.array(series.displacement),
        "mode": "markers",
        "marker": {"color": colour, "size": 6, "line": {"width": 1, "color": "rgba(255,255,255,0.8)"}},
        "error_y": {"array": np.array(noise), "thickness": 1.2, "width": 3, "color": colour},
        "customdata": [
            [wording.day(day), _millimetres(value), _millimetres(sigma)]
            for day, value, sigma in zip(series.dates, series.displacement, noise, strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]} ± %{customdata[2]} mm<extra></extra>",
        "name": _("{name} (± 1 σ)").format(name=name),
    }
    layout = {
        "height": 320,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "legend": {"orientation": "h", "yanchor": "top", "y": -0.14, "x": 0, "font": {"size": 11}},
        "hovermode": "closest",
        "showlegend": True,
        "shapes": shapes,
        "yaxis": {"title": {"text": _("towards satellite, mm"), "standoff": 4}, "zeroline": False, "nticks": 6},
        "xaxis": {"nticks": 4, "tickangle": 0, "range": list(ends), "showgrid": False},
    }
    return go.Figure([band_trace, line_trace, point_trace], layout)


Shape = dict[str, Any]


def _marks(marks: Marks, ends: tuple[datetime, datetime]) -> list[Shape]:
    """Validity of permits, open ends to the edges of the chart, and dates of images."""
    shapes = []
    for permit, colour in zip(marks.permits, _VALID, strict=False):
        if permit.valid_from is None and permit.valid_to is None:
            continue
        first = ends[0] if permit.valid_from is None else datetime.combine(permit.valid_from, time())
        last = ends[1] if permit.valid_to is None else datetime.combine(permit.valid_to, time()) + timedelta(days=1)
        first, last = max(first, ends[0]), min(last, ends[1])
        if first >= last:
            continue
        name = _("permit {permit} valid").format(permit=plain.plotly(permit.number))
        shapes.append(_span(first, last, name, colour, opacity=0.3, edge=0))
    for number, day in enumerate(one for one in marks.images if ends[0].date() <= one <= ends[1].date()):
        line = {"color": "rgba(128,128,128,0.9)", "width": 1.2, "dash": "dash"}
        shapes.append(
            _upright(day, line) | {"layer": "below", "showlegend": number == 0, "name": _("date of an image")}
        )
    return shapes


def _upright(day: date, line: dict[str, Any]) -> Shape:
    return {"type": "line", "x0": day, "x1": day, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _turn(turn: tuple[date, date, date], words: str, colour: str) -> list[Shape]:
    """The day on which motion turned, and its 95 % interval."""
    day, first, last = turn
    interval = _span(first, last, _("{what}: within (95 %)").format(what=words), colour)
    return [interval, _upright(day, {"color": colour, "width": 1.5})]


def _span(
    first: date, last: date, name: str, colour: str, *, named: bool = True, opacity: float = 0.22, edge: int = 1
) -> Shape:
    return {
        "type": "rect",
        "x0": first,
        "x1": last,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "fillcolor": colour,
        "opacity": opacity,
        "line": {"color": colour, "width": edge, "dash": "dot"},
        "layer": "below",
        "showlegend": named,
        "name": name,
    }


def series_csv(series: Series) -> str:
    """The series as a table: date, displacement_mm, noise_mm, and of patches the still ground and the fitted course."""
    columns: dict[str, Sequence[float]] = {"displacement_mm": series.displacement, "noise_mm": series.noise}
    if isinstance(series, PatchSeries):
        more = {"still_ground_mm": series.still, "fitted_mm": series.fitted, "fitted_error_mm": series.fitted_error}
        columns |= {name: values for name, values in more.items() if values is not None}
    lines = [",".join(["date", *columns])]
    lines += [
        ",".join([str(day), *(f"{value:.3f}" for value in values)])
        for day, *values in zip(series.dates, *columns.values(), strict=True)
    ]
    return "\n".join(lines) + "\n"


def _fit(
    days: NDArray[np.float64], values: NDArray[np.float64], grid: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least-squares line on `grid` and its standard error there."""
    design, wanted = (np.vander(x, 2, increasing=True) for x in (days, grid))
    parameters = np.linalg.lstsq(design, values, rcond=None)[0]
    freedom = len(values) - 2
    variance = float(((values - design @ parameters) ** 2).sum()) / freedom
    covariance = variance * np.linalg.inv(design.T @ design)
    spread: NDArray[np.float64] = np.sqrt(np.einsum("ij,jk,ik->i", wanted, covariance, wanted))
    return wanted @ parameters, spread
