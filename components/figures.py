"""The tiles at the top of the overview: each figure with what became of it, and the list of what it is made of."""

import math
from collections.abc import Mapping

import streamlit as st

from components.cases import cannot_be_used, today
from components.links import cases_link, list_link
from engine import wording
from engine.wording import gettext as _
from store.casebook import Casebook
from store.cases import CasebookError
from store.patches import WITHOUT, PatchFilter
from store.reader import ReleaseReader
from store.summaries import MOTION, WORK, CaseFigures

_MOST = 6  # in a row
_WHOLE = 0.97  # of a frame; a rim without data is no gap
_LISTS: Mapping[str, PatchFilter] = {
    "patches": PatchFilter(),
    "area": PatchFilter(),
    "new": PatchFilter(changes=("new",)),
    "grown": PatchFilter(changes=("grown",)),
    "active": PatchFilter(activities=WORK),
    "fastest": PatchFilter(activities=MOTION),
    "tested": PatchFilter(verdicts=("not_tested:",)),
    "certain": PatchFilter(suspected="certain"),
    "doubtful": PatchFilter(suspected="doubtful"),
    "confirmed": PatchFilter(suspected="certain", case="confirmed"),
    "unopened": PatchFilter(suspected="certain", case=WITHOUT),
}


def figure_tiles(figures: list[wording.Figure]) -> None:
    """Rows of equal length, as far as they go."""
    rows = math.ceil(len(figures) / _MOST)
    in_a_row = math.ceil(len(figures) / rows)
    columns = [column for _row in range(rows) for column in st.columns(in_a_row, gap="small")]
    for column, figure in zip(columns, figures, strict=False):
        with column.container(border=True, height="stretch"):
            st.metric(
                figure.label,
                figure.value,
                figure.change or None,
                delta_color="off",
                help=figure.meaning,
            )
            words = _("Show the others") if figure.code == "tested" else _("Show them")
            if figure.code == "cases":
                cases_link(words)
                continue
            list_link(_LISTS[figure.code], words, key=f"tile-{figure.code}")


def case_figures(reader: ReleaseReader) -> CaseFigures | None:
    """What has become of the suspicions; None, and a word of it, where the casebook cannot be read."""
    try:
        return reader.case_figures(Casebook.default().cases(reader.info.area), today())
    except CasebookError as error:
        cannot_be_used(error)
        return None


def hidden_share(reader: ReleaseReader) -> None:
    """Say which images do not show the whole frame: what they do not show is not in their areas."""
    for image in reader.images:
        if image.valid_share < _WHOLE:
            text = _("The image of {day} shows {share} of the frame; the rest is not counted.")
            st.caption(text.format(day=wording.day(image.date), share=wording.percent(image.valid_share)))
