"""The short lists of the overview: a row opens its patch on the map."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd
import streamlit as st

from components.links import open_map
from engine import wording
from engine.wording import gettext as _
from store.summaries import Notable


def notable_list(rows: Sequence[Notable], which: str) -> None:
    """One of the lists, "expired", "outside" or "newest", with its heading; says so where nothing is in it."""
    st.subheader(wording.overview_heading(which), anchor=False)
    if not rows:
        st.caption(_("None."))
        return
    said = [wording.notable_words(asdict(row), which) for row in rows]
    table = pd.DataFrame(
        {
            wording.overview_column("patch"): [title for title, _words in said],
            wording.overview_column("what"): [words for _title, words in said],
        }
    )
    event = st.dataframe(
        table, hide_index=True, on_select="rerun", selection_mode="single-row", key=f"notable-{which}", width="stretch"
    )
    if chosen := event.selection.rows:
        open_map(rows[chosen[0]].patch_id)
