"""How well the release's model found patches where it is known what is true: the paper's tables and its Figure 6."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from components import plain
from components.charts import draw
from engine import wording
from engine.wording import gettext as _
from store import paper
from store.assessments import AssessedPart, Assessment, PatchFigures

_NONE = "–"


def accuracy_report(assessment: Assessment | None, area: str) -> None:
    """The figures of one role at a time; where no assessment has been made, how to make one."""
    if assessment is None:
        st.info(
            _("This model has not been held against what is true here. Where labels or a simulated truth are there:")
            + f" `python -m engine assess` {plain.markdown(area)}"
        )
        return
    tested = {part.role: part for part in assessment.parts if part.patches}
    role = st.radio(_("Tested on"), list(tested), format_func=wording.role_name, horizontal=True)
    if role is not None:
        _part(tested[role])
    others = [part for part in assessment.parts if part.role not in tested]
    if others:
        with st.expander(_("Pixels of other parts of the images")):
            st.dataframe(pd.DataFrame([_pixel_row(part) for part in others]), hide_index=True)
    st.caption(_about(assessment))


def _part(part: AssessedPart) -> None:
    _headline(part)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader(_("Error matrix"), anchor=False)
        st.dataframe(_table_2(part), hide_index=True)
        with st.expander(_("By class"), expanded=True):
            st.dataframe(_matrix(part), hide_index=True)
    with right:
        st.subheader(_("Measures"), anchor=False)
        st.dataframe(_measures(part), hide_index=True, height="content")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader(_("Area similarity by class"), anchor=False)
        _similarity_chart(part)
        st.caption(
            _(
                "Of each identified patch the smaller of its true and its extracted area over the greater. Diamonds: "
                "the paper's means."
            )
        )
    with right:
        st.subheader(_("Patches by class"), anchor=False)
        st.dataframe(pd.DataFrame([_class_row(one) for one in part.patches[1:]]), hide_index=True, height="content")
        st.caption(_left_out(part))
    if part.ground or part.lookalikes:
        st.subheader(_("Hard ground within the test"), anchor=False)
        st.dataframe(_hard_ground(part), hide_index=True, height="content")


def _headline(part: AssessedPart) -> None:
    found = part.patches[0]
    facts = st.columns(5)
    beside = _("the paper: {figure}")
    facts[0].metric("F1", _figure(part.figures.f1), help=beside.format(figure=_figure(paper.PIXELS["f1"])))
    facts[1].metric(_("Kappa"), _figure(part.figures.kappa), help=beside.format(figure=_figure(paper.PIXELS["kappa"])))
    facts[2].metric(
        _("Patches identified"),
        _("{part} of {all}").format(part=found.identified, all=found.patches),
        help=beside.format(figure=_("{part} of {all}").format(part=paper.IDENTIFIED, all=paper.PATCHES)),
    )
    facts[3].metric(
        _("Patch precision"),
        _share(found.right, found.extracted),
        help=_("Of the extracted patches, the share that a true one was matched with."),
    )
    facts[4].metric(
        _("Area similarity"),
        _figure(found.mean_similarity, 2),
        help=beside.format(figure=_figure(paper.MEAN_SIMILARITY, 2)),
    )


def _table_2(part: AssessedPart) -> pd.DataFrame:
    """Laid out as the paper's: extracted data in rows, reference data in columns."""
    mining, other = part.mining_cells
    totals = (mining[0] + other[0], mining[1] + other[1])
    rows = [
        (_("mining"), *map(wording.number, (*mining, sum(mining))), _share(mining[0], sum(mining))),
        (_("non-mining"), *map(wording.number, (*other, sum(other))), _share(other[1], sum(other))),
        (_("total"), *map(wording.number, (*totals, sum(totals))), ""),
        (_("producer's accuracy"), _share(mining[0], totals[0]), _share(other[1], totals[1]), "", ""),
    ]
    names = [_("extracted data"), _("mining"), _("non-mining"), _("total"), _("user's accuracy")]
    return pd.DataFrame(rows, columns=names)


def _matrix(part: AssessedPart) -> pd.DataFrame:
    """Every class against every other, extracted in rows."""
    names = [_("background"), *(wording.class_name(name) for name in part.classes[1:])]
    columns = list(zip(*part.cells, strict=True))  # kept with truth in rows
    rows = [
        (name, *map(wording.number, row), _share(row[code], sum(row)))
        for code, (name, row) in enumerate(zip(names, columns, strict=True))
    ]
    producers = (_share(row[code], sum(row)) for code, row in enumerate(part.cells))
    rows.append((_("producer's accuracy"), *producers, ""))
    return pd.DataFrame(rows, columns=[_("extracted as"), *names, _("user's accuracy")])


