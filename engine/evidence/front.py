"""The first page of a dossier: where, what, how big, since when, which permit, how sure."""

from collections.abc import Iterable, Sequence
from typing import Any

from pyproj import Transformer
from reportlab.platypus import Flowable, KeepTogether
from shapely import box
from shapely.geometry.base import BaseGeometry

from engine import wording
from engine.evidence.case import Case, CaseVerdict, Picture
from engine.evidence.corners import crs_name
from engine.evidence.drawing import PATCH
from engine.evidence.sheet import beside, boxed, facts, gap, picture, text
from engine.wording import dossiers, number

_NOT_AGAINST = ("inside", "not_tested")
# Verdicts whose ground lies outside every valid permit.
OUTSIDE = ("crosses", "no_permit")
_CALM, _OPEN = "#009E73", "#7F7F7F"
PAIR_MM = 73.0  # so that two images end the first page with the facts above them
_MOST_PERMITS = 3
_MOST_REASONS, _MOST_FOUND = 3, 3


def front_page(case: Case, pictures: dict[str, bytes]) -> list[Flowable]:
    """`pictures` : PNGs by name, of which the overview and the latest map are shown."""
    patch = case.patch
    head = [
        text(dossiers.label("dossier"), "kicker"),
        text(dossiers.title(case.patch_id, patch["name"]), "title"),
        text(case.release["title"], "subtitle"),
        gap(3),
        boxed(_finding(case), _colour(case)),
        gap(4),
    ]
    rows = [(dossiers.label(name), lines) for name, lines in _facts(case)]
    right = [picture(pictures["overview.png"], 58), gap(1), text(dossiers.label("overview"), "quiet")]
    return [*head, beside([facts(rows, (20, 88)), "", right], (108, 8, 58)), gap(4), *_first_and_last(case, pictures)]


def _first_and_last(case: Case, pictures: dict[str, bytes]) -> list[Flowable]:
    """The first and the last image, or the rates where there are none."""
    chosen = [case.pictures[0], case.pictures[-1]] if len(case.pictures) > 1 else list(case.pictures)
    if chosen:
        return [KeepTogether([*image_row(case, chosen, pictures), text(_map_caption(case), "quiet")]), gap(4)]
    if "rate.png" in pictures:
        return [KeepTogether([picture(pictures["rate.png"], 104), text(rate_caption(case), "quiet")])]
    return []


def _map_caption(case: Case) -> str:
    """What the maps over images have in common."""
    said = [dossiers.caption("map", crs=crs_name(case.crs))]
    said += [dossiers.caption("hatched")] if any(verdict.outside for verdict in case.verdicts) else []
    said += [dossiers.caption("zones")] if _in_frame(case, [zone for _name, zone in case.zones]) else []
    return wording.joined(said)


def _in_frame(case: Case, shapes: Iterable[BaseGeometry | None]) -> bool:
    """Whether a boundary is to be seen in the maps over images."""
    there = Transformer.from_crs(case.crs, "EPSG:4326", always_xy=True)
    frame = box(*there.transform_bounds(*case.frame))
    return any(shape is not None and shape.boundary.intersects(frame) for shape in shapes)


def image_row(case: Case, chosen: Sequence[Picture], pictures: dict[str, bytes]) -> list[Flowable]:
    """Up to two images beside each other, each with its date under it."""
    cells: list[Any] = []
    for one in chosen:
        pixel = number(one.pixel_m, 0 if one.pixel_m == round(one.pixel_m) else 1)
        code = "image" if _in_frame(case, [permit.geometry for permit in case.permits]) else "image_no_permits"
        words = dossiers.caption(code, day=wording.day(one.date), pixel=pixel)
        cells += [[picture(pictures[f"image-{one.date}.png"], PAIR_MM), gap(0.5), text(words, "quiet")], ""]
    return [beside([*cells, ""][:3], (PAIR_MM, 4, PAIR_MM))]


def rate_caption(case: Case) -> str:
    """What the map of rates shows, of an area with radar."""
    assert case.radar is not None
    return dossiers.caption(
        "rates",
        period=wording.period(case.radar["first_date"], case.radar["last_date"]),
        neutral=dossiers.legend("neutral").format(threshold=number(case.radar["threshold"])),
        outlined=", ".join(dossiers.legend(code) for code in ("patch", "permit", "cluster")),
    )


def suspected(case: Case) -> list[CaseVerdict]:
    """The verdicts that speak against the patch."""
    return [verdict for verdict in case.verdicts if verdict.kind not in _NOT_AGAINST]


def area_of(kind: str, least: float, likely: float, most: float) -> str:
    """The ground that a verdict is about, in words."""
    ranged = wording.outside_range if kind in OUTSIDE else wording.area_range
    return ranged(least, likely, most)


def _colour(case: Case) -> str:
    if suspected(case):
        return PATCH
    return _CALM if any(verdict.kind == "inside" for verdict in case.verdicts) else _OPEN


def _finding(case: Case) -> list[Flowable]:
    content: list[Flowable] = []
    for verdict in case.verdicts[:_MOST_FOUND]:
        title = wording.verdict_title(verdict.kind, verdict.certainty, alone=len(case.verdicts) == 1)
        content.append(text(title, "verdict"))
        if (verdict.likely_m2 or 0) >= 1 and verdict.least_m2 is not None and verdict.most_m2 is not None:
            least, likely, most = verdict.least_m2, verdict.likely_m2 or 0.0, verdict.most_m2
            content.append(text(area_of(verdict.kind, least, likely, most), "part"))
        reasons = [wording.reason(one["code"], one["parameters"]) for one in verdict.reasons[:_MOST_REASONS]]
        content.append(text(wording.joined(reasons)))
    content.append(text(_standing(case), "badge"))
    return content


def _standing(case: Case) -> str:
    """Whether a person has judged what is suspected; of a register that was uploaded nobody can have."""
    against = len(suspected(case))
    if against and case.casework is not None and not case.uploaded:
        outcome = wording.case_outcome(case.casework.case["state"], case.casework.trail)
        if outcome:
            return outcome
    return dossiers.suspicion(against, any(one.kind != "not_tested" for one in case.verdicts))


def _facts(case: Case) -> list[tuple[str, list[str]]]:
    patch = case.patch
    latest = case.outlines[-1]
    name = wording.class_name(patch["mine_class"])
    register = [] if case.register is None else [case.register]
    permits = [
        dossiers.permit_line(one.number, one.mine, one.holder, wording.validity(one.valid_from, one.valid_to))
        for one in case.concerned[:_MOST_PERMITS]
    ]
    if len(case.concerned) > _MOST_PERMITS:
        permits.append(dossiers.more_rows(_MOST_PERMITS, len(case.concerned), "permits.csv"))
    worst = next(iter(suspected(case)), None)
    sure = dossiers.sureness(patch, vars(worst) if worst else None, case.positional_error_m)
    what = [name[:1].upper() + name[1:], *([wording.activity_name(patch["activity"])] if patch["activity"] else [])]
    what += [wording.change_facts(patch["change"], patch["change_m2"])] if patch["change"] else []
    return [
        ("where", [wording.place(*case.place), case.release["title"]]),
        ("what", what),
        ("how_big", [dossiers.size(latest.area_m2, latest.margin_m2, latest.date)]),
        ("since_when", dossiers.since(patch, case.radar)),
        ("permits", permits or [dossiers.no_permit_line(bool(register))]),
        ("how_sure", sure),
        *([("register", register)] if register else []),
    ]
