"""All areas at a glance: what they come to together, and each in a row that opens its overview."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from components import selection
from components.cases import today
from components.linked_charts import with_areas
from engine import wording
from engine.wording import gettext as _
from store.casebook import Casebook
from store.cases import CasebookError
from store.home import Home
from store.reader import ReleaseReader, areas, current_release
from store.summaries import CaseFigures, Concerned, Figures


@dataclass(frozen=True)
class _Area:
    reader: ReleaseReader
    figures: Figures
    cases: CaseFigures | None

    @property
    def confirmed(self) -> Concerned | None:
        return self.cases.confirmed if self.cases else None


def all_areas(shown: str) -> None:
    """The current release of every area, where there are several."""
    readers = [reader for name in areas(Home.default()) if (reader := current_release(Home.default(), name))]
    if len(readers) < 2:
        return
    st.subheader(_("All areas"), anchor=False)
    found = [_Area(reader, reader.figures(), _case_figures(reader)) for reader in readers]
    _together(found)
    counts = {
        _("patches"): [one.figures.patches for one in found],
        _("active by radar"): [one.figures.active for one in found],
        _("suspected"): [_patches(one.figures.certain) for one in found],
        _("confirmed"): [_patches(one.confirmed) for one in found],
        _("doubtful"): [_patches(one.figures.doubtful) for one in found],
    }
    grounds = {
        _("mined ground"): [one.figures.area_m2 for one in found],
        _("suspected ground"): [_ground(one.figures.certain) for one in found],
    }
    table = pd.DataFrame(
        {
            _("Monitored area"): [one.reader.info.title for one in found],
            _("as of"): [wording.day(one.reader.info.last_date) for one in found],
            **{name: pd.array(values, dtype="Int64") for name, values in counts.items()},
            **{name: pd.array(values, dtype="Float64") for name, values in grounds.items()},
        }
    )
    event = st.dataframe(
        with_areas(table, list(grounds), digits=1),
        hide_index=True,
        placeholder="",
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key=f"all-areas-{shown}",
    )
    st.caption(_("Choose a row to see its overview. An empty cell: not measured there."))
    if (rows := event.selection.rows) and readers[rows[0]].info.area != shown:
        selection.select(area=readers[rows[0]].info.area, release=None)
        st.rerun()


def _case_figures(reader: ReleaseReader) -> CaseFigures | None:
    """None where the casebook cannot be read, of which the tiles of the page's own area have told already."""
    try:
        return reader.case_figures(Casebook.default().cases(reader.info.area), today())
    except CasebookError:
        return None


def _together(found: Sequence[_Area]) -> None:
    """What was measured anywhere, summed up."""
    mined = [one.figures.area_m2 for one in found if one.figures.area_m2 is not None]
    active = [one.figures.active for one in found if one.figures.active is not None]
    said = {
        _("Patches"): wording.number(sum(one.figures.patches for one in found)),
        _("Mined"): wording.hectares(sum(mined)) if mined else "",
        _("Active by radar"): wording.number(sum(active)) if active else "",
        _("Suspected"): _sum([one.figures.certain for one in found]),
        _("Confirmed"): _sum([one.confirmed for one in found]),
        _("Doubtful"): _sum([one.figures.doubtful for one in found]),
    }
    known = {label: value for label, value in said.items() if value}
    for column, (label, value) in zip(st.columns(len(known), gap="small"), known.items(), strict=True):
        column.container(border=True, height="stretch").metric(label, value)


def _sum(concerned: Sequence[Concerned | None]) -> str:
    """Patches and their ground; empty where no area has been held against permits."""
    known = [one for one in concerned if one is not None]
    if not known:
        return ""
    patches = sum(one.patches for one in known)
    words = wording.number(patches)
    return f"{words} · {wording.hectares(sum(one.likely_m2 for one in known))}" if patches else words


def _patches(concerned: Concerned | None) -> int | None:
    return concerned.patches if concerned else None


def _ground(concerned: Concerned | None) -> float | None:
    return concerned.likely_m2 if concerned else None
