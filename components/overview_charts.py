"""Charts of the overview: what began when, what grew, where it is, and what was suspected in each release."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from components import plain
from components.chart_settings import month_format
from components.charts import draw
from components.frame import release_label
from components.verdicts import verdict_badge
from engine import wording
from engine.wording import gettext as _
from store.patches import SUSPECTED
from store.reader import ReleaseReader
from store.rows import VerdictSum
from web.palette import CLASS_COLOURS, VERDICT_COLOURS, stops

_HECTARE = 1e4
_CELLS = 24  # along the frame's longer side


def onset_chart(reader: ReleaseReader) -> None:
    """Patches at which motion began, or coherence was lost, by month and class."""
    rows = reader.onsets()
    figure = go.Figure()
    for mine_class, colour in zip(sorted({row.mine_class for row in rows}), CLASS_COLOURS, strict=False):
        own = [row for row in rows if row.mine_class == mine_class]
        name = plain.plotly(wording.class_name(mine_class))
        figure.add_bar(
            x=[row.month for row in own],
            y=[row.patches for row in own],
            name=name,
            marker_color=colour,
            xperiod="M1",
            xperiodalignment="middle",
            hovertemplate="%{x|" + month_format() + "}: %{y}<extra>" + name + "</extra>",
        )
    figure.update_layout(barmode="stack", showlegend=True, legend=_ABOVE)
    figure.update_xaxes(showgrid=False, range=[reader.info.first_date, reader.info.last_date])
    most = max((sum(row.patches for row in rows if row.month == month) for month in {r.month for r in rows}), default=1)
    figure.update_yaxes(title=_("patches"), dtick=1 if most < 6 else None, rangemode="tozero")
    draw(figure, "onsets")


def growth_chart(reader: ReleaseReader) -> None:
    """Area gained between the first and the last image by class, with its range."""
    rows = reader.growth()
    names = [plain.plotly(wording.class_name(row.mine_class)) for row in rows]
    figure = go.Figure()
    figure.add_bar(
        y=names,
        x=[row.gained_m2 / _HECTARE for row in rows],
        error_x={"array": [row.margin_m2 / _HECTARE for row in rows], "thickness": 1.4, "width": 5},
        orientation="h",
        width=0.5,
        marker_color=["#0072B2" if row.gained_m2 >= 0 else "#E69F00" for row in rows],
        customdata=[wording.number(row.margin_m2 / _HECTARE, 1) for row in rows],
        hovertemplate="%{y}: %{x:+.1f} ± %{customdata} ha<extra></extra>",
    )
    figure.add_vline(x=0, line_width=1, line_color="rgba(128,128,128,0.7)")
    figure.update_xaxes(title=_("gained, ha (bars: what the boundaries' error leaves open)"))
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(showlegend=False)
    draw(figure, "growth")


def concentration_chart(reader: ReleaseReader) -> None:
    """Where patches lie, coloured by how many are suspected where permits are known, else by how many there are."""
    cells = reader.concentration(_CELLS)
    against = reader.has_register
    shown = [suspected if against else count for _lon, _lat, count, suspected in cells]
    info = reader.info
    figure = go.Figure()
    figure.add_scatter(
        x=[lon for lon, _lat, _count, _suspected in cells],
        y=[lat for _lon, lat, _count, _suspected in cells],
        mode="markers",
        marker={
            "symbol": "square",
            "size": 9,
            "color": shown,
            "colorscale": [[stop.place, stop.colour] for stop in stops("sequential", 1.0, None)],
            "cmin": 0,
            "cmax": max([1, *shown]),  # one end alone Plotly does not heed
            "colorbar": {
                "title": {"text": _("suspected") if against else _("patches"), "side": "right"},
                "thickness": 12,
                "dtick": 1 if max([1, *shown]) < 6 else None,
            },
        },
        customdata=[
            _("{count} patches, {suspected} suspected").format(count=count, suspected=suspected)
            for _lon, _lat, count, suspected in cells
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    degrees = {"ticksuffix": "°", "nticks": 4, "tickangle": 0, "showgrid": False, "zeroline": False}
    figure.update_xaxes(range=[info.west, info.east], constrain="domain", **degrees)
    middle = (info.south + info.north) / 2
    figure.update_yaxes(
        range=[info.south, info.north],
        scaleanchor="x",
        scaleratio=1 / math.cos(math.radians(middle)),
        constrain="domain",
        **degrees,
    )
    draw(figure, "concentration", height=300)


def history_chart(releases: Sequence[tuple[str, Sequence[VerdictSum]]]) -> None:
    """Suspected ground by kind in each release (its name, its sums), the oldest first."""
    figure = go.Figure()
    days = [release_label(name, newest="") for name, _sums in releases]
    for kind in (kind for kind in VERDICT_COLOURS if kind in SUSPECTED):
        values = [
            sum(row.likely_m2 for row in sums if row.kind == kind and row.certainty == "certain") / _HECTARE
            for _name, sums in releases
        ]
        if not any(values):
            continue
        name = verdict_badge(kind)
        figure.add_bar(
            x=days,
            y=values,
            name=name,
            width=0.5,
            marker={"color": VERDICT_COLOURS[kind], "pattern": {"shape": _PATTERNS.get(kind, "")}},
            hovertemplate="%{x}: %{y:.2f} ha<extra>" + name + "</extra>",
        )
    figure.update_layout(barmode="stack", showlegend=True, legend=_ABOVE)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(title=_("ground, ha"), rangemode="tozero")
    draw(figure, "history", height=320)


_ABOVE = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "traceorder": "normal", "font": {"size": 11}}
# Kinds that share a colour are told apart by their pattern, in print too.
_PATTERNS = {
    "prohibited_zone": "x",
    "after_expiry": "/",
    "before_start": "\\",
    "other_mineral": ".",
    "exploration_only": "+",
    "not_reclaimed": "-",
}
