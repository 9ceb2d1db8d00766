"""The filter of the list and the map: one row of controls, one `PatchFilter` in the selection and its address."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from components import plain, selection
from components.cases import CASE_SIGNS, case_badge
from components.patch_card import activity_badge, change_badge
from components.places import is_written_as_place, read_place
from components.verdicts import verdict_badge
from engine import wording
from engine.wording import gettext as _
from store.patches import WITHOUT, PatchFilter
from store.reader import ReleaseReader
from web.palette import ACTIVITY_SIGNS, CHANGE_SIGNS, VERDICT_SIGNS

_SEEN = "filter-seen"
# How sure a class of activity has to be.
_LEVELS = (0.0, 0.8, 0.95)
_HECTARE = 1e4
# Streamlit asks for a day within ten years of today unless it is told otherwise.
_FIRST_DAY, _LAST_DAY = date(1990, 1, 1), date(2100, 1, 1)


def filter_row(reader: ReleaseReader, cases: Mapping[str, str]) -> PatchFilter:
    """Draw the controls, keep what they say in the selection, and return it. cases : their states by patch."""
    chosen = selection.current().show
    if st.session_state.get(_SEEN) != chosen or _key("text") not in st.session_state:
        _take(chosen)
    facets = _facets(reader)
    text, *columns, more, clear = st.columns(
        [2.4, *[1.3] * len(facets), 1.3, 1.1], gap="small", vertical_alignment="center"
    )
    said = text.text_input(
        _("Identifier, name, permit or place"),
        key=_key("text"),
        placeholder=_("Identifier, name, permit or place"),
        help=_(
            "Part of an identifier or name, the number of a permit, or a place: degrees (37.65 N 105.49 E, or 37.65, "
            "105.49) or CGCS2000 Gauss–Krüger in metres (4166500, 35455000)."
        ),
        label_visibility="collapsed",
        icon=":material/search:",
        on_change=_go_to_place,
        args=[reader],
    )
    values: dict[str, Any] = {"text": said.strip()}
    for column, (name, label, options, words) in zip(columns, facets, strict=True):
        values[name] = _facet(column, name, label, options, words)
    values |= _more(more, reader, cases)
    found = PatchFilter(**values)
    if clear.button(_("Clear"), icon=":material/filter_alt_off:", type="tertiary", disabled=not found):
        selection.select(show=PatchFilter())
        st.rerun()
    # A place that is one has been gone to by now.
    if is_written_as_place(found.text):
        st.warning(
            _(
                "There is no place '{text}': latitudes end at 90°, longitudes at 180°, and coordinates in metres are "
                "northing and easting of a CGCS2000 zone."
            ).format(text=plain.markdown(found.text)),
            icon=":material/wrong_location:",
        )
    st.session_state[_SEEN] = found
    if found != chosen:
        selection.select(show=found)
        selection.show_in_url()
    return found


def _go_to_place(reader: ReleaseReader) -> None:
    """A text that is a place is not looked for among patches: the place is selected."""
    info, key = reader.info, _key("text")
    middle = ((info.west + info.east) / 2, (info.south + info.north) / 2)
    place = read_place(st.session_state[key], middle)
    if place is not None:
        st.session_state[key] = ""
        selection.select(patch=None, at=place)


def _key(name: str) -> str:
    return f"filter-{name}"


def _take(chosen: PatchFilter) -> None:
    """Set the controls to a filter that came from elsewhere: from an address, or from a figure of another page.

    Addresses are written by hand, too: what a control cannot show is brought to the nearest that it can.
    """
    for name in ("text", "suspected", "case", "began", "within"):
        st.session_state[_key(name)] = getattr(chosen, name)
    st.session_state[_key("sure")] = max(level for level in _LEVELS if level <= chosen.sure)
    for name in ("since", "until"):
        day = getattr(chosen, name)
        st.session_state[_key(name)] = day and min(max(day, _FIRST_DAY), _LAST_DAY)
    for name in ("classes", "activities", "changes", "verdicts"):
        st.session_state[_key(name)] = list(getattr(chosen, name))
    st.session_state[_key("least")] = chosen.least_m2 / _HECTARE


Facet = tuple[str, str, dict[str, int], Callable[[str], str]]


def _facets(reader: ReleaseReader) -> list[Facet]:
    """What can be chosen: name, label, patches by code, and the words of a code."""
    facets: list[Facet] = [("classes", _("Class"), reader.counts("mine_class"), wording.class_name)]
    if reader.radar is not None:
        facets.append(
            ("activities", _("Activity"), _ordered(reader.counts("activity"), ACTIVITY_SIGNS), activity_badge)
        )
    if reader.extraction is not None and len(reader.images) > 1:
        facets.append(("changes", _("Change"), _ordered(reader.counts("change"), CHANGE_SIGNS), change_badge))
    if reader.has_register:
        counts = reader.counts("verdicts")
        every = [f"{kind}:{how}" for kind in VERDICT_SIGNS for how in ("certain", "doubtful", "")]
        facets.append(("verdicts", _("Verdict"), _ordered(counts, every), _verdict))
    return facets


def _ordered(counts: dict[str, int], order: Sequence[str] | dict[str, str]) -> dict[str, int]:
    return {code: counts[code] for code in order if code in counts}


def _verdict(code: str) -> str:
    kind, _colon, certainty = code.partition(":")
    return verdict_badge(kind, certainty or None)


def _facet(column: Any, name: str, label: str, counts: dict[str, int], words: Callable[[str], str]) -> tuple[str, ...]:
    key = _key(name)
    chosen = [code for code in st.session_state.get(key, []) if code in counts]
    st.session_state[key] = chosen
    with column.popover(f"{label} · {len(chosen)}" if chosen else label, width="stretch"):
        picked = st.pills(
            label,
            list(counts),
            selection_mode="multi",
            format_func=lambda code: f"{words(code)} ({wording.number(counts[code])})",
            key=key,
        )
    return tuple(picked)


def _more(column: Any, reader: ReleaseReader, cases: Mapping[str, str]) -> dict[str, Any]:
    """Its case, how sure, since when, how large, where, and whether suspected."""
    keys = {name: _key(name) for name in ("sure", "since", "until", "began", "within", "least", "suspected", "case")}
    shown = [name for name in keys if name != "suspected" or reader.has_register]
    # Streamlit forgets what a control said that is not drawn any more.
    asked = sum(bool(st.session_state.get(keys[name])) for name in shown)
    values: dict[str, Any] = {}
    more = _("More")
    with column.popover(f"{more} · {asked}" if asked else more, width="stretch"):
        values["case"] = _case(cases, keys["case"])
        if reader.has_register:
            names = {"": _("any"), "certain": _("suspected"), "doubtful": _("doubtful")}
            values["suspected"] = (
                st.segmented_control(
                    _("Against permits"), list(names), format_func=names.__getitem__, key=keys["suspected"]
                )
                or ""
            )
        if reader.radar is not None:
            values["sure"] = (
                st.segmented_control(
                    _("Activity at least so sure"),
                    _LEVELS,
                    format_func=lambda one: _("any") if one == 0 else wording.percent(one),
                    key=keys["sure"],
                )
                or 0.0
            )
            first, last = st.columns(2)
            limits: dict[str, Any] = {"format": "YYYY-MM-DD", "min_value": _FIRST_DAY, "max_value": _LAST_DAY}
            values["since"] = first.date_input(_("Began, turned or lost from"), key=keys["since"], **limits)
            values["until"] = last.date_input(_("until"), key=keys["until"], **limits)
            values["began"] = _month(reader, keys["began"])
        values["within"] = _square(keys["within"])
        values["least_m2"] = (
            st.number_input(_("At least, ha"), min_value=0.0, step=0.5, format="%.1f", key=keys["least"]) * _HECTARE
        )
    return values


def _month(reader: ReleaseReader, key: str) -> date | None:
    """The month of the overview's chart in which a patch began."""
    months = list(dict.fromkeys(row.month for row in reader.onsets()))
    if st.session_state[key] not in months:  # by an address
        st.session_state[key] = None
    return st.selectbox(
        _("Motion or loss of coherence began in"),
        [None, *months],
        format_func=lambda one: _("any") if one is None else wording.month(one),
        key=key,
    )


def _square(key: str) -> tuple[float, ...] | None:
    """The part of the frame that was chosen on the overview; there is none to choose here."""
    chosen: tuple[float, ...] | None = st.session_state.get(key)
    if chosen is None:
        return None
    west, south, east, north = chosen
    at = wording.place((west + east) / 2, (south + north) / 2)
    words = _("square round {place}").format(place=at)
    return st.pills(_("Where"), [chosen], format_func=lambda _one: words, key=key)


def _case(cases: Mapping[str, str], key: str) -> str:
    """How far the case is, with how many are."""
    counts = Counter(cases.values())
    names = {"": _("any"), WITHOUT: _("no case")}
    names |= {state: f"{case_badge(state)} ({wording.number(counts[state])})" for state in CASE_SIGNS if counts[state]}
    if st.session_state[key] not in names:  # by an address, or the last of them has gone on
        st.session_state[key] = ""
    return st.pills(_("Case"), list(names), format_func=names.__getitem__, key=key) or ""
