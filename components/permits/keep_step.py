"""Step 4: save the register as a version of the area's, take the verdicts along, see what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from components import plain
from components.cases import MOST_OPENED, cases_in, open_many, suspicion_of
from components.exports import export_button
from components.permits.draft import Draft
from components.verdicts import verdict_badge
from engine import wording
from engine.wording import gettext as _
from engine.wording import ngettext
from store.home import Home
from store.patches import SUSPECTED
from store.reader import ReleaseReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from engine.permits.quality import QualityReport
    from engine.permits.register import Register
    from engine.permits.versions import Version

_MOST_ROWS = 2_000
_ROWS_AT_ONCE = 20


def keep_step(
    home: Home,
    reader: ReleaseReader,
    draft: Draft,
    register: Register,
    report: QualityReport,
    verdicts: gpd.GeoDataFrame,
) -> None:
    """Save, export, compare with a saved register."""
    from engine.evidence.selecting import spoken
    from engine.permits.versions import versions

    save, export = st.columns(2, gap="large")
    with save:
        st.subheader(_("Save"), anchor=False)
        if draft.version is None:
            _save(home, draft, register, report)
        else:
            st.markdown(_("This register is saved already."))
    with export:
        st.subheader(_("Export"), anchor=False)
        st.caption(
            _("All verdicts of step 3 with their reasons, areas and permits, and what lies outside as polygons.")
        )
        export_button(spoken(reader, verdicts), f"{draft.area}-verdicts", key="verdicts")
    _cases(reader, verdicts)
    folder = home.registers(draft.area)
    others = [one for one in versions(folder) if one.id != draft.version] if folder.is_dir() else []
    if others:
        st.subheader(_("What changed"), anchor=False)
        _changes(home, draft, register, others)


def _cases(reader: ReleaseReader, verdicts: gpd.GeoDataFrame) -> None:
    """Cases for what this register makes suspected, where there is none yet: for the rows that are chosen, or all."""
    rows = list(verdicts[["patch_id", "kind", "certainty"]].itertuples(index=False))
    certain = {row.patch_id for row in rows if row.kind in SUSPECTED and row.certainty == "certain"}
    known = cases_in(reader.info.area)
    left = sorted(certain - set(known))
    if not certain:
        return
    st.subheader(_("Cases"), anchor=False)
    said = ngettext(
        "{count} suspected patch, of which {left} has no case yet.",
        "{count} suspected patches, of which {left} have no case yet.",
        len(certain),
    )
    st.markdown(said.format(count=wording.number(len(certain)), left=wording.number(len(left))))
    if not left:
        return
    against: dict[str, list[Any]] = {patch: [] for patch in left[:MOST_OPENED]}
    for row in rows:
        if row.patch_id in against:
            against[row.patch_id].append(row)
    chosen = _chosen(reader, against)
    suspected = {patch: suspicion_of(own) for patch, own in against.items() if patch in chosen}
    open_many(reader.info.area, reader.info.id, suspected, key="open-of-register")


def _chosen(reader: ReleaseReader, against: Mapping[str, Sequence[Any]]) -> set[str]:
    """The patches whose rows are chosen; all where none is. against : what speaks against each."""
    classes = {patch.patch_id: patch.mine_class for patch in reader.patches()}
    names = list(against)
    badges = [
        ", ".join(verdict_badge(row.kind, row.certainty) for row in own if row.kind in SUSPECTED)
        for own in against.values()
    ]
    st.caption(_("Choose rows to open cases for these alone."))
    event = st.dataframe(
        pd.DataFrame(
            {
                _("patch"): names,
                _("class"): [wording.class_name(classes[name]) for name in names],
                _("suspected of"): badges,
            }
        ),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        # Rows are chosen by their number: others are another table, in which none is chosen.
        key=f"without-case-{hash(tuple(names))}",
        placeholder="",
        height="content" if len(names) <= _ROWS_AT_ONCE else "auto",
    )
    return {names[row] for row in event.selection.rows} or set(names)


def _save(home: Home, draft: Draft, register: Register, report: QualityReport) -> None:
    from engine.permits.versions import save_version

    st.caption(
        _(
            "As a new version of this area's register; earlier ones stay. The next run of the engine holds every patch "
            "against it, and the map then shows its verdicts."
        )
    )
    with st.form("save-register", border=False):
        name = st.text_input(_("Name"), value=draft.name)
        note = st.text_input(_("Note: where it comes from, and when"))
        if not st.form_submit_button(_("Save as the area's register"), type="primary", icon=":material/save:"):
            return
    folder = home.registers(draft.area)
    version = save_version(folder, register, report, name=name or draft.name, note=note)
    st.success(
        _("Saved as version {version}. Run `python -m engine run AREA` to make its verdicts those of the map.").format(
            version=version.id
        )
    )


def _changes(home: Home, draft: Draft, register: Register, others: Sequence[Version]) -> None:
    """What is different from a register that was saved before."""
    from engine.permits.changes import register_changes
    from engine.permits.versions import read_version

    chosen = st.selectbox(
        _("From the saved register"),
        others,
        format_func=lambda version: f"{version.name} · {version.saved_at}",
    )

    def compare() -> pd.DataFrame:
        before = read_version(home.registers(draft.area), chosen.id)[0]
        return register_changes(before, register).table

    changes = draft.once("changes", (chosen.id, draft.digest, draft.version, draft.mapping, draft.choices), compare)
    if changes.empty:
        st.markdown(_("Nothing is different."))
        return
    counts = changes["change"].value_counts()
    said = [f"{wording.number(count)} {wording.register_change_name(str(name))}" for name, count in counts.items()]
    st.markdown(plain.markdown(" · ".join(said)))
    shown = changes.head(_MOST_ROWS)
    st.dataframe(
        pd.DataFrame(
            {
                _("permit"): shown["number"],
                _("change"): [wording.register_change_name(change) for change in shown["change"]],
                _("before"): shown["before"],
                _("now"): shown["after"],
                _("gained, ha"): shown["gained_m2"].astype(float) / 1e4,
                _("lost, ha"): shown["lost_m2"].astype(float) / 1e4,
                _("by up to, m"): shown["distance_m"].astype(float),
            }
        ),
        hide_index=True,
        placeholder="",
    )
