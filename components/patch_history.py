"""A patch across the releases of its area: the same ground, as each of them saw it."""

import pandas as pd
import streamlit as st

from components.frame import earlier_releases, release_label
from components.patch_card import activity_badge, change_badge
from components.verdicts import by_patch, headlines, verdict_badge
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader


def patch_history(reader: ReleaseReader, patch_id: str) -> None:
    """A row a release that this version can read, the newest first."""
    rows = []
    for one in [reader, *earlier_releases(reader)]:
        patch = one.patch(patch_id)
        if patch is None:
            continue
        own = headlines(by_patch(one.verdicts(patch_id)).get(patch_id, []))
        rows.append(
            {
                _("release"): release_label(one.info.id, reader.info.id),
                _("class"): wording.class_name(patch.mine_class),
                _("area, ha"): patch.area_m2 / 1e4,
                _("activity"): activity_badge(patch.activity) if patch.activity else "",
                _("change"): change_badge(patch.change) if patch.change else "",
                _("verdicts"): ", ".join(verdict_badge(verdict.kind, verdict.certainty) for verdict in own),
            }
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={_("area, ha"): st.column_config.NumberColumn(format="%.2f")},
    )
    if len(rows) == 1:
        st.caption(_("No earlier release that can be read has this patch."))
