"""The manager's page: state of an area at a glance, each figure with what it is made of."""

from dataclasses import asdict

import streamlit as st

from components import plain
from components.charts import activity_chart, frame_chart, rate_histogram
from components.frame import header
from components.links import map_link
from components.patch_card import activity_badge, patch_title
from engine import wording
from engine.wording import gettext as _

frame = header()
reader = frame.reader
info = reader.info
patches = reader.patches()
verdicts = reader.verdicts()
moving = [patch for patch in patches if patch.cluster_area_m2 is not None]
fastest = max(moving, key=lambda patch: abs(patch.extreme_rate or 0.0), default=None)
tested = sum(1 for verdict in verdicts if verdict.kind != "not_tested")

figures = st.columns(5)
figures[0].metric(
    _("Sites"), wording.number(len(patches)), help=_("Outlines that the area names; the table below lists them.")
)
figures[1].metric(
    _("With motion"),
    wording.number(len(moving)),
    help=_("Sites with a connected cluster beyond ± {threshold} mm/yr.").format(
        threshold=wording.number(info.threshold)
    ),
)
figures[2].metric(
    _("Moving ground"),
    wording.hectares(info.moving_area_m2),
    help=_("Area of these clusters, each piece of ground counted once, measured on the ellipsoid."),
)
figures[3].metric(
    _("Fastest"),
    wording.rate(fastest.extreme_rate) if fastest and fastest.extreme_rate is not None else "–",
    help=_("Single pixel with the greatest rate in a cluster, along the line of sight."),
)
figures[4].metric(
    _("Held against permits"),
    _("{tested} of {all}").format(tested=tested, all=len(patches)),
    help=_("Sites with a verdict. The others read “permits not tested”: no register has been loaded."),
)

left, middle, right = st.columns(3, gap="medium")
with left:
    st.subheader(_("Sites by activity"), anchor=False)
    activity_chart(patches)
with middle:
    st.subheader(_("Rates over the frame"), anchor=False)
    rate_histogram(reader)
with right:
    st.subheader(_("What the radar could see"), anchor=False)
    frame_chart(reader)
st.caption(wording.convention(info.reference, info.incidence_deg))

st.subheader(_("Sites"), anchor=False)
if not patches:
    st.info(_("This area names no sites. The map shows the motion of the whole frame."))
by_patch = {verdict.patch_id: verdict for verdict in verdicts}
for patch in patches:
    with st.container(border=True):
        words, link = st.columns([6, 1], vertical_alignment="center")
        with words:
            verdict = by_patch.get(patch.patch_id)
            facts = [f"**{patch_title(patch)}**", activity_badge(patch.activity), plain.markdown(patch.mine_class)]
            facts += [wording.hectares(patch.area_m2), *([wording.verdict_name(verdict.kind)] if verdict else [])]
            st.markdown(" · ".join(facts))
            st.markdown(wording.patch_statement(asdict(patch), asdict(info)))
        with link:
            map_link(frame.area, patch.patch_id)
