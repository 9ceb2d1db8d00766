"""The case of a patch: how far it has come, its trail, and the steps that whoever is there may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import streamlit as st

from components import plain, sign_in
from components.case_photos import Distance, ask_photos, photo_distance, read_photos, thumbnails
from engine import wording
from engine.wording import gettext as _
from engine.wording import ngettext
from store.casebook import Casebook
from store.cases import STEPS, Author, Case, CasebookError, CaseChanged, Entry, PhotoKept
from store.patches import SUSPECTED
from store.photos import Photo
from store.reader import ReleaseReader
from store.rows import Verdict

CASE_SIGNS: Mapping[str, str] = {"open": "☐", "checking": "◔", "confirmed": "☑", "dismissed": "☒", "closed": "▣"}
CASE_COLOURS: Mapping[str, str] = {
    "open": "#E69F00",
    "checking": "#56B4E9",
    "confirmed": "#D55E00",
    "dismissed": "#7F7F7F",
    "closed": "#009E73",
}
_ICONS = {
    "open": "add_task",
    "take": "back_hand",
    "confirm": "check_circle",
    "dismiss": "cancel",
    "close": "task_alt",
    "reopen": "replay",
    "assign": "person_add",
    "note": "edit_note",
    "photo": "add_a_photo",
}
_NAME = "author-name"
MOST_OPENED = 500  # at a time


@dataclass(frozen=True)
class _Unkept:
    """An entry that was not made because others had made some. since : theirs."""

    step: str
    values: Mapping[str, Any]
    since: Sequence[Entry]


def cases_in(area: str) -> dict[str, Case]:
    """The cases of an area by patch; none, and a word of it, where the casebook cannot be read."""
    try:
        return {case.patch: case for case in Casebook.default().cases(area)}
    except CasebookError as error:
        cannot_be_used(error)
        return {}


def case_badge(state: str) -> str:
    """The sign and the words of a case's state."""
    return f"{CASE_SIGNS[state]} {wording.case_state_name(state)}"


def today() -> date:
    """Cases are due by the calendar, of which UTC's is everyone's."""
    return datetime.now(UTC).date()


def case_part(reader: ReleaseReader, patch: str, verdicts: Sequence[Verdict], *, trail: bool = False) -> None:
    """The case of a patch, which the release need not have any more, with all that can be done about it. trail : show
    what was done at once."""
    area, book = reader.info.area, Casebook.default()
    try:
        case, entries = book.file_of(area, patch) or (None, [])
        photos = book.photos(case.id) if case else []
    except CasebookError as error:
        cannot_be_used(error)
        return
    if case is None:
        if sign_in.may("open"):
            opening = _Opening(area, reader.info.id, patch, suspicion_of(verdicts))
            _step_button("open", opening, key=f"case-{area}-{patch}")
        return
    st.markdown(_line(case), help=_opened(case))
    _conflict(case, photos)
    with st.container(horizontal=True, gap="xsmall"):
        for step, asked in STEPS.items():
            if case.state in asked.before and sign_in.may(step):
                _step_button(step, case, key=f"case-{case.id}")
    distance = partial(photo_distance, reader, patch)
    if trail:
        _trail(entries, photos, distance)
    else:
        count = ngettext("{count} entry", "{count} entries", len(entries)).format(count=wording.number(len(entries)))
        with st.expander(_("Trail: {entries}").format(entries=count)):
            _trail(entries, photos, distance)


