"""What is selected: one selection for list, map and URL, kept across pages."""

from dataclasses import dataclass, field, replace

import streamlit as st

from store.patches import PatchFilter

_KEY, _WRITTEN = "selection", "selection-in-url"
_NAMES = ("area", "release", "patch", "at", "show")


@dataclass(frozen=True)
class Selection:
    """area, release : by name; release None follows the current one. patch : by identifier. at : lon, lat.

    show : which patches the list and the map show.
    """

    area: str | None = None
    release: str | None = None
    patch: str | None = None
    at: tuple[float, float] | None = None
    show: PatchFilter = field(default_factory=PatchFilter)


def current() -> Selection:
    """The selection of this session; a new session takes it from the URL."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _from_url()
    selection: Selection = st.session_state[_KEY]
    return selection


def follow_url() -> None:
    """Take the selection from the URL when the reader has changed it: with Back, Forward, or by hand."""
    given = _given()
    if given and _WRITTEN in st.session_state and given != st.session_state[_WRITTEN]:
        st.session_state[_KEY] = _from_url()


def _from_url() -> Selection:
    given = st.query_params
    show = PatchFilter.from_query(given.get("show", ""))
    return Selection(given.get("area"), given.get("release"), given.get("patch"), _place(given.get("at", "")), show)


def select(**changes: object) -> None:
    """Change the selection; a new area drops what was selected in the old one."""
    selection = current()
    if "area" in changes and selection.area is not None and changes["area"] != selection.area:
        selection = Selection()
    st.session_state[_KEY] = replace(selection, **changes)  # type: ignore[arg-type]


def address() -> dict[str, str]:
    """The selection as the query of an address."""
    selection = current()
    at = f"{selection.at[0]:.5f},{selection.at[1]:.5f}" if selection.at else None
    wanted = {"area": selection.area, "release": selection.release, "patch": selection.patch, "at": at}
    wanted["show"] = selection.show.to_query()
    return {key: value for key, value in wanted.items() if value}


def show_in_url() -> None:
    """Write the selection into the URL, so that it can be sent to someone; what a page has there besides, stays."""
    known = address()
    if _given() != known:
        others = {key: value for key, value in st.query_params.items() if key not in _NAMES}
        st.query_params.from_dict(known | others)
    st.session_state[_WRITTEN] = known


def _given() -> dict[str, str]:
    """What the URL says of the selection."""
    return {key: value for key, value in st.query_params.items() if key in _NAMES}


def _place(text: str) -> tuple[float, float] | None:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (lon, lat) if -180 <= lon <= 180 and -90 <= lat <= 90 else None
