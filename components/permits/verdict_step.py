"""Step 3: every patch of the release held against the register, as list, map, card and table."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from components import paging, selection
from components.dossiers import dossier_buttons
from components.map import Pick, release_map
from components.patch_card import patch_facts, patch_sentence, patch_title
from components.permits.draft import Draft, change
from components.triage import triage_list
from components.verdicts import by_attention, verdict_badge, verdict_counts, verdict_filter, verdict_part
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from store.rows import Patch, Permit, Verdict
from web.handover import hand_over

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.evidence.gathering import Uploaded
    from engine.permits.comparison import Comparison
    from engine.permits.quality import QualityReport
    from engine.permits.register import Register

_NEAR_DEGREES = 0.05  # round the frame: permits beyond are not drawn


def compared(draft: Draft, reader: ReleaseReader, register: Register) -> Comparison:
    """The patches of the release held against the register; computed again when something that it rests on changes.

    Raises
    ------
    InputError
        When the register lies elsewhere.
    """

    def compare_now() -> Comparison:
        from engine.permits.comparison import compare
        from engine.permits.options import JudgingOptions
        from engine.permits.precision import precision_of
        from engine.permits.subjects import subjects
        from engine.permits.zones import zones_of

        options = JudgingOptions(datum_error_m=draft.datum_error_m)
        return compare(
            subjects(reader.subject_tables()),
            register,
            zones_of(reader.zone_table()),
            options,
            as_of=draft.as_of,
            precision=precision_of(options, register.crs, **reader.outline_errors()),
            last_date=reader.info.last_date,
        )

    rests_on = (reader.info.area, reader.info.id, id(register), draft.as_of, draft.datum_error_m)
    return draft.once("comparison", rests_on, compare_now)


def verdict_step(draft: Draft, reader: ReleaseReader, register: Register, report: QualityReport) -> None:
    """Show the verdicts.

    Raises
    ------
    InputError
        When the register lies elsewhere.
    """
    _ask(draft, reader, register)
    with st.spinner(_("Holding the patches against the permits …")):
        comparison = compared(draft, reader, register)
    patches, verdicts = reader.patches(), _verdicts(comparison)
    st.caption(
        _("Positional error of outlines and permits together: ± {error} m. What lies within it reads doubtful.").format(
            error=wording.number(comparison.error_m or 0.0, 1)
        )
    )
    st.markdown(verdict_counts(verdicts))
    _list_map_card(reader, patches, verdicts, comparison, partial(_uploaded, comparison, register, report))
    with st.expander(_("All verdicts as a table"), icon=":material/table:"):
        _table(patches, verdicts)


def _ask(draft: Draft, reader: ReleaseReader, register: Register) -> None:
    """The day that is asked about, and how exactly the permits lie."""
    from engine.permits.datums import datum_error

    usual = round(datum_error(register.crs), 1)
    day, error, _rest = st.columns([2, 2, 4], gap="medium")
    as_of = day.date_input(
        _("As of"),
        value=draft.as_of,
        min_value=reader.info.first_date,
        help=_(
            "Empty: each patch by the date of its latest outline. With a day: by its latest outline at that day, "
            "against the permits valid on it; nothing that was measured later counts."
        ),
    )
    datum = error.number_input(
        _("Error of the permits' corners, ± m (1 σ)"),
        min_value=0.0,
        max_value=200.0,
        step=0.5,
        value=usual if draft.datum_error_m is None else draft.datum_error_m,
        help=_("Of their survey and their datum. A datum that is only guessed may be off by tens of metres."),
    )
    chosen = None if datum == usual else datum
    if as_of != draft.as_of or chosen != draft.datum_error_m:
        change(draft, as_of=as_of, datum_error_m=chosen)
        st.rerun()


def _verdicts(comparison: Comparison) -> list[Verdict]:
    frame = pd.DataFrame(comparison.verdicts.drop(columns="geometry"))
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [Verdict(register=None, **{**row, "reasons": json.loads(row["reasons"])}) for row in rows]


def _list_map_card(
    reader: ReleaseReader,
    patches: list[Patch],
    verdicts: list[Verdict],
    comparison: Comparison,
    uploaded: Callable[[], Uploaded],
) -> None:
    chosen = selection.current()
    patch = next((item for item in patches if item.patch_id == chosen.patch), None)
    list_column, map_column, *rest = st.columns([1.1, 2.9, 1.9] if patch else [1.1, 4.8], gap="small")
    with list_column:
        listed = verdict_filter(by_attention(patches, verdicts), verdicts, key=f"permits-verdict-{reader.info.area}")
        names = [item.patch_id for item in listed]
        place = names.index(patch.patch_id) if patch and patch.patch_id in names else None
        start = paging.page_start("permits-list-page", len(listed), selected=(len(listed), place), place=place)
        page = listed[start : start + paging.LENGTH]
        shown = {item.patch_id for item in page}
        own = [verdict for verdict in verdicts if verdict.patch_id in shown]
        triage_list(
            *(page, own), patch=chosen.patch, on_pick=_pick_in_list, start=start, total=len(listed), key="permits-list"
        )
    with map_column:
        held_against = {name: hand_over(text) for name, text in _geojson(reader, comparison).items()}
        release_map(reader, patch=patch, at=None, on_pick=_pick_on_map, held_against=held_against, key="permits-map")
    if patch is not None:
        with rest[0]:
            st.markdown(f"##### {patch_title(patch)}")
            st.markdown(" · ".join(patch_facts(patch)))
            own = [verdict for verdict in verdicts if verdict.patch_id == patch.patch_id]
            verdict_part(own, partial(_permits, comparison))
            st.caption(patch_sentence(reader, patch))
            dossier_buttons(reader, patch, uploaded)


def _uploaded(comparison: Comparison, register: Register, report: QualityReport) -> Uploaded:
    """The verdicts as a dossier takes them."""
    from engine.evidence.gathering import Uploaded

    return Uploaded(
        verdicts=comparison.verdicts,
        permits=comparison.permits,
        register=report.name,
        crs=register.crs,
        sha256=report.sha256,
        error_m=comparison.error_m or 0.0,
    )


def _pick_in_list(patch_id: str) -> None:
    selection.select(patch=patch_id, at=None)


def _pick_on_map(pick: Pick) -> None:
    selection.select(patch=pick.patch, at=None)


def _geojson(reader: ReleaseReader, comparison: Comparison) -> dict[str, str]:
    """Permits near the frame, and what lies outside them, for the map."""
    info, permits = reader.info, comparison.permits
    near = permits.cx[
        info.west - _NEAR_DEGREES : info.east + _NEAR_DEGREES, info.south - _NEAR_DEGREES : info.north + _NEAR_DEGREES
    ]
    drawn = near[~near.geometry.is_empty][["number", "mine", "valid_from", "valid_to", "geometry"]]
    outside = comparison.verdicts[["patch_id", "kind", "geometry"]].dropna(subset="geometry")
    return {"permits": drawn.astype({"valid_from": str, "valid_to": str}).to_json(), "outside": outside.to_json()}


def _permits(comparison: Comparison, numbers: Sequence[str]) -> list[Permit]:
    """Permits by number, in the order asked for."""
    rows = comparison.permits.set_index("number")
    found = []
    for number in numbers:
        row = rows.loc[number]
        texts = {name: row[name] for name in ("mine", "holder", "mineral", "kind", "status", "valid_from", "valid_to")}
        found.append(Permit(number=number, **texts, has_outline=not row["geometry"].is_empty))
    return found


def _table(patches: list[Patch], verdicts: list[Verdict]) -> None:
    known = {patch.patch_id: patch for patch in patches}
    st.dataframe(
        pd.DataFrame(
            {
                _("patch"): [one.patch_id for one in verdicts],
                _("class"): [wording.class_name(known[one.patch_id].mine_class) for one in verdicts],
                _("verdict"): [verdict_badge(one.kind, one.certainty) for one in verdicts],
                _("likely, ha"): [None if one.likely_m2 is None else one.likely_m2 / 1e4 for one in verdicts],
                _("at least, ha"): [None if one.least_m2 is None else one.least_m2 / 1e4 for one in verdicts],
                _("at most, ha"): [None if one.most_m2 is None else one.most_m2 / 1e4 for one in verdicts],
                _("furthest, m"): [one.distance_m for one in verdicts],
                _("days after expiry"): [one.days for one in verdicts],
                _("permits"): [", ".join(one.permits) for one in verdicts],
                _("reasons"): [
                    " ".join(wording.reason(why["code"], why["parameters"]) for why in one.reasons) for one in verdicts
                ],
            }
        ),
        hide_index=True,
        placeholder="",
    )