def suspicion_of(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """What speaks against a patch, as a case keeps it."""
    return tuple(f"{one.kind}:{one.certainty}" for one in verdicts if one.kind in SUSPECTED)


@dataclass(frozen=True)
class _Opening:
    """What a case that is to be opened is of."""

    area: str
    release: str
    patch: str
    suspicion: tuple[str, ...]


def _line(case: Case) -> str:
    """State, who has it, and until when, as Markdown."""
    facts = [f"**{case_badge(case.state)}**"]
    if case.assignee:
        facts.append(plain.markdown(case.assignee))
    if due := wording.case_due(case.due, overdue=case.is_overdue(today())):
        facts.append(f":red[{due}]" if case.is_overdue(today()) else due)
    return _("Case") + " " + " · ".join(facts)


def _opened(case: Case) -> str:
    said = _("Opened {when} by {person}.").format(when=wording.moment(case.opened_at), person=case.opened_by)
    return plain.markdown(said)


def _trail(entries: Sequence[Entry], photos: Sequence[Photo], distance: Distance | None = None) -> None:
    """What was done, the latest first. distance : of photos from the patch; without it they are counted, not shown."""
    lines = []
    for entry in reversed(entries):
        own = [photo for photo in photos if photo.version == entry.version]
        lines.append(_entry_line(entry, len(own)))
        if own and distance is not None:
            st.markdown("\n".join(lines))
            lines = []
            thumbnails(entry, own, distance)
    if lines:
        st.markdown("\n".join(lines))


def _entry_line(entry: Entry, photos: int) -> str:
    who = f"**{plain.markdown(entry.by or '?')}**"
    if entry.role:
        who += f" ({plain.markdown(wording.person_role_name(entry.role))})"
    line = f"- {wording.moment(entry.at)} · {who} {plain.markdown(wording.case_entry(asdict(entry), photos))}"
    return f"{line}: {plain.markdown(entry.text)}" if entry.text else line


def _step_button(step: str, on: Case | _Opening, *, key: str) -> None:
    """A step and the form that it asks for; what is entered goes with the case as it is drawn here."""
    key = f"{key}-{step}"
    with (
        st.popover(
            wording.case_step_name(step),
            icon=f":material/{_ICONS[step]}:",
            help=wording.case_step_meaning(step),
            type="primary" if step == "confirm" else "secondary",
        ),
        st.form(key, clear_on_submit=True, border=False),
    ):
        st.caption(wording.case_step_meaning(step))
        _ask_name(key)
        if step == "assign" and isinstance(on, Case):
            people = sorted({*Casebook.default().people(), on.assignee} - {""})
            st.selectbox(
                _("To whom"),
                people,
                index=people.index(on.assignee) if on.assignee else None,
                accept_new_options=True,
                placeholder=_("a name"),
                key=f"{key}-assignee",
            )
            st.date_input(_("Until"), value=on.due, format="YYYY-MM-DD", key=f"{key}-due")
        if step == "photo":
            ask_photos(f"{key}-files")
        st.text_area(wording.case_reason_label(step), key=f"{key}-text", height=100, max_chars=4000)
        st.form_submit_button(wording.case_step_name(step), type="primary", on_click=_submit, args=[step, on, key])
    if problem := st.session_state.pop(f"{key}-problem", None):
        st.error(plain.markdown(problem))
    for told in st.session_state.pop(f"{key}-told", []):
        st.info(plain.markdown(told))


def _ask_name(key: str) -> None:
    """Where nobody signs in, who it is."""
    if sign_in.is_open():
        st.text_input(_("Your name, for the trail"), value=st.session_state.get(_NAME, ""), key=f"{key}-by")


def _submit(step: str, on: Case | _Opening, key: str) -> None:
    """Before the page runs again: `on` is what its author had before them."""
    given = {name: st.session_state.get(f"{key}-{name}") for name in ("text", "assignee", "due", "by")}
    if sign_in.is_open():
        st.session_state[_NAME] = (given["by"] or "").strip()
    author = sign_in.author(st.session_state.get(_NAME, ""))
    text = (given["text"] or "").strip()
    if author is None or not sign_in.may(step):
        problem = _("You may not do this, or your sign-in has ended.")
    elif not author.name:
        problem = _("Nothing was entered: give your name, so that others know whom to ask.")
    elif step in STEPS and STEPS[step].reason and not text:
        problem = _("Nothing was entered: say why.")
    elif step == "photo" and isinstance(on, Case):
        problem = _enter_photos(on, author, text, key)
    else:
        problem = _enter(step, on, author, {"text": text, "assignee": given["assignee"], "due": given["due"]})
    if problem:
        st.session_state[f"{key}-problem"] = problem


def _enter_photos(on: Case, by: Author, text: str, key: str) -> str:
    """Make an entry of the photos that were given, but of those that the case has; what went wrong, in words, or
    nothing."""
    try:
        read = read_photos(on, st.session_state.get(f"{key}-files") or [])
    except CasebookError:
        return _unwritten()
    if not read.problem:
        st.session_state[f"{key}-told"] = read.told
    if read.problem or not read.new:
        return read.problem
    return _enter("photo", on, by, {"text": text, "photos": read.new})


def _enter(step: str, on: Case | _Opening, by: Author, values: Mapping[str, Any]) -> str:
    """Make the entry; what went wrong, in words, or nothing."""
    book = Casebook.default()
    try:
        if isinstance(on, _Opening):
            book.open(on.area, on.patch, by=by, release=on.release, suspicion=on.suspicion, text=str(values["text"]))
        else:
            book.enter(on, step, by=by, **values)
    except CaseChanged as changed:
        st.session_state[_unkept(changed.case)] = _Unkept(step, values, changed.since)
    except PhotoKept as kept:
        return _("{file} is in this case already. Nothing was entered.").format(file=kept.file)
    except CasebookError:
        return _unwritten()
    return ""


def _unwritten() -> str:
    return _("The casebook cannot be written. Nothing was entered; tell your administrator.")


def _unkept(case: Case) -> str:
    return f"unkept-{case.id}"


def _conflict(case: Case, photos: Sequence[Photo]) -> None:
    """What the reader wanted to enter beside what others have entered; nothing where nobody was in the way."""
    unkept: _Unkept | None = st.session_state.get(_unkept(case))
    if unkept is None:
        return
    with st.container(border=True):
        st.warning(
            _("Your entry was not made: others have been at this case since you saw it."),
            icon=":material/sync_problem:",
        )
        mine, theirs = st.columns(2)
        yours, meanwhile = _("Yours"), _("Meanwhile")  # what is called within a format string is not found by Babel
        mine.markdown(f"**{yours}** · {wording.case_step_name(unkept.step)}")
        mine.markdown(plain.markdown(str(unkept.values["text"])) or "–")
        with theirs:
            st.markdown(f"**{meanwhile}**")
            _trail(unkept.since, photos)
        with st.container(horizontal=True):
            if case.state in STEPS[unkept.step].before:
                st.button(_("Enter mine all the same"), key=f"again-{case.id}", on_click=_again, args=[case, unkept])
            st.button(_("Leave mine"), key=f"leave-{case.id}", on_click=_leave, args=[case])


def _again(case: Case, unkept: _Unkept) -> None:
    _leave(case)
    author = sign_in.author(st.session_state.get(_NAME, ""))
    if author is not None and sign_in.may(unkept.step):
        problem = _enter(unkept.step, case, author, unkept.values)
        st.session_state[f"case-{case.id}-{unkept.step}-problem"] = problem


def _leave(case: Case) -> None:
    st.session_state.pop(_unkept(case), None)


def open_many(area: str, release: str, suspected: Mapping[str, tuple[str, ...]], *, key: str) -> None:
    """A form that opens a case for each of several patches, of which none has one. suspected : what speaks against
    each."""
    if not suspected or not sign_in.may("open"):
        return
    count = len(suspected)
    label = ngettext("Open {count} case", "Open {count} cases", count).format(count=wording.number(count))
    # For others it is another one, and closed: it does not offer the rest when those of which it spoke are done.
    popover = st.popover(label, icon=":material/add_task:", key=f"{key}-{hash(tuple(suspected))}")
    with popover, st.form(key, clear_on_submit=True, border=False):
        st.caption(wording.case_opening_meaning(count))
        _ask_name(key)
        st.text_area(wording.case_reason_label("open"), key=f"{key}-text", height=100, max_chars=4000)
        st.form_submit_button(label, type="primary", on_click=_open_all, args=[area, release, suspected, key])
    if problem := st.session_state.pop(f"{key}-problem", None):
        st.error(problem)


def _open_all(area: str, release: str, suspected: Mapping[str, tuple[str, ...]], key: str) -> None:
    for patch, suspicion in suspected.items():
        _submit("open", _Opening(area, release, patch, suspicion), key)


def cannot_be_used(error: CasebookError) -> None:
    """Say so in place of what needs the casebook."""
    words = _("The casebook cannot be read, so that cases are not shown. Tell your administrator: {error}")
    st.warning(words.format(error=plain.markdown(str(error))))
