"""The pages of a dossier after the first: images, motion, verdicts, permits, and what the method cannot say."""

from reportlab.platypus import Flowable, KeepTogether, Table

from engine import wording
from engine.evidence.case import Case, CasePermit, CasePhoto, CaseVerdict
from engine.evidence.corners import crs_name
from engine.evidence.drawing import PATCH
from engine.evidence.front import OUTSIDE, image_row, rate_caption, suspected
from engine.evidence.sheet import beside, boxed, facts, fitted, gap, heading, more, part, picture, room, table, text
from engine.wording import dossiers, number

MOST_PERMITS = 20  # of a patch, in print; the files that go with it have all
_MOST_REASONS = 12
_PHOTO_MM = 48.0  # at most, in width and height


def image_pages(case: Case, pictures: dict[str, bytes]) -> list[Flowable]:
    """The images between the first and the last, which are on the first page, and what they show of the patch."""
    between = case.pictures[1:-1]
    rows: list[Flowable] = []
    for place in range(0, len(between), 2):
        rows += [*image_row(case, between[place : place + 2], pictures), gap(3)]
    content = [*rows, *_areas(case), *_change(case)]
    return [*heading("images"), *content, gap(3)] if content else []


def _areas(case: Case) -> list[Flowable]:
    dated = [outline for outline in case.outlines if outline.date is not None]
    if not dated:
        return []
    rows = [
        (
            wording.day(outline.date),
            wording.hectares_with_margin(outline.area_m2, outline.margin_m2 or 0.0),
            "" if outline.confidence is None else wording.percent(outline.confidence),
        )
        for outline in dated
        if outline.date is not None
    ]
    header = [dossiers.label(code) for code in ("date", "area", "confidence")]
    return [table(header, rows, (40, 50, 40)), gap(3)]


def _change(case: Case) -> list[Flowable]:
    if case.patch["confidence"] is None:
        return []
    return [text(wording.patch_statement(case.patch, None)), gap(3)]


def motion_pages(case: Case, pictures: dict[str, bytes]) -> list[Flowable]:
    """What the radar measured: rates, the sentence, the series."""
    radar = case.radar
    if radar is None:
        return [*heading("rates"), text(dossiers.caption("no_radar")), gap(5)]
    content: list[Flowable] = heading("rates", 120)
    sentence = wording.patch_statement({**case.patch, "confidence": None}, radar)
    convention = wording.convention(radar["reference"], radar["incidence_deg"])
    words: list[Flowable] = [text(sentence), gap(2), text(convention, "quiet")]
    if "rate.png" in pictures:
        words += [
            gap(2),
            text(rate_caption(case), "quiet"),
            gap(2),
            text(dossiers.caption("map", crs=crs_name(case.crs)), "quiet"),
        ]
        content += [beside([picture(pictures["rate.png"], 105), "", words], (105, 5, 64)), gap(5)]
    else:
        content += [*words, gap(2), text(dossiers.caption("no_rates")), gap(5)]
    if case.motion is None:
        return [*content, text(dossiers.caption("no_series")), gap(5)]
    error = case.motion.standard_error
    margin = dossiers.caption("motion_error", error=number(error, 2), margin=wording.rate(radar["t95"] * error))
    against = [] if case.motion.still_mm is None else [text(dossiers.caption("held_against"), "quiet")]
    series = [*heading("series", 90), picture(pictures["series.png"], 174), *against, text(margin, "quiet")]
    return [*content, *series, gap(5)]


def verdict_pages(case: Case) -> list[Flowable]:
    """Each verdict with its reasons and the areas, then how the patch lies to each permit concerned."""
    content: list[Flowable] = heading("verdicts")
    for verdict in case.verdicts:
        alone = len(case.verdicts) == 1
        content += [KeepTogether(_verdict(verdict, against=verdict in suspected(case), alone=alone)), gap(3)]
    if case.uploaded and case.register:
        content += [text(dossiers.caption("uploaded", register=case.register), "quiet"), gap(2)]
    if case.positional_error_m is not None:
        content += [text(dossiers.caption("position", error=number(case.positional_error_m, 1)), "quiet"), gap(4)]
    return [*content, *_overlap(case)]


