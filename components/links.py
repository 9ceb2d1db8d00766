"""Links from a figure to what it is made of."""

import streamlit as st

from components import selection
from engine.wording import gettext as _
from store.patches import PatchFilter


def map_link(area: str, patch_id: str) -> None:
    """A button that opens the map with a patch selected."""
    if st.button(_("Show on map"), key=f"map-{area}-{patch_id}", icon=":material/map:", type="tertiary"):
        open_map(patch_id)


def open_map(patch_id: str, **changes: str) -> None:
    """Go to the map with a patch selected. changes : of the selection besides, such as another release."""
    selection.select(patch=patch_id, at=None, **changes)
    _go("pages/inspect/map.py")


def compare_link(patch_id: str) -> None:
    """A button that opens the images of two dates side by side, with a patch selected."""
    if st.button(_("Compare the images"), key=f"compare-{patch_id}", icon=":material/compare:", type="tertiary"):
        selection.select(patch=patch_id, at=None)
        _go("pages/inspect/compare.py")


def list_link(show: PatchFilter, words: str, *, key: str) -> None:
    """A button that opens the map and its list with the patches that a figure counts."""
    if st.button(words, key=f"list-{key}", icon=":material/list:", type="tertiary"):
        open_list(show)


def open_list(show: PatchFilter, **changes: str) -> None:
    """Go to the map and its list with the patches of a filter. changes : of the selection besides."""
    selection.select(patch=None, at=None, show=show, **changes)
    _go("pages/inspect/map.py")


def cases_link(words: str) -> None:
    """A button that opens the page of cases."""
    if st.button(words, key="cases-page", icon=":material/assignment:", type="tertiary"):
        _go("pages/cases/cases.py")


def patch_link(patch_id: str) -> None:
    """A button that opens the page of a patch."""
    if st.button(_("All about it"), key=f"patch-{patch_id}", icon=":material/article:", type="tertiary"):
        selection.select(patch=patch_id, at=None)
        _go("pages/inspect/patch.py")


def _go(page: str) -> None:
    """To a page with the selection in its address from the first: written there later, Back would stop at both."""
    st.switch_page(page, query_params=selection.address())
