"""Charts of the overview: what began when, what grew, where it is, and what was suspected in each release.

Each opens the lists of what it counts.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import plotly.graph_objects as go

from components import plain
from components.chart_settings import error_bars, is_dark, month_format
from components.frame import release_label
from components.linked_charts import Part, linked_chart
from components.verdicts import verdict_badge
from engine import wording
from engine.wording import gettext as _
from engine.wording import ngettext
from store.cases import State
from store.patches import SUSPECTED, PatchFilter
from store.reader import ReleaseReader
from store.summaries import Cell
from web.palette import CLASS_COLOURS, CLASS_PATTERNS, VERDICT_COLOURS, stops

_HECTARE = 1e4
_CELLS = 24  # along the frame's longer side


def onset_chart(reader: ReleaseReader) -> None:
    """Patches at which motion began, or coherence was lost, by month and class."""
    rows = reader.onsets()
    figure = go.Figure()
    parts = []
    looks = zip(CLASS_COLOURS, CLASS_PATTERNS, strict=True)
    for mine_class, (colour, pattern) in zip(sorted({row.mine_class for row in rows}), looks, strict=False):
        own = [row for row in rows if row.mine_class == mine_class]
        name = plain.plotly(wording.class_name(mine_class))
        figure.add_bar(
            x=[row.month for row in own],
            y=[row.patches for row in own],
            name=name,
            marker={"color": colour, "pattern": {"shape": pattern}},
            xperiod="M1",
            xperiodalignment="middle",
            hovertemplate="%{x|" + month_format() + "}: %{y}<extra>" + name + "</extra>",
        )
        parts.append(
            [
                Part(
                    (wording.month(row.month), wording.class_name(mine_class), row.patches),
                    PatchFilter(classes=(mine_class,), began=row.month),
                )
                for row in own
            ]
        )
    figure.update_layout(barmode="stack", showlegend=True, legend=_ABOVE)
    figure.update_xaxes(showgrid=False, range=[reader.info.first_date, reader.info.last_date])
    most = max((sum(row.patches for row in rows if row.month == month) for month in {r.month for r in rows}), default=1)
    figure.update_yaxes(title=_("patches"), dtick=1 if most < 6 else None, rangemode="tozero")
    linked_chart(figure, "onsets", parts, (_("month"), _("class"), _("patches")))


def growth_chart(reader: ReleaseReader) -> None:
    """Area gained between the first and the last image by class, with its range."""
    rows = reader.growth()
    names = [plain.plotly(wording.class_name(row.mine_class)) for row in rows]
    figure = go.Figure()
    figure.add_bar(
        y=names,
        x=[row.gained_m2 / _HECTARE for row in rows],
        error_x=error_bars([row.margin_m2 / _HECTARE for row in rows]),
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
    areas = _("first image"), _("last image"), _("gained"), "±"
    parts = [
        Part(
            (wording.class_name(row.mine_class), row.before_m2, row.after_m2, row.gained_m2, row.margin_m2),
            PatchFilter(classes=(row.mine_class,)),
        )
        for row in rows
    ]
    linked_chart(figure, "growth", [parts], (_("class"), *areas), areas=areas)


def concentration_chart(reader: ReleaseReader, height: int = 300) -> None:
    """Where patches lie, coloured by how many are suspected where permits are known, else by how many there are."""
    cells = reader.concentration(_CELLS)
    against = reader.has_register
    shown = [cell.suspected if against else cell.patches for cell in cells]
    info = reader.info
    # The most stands out from the ground on either theme; the line round each square keeps the least from fading.
    scale = [[stop.place, stop.colour] for stop in stops("sequential", 1.0, None)]
    figure = go.Figure()
    figure.add_scatter(
        x=[(cell.west + cell.east) / 2 for cell in cells],
        y=[(cell.south + cell.north) / 2 for cell in cells],
        mode="markers",
        marker={
            "symbol": "square",
            "size": 10,
            "line": {"width": 1, "color": "#808080"},
            "color": shown,
            "colorscale": scale,
            "reversescale": not is_dark(),
            "cmin": 0,
            "cmax": max([1, *shown]),  # one end alone Plotly does not heed
            "colorbar": {
                "title": {"text": _("suspected") if against else _("patches"), "side": "right"},
                "thickness": 12,
                "dtick": 1 if max([1, *shown]) < 6 else None,
            },
        },
        customdata=[_in_a_square(cell, against=against) for cell in cells],
        hovertemplate="%{customdata}<extra></extra>",
    )
    # A given outline may reach out of the frame, and have its middle there.
    west, east = min([info.west, *(cell.west for cell in cells)]), max([info.east, *(cell.east for cell in cells)])
    south, north = (
        min([info.south, *(cell.south for cell in cells)]),
        max([info.north, *(cell.north for cell in cells)]),
    )
    degrees = {"ticksuffix": "°", "nticks": 3, "tickangle": 0, "showgrid": False, "zeroline": False}
    figure.update_xaxes(range=[west, east], constrain="domain", **degrees)
    middle = (south + north) / 2
    figure.update_yaxes(
        range=[south, north],
        scaleanchor="x",
        scaleratio=1 / math.cos(math.radians(middle)),
        constrain="domain",
        **degrees,
    )
    columns = _("middle of the square"), _("patches"), _("suspected")
    wanted = 3 if against else 2
    parts = [_square(cell, wanted) for cell in cells]
    linked_chart(figure, "concentration", [parts], columns[:wanted], height=height)


def _square(cell: Cell, cells: int) -> Part:
    middle = wording.place((cell.west + cell.east) / 2, (cell.south + cell.north) / 2)
    within = (cell.west, cell.south, cell.east, cell.north)
    return Part((middle, cell.patches, cell.suspected)[:cells], PatchFilter(within=within))


def _in_a_square(cell: Cell, *, against: bool) -> str:
    if against:
        return _("{count} patches, {suspected} suspected").format(count=cell.patches, suspected=cell.suspected)
    return ngettext("{count} patch", "{count} patches", cell.patches).format(count=cell.patches)


def history_chart(releases: Sequence[ReleaseReader], states: Mapping[str, str]) -> None:
    """Suspected ground by kind in each release, the oldest first, and beside it what of it people have confirmed.

    releases : the one that the page shows is the last. states : of the area's cases, by patch; they are as of today,
    for cases go on without releases.
    """
    suspected = PatchFilter(suspected="certain")
    bars = [
        (reader, certainty, chosen, reader.suspected_ground(chosen.of_cases(states)))
        for reader in releases
        for certainty, chosen in (
            (_("suspected"), suspected),
            (_("confirmed"), replace(suspected, case=str(State.CONFIRMED))),
        )
    ]
    figure = go.Figure()
    parts = []
    days = [release_label(reader.info.id, newest="") for reader, *_rest in bars]
    whose = [certainty for _reader, certainty, *_rest in bars]
    for kind in (kind for kind in VERDICT_COLOURS if kind in SUSPECTED):
        values = [sums.get(kind, 0.0) for *_rest, sums in bars]
        if not any(values):
            continue
        name = verdict_badge(kind)
        parts.append(
            [
                Part(
                    (day, certainty, name, value),
                    replace(chosen, verdicts=(f"{kind}:certain",)),
                    None if reader is releases[-1] else reader.info.id,
                )
                for day, value, (reader, certainty, chosen, _sums) in zip(days, values, bars, strict=True)
            ]
        )
        figure.add_bar(
            x=[days, whose],
            y=[value / _HECTARE for value in values],
            name=name,
            width=0.6,
            marker={"color": VERDICT_COLOURS[kind], "pattern": {"shape": _PATTERNS.get(kind, "")}},
            customdata=[[*each, wording.ground(value)] for *each, value in zip(days, whose, values, strict=True)],
            hovertemplate="%{customdata[0]}, %{customdata[1]}: %{customdata[2]}<extra>" + name + "</extra>",
        )
    figure.update_layout(barmode="stack", showlegend=True, legend=_ABOVE)
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(title=_("ground, ha"), rangemode="tozero")
    ground = _("ground")
    linked_chart(
        figure, "history", parts, (_("Release"), _("state"), _("verdict"), ground), areas=(ground,), height=320
    )


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