def _verdict(verdict: CaseVerdict, *, against: bool, alone: bool) -> list[Flowable]:
    heading_of = wording.verdict_title(verdict.kind, verdict.certainty, alone=alone)
    shown = verdict.reasons[:_MOST_REASONS]
    reasons = [text(wording.reason(one["code"], one["parameters"])) for one in shown]
    reasons += more(len(shown), len(verdict.reasons), "case.json")
    if verdict.since is not None:
        reasons.append(text(dossiers.caption("since", day=wording.day(verdict.since)), "quiet"))
    if verdict.days is not None:
        reasons.append(text(dossiers.caption("days", days=number(verdict.days)), "quiet"))
    box = boxed([text(heading_of, "verdict"), *reasons], PATCH if against else "#7F7F7F")
    if verdict.likely_m2 is None or verdict.least_m2 is None or verdict.most_m2 is None or verdict.likely_m2 < 1:
        return [box]
    header = [dossiers.label(code) for code in ("least", "likely", "most", "furthest")]
    areas = [wording.ground(area) for area in (verdict.least_m2, verdict.likely_m2, verdict.most_m2)]
    furthest = "–" if verdict.distance_m is None else f"{number(verdict.distance_m)} m"
    title = dossiers.legend("outside" if verdict.kind in OUTSIDE else "ground")
    return [box, gap(1.5), part(title[:1].upper() + title[1:]), table(header, [[*areas, furthest]], (30, 30, 30, 30))]


def _overlap(case: Case) -> list[Flowable]:
    if case.register is None:
        return []
    concerned = case.concerned or case.permits[:3]
    permits = concerned[:MOST_PERMITS]
    if not permits:
        return [part(dossiers.label("overlap")), text(dossiers.no_permit_line(True)), gap(4)]
    codes = ("number", "holder", "mineral", "kind", "valid", "shared", "outside", "distance")
    rows = [_overlap_row(permit) for permit in permits]
    note = dossiers.caption("overlap", crs=crs_name(case.crs))
    widths = (39, 33, 15, 20, 25, 15, 15, 12)
    header = [dossiers.label(code) for code in codes]
    return [
        *heading("overlap"),
        table(header, rows, widths, right=(5, 6, 7)),
        gap(1.5),
        *more(len(permits), len(concerned), "permits.csv"),
        text(note, "quiet"),
        gap(5),
    ]


def _overlap_row(permit: CasePermit) -> list[str]:
    def area(value: float | None) -> str:
        return "–" if value is None else wording.ground(value)

    return [
        permit.number,
        " · ".join(part for part in (permit.mine, permit.holder) if part),
        permit.mineral,
        " · ".join(part for part in (permit.kind, permit.status) if part),
        wording.validity(permit.valid_from, permit.valid_to),
        area(permit.shared_m2),
        area(permit.outside_m2),
        "–" if permit.distance_m is None else f"{number(permit.distance_m)} m",
    ]


def case_pages(case: Case) -> list[Flowable]:
    """How far people have come with the patch, and what they did; nothing where nobody has opened a case."""
    if case.casework is None:
        return []
    known = case.casework.case
    rows = [("state", wording.case_state_name(known["state"])), ("assignee", known["assignee"])]
    rows.append(("due", wording.case_due(known["due"], overdue=False)))
    made: list[Flowable] = [facts([(dossiers.label(code), [words]) for code, words in rows if words], (30, 144))]
    for entry in case.casework.trail:
        photos = [photo for photo in case.casework.photos if photo.version == entry["version"]]
        role = f" ({wording.person_role_name(entry['role'])})" if entry["role"] else ""
        said = f"{entry['by'] or '?'}{role} {wording.case_entry(entry, len(photos))}"
        made += [
            gap(1.5),
            room(_PHOTO_MM + 20 if photos else 14),
            text(f"{wording.moment(entry['at'])} · {said}", "quiet"),
        ]
        made += [text(entry["text"])] if entry["text"] else []
        made += [row for photo in photos for row in (gap(1.5), _photo_row(photo))]
    return [*heading("case", room_mm=35), *made, gap(5)]


def _photo_row(photo: CasePhoto) -> Table:
    """A photo, and what it says of itself."""
    said = [text(fact, "cell") for fact in wording.photo_facts(photo.shot)]
    far = wording.photo_far(photo.distance_m)
    said += [text(far, "badge")] if far else []
    said += [text(f"{dossiers.label('file')}: {photo.file}", "cell")]
    said += [text(f"{dossiers.label('sha256')}: {photo.sha256}", "small")]
    return beside([fitted(photo.thumbnail, _PHOTO_MM, _PHOTO_MM), said], (_PHOTO_MM + 6, 120))


def limit_pages(case: Case) -> list[Flowable]:
    """The limits of the method, in plain words."""
    said = dossiers.limits(images=bool(case.pictures), radar=case.radar is not None, register=case.register is not None)
    lines: list[Flowable] = []
    for sentence in said:
        lines += [beside([text("·"), text(sentence)], (4, 170)), gap(1.5)]
    return [KeepTogether([*heading("limits"), *lines]), gap(4)]
