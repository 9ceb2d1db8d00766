"""Everything about one patch: what it is, its images, its motion, how its outline came about, its history."""

import streamlit as st

from components.boundary import boundary_part
from components.cases import case_part
from components.comparison import pick_patch, swipe
from components.dossiers import dossier_buttons
from components.frame import header
from components.links import map_link
from components.map import release_map
from components.patch_card import (
    attention_part,
    outline_table,
    patch_facts,
    patch_sentence,
    patch_series,
    patch_title,
    selected_patch,
)
from components.patch_history import patch_history
from components.photo_marks import photo_marks
from components.verdicts import verdict_part
from engine.wording import gettext as _

frame = header()
reader = frame.reader
patch = selected_patch(reader)
pick, go, files = st.columns([3, 1.2, 3], vertical_alignment="bottom")
with pick:
    pick_patch(reader, patch, none=_("choose a patch"))
if patch is None:
    st.info(_("All that is known of one patch stands here. Choose one above, in the list or on the map."))
    st.stop()
with go:
    map_link(frame.area, patch.patch_id)
with files:
    dossier_buttons(reader, patch)

st.markdown(f"#### {patch_title(patch)}")
st.markdown(" · ".join(patch_facts(patch)))
st.markdown(patch_sentence(reader, patch))
verdicts = reader.verdicts(patch.patch_id)
marks = photo_marks(reader, patch.patch_id)
left, right = st.columns([1.5, 1], gap="medium")
with right:
    case_part(reader, patch.patch_id, verdicts, trail=True)
    verdict_part(verdicts, reader.permits)
    if reader.extraction is not None:
        st.subheader(_("Area by date"), anchor=False)
        outline_table(reader, patch)
    attention_part(reader, patch)
with left:
    days = [image.date for image in reader.images]
    if len(days) > 1:
        swipe(reader, days[0], days[-1], patch, height=420)
    elif days or reader.radar is not None:
        release_map(reader, patch=patch, at=None, on_pick=lambda _pick: None, close=True, photos=marks, key="patch-map")
if reader.radar is not None:
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        st.subheader(_("Displacement"), anchor=False)
        patch_series(reader, patch, verdicts)
    with right:
        if len(days) > 1:
            st.subheader(_("Rate"), anchor=False)
            release_map(
                reader, patch=patch, at=None, on_pick=lambda _pick: None, close=True, photos=marks, key="patch-map"
            )
boundary, history = st.columns([1, 1.5], gap="medium")
with boundary:
    if reader.extraction is not None:
        st.subheader(_("How its boundary came about"), anchor=False)
        boundary_part(reader, reader.extraction, patch)
with history:
    st.subheader(_("Across releases"), anchor=False)
    patch_history(reader, patch.patch_id)
