"""The one server on one port: `streamlit run app.py`. Streamlit's pages beside tiles, vector data and the guard."""

from pathlib import Path

import streamlit as st

from web.routes import MIDDLEWARE, ROUTES

app = st.App(Path(__file__).with_name("navigation.py"), routes=ROUTES, middleware=MIDDLEWARE)
