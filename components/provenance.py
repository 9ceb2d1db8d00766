"""Where a release comes from: how its patches were found, steps with what they cost, inputs, versions."""

from typing import Any

import pandas as pd
import streamlit as st

from components import plain
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from store.rows import Extraction


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
    facts[3].metric(_("Boundary error"), _("{distance} m").format(distance=wording.number(extraction.boundary_error_m)))
    st.subheader(_("From the mask to patches"), anchor=False)
    dates: dict[str, dict[str, float]] = next(
        (step.report["dates"] for step in reader.steps() if step.name == "refinement"), {}
    )
    st.dataframe(
        pd.DataFrame(
            {
                _("image"): list(dates),
                _("mask, ha"): [row["mask_ha"] for row in dates.values()],
                _("objects kept"): [row["kept"] for row in dates.values()],
                _("removed: mask covers too little"): [row["low_share"] for row in dates.values()],
                _("removed: patch too small"): [row["small"] for row in dates.values()],
                _("patches"): [row["patches"] for row in dates.values()],
            }
        ),
        hide_index=True,
    )
    st.caption(
        _("Classes: {classes}. Checkpoint sha256 {sha256}.").format(
            classes=", ".join(plain.markdown(wording.class_name(name)) for name in extraction.classes),
            sha256=extraction.sha256,
        )
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


def _cell(values: dict[str, Any]) -> str:
    """JSON as the text of a table's cell."""
    return ", ".join(f"{key}: {value}" for key, value in values.items() if value is not None)
