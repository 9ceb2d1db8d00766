"""Where a release comes from: how its patches were found, steps with what they cost, inputs, versions."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components import plain
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from store.rows import Extraction, Step
from store.speed import read_speed

# Names of the steps that search an image, before its day.
_EXTRACTION = "extraction-"


def extraction_report(reader: ReleaseReader, extraction: Extraction) -> None:
    """The model, and what total-area control kept and removed on each date."""
    facts = st.columns(4)
    facts[0].metric(_("Model"), extraction.model)
    facts[1].metric(_("Threshold of the mask"), wording.percent(extraction.threshold))
    facts[2].metric(
        _("Least share of an object"),
        wording.percent(extraction.least_share),
        help=_("p*: of an object, the mask has to cover this much, or the object is removed (total-area control)."),
    )
    facts[3].metric(
        _("Boundary error"), _("{distance} m").format(distance=wording.number(extraction.boundary_error_m, 1))
    )
    report = reader.report("refinement")
    st.subheader(_("From the mask to patches"), anchor=False)
    _control(report.get("control"))
    dates: dict[str, dict[str, float]] = report.get("dates", {})
    st.dataframe(
        pd.DataFrame(
            {
                _("image"): list(dates),
                _("mask, ha"): [row["mask_ha"] for row in dates.values()],
                _("objects kept"): [row["kept"] for row in dates.values()],
                # Releases of before objects were kept in part do not tell of it.
                _("objects kept in part"): [row.get("part", 0) for row in dates.values()],
                _("removed: mask covers too little"): [row["low_share"] for row in dates.values()],
                # Releases of before the land cover was looked at do not tell of it.
                _("removed: on ground without mines"): [row.get("land_cover", 0) for row in dates.values()],
                _("removed: patch too small"): [row["small"] for row in dates.values()],
                _("removed: looks like no mine"): [row.get("unlike", 0) for row in dates.values()],
                _("patches"): [row["patches"] for row in dates.values()],
            }
        ),
        hide_index=True,
    )
    _screening(report.get("screening"))
    _accuracy(extraction.metrics)
    _speed(reader.steps())
    st.caption(
        _("Classes: {classes}. Checkpoint sha256 {sha256}.").format(
            classes=", ".join(plain.markdown(wording.class_name(name)) for name in extraction.classes),
            sha256=extraction.sha256,
        )
    )


def _screening(screening: dict[str, float] | None) -> None:
    """What the second look at regions of the mask rests on; nothing where there was none."""
    if screening is None:
        return
    st.caption(
        _(
            "Screened: a random forest learnt from {mines} mines and {others} other regions, of the training ground "
            "and of what the model brings along, what mines look like, and what other dates show of their ground. Of "
            "these it would keep {mines_kept} and {others_kept}, each judged by trees that have not learnt from it."
        ).format(**{name: wording.number(value) for name, value in screening.items()})
    )


def _control(control: dict[str, Any] | None) -> None:
    """How the least share of an object came about."""
    if control is None:
        st.caption(_("The least share of an object was given; no labels were there to find it from."))
        return
    if control["saturated"]:
        st.warning(
            _("Saturated: no share of an object leads to the labels' area; the given least share stands."),
            icon=":material/warning:",
        )
        return
    text = _("The least share was found by total-area control: {found} of patches kept, {reference} in the labels.")
    st.caption(
        text.format(
            found=wording.hectares(control["cumulated_m2"]), reference=wording.hectares(control["reference_m2"])
        )
    )


def _accuracy(metrics: dict[str, float]) -> None:
    """What the checkpoint says of its own accuracy: on what it was trained on, and on what it had not seen.

    Nothing where it does not say: some tell of their training's loss alone.
    """
    parts = {
        "unseen_rows_and_date": _("ground and date that it had not seen"),
        "unseen_ground_and_date": _("ground and date that it had not seen"),
        "unseen_rows": _("ground that it had not seen, dates that it had"),
        "unseen_ground": _("ground that it had not seen, dates that it had"),
        "unseen_date": _("a date that it had not seen, ground that it had"),
        "trained": _("what it was trained on"),
    }
    figures = {
        "iou": _("IoU"),
        "f1": _("F1"),
        "producers_accuracy": _("producer's accuracy"),
        "users_accuracy": _("user's accuracy"),
        "pixels": _("labelled pixels"),
    }
    rows = [
        {_("measured on"): words, **{label: metrics.get(f"{part}.{key}") for key, label in figures.items()}}
        for part, words in parts.items()
        if f"{part}.iou" in metrics
    ]
    if not rows:
        return
    st.subheader(_("Accuracy of the model"), anchor=False)
    digits = {label: st.column_config.NumberColumn(format="%.3f") for label in list(figures.values())[:-1]}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=digits)
    st.caption(
        _("Any mine against background, on labelled pixels, where the model was trained; other places may be harder.")
    )


def _speed(steps: Sequence[Step]) -> None:
    """How long the images of the release took, and how fast each way of running a network was when it was measured."""
    st.subheader(_("Speed"), anchor=False)
    searched = [step for step in steps if step.name.startswith(_EXTRACTION)]
    st.dataframe(
        pd.DataFrame(
            {
                _("image"): [date.fromisoformat(step.name.removeprefix(_EXTRACTION)) for step in searched],
                _("run by"): [f"{step.report['backend']}, {step.report['precision']}" for step in searched],
                _("million pixels"): [step.report["pixels"] / 1e6 for step in searched],
                _("seconds"): [step.seconds for step in searched],
            }
        ),
        hide_index=True,
        column_config={_("million pixels"): st.column_config.NumberColumn(format="%.2f")},
    )
    speed = read_speed()
    if speed is None:
        return
    measured = pd.DataFrame(
        {
            _("way of running a network"): [one.way for one in speed.ways],
            _("thousand pixels a second"): [one.kpx_per_s for one in speed.ways],
            _("CPU seconds per million pixels"): [one.cpu_s_per_mpx for one in speed.ways],
            _("times as fast as the first"): [one.times_plain for one in speed.ways],
            _("memory, MB"): [one.peak_mb for one in speed.ways],
            _("F1"): [one.f1 for one in speed.ways],
        }
    )
    st.dataframe(
        # F1 takes an area whose truth is known: without one the column is empty.
        measured.dropna(axis="columns", how="all"),
        hide_index=True,
        column_config={
            _("thousand pixels a second"): st.column_config.NumberColumn(format="%.0f"),
            _("CPU seconds per million pixels"): st.column_config.NumberColumn(format="%.2f"),
            _("times as fast as the first"): st.column_config.NumberColumn(format="%.1f"),
            _("memory, MB"): st.column_config.NumberColumn(format="%.0f"),
            _("F1"): st.column_config.NumberColumn(format="%.3f"),
        },
    )
    st.caption(
        _(
            "Measured on {day} on {cores} cores of {processor}, reading and writing apart, with `{command}`. F1: of "
            "any mine, on a crop with known truth."
        ).format(day=speed.day, cores=speed.cores, processor=plain.markdown(speed.processor), command=speed.command)
    )


def provenance(reader: ReleaseReader) -> None:
    """Release, steps, inputs and versions."""
    info, steps = reader.info, reader.steps()
    st.markdown(
        _("Release `{release}`, published {when} UTC by engine {version}.").format(
            release=info.id, when=f"{info.created:%Y-%m-%d %H:%M}", version=info.engine_version
        )
    )
    st.subheader(_("Steps"), anchor=False)
    st.dataframe(
        pd.DataFrame(
            {
                _("step"): [step.name for step in steps],
                _("finished (UTC)"): [step.finished for step in steps],
                _("seconds"): [step.seconds for step in steps],
                _("memory, MB"): [round(step.peak_memory_bytes / 1e6) for step in steps],
                _("result"): [_cell(step.report) for step in steps],
                _("parameters"): [_cell(step.parameters) for step in steps],
            }
        ),
        hide_index=True,
    )
    st.subheader(_("Inputs"), anchor=False)
    inputs = reader.inputs()
    st.dataframe(
        pd.DataFrame(inputs, columns=["step", "file", "sha256"]).rename(columns={"step": _("step"), "file": _("file")}),
        hide_index=True,
        height=300,
    )
    versions = {name: value for step in steps for name, value in step.versions.items() if name != "code"}
    st.caption(_("Versions: ") + " · ".join(f"{name} {value}" for name, value in versions.items()))


def corrections(reader: ReleaseReader) -> None:
    """What was taken from the series, and what is left of them after each."""
    report = reader.report("corrections")
    spread = report.get("rms_mm", {})
    if len(spread) < 2:
        st.markdown(_("Corrections for atmosphere, ramps and heights: none."))
        return
    rows = [(wording.correction_name(name), wording.number(value, 2)) for name, value in spread.items()]
    st.markdown(plain.table((_("after"), _("RMS about lines, mm")), rows))


def _cell(values: dict[str, Any]) -> str:
    """JSON as the text of a table's cell."""
    return ", ".join(f"{key}: {_brief(value)}" for key, value in values.items() if value is not None)


def _brief(value: Any) -> Any:
    """JSON without the numbers of curves, which are drawn elsewhere."""
    if isinstance(value, dict):
        return {key: _brief(inner) for key, inner in value.items() if key != "curve"}
    return value
