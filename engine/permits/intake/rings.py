"""The outlines of records: flat, closed, valid polygons, and a list of what had to be done to them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from engine.errors import InputError
from engine.permits.cadastre import Heading, Note
from engine.permits.intake.layers import no_polygons
from engine.permits.intake.limits import Limits
from engine.vectors import polygons_in

_EMPTY = shapely.Polygon()
_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True)
class Outlines:
    """polygons : mended, empty where a record has none. as_read : flat, as WKB, before they were mended."""

    polygons: NDArray[Any]
    as_read: list[bytes]
    notes: list[Note]


def outlines_of(shapes: NDArray[Any], rows: NDArray[Any], unclosed: tuple[int, ...], limits: Limits) -> Outlines:
    """The polygons of records.

    Parameters
    ----------
    shapes : geometries or None, one a record. rows : of the file. unclosed : rows whose rings have been closed already.

    Raises
    ------
    InputError
        When there are no records, no polygons, or too many vertices.
    """
    if len(shapes) == 0:
        raise InputError("no record in it", mend="supply the permits as polygons")
    vertices = int(shapely.get_num_coordinates(shapes).sum())
    if vertices > limits.vertices:
        raise InputError(
            f"its outlines have {vertices} corners, more than the {limits.vertices} that are read here",
            mend="simplify the outlines, or supply only the permits of the place in question",
        )
    notes: list[Note] = []
    _count(notes, Heading.READ, "heights_dropped", rows[shapely.has_z(shapes) | shapely.has_m(shapes)])
    flat = shapely.force_2d(shapes)
    without = shapely.is_missing(flat) | shapely.is_empty(flat)
    _require_polygons(flat[~without])
    _count(notes, Heading.REFUSED, "no_outline", rows[without])
    infinite = _infinite(flat)
    _count(notes, Heading.REFUSED, "not_finite", rows[infinite])
    flat = np.where(without | infinite, _EMPTY, flat)
    as_read = list(shapely.to_wkb(flat, byte_order=1))

    kinds = shapely.get_type_id(flat)
    collections = kinds == _COLLECTION
    _count(notes, Heading.MENDED, "collections", rows[collections])
    polygonal = (kinds == _POLYGON) | (kinds == _MULTIPOLYGON)
    others = ~polygonal & ~collections
    _count(notes, Heading.REFUSED, "no_polygon", rows[others])
    flat = np.where(others, _EMPTY, flat)

    crossing = ~shapely.is_valid(flat) & ~collections
    polygons = flat.copy()
    todo = np.flatnonzero(crossing | collections)
    polygons[todo] = [polygons_in(shape) for shape in flat[todo]]
    _count(notes, Heading.MENDED, "rings_closed", np.array(unclosed, dtype=int))
    _count(notes, Heading.MENDED, "rings_mended", rows[crossing & ~np.isin(rows, unclosed)])
    vanished = shapely.is_empty(polygons) & ~shapely.is_empty(flat)
    _count(notes, Heading.REFUSED, "no_ground", rows[vanished])
    if shapely.is_empty(polygons).all():
        raise no_polygons("none")
    return Outlines(polygons, as_read, notes)


def _count(notes: list[Note], heading: Heading, code: str, rows: NDArray[Any]) -> None:
    if len(rows):
        notes.append(Note(heading, code, {"count": len(rows)}, tuple(int(row) for row in rows)))


def _require_polygons(shapes: NDArray[Any]) -> None:
    kinds = set(shapely.get_type_id(shapes).tolist())
    if kinds & {_POLYGON, _MULTIPOLYGON, _COLLECTION}:
        return
    points, lines = bool(kinds & {0, 4}), bool(kinds & {1, 2, 5})
    raise no_polygons("points and lines" if points and lines else "points" if points else "lines" if lines else "none")


def _infinite(shapes: NDArray[Any]) -> NDArray[Any]:
    """Which shapes have a coordinate that is no number or has no end."""
    corners, of = shapely.get_coordinates(shapes, return_index=True)
    marked = np.zeros(len(shapes), dtype=bool)
    marked[of[~np.isfinite(corners).all(axis=1)]] = True
    return marked
