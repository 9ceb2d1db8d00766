"""How every chart behaves: its tools, and its dates and tools in the reader's language."""

from typing import Any

from engine import wording
from engine.wording import gettext as _


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
