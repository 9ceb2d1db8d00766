"""Corners in tables, one row each or all in one cell, put together to outlines."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from engine.errors import InputError
from engine.permits.cadastre import CrsGuess, Heading, Note
from engine.permits.intake import systems
from engine.permits.intake.cells import as_angle, as_number, groups_by_comma
from engine.permits.intake.headings import CornerColumns
from engine.permits.intake.layers import Loaded

_ANGLE = (
    r"[NSEWO东西南北]?\s*-?\d{1,3}\s*[°º度]\s*(?:\d{1,2}(?:\.\d+)?\s*['′’‘分]\s*)?"
    r"(?:\d{1,2}(?:\.\d+)?\s*(?:[\"″”“秒]|'')\s*)?[NSEWO东西南北]?"
)
_TOKEN = re.compile(rf"{_ANGLE}|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\*", re.IGNORECASE)

Ring = NDArray[np.float64]  # shape (corners, 2), in the order of the file


def from_rows(table: pd.DataFrame, found: CornerColumns, numbers: NDArray[Any], near: Any) -> Loaded:
    """One outline a permit, from one row a corner. A blank number is the one above it: cells are often merged.

    Raises
    ------
    InputError
        When a coordinate is no number.
    """
    pairs = np.column_stack([_numbers(table[name], name, numbers) for name in (found.first, found.second)])
    blank = np.isnan(pairs).all(axis=1)
    half = np.isnan(pairs).any(axis=1) & ~blank
    if half.any():
        row = int(numbers[np.flatnonzero(half)[0]])
        raise InputError(
            f"the corner in row {row} has one coordinate", field=f"{found.first}, {found.second}", mend="supply both"
        )
    table, pairs, numbers = table[~blank].reset_index(drop=True), pairs[~blank], numbers[~blank]
    if not len(table):
        raise InputError("no corner in it", field=found.first, mend="supply the corners' coordinates")
    permits = _permits(table, found)
    parts = _parts(table, found, permits)
    firsts, rings = [], []
    for _, group in pd.DataFrame({"permit": permits, "part": parts}).groupby("permit", sort=False):
        firsts.append(int(group.index[0]))
        rings.append([pairs[_in_order(table, found, each.index)] for _, each in group.groupby("part", sort=False)])
    own = {found.first, found.second, found.point, found.part}
    columns = table.drop(columns=[name for name in table.columns if name in own])
    columns = columns.iloc[firsts].reset_index(drop=True)
    return _loaded(columns, rings, found.order, numbers[firsts], near, "outlines_from_corners")


def from_lists(table: pd.DataFrame, column: str, numbers: NDArray[Any], near: Any) -> Loaded:
    """One outline a row, whose cell lists all corners: 1,4161000.12,35512345.1;2,… with or without their numbers."""
    rings = [_rings(str(cell)) if cell is not None else [] for cell in table[column]]
    if not any(rings):
        raise InputError(
            "no corners in it", field=column, mend="list each corner as number, X, Y with semicolons between them"
        )
    return _loaded(table.drop(columns=column), rings, "x first", numbers, near, "outlines_from_lists")


def _numbers(cells: pd.Series, column: str, numbers: NDArray[Any]) -> NDArray[np.float64]:
    grouped = groups_by_comma(cells)
    values = []
    for row, cell in zip(numbers, cells, strict=True):
        try:
            value = as_number(cell, comma_groups=grouped)
        except ValueError as error:
            raise InputError(f"row {row}: {error}", field=column, mend="correct the coordinate") from None
        values.append(np.nan if value is None else value)
    return np.array(values)


def _permits(table: pd.DataFrame, found: CornerColumns) -> list[str]:
    if found.number is None:
        return [""] * len(table)
    return [str(cell).strip() for cell in table[found.number].ffill().fillna("")]


def _parts(table: pd.DataFrame, found: CornerColumns, permits: Sequence[str]) -> list[str]:
    """Of which ring each corner is. Without a column for it, a new one begins where the corners' numbers begin anew."""
    if found.part is not None:
        return [str(cell).strip() for cell in table[found.part].ffill().fillna("")]
    if found.point is None:
        return [""] * len(table)
    count, parts, begun, first, size = 0, [], None, "", 0
    for permit, cell in zip(permits, table[found.point], strict=True):
        point = str(cell).strip()
        if permit != begun:
            begun, count, first, size = permit, 0, point, 0
        elif point == first and size >= 3 and not _closes(table, found, len(parts), size):
            count, size = count + 1, 0
        size += 1
        parts.append(str(count))
    return parts


def _in_order(table: pd.DataFrame, found: CornerColumns, rows: "pd.Index[int]") -> "pd.Index[int]":
    """A ring's rows by the numbers of its corners, where each has one of its own: the rows may have been sorted."""
    if found.point is None:
        return rows
    points = pd.to_numeric(table.loc[rows, found.point], errors="coerce")
    return points.sort_values().index if points.notna().all() and points.is_unique else rows


