"""Verdicts on permits: on the card of a patch, as a filter of the list, and summed up over an area."""

from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from components import plain
from components.linked_charts import Part, linked_table
from engine import wording
from engine.wording import gettext as _
from store.patches import SUSPECTED, PatchFilter
from store.reader import ReleaseReader
from store.rows import Patch, Permit, Verdict
from web.palette import DOUBTFUL_SIGN, VERDICT_SIGNS

# Kinds in order of attention.
_ORDER = tuple(VERDICT_SIGNS)
_WORTH_SAYING = 1.0  # m²


def verdict_badge(kind: str, certainty: str | None = "certain") -> str:
    """The sign and the words of a verdict."""
    return f"{verdict_sign(kind, certainty)} {wording.verdict_name(kind, certainty)}".strip()


def verdict_sign(kind: str, certainty: str | None) -> str:
    """The sign of a verdict; one that is doubtful bears a question mark."""
    return f"{DOUBTFUL_SIGN}{VERDICT_SIGNS[kind]}" if certainty == "doubtful" else VERDICT_SIGNS[kind]


def verdict_facts(verdict: Verdict) -> str:
    """A verdict in a few words, with the ground that it is about where it speaks against the patch."""
    name = wording.verdict_name(verdict.kind, verdict.certainty)
    if verdict.kind not in SUSPECTED or verdict.likely_m2 is None:
        return name
    return f"{name} · {wording.ground(verdict.likely_m2)}"


def verdict_part(verdicts: Sequence[Verdict], permits_named: Callable[[Sequence[str]], list[Permit]]) -> None:
    """The verdicts on a patch with their reasons, their ground, and the permits concerned, which are asked for."""
    for verdict in sorted(verdicts, key=_attention):
        if verdict.kind == "not_tested":
            _not_tested(verdict, alone=len(verdicts) == 1)
            continue
        badge = verdict_badge(verdict.kind, verdict.certainty)
        st.markdown(f"**{badge}** – {_why(verdict)}")
        least, likely, most = verdict.least_m2 or 0.0, verdict.likely_m2 or 0.0, verdict.most_m2 or 0.0
        if likely >= _WORTH_SAYING:
            st.markdown(f"**{_area(verdict.kind, least, likely, most)}**", help=_explained(verdict.kind))
    if numbers := list(dict.fromkeys(number for verdict in verdicts for number in verdict.permits)):
        _permits(permits_named(numbers))


def _why(verdict: Verdict) -> str:
    return " ".join(plain.markdown(wording.reason(one["code"], one["parameters"])) for one in verdict.reasons)


def _not_tested(verdict: Verdict, *, alone: bool) -> None:
    """What could not be tested: said aloud where that is all there is, else in one quiet line."""
    if alone:
        st.markdown(f":material/help: **{wording.verdict_name(verdict.kind)}** – {_why(verdict)}")
        return
    # The day is said by the verdicts above.
    rest = [one for one in verdict.reasons if one["code"] not in ("judged", "judged_undated")]
    said = " ".join(plain.markdown(wording.reason(one["code"], one["parameters"])) for one in rest)
    st.caption(_("Not tested: {reasons}").format(reasons=said))


def _area(kind: str, least: float, likely: float, most: float) -> str:
    if kind == "prohibited_zone":
        return _("{area} in the zone").format(area=wording.area_range(least, likely, most))
    return wording.outside_range(least, likely, most)


def _explained(kind: str) -> str:
    if kind == "prohibited_zone":
        return _("Area inside the prohibited zone; in brackets what the positional error leaves open.")
    return _("Area outside every valid permit; in brackets what the positional error leaves open.")


def _permits(permits: Sequence[Permit]) -> None:
    """The permits that the reasons rest on, with their validity."""
    lines = []
    for permit in permits:
        facts = [permit.mine or permit.holder, permit.kind, wording.validity(permit.valid_from, permit.valid_to)]
        said = " · ".join(plain.markdown(fact) for fact in facts if fact)
        lines.append(f"- **{plain.markdown(permit.number)}**  \n  {said}")
    if lines:
        st.markdown("\n".join(lines))


