"""Long lists a page at a time; a page follows what is selected, until the reader turns it."""

from collections.abc import Hashable

import streamlit as st

LENGTH = 100


def page_start(key: str, total: int, *, selected: Hashable, place: int | None) -> int:
    """Number of the first row of the page that is shown, from 0.

    selected : what is selected in which list: where that has changed, its page is shown. place : its row, None where
    the list does not hold it.
    """
    last = max(total - 1, 0) // LENGTH * LENGTH
    known: tuple[Hashable, int] | None = st.session_state.get(key)
    start = 0 if known is None else known[1]
    if known is None or known[0] != selected:
        start = start if place is None else place // LENGTH * LENGTH
    start = min(start, last)
    st.session_state[key] = (selected, start)
    return start


def turn(key: str, start: int) -> None:
    """Show another page."""
    known: tuple[Hashable, int] | None = st.session_state.get(key)
    st.session_state[key] = (known[0] if known else None, start)