def _measures(part: AssessedPart) -> pd.DataFrame:
    """Ours beside the paper's."""
    pixels, printed, found = part.figures, paper.PIXELS, part.patches[0]
    rows = [
        (_("user's accuracy"), _figure(pixels.users_accuracy), _figure(printed["users_accuracy"])),
        (_("producer's accuracy"), _figure(pixels.producers_accuracy), _figure(printed["producers_accuracy"])),
        ("F1", _figure(pixels.f1), _figure(printed["f1"])),
        (_("kappa"), _figure(pixels.kappa), _figure(printed["kappa"])),
        (_("overall accuracy"), _figure(pixels.overall, 4), _figure(printed["overall"], 4)),
        (_("IoU"), _figure(pixels.iou), _NONE),
        (_("identification"), _share(found.identified, found.patches), _share(paper.IDENTIFIED, paper.PATCHES)),
        (_("class of the patch right"), _share(found.class_right, found.identified), _NONE),
        (_("area similarity, identified"), _figure(found.mean_similarity), _figure(paper.MEAN_SIMILARITY, 2)),
        (_("area similarity, missed as 0"), _figure(found.mean_similarity_of_all), _NONE),
        (_("similarity above 0.80"), _figure(found.alike), _figure(paper.ALIKE)),
        (_("IoU of patches, identified"), _figure(found.mean_iou), _NONE),
    ]
    return pd.DataFrame(rows, columns=[_("measure"), _("here"), _("paper")])


def _class_row(one: PatchFigures) -> dict[str, str]:
    return {
        _("class"): wording.class_name(one.mine_class or ""),
        _("identified"): _("{part} of {all}").format(part=one.identified, all=one.patches),
        _("class right"): _share(one.class_right, one.identified),
        _("similarity"): _figure(one.mean_similarity),
        _("IoU"): _figure(one.mean_iou),
        _("precision"): _share(one.right, one.extracted),
    }


def _pixel_row(part: AssessedPart) -> dict[str, str]:
    figures = part.figures
    return {
        _("measured on"): wording.role_name(part.role),
        _("user's accuracy"): _figure(figures.users_accuracy),
        _("producer's accuracy"): _figure(figures.producers_accuracy),
        "F1": _figure(figures.f1),
        _("kappa"): _figure(figures.kappa),
        _("IoU"): _figure(figures.iou),
        _("pixels"): wording.number(figures.pixels),
    }


def _similarity_chart(part: AssessedPart) -> None:
    """Box plots like the paper's Figure 6, every patch a dot."""
    figure = go.Figure()
    classes = part.patches[1:]
    labels = [plain.plotly(wording.class_name(one.mine_class or "")) for one in classes]
    for label, one in zip(labels, classes, strict=True):
        figure.add_box(
            y=one.similarity,
            name=label,
            boxpoints="all",
            pointpos=0,
            jitter=0.5,
            marker={"size": 4, "opacity": 0.55},
            line={"width": 1.5},
            marker_color="#4c78a8",
            hovertemplate="%{y:.2f}<extra>" + label + "</extra>",
        )
    known = [(label, paper.SIMILARITY.get(one.mine_class or "")) for label, one in zip(labels, classes, strict=True)]
    figure.add_scatter(
        x=[label for label, mean in known if mean],
        y=[mean for _label, mean in known if mean],
        mode="markers",
        marker={"symbol": "diamond", "size": 9, "color": "#c44e52"},
        hovertemplate=_("the paper's mean: %{y:.2f}") + "<extra></extra>",
    )
    figure.update_layout(showlegend=False)
    figure.update_yaxes(title=_("area similarity"), range=[0, 1.03])
    figure.update_xaxes(showgrid=False)
    draw(figure, "similarity", height=330)


def _hard_ground(part: AssessedPart) -> pd.DataFrame:
    """How much of the test is hard ground, and how many of the false alarms lie there."""
    false_alarms, pixels = sum(part.cells[0][1:]), part.figures.pixels
    rows = [
        (
            wording.ground_name(one.kind),
            _percent(one.share),
            _percent(one.false_alarm_pixels / false_alarms if false_alarms else None),
            _figure(one.producers_accuracy),
        )
        for one in part.ground
    ]
    rows += [
        (
            _("looks like a mine: {kind}").format(kind=wording.ground_name(one.kind)),
            _percent(one.pixels / pixels),
            _percent(one.false_alarm_pixels / false_alarms if false_alarms else None),
            _NONE,
        )
        for one in part.lookalikes
    ]
    names = [_("ground"), _("share of the test"), _("share of the false alarms"), _("producer's accuracy there")]
    return pd.DataFrame(rows, columns=names)


def _left_out(part: AssessedPart) -> str:
    said = _("{count} patches that training saw are left out ({cut} of them seen in part).")
    return said.format(count=part.left_out, cut=part.cut)


def _about(assessment: Assessment) -> str:
    """What was held against what, and by which rules."""
    held = (
        _("Held against the simulated truth on {day}.")
        if assessment.truth == "simulated"
        else _("Held against interpreted outlines and labels on {day}.")
    ).format(day=wording.day(assessment.made.date()))
    rules = _(
        "All pixels count, at their true imbalance. Patches: parts of the mask of {area} m² and more, matched one to "
        "one from an IoU of {iou} on."
    ).format(area=wording.number(assessment.least_area_m2), iou=wording.number(assessment.least_iou, 1))
    return f"{held} {rules}"


def _share(part: int, whole: int) -> str:
    return _figure(part / whole if whole else None)


def _percent(share: float | None) -> str:
    return _NONE if share is None else _("{share} %").format(share=wording.number(100 * share, 1))


def _figure(value: float | None, digits: int = 3) -> str:
    return _NONE if value is None else wording.number(value, digits)
