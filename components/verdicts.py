"""Verdicts on permits: on the card of a patch, as a filter of the list, and summed up over an area."""

import re
from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from components import plain
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from store.rows import Patch, Verdict
from web.palette import VERDICT_SIGNS

# Kinds in order of attention, and which of them speak against a patch.
_ORDER = tuple(VERDICT_SIGNS)
SUSPECTED = ("no_permit", "crosses")
_WORTH_SAYING = 1.0  # m²


def verdict_badge(kind: str) -> str:
    """The sign and the words of a verdict."""
    return f"{VERDICT_SIGNS[kind]} {wording.verdict_name(kind)}".strip()


def verdict_facts(verdict: Verdict) -> str:
    """A verdict in a few words, with what lies outside permits where it speaks against the patch."""
    name = wording.verdict_name(verdict.kind)
    if verdict.kind not in SUSPECTED or verdict.likely_m2 is None:
        return name
    return f"{name} · {wording.hectares(verdict.likely_m2)}"


def verdict_part(reader: ReleaseReader, patch: Patch) -> None:
    """The verdicts on a patch with their reasons, what lies outside, and the permits concerned."""
    for verdict in reader.verdicts(patch.patch_id):
        reasons = " ".join(plain.markdown(wording.reason(one["code"], one["parameters"])) for one in verdict.reasons)
        if verdict.kind == "not_tested":
            st.markdown(f":material/help: **{wording.verdict_name(verdict.kind)}** – {reasons}")
            continue
        st.markdown(f"**{verdict_badge(verdict.kind)}** – {reasons}")
        least, likely, most = verdict.least_m2 or 0.0, verdict.likely_m2 or 0.0, verdict.most_m2 or 0.0
        if likely >= _WORTH_SAYING:
            explained = _("Area outside every valid permit; in brackets what the positional error leaves open.")
            st.markdown(f"**{wording.outside_range(least, likely, most)}**", help=explained)
        _permits(reader, verdict)


def _permits(reader: ReleaseReader, verdict: Verdict) -> None:
    """The permits that the reasons rest on, with their validity."""
    rows = [
        (permit.number, permit.mine or permit.holder, permit.kind, wording.validity(permit.valid_from, permit.valid_to))
        for permit in reader.permits(verdict.permits)
    ]
    if not rows:
        return
    header = (_("permit"), _("mine or holder"), _("kind"), _("valid"))
    shown = [place for place in range(len(header)) if any(row[place] for row in rows)]
    lines = [header, ("---",) * len(header), *([_cell(cell) for cell in row] for row in rows)]
    st.markdown("\n".join("| " + " | ".join(line[place] for place in shown) + " |" for line in lines))


def _cell(text: str) -> str:
    """Text of a table, in which numbers and dates are not broken."""
    return re.sub(r"(?<=\w) (?=\w*\d)|(?<=\d) ", "\u00a0", plain.markdown(text)).replace("\u00a0–", " –")


def verdict_filter(reader: ReleaseReader, patches: list[Patch]) -> list[Patch]:
    """Let the reader choose a verdict; returns the patches that have it. Without a register nothing is asked."""
    if not reader.has_register or not patches:
        return patches
    verdicts = reader.verdicts()
    counts = Counter(verdict.kind for verdict in verdicts)
    kinds = [None, *(kind for kind in _ORDER if counts[kind])]
    chosen = st.selectbox(
        _("Verdict"),
        kinds,
        format_func=lambda kind: _("all verdicts") if kind is None else f"{verdict_badge(kind)} ({counts[kind]})",
        key=f"verdict-{reader.info.area}-{reader.info.id}",
        label_visibility="collapsed",
    )
    having = {verdict.patch_id for verdict in verdicts if chosen in (None, verdict.kind)}
    return [patch for patch in patches if patch.patch_id in having]


def by_patch(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    """The verdicts on each patch, those first that need a look."""
    found: dict[str, list[Verdict]] = {}
    for verdict in sorted(verdicts, key=lambda one: _ORDER.index(one.kind)):
        found.setdefault(verdict.patch_id, []).append(verdict)
    return found


def verdict_table(reader: ReleaseReader) -> None:
    """How many patches, and how much ground, have which verdict."""
    sums = sorted(reader.verdict_sums(), key=lambda row: _ORDER.index(row.kind))
    st.dataframe(
        pd.DataFrame(
            {
                _("verdict"): [verdict_badge(row.kind) for row in sums],
                _("patches"): [row.patches for row in sums],
                _("their area, ha"): [row.area_m2 / 1e4 for row in sums],
                _("outside permits, ha"): [row.likely_m2 / 1e4 for row in sums],
                _("at least, ha"): [row.least_m2 / 1e4 for row in sums],
                _("at most, ha"): [row.most_m2 / 1e4 for row in sums],
            }
        ),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.2f")
            for name in (_("their area, ha"), _("outside permits, ha"), _("at least, ha"), _("at most, ha"))
        },
    )
    st.caption(
        _(
            "Suspected: found by computing, and confirmed by nobody yet. Each patch was held against the permits that "
            "were valid on the date of its outline. At least and at most are what the positional error of outlines and "
            "permits leaves open."
        )
    )
