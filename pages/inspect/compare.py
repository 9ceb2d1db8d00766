"""The images of two dates side by side, with the outlines of both."""

import streamlit as st

from components import selection
from components.comparison import comparison
from components.frame import header
from components.patch_card import patch_facts, patch_sentence, patch_title

reader = header().reader
name = selection.current().patch
patch = reader.patch(name) if name else None

comparison(reader, patch)
if patch is not None:
    st.markdown(" · ".join([f"**{patch_title(patch)}**", *patch_facts(patch)]))
    st.markdown(patch_sentence(reader, patch))
