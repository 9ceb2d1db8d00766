"""The one server on one port: `streamlit run app.py`. Streamlit's pages beside tiles, vector data and the guard."""

import sys
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from web.roles import SettingsError

try:
    from web.routes import MIDDLEWARE, ROUTES
    from web.warming import warmed
except SettingsError as error:
    # Closed rather than open, and said to who starts the server alone.
    sys.exit(f"Pitwatch does not start. {error}")

# A folder `pages/` makes Streamlit look for pages of its own until `navigation.py` has run once: the first page that a
# cold server was asked for by its address would be "not found".
PagesManager.uses_pages_directory = False

app = st.App(Path(__file__).with_name("navigation.py"), lifespan=warmed, routes=ROUTES, middleware=MIDDLEWARE)
