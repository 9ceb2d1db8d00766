"""Buttons that make the dossier of a patch when they are pressed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import streamlit as st

from engine.wording import gettext as _
from store.casebook import Casebook
from store.cases import CasebookError
from store.reader import ReleaseReader
from store.rows import Patch

if TYPE_CHECKING:
    from engine.evidence.gathering import Uploaded

Language = Literal["en", "zh"]


def dossier_buttons(reader: ReleaseReader, patch: Patch, uploaded: Callable[[], Uploaded] | None = None) -> None:
    """One button a language; the dossier takes some seconds, so it is not made before somebody wants it.

    uploaded : gives the verdicts on a register that takes the place of the release's.
    """
    english, chinese = st.columns(2)
    with english:
        _button(reader, patch, "en", _("Dossier (English)"), uploaded)
    with chinese:
        _button(reader, patch, "zh", _("Dossier (中文)"), uploaded)


def _button(
    reader: ReleaseReader,
    patch: Patch,
    language: Language,
    label: str,
    uploaded: Callable[[], Uploaded] | None,
) -> None:
    st.download_button(
        label,
        _archive(reader, patch.patch_id, language, uploaded),
        f"{reader.info.area}-{patch.patch_id}-{language}.zip",
        "application/zip",
        key=f"dossier-{language}-{patch.patch_id}",
        help=_("PDF, map, tables and data of this patch, with hashes."),
        on_click="ignore",
        icon=":material/folder_zip:",
        type="tertiary",
    )


def _archive(
    reader: ReleaseReader, patch_id: str, language: Language, uploaded: Callable[[], Uploaded] | None
) -> Callable[[], bytes]:
    def make() -> bytes:
        # What draws and writes takes seconds to import, and the app starts without it.
        from engine.evidence.casework import gather_casework
        from engine.evidence.dossier import make_dossier
        from engine.evidence.gathering import gather

        gathered = gather(reader, patch_id, uploaded and uploaded())
        with suppress(CasebookError):  # the card beside the button says so
            gathered = replace(gathered, casework=gather_casework(reader, patch_id, Casebook.default()))
        return make_dossier(gathered, language).archive()

    return make
