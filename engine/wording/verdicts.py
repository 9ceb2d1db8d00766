"""Verdicts on permits, and why they were given."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.wording.language import gettext as _
from engine.wording.language import ngettext
from engine.wording.numbers import day, hectares, number, period


def verdict_name(kind: str) -> str:
    """A verdict; those against a patch are suspicions until a person confirms them."""
    return {
        "inside": _("inside a valid permit"),
        "crosses": _("suspected: crosses its permit's boundary"),
        "no_permit": _("suspected: no permit"),
        "not_tested": _("permits not tested"),
    }[kind]


def reason(code: str, parameters: Mapping[str, Any]) -> str:
    """Why a verdict was given."""
    sentence = {
        "no_register": _("No register of permits has been loaded for this area."),
        "register_without_dates": _(
            "No permit of the register has a date, so that none can be told to be valid on a day. Name the columns of "
            "its dates, if it has any."
        ),
        "judged": _("Judged on its outline of {date}."),
        "judged_undated": _(
            "Its outline has no date: it was held against the permits valid on {date}, the last date of the data."
        ),
        "lies_inside": _("It lies inside {permits}."),
        "within_error": _("{area_m2} lie outside, but nowhere by more than the positional error of ± {error_m} m."),
        "reaches_outside": _("It reaches {distance_m} m beyond {permits}."),
        "overlap_within_error": _(
            "What lies inside does so by no more than the positional error of ± {error_m} m, and may be outside, too."
        ),
        "none_valid": _("No permit that is valid on {date} covers any of it."),
        "beside": _("No further from it than the positional error of ± {error_m} m: {permits}."),
        "expired": _("On its ground, permit {permit} expired on {last}."),
        "not_begun": _("On its ground, permit {permit} does not begin until {first}."),
        "no_dates": _("On its ground, permit {permit} has no dates, so that it cannot be valid on a day."),
        "other_kind": _("On its ground, permit {permit} is of a kind that allows no extraction ({kind})."),
        "ends_before_it_begins": _("On its ground, permit {permit} ends before it begins ({first} to {last})."),
        "no_first_day": _("Of permit {permit} the register says no first day; it counts as begun."),
        "no_last_day": _("Of permit {permit} the register says no last day; it counts as unlimited."),
        "without_outline": ngettext(
            "{count} permit of the register has no outline and could not be held against it.",
            "{count} permits of the register have no outline and could not be held against it.",
            parameters.get("count", 0),
        ),
    }[code]
    return sentence.format(**{name: _parameter(name, value) for name, value in parameters.items()})


def _parameter(name: str, value: Any) -> str:
    """A parameter of a reason in words; its name says what it is."""
    if name in ("date", "first", "last"):
        return day(date.fromisoformat(value))
    if name == "permits":
        named = ngettext("permit {permits}", "permits {permits}", len(value))
        return named.format(permits=", ".join(value))
    if name == "area_m2":
        return hectares(value)
    if name in ("distance_m", "error_m"):
        return number(value, 0 if value >= 10 or value == round(value) else 1)
    if name == "kind":
        return value or _("none is given")
    return str(value)


def validity(first: date | None, last: date | None) -> str:
    """When a permit is valid."""
    if first is not None and last is not None:
        return period(first, last)
    if first is not None:
        return _("from {day}").format(day=day(first))
    return _("until {day}").format(day=day(last)) if last is not None else _("no dates")


def outside_range(least: float, likely: float, most: float) -> str:
    """How much lies outside permits (m²), for example "0.42 ha outside (0.35–0.51)"; as fine as the range asks for."""
    low, middle, high = (area / 1e4 for area in (least, likely, most))
    digits = 0 if high - low >= 10 else 1 if high - low >= 1 or (high >= 10 and high - low < 0.01) else 2
    outside = _("{area} ha outside").format(area=number(middle, digits))
    ends = number(low, digits), number(high, digits)
    if ends[0] == ends[1]:
        return outside
    return _("{outside} ({least}–{most})").format(outside=outside, least=ends[0], most=ends[1])
