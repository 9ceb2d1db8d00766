"""The Streamlit script of the app: page list, who may open what, and run; nothing else."""

import streamlit as st

from components.frame import begin_page
from components.sign_in import admitted
from engine.wording import gettext as _

begin_page()

PAGES = [
    st.Page("pages/inspect/map.py", title=_("Map"), icon=":material/map:", url_path="map", default=True),
    st.Page("pages/inspect/patch.py", title=_("Patch"), icon=":material/article:", url_path="patch"),
    st.Page("pages/inspect/compare.py", title=_("Compare"), icon=":material/compare:", url_path="compare"),
    st.Page("pages/cases/cases.py", title=_("Cases"), icon=":material/assignment:", url_path="cases"),
    st.Page("pages/permits/permits.py", title=_("Permits"), icon=":material/gavel:", url_path="permits"),
    st.Page("pages/overview/summary.py", title=_("Overview"), icon=":material/monitoring:", url_path="overview"),
    st.Page("pages/quality/quality.py", title=_("Quality"), icon=":material/fact_check:", url_path="quality"),
    st.Page("pages/quality/sources.py", title=_("Sources"), icon=":material/menu_book:", url_path="sources"),
]

pages, position = admitted(PAGES)
st.navigation(pages, position=position).run()
