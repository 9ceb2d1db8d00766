"""What a dossier says besides verdicts and measurements: headings, labels, and the limits of the method."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.wording.courses import course_sentences
from engine.wording.language import gettext as _
from engine.wording.language import ngettext
from engine.wording.numbers import day, ground, hectares, hectares_with_margin, number, percent, period


def label(code: str) -> str:
    """A heading or the name of a row or column."""
    return {
        "dossier": _("Evidence dossier"),
        "finding": _("Finding"),
        "where": _("Where"),
        "what": _("What"),
        "how_big": _("How big"),
        "since_when": _("Since when"),
        "permits": _("Which permits"),
        "how_sure": _("How sure"),
        "overview": _("Position in the area"),
        "images": _("The patch in the images"),
        "rates": _("Ground motion"),
        "series": _("Displacement over time"),
        "verdicts": _("Verdicts and reasons"),
        "overlap": _("The patch and the permits"),
        "corners": _("Corners"),
        "patch_corners": _("Corners of the patch"),
        "permit_corners": _("Corners of permit {permit}"),
        "provenance": _("How this was made"),
        "data": _("Data"),
        "processing": _("Processing"),
        "accuracy": _("Accuracy"),
        "inputs": _("Files that the release was made from"),
        "hashes": _("Files of this dossier"),
        "case": _("Case"),
        "state": _("State"),
        "assignee": _("With"),
        "due": _("Until"),
        "limits": _("What the method cannot say"),
        "attribution": _("Sources"),
        "number": _("Number"),
        "mine": _("Mine"),
        "holder": _("Holder"),
        "mineral": _("Mineral"),
        "kind": _("Kind"),
        "status": _("Status"),
        "valid": _("Valid"),
        "permit": _("Permit"),
        "permit_area": _("Area of the permit"),
        "shared": _("Shared ground"),
        "outside": _("Patch outside it"),
        "distance": _("Distance"),
        "easting": _("Easting, m"),
        "northing": _("Northing, m"),
        "longitude": _("Longitude, °"),
        "latitude": _("Latitude, °"),
        "corner": _("No."),
        "ring": _("Ring"),
        "date": _("Date"),
        "area": _("Area"),
        "confidence": _("Confidence"),
        "step": _("Step"),
        "done_on": _("Done (UTC)"),
        "parameters": _("Parameters"),
        "file": _("File"),
        "sha256": _("SHA-256"),
        "least": _("At least"),
        "likely": _("Likely"),
        "most": _("At most"),
        "furthest": _("Furthest"),
        "release": _("Release"),
        "patch": _("Patch"),
        "register": _("Register"),
        "part": _("Part"),
        "accuracy_overall": _("Overall accuracy"),
        "producers_accuracy": _("Producer's accuracy"),
        "users_accuracy": _("User's accuracy"),
        "labelled": _("Labelled pixels"),
    }[code]


def legend(code: str) -> str:
    """What a line or a colour of a map or a chart is."""
    return {
        "patch": _("patch"),
        "other_patches": _("other patches"),
        "permit": _("permit"),
        "outside": _("outside every valid permit"),
        "ground": _("ground that the verdict is about"),
        "zone": _("prohibited zone"),
        "cluster": _("moving ground"),
        "neutral": _("no motion within ± {threshold} mm/yr"),
        "rate_axis": _("mm/yr along the line of sight: − away from the satellite, + towards it"),
        "displacement": _("displacement, mm"),
        "points": _("mean of {count} pixels (± 1 σ)"),
        "line": _("fitted line, {rate}"),
        "course": _("fitted course"),
        "course_band": _("95 % band of the course"),
        "turn": _("{turn}: within (95 %)"),
        "band": _("95 % band of the line"),
        "image_date": _("date of an image"),
        "validity": _("permit {permit} valid"),
        "here": _("this patch"),
        "no_picture": _("no image"),
    }[code]


def file_note(name: str) -> str:
    """What a file of a dossier holds."""
    if name.startswith("photos/"):
        return _("photo of the case, as it was given")
    return {
        "map.html": _("map for any browser, without a network"),
        "evidence.gpkg": _("patch, ground outside, permits, for any GIS"),
        "series.csv": _("displacement by date"),
        "corners.csv": _("corners of the patch and of the permits"),
        "permits.csv": _("the permits and how the patch lies to them"),
        "inputs.csv": _("files that the release was made from"),
        "case.json": _("verdicts, measures and steps as data"),
    }.get(name, _("picture of this dossier"))


def suspicion(open_verdicts: int, tested: bool) -> str:
    """That nothing here is proven yet."""
    if not tested:
        return _("Whether it is lawful was not tested.")
    if not open_verdicts:
        return _("No suspicion follows from the permits that were supplied.")
    return ngettext(
        "This is a suspicion until a person has confirmed it.",
        "These are suspicions until a person has confirmed them.",
        open_verdicts,
    )


def title(patch_id: str, name: str) -> str:
    return f"{patch_id} · {name}" if name else patch_id


def size(area_m2: float, margin_m2: float | None, on: date | None) -> str:
    """How big a patch is, and when."""
    area = hectares(area_m2) if margin_m2 is None else hectares_with_margin(area_m2, margin_m2)
    return area if on is None else _("{area} on {day}").format(area=area, day=day(on))


def since(patch: Mapping[str, Any], radar: Mapping[str, Any] | None) -> list[str]:
    """What is known of when it began; each a clause of its own."""
    said = []
    if patch["change"] == "new":
        said.append(
            _("Not there on {first}; there on {last}.").format(
                first=day(patch["change_from"]), last=day(patch["change_to"])
            )
        )
    elif patch["first_seen"] is not None:
        said.append(
            _("There since {day} or earlier, the first image that shows it.").format(day=day(patch["first_seen"]))
        )
    if radar is not None and patch["activity"] in ("negative", "positive", "settlement", "decorrelated"):
        said += course_sentences(patch, radar) or [
            _("Motion measured {period}; when it began is not dated.").format(
                period=period(radar["first_date"], radar["last_date"])
            )
        ]
    return said or [_("Not known: its outline has no date.")]


def permit_line(number: str, mine: str, holder: str, validity: str) -> str:
    """A permit in one line."""
    return " · ".join(part for part in (number, mine or holder, validity) if part)


def no_permit_line(has_register: bool) -> str:
    return _("None of the register.") if has_register else _("No register of permits was supplied.")


def sureness(patch: Mapping[str, Any], worst: Mapping[str, Any] | None, error_m: float | None) -> list[str]:
    """How far the finding can be trusted; each a sentence of its own.

    worst : kind, certainty and least_m2 of the verdict that weighs most against the patch, if one does.
    """
    said = []
    if worst is not None and error_m is not None and worst["least_m2"] is not None:
        sentence = _beyond_error(worst["kind"], worst["certainty"])
        if sentence:
            said.append(sentence.format(error=number(error_m, 1), area=ground(worst["least_m2"])))
    if patch["confidence"] is not None:
        said.append(_("Confidence of its outline: {share}.").format(share=percent(patch["confidence"])))
    if patch["confidence"] is None:
        said.append(_("Its outline was supplied, not found by Pitwatch."))
    if patch["activity"] == "not_observable":
        said.append(_("The radar saw too little of it to say whether it moves."))
    return said


def _beyond_error(kind: str, certainty: str | None) -> str:
    """How a verdict of where a patch lies stands to the positional error; empty for one of days or minerals."""
    if certainty == "doubtful":
        return {
            "crosses": _("What lies outside does so by no more than the positional error of ± {error} m: doubtful."),
            "no_permit": _("A permit lies no further from it than the positional error of ± {error} m: doubtful."),
            "prohibited_zone": _(
                "It reaches into the zone by no more than the positional error of ± {error} m: doubtful."
            ),
        }.get(kind, "")
    return {
        "crosses": _("It lies outside by more than the positional error of ± {error} m: at least {area}."),
        "no_permit": _(
            "No permit that allows it lies within the positional error of ± {error} m: at least {area} are without one."
        ),
        "prohibited_zone": _(
            "It reaches into the zone by more than the positional error of ± {error} m: at least {area}."
        ),
    }.get(kind, "")


def limits(*, images: bool, radar: bool, register: bool) -> list[str]:
    """What the method cannot say, in plain words; of what was used alone."""
    said = [
        _(
            "Every verdict but “inside a valid permit” and “not tested” is a suspicion. It becomes a finding when a "
            "person has confirmed it, as a rule on the ground."
        )
    ]
    if images:
        said.append(
            _(
                "Images show the surface on their dates alone. What happened between two dates is known to lie between "
                "them, not on a day. Bare soil, roads and building sites can look like a mine."
            )
        )
    if radar:
        said += [
            _(
                "The radar measures motion along its line of sight only, relative to a reference, and averages over "
                "its pixels. Motion across that line is not seen, and digging by metres shows as loss of coherence, "
                "not as a rate."
            ),
            _(
                "Where coherence is lost nothing is measured; this may be mining, but also crops, snow or water. A "
                "patch without measured motion is not thereby at rest."
            ),
            _(
                "Ground may go on settling for years after a mine has closed: motion alone does not prove present "
                "mining."
            ),
        ]
    if register:
        said += [
            _(
                "Outlines and permits lie where they are said to lie only to within the positional error. Areas are "
                "therefore given as at least, likely and at most."
            ),
            _(
                "The register is taken as it was supplied. Whether it is complete, current and correctly drawn was not "
                "checked beyond its form. Depth below ground is not tested."
            ),
        ]
    else:
        said.append(_("Without a register of permits nothing can be said of whether the patch is lawful."))
    return said


def more_rows(shown: int, all_rows: int, file: str) -> str:
    return _("{shown} of {all} rows; all of them are in {file}.").format(
        shown=number(shown), all=number(all_rows), file=file
    )


def page_of(page: int, pages: int) -> str:
    return _("Page {page} of {pages}").format(page=page, pages=pages)


def caption(code: str, **given: str) -> str:
    """The line under a picture or a table."""
    return {
        "image": _("Image of {day}, pixels of {pixel} m. Patch in orange, permits in yellow."),
        "image_no_permits": _("Image of {day}, pixels of {pixel} m. Patch in orange."),
        "hatched": _("Hatched: the ground that a verdict is about."),
        "zones": _("Dashed: prohibited zones."),
        "rates": _("Rate by pixel, {period}. Grey: {neutral}. Blank: no rate. Outlined: {outlined}."),
        "overlap": _(
            "Areas are geodesic, on the WGS 84 ellipsoid; distances are horizontal, in metres of {crs}. “Patch outside "
            "it” is what of the patch this one permit does not cover."
        ),
        "corners": _(
            "Coordinates in {crs} and in degrees (WGS 84). Permits with the corners of the register, in its order."
        ),
        "corners_no_crs": _("Coordinates in {crs} and in degrees (WGS 84)."),
        "hashes": _(
            "Each file's SHA-256, by which it can be shown that it is the one that goes with this document. "
            "MANIFEST.sha256 in the archive also has this document's own."
        ),
        "map": _("North is up; coordinates in metres of {crs}."),
        "release": _("Release {release} of {day}, made by Pitwatch {version}; content key {key}."),
        "since": _("Illicit since {day}, if the suspicion is right."),
        "days": _("Work at least {days} days after the permit had expired."),
        "uploaded": _("Held against the uploaded register {register}, which is not the release's."),
        "model": _(
            "Model {model}, checkpoint SHA-256 {sha256}; threshold {threshold}, least share of an object {share}."
        ),
        "boundary": _("The boundary of outlines is taken to be uncertain by {error} m."),
        "position": _("Positional error of outlines and permits together: ± {error} m."),
        "held_against": _(
            "Displacement is against the still ground round the patch; what that seems to do, and was taken away, is "
            "in series.csv."
        ),
        "motion_error": _("Standard error of the rate of this series: {error} mm/yr; its 95 % band is ± {margin}."),
        "no_series": _("No pixel of it is coherent, so there is no series."),
        "no_radar": _("This area has no radar: motion was not measured."),
        "no_rates": _("The radar shows nothing of this place."),
        "no_images": _("This area has no images."),
        "pairs": _("{used} of {all} interferograms, {dates} acquisitions, {period}."),
        "wavelength": _("Wavelength {wavelength} cm, incidence {incidence}°."),
        "bands": _("{day}: pixels of {pixel} m; bands {bands}."),
        "radar_dates": _("Acquisitions: {dates}."),
    }[code].format(**given)


def accuracy_part(code: str) -> str:
    """On what a model's figures were measured."""
    return {
        "trained": _("ground it was trained on"),
        "unseen_rows": _("ground it had not seen"),
        "unseen_ground": _("ground it had not seen"),
        "unseen_date": _("a date it had not seen"),
        "unseen_rows_and_date": _("ground and date it had not seen"),
        "unseen_ground_and_date": _("ground and date it had not seen"),
    }.get(code, code)
