"""Patches held against a register: the one entry for the pipeline, the command line and the page."""

import datetime
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from engine.errors import InputError
from engine.permits.options import JudgingOptions
from engine.permits.precision import Precision, precision_of
from engine.permits.register import PERMIT_COLUMNS, Register
from engine.permits.subjects import Subject
from engine.permits.verdicts.judging import Judge
from engine.permits.verdicts.kinds import Verdict, VerdictKind, without_register
from engine.permits.zones import no_zones

_REACH_DEGREES = 0.5  # round the patches; a register of which nothing lies in there is of elsewhere
_AREAS = ("least_m2", "likely_m2", "most_m2", "distance_m")
VERDICT_COLUMNS = ["patch_id", "kind", "certainty", "reasons", "date", *_AREAS, "permits", "since", "days", "geometry"]


@dataclass(frozen=True)
class Comparison:
    """verdicts : one row each, VERDICT_COLUMNS as in the store's table; reasons as JSON; geometry, EPSG:4326, is what
    lies outside the permits, of a zone inside it, None for nothing. permits : the register's. error_m : ε.
    """

    verdicts: gpd.GeoDataFrame
    permits: gpd.GeoDataFrame
    error_m: float | None

    def counts(self) -> dict[str, int]:
        """Verdicts by kind, in the order of the kinds."""
        found = Counter(self.verdicts["kind"])
        return {str(kind): found[kind] for kind in VerdictKind if found[kind]}


def compare(
    subjects: Sequence[Subject],
    register: Register | None,
    zones: gpd.GeoDataFrame | None,
    options: JudgingOptions | None,
    *,
    as_of: datetime.date | None = None,
    precision: Precision | None = None,
    last_date: datetime.date | None = None,
) -> Comparison:
    """Hold patches against a register and zones.

    Parameters
    ----------
    register, options : None where there is none: then nothing is tested. zones : columns name, since, geometry.
    as_of : a day; each patch is judged by its latest outline at or before it, and nothing that was measured later
    counts. Patches that nothing had shown by then have no verdict. Without it, by all that is known.
    precision : by default what the options say. last_date : on which permits must be valid for outlines without a date;
    by default `as_of`, or today.

    Raises
    ------
    InputError
        When the register lies elsewhere.
    """
    known = [one for subject in subjects if (one := subject.on(as_of or datetime.date.max)) is not None]
    if register is None or options is None:
        return Comparison(_table(known, [[without_register()] for _ in known]), _no_permits(), None)
    precision = precision or precision_of(options, register.crs)
    if not known:
        return Comparison(_table([], []), register.permits, precision.total_m)
    grounds = gpd.GeoSeries([subject.latest.shape for subject in known], crs="EPSG:4326")
    near, close = _near(register, grounds), _close(zones if zones is not None else no_zones(), grounds)
    last = last_date or as_of or datetime.datetime.now(datetime.UTC).date()
    judge = Judge(near, close, options, CRS(grounds.estimate_utm_crs()), precision, last)
    return Comparison(_table(known, judge.judge(known)), register.permits, precision.total_m)


def _no_permits() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({name: [] for name in PERMIT_COLUMNS}, geometry="geometry", crs="EPSG:4326")


def _near(register: Register, grounds: gpd.GeoSeries) -> Register:
    """The permits round the patches, and those of which nobody knows where they lie."""
    permits = register.permits
    there = ~permits.geometry.is_empty
    reach = shapely.box(*grounds.total_bounds).buffer(_REACH_DEGREES, join_style="mitre")
    if not shapely.box(*permits[there].total_bounds).intersects(reach):
        raise InputError(
            "all of its permits lie far from the patches",
            field="geometry",
            mend="supply the register of this place, or correct its coordinate reference system",
        )
    near = permits.geometry.intersects(reach)
    return replace(register, permits=permits[near | ~there].reset_index(drop=True))


def _close(zones: gpd.GeoDataFrame, grounds: gpd.GeoSeries) -> gpd.GeoDataFrame:
    return zones[zones.geometry.intersects(shapely.box(*grounds.total_bounds))].reset_index(drop=True)


def _table(subjects: Sequence[Subject], judged: Sequence[Sequence[Verdict]]) -> gpd.GeoDataFrame:
    """One row a verdict."""
    rows = [(subject.patch_id, one) for subject, those in zip(subjects, judged, strict=True) for one in those]
    areas = [one.area for _, one in rows]
    frame = pd.DataFrame(
        {
            "patch_id": pd.Series([name for name, _ in rows], dtype=object),
            "kind": [str(one.kind) for _, one in rows],
            "certainty": pd.Series([one.certainty and str(one.certainty) for _, one in rows], dtype=object),
            "reasons": [json.dumps([vars(reason) for reason in one.reasons]) for _, one in rows],
            "date": pd.Series([one.date for _, one in rows], dtype=object),
            **{name: pd.Series([getattr(area, name, None) for area in areas], dtype=float) for name in _AREAS},
            "permits": [list(one.permits) for _, one in rows],
            "since": pd.Series([one.since for _, one in rows], dtype=object),
            "days": pd.Series([one.days for _, one in rows], dtype="Int64"),
        }
    )
    return gpd.GeoDataFrame(frame, geometry=[area.geometry if area else None for area in areas], crs="EPSG:4326")
