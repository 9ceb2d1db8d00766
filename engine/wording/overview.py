"""What an overview of an area says: its figures with what they mean, headings, and columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.wording.language import gettext as _
from engine.wording.language import joined, ngettext
from engine.wording.names import class_name
from engine.wording.numbers import area_heading, day, hectares, number, rate
from engine.wording.verdicts import outside_range, verdict_name


@dataclass(frozen=True)
class Figure:
    """code : which one. value : with unit. change : since the release before; empty where that is not known."""

    code: str
    label: str
    value: str
    change: str
    meaning: str


def overview_figures(
    figures: Mapping[str, Any], before: Mapping[str, Any] | None, cases: Mapping[str, Any] | None = None
) -> list[Figure]:
    """The figures that an area has, in the order of the page.

    figures : fields of the store's `Figures`, of a release; before : of the release before, None where there is none.
    cases : fields of the store's `CaseFigures`, None where they cannot be read.
    """
    found = [
        _counted("patches", _("Patches"), figures["patches"], before, _("Mine patches of the release.")),
    ]
    if (area := figures["area_m2"]) is not None:
        meaning = _("Area of all outlines on the latest image; ± {margin} if every boundary lay off to the same side.")
        change = _change(area, before["area_m2"] if before else None, hectares)
        margin = hectares(figures["margin_m2"] or 0.0)
        label = _("Mined, {day}").format(day=day(figures["latest"]))
        found.append(Figure("area", label, hectares(area), change, meaning.format(margin=margin)))
    for code, label in (("new", _("New")), ("grown", _("Grown"))):
        if figures[code] is not None:
            meaning = _("Number of patches, and the area that they gained, between the first and the last image.")
            found.append(_gained(code, label, figures[code], before, meaning))
    if figures["active"] is not None:
        found.append(
            _counted(
                "active",
                _("Active by radar"),
                figures["active"],
                before,
                _("Patches whose ground moves against the still ground round it, or lost coherence to digging."),
            )
        )
    if figures["fastest"] is not None:
        meaning = _("Single pixel with the greatest rate in a cluster, along the line of sight.")
        found.append(Figure("fastest", _("Fastest"), rate(figures["fastest"]), "", meaning))
    if figures["certain"] is not None:
        meaning = _(
            "Patches with a verdict against them: {area}. Of a patch with several verdicts the largest ground counts."
        )
        meaning = joined([meaning, _how_many_confirmed(cases)])
        found.append(_concerned("certain", _("Suspected"), figures["certain"], before, meaning))
    found += _case_figures(cases) if cases else []
    if figures["doubtful"] is not None and figures["doubtful"]["patches"]:
        meaning = _("Patches of which the positional error, or a missing date, leaves open whether they are: {area}.")
        found.append(_concerned("doubtful", _("Doubtful"), figures["doubtful"], before, meaning))
    tested, every = number(figures["tested"]), number(figures["patches"])
    meaning = _("Patches with a verdict. The others read “permits not tested”; the card of each says what is missing.")
    words = _("{tested} of {all}").format(tested=tested, all=every)
    found.append(Figure("tested", _("Held against permits"), words, "", meaning))
    return found


def _counted(code: str, label: str, value: int, before: Mapping[str, Any] | None, meaning: str) -> Figure:
    return Figure(code, label, number(value), _change(value, before[code] if before else None, number), meaning)


def _gained(code: str, label: str, value: tuple[int, float], before: Mapping[str, Any] | None, meaning: str) -> Figure:
    count, area = value
    earlier = before[code][0] if before and before[code] else None
    words = f"{number(count)} · {hectares(area)}" if count else number(count)
    return Figure(code, label, words, _change(count, earlier, number), meaning)


def _concerned(
    code: str, label: str, value: Mapping[str, Any], before: Mapping[str, Any] | None, meaning: str
) -> Figure:
    earlier = before[code]["patches"] if before and before[code] else None
    count = value["patches"]
    area = outside_range(value["least_m2"], value["likely_m2"], value["most_m2"])
    words = f"{number(count)} · {hectares(value['likely_m2'])}" if count else number(count)
    return Figure(code, label, words, _change(count, earlier, number), meaning.format(area=area))


def _how_many_confirmed(cases: Mapping[str, Any] | None) -> str:
    """Of what is suspected; where nobody knows, what is true of all of it."""
    if cases is None or cases["confirmed"] is None:
        return _("Found by computing; a person has to confirm it.")
    if not (count := cases["confirmed"]["patches"]):
        return _("Nobody has confirmed them yet.")
    said = ngettext("{count} of them is confirmed.", "{count} of them are confirmed.", count)
    return said.format(count=number(count))


def _case_figures(cases: Mapping[str, Any]) -> list[Figure]:
    """What people have made of the suspicions, and what is left to them; cases go on without releases."""
    found = []
    if cases["confirmed"] is not None:
        meaning = _(
            "Suspected patches of which a person has found the suspicion right: {area}. Closed ones are not in."
        )
        found.append(_concerned("confirmed", _("Confirmed"), cases["confirmed"], None, meaning))
    if cases["live"] or cases["confirmed"] is not None:
        late = ngettext("{count} overdue", "{count} overdue", cases["overdue"]).format(count=number(cases["overdue"]))
        words = f"{number(cases['live'])} · {late}" if cases["overdue"] else number(cases["live"])
        meaning = _("Cases of this area with something left to do: to be checked, being checked, or confirmed.")
        found.append(Figure("cases", _("Open cases"), words, "", meaning))
    if cases["unopened"] is not None:
        meaning = _("Suspected patches that have no case, so that nobody has looked at them: {area}.")
        found.append(_concerned("unopened", _("To review"), cases["unopened"], None, meaning))
    return found


def _change(value: float, before: float | None, words: Any) -> str:
    """What became of a figure since the release before; empty where that has none, or the same."""
    if before is None or words(value) == words(before):
        return ""
    sign = "+" if value > before else "−"
    return f"{sign}{words(abs(value - before))}"


def overview_heading(code: str) -> str:
    return {
        "overview": _("Overview"),
        "figures": _("Figures"),
        "activity": _("Patches by class and activity"),
        "change": _("Patches by class and change"),
        "verdicts": _("Patches by verdict"),
        "history": _("Suspected and confirmed ground by kind, over releases"),
        "classes": _("Patches and area by class"),
        "extents": _("Patches and area by class and activity"),
        "onsets": _("Onset of motion, or loss of coherence, by month"),
        "growth": _("Area by class, first and last image"),
        "concentration": _("Where patches lie, and the suspected among them"),
        "places": _("Where patches lie"),
        "expired": _("Longest after expiry"),
        "outside": _("Largest outside a permit"),
        "newest": _("Newest"),
        "patches": _("Patches"),
        "notes": _("How to read this"),
    }[code]


def overview_column(code: str) -> str:
    return {
        "figure": _("figure"),
        "value": _("value"),
        "change": _("since the release before"),
        "meaning": _("what it is"),
        "class": _("class"),
        "patches": _("patches"),
        "patch": _("patch"),
        "what": _("what"),
        "verdict": _("verdict"),
        "month": _("month"),
        "before": _("first image, ha"),
        "after": _("last image, ha"),
        "gained": _("gained, ha"),
        "margin": _("±, ha"),
        "least": _("at least, ha"),
        "likely": _("likely, ha"),
        "most": _("at most, ha"),
    }[code]


def overview_areas() -> tuple[str, str, str]:
    """Columns of the ground that verdicts are about, as `area_cell` writes it."""
    return area_heading(_("at least")), area_heading(_("likely")), area_heading(_("at most"))


def notable_words(row: Mapping[str, Any], which: str) -> tuple[str, str]:
    """A patch of a short list and what is notable about it. which : "expired", "outside" or "newest"."""
    title = f"{row['patch_id']} · {row['name'] or class_name(row['mine_class'])}"
    if which == "expired":
        days = row["days"]
        said = _("days are not known") if days is None else _("{days} days, at least").format(days=number(days))
        return title, f"{said} · {hectares(row['likely_m2'] or 0.0)}"
    if which == "outside":
        return title, f"{hectares(row['likely_m2'] or 0.0)} · {verdict_name(row['kind'], row['certainty'])}"
    said = _("new in the images") if row["turned"] is None else day(row["turned"])
    return title, f"{said} · {hectares(row['area_m2'])}"


def overview_notes(*, images: bool, radar: bool, register: bool) -> Sequence[str]:
    """What a reader of the printed overview has to know."""
    said = []
    if register:
        said.append(
            _(
                "Suspected: found by computing, until a person has confirmed or dismissed it in its case. Doubtful: "
                "the positional error may turn it round."
            )
        )
    if images:
        said.append(_("Ranges of areas are what the error of the boundaries leaves open."))
    if radar:
        said.append(
            _(
                "Active: the ground moves against the still ground round it by more than the threshold, or lost "
                "coherence to digging. What the radar could not see is not still."
            )
        )
    return said
