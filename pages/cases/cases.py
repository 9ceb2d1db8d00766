"""The page of cases: what has to be looked at by whom until when, and what came of it."""

import streamlit as st

from components import selection
from components.case_list import case_list, without_case
from components.cases import case_part
from components.frame import header
from components.links import map_link, patch_link
from components.patch_card import patch_facts, patch_sentence, patch_title
from engine.wording import gettext as _

frame = header()
reader = frame.reader
listed, detail = st.columns([1.85, 1], gap="large")
with listed:
    without_case(reader)
    case_list(reader)
with detail:
    name = selection.current().patch
    patch = reader.patch(name) if name else None
    if patch is not None:
        verdicts = reader.verdicts(patch.patch_id)
        st.markdown(f"##### {patch_title(patch)}")
        st.markdown(" · ".join(patch_facts(patch)))
        st.markdown(patch_sentence(reader, patch))
        case_part(reader, patch.patch_id, verdicts, trail=True)
        with st.container(horizontal=True):
            map_link(frame.area, patch.patch_id)
            patch_link(patch.patch_id)
    elif name:
        # Its trail stays: what was decided of a patch is not gone with it.
        st.info(_("This release has no such patch: it was not found again, or merged into another."))
        case_part(reader, name, [], trail=True)
    else:
        st.info(_("Choose a case to see its trail and what can be done next."), icon=":material/left_click:")
