"""How motion at a patch runs over time, in words: since when, until when, how sure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.wording.language import gettext as _
from engine.wording.numbers import day, number, percent, period, rate

# From a standard error to half a 95 % interval.
_95 = 1.96
# A class that is less sure than this is said to be doubtful.
SURE = 0.95


def course_sentences(patch: Mapping[str, Any], radar: Mapping[str, Any]) -> list[str]:
    """What the columns of the tables activity and course say beyond the class; nothing where nothing is known."""
    said = []
    if patch["activity"] == "settlement":
        said.append(_settlement(patch))
    elif patch["activity"] in ("negative", "positive", "no_change"):
        said += _turn(patch, radar)
    if patch["lost_first"] is not None:
        said.append(_loss(patch))
    confidence = patch["class_confidence"]
    if confidence is not None and confidence < SURE and patch["activity"] != "settlement":
        said.append(_("Doubtful: {share} sure.").format(share=percent(confidence)))
    return said


def turn_name(turn: str) -> str:
    """What happened on a day, in a few words."""
    return {
        "onset": _("motion begins"),
        "stop": _("motion stops"),
        "faster": _("motion turns faster"),
        "slower": _("motion turns slower"),
        "reversal": _("motion turns round"),
        "step": _("a step"),
    }[turn]


def dated(when: date, first: date, last: date) -> str:
    """A day with its interval."""
    return _("{day} ({interval})").format(day=day(when), interval=period(first, last))


def turn_facts(patch: Mapping[str, Any]) -> str:
    """For a list: "motion begins 14 Aug 2020"; empty where nothing is dated."""
    if patch["activity"] in ("negative", "positive") and patch["turn"] is not None:
        return _("{what} {day}").format(what=turn_name(patch["turn"]), day=day(patch["day"]))
    if patch["activity"] == "decorrelated" and patch["lost_first"] is not None:
        return _("lost since {day}").format(day=day(patch["lost_last"]))
    return ""


def _turn(patch: Mapping[str, Any], radar: Mapping[str, Any]) -> list[str]:
    turn = patch["turn"]
    if turn is None:
        return _trend(patch)
    before, after = (rate(patch[f"rate_{end}"], _95 * patch[f"error_{end}"]) for end in ("before", "after"))
    message = {
        "onset": _("It began about {when}, at {after} since."),
        "stop": _("It stopped about {when}, after {before}."),
        "faster": _("It turned faster about {when}: {after}, after {before}."),
        "slower": _("It turned slower about {when}: {after}, after {before}."),
        "reversal": _("It turned round about {when}: {after}, after {before}."),
        "step": _(
            "It moved by {step} mm within days, about {when}; a multiple of {turn} mm more or less would look the same."
        ),
    }[turn]
    step = patch["step_mm"]
    return [
        message.format(
            when=dated(patch["day"], patch["day_first"], patch["day_last"]),
            before=before,
            after=after,
            step="" if step is None else number(step),
            turn=number(radar["wavelength_m"] / 2 * 1000),
        )
    ]


def _trend(patch: Mapping[str, Any]) -> list[str]:
    """Motion that changes without doing so on any one day."""
    if patch["course"] != "quadratic" or patch["activity"] == "no_change":
        return []
    before, after = (rate(patch[f"rate_{end}"], _95 * patch[f"error_{end}"]) for end in ("before", "after"))
    if abs(patch["rate_after"]) > abs(patch["rate_before"]):
        return [_("It turns faster: {after} at last, {before} at first.").format(after=after, before=before)]
    return [_("It turns slower: {after} at last, {before} at first.").format(after=after, before=before)]


def _settlement(patch: Mapping[str, Any]) -> str:
    return _(
        "It sinks ever more slowly, from {before} to {after}, and no image shows growth: so does the ground of closed "
        "mines. That it fades is {share} sure."
    ).format(
        before=rate(patch["rate_before"]),
        after=rate(patch["rate_after"]),
        share=percent(min(patch["fading"] or 0.0, 0.99)),
    )


def _loss(patch: Mapping[str, Any]) -> str:
    known = {name: day(patch[f"lost_{name}"]) for name in ("first", "last")}
    if patch["lost_until_first"] is None:
        return _(
            "Its coherence was lost between {first} and {last} and has not come back: so it does where metres are dug "
            "away."
        ).format(**known)
    return _(
        "Its coherence was lost between {first} and {last} and came back between {back} and {back_by}: so it does "
        "where metres are dug away."
    ).format(**known, back=day(patch["lost_until_first"]), back_by=day(patch["lost_until_last"]))
