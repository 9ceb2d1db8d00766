"""What stands on every page: its settings, the header with area and release, and the states without data."""

import json
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from components import plain, selection, sign_in
from engine import wording
from engine.wording import gettext as _
from store.assessments import Assessment, read_assessment
from store.home import Home
from store.reader import (
    ReleaseReader,
    RunStatus,
    areas,
    areas_at_work,
    current_release,
    readable_releases,
    release,
    releases,
    run_status,
)
from store.rows import Extraction

_MOST_EARLIER = 12
_SPOKEN = "spoken-language"
# A file of our own: a named icon would be fetched from the internet as favicon. Its content, not its path: whoever has
# not signed in may not fetch what Streamlit keeps of files.
_ICON = b64encode((Path(__file__).parents[1] / "static" / "icon.png").read_bytes()).decode()
_CSS = """
.block-container { padding: 4.4rem 2rem 1rem; }
[data-testid="stMetric"] { padding: 0.4rem 0.2rem; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; font-size: clamp(1.1rem, 1.7vw, 1.8rem); }
/* Hectares and mu: half of it would be no figure; a second line begins with the bracket. */
[data-testid="stMetricValue"] * { white-space: normal !important; font-size: inherit !important; word-break: keep-all;
  text-wrap: balance; }
/* Its name, with a date in it, takes a second line where the window is narrow. */
[data-testid="stMetricLabel"] * { white-space: normal !important; overflow: visible !important; }
h3 { font-size: 1.2rem !important; }
/* A photo in a trail is a button with a picture in place of words. */
[class*="st-key-photo-"] button { padding: 0; min-height: 0; border-radius: 4px; overflow: hidden; }
[class*="st-key-photo-"] button p { line-height: 0; }
[class*="st-key-photo-"] button img { width: 124px; height: 93px; max-height: none !important; object-fit: cover; }
/* Large, it leaves room for what is known of it. */
.st-key-large-photo img { display: block; max-height: 54vh; margin: 0 auto; }
/* Streamlit's own grey is too light on white to be read by everyone (WCAG 2: 4.5 to 1). */
[data-testid="stCaptionContainer"] { color: inherit !important; opacity: 0.78; }
[data-testid="stCaptionContainer"] p { color: inherit !important; }
""" + (Path(__file__).parent / "print.css").read_text(encoding="utf-8")
# On the light blue of the dark theme Streamlit writes in white, which few can read (WCAG 2: 1.9 to 1). Its tables are
# pictures painted in the theme: on paper a dark one is turned round.
_DARK = """
[data-testid^="stBaseButton-primary"] { color: #10212c; }
@media print { [data-testid="stDataFrame"] canvas { filter: invert(1) hue-rotate(180deg); } }
"""


@dataclass(frozen=True)
class Frame:
    """The release that the page shows."""

    reader: ReleaseReader

    @property
    def area(self) -> str:
        return self.reader.info.area

    @property
    def release(self) -> str:
        return self.reader.info.id


def earlier_releases(reader: ReleaseReader) -> list[ReleaseReader]:
    """Releases of the same area that this version can read, the one before first."""
    home, area = Home.default(), reader.info.area
    names = [name for name in readable_releases(home, area) if name < reader.info.id][:_MOST_EARLIER]
    return [found for name in names if (found := release(home, area, name))]


def assessment_of(reader: ReleaseReader, extraction: Extraction) -> Assessment | None:
    """The assessment of the very model that a release's patches were found with, if one has been made."""
    return read_assessment(Home.default(), reader.info.area, extraction.sha256, extraction.threshold)


def begin_page() -> None:
    """Settings of every page, before anything is drawn."""
    st.set_page_config(page_title="Pitwatch", page_icon=f"data:image/png;base64,{_ICON}", layout="wide")
    wording.use_language(_language())
    st.html(f"<style>{_CSS}{_uploads()}{_DARK if st.context.theme.type == 'dark' else ''}</style>")


def _uploads() -> str:
    """Streamlit's fields for files speak English alone: what they say is put beside them in the reader's language."""
    zone = '[data-testid="stFileUploaderDropzone"]'
    said = {
        f'{zone} [data-testid^="stBaseButton"] p': _("Choose files"),
        f'{zone} [data-testid="stFileUploaderDropzoneInstructions"] *': "",
        f'{zone} [data-testid="stFileUploaderDropzoneInstructions"]': _("or drop them here"),
    }
    return "\n".join(
        f"{where} {{ font-size: 0; }}\n{where}::after {{ content: {_quoted(text)}; font-size: 0.875rem; }}"
        for where, text in said.items()
    )


def _quoted(text: str) -> str:
    """As CSS writes a text."""
    return json.dumps(text, ensure_ascii=False)


def _language() -> str:
    """The one that the reader has chosen, else that of the browser where it is spoken here."""
    given = (st.context.locale or "").partition("-")[0]
    chosen: str = st.session_state.get(_SPOKEN, given)
    return chosen if chosen in wording.LANGUAGES else "en"


