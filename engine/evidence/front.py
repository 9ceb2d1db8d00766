"""The first page of a dossier: where, what, how big, since when, which permit, how sure."""

from reportlab.platypus import Flowable

from engine import wording
from engine.evidence.case import Case, CaseVerdict
from engine.evidence.drawing import PATCH
from engine.evidence.sheet import beside, boxed, facts, gap, picture, text
from engine.wording import dossiers

_NOT_AGAINST = ("inside", "not_tested")
_CALM, _OPEN = "#009E73", "#7F7F7F"
_MOST_PERMITS = 4


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
    right: list[Flowable] = [picture(pictures["overview.png"], 58), gap(1), text(dossiers.label("overview"), "quiet")]
    latest = next((name for name in sorted(pictures, reverse=True) if name.startswith("image-")), None)
    if latest is not None:
        day = wording.day(case.pictures[-1].date)
        right += [gap(3), picture(pictures[latest], 58), gap(1), text(day, "quiet")]
    elif "rate.png" in pictures:
        right += [gap(3), picture(pictures["rate.png"], 58), gap(1), text(dossiers.label("rates"), "quiet")]
    rows = [(dossiers.label(name), lines) for name, lines in _facts(case)]
    return [*head, beside([facts(rows, (20, 88)), "", right], (108, 8, 58))]


def suspected(case: Case) -> list[CaseVerdict]:
    """The verdicts that speak against the patch."""
    return [verdict for verdict in case.verdicts if verdict.kind not in _NOT_AGAINST]


def _colour(case: Case) -> str:
    if suspected(case):
        return PATCH
    return _CALM if any(verdict.kind == "inside" for verdict in case.verdicts) else _OPEN


def _finding(case: Case) -> list[Flowable]:
    content: list[Flowable] = []
    for verdict in case.verdicts:
        name = wording.verdict_name(verdict.kind)
        content.append(text(name[:1].upper() + name[1:], "verdict"))
        if (verdict.likely_m2 or 0) >= 1 and verdict.least_m2 is not None and verdict.most_m2 is not None:
            least, likely, most = verdict.least_m2, verdict.likely_m2 or 0.0, verdict.most_m2
            content.append(text(wording.outside_range(least, likely, most)))
    content.append(text(dossiers.suspicion(len(suspected(case))), "badge"))
    return content


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
    sure = dossiers.sureness(
        patch,
        worst.least_m2 if worst else None,
        worst.likely_m2 if worst else None,
        case.positional_error_m,
    )
    what = [name[:1].upper() + name[1:], *([wording.activity_name(patch["activity"])] if patch["activity"] else [])]
    what += [wording.change_facts(patch["change"], patch["change_m2"])] if patch["change"] else []
    return [
        ("where", [wording.place(*case.place), case.release["title"]]),
        ("what", what),
        ("how_big", [dossiers.size(latest.area_m2, latest.margin_m2, latest.date)]),
        ("since_when", dossiers.since(patch, case.radar)),
        ("permits", permits or [dossiers.no_permit_line(bool(register))]),
        ("how_sure", sure),
        ("register", [*register, *([case.register_sha256[:16] + "…"] if case.register_sha256 else [])] or ["–"]),
        ("release", [f"{case.release['id']} · {wording.day(case.release['created'].date())}"]),
    ]
