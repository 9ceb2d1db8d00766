"""The images of two dates side by side, with the outlines of both."""

from datetime import date

import streamlit as st

from components import selection
from components.frame import header
from components.patch_card import patch_facts, patch_sentence, patch_title
from components.swipe import SwipeImage, swipe_map
from engine import wording
from engine.wording import gettext as _
from store.rows import Image, Patch
from web.urls import tile_template, vector_url

_HEIGHT = 640

frame = header()
reader = frame.reader
info, images = reader.info, {image.date: image for image in reader.images}
if len(images) < 2:
    st.info(_("To compare, two images of different dates are needed; this area has {count}.").format(count=len(images)))
    st.stop()


def swipe_image(image: Image) -> SwipeImage:
    tiles = tile_template(info.area, info.id, image.layer)
    return SwipeImage(tiles, wording.day(image.date), image.date.isoformat())


def surroundings(patch: Patch) -> tuple[float, float, float, float]:
    """A patch with a third of its size round it: an earlier outline may reach further than the latest."""
    width, height = (patch.east - patch.west) / 3, (patch.north - patch.south) / 3
    return patch.west - width, patch.south - height, patch.east + width, patch.north + height


days = list(images)
patches = reader.patches()
chosen = selection.current()
patch = next((item for item in patches if item.patch_id == chosen.patch), None)

earlier_column, later_column, patch_column = st.columns([1.2, 1.2, 3])
with earlier_column:
    earlier: date = st.selectbox(_("Left"), days[:-1], format_func=wording.day)
with later_column:
    after = [day for day in days if day > earlier]
    later: date = st.selectbox(_("Right"), after, index=len(after) - 1, format_func=wording.day)
with patch_column:
    names = [None, *(item.patch_id for item in patches)]
    titles = {item.patch_id: f"{item.patch_id} · {wording.change_name(item.change)}" for item in patches if item.change}
    picked = st.selectbox(
        _("Patch"),
        names,
        index=names.index(patch.patch_id) if patch else 0,
        format_func=lambda name: _("all of the area") if name is None else titles.get(name, name),
    )
    if picked != chosen.patch:
        selection.select(patch=picked, at=None)
        st.rerun()

swipe_map(
    left=swipe_image(images[earlier]),
    right=swipe_image(images[later]),
    bounds=(info.west, info.south, info.east, info.north),
    focus=surroundings(patch) if patch else None,
    outlines=vector_url(info.area, info.id, "outlines"),
    selected=patch.patch_id if patch else None,
    attribution=info.attribution,
    key=f"swipe-{info.area}",
    height=_HEIGHT,
)
if patch is not None:
    st.markdown(f"**{patch_title(patch)}** · " + " · ".join(patch_facts(patch)))
    st.markdown(patch_sentence(reader, patch))
elif patches:
    st.caption(
        _("Choose a patch to go to it. Outlines of {earlier} are dashed, those of {later} solid.").format(
            earlier=wording.day(earlier), later=wording.day(later)
        )
    )
