"""Where the area's data come from, and under which licence."""

import streamlit as st

from components.frame import header

frame = header()
st.markdown(frame.reader.info.source)
