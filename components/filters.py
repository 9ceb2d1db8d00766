"""Which patches the list and the map show: one filter for both."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import streamlit as st

from components.patch_card import activity_badge
from engine import wording
from engine.wording import gettext as _
from store.rows import Patch
from web.palette import ACTIVITY_SIGNS

# How sure a class has to be.
_LEVELS = (0.0, 0.8, 0.95)


def patch_filter(patches: Sequence[Patch], *, key: str) -> list[Patch]:
    """Let the reader choose by text, class, activity, how sure that is and since when; returns what is left.

    Nothing chosen is everything. How sure and since when are asked only of areas with radar.
    """
    if len(patches) < 2:
        return list(patches)
    with st.popover(_("Filter"), icon=":material/filter_alt:", width="stretch"):
        text = st.text_input(_("Identifier or name"), key=f"{key}-text").strip().casefold()
        left = [one for one in patches if text in f"{one.patch_id} {one.name}".casefold()]
        counts = Counter(one.mine_class for one in patches)
        classes = st.multiselect(
            _("Class"),
            sorted(counts),
            format_func=lambda code: f"{wording.class_name(code)} ({counts[code]})",
            placeholder=_("all"),
            key=f"{key}-class",
        )
        left = [one for one in left if not classes or one.mine_class in classes]
        if any(one.activity for one in patches):
            left = _by_motion(patches, left, key)
    if len(left) < len(patches):
        st.caption(
            _("{count} of {all} match the filter").format(
                count=wording.number(len(left)), all=wording.number(len(patches))
            )
        )
    return left


def _by_motion(patches: Sequence[Patch], left: list[Patch], key: str) -> list[Patch]:
    counts = Counter(one.activity for one in patches)
    activities = st.multiselect(
        _("Activity"),
        [code for code in ACTIVITY_SIGNS if counts[code]],
        format_func=lambda code: f"{activity_badge(code)} ({counts[code]})",
        placeholder=_("all"),
        key=f"{key}-activity",
    )
    level = st.segmented_control(
        _("At least so sure"),
        _LEVELS,
        format_func=lambda one: _("any") if one == 0 else wording.percent(one),
        default=0.0,
        key=f"{key}-sure",
    )
    since = st.date_input(
        _("Motion began, turned or was lost on or after"),
        value=None,
        format="YYYY-MM-DD",
        key=f"{key}-since",
    )
    chosen = [one for one in left if not activities or one.activity in activities]
    if level:
        chosen = [one for one in chosen if (one.class_confidence or 0.0) >= level]
    if isinstance(since, date):
        chosen = [one for one in chosen if (day := turned(one)) is not None and day >= since]
    return chosen


def turned(patch: Patch) -> date | None:
    """The last day of which something is dated at a patch."""
    days = [day for day in (patch.day, patch.lost_last) if day is not None]
    return max(days, default=None)
