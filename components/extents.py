"""How many patches, and how much ground, there are of each class and of each activity; a row opens their list."""

from collections.abc import Callable

import streamlit as st

from components.linked_charts import Part, linked_table
from components.patch_card import activity_badge
from engine import wording
from engine.wording import gettext as _
from store.patches import PatchFilter
from store.reader import ReleaseReader


def extent_tables(reader: ReleaseReader) -> None:
    """By class and, where there is radar, by activity, on the latest image."""
    figures = reader.figures()
    areas = (_("area"), "±") if figures.area_m2 is not None else ()
    st.subheader(wording.overview_heading("extents" if reader.radar else "classes"), anchor=False)
    left, right = st.columns(2, gap="medium")
    with left:
        _table(reader, "mine_class", "classes", _("class"), wording.class_name, areas)
    if reader.radar is not None:
        with right:
            _table(reader, "activity", "activities", _("activity"), activity_badge, areas)
    if figures.area_m2 is not None and figures.latest is not None:
        words = _("Areas on the latest image, {day}; ± if every boundary lay off to the same side.")
        st.caption(words.format(day=wording.day(figures.latest)))


def _table(
    reader: ReleaseReader,
    column: str,
    field: str,
    heading: str,
    words: Callable[[str], str],
    areas: tuple[str, ...],
) -> None:
    """One of the two. field : of the filter that asks for a code. words : of a code. areas : headings, where known."""
    rows = [
        Part(
            (words(one.code), one.patches, one.area_m2, one.margin_m2)[: 2 + len(areas)],
            PatchFilter(**{field: (one.code,)}),  # type: ignore[arg-type]
        )
        for one in reader.extents(column)
    ]
    linked_table(rows, (heading, _("patches"), *areas), areas=areas, digits=1, key=f"extents-{column}")
