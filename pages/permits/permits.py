"""The analyst's page: from a file of permits to verdicts, in four steps."""

import streamlit as st

from components import plain
from components.frame import header
from components.permits.check_step import check_step
from components.permits.draft import current, show_error
from components.permits.file_step import file_step
from components.permits.keep_step import keep_step
from components.permits.verdict_step import compared, verdict_step
from engine.errors import InputError
from engine.wording import gettext as _
from store.home import Home

STEP, NEXT = "permits-step", "permits-next"
FILE, CHECK, VERDICTS, KEEP = "file", "check", "verdicts", "keep"

frame = header()
reader, home = frame.reader, Home.default()
near = ((reader.info.west + reader.info.east) / 2, (reader.info.south + reader.info.north) / 2)
registers = home.registers(frame.area)
draft = current(frame.area)
names = {FILE: _("1 · File"), CHECK: _("2 · Check"), VERDICTS: _("3 · Verdicts"), KEEP: _("4 · Keep")}


def go_to(step: str) -> None:
    """A widget's own key may be set only before it is drawn: in the next run."""
    st.session_state[NEXT] = step


if NEXT in st.session_state or draft is None:
    st.session_state[STEP] = st.session_state.pop(NEXT, FILE) if draft is not None else FILE
steps, title = st.columns([2, 3], vertical_alignment="center")
with steps:
    st.segmented_control(
        _("Step"),
        list(names),
        default=FILE if STEP not in st.session_state else None,
        format_func=names.__getitem__,
        key=STEP,
        required=True,
        label_visibility="collapsed",
        disabled=draft is None,
    )
if draft is not None:
    title.markdown(f"**{plain.markdown(draft.name)}**")
step = st.session_state[STEP] or FILE

if step == FILE or draft is None:
    if file_step(home, frame.area):
        go_to(CHECK)
        st.rerun()
elif step == CHECK:
    if check_step(draft, reader, near, registers) is not None:
        st.button(_("Verdicts"), type="primary", icon=":material/arrow_forward:", on_click=go_to, args=[VERDICTS])
else:
    try:
        register, report = draft.register(near, registers)
        if step == VERDICTS:
            verdict_step(draft, reader, register, report)
            st.button(_("Keep"), type="primary", icon=":material/arrow_forward:", on_click=go_to, args=[KEEP])
        else:
            keep_step(home, reader, draft, register, report, compared(draft, reader, register).verdicts)
    except InputError as error:
        show_error(error)
