"""Sentences from codes and parameters, in the reader's language: the one place where facts become words.

Texts go through gettext with English as the message; `use_language` sets the language of the current thread of work.
Numbers carry their unit, and their uncertainty where there is one; minus is a minus sign.
"""

import gettext as _gettext
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

# Days of the year by which two images may differ and still be of one season.
_SEASON = 45

_CATALOGUES = Path(__file__).parents[1] / "locale"
_language: ContextVar[str] = ContextVar("language", default="en")


def use_language(language: str) -> None:
    """Speak `language` from here on, in this context."""
    _language.set(language)


def gettext(message: str) -> str:
    """The message in the current language."""
    return _catalogue(_language.get()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """The message for `count` things, in the current language."""
    return _catalogue(_language.get()).ngettext(one, many, count)


@lru_cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    return _gettext.translation("pitwatch", _CATALOGUES, [language], fallback=True)


_ = gettext


# Numbers and dates


def number(value: float, digits: int = 0) -> str:
    """A number with fixed decimals, grouped as the language has it."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = format_decimal(round(value, digits) + 0.0, format=pattern, locale=_language.get())
    return text.replace("-", "−")


def day(value: date) -> str:
    """A date, for example 19 Jun 2006."""
    return format_date(value, "d MMM y", locale=_language.get())


def period(first: date, last: date) -> str:
    return f"{day(first)} – {day(last)}"


def place(lon: float, lat: float) -> str:
    """A place, for example 34.1904° S, 150.9354° E."""
    south_north = _("{degrees}° S") if lat < 0 else _("{degrees}° N")
    west_east = _("{degrees}° W") if lon < 0 else _("{degrees}° E")
    parts = south_north.format(degrees=number(abs(lat), 4)), west_east.format(degrees=number(abs(lon), 4))
    return ", ".join(parts)


def hectares(square_metres: float) -> str:
    """An area: km² from a square kilometre on, else hectares."""
    if square_metres >= 1e6:
        return _("{area} km²").format(area=number(square_metres / 1e6, 1))
    return _("{area} ha").format(area=number(square_metres / 1e4, 0 if square_metres >= 1e5 else 1))


def hectares_with_margin(square_metres: float, margin: float) -> str:
    """An area and what its boundary's error makes of it."""
    digits = 1 if margin < 1e5 else 0
    return _("{area} ± {margin} ha").format(
        area=number(square_metres / 1e4, digits), margin=number(max(margin / 1e4, 0.1), digits)
    )


def percent(share: float) -> str:
    return _("{share} %").format(share=number(100 * share))


def rate(value: float, margin: float | None = None) -> str:
    """A rate in mm a year, with half its 95 % interval when it is known."""
    if margin is None:
        return _("{rate} mm/yr").format(rate=number(value))
    digits = 0 if margin >= 1 else 1
    margin = max(margin, 0.1)  # no rate is printed as if it were known for certain
    return _("{rate} ± {margin} mm/yr").format(rate=number(value, digits), margin=number(margin, digits))


# Names of codes


def activity_name(activity: str) -> str:
    return {
        "negative": _("moving away"),
        "positive": _("moving towards"),
        "decorrelated": _("decorrelated"),
        "no_change": _("no change seen"),
        "not_observable": _("not observable"),
    }[activity]


def state_name(state: str) -> str:
    return {
        "no_data": _("no data"),
        "solved": _("solved"),
        "minimum_norm": _("flagged: network falls apart"),
        "dates_missing": _("decorrelated: dates missing"),
        "few_pairs": _("decorrelated: too few pairs"),
        "low_coherence": _("decorrelated: pairs contradict"),
    }[state]


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


def change_name(change: str) -> str:
    return {
        "new": _("new"),
        "gone": _("gone"),
        "grown": _("grown"),
        "shrunk": _("shrunk"),
        "passing": _("came and went"),
        "unchanged": _("unchanged"),
        "undetermined": _("undetermined"),
    }[change]


def change_facts(change: str | None, square_metres: float | None) -> str:
    """The change of a patch in two words, for example "grown by 1.2 ha"; empty where there was one image."""
    if change in ("grown", "shrunk") and square_metres is not None:
        by = _("grown by {area}") if change == "grown" else _("shrunk by {area}")
        return by.format(area=hectares(abs(square_metres)))
    return change_name(change) if change else ""


def class_name(mine_class: str) -> str:
    """A class of mines; an area's own, which has no translation, as the area calls it."""
    return {
        "mine": _("mine"),
        "quarry": _("quarry"),
        "gangue_dump": _("coal gangue dump"),
        "iron_pit": _("iron ore open pit"),
        "clay_pit": _("clay open pit"),
        "sandstone_pit": _("sandstone open pit"),
    }.get(mine_class, mine_class)


def layer_name(name: str) -> str:
    """A layer's name; those of images end in their date."""
    kind, _dash, stamp = name.partition("-")
    if stamp:
        dated = {"image": _("Image, {day}"), "probability": _("Probability of a mine, {day}")}
        return dated[kind].format(day=day(date.fromisoformat(stamp)))
    return {
        "rate": _("Rate, line of sight"),
        "vertical": _("Rate, vertical"),
        "error": _("Standard error of the rate"),
        "coherence": _("Temporal coherence"),
        "pairs": _("Pairs with phase"),
        "groups": _("Groups of dates"),
        "state": _("Decorrelated or flagged"),
        "terrain": _("Relief"),
    }[name]


def unit_name(unit: str) -> str:
    return {"mm/yr": _("mm/yr"), "%": "%", "1": "", "code": ""}[unit]


def reference_name(reference: str) -> str:
    """What rates are relative to: "median", or "longitude, latitude" of a place."""
    if reference == "median":
        return _("the median of the frame")
    lon, lat = (float(part) for part in reference.split(","))
    return place(lon, lat)


# Sentences


def patch_statement(patch: Mapping[str, Any], radar: Mapping[str, Any] | None) -> str:
    """What happens at a patch, never more certain than its numbers.

    `patch` holds the columns of the tables patch and activity, `radar` those of radar.
    """
    sentences = [] if patch["confidence"] is None else [_change(patch)]
    if radar is None:
        if not sentences:
            sentences.append(
                _("Nothing has been measured of it: the area has neither a model for its images nor radar.")
            )
        return " ".join(sentences)
    sentences.append(_motion(patch, radar))
    seen = patch["coherent_pixels"] + patch["decorrelated_pixels"]
    if patch["decorrelated_pixels"] and patch["activity"] != "decorrelated":
        sentences.append(
            _("The radar has lost {share} of what it saw of it, which can itself be a sign of mining.").format(
                share=percent(patch["decorrelated_pixels"] / seen)
            )
        )
    if patch["observed_share"] < 0.95 and patch["activity"] != "not_observable":
        sentences.append(_("Only {share} of its area was seen.").format(share=percent(patch["observed_share"])))
    return " ".join(sentences)


def _change(patch: Mapping[str, Any]) -> str:
    """What the images show of a patch on the first and the last date on which its ground was seen."""
    name, change = class_name(patch["mine_class"]), patch["change"]
    title = _("{mine_class}, {area}").format(mine_class=name[:1].upper() + name[1:], area=hectares(patch["area_m2"]))
    if change is None:
        return _("{patch}, on {day}.").format(patch=title, day=day(patch["last_seen"]))
    sentence = {
        "new": _("{patch}: not found on {first}, found on {last}."),
        "gone": _("{patch} on {seen}: not found any more on {last}."),
        "passing": _("{patch} on {seen}: found neither on {first} nor on {last}."),
        "grown": _("{patch}: grown by {change} from {first} to {last}."),
        "shrunk": _("{patch}: shrunk by {change} from {first} to {last}."),
        "unchanged": _(
            "{patch}: from {first} to {last} its area changed by no more than its boundary is uncertain ({change})."
        ),
        "undetermined": _(
            "{patch}: whether it changed from {first} to {last} cannot be told, since outlines and probabilities "
            "disagree, or one of the images shows it too faintly or not whole."
        ),
    }[change]
    if change not in ("unchanged", "undetermined") and not _same_season(patch["change_from"], patch["change_to"]):
        sentence += " " + _("The images are of different seasons: light and growth may explain a part of it.")
    return sentence.format(
        patch=title,
        first=day(patch["change_from"]),
        last=day(patch["change_to"]),
        seen=day(patch["last_seen"]),
        change=hectares_with_margin(abs(patch["change_m2"]), patch["change_margin_m2"]),
    )


def _same_season(one: date, other: date) -> bool:
    apart = abs(one.timetuple().tm_yday - other.timetuple().tm_yday)
    return min(apart, 365 - apart) <= _SEASON


def _motion(patch: Mapping[str, Any], radar: Mapping[str, Any]) -> str:
    activity, when = patch["activity"], period(radar["first_date"], radar["last_date"])
    if activity in ("negative", "positive"):
        message = (
            _("{area} of ground {where} moves away from the satellite at {rate} (median; fastest {extreme}), {period}.")
            if activity == "negative"
            else _(
                "{area} of ground {where} moves towards the satellite at {rate} (median; fastest {extreme}), {period}."
            )
        )
        return message.format(
            area=hectares(patch["cluster_area_m2"]),
            where=_where(patch["cluster_distance_m"], radar["halo_m"]),
            rate=rate(patch["median_rate"], radar["t95"] * patch["standard_error"]),
            extreme=rate(patch["extreme_rate"]),
            period=when,
        )
    if activity == "decorrelated":
        seen = patch["decorrelated_pixels"] + patch["coherent_pixels"]
        message = ngettext(
            "Decorrelated: the radar lost the one pixel that it saw of it, {period}.",
            "Decorrelated: the radar lost {lost} of the {seen} pixels that it saw of it, {period}.",
            seen,
        )
        return message.format(lost=number(patch["decorrelated_pixels"]), seen=number(seen), period=when)
    if activity == "no_change":
        return _(
            "No motion beyond ± {threshold} mm/yr was seen, {period}; slower than {least} mm/yr would not have been."
        ).format(
            threshold=number(radar["threshold"]),
            period=when,
            least=number(max(patch["detectable_rate"], radar["threshold"])),
        )
    return _("Not observable: too little of it was seen by the radar to say anything. This is not the same as still.")


def _where(distance_m: float, halo_m: float) -> str:
    """Where the moving ground lies that speaks for a patch; what lies beyond the halo was not looked at."""
    if distance_m > 0:
        return _("that begins {distance} m outside it").format(distance=number(distance_m))
    return _("in it and up to {halo} m round it").format(halo=number(halo_m))


def pixel_statement(pixel: Mapping[str, Any], radar: Mapping[str, Any]) -> str:
    """What is known at one pixel, or why nothing is.

    `pixel` holds the fields of the store's pixel reading, `radar` the columns of the table radar.
    """
    state = pixel["state"]
    if state in ("solved", "minimum_norm"):
        sentence = _(
            "{rate} along the line of sight (95 %), {period}; {dates} dates from {pairs} of {all} pairs."
        ).format(
            rate=rate(pixel["rate"], radar["t95"] * pixel["standard_error"]),
            period=period(radar["first_date"], radar["last_date"]),
            dates=pixel["dates"],
            pairs=pixel["pairs"],
            all=pixel["pairs_used"],
        )
        if state == "solved":
            return sentence
        flag = _(
            "Flagged: the pairs at this pixel leave its dates in {groups} groups that nothing links. Between the "
            "groups the slowest motion that fits was assumed (minimum norm), so this is no evidence."
        ).format(groups=pixel["groups"])
        return f"{sentence} {flag}"
    if state == "low_coherence":
        return _(
            "Decorrelated: the {pairs} pairs at this pixel contradict each other (temporal coherence {coherence}), so "
            "there is no series. Loss of coherence can itself be a sign of mining."
        ).format(pairs=pixel["pairs"], coherence=number(pixel["coherence"], 2))
    if state in ("few_pairs", "dates_missing"):
        few = ngettext(
            "Decorrelated: {pairs} of {all} pairs has phase at this pixel.",
            "Decorrelated: {pairs} of {all} pairs have phase at this pixel.",
            pixel["pairs"],
        )
        apart = _(
            "Its own network falls apart into {groups} groups of dates that nothing links, so there is no series."
        )
        sparse = _("That is too few for a series to be trusted.")
        lost = _("Loss of coherence can itself be a sign of mining.")
        text = " ".join([few, apart if pixel["groups"] > 1 else sparse, lost])
        return text.format(pairs=pixel["pairs"], all=pixel["pairs_used"], groups=pixel["groups"])
    return _("No interferogram has phase here: the radar did not see the place, or lost it in every pair.")


def convention(reference: str, incidence_deg: float) -> str:
    """How to read the rates."""
    return _(
        "Along the line of sight ({incidence}° from the vertical), towards the satellite positive, "
        "relative to {reference}."
    ).format(incidence=number(incidence_deg, 1), reference=reference_name(reference))
