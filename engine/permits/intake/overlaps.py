"""Records that have the same outline, and records whose outlines overlap."""

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from engine.permits.cadastre import Heading, Note

_LISTED = 50
_MOST_PAIRS = 500_000
_CHUNK = 500  # outlines looked up at once: each may meet all others
_METRES_PER_DEGREE = 111_320.0
_LEAST_M2 = 1.0  # what overlaps by less was drawn to one line


def notes_of(polygons: NDArray[Any], rows: NDArray[Any], *, in_degrees: bool) -> list[Note]:
    """What is to be said of outlines that share ground."""
    there = np.flatnonzero(~shapely.is_empty(polygons))
    codes = pd.factorize(pd.Series(shapely.to_wkb(shapely.normalize(polygons[there]))))[0]
    firsts = np.unique(codes, return_index=True)[1]
    return [
        *_duplicates(rows[there], codes),
        *_overlaps(polygons[there[firsts]], rows[there[firsts]], in_degrees=in_degrees),
    ]


def _duplicates(rows: NDArray[Any], codes: NDArray[Any]) -> list[Note]:
    counts = np.bincount(codes)
    same = counts[codes] > 1
    if not same.any():
        return []
    by_outline = pd.Series(rows[same]).groupby(codes[same]).agg(list)
    groups = [[int(row) for row in group] for group in by_outline.head(_LISTED)]
    parameters = {"count": int(same.sum()), "outlines": int((counts > 1).sum()), "groups": groups}
    return [Note(Heading.READ, "duplicates", parameters, tuple(int(row) for row in rows[same]))]


def _overlaps(shapes: NDArray[Any], rows: NDArray[Any], *, in_degrees: bool) -> list[Note]:
    pairs, complete = _meeting(shapes)
    if not len(pairs):
        return []
    shared = shapely.area(shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]]))
    if in_degrees:
        latitude = shapely.get_y(shapely.centroid(shapes[pairs[:, 0]]))
        shared = shared * _METRES_PER_DEGREE**2 * np.cos(np.radians(np.clip(latitude, -90, 90)))
    real = shared > _LEAST_M2
    if not real.any():
        return []
    pairs, shared = rows[pairs[real]], shared[real]
    largest = np.argsort(-shared, kind="stable")[:_LISTED]
    parameters = {
        "count": len(pairs),
        "area_m2": round(float(shared.sum()), 1),
        "pairs": [[int(pairs[one, 0]), int(pairs[one, 1]), round(float(shared[one]), 1)] for one in largest],
    }
    return [
        Note(
            Heading.READ,
            "overlaps" if complete else "many_overlaps",
            parameters,
            tuple(int(row) for row in np.unique(pairs)),
        )
    ]


def _meeting(shapes: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """Pairs that share more than a boundary, shape (pairs, 2), and whether these are all."""
    tree = shapely.STRtree(shapes)
    shapely.prepare(shapes)
    found, count = [np.empty((0, 2), dtype=int)], 0
    for start in range(0, len(shapes), _CHUNK):
        one, other = tree.query(shapes[start : start + _CHUNK])
        one = one + start
        later = other > one
        one, other = one[later], other[later]
        touching = shapely.touches(shapes[one], shapes[other])
        meeting = shapely.intersects(shapes[one], shapes[other]) & ~touching
        found.append(np.column_stack([one[meeting], other[meeting]]))
        count += int(meeting.sum())
        if count > _MOST_PAIRS:
            return np.concatenate(found), False
    return np.concatenate(found), True
