"""Step 2: what was read, mended, guessed and refused; the reader confirms or corrects what was guessed."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from components import plain
from components.map import release_map
from components.permits.draft import Draft, change, show_error
from engine import wording
from engine.errors import InputError
from engine.wording import gettext as _
from engine.wording import ngettext
from store.reader import ReleaseReader
from web.handover import hand_over

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from engine.permits.cadastre import Cadastre, Note
    from engine.permits.quality import QualityReport
    from engine.permits.register import Register

_ENCODINGS = ("UTF-8", "GB18030", "Big5", "Latin-1", "Windows-1252")
_ROWS_SAID = 8
_GUESSES_SHOWN, _MOST_DRAWN = 8, 5_000
_NOTHING = '{"type": "FeatureCollection", "features": []}'


def check_step(
    draft: Draft, reader: ReleaseReader, near: tuple[float, float], folder: Path
) -> tuple[Register, QualityReport] | None:
    """Show the register as it was understood; None while it cannot be held against anything yet."""
    if draft.version is None:
        try:
            cadastre = draft.cadastre(near)
        except InputError as error:
            show_error(error)
            _how_it_is_read(draft, None)
            return None
        _facts(cadastre)
        if cadastre.crs is None:
            _ask_for_system(draft, cadastre, reader)
            return None
    try:
        register, report = draft.register(near, folder)
    except InputError as error:
        show_error(error)
        if draft.version is None:
            _how_it_is_read(draft, draft.cadastre(near))
        return None
    told, there = st.columns([3, 2], gap="medium")
    with there:
        _where(draft, reader, register)
    with told:
        _report(register, report)
        if draft.version is None:
            _columns(draft, draft.cadastre(near), report, folder)
            _how_it_is_read(draft, draft.cadastre(near))
    return register, report


def understood_register(draft: Draft, near: tuple[float, float], folder: Path) -> tuple[Register, QualityReport] | None:
    """The register as this step has left it; None, and what is missing, where it is not understood yet."""
    try:
        if draft.version is None and draft.cadastre(near).crs is None:
            st.warning(
                _("The file does not say its coordinate reference system, and none was chosen. Choose it in step 2."),
                icon=":material/help:",
            )
            return None
        return draft.register(near, folder)
    except InputError as error:
        show_error(error)
        return None


def _facts(cadastre: Cadastre) -> None:
    facts = [plain.markdown(cadastre.name), wording.cadastre_form(cadastre.form)]
    facts.append(_("{count} records").format(count=wording.number(len(cadastre.table))))
    if cadastre.encoding:
        text = _("texts in {encoding} (guessed)") if cadastre.encoding_guessed else _("texts in {encoding}")
        facts.append(text.format(encoding=cadastre.encoding))
    if cadastre.crs:
        facts.append(_system(cadastre.crs))
    st.markdown(" · ".join(facts))


def _system(crs: str) -> str:
    """A coordinate reference system by code and name."""
    from pyproj import CRS

    known = CRS.from_user_input(crs)
    return f"{crs} ({known.name})" if crs.startswith("EPSG:") else known.name


def _ask_for_system(draft: Draft, cadastre: Cadastre, reader: ReleaseReader) -> None:
    """Let the reader choose the system; the map shows the permits as they would lie in the one that is looked at."""
    st.warning(
        _(
            "The file does not say in which coordinate reference system its numbers are. It is not assumed: choose it. "
            "The map shows where the permits would lie in the one that you look at."
        ),
        icon=":material/help:",
    )
    words, chart = st.columns([2, 3], gap="medium")
    with words:
        guesses = cadastre.guesses[:_GUESSES_SHOWN]
        chosen = None
        if guesses:
            chosen = st.radio(
                _("Coordinate reference system"),
                [guess.crs for guess in guesses],
                index=None,
                format_func=_system,
                captions=[_distance(guess.distance_km) for guess in guesses],
            )
        if chosen and st.button(_("Take this one"), type="primary"):
            change(draft, crs=chosen)
            st.rerun()
        _other_system(draft)
    with chart:
        _small_map(reader, _as_in(cadastre, chosen), key="crs-map")


def _where(draft: Draft, reader: ReleaseReader, register: Register) -> None:
    """Where the permits lie, beside the area: a wrong system is seen at once."""
    info = reader.info

    def find() -> tuple[int, str]:
        shapes = register.permits[["number", "geometry"]]
        here = shapes.cx[info.west : info.east, info.south : info.north]
        return len(here), _drawn(here)

    count, drawn = draft.once("where", (info.area, info.id, id(register)), find)
    if count:
        said = ngettext("{count} of {total} lies on this area.", "{count} of {total} lie on this area.", count)
        st.caption(said.format(count=wording.number(count), total=wording.number(len(register.permits))))
    else:
        st.warning(
            _("None of them lies on this area: another coordinate reference system may be meant, or another area."),
            icon=":material/wrong_location:",
        )
    _small_map(reader, drawn, key="where-map")


def _as_in(cadastre: Cadastre, crs: str | None) -> str:
    """The permits as they would lie in a system, for the map."""
    shapes = cadastre.table[["geometry"]].iloc[:_MOST_DRAWN]
    return _drawn(shapes.set_crs(crs).to_crs("EPSG:4326") if crs else shapes.iloc[:0])


def _drawn(permits: gpd.GeoDataFrame) -> str:
    """Permits in degrees as GeoJSON."""
    drawn = permits[~permits.geometry.is_empty].iloc[:_MOST_DRAWN]
    return drawn.to_json() if len(drawn) else _NOTHING


def _small_map(reader: ReleaseReader, permits: str, *, key: str) -> None:
    """The newest image with patches and permits over it, and nothing said of them yet."""
    held_against = {"permits": hand_over(permits), "outside": hand_over(_NOTHING)}
    release_map(
        reader,
        patch=None,
        at=None,
        on_pick=lambda _pick: None,
        held_against=held_against,
        first_data="",
        close=True,
        key=key,
    )


def _distance(km: float | None) -> str:
    if km is None:
        return ""
    return _("on this area") if km < 1 else _("{distance} km from this area").format(distance=wording.number(km))


def _other_system(draft: Draft) -> None:
    given = st.text_input(_("Another one, such as EPSG:4544"), value=draft.crs or "", key="permits-crs").strip()
    if given and given != draft.crs:
        change(draft, crs=given, override_crs=True)
        st.rerun()


def _report(register: Register, report: QualityReport) -> None:
    """Notes by heading; those that ask for a look are open."""
    from engine.permits.cadastre import Heading

    titles = {
        Heading.REFUSED: (_("Refused"), ":material/block:"),
        Heading.GUESSED: (_("Guessed: please confirm"), ":material/help:"),
        Heading.MENDED: (_("Mended"), ":material/build:"),
        Heading.READ: (_("Read"), ":material/check:"),
    }
    st.subheader(
        ngettext("{count} permit", "{count} permits", len(register.permits)).format(
            count=wording.number(len(register.permits))
        ),
        anchor=False,
    )
    for heading, (title, icon) in titles.items():
        notes = [note for note in report.notes if note.heading == heading]
        if not notes:
            continue
        with st.expander(f"{title} ({len(notes)})", expanded=heading is not Heading.READ, icon=icon):
            st.markdown("\n".join(f"- {_sentence(note)}" for note in notes))


def _sentence(note: Note) -> str:
    text = plain.markdown(wording.note(note.code, note.parameters))
    if not note.rows:
        return text
    shown = ", ".join(str(row) for row in note.rows[:_ROWS_SAID])
    more = " …" if len(note.rows) > _ROWS_SAID else ""
    return text + " " + ngettext("(row {rows})", "(rows {rows})", len(note.rows)).format(rows=shown + more)


def _columns(draft: Draft, cadastre: Cadastre, report: QualityReport, folder: Path) -> None:
    """Which column says what; the reader may set it otherwise."""
    from engine.permits.fields import Field

    st.subheader(_("Columns"), anchor=False)
    st.caption(_("What each column of the file was taken for. Correct it where it is wrong; the samples help."))
    table = cadastre.table
    names = [str(name) for name in table.columns if name not in (table.geometry.name, "row_in_file", "as_read")]
    taken = {str(field): column for field, column in report.mapping.items()}
    rows = pd.DataFrame(
        {
            _("what"): [wording.field_name(field) for field in Field],
            _("column"): [taken.get(str(field)) for field in Field],
            _("samples"): [_samples(cadastre, taken.get(str(field))) for field in Field],
        },
        index=[str(field) for field in Field],
    )
    edited = st.data_editor(
        rows,
        hide_index=True,
        disabled=[_("what"), _("samples")],
        column_config={_("column"): st.column_config.SelectboxColumn(options=names)},
        height="content",
        placeholder="",
        key=f"columns-{draft.digest}-{draft.choices}",
    )
    wanted = {Field(field): column for field, column in edited[_("column")].items() if isinstance(column, str)}
    if {str(field): column for field, column in wanted.items()} != taken:
        from engine.permits.mappings import remember

        remember(folder, table.columns, wanted)
        change(draft, mapping=tuple(sorted(wanted.items())))
        st.rerun()
    left = [name for name in names if name not in taken.values()]
    if left:
        unused = ", ".join(plain.markdown(name) for name in left)
        st.caption(_("Not used: {columns}").format(columns=unused))


def _samples(cadastre: Cadastre, column: str | None) -> str:
    if column is None or column not in cadastre.table:
        return ""
    values = [str(value).removesuffix(" 00:00:00") for value in cadastre.table[column].dropna().unique()[:3]]
    return " · ".join(value for value in values if value)


def _how_it_is_read(draft: Draft, cadastre: Cadastre | None) -> None:
    """How the file is read, for when it was understood wrongly."""
    with st.expander(_("The file was read wrongly?"), expanded=cadastre is None):
        layers = cadastre.layers if cadastre else ()
        if len(layers) > 1 and cadastre is not None:
            chosen = st.multiselect(_("Layers"), layers, default=cadastre.layer.split("|"))
            if chosen and "|".join(chosen) != cadastre.layer:
                change(draft, layer="|".join(chosen), mapping=None)
                st.rerun()
        elif cadastre is None:
            layer = st.text_input(_("Layer, of a file with several"), value=draft.layer or "").strip()
            if layer != (draft.layer or ""):
                change(draft, layer=layer or None, mapping=None)
                st.rerun()
        known = _known(draft.encoding or (cadastre.encoding if cadastre else None))
        encoding = st.selectbox(_("Encoding of its texts"), _ENCODINGS, index=known, placeholder=_("as guessed"))
        if encoding and encoding != (draft.encoding or encoding if known is not None else None):
            change(draft, encoding=encoding, mapping=None)
            st.rerun()
        _other_system(draft)


def _known(encoding: str | None) -> int | None:
    """Place of an encoding in the list, whatever it is called."""
    try:
        own = codecs.lookup(encoding or "").name
        return [codecs.lookup(name).name for name in _ENCODINGS].index(own)
    except (LookupError, ValueError):
        return None
