"""The manager's page: state of an area at a glance, each figure with what it is made of."""

from dataclasses import asdict

import streamlit as st

from components.activity import activity_table
from components.all_areas import all_areas
from components.cases import cases_in
from components.charts import activity_chart, area_chart, change_chart, frame_chart, rate_histogram
from components.extents import extent_tables
from components.figures import case_figures, figure_tiles, hidden_share
from components.frame import earlier_releases, header
from components.notables import notable_list
from components.overview_charts import concentration_chart, growth_chart, history_chart, onset_chart
from components.overview_files import overview_buttons
from components.permits.changes import verdict_changes_since
from components.verdicts import verdict_table
from engine import wording
from engine.wording import gettext as _

frame = header()
reader = frame.reader
earlier = earlier_releases(reader)
before = earlier[0] if earlier else None

title, files = st.columns([5, 1.6], vertical_alignment="center")
since = _("Differences are to the release before.") if before else ""
title.markdown(f"#### {wording.overview_heading('overview')}", help=since or None)
found = case_figures(reader)
cases = asdict(found) if found else None
with files:
    overview_buttons(reader, before, cases)
figures = reader.figures()
figure_tiles(wording.overview_figures(asdict(figures), asdict(before.figures()) if before else None, cases))
if not figures.patches:
    st.info(_("No patches here. The map shows what is known of the whole frame."))

compared = reader.extraction is not None and len(reader.images) > 1
if figures.patches:
    left, right = st.columns(2, gap="medium")
    with left:
        if reader.radar is not None:
            st.subheader(wording.overview_heading("activity"), anchor=False)
            activity_chart(reader)
        elif compared:
            st.subheader(wording.overview_heading("change"), anchor=False)
            change_chart(reader)
    with right:
        if reader.has_register:
            st.subheader(wording.overview_heading("history"), anchor=False)
            known = [one for one in (*reversed(earlier), reader) if one.has_register]
            of_cases = cases_in(frame.area) if found else {}
            history_chart(known, {patch: str(case.state) for patch, case in of_cases.items()})
        else:
            st.subheader(wording.overview_heading("places"), anchor=False)
            concentration_chart(reader)
    left, right = st.columns(2, gap="medium")
    with left:
        if reader.onsets():
            st.subheader(wording.overview_heading("onsets"), anchor=False)
            onset_chart(reader)
        elif reader.extraction is not None:
            st.subheader(_("Area by date"), anchor=False)
            area_chart(reader)
            hidden_share(reader)
    with right:
        if compared:
            st.subheader(_("Gained from the first to the last image"), anchor=False)
            growth_chart(reader)

if figures.patches:
    extent_tables(reader)
    if reader.has_register:
        left, right = st.columns(2, gap="medium")
        with left:
            st.subheader(wording.overview_heading("concentration"), anchor=False)
            concentration_chart(reader, height=520)
        with right:
            notable_list(reader.longest_after_expiry(5), "expired")
            notable_list(reader.largest_outside(5), "outside")
            notable_list(reader.newest(5), "newest")
        st.subheader(wording.overview_heading("verdicts"), anchor=False)
        verdict_table(reader)
        verdict_changes_since(reader)
    else:
        notable_list(reader.newest(5), "newest")

with st.expander(_("More on images and radar"), icon=":material/bar_chart:"):
    if reader.extraction is not None:
        left, right = st.columns(2, gap="medium")
        with left:
            st.subheader(_("Area by date"), anchor=False)
            area_chart(reader, key="areas-more")
            hidden_share(reader)
        with right:
            if compared:
                st.subheader(wording.overview_heading("change"), anchor=False)
                change_chart(reader, key="change-more")
    if reader.radar is not None:
        left, right = st.columns(2, gap="medium")
        with left:
            st.subheader(_("Rates over the frame"), anchor=False)
            rate_histogram(reader, reader.radar)
        with right:
            st.subheader(_("What the radar could see"), anchor=False)
            frame_chart(reader)
        st.caption(wording.convention(reader.radar.reference, reader.radar.incidence_deg))
        activity_table(reader)

all_areas(frame.area)
