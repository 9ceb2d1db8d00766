"""Patches of a release as one table, to be exported."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict

import geopandas as gpd
import numpy as np
import shapely

from engine import wording
from store.reader import ReleaseReader
from store.rows import Verdict

_LEFT_OUT = ("west", "south", "east", "north")
_AREAS = ("least_m2", "likely_m2", "most_m2", "distance_m")


def selection_frame(reader: ReleaseReader, patch_ids: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """One row a patch, in the order of attention, EPSG:4326; without `patch_ids` all patches.

    Columns are those of the store's tables patch and activity, then `verdict` (kinds), `certainty` of each,
    `illicit_since`, `judged_on`, `outside_least_m2`, `outside_likely_m2`, `outside_most_m2`, `outside_distance_m` (of
    the verdict with the largest likely area), `permits` (numbers that the verdicts rest on), `register` and `release`.
    """
    outlines = reader.patch_shapes()
    verdicts: dict[str, list[Verdict]] = {}
    for verdict in reader.verdicts():
        verdicts.setdefault(verdict.patch_id, []).append(verdict)
    chosen = [patch for patch in reader.patches() if patch_ids is None or patch.patch_id in patch_ids]
    rows = [
        {
            **{name: value for name, value in asdict(patch).items() if name not in _LEFT_OUT},
            **_judged(verdicts.get(patch.patch_id, [])),
            "release": reader.info.id,
        }
        for patch in chosen
    ]
    geometry = [shapely.from_wkb(outlines[patch.patch_id]) for patch in chosen]
    return gpd.GeoDataFrame(rows, geometry=geometry, crs="EPSG:4326")


def spoken(reader: ReleaseReader, verdicts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Verdicts of a comparison with their names and reasons in words, in the language that is spoken.

    verdicts : columns of the store's table verdict, reasons as JSON. Geometry is the ground that each is about, and
    where there is none, as for what lies inside, the patch itself; the column `ground` says which. Areas and distances
    are rounded to a tenth of their unit.
    """
    said = [
        wording.joined(wording.reason(one["code"], one["parameters"]) for one in json.loads(reasons))
        for reasons in verdicts["reasons"]
    ]
    names = [wording.verdict_name(*one) for one in zip(verdicts["kind"], verdicts["certainty"], strict=True)]
    rounded = {name: verdicts[name].round(1) for name in _AREAS}
    outlines = reader.patch_shapes()
    patches = [shapely.from_wkb(outlines[patch_id]) for patch_id in verdicts["patch_id"]]
    none = verdicts.geometry.isna().to_numpy()
    shapes = np.where(none, np.array([*patches, None], object)[:-1], verdicts.geometry.to_numpy())
    ground = np.where(none, "patch", np.where(verdicts["kind"] == "prohibited_zone", "in zone", "outside permits"))
    frame = verdicts.drop(columns="geometry").assign(reasons=said, verdict=names, **rounded, ground=ground)
    return gpd.GeoDataFrame(frame, geometry=list(shapes), crs="EPSG:4326")


def patches_with(reader: ReleaseReader, kind: str) -> list[str]:
    """Patches that have a verdict of a kind."""
    return sorted({verdict.patch_id for verdict in reader.verdicts() if verdict.kind == kind})


def _judged(verdicts: Sequence[Verdict]) -> dict[str, object]:
    largest = max(verdicts, key=lambda verdict: verdict.likely_m2 or 0.0, default=None)
    return {
        "verdict": [verdict.kind for verdict in verdicts],
        "certainty": [verdict.certainty or "" for verdict in verdicts],
        "illicit_since": min((verdict.since for verdict in verdicts if verdict.since), default=None),
        "judged_on": largest.date if largest else None,
        **{f"outside_{name}": getattr(largest, name) if largest else None for name in _AREAS},
        "permits": list(dict.fromkeys(number for verdict in verdicts for number in verdict.permits)),
        "register": largest.register if largest else None,
    }
