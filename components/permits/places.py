"""Where a file's permits would lie in each coordinate reference system that its numbers allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from engine.wording import gettext as _
from store.reader import ReleaseReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.permits.cadastre import CrsGuess

Bounds = tuple[float, float, float, float]


def places_chart(reader: ReleaseReader, guesses: Sequence[CrsGuess]) -> None:
    """Frames of the guesses round the frame of the area, in degrees."""
    info = reader.info
    figure = go.Figure()
    for guess in guesses:
        figure.add_trace(_frame(guess.bounds, guess.crs, "#7f7f7f", 1.5))
    figure.add_trace(_frame((info.west, info.south, info.east, info.north), _("this area"), "#D55E00", 3))
    figure.update_layout(
        height=320,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        showlegend=False,
        xaxis={"title": _("longitude"), "ticksuffix": "°"},
        yaxis={"title": _("latitude"), "ticksuffix": "°", "scaleanchor": "x"},
    )
    st.plotly_chart(figure, config={"displayModeBar": False})


def _frame(bounds: Bounds, name: str, colour: str, width: float) -> go.Scatter:
    west, south, east, north = bounds
    return go.Scatter(
        x=[west, east, east, west, west],
        y=[south, south, north, north, south],
        mode="lines+text",
        text=[name, "", "", "", ""],
        textposition="bottom left",
        line={"color": colour, "width": width},
        hoverinfo="name",
        name=name,
    )
