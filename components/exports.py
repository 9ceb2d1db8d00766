"""Taking a selection along: in which form, and the button."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine import wording
from engine.wording import gettext as _

if TYPE_CHECKING:
    import geopandas as gpd


def export_button(frame: gpd.GeoDataFrame, name: str, *, key: str) -> None:
    """Ask for a form, and offer the file; it is made when the button is pressed."""
    from engine.evidence.exports import KINDS, Form, export

    choice, button = st.columns([2, 1], vertical_alignment="bottom")
    names = [str(form) for form in Form]
    chosen = choice.selectbox(
        _("Form"), names, format_func=wording.form_name, key=f"form-{key}", label_visibility="collapsed"
    )
    form, gbk = Form(chosen), False
    if form is Form.SHAPEFILE:
        gbk = choice.radio(_("Texts in"), ("UTF-8", "GBK"), horizontal=True, key=f"encoding-{key}") == "GBK"
    button.download_button(
        _("Download"),
        lambda: export(frame, form, name=name, encoding="GBK" if gbk else "UTF-8"),
        file_name=f"{name}{KINDS[form].suffix}",
        mime=KINDS[form].media_type,
        key=f"export-{key}",
        icon=":material/download:",
    )
