"""The analyst's page: how patches were found and how well, the radar's network and noise, where it all comes from."""

import streamlit as st

from components.accuracy import accuracy_report
from components.charts import network_chart, noise_chart
from components.differences import difference_report
from components.frame import assessment_of, header
from components.provenance import corrections, extraction_report, provenance
from components.segmentation import segmentation_report
from engine import wording
from engine.wording import gettext as _

frame = header()
reader = frame.reader

names = [_("Extraction"), _("Accuracy")] if reader.extraction else []
names += [_("Segmentation")] if reader.images else []
names += [_("Radar")] if reader.radar else []
names += [_("Provenance"), _("Difference")]
tabs = dict(zip(names, st.tabs(names), strict=True))

if reader.extraction is not None:
    with tabs[_("Extraction")]:
        extraction_report(reader, reader.extraction)
    with tabs[_("Accuracy")]:
        accuracy_report(assessment_of(reader, reader.extraction), frame.area)
if reader.images:
    with tabs[_("Segmentation")]:
        segmentation_report(reader)
if reader.radar is not None:
    radar = reader.radar
    with tabs[_("Radar")]:
        pairs = reader.interferograms()
        facts = st.columns(5)
        facts[0].metric(_("Acquisitions"), len(reader.acquisitions()))
        facts[1].metric(_("Interferograms used"), _("{used} of {all}").format(used=radar.pairs, all=len(pairs)))
        facts[2].metric(_("Frame solved"), wording.percent(radar.solved_share))
        facts[3].metric(_("Wavelength"), _("{length} cm").format(length=wording.number(100 * radar.wavelength_m, 2)))
        facts[4].metric(_("Incidence"), f"{wording.number(radar.incidence_deg, 1)}°")
        network_column, noise_column = st.columns([3, 2], gap="medium")
        with network_column:
            st.subheader(_("Network of interferograms"), anchor=False)
            network_chart(reader)
            st.caption(
                _("One line a pair, one point an acquisition. Dotted: not used. Point at a line's middle for more.")
            )
        with noise_column:
            st.subheader(_("Noise of the acquisitions"), anchor=False)
            noise_chart(reader)
            st.caption(
                _(
                    "Robust spread, over the frame, of what is left when each pixel's own line is taken away. It is "
                    "the error bar of every series on that date."
                )
            )
            st.subheader(_("Reference and corrections"), anchor=False)
            reference = wording.reference_name(radar.reference)
            st.markdown(_("Rates are relative to {reference}.").format(reference=reference))
            corrections(reader)
with tabs[_("Provenance")]:
    provenance(reader)
with tabs[_("Difference")]:
    difference_report(reader)
