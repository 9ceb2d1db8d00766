"""What differs between the release shown and another one of its area."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st

from components.frame import release_label
from components.links import open_map
from components.patch_card import activity_badge, change_badge
from components.verdicts import verdict_badge
from engine import wording
from engine.wording import gettext as _
from store.differences import (
    PATCH_DIFFERENCES,
    ClassTotals,
    MadeDifference,
    PatchDifference,
    PatchFacts,
    class_totals,
    made_differences,
    patch_differences,
)
from store.home import Home
from store.reader import ReleaseReader, readable_releases, release, releases

_NONE = "–"
_DIGITS = 12  # of a hash, enough to tell two apart


def difference_report(reader: ReleaseReader) -> None:
    """Against the release before, or the one that is chosen; the earlier of the two always stands first."""
    home, area, shown = Home.default(), reader.info.area, reader.info.id
    others = [name for name in readable_releases(home, area) if name != shown]
    if not others:
        st.info(
            _("This is the only release of the area that can be read. The next run that changes something adds one.")
        )
        return
    newest = releases(home, area)[0]
    chosen = st.selectbox(
        _("Compare with"),
        others,
        index=next((place for place, name in enumerate(others) if name < shown), len(others) - 1),
        format_func=lambda name: release_label(name, newest),
        key="difference-release",
        width=320,
    )
    other = release(home, area, chosen)
    if other is None:
        st.warning(_("This release can no longer be read."))
        return
    before, after = (other, reader) if chosen < shown else (reader, other)
    differences, totals, made = _compared(before, after)
    _headline(totals, differences)
    st.subheader(_("Patches by class"), anchor=False)
    st.dataframe(_class_table(totals), hide_index=True, height="content", column_config=_hectares())
    st.subheader(_("Patches that differ"), anchor=False)
    _patches(differences, reader, other)
    st.subheader(_("How they were made"), anchor=False)
    if not made:
        st.markdown(_("By the same steps, with the same parameters, versions and inputs."))
        return
    st.dataframe(pd.DataFrame([_made_row(one) for one in made]), hide_index=True)
    st.caption(
        _("The version “code” stands for the program of a step. Of an input the first digits of its sha256 are shown.")
    )


# Releases do not change, and what no one looks at is drawn with every click, as all tabs are.
@lru_cache(maxsize=4)
def _compared(
    before: ReleaseReader, after: ReleaseReader
) -> tuple[list[PatchDifference], list[ClassTotals], list[MadeDifference]]:
    facts = before.patch_facts(), after.patch_facts()
    made = made_differences(before.steps(), after.steps(), before.inputs(), after.inputs())
    return patch_differences(*facts), class_totals(*facts), made


def _headline(totals: Sequence[ClassTotals], differences: Sequence[PatchDifference]) -> None:
    counts = Counter(one.what for one in differences)
    others = {one.patch_id for one in differences if one.before and one.after}
    patches = sum(one.patches_before for one in totals), sum(one.patches_after for one in totals)
    areas = sum(one.before_m2 for one in totals), sum(one.after_m2 for one in totals)
    columns = st.columns(5)
    columns[0].metric(_("Patches"), f"{wording.number(patches[0])} → {wording.number(patches[1])}")
    columns[1].metric(_("Area"), f"{wording.hectares(areas[0])} → {wording.hectares(areas[1])}")
    columns[2].metric(_("New"), wording.number(counts["new"]))
    columns[3].metric(_("Gone"), wording.number(counts["gone"]))
    columns[4].metric(
        _("Changed otherwise"),
        wording.number(len(others)),
        help=_("Patches of both releases of which class, activity, change in the images or verdicts differ."),
    )


def _class_table(totals: Sequence[ClassTotals]) -> pd.DataFrame:
    rows = [[wording.class_name(one.mine_class), *_numbers(one)] for one in totals]
    if len(rows) > 1:
        rows.append([_("all"), *map(sum, zip(*map(_numbers, totals), strict=True))])
    names = [_("class"), _("patches, earlier"), _("patches, later"), _("earlier, ha"), _("later, ha")]
    table = pd.DataFrame(rows, columns=names)
    table[names[3:]] /= 1e4
    table.insert(3, _("more or fewer"), table[names[2]] - table[names[1]])
    table[_("gained or lost, ha")] = table[names[4]] - table[names[3]]
    return table


def _numbers(one: ClassTotals) -> tuple[float, ...]:
    return one.patches_before, one.patches_after, one.before_m2, one.after_m2


def _hectares() -> dict[str, Any]:
    signed = st.column_config.NumberColumn(format="%+.2f")
    plain_number = st.column_config.NumberColumn(format="%.2f")
    return {
        _("earlier, ha"): plain_number,
        _("later, ha"): plain_number,
        _("gained or lost, ha"): signed,
        _("more or fewer"): st.column_config.NumberColumn(format="%+d"),
    }


def _patches(differences: Sequence[PatchDifference], shown: ReleaseReader, other: ReleaseReader) -> None:
    """A table to choose a row of, which opens the map of the release that has the patch."""
    kinds = [what for what in PATCH_DIFFERENCES if any(one.what == what for one in differences)]
    if not kinds:
        st.markdown(_("The same patches, with the same class, activity, change and verdicts."))
        return
    picked = st.pills(
        _("What differs"),
        kinds,
        selection_mode="multi",
        format_func=wording.patch_difference_name,
        label_visibility="collapsed",
        key="difference-kinds",
    )
    rows = [one for one in differences if not picked or one.what in picked]
    table = pd.DataFrame([_patch_row(one) for one in rows])
    if not table[_("name")].any():  # patches that were found have none
        table = table.drop(columns=_("name"))
    event: Any = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="difference-patches",
    )
    st.caption(_("Choose a row to open the patch on the map, in the release that has it."))
    if chosen := event.selection.rows:
        open_map(rows[chosen[0]].patch_id, **_where(rows[chosen[0]], shown, other))


def _where(difference: PatchDifference, shown: ReleaseReader, other: ReleaseReader) -> dict[str, str]:
    """The release to turn to, where the one shown does not have the patch."""
    missing = (difference.after if shown.info.id > other.info.id else difference.before) is None
    return {"release": other.info.id} if missing else {}


def _patch_row(difference: PatchDifference) -> dict[str, str]:
    facts = difference.after or difference.before
    return {
        _("patch"): difference.patch_id,
        _("name"): facts.name if facts else "",
        _("what"): wording.patch_difference_name(difference.what),
        _("earlier"): _said(difference.what, difference.before),
        _("later"): _said(difference.what, difference.after),
    }


def _said(what: str, facts: PatchFacts | None) -> str:
    """The side of a difference in words."""
    if facts is None:
        return _NONE
    if what == "activity":
        return activity_badge(facts.activity) if facts.activity else _NONE
    if what == "change":
        return change_badge(facts.change) if facts.change else _NONE
    if what == "verdicts":
        return ", ".join(verdict_badge(kind, certainty) for kind, certainty in facts.verdicts) or _NONE
    if what == "mine_class":
        return wording.class_name(facts.mine_class)
    return f"{wording.class_name(facts.mine_class)}, {wording.ground(facts.area_m2)}"


def _made_row(difference: MadeDifference) -> dict[str, str]:
    hashed = difference.kind == "input"
    return {
        _("what"): wording.made_difference_name(difference.kind),
        _("step"): ", ".join(difference.steps),
        _("name"): difference.what,
        _("earlier"): _value(difference.before, hashed=hashed),
        _("later"): _value(difference.after, hashed=hashed),
    }


def _value(value: str | None, *, hashed: bool) -> str:
    if value is None:
        return _NONE
    return ", ".join(part[:_DIGITS] for part in value.split(", ")) if hashed else value
