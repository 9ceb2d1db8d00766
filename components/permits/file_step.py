"""Step 1: a file of permits, or a register that was saved before."""

import streamlit as st

from components import plain
from components.permits.draft import Draft, begin
from components.permits.shelf import HOURS
from engine import wording
from engine.wording import gettext as _
from engine.wording import ngettext
from store.home import Home
from store.reader import ReleaseReader

_SUFFIXES = (
    *("zip", "shp", "shx", "dbf", "prj", "cpg", "gpkg", "geojson", "json", "kml", "kmz"),
    *("csv", "tsv", "txt", "xlsx", "parquet"),
)


def file_step(home: Home, reader: ReleaseReader) -> bool:
    """Ask for a file; whether a new draft was begun."""
    area = reader.info.area
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
            "corner points or WKT. The file is read on this server, apart from everything else. Until you save it as a "
            "register of the area, it is in the server's memory alone: loading this page again loses nothing, and "
            "{hours} hours after your last change it is gone."
        ).format(hours=HOURS)
    )
    files = tuple((file.name, file.getvalue()) for file in given)
    draft = Draft(area, _title([file.name for file in given]), files)
    if files and st.session_state.get("permits-file-taken") != draft.digest:
        st.session_state["permits-file-taken"] = draft.digest
        begin(draft)
        return True
    return _saved(home, reader)


def _title(names: list[str]) -> str:
    """What a file, or the loose parts of one, is called."""
    shapes = [name for name in names if name.lower().endswith((".shp", ".zip"))]
    return (shapes or names or [""])[0]


def _saved(home: Home, reader: ReleaseReader) -> bool:
    """The area's registers, that of the release among them; whether a saved one was chosen."""
    folder, judged = home.registers(reader.info.area), reader.register
    known, damaged = [], []
    if folder.is_dir():
        from engine.permits.versions import damaged_versions, versions

        known, damaged = versions(folder), damaged_versions(folder)
    if damaged:
        names = ", ".join(plain.markdown(name) for name in damaged)
        st.warning(_("These saved registers are damaged and left out: {names}").format(names=names))
    if not known and judged is None:
        return False
    st.subheader(_("Registers of this area"), anchor=False)
    own = _("the release shown is judged by it")
    mark = f":blue-badge[:material/gavel: {own}]"
    if judged is not None and judged.version not in [version.id for version in known]:
        # Named by area.toml, which the app does not read, or saved and no longer there.
        facts = [f"**{plain.markdown(judged.name)}**", _permits(judged.permits)]
        facts.append(_("named in area.toml") if judged.version is None else _("no longer saved here"))
        st.markdown(" · ".join([*facts, mark]))
    for version in known:
        words, button = st.columns([5, 1], vertical_alignment="center")
        facts = [f"**{plain.markdown(version.name)}**", version.saved_at.replace("T", " ").replace("+00:00", " UTC")]
        facts.append(_permits(version.permits))
        if version.note:
            facts.append(plain.markdown(version.note))
        if judged is not None and judged.version == version.id:
            facts.append(mark)
        words.markdown(" · ".join(facts))
        if button.button(_("Open"), key=f"open-{version.id}", type="tertiary", icon=":material/folder_open:"):
            begin(Draft(reader.info.area, version.name, version=version.id))
            return True
    return False


def _permits(count: int) -> str:
    return ngettext("{count} permit", "{count} permits", count).format(count=wording.number(count))
