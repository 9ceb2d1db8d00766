"""The analyst's page: from a file of permits to verdicts, in four steps."""

import streamlit as st

from components import plain
from components.frame import header
from components.permits.check_step import check_step, understood_register
from components.permits.draft import change, current, is_gone, show_error, show_in_address
from components.permits.file_step import file_step
from components.permits.keep_step import keep_step
from components.permits.shelf import HOURS
from components.permits.verdict_step import compared, verdict_step
from engine.errors import InputError
from engine.wording import gettext as _
from store.home import Home

STEP, NEXT = "permits-step", "permits-next"
FILE, CHECK, VERDICTS, KEEP = "file", "check", "verdicts", "keep"

entered = "area" not in st.query_params  # come to from another page: the header writes it
frame = header()
reader, home = frame.reader, Home.default()
near = ((reader.info.west + reader.info.east) / 2, (reader.info.south + reader.info.north) / 2)
registers = home.registers(frame.area)
draft = current(frame.area)
names = {FILE: _("1 · File"), CHECK: _("2 · Check"), VERDICTS: _("3 · Verdicts"), KEEP: _("4 · Keep")}


def go_to(step: str) -> None:
    """A widget's own key may be set only before it is drawn: in the next run."""
    st.session_state[NEXT] = step


if draft is None:
    st.session_state.pop(NEXT, None)
    st.session_state[STEP] = FILE
elif NEXT in st.session_state or STEP not in st.session_state:
    st.session_state[STEP] = st.session_state.pop(NEXT, draft.step)
steps, title = st.columns([2, 3], vertical_alignment="center")
with steps:
    st.segmented_control(
        _("Step"),
        list(names),
        format_func=names.__getitem__,
        key=STEP,
        required=True,
        label_visibility="collapsed",
        disabled=draft is None,
    )
step = st.session_state[STEP] or FILE
if draft is not None:
    title.markdown(f"**{plain.markdown(draft.name)}**")
    if step != draft.step:
        draft = change(draft, step=step)
    if entered:
        # Not in every run: the reader could not go Back any more.
        show_in_address(draft)
elif is_gone():
    st.warning(
        _(
            "The file that this address stands for is no longer kept: that is so after {hours} hours, when the server "
            "was started again, and for others than who uploaded it. Choose it again."
        ).format(hours=HOURS),
        icon=":material/history:",
    )

if step == FILE or draft is None:
    if file_step(home, reader):
        go_to(CHECK)
        st.rerun()
elif step == CHECK:
    if check_step(draft, reader, near, registers) is not None:
        st.button(_("Verdicts"), type="primary", icon=":material/arrow_forward:", on_click=go_to, args=[VERDICTS])
elif (understood := understood_register(draft, near, registers)) is None:
    st.button(_("Back to step 2"), type="primary", icon=":material/arrow_back:", on_click=go_to, args=[CHECK])
else:
    register, report = understood
    try:
        if step == VERDICTS:
            verdict_step(draft, reader, register, report)
            st.button(_("Keep"), type="primary", icon=":material/arrow_forward:", on_click=go_to, args=[KEEP])
        else:
            keep_step(home, reader, draft, register, report, compared(draft, reader, register).verdicts)
    except InputError as error:
        show_error(error)
