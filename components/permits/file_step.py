"""Step 1: a file of permits, or a register that was saved before."""

import streamlit as st

from components import plain
from components.permits.draft import Draft, begin
from engine import wording
from engine.wording import gettext as _
from store.home import Home

_SUFFIXES = (
    *("zip", "shp", "shx", "dbf", "prj", "cpg", "gpkg", "geojson", "json", "kml", "kmz"),
    *("csv", "tsv", "txt", "xlsx", "parquet"),
)


def file_step(home: Home, area: str) -> bool:
    """Ask for a file; whether a new draft was begun."""
    given = st.file_uploader(
        _("Permits of this area"),
        type=list(_SUFFIXES),
        accept_multiple_files=True,
        key=f"permits-file-{area}",
        help=_("Of a loose shapefile drop all parts together (.shp, .dbf, .shx, .prj)."),
    )
    st.caption(
        _(
            "Shapefile (zipped, or its parts), GeoPackage, GeoJSON, KML or KMZ, GeoParquet, or a table (CSV, Excel) of "
            "corner points or WKT. The file is read on this server, apart from everything else. Nothing is kept until "
            "you save it as a register of the area."
        )
    )
    files = tuple((file.name, file.getvalue()) for file in given)
    draft = Draft(area, _title([file.name for file in given]), files)
    if files and st.session_state.get("permits-file-taken") != draft.digest:
        st.session_state["permits-file-taken"] = draft.digest
        begin(draft)
        return True
    return _saved(home, area)


def _title(names: list[str]) -> str:
    """What a file, or the loose parts of one, is called."""
    shapes = [name for name in names if name.lower().endswith((".shp", ".zip"))]
    return (shapes or names or [""])[0]


def _saved(home: Home, area: str) -> bool:
    """The area's saved registers; whether one was chosen."""
    folder = home.registers(area)
    if not folder.is_dir():
        return False
    from engine.permits.versions import damaged_versions, versions

    known = versions(folder)
    if damaged := damaged_versions(folder):
        names = ", ".join(plain.markdown(name) for name in damaged)
        st.warning(_("These saved registers are damaged and left out: {names}").format(names=names))
    if not known:
        return False
    st.subheader(_("Saved registers"), anchor=False)
    for version in known:
        words, button = st.columns([5, 1], vertical_alignment="center")
        facts = [f"**{plain.markdown(version.name)}**", version.saved_at.replace("T", " ").replace("+00:00", " UTC")]
        facts.append(_("{count} permits").format(count=wording.number(version.permits)))
        words.markdown(" · ".join([*facts, plain.markdown(version.note)] if version.note else facts))
        if button.button(_("Open"), key=f"open-{version.id}", type="tertiary", icon=":material/folder_open:"):
            begin(Draft(area, version.name, version=version.id))
            return True
    return False
