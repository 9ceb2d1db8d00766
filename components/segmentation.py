"""How objects were made and kept: what tuning found for shape, compactness and scale, and total-area control."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from components import plain
from components.charts import draw
from engine import wording
from engine.wording import gettext as _
from store.home import Home
from store.reader import ReleaseReader
from store.rows import Step
from store.tunings import Curve, Tuning, read_tunings
from web.palette import stops

_LINE, _CHOSEN, _IN_USE = "#4c78a8", "#D55E00", "#7F7F7F"
_IN_USE_CELL = "#56B4E9"  # told from all cells, and on the page
_HALF = 0.05  # half a cell of the grid of pairs


def segmentation_report(reader: ReleaseReader) -> None:
    """One tuning at a time; where none has been made, how to make one. Then total-area control."""
    used = _in_use(reader.steps())
    tunings = read_tunings(Home.default(), reader.info.area)
    if tunings:
        _tuning(tunings, used)
    else:
        st.info(
            _(
                "Objects are made by shape, compactness and scale. Which of these suit the labels of an area is found "
                "by tuning, which has not been done here. Where there are labels, with the folder of the area as AREA:"
            )
            + " `python -m engine tune AREA`"
        )
    if reader.extraction is not None:
        st.subheader(_("Total-area control"), anchor=False)
        _control(reader.report("refinement"), reader.extraction.least_share)


def _in_use(steps: Sequence[Step]) -> dict[str, Any]:
    """The parameters of segmentation that the release was made with; empty where nothing was segmented."""
    return next((step.parameters for step in steps if step.name.startswith("objects-")), {})


def _tuning(tunings: Sequence[Tuning], used: dict[str, Any]) -> None:
    picker, about = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
    with picker:
        chosen = st.selectbox(
            _("Tuning"), range(len(tunings)), format_func=lambda place: _label(tunings[place]), key="tuning"
        )
    tuning = tunings[chosen]
    with about:
        st.caption(_about(tuning, used))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.subheader(_("Shape and compactness"), anchor=False)
        _grid_chart(tuning, used)
        st.caption(
            _(
                "Mean difference in area between a labelled patch and the objects that make it up, as a share of the "
                "patch: the less, the better. Tried at scale {scale}."
            ).format(scale=wording.number(tuning.at_scale))
        )
    with right:
        heading, steps = st.columns([2, 3], vertical_alignment="center")
        heading.subheader(_("Scale"), anchor=False)
        with steps:
            place = st.radio(
                _("Levels"),
                range(len(tuning.curves)),
                format_func=lambda place: _step_name(tuning.curves[place].step),
                horizontal=True,
                label_visibility="collapsed",
                key="tuning-levels",
            )
        if place is not None and tuning.curves:
            _scale_chart(tuning.curves[place], used)
            st.caption(_chosen_scale(tuning.curves[place]))


def _label(tuning: Tuning) -> str:
    """When it was made, and on what."""
    dates = ", ".join(wording.day(one) for one in tuning.dates)
    return _("{when} UTC · {patches} patches · {dates}").format(
        when=f"{tuning.made:%Y-%m-%d %H:%M}", patches=tuning.patches, dates=dates
    )


def _about(tuning: Tuning, used: dict[str, Any]) -> str:
    found = _(
        "Best on {patches} labelled patches, at most {windows} a date: shape {shape}, compactness {compactness}."
    ).format(
        patches=tuning.patches,
        windows=tuning.windows,
        shape=wording.number(tuning.shape, 1),
        compactness=wording.number(tuning.compactness, 1),
    )
    if not used:
        return found
    own = _("This release was made with shape {shape}, compactness {compactness}, scale {scale}.").format(
        **{name: _short(used[name]) for name in ("shape", "compactness", "scale")}
    )
    return f"{found} {own}"


def _short(value: float) -> str:
    """A parameter as it is written in an area's file, 0.25 or 40."""
    digits = len(f"{value:.6f}".rstrip("0").partition(".")[2])
    return wording.number(value, digits)


