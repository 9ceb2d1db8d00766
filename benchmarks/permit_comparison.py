"""A made-up district: permits in clusters, patches on, across and beside them; and what is usually done with them."""

import datetime
import time
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from engine.permits.comparison import Comparison, compare
from engine.permits.options import PermitOptions
from engine.permits.register import PERMIT_COLUMNS, Register
from engine.permits.subjects import Outline, Subject

CRS = "EPSG:4544"
_DAY = datetime.date(2021, 11, 6)
_DISTRICT_M, _PLACES, _SPREAD_M = 60_000.0, 60, 2_500.0
_MINERALS = ("煤", "铁矿", "陶瓷土", "砂岩", "石灰岩")
_CLASSES = ("gangue_dump", "iron_pit", "clay_pit", "sandstone_pit")


@dataclass(frozen=True)
class District:
    subjects: list[Subject]
    register: Register
    zones: gpd.GeoDataFrame


def district(permits: int, patches: int, random: np.random.Generator) -> District:
    """Of permits one in five has expired, one in ten lacks a day, one in ten is for exploration.

    Of patches, seven in ten lie near a permit.
    """
    places = np.array([360_000.0, 4_130_000.0]) + random.uniform(0, _DISTRICT_M, (_PLACES, 2))
    middles = places[random.integers(0, _PLACES, permits)] + random.normal(0, _SPREAD_M, (permits, 2))
    boundaries = _polygons(middles, random.lognormal(5.6, 0.5, permits), 9, random)
    near = random.random(patches) < 0.7
    seats = np.where(
        near[:, None],
        middles[random.integers(0, permits, patches)] + random.normal(0, 200.0, (patches, 2)),
        places[random.integers(0, _PLACES, patches)] + random.normal(0, _SPREAD_M, (patches, 2)),
    )
    outlines = _degrees(_polygons(seats, random.lognormal(4.1, 0.6, patches), 60, random))
    classes = random.choice(_CLASSES, patches)
    subjects = [
        Subject(f"P-{at:04d}", str(one), (Outline(_DAY, shape),))
        for at, (one, shape) in enumerate(zip(classes, outlines, strict=True))
    ]
    zones = _polygons(places[:20], np.full(20, 1_500.0), 8, random)
    return District(
        subjects,
        _register(boundaries, random),
        gpd.GeoDataFrame(
            {"name": [f"z{at}" for at in range(20)], "since": datetime.date(2018, 6, 30)},
            geometry=_degrees(zones),
            crs="EPSG:4326",
        ),
    )


def _polygons(
    middles: NDArray[np.float64], radii: NDArray[np.float64], corners: int, random: np.random.Generator
) -> NDArray[np.object_]:
    """Star-shaped polygons, none of them smooth."""
    count = len(middles)
    angles = np.sort(random.uniform(0, 2 * np.pi, (count, corners)), axis=1)
    reach = radii[:, None] * random.uniform(0.7, 1.3, (count, corners))
    rings = middles[:, None, :] + reach[..., None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return np.asarray(shapely.polygons(rings), object)


def _degrees(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.asarray(gpd.GeoSeries(shapes, crs=CRS).to_crs("EPSG:4326").to_numpy(), object)


def _register(boundaries: NDArray[np.object_], random: np.random.Generator) -> Register:
    count = len(boundaries)
    first = np.full(count, datetime.date(2012, 1, 1), object)
    last = np.where(random.random(count) < 0.2, datetime.date(2019, 6, 30), datetime.date(2030, 12, 31))
    last[random.random(count) < 0.1] = None
    table = pd.DataFrame(
        {
            "number": [f"C{at:06d}" for at in range(count)],
            "mineral": random.choice(_MINERALS, count),
            "kind": np.where(random.random(count) < 0.1, "探矿许可证", "采矿许可证"),
            "valid_from": first,
            "valid_to": last,
            "mended": False,
        }
    )
    frame = gpd.GeoDataFrame(
        table.reindex(columns=PERMIT_COLUMNS).assign(mine="", holder="", status="", issued=None, reclaim_by=None),
        geometry=_degrees(boundaries),
        crs="EPSG:4326",
    )
    return Register(frame[PERMIT_COLUMNS])


def measure(permits: int, patches: int) -> dict[str, float]:
    """Seconds of the engine and of a join of centroids; and what the join and areas in Web Mercator get wrong."""
    made = district(permits, patches, np.random.default_rng())
    options = PermitOptions.model_validate({"path": "made-up"})
    started = time.perf_counter()
    found = compare(made.subjects, made.register, made.zones, options)
    seconds = time.perf_counter() - started
    return {"compare_s": round(seconds, 2)} | _peer(made, found)


def _peer(made: District, found: Comparison) -> dict[str, float]:
    """What is usually done: is the centroid of a patch within any permit of the list? And its overlay's areas."""
    shapes = gpd.GeoDataFrame(
        {"patch_id": [one.patch_id for one in made.subjects]},
        geometry=[one.latest.shape for one in made.subjects],
        crs="EPSG:4326",
    ).to_crs("EPSG:3857")
    permits = made.register.permits[["number", "geometry"]].to_crs("EPSG:3857")
    started = time.perf_counter()
    middles = shapes.assign(geometry=shapes.centroid)
    inside = set(middles.sjoin(permits, predicate="within")["patch_id"])
    join = time.perf_counter() - started
    outside = gpd.overlay(shapes, permits, how="difference").set_index("patch_id").area
    overlay = time.perf_counter() - started - join
    sure = found.verdicts[found.verdicts["certainty"] == "certain"]
    kinds = {kind: set(rows["patch_id"]) for kind, rows in sure.groupby("kind")}
    against = set().union(*(kinds.get(kind, set()) for kind in _BREACHES))
    # Of those that touch no permit at all both measure the same ground.
    alone = sure[(sure["kind"] == "no_permit") & (sure["permits"].str.len() == 0)].set_index("patch_id")["likely_m2"]
    return {
        "centroid_join_s": round(join, 2),
        "overlay_in_3857_s": round(overlay, 2),
        "patches": len(made.subjects),
        "suspected": len(against),
        "suspected_that_centroids_call_inside": len(against & inside),
        "crossing_that_centroids_call_inside": len(kinds.get("crosses", set()) & inside),
        "area_in_3857_to_true": round(float((outside[alone.index] / alone).median()), 2),
    }


_BREACHES = ("crosses", "no_permit", "other_mineral", "exploration_only")
