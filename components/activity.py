"""The statistic of activity by class of mine, as the paper has it, and as the patches' own ground has it."""

from collections import Counter

import streamlit as st

from components import plain
from components.patch_card import activity_badge
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from web.palette import ACTIVITY_SIGNS


def activity_table(reader: ReleaseReader) -> None:
    """Patches by activity and class, by own ground and by the paper's rule."""
    counts = reader.activity_counts()
    if not counts:
        return
    own: Counter[tuple[str, str]] = Counter()
    paper: Counter[tuple[str, str]] = Counter()
    for (mine_class, activity, by_paper), patches in counts.items():
        own[activity, mine_class] += patches
        paper[by_paper, mine_class] += patches
    with st.expander(_("Activity by class of mine, as a table")):
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown("**" + _("By the ground of each patch") + "**")
            st.markdown(_table(own))
            st.caption(
                _(
                    "What is told from the still ground round it at 95 %, and goes beyond the threshold somewhere. "
                    "What sinks ever more slowly without growing settles."
                )
            )
        with right:
            st.markdown("**" + _("By the rule of the paper") + "**")
            st.markdown(_table(paper))
            st.caption(
                _(
                    "The nearest cluster beyond the threshold in a patch or up to {halo} m round it. Ground nearer to "
                    "another patch counts for that one."
                ).format(halo=wording.number(reader.radar.halo_m if reader.radar else 0))
            )


def _table(counts: Counter[tuple[str, str]]) -> str:
    """As Markdown: a row an activity, a column a class, with sums."""
    classes = sorted({mine_class for _activity, mine_class in counts})
    names = [plain.markdown(wording.class_name(one)) for one in classes]
    rows = []
    for code in ACTIVITY_SIGNS:
        own = [counts[code, mine_class] for mine_class in classes]
        if any(own):
            rows.append([activity_badge(code), *(wording.number(one) if one else "" for one in own), str(sum(own))])
    sums = [sum(counts[code, mine_class] for code in ACTIVITY_SIGNS) for mine_class in classes]
    rows.append([_("all"), *(str(one) for one in sums), str(sum(sums))])
    return plain.table(["", *names, _("all")], rows)
