"""The images of two dates side by side, with the outlines of both."""

import streamlit as st

from components.comparison import comparison
from components.frame import header
from components.patch_card import patch_facts, patch_sentence, patch_title, selected_patch

reader = header().reader
patch = selected_patch(reader)

comparison(reader, patch)
if patch is not None:
    st.markdown(" · ".join([f"**{patch_title(patch)}**", *patch_facts(patch)]))
    st.markdown(patch_sentence(reader, patch))
