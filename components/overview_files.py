"""Buttons that make the overview's files when they are pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import streamlit as st

from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from web.palette import ACTIVITY_COLOURS, CHANGE_COLOURS


def overview_buttons(reader: ReleaseReader, before: ReleaseReader | None, cases: Mapping[str, Any] | None) -> None:
    """PDF and XLSX, in the reader's language. cases : figures of the area's, None where they cannot be read."""
    pdf, xlsx = st.columns(2)
    name, language = f"{reader.info.area}-{reader.info.id}", wording.language()
    kinds: dict[Literal["pdf", "xlsx"], tuple[str, str, str]] = {
        "pdf": (_("PDF"), "application/pdf", ":material/picture_as_pdf:"),
        "xlsx": (_("XLSX"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ":material/table:"),
    }
    for column, (kind, (label, mime, icon)) in zip((pdf, xlsx), kinds.items(), strict=True):
        column.download_button(
            label,
            _maker(reader, before, cases, kind, cast("Literal['en', 'zh']", language)),
            f"{name}-{language}.{kind}",
            mime,
            key=f"overview-{kind}",
            help=_("This overview as a file, for a meeting or an archive."),
            on_click="ignore",
            icon=icon,
            width="stretch",
        )


def _maker(
    reader: ReleaseReader,
    before: ReleaseReader | None,
    cases: Mapping[str, Any] | None,
    kind: Literal["pdf", "xlsx"],
    language: Literal["en", "zh"],
) -> Callable[[], bytes]:
    def make() -> bytes:
        # What draws and writes takes seconds to import, and the app starts without it.
        from engine.evidence.overview import gather_overview, overview_pdf, overview_xlsx

        gathered = gather_overview(reader, before, cases)
        if kind == "xlsx":
            return overview_xlsx(gathered, language)
        return overview_pdf(gathered, language, ACTIVITY_COLOURS | CHANGE_COLOURS)

    return make
