"""The analyst's page: the network, what each date is worth, and where the release comes from."""

from typing import Any

import pandas as pd
import streamlit as st

from components.charts import network_chart, noise_chart
from components.frame import header
from engine import wording
from engine.wording import gettext as _


def plain(values: dict[str, Any]) -> str:
    """A table's cell of JSON as text."""
    return ", ".join(f"{key}: {value}" for key, value in values.items() if value is not None)


frame = header()
reader = frame.reader
info = reader.info
steps = reader.steps()

radar, provenance = st.tabs([_("Radar"), _("Provenance")])
with radar:
    pairs = reader.interferograms()
    facts = st.columns(5)
    facts[0].metric(_("Acquisitions"), len(reader.acquisitions()))
    facts[1].metric(_("Interferograms used"), _("{used} of {all}").format(used=info.pairs, all=len(pairs)))
    facts[2].metric(_("Frame solved"), wording.percent(info.solved_share))
    facts[3].metric(_("Wavelength"), _("{length} cm").format(length=wording.number(100 * info.wavelength_m, 2)))
    facts[4].metric(_("Incidence"), f"{wording.number(info.incidence_deg, 1)}°")
    network_column, noise_column = st.columns([3, 2], gap="medium")
    with network_column:
        st.subheader(_("Network of interferograms"), anchor=False)
        network_chart(reader)
        st.caption(_("One line a pair; the stronger, the more of the frame has phase. Dotted: acquisitions."))
    with noise_column:
        st.subheader(_("Noise of the acquisitions"), anchor=False)
        noise_chart(reader)
        st.caption(
            _(
                "Robust spread, over the frame, of what is left when each pixel's own line is taken away. It is the "
                "error bar of every series on that date."
            )
        )
        st.subheader(_("Reference and corrections"), anchor=False)
        st.markdown(
            _("Rates are relative to {reference}. Corrections for atmosphere, ramps and heights: none.").format(
                reference=wording.reference_name(info.reference)
            )
        )
with provenance:
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
                _("result"): [plain(step.report) for step in steps],
                _("parameters"): [plain(step.parameters) for step in steps],
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
