"""Charts and tables of which each part opens the list of what it counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from components.chart_settings import MARGIN, chart_config
from components.links import open_list
from engine import wording
from engine.wording import gettext as _
from store.patches import PatchFilter

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HECTARE = 1e4


@dataclass(frozen=True)
class Part:
    """A bar, a piece of one, a mark of a chart, or a row of a table.

    cells : what its row says, areas in m². show : the patches that it counts. release : of another one than is shown.
    """

    cells: tuple[str | float | None, ...]
    show: PatchFilter
    release: str | None = None

    @property
    def counts_any(self) -> bool:
        return any(cell for cell in self.cells if not isinstance(cell, str))

    def open(self) -> None:
        open_list(self.show, **({"release": self.release} if self.release else {}))


def linked_chart(
    figure: go.Figure,
    name: str,
    parts: Sequence[Sequence[Part]],
    columns: Sequence[str],
    *,
    areas: Collection[str] = (),
    height: int = 250,
) -> None:
    """Put a chart on the page, and beside it a table of the same, which a keyboard can reach and numbers stand in.

    name : of its file when it is saved. parts : of each trace, in the order of its points. columns : of the table;
    areas : those of them that hold some.
    """
    figure.update_layout(height=height, margin=MARGIN)
    event = st.plotly_chart(
        figure, key=f"chart-{name}", config=chart_config(name), on_select="rerun", selection_mode="points"
    )
    for point in event.selection.points:
        parts[point["curve_number"]][point["point_index"]].open()
    with st.popover(_("As a table"), icon=":material/table_rows:", type="tertiary", key=f"table-of-{name}"):
        rows = [part for trace in parts for part in trace if part.counts_any]
        linked_table(rows, columns, areas=areas, key=f"rows-of-{name}", width="content")
        st.caption(_("A row opens its list; by keyboard: Shift and Space."))


def linked_table(
    parts: Sequence[Part],
    columns: Sequence[str],
    *,
    key: str,
    areas: Collection[str] = (),
    digits: int = 2,
    width: Literal["stretch", "content"] = "stretch",
) -> None:
    """A table of which a row opens its list. digits : of hectares."""
    table = pd.DataFrame([part.cells for part in parts], columns=list(columns))
    event = st.dataframe(
        with_areas(table, areas, digits),
        hide_index=True,
        placeholder="",
        width=width,
        height="content",  # on paper nothing can be scrolled to
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    if chosen := event.selection.rows:
        parts[chosen[0]].open()


def with_areas(table: pd.DataFrame, areas: Collection[str], digits: int = 2) -> pd.io.formats.style.Styler:
    """A table with its areas, given in m², in hectares, in Chinese with mu; they are sorted as the numbers they are."""
    headings = {name: wording.area_heading(name) for name in areas}
    hectares = {name: table[name].astype(float) / _HECTARE for name in areas}
    styled = table.assign(**hectares).rename(columns=headings).style
    said = dict.fromkeys(headings.values(), lambda value: wording.area_cell(value * _HECTARE, digits))
    return styled.format(said, na_rep="")
