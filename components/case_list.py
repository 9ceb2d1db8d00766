"""The list of cases: whose, in which state, of one area or of all; and the suspected patches that have none."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from components import selection, sign_in
from components.cases import CASE_SIGNS, MOST_OPENED, case_badge, cases_in, open_many, suspicion_of, today
from components.links import list_link
from components.verdicts import by_patch, verdict_badge
from engine import wording
from engine.wording import gettext as _
from engine.wording import ngettext
from store.casebook import Casebook
from store.cases import LIVE, Case, CasebookError
from store.patches import WITHOUT, PatchFilter
from store.reader import ReleaseReader

_TABLE = "cases"


def without_case(reader: ReleaseReader) -> None:
    """How many suspected patches nobody has looked at, the list of them, and a case for each."""
    if not reader.has_register:
        return
    states = {patch: str(case.state) for patch, case in cases_in(reader.info.area).items()}
    asked = PatchFilter(suspected="certain", case=WITHOUT)
    names = reader.patch_ids(asked.of_cases(states))
    if not names:
        return
    count = ngettext(
        "{count} suspected patch has no case yet", "{count} suspected patches have no case yet", len(names)
    ).format(count=wording.number(len(names)))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count}**", width="stretch")
        list_link(asked, _("Show them"), key="without-case")
        first = reader.patches(asked.of_cases(states), limit=MOST_OPENED)
        verdicts = reader.verdicts_on([one.patch_id for one in first])
        suspected = {patch: suspicion_of(own) for patch, own in by_patch(verdicts).items()}
        open_many(reader.info.area, reader.info.id, suspected, key="open-all")


def case_list(reader: ReleaseReader) -> None:
    """Pick whose cases and which states, and choose one of them; it is then the selected patch."""
    where, whose, _rest = st.columns([1.3, 1.3, 2], vertical_alignment="bottom")
    here, everywhere = _("This area"), _("All areas")
    every_area = where.segmented_control(_("Where"), [here, everywhere], default=here, key="cases-where") == everywhere
    me = sign_in.author("")
    name = me.name if me else ""
    mine = False
    if name:
        own, everyone = _("My cases"), _("Everyone's")
        mine = whose.segmented_control(_("Whose"), [own, everyone], default=everyone, key="cases-whose") == own
    try:
        known = Casebook.default().cases(None if every_area else reader.info.area)
    except CasebookError:
        return  # it has been said above
    known = [case for case in known if not mine or case.assignee == name]
    counts = Counter(str(case.state) for case in known)
    if not known:
        st.info(_("No cases yet. Open one on the map, on the card of a patch."))
        return
    states = st.pills(
        _("State"),
        list(CASE_SIGNS),
        selection_mode="multi",
        default=[str(state) for state in LIVE],
        format_func=lambda state: f"{case_badge(state)} ({wording.number(counts[state])})",
        key="cases-states",
    )
    shown = [case for case in known if case.state in states]
    overdue = sum(case.is_overdue(today()) for case in shown)
    said = ngettext("{count} case", "{count} cases", len(shown)).format(count=wording.number(len(shown)))
    late = ngettext("{count} overdue", "{count} overdue", overdue).format(count=wording.number(overdue))
    st.caption(f"{said} · {late}" if overdue else said)
    if shown:
        _table(shown, reader, with_area=every_area)


def _table(shown: Sequence[Case], reader: ReleaseReader, *, with_area: bool) -> None:
    columns = {
        _("due"): [wording.case_due(case.due, overdue=case.is_overdue(today())) for case in shown],
        _("state"): [case_badge(case.state) for case in shown],
        _("patch"): [case.patch for case in shown],
        _("suspected of"): [_suspicion(case) for case in shown],
        _("with"): [case.assignee for case in shown],
        _("last entry"): [f"{wording.day(case.changed_at.date())} · {case.changed_by}" for case in shown],
    }
    if with_area:
        columns = {_("in area"): [case.area for case in shown], **columns}
    here = (reader.info.area, selection.current().patch)
    marked = [row for row, case in enumerate(shown) if (case.area, case.patch) == here]
    # What is selected is so by its name, whatever the table was told by a click: it may come from the address.
    st.session_state[_TABLE] = {"selection": {"rows": marked}}
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        on_select=partial(_pick, shown),
        selection_mode="single-row",
        key=_TABLE,
        width="stretch",
        height=min(35 * (len(shown) + 1) + 2, 620),
        column_config={_("due"): st.column_config.TextColumn(width=170)},
    )


def _pick(shown: Sequence[Case]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        selection.select(area=shown[rows[0]].area)
    selection.select(patch=shown[rows[0]].patch if rows else None, at=None)


def _suspicion(case: Case) -> str:
    pairs = [one.partition(":") for one in case.suspicion]
    return ", ".join(verdict_badge(kind, certainty or None) for kind, _colon, certainty in pairs)
