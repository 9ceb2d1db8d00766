"""What changed between two registers, and between two sets of verdicts."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Geod

from engine.permits.outlines import areas_m2
from engine.permits.quantities import Floats
from engine.permits.register import TEXT_COLUMNS, Register

Shapes = npt.NDArray[np.object_]

_SAME_DEGREES = 1e-8  # about a millimetre
_WGS84 = Geod(ellps="WGS84")

CHANGE_COLUMNS = ["number", "change", "before", "after", "gained_m2", "lost_m2", "distance_m"]


@dataclass(frozen=True)
class Changes:
    """table : one row a change, the columns beginning with what changed. counts : rows of each change."""

    table: pd.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        return {str(change): int(count) for change, count in self.table["change"].value_counts().items()}


def register_changes(old: Register, new: Register, *, tolerance_m: float = 1.0) -> Changes:
    """What changed from one register to the next, matched by the permits' numbers.

    Parameters
    ----------
    tolerance_m : by which a boundary may lie elsewhere and still count as the same: rounding, another transformation.

    The table's columns are CHANGE_COLUMNS; `change` is one of "added", "removed", "renewed" (it ends later, or no
    longer ends), "shortened", "begins_otherwise", "boundary_moved", "outline_added", "outline_removed", and
    "mine_changed", "holder_changed", "mineral_changed", "kind_changed", "status_changed". gained_m2, lost_m2 : areas that the outline
    took in and gave up; distance_m : the greatest from one boundary to the other; NaN for other changes.
    """
    before, after = old.permits.set_index("number"), new.permits.set_index("number")
    both = [number for number in before.index if number in after.index]
    parts = [
        _plain([number for number in after.index if number not in before.index], "added"),
        _plain([number for number in before.index if number not in after.index], "removed"),
        *_days_changed(before.loc[both], after.loc[both]),
        _boundaries_moved(before.loc[both], after.loc[both], tolerance_m),
        *(_text_changed(before.loc[both, name], after.loc[both, name], f"{name}_changed") for name in TEXT_COLUMNS),
    ]
    filled = [part for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=CHANGE_COLUMNS)
    return Changes(table.reindex(columns=CHANGE_COLUMNS))


def _plain(numbers: Collection[str], change: str) -> pd.DataFrame:
    return pd.DataFrame({"number": list(numbers), "change": change, "before": "", "after": ""})


def _text_changed(before: "pd.Series", after: "pd.Series", change: str) -> pd.DataFrame:
    different = (before != after).to_numpy()
    table = _plain(list(before.index[different]), change)
    return table.assign(before=before.to_numpy()[different], after=after.to_numpy()[different])


def _days_changed(before: pd.DataFrame, after: pd.DataFrame) -> list[pd.DataFrame]:
    found: dict[str, list[tuple[str, str, str]]] = {"renewed": [], "shortened": [], "begins_otherwise": []}
    days = zip(
        before.index, before["valid_from"], after["valid_from"], before["valid_to"], after["valid_to"], strict=True
    )
    for number, old_first, new_first, old_last, new_last in days:
        if old_last != new_last:
            later = new_last is None or (old_last is not None and new_last > old_last)
            found["renewed" if later else "shortened"].append((number, _iso(old_last), _iso(new_last)))
        if old_first != new_first:
            found["begins_otherwise"].append((number, _iso(old_first), _iso(new_first)))
    return [
        pd.DataFrame(rows, columns=["number", "before", "after"]).assign(change=change)
        for change, rows in found.items()
    ]


def _iso(day: object) -> str:
    return "" if day is None else str(day)


def _boundaries_moved(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, tolerance_m: float) -> pd.DataFrame:
    old, new = before.geometry.to_numpy(), after.geometry.to_numpy()
    was, is_ = ~shapely.is_empty(old), ~shapely.is_empty(new)
    tables = [
        _plain(list(before.index[is_ & ~was]), "outline_added"),
        _plain(list(before.index[was & ~is_]), "outline_removed"),
    ]
    places = np.flatnonzero(was & is_)
    normal_old, normal_new = shapely.normalize(old[places]), shapely.normalize(new[places])
    places = places[~shapely.equals_exact(normal_old, normal_new, _SAME_DEGREES)]
    distance = _greatest_distance(old[places], new[places])
    places, distance = places[distance > tolerance_m], distance[distance > tolerance_m]
    moved = _plain(list(before.index[places]), "boundary_moved").assign(
        gained_m2=_area_of_difference(new[places], old[places]),
        lost_m2=_area_of_difference(old[places], new[places]),
        distance_m=distance,
    )
    return pd.concat([*tables, moved], ignore_index=True)


def _area_of_difference(one: Shapes, other: Shapes) -> Floats:
    return np.nan_to_num(areas_m2(gpd.GeoSeries(shapely.difference(one, other), crs="EPSG:4326")))


def _greatest_distance(old: Shapes, new: Shapes) -> Floats:
    """Hausdorff distance of boundaries in metres, on the plane that touches the ellipsoid at each outline."""
    if not len(old):
        return np.zeros(0)
    middle = shapely.get_coordinates(shapely.centroid(old))
    return np.asarray(shapely.hausdorff_distance(_in_metres(old, middle), _in_metres(new, middle)), float)


def _in_metres(shapes: Shapes, middle: Floats) -> Shapes:
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    lon, lat = np.radians(middle[owner]).T
    waist = 1 - _WGS84.es * np.sin(lat) ** 2
    east = _WGS84.a / np.sqrt(waist) * np.cos(lat) * (np.radians(corners[:, 0]) - lon)
    north = _WGS84.a * (1 - _WGS84.es) / waist**1.5 * (np.radians(corners[:, 1]) - lat)
    return np.asarray(shapely.set_coordinates(shapes.copy(), np.column_stack([east, north])), object)


def verdict_changes(old: pd.DataFrame, new: pd.DataFrame, *, breaches: Collection[str]) -> Changes:
    """What changed from one set of verdicts to the next, matched by patch and kind.

    Parameters
    ----------
    old, new : columns patch_id, kind, least_m2, likely_m2, most_m2 (m²; NaN where a kind has no area); a patch may
    have several kinds. breaches : kinds that speak against a patch; of the others nothing is said.

    The table's columns are patch_id, kind, change, before_m2, after_m2; `change` is "new", "gone", and, where the
    ranges of the areas do not touch, "grown" or "shrunk".
    """
    before, after = _by_patch(old, breaches), _by_patch(new, breaches)
    rows = []
    for key in sorted(before.keys() | after.keys(), key=str):
        change = _verdict_change(before.get(key), after.get(key))
        if change:
            areas = [side[key]["likely_m2"] if key in side else math.nan for side in (before, after)]
            rows.append((*key, change, *areas))
    return Changes(pd.DataFrame(rows, columns=["patch_id", "kind", "change", "before_m2", "after_m2"]))


def _by_patch(table: pd.DataFrame, breaches: Collection[str]) -> dict[tuple[object, str], Mapping[str, float]]:
    of_breaches = table[table["kind"].isin(list(breaches))]
    areas = of_breaches[["least_m2", "likely_m2", "most_m2"]].astype(float).to_dict("records")
    return dict(zip(zip(of_breaches["patch_id"], of_breaches["kind"], strict=True), areas, strict=True))


def _verdict_change(before: Mapping[str, float] | None, after: Mapping[str, float] | None) -> str | None:
    if before is None or after is None:
        return "new" if before is None else "gone"
    if after["least_m2"] > before["most_m2"]:
        return "grown"
    return "shrunk" if after["most_m2"] < before["least_m2"] else None
