"""The triage list: patches in order of attention, one selection with the map, worked through with the keyboard."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from components.verdicts import by_patch, headlines, verdict_facts, verdict_sign
from engine import wording
from engine.wording import gettext as _
from store.rows import Patch, Verdict
from web.palette import (
    ACTIVITY_COLOURS,
    ACTIVITY_SIGNS,
    CHANGE_COLOURS,
    CHANGE_SIGNS,
    VERDICT_COLOURS,
)

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "pitwatch_triage",
    html='<ol role="listbox" tabindex="0"></ol>',
    css=(_HERE / "triage.css").read_text(encoding="utf-8"),
    js=(_HERE / "triage.js").read_text(encoding="utf-8"),
)


def triage_list(
    patches: Sequence[Patch],
    verdicts: Sequence[Verdict],
    *,
    patch: str | None,
    on_pick: Callable[[str], None],
    key: str = "triage",
) -> None:
    """Draw the list; `on_pick` is called with the identifier that is chosen by click, arrow keys or Enter."""
    own = by_patch(verdicts)

    def picked() -> None:
        value = st.session_state[key].get("pick")
        if value:
            on_pick(value)

    rows = [
        {
            "id": item.patch_id,
            **_sign(item),
            "title": _title(item),
            "facts": _facts(item),
            "verdicts": [_verdict(verdict) for verdict in headlines(own.get(item.patch_id, []))],
        }
        for item in patches
    ]
    data = {
        "rows": rows,
        "selected": patch,
        "label": _("Sites in order of attention"),
    }
    _component(key=key, data=data, on_pick_change=picked, height="content")


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
        "words": verdict_facts(verdict),
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
    return " · ".join(fact for fact in facts if fact)
