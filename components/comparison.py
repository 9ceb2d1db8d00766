"""The comparison: which two images, which patch, and the swipe between them."""

from datetime import date

import streamlit as st

from components import selection
from components.map import MOST_AT_ONCE
from components.swipe import Bounds, SwipeImage, swipe_map
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from store.rows import Patch
from web.urls import tile_template, vector_url

_HEIGHT = 640
_NOWHERE = (0.0, 0.0, 0.0, 0.0)


def comparison(reader: ReleaseReader, chosen: Patch | None) -> None:
    """Draw the pickers and the swipe; an area of fewer than two images says so."""
    days = [image.date for image in reader.images]
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
        pick_patch(reader, chosen, none=_("all of the area"))
    swipe(reader, earlier, later, chosen, height=_HEIGHT)


def swipe(reader: ReleaseReader, earlier: date, later: date, chosen: Patch | None, *, height: int) -> None:
    """Two images with a divider, the outlines of both dates over them."""
    info, first = reader.info, reader.images[0]
    focus = _surroundings(chosen) if chosen else None
    # Of more patches than a browser holds those near the chosen one are shown.
    near = None if reader.patch_count() <= MOST_AT_ONCE else (focus or _NOWHERE)
    swipe_map(
        left=_image(reader, earlier),
        right=_image(reader, later),
        bounds=(first.west, first.south, first.east, first.north),
        focus=focus,
        outlines=vector_url(info.area, info.id, "outlines", near),
        permits=vector_url(info.area, info.id, "permits") if reader.has_register else None,
        selected=chosen.patch_id if chosen else None,
        attribution=info.attribution,
        key=f"swipe-{info.area}",
        height=height,
    )
    if reader.extraction is not None:
        how = _("Outlines of {earlier} are dashed, those of {later} solid.")
        said = [how.format(earlier=wording.day(earlier), later=wording.day(later))]
        if reader.has_register:
            said.append(_("Boundaries of permits are yellow and black."))
        st.caption(wording.joined(said))


def pick_patch(reader: ReleaseReader, chosen: Patch | None, *, none: str) -> None:
    """Let the reader choose; another choice becomes the selection of all pages. none : the words for no patch."""
    changes = reader.patch_changes()
    titles = {name: f"{name} · {wording.change_name(change)}" for name, change in changes.items() if change}
    names = [None, *changes]
    picked = st.selectbox(
        _("Patch"),
        names,
        index=names.index(chosen.patch_id) if chosen else 0,
        format_func=lambda name: none if name is None else titles.get(name, name),
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
