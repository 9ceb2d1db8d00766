"""The series chart: displacement over time with its uncertainty and the fitted line."""

import math
from datetime import datetime, time, timedelta

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from engine import wording
from engine.wording import gettext as _
from store.rows import Series
from web.palette import ACTIVITY_COLOURS

_MARGIN_DAYS = 20


def series_chart(series: Series, *, name: str, threshold: float, t95: float, key: str) -> None:
    """Draw points with error bars (1 σ of each date's noise), the line, its 95 % band, and what counts as no motion."""
    figure = series_figure(series, name=name, threshold=threshold, t95=t95)
    st.plotly_chart(
        figure,
        key=key,
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
            "toImageButtonOptions": {"filename": f"pitwatch-{key}", "scale": 2},
        },
    )


def series_figure(series: Series, *, name: str, threshold: float, t95: float) -> go.Figure:
    """`threshold` (mm/yr) decides the colour; `t95` is the factor from standard errors to 95 % intervals."""
    days = np.array([(day - series.dates[0]).days for day in series.dates], float)
    grid = np.linspace(-_MARGIN_DAYS, days[-1] + _MARGIN_DAYS, 80)
    line, error = _fit(days, np.array(series.displacement), grid)
    band = t95 * error
    when = [datetime.combine(series.dates[0], time()) + timedelta(days=float(day)) for day in grid]
    slope = (line[-1] - line[0]) / (grid[-1] - grid[0]) * 365.25
    colour = ACTIVITY_COLOURS["no_change" if abs(slope) <= threshold else "negative" if slope < 0 else "positive"]

    figure = go.Figure()
    figure.add_scatter(
        x=[*when, *when[::-1]],
        y=[*(line + band), *(line - band)[::-1]],
        fill="toself",
        fillcolor=colour,
        opacity=0.18,
        line_width=0,
        hoverinfo="skip",
        name=_("95 % band of the line"),
    )
    figure.add_scatter(
        x=when,
        y=line,
        mode="lines",
        line={"color": colour, "width": 2},
        hoverinfo="skip",
        name=_("line"),
    )
    noise = [0.0 if math.isnan(value) else value for value in series.noise]
    figure.add_scatter(
        x=list(series.dates),
        y=list(series.displacement),
        mode="markers",
        marker={"color": colour, "size": 7, "line": {"width": 1, "color": "rgba(255,255,255,0.8)"}},
        error_y={"array": noise, "thickness": 1.2, "width": 3, "color": colour},
        customdata=[
            [wording.day(day), wording.number(value, 1), wording.number(sigma, 1)]
            for day, value, sigma in zip(series.dates, series.displacement, noise, strict=True)
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]} ± %{customdata[2]} mm<extra></extra>",
        name=_("{name} (± 1 σ)").format(name=name),
    )
    figure.add_hline(y=0, line_width=1, line_color="rgba(128,128,128,0.6)")
    figure.update_layout(
        height=290,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": -0.16, "x": 0, "font": {"size": 11}},
        hovermode="closest",
        showlegend=True,
    )
    figure.update_yaxes(title={"text": _("towards satellite, mm"), "standoff": 4}, zeroline=False, nticks=6)
    figure.update_xaxes(tickformat="%b %Y", nticks=4, tickangle=0, range=[when[0], when[-1]], showgrid=False)
    return figure


def series_csv(series: Series) -> str:
    """The series as a table: date, displacement_mm, noise_mm."""
    rows = zip(series.dates, series.displacement, series.noise, strict=True)
    return "date,displacement_mm,noise_mm\n" + "".join(f"{day},{value:.3f},{sigma:.3f}\n" for day, value, sigma in rows)


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
