"""The comparison: which two images, which patch, and the swipe between them."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from components import selection
from components.swipe import Bounds, SwipeImage, swipe_map
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from store.rows import Patch
from web.urls import tile_template, vector_url

_HEIGHT = 640


def comparison(reader: ReleaseReader, patches: Sequence[Patch], chosen: Patch | None) -> None:
    """Draw the pickers and the swipe; an area of fewer than two images says so."""
    info, days = reader.info, [image.date for image in reader.images]
    if len(days) < 2:
        few = _("To compare, two images of different dates are needed; this area has {count}.")
        st.info(few.format(count=len(days)))
        return
    left_column, right_column, patch_column = st.columns([1.2, 1.2, 3])
    with left_column:
        earlier: date = st.selectbox(_("Left"), days[:-1], format_func=wording.day)
    with right_column:
        after = [day for day in days if day > earlier]
        later: date = st.selectbox(_("Right"), after, index=len(after) - 1, format_func=wording.day)
    with patch_column:
        _pick_patch(patches, chosen)
    first = reader.images[0]
    swipe_map(
        left=_image(reader, earlier),
        right=_image(reader, later),
        bounds=(first.west, first.south, first.east, first.north),
        focus=_surroundings(chosen) if chosen else None,
        outlines=vector_url(info.area, info.id, "outlines"),
        selected=chosen.patch_id if chosen else None,
        attribution=info.attribution,
        key=f"swipe-{info.area}",
        height=_HEIGHT,
    )
    if reader.extraction is not None:
        how = _("Outlines of {earlier} are dashed, those of {later} solid.")
        st.caption(how.format(earlier=wording.day(earlier), later=wording.day(later)))


def _pick_patch(patches: Sequence[Patch], chosen: Patch | None) -> None:
    """Let the reader choose; another choice becomes the selection of all pages."""
    names = [None, *(patch.patch_id for patch in patches)]
    titles = {
        patch.patch_id: f"{patch.patch_id} · {wording.change_name(patch.change)}" for patch in patches if patch.change
    }
    picked = st.selectbox(
        _("Patch"),
        names,
        index=names.index(chosen.patch_id) if chosen else 0,
        format_func=lambda name: _("all of the area") if name is None else titles.get(name, name),
    )
    if picked != (chosen.patch_id if chosen else None):
        selection.select(patch=picked, at=None)
        st.rerun()


def _image(reader: ReleaseReader, day: date) -> SwipeImage:
    layer = next(image.layer for image in reader.images if image.date == day)
    return SwipeImage(tile_template(reader.info.area, reader.info.id, layer), wording.day(day), day.isoformat())


def _surroundings(patch: Patch) -> Bounds:
    """A patch with a third of its size round it: an earlier outline may reach further than the latest."""
    width, height = (patch.east - patch.west) / 3, (patch.north - patch.south) / 3
    return patch.west - width, patch.south - height, patch.east + width, patch.north + height