def header() -> Frame:
    """Draw the pickers of area and release; where there is nothing to show, say what to do and stop the page."""
    home = Home.default()
    names = areas(home)
    if not names:
        _nothing_yet(home)
    selection.follow_url()
    chosen = selection.current()
    if chosen.area not in names:
        if chosen.area:
            unknown = plain.markdown(chosen.area)
            st.warning(_("There is no area '{area}' here; another one is shown.").format(area=unknown))
        selection.select(area=names[0])
        chosen = selection.current()
    area = str(chosen.area)
    newest = current_release(home, area)
    shown = release(home, area, chosen.release) if chosen.release else newest
    if chosen.release and shown is None:
        unknown = plain.markdown(chosen.release)
        st.warning(_("There is no release {release} here; the current one is shown.").format(release=unknown))
        selection.select(release=None)
        shown = newest
    if shown is None or newest is None:
        st.error(_("The release of this area was written by another version of Pitwatch. Run `make run` again."))
        st.stop()
    _pickers(home, names, shown, newest)
    selection.show_in_url()
    return Frame(shown)


def _pickers(home: Home, names: list[str], shown: ReleaseReader, newest: ReleaseReader) -> None:
    titles = {name: found.info.title for name in names if (found := current_release(home, name))}
    known = releases(home, shown.info.area)
    widths = [2.6, 2.6, 3.9, 1.1] if sign_in.is_open() else [2.5, 2.5, 3.1, 1.1, 1]
    area_column, release_column, note_column, language_column, *way_out = st.columns(
        widths, vertical_alignment="center"
    )
    with language_column:
        _language_switch()
    for column in way_out:
        with column:
            sign_in.sign_out_button()
    with area_column:
        area = st.selectbox(
            _("Monitored area"),
            names,
            index=names.index(shown.info.area),
            format_func=lambda name: _area_label(name, titles),
            label_visibility="collapsed",
        )
    with release_column:
        picked = st.selectbox(
            _("Release"),
            known,
            index=known.index(shown.info.id),
            format_func=lambda name: release_label(name, newest.info.id),
            label_visibility="collapsed",
        )
    if area != shown.info.area:
        selection.select(area=area)
        st.rerun()
    if picked != shown.info.id:
        selection.select(release=None if picked == newest.info.id else picked)
        st.rerun()
    with note_column:
        _notes(shown, newest, run_status(home, shown.info.area))


def _language_switch() -> None:
    def speak() -> None:
        st.session_state[_SPOKEN] = st.session_state["language-switch"]

    # Not in the reader's language: each names itself.
    names = {"en": "English", "zh": "中文"}
    st.selectbox(
        _("Language"),
        list(names),
        index=list(names).index(wording.language()),
        format_func=names.__getitem__,
        key="language-switch",
        on_change=speak,
        label_visibility="collapsed",
    )


def _area_label(name: str, titles: dict[str, str]) -> str:
    """The area's title; with its name where several share one."""
    title = titles.get(name, name)
    return f"{title} ({name})" if list(titles.values()).count(title) > 1 else title


def release_label(name: str, newest: str) -> str:
    """When a release was published, and whether it is the current one."""
    stamp = f"{name[:4]}-{name[4:6]}-{name[6:8]} {name[9:11]}:{name[11:13]} UTC"
    return _("{stamp} (current)").format(stamp=stamp) if name == newest else stamp


def _notes(shown: ReleaseReader, newest: ReleaseReader, status: RunStatus | None) -> None:
    """The period shown, and what a reader should know of newer releases and runs."""
    badges = []
    if shown.info.id != newest.info.id:
        badges.append(("orange", "update", _("a newer release is there")))
    if status and status.state == "running":
        badges.append(("blue", "progress_activity", _("a run is at work: {step}").format(step=_step(status))))
    if status and status.state == "failed":
        badges.append(("red", "error", _("the last run failed; this release is older")))
    if status and status.state == "broken_off":
        badges.append(("orange", "warning", _("the last run broke off; start it again to resume")))
    badges.append(sign_in.badge())
    period = wording.period(shown.info.first_date, shown.info.last_date)
    text = " ".join([period, *(f":{colour}-badge[:material/{icon}: {words}]" for colour, icon, words in badges)])
    st.markdown(text, help=plain.markdown(status.error or "") if status and status.state == "failed" else None)


def _step(status: RunStatus) -> str:
    """The step that a run is at, with how far it is."""
    return f"{status.step} {status.done}/{status.total}" if status.total else status.step


def _nothing_yet(home: Home) -> None:
    sign_in.sign_out_button()
    st.title(_("No area has been published yet"))
    for area in areas_at_work(home):
        status = run_status(home, area)
        if status and status.state == "running":
            st.info(f"**{area}** · " + _("a run is at work: {step}").format(step=_step(status)))
        elif status and status.error:
            st.error(f"**{area}** · " + _("the last run failed: {error}").format(error=plain.markdown(status.error)))
    st.markdown(
        _(
            "Pitwatch shows what its engine has published. To publish the areas that ship with it, run in its "
            "folder:\n\n```\nmake run\n```\n\nor one area of your own:\n\n```\npython -m engine run FOLDER\n```"
        )
    )
    st.stop()