def verdict_filter(patches: list[Patch], verdicts: Sequence[Verdict], *, key: str) -> list[Patch]:
    """Let the reader choose a verdict; returns the patches that have it. Not tested are those of which nothing else is
    said."""
    chosen_by = {
        patch_id: {_choice(verdict) for verdict in headlines(own)} for patch_id, own in by_patch(verdicts).items()
    }
    counts = Counter(choice for choices in chosen_by.values() for choice in choices)
    every = [(kind, certainty) for kind in _ORDER for certainty in ("certain", "doubtful", None)]
    chosen = st.selectbox(
        _("Verdict"),
        [None, *(choice for choice in every if counts[choice])],
        format_func=lambda choice: (
            _("all verdicts") if choice is None else f"{counts[choice]} · {verdict_badge(*choice)}"
        ),
        key=key,
        label_visibility="collapsed",
    )
    return [patch for patch in patches if chosen is None or chosen in chosen_by.get(patch.patch_id, set())]


def _choice(verdict: Verdict) -> tuple[str, str | None]:
    return verdict.kind, verdict.certainty


def by_patch(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    """The verdicts on each patch, those first that need a look: what is sure against it, then what is doubtful."""
    found: dict[str, list[Verdict]] = {}
    for verdict in sorted(verdicts, key=_attention):
        found.setdefault(verdict.patch_id, []).append(verdict)
    return found


def headlines(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Of a patch's verdicts those for a list: that something was not tested only where nothing else is said."""
    return [verdict for verdict in verdicts if verdict.kind != "not_tested"] or list(verdicts)


def _attention(verdict: Verdict) -> tuple[bool, bool, int]:
    against = verdict.kind in SUSPECTED
    return not against, verdict.certainty == "doubtful", _ORDER.index(verdict.kind)


def by_attention(patches: Sequence[Patch], verdicts: Sequence[Verdict]) -> list[Patch]:
    """Patches in order of what the permits say: the surest and gravest verdict first, then the most ground."""
    first = {patch_id: own[0] for patch_id, own in by_patch(verdicts).items()}
    known = [patch for patch in patches if patch.patch_id in first]

    def attention(patch: Patch) -> tuple[tuple[bool, bool, int], float]:
        verdict = first[patch.patch_id]
        return _attention(verdict), -(verdict.likely_m2 or 0.0)

    return sorted(known, key=attention)


def verdict_counts(verdicts: Sequence[Verdict]) -> str:
    """How many patches have which verdict, in one line of Markdown."""
    shown = [one for own in by_patch(verdicts).values() for one in headlines(own)]
    counts = Counter(_choice(one) for one in sorted(shown, key=_attention))
    return " &emsp; ".join(f"**{wording.number(count)}** {verdict_badge(*choice)}" for choice, count in counts.items())


def verdict_table(reader: ReleaseReader) -> None:
    """How many patches, and how much ground, have which verdict; a patch may have several. A row opens their list."""
    sums = sorted(reader.verdict_sums(), key=lambda row: (_ORDER.index(row.kind), row.certainty == "doubtful"))
    # That something was not tested beside what was is no verdict of its own.
    shown = [row for row in sums if row.kind != "not_tested" or row.alone]
    areas = _("their area"), _("outside permits or in a zone"), _("at least"), _("at most")
    rows = [
        Part(
            (
                verdict_badge(row.kind, row.certainty),
                row.alone if row.kind == "not_tested" else row.patches,
                *(
                    None if row.kind == "not_tested" else area
                    for area in (row.area_m2, row.likely_m2, row.least_m2, row.most_m2)
                ),
            ),
            PatchFilter(verdicts=(f"{row.kind}:{row.certainty or ''}",)),
        )
        for row in shown
    ]
    linked_table(rows, (_("verdict"), _("patches"), *areas), areas=areas, key="verdict-sums")
    st.caption(
        _(
            "Suspected: found by computing, until a person has confirmed or dismissed it in its case. Doubtful: the "
            "positional error may turn it round. Each patch was held against the permits that were valid on the date "
            "of its outline, and may have several verdicts. At least and at most are what the positional error of "
            "outlines and permits leaves open."
        )
    )
