"""Charts of the overview and quality pages."""

from collections import Counter
from datetime import date

import plotly.graph_objects as go
import streamlit as st

from components import plain
from components.chart_settings import MARGIN, chart_config, error_bars
from components.linked_charts import Part, linked_chart
from components.patch_card import activity_badge, change_badge
from engine import wording
from engine.wording import gettext as _
from store.patches import PatchFilter
from store.reader import ReleaseReader
from store.rows import Interferogram, Radar
from web.palette import ACTIVITY_COLOURS, CHANGE_COLOURS, lookup_table, stops

_GREY = "rgba(128,128,128,0.35)"


def activity_chart(reader: ReleaseReader) -> None:
    """Number of patches by class and activity."""
    counts = Counter(reader.cross_counts("activity"))
    names = {code: activity_badge(code) for code in ACTIVITY_COLOURS}
    _stack_by_class(counts, ACTIVITY_COLOURS, names, "activities", "activity")


def change_chart(reader: ReleaseReader, key: str = "change") -> None:
    """Number of patches by class and change."""
    counts = Counter(reader.cross_counts("change"))
    names = {code: change_badge(code) for code in CHANGE_COLOURS}
    _stack_by_class(counts, CHANGE_COLOURS, names, "changes", key)


def _stack_by_class(
    counts: Counter[tuple[str, str]], colours: dict[str, str], names: dict[str, str], field: str, key: str
) -> None:
    """One bar a class, `counts` by class and code. field : of the filter that asks for the code."""
    classes = sorted({mine_class for mine_class, _code in counts})
    figure = go.Figure()
    parts = []
    for code, colour in colours.items():
        values = [counts[mine_class, code] for mine_class in classes]
        if not any(values):
            continue
        parts.append(
            [
                Part(
                    (wording.class_name(mine_class), names[code], counts[mine_class, code]),
                    PatchFilter(classes=(mine_class,), **{field: (code,)}),  # type: ignore[arg-type]
                )
                for mine_class in classes
            ]
        )
        figure.add_bar(
            y=[plain.plotly(wording.class_name(mine_class)) for mine_class in classes],
            x=values,
            orientation="h",
            name=names[code],
            width=0.5,
            marker_color=colour,
            text=[value or "" for value in values],
            textangle=0,
            hovertemplate="%{y}: %{x}<extra>" + names[code] + "</extra>",
        )
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        # Its foot stands on the plot: however many lines it takes, no bar lies under it.
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "traceorder": "normal"},
    )
    figure.update_xaxes(title=_("patches"), dtick=1 if counts.total() < 10 else None, showgrid=False)
    rows = max(len(classes), 2)
    figure.update_yaxes(range=[-0.7, rows - 0.3])
    what = _("Activity") if field == "activities" else _("Change")
    linked_chart(figure, key, parts, (_("class"), what, _("patches")), height=190 + 30 * rows)


def area_chart(reader: ReleaseReader, key: str = "areas") -> None:
    """Area by class on the date of each image, with what the boundary's error makes of it."""
    days = [image.date for image in reader.images]
    sums = reader.areas_by_class()
    classes = sorted({mine_class for mine_class, _day in sums})
    figure = go.Figure()
    for mine_class in classes:
        rows = [sums.get((mine_class, day), (0.0, 0.0)) for day in days]
        name = plain.plotly(wording.class_name(mine_class))
        figure.add_bar(
            x=[wording.day(day) for day in days],
            y=[area / 1e4 for area, _margin in rows],
            error_y=error_bars([margin / 1e4 for _area, margin in rows]),
            name=name,
            width=0.4 / len(classes),
            customdata=[[wording.hectares_with_margin(*row)] for row in rows],
            hovertemplate="%{x}: %{customdata[0]}<extra>" + name + "</extra>",
        )
    figure.update_layout(barmode="group", showlegend=len(classes) > 1)
    figure.update_yaxes(title=_("area, ha"), rangemode="tozero")
    figure.update_xaxes(type="category", showgrid=False)
    draw(figure, key)


def rate_histogram(reader: ReleaseReader, radar: Radar) -> None:
    """Area of the frame by rate, the neutral band marked, in the colours of the map."""
    rows = reader.rate_histogram()
    layer = reader.layers["rate"]
    low, high = layer.low or -1.0, layer.high or 1.0
    scale = stops(layer.palette, high, layer.neutral)
    threshold = radar.threshold
    figure = go.Figure()
    figure.add_bar(
        x=[row.middle for row in rows],
        y=[row.area_m2 / 1e4 for row in rows],
        marker={
            "color": [row.middle for row in rows],
            "cmin": low,
            "cmax": high,
            "colorscale": [[stop.place, stop.colour] for stop in scale],
            "line": {"width": 0.5, "color": _GREY},
        },
        customdata=[[wording.number(row.low), wording.number(row.high), wording.hectares(row.area_m2)] for row in rows],
        hovertemplate=_("%{customdata[0]} to %{customdata[1]} mm/yr: %{customdata[2]}") + "<extra></extra>",
    )
    figure.add_vrect(x0=-threshold, x1=threshold, fillcolor=_GREY, opacity=0.25, line_width=0, layer="below")
    figure.update_layout(bargap=0.02, showlegend=False)
    figure.update_xaxes(title=_("rate, mm/yr (grey: no motion)"), showgrid=False)
    figure.update_yaxes(title=_("area, ha (log scale)"), type="log", dtick=1)
    draw(figure, "rates")


