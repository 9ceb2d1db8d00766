"""Sentences of what was measured at a patch or a pixel, never more certain than their numbers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.wording.courses import course_sentences
from engine.wording.language import gettext as _
from engine.wording.language import joined, ngettext
from engine.wording.names import class_name, reference_name
from engine.wording.numbers import day, hectares, hectares_with_margin, number, percent, period, rate

# Days of the year by which two images may differ and still be of one season.
_SEASON = 45


def patch_statement(patch: Mapping[str, Any], radar: Mapping[str, Any] | None) -> str:
    """What happens at a patch, never more certain than its numbers.

    `patch` holds the columns of the tables patch and activity, `radar` those of radar.
    """
    sentences = [] if patch["confidence"] is None else [_change(patch), *_surface(patch)]
    if radar is None:
        if not sentences:
            sentences.append(
                _("Nothing has been measured of it: the area has neither a model for its images nor radar.")
            )
        return joined(sentences)
    sentences.append(_motion(patch, radar))
    sentences += course_sentences(patch, radar)
    sentences += _beside(patch)
    seen = patch["coherent_pixels"] + patch["decorrelated_pixels"]
    if patch["decorrelated_pixels"] and patch["activity"] != "decorrelated":
        sentences.append(
            _("The radar has lost {share} of what it saw of it, which can itself be a sign of mining.").format(
                share=percent(patch["decorrelated_pixels"] / seen)
            )
        )
    if patch["observed_share"] < 0.95 and patch["activity"] != "not_observable":
        sentences.append(_("Only {share} of its area was seen.").format(share=percent(patch["observed_share"])))
    return joined(sentences)


def _change(patch: Mapping[str, Any]) -> str:
    """What the images show of a patch on the first and the last date on which its ground was seen."""
    name, change = class_name(patch["mine_class"]), patch["change"]
    title = _("{mine_class}, {area}").format(mine_class=name[:1].upper() + name[1:], area=hectares(patch["area_m2"]))
    if change is None:
        return _("{patch}, on {day}.").format(patch=title, day=day(patch["last_seen"]))
    # Outlines that disagree on ground that looks as it did count as no change at all.
    looks_alike = change == "unchanged" and patch["change_m2"] == 0
    sentence = {
        "alike": _(
            "{patch}: outlines of {first} and {last} differ by {margin}, but what they differ by looks the same in "
            "both images: unchanged."
        ),
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
    }["alike" if looks_alike else change]
    if change not in ("unchanged", "undetermined") and not _same_season(patch["change_from"], patch["change_to"]):
        seasons = _("The images are of different seasons: light and growth may explain a part of it.")
        sentence = joined([sentence, seasons])
    return sentence.format(
        patch=title,
        first=day(patch["change_from"]),
        last=day(patch["change_to"]),
        seen=day(patch["last_seen"]),
        change=hectares_with_margin(abs(patch["change_m2"]), patch["change_margin_m2"]),
        margin=hectares(patch["change_margin_m2"]),
    )


def _surface(patch: Mapping[str, Any]) -> list[str]:
    """What became of its surface; nothing where that is undetermined, or it is being worked."""
    if patch["surface"] is None or patch["change"] in ("new", "grown"):
        return []
    return [
        {
            "levelled": _(
                "Its surface is smoother than it was, as graded ground is (texture {texture} of what it was)."
            ),
            "solar_station": _("Rows of a few metres cover it, as solar panels do."),
            "revegetated": _("It is greener than it was, against the ground beside it (NDVI +{ndvi})."),
        }[patch["surface"]].format(
            texture=percent(patch["texture_ratio"] or 0.0), ndvi=number(patch["ndvi_change"] or 0.0, 2)
        )
    ]


def _same_season(one: date, other: date) -> bool:
    apart = abs(one.timetuple().tm_yday - other.timetuple().tm_yday)
    return min(apart, 365 - apart) <= _SEASON


def _motion(patch: Mapping[str, Any], radar: Mapping[str, Any]) -> str:
    activity, when = patch["activity"], period(radar["first_date"], radar["last_date"])
    if activity in ("negative", "positive", "settlement") and patch["cluster_area_m2"] is None:
        return _("It moved in one step, {period}; pixel by pixel no rate is told from still ground.").format(
            period=when
        )
    if activity in ("negative", "positive", "settlement"):
        message = (
            _("{area} of its ground moves away from the satellite at {rate} (median; fastest {extreme}), {period}.")
            if activity != "positive"
            else _("{area} of its ground moves towards the satellite at {rate} (median; fastest {extreme}), {period}.")
        )
        return message.format(
            area=hectares(patch["cluster_area_m2"]),
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


def _beside(patch: Mapping[str, Any]) -> list[str]:
    """Motion near a patch that itself stands still."""
    if patch["activity"] != "no_change" or not patch["cluster_distance_m"]:
        return []
    return [
        _("{distance} m outside it begins ground that moves at {rate} (median over {area}).").format(
            distance=number(patch["cluster_distance_m"]),
            rate=rate(patch["median_rate"]),
            area=hectares(patch["cluster_area_m2"]),
        )
    ]


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
        return joined([sentence, flag])
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
        text = joined([few, apart if pixel["groups"] > 1 else sparse, lost])
        return text.format(pairs=pixel["pairs"], all=pixel["pairs_used"], groups=pixel["groups"])
    if state == "water":
        return _(
            "Water: it changes from pass to pass, so the radar cannot measure it. "
            "Not observable is not the same as still."
        )
    if state == "hidden":
        return _(
            "Radar shadow or layover: slopes hide this place from the radar, or it sees several places in one. "
            "Not observable is not the same as still."
        )
    return _("No interferogram has phase here: the radar did not see the place, or lost it in every pair.")


def convention(reference: str, incidence_deg: float) -> str:
    """How to read the rates."""
    return _(
        "Along the line of sight ({incidence}° from the vertical), towards the satellite positive, "
        "relative to {reference}."
    ).format(incidence=number(incidence_deg, 1), reference=reference_name(reference))
