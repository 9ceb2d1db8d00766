"""Where the area's data come from, and under which licence."""

import streamlit as st

from components.frame import header
from components.plain import without_images

frame = header()
st.markdown(without_images(frame.reader.info.source))
