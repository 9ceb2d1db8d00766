"""How every chart looks and behaves: its margin and tools, and its dates and tools in the reader's language."""

from typing import Any

import streamlit as st

from engine import wording
from engine.wording import gettext as _

MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}


def is_dark() -> bool:
    """Whether the chart stands on the dark theme's ground."""
    return st.context.theme.type == "dark"


def error_bars(margins: list[float]) -> dict[str, Any]:
    """What the error leaves open on both sides of a bar, in a line that is told from the theme's ground."""
    return {"array": margins, "thickness": 1.4, "width": 5, "color": "#d0d0d0" if is_dark() else "#444444"}


def chart_config(name: str) -> dict[str, Any]:
    """Plotly's settings of a chart; `name` is that of its file when it is saved."""
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
        "toImageButtonOptions": {"filename": f"pitwatch-{name}", "scale": 2},
        "locale": wording.language(),
        "locales": {wording.language(): {"format": _dates(), "dictionary": _tools()}},
    }


def month_format() -> str:
    """A month and its year, as D3 writes dates."""
    return _("%b %Y")


def _dates() -> dict[str, str]:
    """Of axes; Plotly takes what suits their length."""
    return {
        "year": _("%Y"),
        "month": month_format(),
        "dayMonth": _("%-d %b"),
        "dayMonthYear": _("%-d %b %Y"),
    }


def _tools() -> dict[str, str]:
    """What Plotly itself says, by its own words."""
    return {
        "Download plot as a PNG": _("Save the chart as a picture"),
        "Zoom": _("Zoom"),
        "Pan": _("Move"),
        "Zoom in": _("Zoom in"),
        "Zoom out": _("Zoom out"),
        "Reset axes": _("As at first"),
        "Double-click to zoom back out": _("Double-click to see all again"),
        "Double-click on legend to isolate one trace": _("Double-click a name to see it alone"),
        "Taking snapshot - this may take a few seconds": _("The picture is being made"),
        "Snapshot succeeded": _("The picture has been saved"),
    }