def _grid_chart(tuning: Tuning, used: dict[str, Any]) -> None:
    """The difference of every pair as a cell; the best one and the one in use are framed."""
    shapes = sorted({pair.shape for pair in tuning.pairs})
    widths = sorted({pair.compactness for pair in tuning.pairs})
    pairs = {(pair.shape, pair.compactness): pair for pair in tuning.pairs}
    rows = [[pairs.get((shape, width)) for width in widths] for shape in shapes]
    figure = go.Figure()
    figure.add_heatmap(
        x=widths,
        y=shapes,
        z=[[100 * pair.difference if pair else None for pair in row] for row in rows],
        customdata=[
            [
                [wording.number(100 * pair.difference, 1), wording.number(pair.iou, 2), wording.number(pair.objects, 1)]
                if pair
                else ["", "", ""]
                for pair in row
            ]
            for row in rows
        ],
        texttemplate="%{z:.0f}",
        colorscale=[[stop.place, stop.colour] for stop in stops("sequential", 1.0, None)],
        colorbar={"title": {"text": _("difference in area, %"), "side": "right"}, "thickness": 12},
        hovertemplate=_(
            "shape %{y}, compactness %{x}: %{customdata[0]} %, IoU %{customdata[1]}, %{customdata[2]} objects a patch"
        )
        + "<extra></extra>",
    )
    best = (tuning.shape, tuning.compactness)
    if used and (used["shape"], used["compactness"]) != best:
        _frame(figure, (used["shape"], used["compactness"]), _("in use"), "dot", _IN_USE_CELL)
    _frame(figure, best, _("best"), "solid", _CHOSEN)
    figure.update_layout(legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0})
    figure.update_xaxes(title=_("compactness"), dtick=0.1, showgrid=False, constrain="domain")
    figure.update_yaxes(title=_("shape"), dtick=0.1, showgrid=False)
    draw(figure, "tuning", height=430)


def _frame(figure: go.Figure, pair: tuple[float, float], name: str, dash: str, colour: str) -> None:
    """Draw the frame of a cell. pair : shape, compactness."""
    shape, width = pair
    figure.add_shape(
        type="rect",
        x0=width - _HALF,
        x1=width + _HALF,
        y0=shape - _HALF,
        y1=shape + _HALF,
        line={"color": colour, "width": 3, "dash": dash},
        name=name,
        showlegend=True,
    )


def _step_name(step: int) -> str:
    return _("steps of {step}").format(step=step)


def _scale_chart(curve: Curve, used: dict[str, Any]) -> None:
    """Local variance and below it its rate of change over scale; the chosen scale and the one in use are marked."""
    scales = [level.scale for level in curve.levels]
    # Three levels are points; some three hundred are a line.
    mode = "lines" if len(scales) > 60 else "lines+markers"
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.42, 0.58])
    told = [
        [wording.number(level.local_variance, 2), wording.number(level.objects), wording.number(level.per_patch, 1)]
        for level in curve.levels
    ]
    figure.add_scatter(
        x=scales,
        y=[level.local_variance for level in curve.levels],
        mode=mode,
        line={"color": _LINE, "width": 2},
        customdata=told,
        hovertemplate=_(
            "scale %{x}: local variance %{customdata[0]}, %{customdata[1]} objects, %{customdata[2]} a patch"
        )
        + "<extra></extra>",
        showlegend=False,
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=scales,
        y=[level.rate for level in curve.levels],
        mode=mode,
        line={"color": _LINE, "width": 1.2},
        hovertemplate=_("scale %{x}: %{y:.2f} %") + "<extra></extra>",
        showlegend=False,
        row=2,
        col=1,
    )
    among = [level for level in curve.levels if level.candidate]
    if among:
        figure.add_scatter(
            x=[level.scale for level in among],
            y=[level.rate for level in among],
            mode="markers",
            marker={"size": 7, "color": _CHOSEN},
            name=_("candidates"),
            hovertemplate=_("scale %{x}: %{y:.2f} %") + "<extra></extra>",
            row=2,
            col=1,
        )
    if curve.scale is not None:
        _upright(figure, curve.scale, _("chosen: {scale}").format(scale=_short(curve.scale)), "dash", _CHOSEN)
    if used:
        _upright(figure, used["scale"], _("in use: {scale}").format(scale=_short(used["scale"])), "dot", _IN_USE)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0})
    figure.update_yaxes(title=_("local variance"), row=1)
    figure.update_yaxes(title=_("its change, %"), row=2)
    figure.update_xaxes(range=[0, 1.02 * scales[-1]], showgrid=False)
    figure.update_xaxes(title=_("scale"), row=2)
    draw(figure, "scales", height=430)


