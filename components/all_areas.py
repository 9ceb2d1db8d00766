"""All areas at a glance: a row opens the area's overview."""

import pandas as pd
import streamlit as st

from components import selection
from engine import wording
from engine.wording import gettext as _
from store.home import Home
from store.reader import areas, current_release

_HECTARE = 1e4


def all_areas(shown: str) -> None:
    """The current release of every area, where there are several."""
    found = [reader for name in areas(Home.default()) if (reader := current_release(Home.default(), name))]
    if len(found) < 2:
        return
    st.subheader(_("All areas"), anchor=False)
    figures = [reader.figures() for reader in found]
    hectares = {
        _("mined, ha"): [None if one.area_m2 is None else one.area_m2 / _HECTARE for one in figures],
        _("suspected, ha"): [one.certain and one.certain.likely_m2 / _HECTARE for one in figures],
    }
    counts = {
        _("patches"): [one.patches for one in figures],
        _("active by radar"): [one.active for one in figures],
        _("suspected"): [one.certain and one.certain.patches for one in figures],
        _("doubtful"): [one.doubtful and one.doubtful.patches for one in figures],
    }
    table = pd.DataFrame(
        {
            _("Monitored area"): [reader.info.title for reader in found],
            _("period"): [wording.period(reader.info.first_date, reader.info.last_date) for reader in found],
            **{name: pd.array(values, dtype="Int64") for name, values in counts.items()},
            **{name: pd.array(values, dtype="Float64") for name, values in hectares.items()},
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        on_select="rerun",
        selection_mode="single-row",
        key=f"all-areas-{shown}",
        column_config={name: st.column_config.NumberColumn(format="%.1f") for name in hectares},
    )
    st.caption(_("Choose a row to see its overview. An empty cell: not measured there."))
    if (rows := event.selection.rows) and found[rows[0]].info.area != shown:
        selection.select(area=found[rows[0]].info.area, release=None)
        st.rerun()
