"""The short lists of the overview: each line opens its patch on the map."""

from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from components import plain
from components.links import open_map
from engine import wording
from engine.wording import gettext as _
from store.summaries import Notable


def notable_list(rows: Sequence[Notable], which: str) -> None:
    """One of the lists, "expired", "outside" or "newest", with its heading; says so where nothing is in it."""
    st.subheader(wording.overview_heading(which), anchor=False)
    if not rows:
        st.caption(_("None."))
    # Lines, not a table: its cells would cut what is said, and on paper nobody can widen them.
    with st.container(gap=None):
        for place, row in enumerate(rows):
            title, words = wording.notable_words(asdict(row), which)
            line = f"**{plain.markdown(title)}** · {plain.markdown(words)}"
            if st.button(line, key=f"notable-{which}-{place}", type="tertiary"):
                open_map(row.patch_id)
