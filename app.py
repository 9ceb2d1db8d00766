"""The one server on one port: `streamlit run app.py`. Streamlit's pages beside tiles, vector data and the guard."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from web.routes import MIDDLEWARE, ROUTES

# A folder `pages/` makes Streamlit look for pages of its own until `navigation.py` has run once: the first page that a
# cold server was asked for by its address would be "not found".
PagesManager.uses_pages_directory = False

app = st.App(Path(__file__).with_name("navigation.py"), routes=ROUTES, middleware=MIDDLEWARE)
