"""The inspector's page: triage list, map, and what is known of the selected site or place."""

import streamlit as st

from components import plain, selection
from components.filters import patch_filter
from components.frame import header
from components.map import Pick, release_map
from components.patch_card import patch_card, place_card
from components.triage import triage_list
from components.verdicts import verdict_filter
from engine import wording
from engine.wording import gettext as _
from engine.wording import ngettext

frame = header()
reader = frame.reader
patches = reader.patches()
chosen = selection.current()
patch = next((item for item in patches if item.patch_id == chosen.patch), None)
if chosen.patch and patch is None:
    st.warning(_("There is no patch '{patch}' in this release.").format(patch=plain.markdown(chosen.patch)))


def pick_on_map(pick: Pick) -> None:
    selection.select(patch=pick.patch, at=pick.at)


def pick_in_list(patch_id: str) -> None:
    selection.select(patch=patch_id, at=None)


something = patch is not None or chosen.at is not None
list_column, map_column, *rest = st.columns([1.1, 2.9, 1.9] if something else [1.1, 4.8], gap="small")
with list_column:
    count = ngettext("{count} patch", "{count} patches", len(patches)).format(count=wording.number(len(patches)))
    st.caption(count if len(patches) < 2 else _("{count}, in order of attention").format(count=count))
    listed = patches
    if patches:
        verdicts, place = reader.verdicts(), f"{frame.area}-{frame.release}"
        listed = patch_filter(patches, key=f"filter-{place}")
        if reader.has_register:
            listed = verdict_filter(listed, verdicts, key=f"verdict-{place}")
        triage_list(listed, verdicts, patch=chosen.patch, on_pick=pick_in_list)
    else:
        nothing = _("No patches here. Click any place on the map to see what is known of it.")
        st.info(nothing)
with map_column:
    shown = None if len(listed) == len(patches) else [one.patch_id for one in listed]
    release_map(reader, patch=patch, at=chosen.at, on_pick=pick_on_map, shown=shown)
    if reader.radar is not None:
        st.caption(wording.convention(reader.radar.reference, reader.radar.incidence_deg))
if rest:
    with rest[0]:
        if chosen.at is not None:
            place_card(reader, chosen.at)
        if patch is not None:
            if chosen.at is not None:
                st.divider()
            patch_card(reader, patch)
