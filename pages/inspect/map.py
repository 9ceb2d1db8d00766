"""The inspector's page: triage list, map, and what is known of the selected site or place."""

from functools import partial

import streamlit as st

from components import selection
from components.cases import cases_in
from components.filters import filter_row
from components.frame import header
from components.ground_card import drawn_ring, ground_card, is_latest, keep_ring
from components.map import Pick, release_map
from components.patch_card import patch_card, place_card, selected_patch
from components.photo_marks import photo_marks
from components.triage import release_list
from engine import wording

frame = header()
reader = frame.reader
chosen = selection.current()
patch = selected_patch(reader)


def pick_on_map(pick: Pick) -> None:
    selection.select(patch=pick.patch, at=pick.at)


def pick_in_list(patch_id: str) -> None:
    selection.select(patch=patch_id, at=None)


cases = {name: str(case.state) for name, case in cases_in(frame.area).items()}
show = filter_row(reader, cases).of_cases(cases)
ring = drawn_ring(reader)
focus = reader.permit_bounds(show.text) if show.text else None
cards = [partial(place_card, reader, chosen.at)] if chosen.at is not None else []
if patch is not None:
    cards.append(partial(patch_card, reader, patch))
if ring:
    cards.insert(0 if is_latest() else len(cards), partial(ground_card, reader, ring))
list_column, map_column, *rest = st.columns([1.1, 2.9, 1.9] if cards else [1.1, 4.8], gap="small")
with list_column:
    release_list(reader, show, patch=patch, on_pick=pick_in_list, cases=cases)
with map_column:
    release_map(
        reader,
        patch=patch,
        at=chosen.at,
        on_pick=pick_on_map,
        show=show,
        on_ring=partial(keep_ring, reader),
        focus=focus,
        ring=ring,
        photos=photo_marks(reader, patch.patch_id if patch else None),
    )
    if reader.radar is not None:
        st.caption(wording.convention(reader.radar.reference, reader.radar.incidence_deg))
for column in rest:
    with column:
        for number, card in enumerate(cards):
            if number:
                st.divider()
            card()
