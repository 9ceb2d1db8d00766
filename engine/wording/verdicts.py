"""Verdicts on permits, and why they were given."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from engine.wording.language import gettext as _
from engine.wording.language import ngettext
from engine.wording.names import class_name
from engine.wording.numbers import day, ground, number, period

_MOST_NUMBERS = 12  # of permits, in one sentence


def verdict_name(kind: str, certainty: str | None = "certain") -> str:
    """A verdict; those against a patch are suspicions until a person confirms them."""
    if certainty == "doubtful":
        return _doubtful_name(kind)
    return {
        "inside": _("inside a valid permit"),
        "crosses": _("suspected: crosses its permit's boundary"),
        "no_permit": _("suspected: no permit"),
        "after_expiry": _("suspected: work after its permit expired"),
        "before_start": _("suspected: work before its permit began"),
        "renewal_pending": _("permit expired, renewal pending"),
        "other_mineral": _("suspected: its permit is for another mineral"),
        "exploration_only": _("suspected: its permit is for exploration only"),
        "prohibited_zone": _("suspected: in a prohibited zone"),
        "not_reclaimed": _("suspected: ground not restored in time"),
        "not_tested": _("permits not tested"),
    }[kind]


def verdict_title(kind: str, certainty: str | None, *, alone: bool) -> str:
    """A verdict as a heading. alone : whether nothing else is said of the patch; what was not tested is then all."""
    if kind == "not_tested" and not alone:
        return _("Not everything could be tested")
    name = verdict_name(kind, certainty)
    return name[:1].upper() + name[1:]


def _doubtful_name(kind: str) -> str:
    """A verdict that the positional error, or a date that is not known, may turn round."""
    return {
        "inside": _("doubtful: just inside a valid permit"),
        "crosses": _("doubtful: may cross its permit's boundary"),
        "no_permit": _("doubtful: no permit, or just beside one"),
        "prohibited_zone": _("doubtful: may reach into a prohibited zone"),
        "not_reclaimed": _("doubtful: ground perhaps not restored in time"),
    }[kind]


def reason(code: str, parameters: Mapping[str, Any]) -> str:
    """Why a verdict was given."""
    sentence = (_spatial(parameters) | _of_permits() | _of_days() | _missing(parameters))[code]
    return sentence.format(**{name: _parameter(name, value) for name, value in parameters.items()})


def _spatial(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Of where a patch lies."""
    return {
        "judged": _("Judged on its outline of {date}."),
        "judged_undated": _(
            "Its outline has no date: it was held against the permits valid on {date}, the last date of the data."
        ),
        "lies_inside": _("It lies inside {permits}."),
        "little_room": _("The room to the boundary is somewhere less than the positional error of ± {error_m} m."),
        "within_error": _(
            "It may cross the boundary of {permits}: {area_m2} lie outside, but nowhere by more than the positional "
            "error of ± {error_m} m."
        ),
        "reaches_outside": _("It reaches {distance_m} m beyond {permits}."),
        "none_valid": _("No permit that is valid on {date} covers any of it."),
        "overlap_within_error": _(
            "What lies inside does so by no more than the positional error of ± {error_m} m, and may be outside, too."
        ),
        "beside": _("No further from it than the positional error of ± {error_m} m: {permits}."),
        "in_zone": _("{area_m2} of it lie in the prohibited zone {zone}."),
        "in_zone_since": _("{area_m2} of it lie in the prohibited zone {zone}, which has been in force since {since}."),
        "zone_within_error": _("It reaches into the zone by no more than the positional error of ± {error_m} m."),
        "without_outline": ngettext(
            "{count} permit of the register has no outline and could not be held against it.",
            "{count} permits of the register have no outline and could not be held against it.",
            parameters.get("count", 0),
        ),
    }


def _of_permits() -> dict[str, str]:
    """Of why a permit does not allow it."""
    return {
        "expired": _("On its ground, permit {permit} expired on {last}."),
        "not_begun": _("On its ground, permit {permit} does not begin until {first}."),
        "withdrawn": _("On its ground, permit {permit} has been withdrawn or cancelled ({status})."),
        "suspended": _("On its ground, permit {permit} is suspended ({status})."),
        "application": _("On its ground, permit {permit} has been applied for and not granted ({status})."),
        "ends_before_it_begins": _("On its ground, permit {permit} ends before it begins ({first} to {last})."),
        "other_kind": _("On its ground, permit {permit} is of a kind that allows no extraction ({kind})."),
        "explores": _("On its ground, permit {permit} allows exploration and no extraction ({kind})."),
        "other_mineral": _(
            "On its ground, permit {permit} is for {mineral}, and not for what a mine of this class yields: "
            "{mine_class}."
        ),
        "no_first_day": _("Of permit {permit} the register says no first day; it counts as begun."),
        "no_last_day": _("Of permit {permit} the register says no last day; it counts as unlimited."),
    }