def frame_chart(reader: ReleaseReader) -> None:
    """Share of the frame by state of its pixels."""
    rows = reader.state_shares()
    figure = go.Figure()
    figure.add_bar(
        y=[wording.state_name(code) for code in rows],
        x=[100 * share for share in rows.values()],
        orientation="h",
        marker_color=["#4c78a8" if code == "solved" else "#9a9a9a" for code in rows],
        text=[_("{share} %").format(share=wording.number(100 * share, 1)) for share in rows.values()],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure.update_layout(showlegend=False, bargap=0.35)
    figure.update_xaxes(title=_("share of the frame, %"), range=[0, 130], showgrid=False)
    figure.update_yaxes(autorange="reversed")
    draw(figure, "frame")


def network_chart(reader: ReleaseReader) -> None:
    """Interferograms as lines between their dates, by perpendicular baseline and coloured by mean coherence, or by how
    much of the frame has phase; those that are not used are dotted. Without baselines each has a row of its own."""
    pairs = reader.interferograms()
    known = all(pair.first_baseline_m is not None for pair in pairs)
    coherent = all(pair.coherence is not None for pair in pairs)
    figure = go.Figure()
    values = [pair.coherence if coherent else pair.valid_share for pair in pairs]
    shown = [value or 0.0 for value in values]
    low, high = min(shown), max(max(shown), min(shown) + 0.01)
    bins = [_shade((value - low) / (high - low)) for value in shown]
    rows = [(pair.first_baseline_m, pair.second_baseline_m) if known else (row, row) for row, pair in enumerate(pairs)]
    for used, colour in sorted(
        {(pair.used, shade if pair.used else _GREY) for pair, shade in zip(pairs, bins, strict=True)}
    ):
        x: list[date | None] = []
        y: list[float | None] = []
        for pair, shade, ends in zip(pairs, bins, rows, strict=True):
            if (pair.used, shade if pair.used else _GREY) == (used, colour):
                x += [pair.first_date, pair.second_date, None]
                y += [*ends, None]
        width, dash = (1.5 if known else 4.0), ("solid" if used else "dot")
        line = {"color": colour, "width": width, "dash": dash}
        figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False)
    # What is read at a line is said at its middle, which can be met with the pointer.
    figure.add_scatter(
        x=[pair.first_date + (pair.second_date - pair.first_date) / 2 for pair in pairs],
        y=[((ends[0] or 0.0) + (ends[1] or 0.0)) / 2 for ends in rows],
        mode="markers",
        marker={
            "size": 8,
            "opacity": 0.0,
            "color": shown,
            "cmin": low,
            "cmax": high,
            "colorscale": [[stop.place, stop.colour] for stop in stops("sequential", 1.0, None)],
            "showscale": True,
            "colorbar": {
                "title": {"text": _("mean coherence") if coherent else _("phase in the frame"), "side": "right"},
                "thickness": 12,
            },
        },
        customdata=[_pair_words(pair) for pair in pairs],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
    )
    nodes = {
        end: row
        for pair, ends in zip(pairs, rows, strict=True)
        for end, row in zip((pair.first_date, pair.second_date), ends, strict=True)
    }
    if known:
        days = sorted(nodes)
        figure.add_scatter(
            x=days,
            y=[nodes[day] for day in days],
            mode="markers",
            marker={"size": 6, "color": "#4c78a8", "line": {"width": 1, "color": "white"}},
            customdata=[[wording.day(day), wording.number(nodes[day] or 0.0)] for day in days],
            hovertemplate="%{customdata[0]}: %{customdata[1]} m<extra></extra>",
            showlegend=False,
        )
        figure.update_yaxes(title=_("perpendicular baseline, m"))
    else:
        figure.update_yaxes(visible=False, autorange="reversed")
    figure.update_xaxes(showgrid=False)
    draw(figure, "network", height=420 if known else min(900, max(260, 16 * len(pairs) + 60)))


def _shade(share: float) -> str:
    """One of a dozen colours of the sequential scale, as few lines can be told apart by more."""
    table = lookup_table("sequential", 1.0, None)
    red, green, blue = table[round(255 * round(11 * share) / 11)]
    return f"rgb({red},{green},{blue})"


def _pair_words(pair: Interferogram) -> str:
    said = _("{first} – {second}: {days} days, phase in {share} of the frame").format(
        first=wording.day(pair.first_date),
        second=wording.day(pair.second_date),
        days=pair.days,
        share=wording.percent(pair.valid_share),
    )
    if pair.coherence is not None:
        said += " · " + _("coherence {value}").format(value=wording.number(pair.coherence, 2))
    return said if pair.used else said + " · " + _("not used")


def noise_chart(reader: ReleaseReader) -> None:
    """Noise of each acquisition."""
    rows = reader.acquisitions()
    figure = go.Figure()
    figure.add_bar(
        x=[row.date for row in rows],
        y=[row.noise_mm for row in rows],
        marker_color="#4c78a8",
        customdata=[[wording.day(row.date), wording.number(row.noise_mm or 0.0, 1)] for row in rows],
        hovertemplate="%{customdata[0]}: %{customdata[1]} mm<extra></extra>",
    )
    figure.update_yaxes(title=_("1 σ, mm"))
    figure.update_xaxes(showgrid=False)
    draw(figure, "noise", height=260)


def draw(figure: go.Figure, name: str, height: int = 250) -> None:
    """Put a chart on the page; `name` is that of its file when it is saved."""
    figure.update_layout(height=height, margin=MARGIN)
    st.plotly_chart(figure, key=f"chart-{name}", config=chart_config(name))