def _closes(table: pd.DataFrame, found: CornerColumns, place: int, size: int) -> bool:
    """Whether a corner is the first of its ring once more."""
    names = [found.first, found.second]
    return bool((table.loc[place, names] == table.loc[place - size, names]).all())


def _rings(text: str) -> list[Ring]:
    """The rings that a cell lists."""
    if text.count(",") and not text.count(".") and ";" in text and re.search(r"\d,\d+\s+-?\d+,\d", text):
        text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    tokens = [found.group().strip() for found in _TOKEN.finditer(text)]
    rings: list[Ring] = []
    run: list[float] = []
    for token in [*tokens, "*"]:
        if token == "*":
            rings += _split(run)
            run = []
        else:
            angle = as_angle(token)
            run.append(float(token) if angle is None else angle)
    return rings


def _split(values: Sequence[float]) -> list[Ring]:
    """Numbers as rings: triples where every third counts the corners, pairs otherwise."""
    if len(values) % 3 == 0 and len(values) >= 6:
        table = np.array(values).reshape(-1, 3)
        counts = table[:, 0]
        begins = np.flatnonzero(np.diff(counts) != 1) + 1
        if (counts == np.floor(counts)).all() and np.isin(counts[begins], (1, counts[0])).all():
            return np.split(table[:, 1:], begins)
    if len(values) % 2 or not values:
        return []
    return [np.array(values).reshape(-1, 2)]


def _loaded(
    columns: pd.DataFrame, rings: Sequence[Sequence[Ring]], order: str, rows: NDArray[Any], near: Any, code: str
) -> Loaded:
    swap, why = _is_north_first(np.concatenate([ring for each in rings for ring in each]), order, near)
    shapes, few = [], []
    for row, each in zip(rows, rings, strict=True):
        enough = [ring for ring in each if len(np.unique(ring, axis=0)) >= 3]
        if len(enough) < len(each) or not each:
            few.append(int(row))
        shapes.append(_polygon([ring[:, ::-1] if swap else ring for ring in enough]))
    notes = [Note(Heading.READ, code, {"count": len(shapes)}), Note(Heading.GUESSED, why, {})]
    if few:
        notes.append(Note(Heading.REFUSED, "few_corners", {"count": len(few)}, tuple(few)))
    if all(shape is None for shape in shapes):
        raise InputError(
            "no permit has three corners or more", field="geometry", mend="supply all corners of each permit"
        )
    return Loaded(columns, np.array(shapes, dtype=object), None, notes=notes, rows=rows)


def _polygon(rings: Sequence[Ring]) -> BaseGeometry | None:
    """Rings as one outline; one that lies in another is a hole of it."""
    if not rings:
        return None
    polygons = [shapely.Polygon(ring) for ring in rings]
    if len(polygons) == 1:
        return polygons[0]
    whole = polygons[0]
    for polygon in polygons[1:]:
        if whole.is_valid and polygon.is_valid:
            whole = whole.symmetric_difference(polygon)
        else:
            whole = shapely.MultiPolygon([*shapely.get_parts(whole), polygon])
    return whole


def _is_north_first(pairs: Ring, order: str, near: Any) -> tuple[bool, str]:
    """Whether the first coordinate is the northing (or the latitude), and the code of what tells it.

    Chinese registers write the northing as X and the easting as Y, most others the other way round: the numbers decide
    where only one order lies anywhere, and nearer to the place in question where both do.
    """
    if order == "east first":
        return False, "axes_named"
    finite = pairs[np.isfinite(pairs).all(axis=1)]
    if not len(finite):
        return False, "axes_as_usual"
    first, second = np.quantile(finite, (0.02, 0.98), axis=0).T
    one, other = _guesses(first, second, near)
    if bool(one) != bool(other):
        return bool(other), "axes_by_size"
    if not one:
        return False, "axes_as_usual"
    if near is not None:
        return (other[0].distance_km or 0) < (one[0].distance_km or 0), "axes_by_place"
    if np.abs(finite).max() <= 180:
        china = (second >= 73).all() and (second <= 136).all() and (first <= 54).all() and (first >= 3).all()
        return bool(china), "axes_by_size" if china else "axes_as_usual"
    narrow = np.abs(finite[:, 1]).max() < 1e6 <= np.abs(finite[:, 0]).min()
    return bool(narrow), "axes_by_size" if narrow else "axes_as_usual"


def _guesses(first: Ring, second: Ring, near: Any) -> tuple[Sequence[CrsGuess], Sequence[CrsGuess]]:
    """Systems that hold the coordinates as they stand, and the other way round; each given by its least and greatest.

    What holds numbers of any size, or is only known to be used there, speaks for an order where nothing else does.
    """
    orders = [systems.guess_as_given((x[0], y[0], x[1], y[1]), near) for x, y in ((first, second), (second, first))]
    usual = [[guess for guess in order if guess.why not in ("web_mercator", "place")] for order in orders]
    one, other = usual if any(usual) else orders
    return one, other
