"""The step of verdicts, from files to files: every patch held against the register."""

import datetime
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from pyproj import CRS

from engine.errors import InputError
from engine.permits.dates import as_date
from engine.permits.options import PermitOptions
from engine.permits.register import PERMIT_COLUMNS, Register
from engine.permits.verdicts import Ground, Verdict, VerdictKind, without_dates, without_register

VERDICTS, PERMITS = "verdicts.parquet", "permits.parquet"
_REACH_DEGREES = 0.5  # round the patches; a register of which nothing lies in there is of elsewhere

_NUMBERS = ("least_m2", "likely_m2", "most_m2", "distance_m")


def judge_patches(
    patches: gpd.GeoDataFrame,
    register: Register | None,
    options: PermitOptions | None,
    folder: Path,
    *,
    last_date: datetime.date,
) -> dict[str, Any]:
    """Write the verdicts and the permits.

    Parameters
    ----------
    patches : columns patch_id, last_seen (the date of the outline, missing where it has none), geometry, EPSG:4326.
    register, options : None in an area without one.
    last_date : of all data; the day on which permits must be valid for outlines without a date.

    Raises
    ------
    InputError
        When the register lies elsewhere.
    """
    if register is None or options is None:
        verdicts = [without_register() for _ in patches["patch_id"]]
        permits = gpd.GeoDataFrame({name: [] for name in PERMIT_COLUMNS}, geometry="geometry", crs="EPSG:4326")
        report: dict[str, Any] = {}
    else:
        verdicts = _judge(patches, register, options, last_date)
        # What dossiers write corners in.
        permits, report = register.permits, {**register.report(), "crs": register.crs}
    permits.to_parquet(folder / PERMITS)
    _as_table(list(patches["patch_id"]), verdicts).to_parquet(folder / VERDICTS)
    kinds = [verdict.kind for verdict in verdicts]
    return {str(kind): kinds.count(kind) for kind in VerdictKind if kind in kinds} | report


def _judge(
    patches: gpd.GeoDataFrame, register: Register, options: PermitOptions, last_date: datetime.date
) -> list[Verdict]:
    if patches.empty:
        return []
    if register.without_dates == len(register.permits):
        return [without_dates() for _ in patches["patch_id"]]
    ground = Ground(
        _near(register, patches),
        CRS(patches.estimate_utm_crs()),
        error_m=options.positional_error_m,
        extraction_kinds=options.extraction_kinds,
    )
    verdicts = []
    for outline, seen in zip(patches.geometry, patches["last_seen"], strict=True):
        day = as_date(seen)
        verdicts.append(ground.judge(outline, day or last_date, dated=day is not None))
    return verdicts


def _near(register: Register, patches: gpd.GeoDataFrame) -> Register:
    """The permits round the patches, and those of which nobody knows where they lie."""
    permits = register.permits
    there = ~permits.geometry.is_empty
    reach = shapely.box(*patches.total_bounds).buffer(_REACH_DEGREES, join_style="mitre")
    if not shapely.box(*permits[there].total_bounds).intersects(reach):
        raise InputError(
            "all of its permits lie far from the patches",
            field="permits.path",
            mend="supply the register of this place, or correct its coordinate reference system",
        )
    near = permits.geometry.intersects(reach)
    return Register(permits[near | ~there].reset_index(drop=True))


def _as_table(names: Sequence[str], verdicts: Sequence[Verdict]) -> gpd.GeoDataFrame:
    """One row a verdict; the geometry is what lies outside."""
    outside = [verdict.outside for verdict in verdicts]
    return gpd.GeoDataFrame(
        {
            "patch_id": list(names),
            "kind": [str(verdict.kind) for verdict in verdicts],
            "reasons": [json.dumps([asdict(reason) for reason in verdict.reasons]) for verdict in verdicts],
            "date": [verdict.date for verdict in verdicts],
            **{name: [getattr(one, name) if one else None for one in outside] for name in _NUMBERS},
            "permits": [list(verdict.permits) for verdict in verdicts],
        },
        geometry=[None if one is None or one.geometry.is_empty else one.geometry for one in outside],
        crs="EPSG:4326",
    )