def _of_days() -> dict[str, str]:
    """Of when work was seen, against the days of a permit."""
    return {
        "growth_after": _(
            "Permit {permit} expired on {last}, and between {after} and {by} the site grew: it was worked at least "
            "{days} days after the permit had expired."
        ),
        "motion_after": _(
            "Permit {permit} expired on {last}, and the ground inside the site still moved after {after}: it was "
            "worked at least {days} days after the permit had expired."
        ),
        "loss_after": _(
            "Permit {permit} expired on {last}, and after {after} the radar still lost the ground inside the site, as "
            "it does where metres are dug away: it was worked at least {days} days after the permit had expired."
        ),
        "growth_before": _("Between {after} and {by} the site grew, and {permits} did not begin until {first}."),
        "motion_before": _(
            "Between {after} and {by} the ground inside the site moved, and {permits} did not begin until {first}."
        ),
        "loss_before": _(
            "Between {after} and {by} the radar lost the ground inside the site, as it does where metres are dug away, "
            "and {permits} did not begin until {first}."
        ),
        "renewal_accepted": _("Permit {permit} expired on {last}; a renewal has been accepted ({status})."),
        "still_bare": _(
            "Permit {permit} expired on {last}, and its ground had to be restored by {due}; the image of {date} still "
            "shows the mine."
        ),
        "still_bare_after_grace": _(
            "Permit {permit} expired on {last} and does not say by when its ground has to be restored; the usual term "
            "ended on {due}, and the image of {date} still shows the mine."
        ),
        "still_worked": _(
            "Permit {permit} expired on {last}, and its ground had to be restored by {due}; it was still worked after "
            "that."
        ),
        "still_worked_after_grace": _(
            "Permit {permit} expired on {last} and does not say by when its ground has to be restored; the usual term "
            "ended on {due}, and it was still worked after that."
        ),
    }


def _missing(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Of what could not be tested."""
    mineral = (
        _("The mineral was not compared: permit {permit} is for {mineral}, which is not understood.")
        if parameters.get("mineral")
        else _("The mineral was not compared: permit {permit} does not say what it is for.")
    )
    return {
        "no_register": _("No register of permits has been loaded for this area."),
        "register_without_dates": _(
            "No permit of the register has a date, so that none can be told to be valid on a day. Name the columns of "
            "its dates, if it has any."
        ),
        "no_dates": _("On its ground, permit {permit} has no dates, so that it cannot be told to be valid on a day."),
        "first_day_missing": _(
            "On its ground, permit {permit} has no first day, so that it cannot be told to be valid on a day."
        ),
        "last_day_missing": _(
            "On its ground, permit {permit} has no last day, so that it cannot be told to be valid on a day."
        ),
        "expired_within_growth": _(
            "Permit {permit} expired on {last}. The site grew between {after} and {by}: whether before or after the "
            "permit expired cannot be told."
        ),
        "expired_without_sign": _(
            "Permit {permit} expired on {last}. No work after that could be dated: neither growth between two images "
            "nor motion that is surely work."
        ),
        "not_begun_without_sign": _(
            "Permit {permit} does not begin until {first}. No work before that could be dated: neither growth between "
            "two images nor motion that is surely work."
        ),
        "begun_without_sign": _(
            "Permit {permit} began on {first}, after the image of {date} showed the patch. Work before that was not "
            "tested: nothing that was measured dates it."
        ),
        "begun_within_growth": _(
            "Permit {permit} began on {first}. The site grew between {after} and {by}: whether before or after the "
            "permit began cannot be told."
        ),
        "mineral_not_tested": mineral,
        "depth_not_tested": _(
            "Permit {permit} says between which elevations may be dug. Depth was not tested: there are no elevation "
            "models of different years."
        ),
    }


def _parameter(name: str, value: Any) -> str:
    """A parameter of a reason in words; its name says what it is."""
    if name in ("date", "first", "last", "after", "by", "due", "since"):
        return day(date.fromisoformat(value))
    if name == "permits":
        named = ngettext("permit {permits}", "permits {permits}", len(value))
        return named.format(permits=_listed(value))
    if name == "area_m2":
        return ground(value)
    if name in ("distance_m", "error_m"):
        return number(value, 0 if value >= 10 or value == round(value) else 1)
    if name in ("kind", "status"):
        return value or _("none is given")
    if name == "zone":
        return value or _("(without a name)")
    if name == "mine_class":
        return class_name(value)
    return number(value) if isinstance(value, int) else str(value)


def _listed(numbers: Sequence[str]) -> str:
    """Numbers of permits, the first few of very many."""
    shown = ", ".join(numbers[:_MOST_NUMBERS])
    more = len(numbers) - _MOST_NUMBERS
    if more <= 0:
        return shown
    return ngettext("{permits} and {count} more", "{permits} and {count} more", more).format(
        permits=shown, count=number(more)
    )


def validity(first: date | None, last: date | None) -> str:
    """When a permit is valid."""
    if first is not None and last is not None:
        return period(first, last)
    if first is not None:
        return _("from {day}").format(day=day(first))
    return _("until {day}").format(day=day(last)) if last is not None else _("no dates")


def outside_range(least: float, likely: float, most: float) -> str:
    """How much lies outside permits (m²), for example "0.42 ha outside (0.35–0.51)"; as fine as the range asks for."""
    return _range(_("{area} m² outside") if most < 100 else _("{area} ha outside"), least, likely, most)


def area_range(least: float, likely: float, most: float) -> str:
    """The same of ground that is not outside permits: in a zone, or of a whole site."""
    return _range(_("{area} m²") if most < 100 else _("{area} ha"), least, likely, most)


def _range(sentence: str, least: float, likely: float, most: float) -> str:
    low, middle, high = (area / (1 if most < 100 else 1e4) for area in (least, likely, most))
    digits = 0 if most < 100 or high - low >= 10 else 1 if high - low >= 1 or (high >= 10 and high - low < 0.01) else 2
    outside = sentence.format(area=number(middle, digits))
    ends = number(low, digits), number(high, digits)
    if ends[0] == ends[1]:
        return outside
    return _("{outside} ({least}–{most})").format(outside=outside, least=ends[0], most=ends[1])


def verdict_change_name(change: str) -> str:
    """What became of a verdict from one release to the next."""
    return {"new": _("new"), "gone": _("gone"), "grown": _("grown"), "shrunk": _("shrunk")}[change]
