"""The triage list: patches in order of attention, one selection with the map, worked through with the keyboard."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from components import paging
from components.cases import CASE_COLOURS, CASE_SIGNS
from components.verdicts import by_patch, headlines, verdict_facts, verdict_sign
from engine import wording
from engine.wording import gettext as _
from engine.wording import ngettext
from store.patches import PatchFilter
from store.reader import ReleaseReader
from store.rows import Patch, Verdict
from web.palette import (
    ACTIVITY_COLOURS,
    ACTIVITY_SIGNS,
    CHANGE_COLOURS,
    CHANGE_SIGNS,
    VERDICT_COLOURS,
)

Row = dict[str, Any]
_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "pitwatch_triage",
    html='<ol role="listbox" tabindex="0"></ol><nav hidden><button class="back">‹</button><span></span>'
    '<button class="on">›</button></nav>',
    css=(_HERE / "triage.css").read_text(encoding="utf-8"),
    js=(_HERE / "triage.js").read_text(encoding="utf-8"),
)


def release_list(
    reader: ReleaseReader,
    show: PatchFilter,
    *,
    patch: Patch | None,
    on_pick: Callable[[str], None],
    cases: Mapping[str, str],
) -> None:
    """The patches of a release that a filter leaves, a page at a time, with how many they are.

    cases : state of the case of each patch that has one.
    """
    total, every = reader.patch_count(show), reader.patch_count()
    if not every:
        st.info(_("No patches here. Click any place on the map to see what is known of it."))
        return
    count = ngettext("{count} patch", "{count} patches", total).format(count=wording.number(total))
    if show:
        st.caption(_("{count} of {all} match the filter").format(count=count, all=wording.number(every)))
    else:
        st.caption(count if total < 2 else _("{count}, in order of attention").format(count=count))
    name = patch.patch_id if patch else None
    place = reader.patch_place(name, show) if name and total > paging.LENGTH else None
    start = paging.page_start("triage-page", total, selected=(reader.info.id, show, name), place=place)
    page = _page(reader, show, start, wording.language())
    rows = [row | {"case": _case(cases[row["id"]])} if row["id"] in cases else row for row in page]
    _list(rows, patch=name, on_pick=on_pick, start=start, total=total, key="triage")


# What a page of a release's list says in a language does not change, and a click draws it again.
@lru_cache(maxsize=64)
def _page(reader: ReleaseReader, show: PatchFilter, start: int, _language: str) -> list[Row]:
    page = reader.patches(show, offset=start, limit=paging.LENGTH)
    return _rows(page, reader.verdicts_on([one.patch_id for one in page]))


def triage_list(
    patches: Sequence[Patch],
    verdicts: Sequence[Verdict],
    *,
    patch: str | None,
    on_pick: Callable[[str], None],
    start: int = 0,
    total: int | None = None,
    key: str = "triage",
) -> None:
    """Draw a page of the list; `on_pick` is called with the identifier that is chosen by click, arrow keys or Enter.

    start : number of its first row in the whole list, of which `total` is the length. The reader turns pages with the
    buttons below, or by going on with the arrow keys.
    """
    rows = _rows(patches, verdicts)
    _list(rows, patch=patch, on_pick=on_pick, start=start, total=len(rows) if total is None else total, key=key)


def _rows(patches: Sequence[Patch], verdicts: Sequence[Verdict]) -> list[Row]:
    own = by_patch(verdicts)
    return [
        {
            "id": item.patch_id,
            **_sign(item),
            "title": _title(item),
            "facts": _facts(item),
            "verdicts": [_verdict(verdict) for verdict in headlines(own.get(item.patch_id, []))],
        }
        for item in patches
    ]


def _list(
    rows: list[Row], *, patch: str | None, on_pick: Callable[[str], None], start: int, total: int, key: str
) -> None:
    def picked() -> None:
        value = st.session_state[key].get("pick")
        if value:
            on_pick(value)

    def turned() -> None:
        value = st.session_state[key].get("page")
        if value is not None:
            paging.turn(f"{key}-page", int(value))

    data = {
        "rows": rows,
        "selected": patch,
        "label": _("Sites in order of attention"),
        "back": max(start - paging.LENGTH, 0) if start else None,
        "on": start + paging.LENGTH if start + len(rows) < total else None,
        "words": {
            "page": _("{first}–{last} of {all}").format(
                first=wording.number(start + 1), last=wording.number(start + len(rows)), all=wording.number(total)
            ),
            "back": _("Back"),
            "on": _("On"),
        },
    }
    _component(key=key, data=data, on_pick_change=picked, on_page_change=turned, height="content")


def _case(state: str) -> dict[str, str]:
    """Colour of the sign, and the words."""
    return {"colour": CASE_COLOURS[state], "sign": CASE_SIGNS[state], "words": wording.case_state_name(state)}


def _sign(patch: Patch) -> dict[str, str]:
    """What the radar says of a patch; where there is none, what the images say."""
    if patch.activity is not None:
        return {"sign": ACTIVITY_SIGNS[patch.activity], "colour": ACTIVITY_COLOURS[patch.activity]}
    if patch.change is not None:
        return {"sign": CHANGE_SIGNS[patch.change], "colour": CHANGE_COLOURS[patch.change]}
    return {"sign": "·", "colour": ""}


def _verdict(verdict: Verdict) -> dict[str, str]:
    """Colour of the sign, and the words."""
    return {
        "colour": VERDICT_COLOURS[verdict.kind],
        "sign": verdict_sign(verdict.kind, verdict.certainty),
        "words": unbroken(verdict_facts(verdict)),
    }


def _title(patch: Patch) -> str:
    if patch.name:
        return patch.name
    return f"{patch.patch_id} · {wording.class_name(patch.mine_class)}"


def _facts(patch: Patch) -> str:
    facts = []
    if patch.activity is not None:
        facts.append(wording.activity_name(patch.activity))
        if dated := wording.turn_facts(asdict(patch)):
            facts.append(dated)
        if patch.extreme_rate is not None and patch.cluster_area_m2 is not None:
            facts += [wording.rate(patch.extreme_rate), wording.hectares(patch.cluster_area_m2)]
        if patch.cluster_distance_m:
            facts.append(_("{distance} m outside").format(distance=wording.number(patch.cluster_distance_m)))
    if patch.confidence is not None:
        facts += [wording.change_facts(patch.change, patch.change_m2), wording.hectares(patch.area_m2)]
        facts.append(_("confidence {share}").format(share=wording.percent(patch.confidence)))
    return unbroken(" · ".join(fact for fact in facts if fact))


def unbroken(text: str) -> str:
    """No line of the narrow list ends between a number and its unit."""
    return re.sub(r"(?<=\d) (?=(?:%|ha|km²|m²|m|mm/yr|mm/年|公顷|亩|米)(?:\W|$))", "\N{NO-BREAK SPACE}", text)
