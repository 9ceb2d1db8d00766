"""Sentences of the quality report of a register: what its columns and cells were taken for."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.wording.language import gettext as _
from engine.wording.language import ngettext
from engine.wording.numbers import number


def quality_note(code: str, parameters: Mapping[str, Any]) -> str:
    """What a reader of the register should know.

    Raises
    ------
    KeyError
        For a code that is none of these.
    """
    said = {name: _parameter(name, value) for name, value in parameters.items()}
    sentence = _sentences(parameters.get("count", 0))[code]
    return sentence().format(**said)


def field_name(field: str) -> str:
    """What a column of a register holds."""
    return {
        "number": _("permit number"),
        "mine": _("name of the mine"),
        "holder": _("holder"),
        "mineral": _("mineral"),
        "kind": _("kind of permit"),
        "status": _("status"),
        "valid_from": _("first day"),
        "valid_to": _("last day"),
        "validity": _("first and last day"),
        "issued": _("day of issue"),
        "area": _("area"),
        "top": _("upper elevation"),
        "bottom": _("lower elevation"),
        "elevations": _("upper and lower elevation"),
        "reclaim_by": _("reclamation due"),
    }[field]


def heading_name(heading: str) -> str:
    """A heading of the report."""
    return {"read": _("read"), "mended": _("mended"), "guessed": _("guessed"), "refused": _("refused")}[heading]


def how_known(how: str) -> str:
    """Why a column was taken for what it is."""
    return {
        "alias": _("by its name"),
        "prefix": _("by the beginning of its name, which was cut"),
        "values": _("by what is in it"),
        "chosen": _("as was chosen"),
    }[how]


def status_name(status: str) -> str:
    """A status, as it was understood."""
    return {
        "valid": _("valid"),
        "expired": _("expired"),
        "renewal_pending": _("renewal pending"),
        "application": _("application"),
        "withdrawn": _("withdrawn"),
        "suspended": _("suspended"),
        "unknown": _("not said, or not understood"),
    }[status]


def kind_name(kind: str) -> str:
    """A kind of permit, as it was understood."""
    return {
        "extraction": _("extraction"),
        "exploration": _("exploration"),
        "processing": _("processing"),
        "other": _("other"),
        "unknown": _("not said, or not understood"),
    }[kind]


def register_change_name(change: str) -> str:
    """What changed from one register to the next."""
    return {
        "added": _("added"),
        "removed": _("removed"),
        "renewed": _("renewed"),
        "shortened": _("shortened"),
        "begins_otherwise": _("begins on another day"),
        "boundary_moved": _("boundary moved"),
        "outline_added": _("outline added"),
        "outline_removed": _("outline removed"),
        "mine_changed": _("other mine"),
        "holder_changed": _("other holder"),
        "mineral_changed": _("other mineral"),
        "kind_changed": _("other kind"),
        "status_changed": _("other status"),
    }[change]


def _parameter(name: str, value: Any) -> str:
    if name == "field":
        return field_name(value)
    if name in ("unit", "read", "meant"):
        return {"m2": "m²", "km2": "km²", "ha": "ha", "acre": _("acres"), "mu": _("mu (亩)")}[value]
    if name == "ratio":
        return number(value, 4)
    if name == "texts":
        return ", ".join(f"“{text}”" for text in value)
    return number(value) if isinstance(value, int | float) else str(value)


def _sentences(count: int) -> dict[str, Callable[[], str]]:
    return {**_of_columns(), **_of_dates(count), **_of_quantities(count), **_of_permits(count)}


def _of_columns() -> dict[str, Callable[[], str]]:
    return {
        "column_guessed": lambda: _("The column “{column}” was taken for the {field}. Check it."),
        "datum_unknown": lambda: _(
            "How {crs} lies to the satellites' own datum is not public, and differs from place to place: the permits "
            "may lie off by some {error_m} m (1 σ). Ask for the corners in CGCS2000, or look at the map."
        ),
        "no_number_column": lambda: _(
            "No column of permit numbers was found: every permit is named by its row. Name the column, or permits "
            "cannot be told apart from one register to the next."
        ),
    }


def _of_dates(count: int) -> dict[str, Callable[[], str]]:
    return {
        "day_first": lambda: _("In “{column}” the day comes before the month; its dates decide it."),
        "month_first": lambda: _("In “{column}” the month comes before the day; its dates decide it."),
        "date_order_mixed": lambda: _(
            "In “{column}” the day comes first in some dates and the month in others. Dates that can be read both ways "
            "were left out."
        ),
        "date_order_undecided": lambda: _(
            "In “{column}” every date can be read with the day or the month first. The day was taken to come first. "
            "Check it."
        ),
        "date_order_from_others": lambda: _(
            "In “{column}” every date can be read with the day or the month first. They were read as in the other "
            "columns."
        ),
        "dates_serial": lambda: _("The numbers in “{column}” were taken for a spreadsheet's days since 1899-12-30."),
        "dates_epoch": lambda: _("The numbers in “{column}” were taken for milliseconds since 1970-01-01."),
        "dates_moved": lambda: _(
            "The times in “{column}” are of one hour in the evening, in UTC. They were taken for midnight in a place "
            "further east, which is the next day."
        ),
        "years_short": lambda: ngettext(
            "{count} date in “{column}” has a year of two digits. Up to 69 it was taken for 20…",
            "{count} dates in “{column}” have a year of two digits. Up to 69 it was taken for 20…",
            count,
        ),
        "no_end": lambda: ngettext(
            "{count} cell in “{column}” says that there is no end.",
            "{count} cells in “{column}” say that there is no end.",
            count,
        ),
        "date_placeholder": lambda: ngettext(
            "{count} date in “{column}” is what databases write for none, such as 1899-12-30. It counts as empty.",
            "{count} dates in “{column}” are what databases write for none, such as 1899-12-30. They count as empty.",
            count,
        ),
        "date_too_early": lambda: ngettext(
            "{count} date in “{column}” is of before 1850 and counts as empty: {texts}.",
            "{count} dates in “{column}” are of before 1850 and count as empty: {texts}.",
            count,
        ),
        "not_a_date": lambda: ngettext(
            "{count} cell in “{column}” is no date and counts as empty: {texts}.",
            "{count} cells in “{column}” are no dates and count as empty: {texts}.",
            count,
        ),
        "single_day_is_last": lambda: ngettext(
            "{count} cell in “{column}” has one day where there should be two. It was taken for the last.",
            "{count} cells in “{column}” have one day where there should be two. It was taken for the last.",
            count,
        ),
        "ends_before_it_begins": lambda: ngettext(
            "{count} record ends before it begins.", "{count} records end before they begin.", count
        ),
    }


def _of_quantities(count: int) -> dict[str, Callable[[], str]]:
    return {
        "area_unit_in_heading": lambda: _("Areas in “{column}” are in {unit}, as its name says."),
        "area_unit_guessed": lambda: _(
            "Nothing says the unit of “{column}”. {unit} fits the outlines and was taken. Check it."
        ),
        "area_unit_unknown": lambda: _(
            "Nothing says the unit of “{column}”, and none fits the outlines. Its areas were left out."
        ),
        "area_unit_suspect": lambda: _("Areas were read in {read}, and fit the outlines if they are in {meant}."),
        "decimal_sign_guessed": lambda: _(
            "In the numbers of “{column}” point or comma can be the decimal sign. “{sign}” was taken."
        ),
        "not_an_area": lambda: ngettext(
            "{count} cell in “{column}” is no area and counts as empty: {texts}.",
            "{count} cells in “{column}” are no areas and count as empty: {texts}.",
            count,
        ),
        "not_elevations": lambda: ngettext(
            "{count} cell in “{column}” is no elevation and counts as empty: {texts}.",
            "{count} cells in “{column}” are no elevations and count as empty: {texts}.",
            count,
        ),
        "elevations_swapped": lambda: ngettext(
            "In {count} record the upper elevation is lower than the lower one. They were exchanged.",
            "In {count} records the upper elevation is lower than the lower one. They were exchanged.",
            count,
        ),
        "areas_compared": lambda: _(
            "{compared} declared areas were held against the outlines: {some} differ by more than 1 %, {much} by more "
            "than 10 %; the middle ratio of declared to outline is {ratio}."
        ),
    }


def _of_permits(count: int) -> dict[str, Callable[[], str]]:
    return {
        "rows_joined": lambda: ngettext(
            "{count} permit has several rows that agree; they were joined.",
            "{count} permits have several rows that agree; they were joined.",
            count,
        ),
        "without_number": lambda: ngettext(
            "{count} permit has no number and is named by its row.",
            "{count} permits have no number and are named by their row.",
            count,
        ),
        "number_of_another": lambda: ngettext(
            "{count} permit has the number of another that differs, and is named by number and row.",
            "{count} permits have the number of another that differs, and are named by number and row.",
            count,
        ),
        "without_outline": lambda: ngettext(
            "{count} permit has no outline.", "{count} permits have no outline.", count
        ),
        "without_dates": lambda: ngettext(
            "{count} permit has neither a first nor a last day.",
            "{count} permits have neither a first nor a last day.",
            count,
        ),
    }