def _upright(figure: go.Figure, x: float, name: str, dash: str, colour: str) -> None:
    """A line from the foot of a chart to its head, named in the legend."""
    line = {"color": colour, "width": 1.6, "dash": dash}
    figure.add_shape(type="line", x0=x, x1=x, xref="x", y0=0, y1=1, yref="paper", line=line, name=name, showlegend=True)


def _chosen_scale(curve: Curve) -> str:
    said = _(
        "Local variance: standard deviation within objects, the image stretched to 0–255. Candidates are where its "
        "change peaks, or after which it falls."
    )
    if curve.scale is None:
        return said + " " + _("None stands out.")
    return said + " " + _("Of these the one whose patches are made up of the fewest objects is chosen.")


def _control(report: dict[str, Any], least_share: float) -> None:
    """The area that is kept against p*, where the release tells it."""
    control: dict[str, Any] | None = report.get("control")
    if control is None:
        st.caption(_("The least share of an object was given; no labels were there to find it from."))
        return
    curve: dict[str, list[float]] | None = control.get("curve")
    if curve is None:
        st.info(
            _(
                "This release does not tell the curve: patches were refined by an earlier version. The next run that "
                "refines them anew tells it; to have it at once, with the folder of the area as AREA:"
            )
            + " `python -m engine run --force AREA`"
        )
        return
    _control_chart(curve, control["reference_m2"], least_share)
    if control.get("counted") != "kept":
        said = _(
            "p*: of an object, the mask has to cover this much, or the object is removed. The curve is the area under "
            "the mask of the objects that meet a labelled patch and are kept."
        )
    else:
        said = _(
            "p*: of an object, the mask has to cover this much to decide along the outline. The curve is the area that "
            "patches come to have in the objects that meet a labelled patch; labelled patches that the mask does not "
            "meet at all are left out."
        )
    if control["saturated"]:
        said += " " + _("No share of an object leads to the labels' area; the given least share stands.")
    else:
        said += " " + _("p* is where it comes nearest to the labels' area.")
    st.caption(plain.markdown(said))  # a star is a star


def _control_chart(curve: dict[str, list[float]], reference_m2: float, least_share: float) -> None:
    # At a p* between two shares the objects of the higher share and more are kept: the curve falls just after a share.
    shares, kept = [0.0, *curve["share"]], [curve["kept_m2"][0], *curve["kept_m2"]]
    told = [[wording.number(100 * share, 1), wording.hectares(area)] for share, area in zip(shares, kept, strict=True)]
    figure = go.Figure()
    figure.add_scatter(
        x=[100 * share for share in shares],
        y=[area / 1e4 for area in kept],
        mode="lines",
        line={"color": _LINE, "width": 2, "shape": "vh"},
        customdata=told,
        hovertemplate=_("p* %{customdata[0]} %: %{customdata[1]}") + "<extra></extra>",
        name=_("area kept"),
    )
    figure.add_shape(
        type="line",
        x0=0,
        x1=1,
        xref="paper",
        y0=reference_m2 / 1e4,
        y1=reference_m2 / 1e4,
        line={"color": _IN_USE, "width": 1.6, "dash": "dot"},
        name=_("area of the labels: {area}").format(area=wording.hectares(reference_m2)),
        showlegend=True,
    )
    chosen = _("p* in use: {share} %").format(share=wording.number(100 * least_share, 1))
    _upright(figure, 100 * least_share, chosen, "dash", _CHOSEN)
    at = next((area for share, area in zip(shares, kept, strict=True) if share >= least_share - 1e-6), 0.0)
    figure.add_scatter(
        x=[100 * least_share],
        y=[at / 1e4],
        mode="markers",
        marker={"size": 9, "color": _CHOSEN},
        hovertemplate=wording.hectares(at) + "<extra></extra>",
        showlegend=False,
    )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0})
    figure.update_xaxes(title=_("p*, share of an object (%)"), range=[0, 101], showgrid=False)
    figure.update_yaxes(title=_("area, ha"), range=[0, 1.1 * max(kept[0], reference_m2) / 1e4])
    draw(figure, "control", height=330)
