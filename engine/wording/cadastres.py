"""What there is to say of a cadastre file once it has been read: what was found, mended, guessed and refused."""

from collections.abc import Mapping
from typing import Any

from engine.wording.language import gettext as _
from engine.wording.language import ngettext
from engine.wording.numbers import hectares, number

_SHOWN = 8


def note(code: str, parameters: Mapping[str, Any]) -> str | None:
    """The sentence of a note; None for a code that is not one of reading."""
    count = parameters.get("count", 0)
    sentence = _found(code, count) or _mended(code, count) or _guessed(code, count) or _refused(code, count)
    if sentence is None:
        return None
    return sentence.format(**{name: _parameter(name, value) for name, value in parameters.items()})


def _found(code: str, count: int) -> str | None:
    return {
        "records": ngettext("{count} record was read ({form}).", "{count} records were read ({form}).", count),
        "layers_left": ngettext(
            "Another layer was not read: {layers}.", "{count} other layers were not read: {layers}.", count
        ),
        "archives_left": _("Archives inside the archive were not opened: {names}."),
        "title_rows": ngettext(
            "{count} row above the heading was skipped.", "{count} rows above the heading were skipped.", count
        ),
        "no_attributes": _("The .dbf of {layer} is missing: there are outlines and nothing about them."),
        "outlines_from_wkt": _("The outlines were taken from the column {column} (WKT)."),
        "outlines_from_corners": ngettext(
            "{count} outline was put together from rows of corners.",
            "{count} outlines were put together from rows of corners.",
            count,
        ),
        "outlines_from_lists": ngettext(
            "{count} outline was put together from a list of corners in a cell.",
            "{count} outlines were put together from lists of corners in cells.",
            count,
        ),
        "heights_dropped": ngettext(
            "{count} record had heights or measures at its corners; they were dropped.",
            "{count} records had heights or measures at their corners; they were dropped.",
            count,
        ),
        "crs_stated": _("The file says its coordinate reference system: {crs}."),
        "crs_given": _("The coordinate reference system was chosen: {crs}."),
        "outlines_in_column": _("The column {column} holds outlines, too (WKT)."),
        "column_against_geometry": ngettext(
            "{count} outline in the column {column}, read as {systems}, lies more than {apart_m} m from the "
            "record's own ({compared} compared).",
            "{count} outlines in the column {column}, read as {systems}, lie more than {apart_m} m from the "
            "records' own ({compared} compared).",
            count,
        ),
        "duplicates": _("{count} records share their outline with another ({outlines} outlines)."),
        "overlaps": ngettext(
            "{count} pair of records overlaps, by {area_m2}.",
            "{count} pairs of records overlap, by {area_m2} in all.",
            count,
        ),
        "many_overlaps": _("At least {count} pairs of records overlap, by {area_m2} or more; not all were looked at."),
    }.get(code)


def _mended(code: str, count: int) -> str | None:
    return {
        "index_made": _("The index (.shx) of {layer} was missing or wrong, and was made anew."),
        "collections": ngettext(
            "{count} record was a collection; its polygons were taken.",
            "{count} records were collections; their polygons were taken.",
            count,
        ),
        "rings_closed": ngettext(
            "{count} record had a ring that was not closed; it was closed.",
            "{count} records had rings that were not closed; they were closed.",
            count,
        ),
        "rings_mended": ngettext(
            "{count} record had a boundary that crosses itself; it was mended, and its area may have changed.",
            "{count} records had boundaries that cross themselves; they were mended, and areas may have changed.",
            count,
        ),
        "axes_swapped": _("The axes were exchanged: only so can the coordinates lie on the map."),
    }.get(code)


def _guessed(code: str, count: int) -> str | None:
    return {
        "encoding": _("How its texts are written is not said; they were read as {encoding}."),
        "no_crs": ngettext(
            "The file does not say its coordinate reference system. One fits the numbers; confirm it.",
            "The file does not say its coordinate reference system. {count} fit the numbers; choose one.",
            count,
        )
        if count
        else _("The file does not say its coordinate reference system, and none that is known here fits its numbers."),
        "axes_named": _("Which coordinate is the easting was told from the names of the columns."),
        "axes_by_size": _("Which coordinate is the easting was told from the size of the numbers."),
        "axes_by_place": _("Which coordinate is the easting was told from where the outlines would lie."),
        "axes_as_usual": _("Either coordinate could be the easting; the first was taken. Look at the map."),
    }.get(code)


def _refused(code: str, count: int) -> str | None:
    return {
        "no_outline": ngettext("{count} record has no outline.", "{count} records have no outline.", count),
        "not_finite": ngettext(
            "{count} record has a coordinate that is no number; its outline was left out.",
            "{count} records have coordinates that are no numbers; their outlines were left out.",
            count,
        ),
        "no_polygon": ngettext(
            "{count} record is a point or a line, not an outline.",
            "{count} records are points or lines, not outlines.",
            count,
        ),
        "no_ground": ngettext(
            "The outline of {count} record covers no ground.", "The outlines of {count} records cover no ground.", count
        ),
        "outside_system": ngettext(
            "The outline of {count} record lies nowhere in the coordinate reference system; it was left out.",
            "The outlines of {count} records lie nowhere in the coordinate reference system; they were left out.",
            count,
        ),
        "few_corners": ngettext(
            "{count} record has a ring of fewer than three corners; it was left out.",
            "{count} records have rings of fewer than three corners; they were left out.",
            count,
        ),
        "outline_unreadable": ngettext(
            "The outline of {count} record could not be read.",
            "The outlines of {count} records could not be read.",
            count,
        ),
    }.get(code)


def _parameter(name: str, value: Any) -> str:
    """A parameter of a note in words; its name says what it is."""
    if name == "form":
        return cadastre_form(value)
    if name == "area_m2":
        return hectares(value)
    if name == "crs":
        return str(value.split('"')[1] if "[" in value else value)
    if name in ("layers", "names", "systems"):
        return ", ".join(str(each) for each in value[:_SHOWN]) + (" …" if len(value) > _SHOWN else "")
    if name in ("count", "outlines", "compared", "apart_m"):
        return number(value)
    return str(value)


def cadastre_form(form: str) -> str:
    return {
        "shapefile": _("shapefile"),
        "table of corners": _("table of corners"),
        "table with lists of corners": _("table with lists of corners"),
        "table with WKT": _("table with WKT"),
    }.get(form, form)
