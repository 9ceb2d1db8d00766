"""The manager's page: state of an area at a glance, each figure with what it is made of."""

import streamlit as st

from components.activity import activity_table
from components.charts import activity_chart, area_chart, change_chart, frame_chart, rate_histogram
from components.figures import (
    hidden_share,
    motion_figures,
    patch_figures,
    show_figures,
    suspected_figures,
    verdict_figure,
)
from components.frame import header
from components.links import map_link
from components.patch_card import patch_facts, patch_sentence, patch_title
from components.permits.changes import verdict_changes_since
from components.verdicts import by_patch, headlines, verdict_badge, verdict_table
from engine import wording
from engine.wording import gettext as _

frame = header()
reader = frame.reader
patches = reader.patches()
verdicts = reader.verdicts()

figures = patch_figures(reader, patches)
if reader.radar is not None:
    figures += motion_figures(reader.radar, patches)
figures.append(verdict_figure(patches, verdicts))
if reader.has_register:
    figures += suspected_figures(verdicts)
show_figures(figures)
if reader.extraction is not None and patches:
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(_("Area by date"), anchor=False)
        area_chart(reader)
        hidden_share(reader)
    with right:
        if any(patch.change for patch in patches):
            st.subheader(_("Patches by class and change"), anchor=False)
            change_chart(patches)
if reader.radar is not None:
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.subheader(_("Patches by activity"), anchor=False)
        activity_chart(patches)
    with middle:
        st.subheader(_("Rates over the frame"), anchor=False)
        rate_histogram(reader, reader.radar)
    with right:
        st.subheader(_("What the radar could see"), anchor=False)
        frame_chart(reader)
    st.caption(wording.convention(reader.radar.reference, reader.radar.incidence_deg))
    activity_table(reader)

if reader.has_register and patches:
    st.subheader(_("Patches by verdict"), anchor=False)
    verdict_table(reader)
    verdict_changes_since(reader)

st.subheader(_("Patches"), anchor=False)
if not patches:
    st.info(_("No patches here. The map shows what is known of the whole frame."))
judged = by_patch(verdicts)
for patch in patches:
    with st.container(border=True):
        words, link = st.columns([6, 1], vertical_alignment="center")
        with words:
            facts = [f"**{patch_title(patch)}**", *patch_facts(patch)]
            own = headlines(judged.get(patch.patch_id, []))
            facts += [verdict_badge(verdict.kind, verdict.certainty) for verdict in own]
            st.markdown(" · ".join(facts))
            st.markdown(patch_sentence(reader, patch))
        with link:
            map_link(frame.area, patch.patch_id)
