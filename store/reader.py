"""Every query that the app asks. A reader holds one release; a newer one does not change what it says."""

import json
import logging
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from socket import gethostname
from typing import Any

import duckdb
from rio_tiler.errors import PointOutsideBounds
from rio_tiler.io import Reader

from store.database import connect_for_reading
from store.home import Home
from store.release import CURRENT, DATABASE, LAYERS, SCHEMA_VERSION, SERIES

# After so long without a word a run on another machine (or in another container) counts as broken off.
_UNHEARD = timedelta(hours=1)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_RELEASE = re.compile(r"\d{8}T\d{6}Z(-\d+)?")


@dataclass(frozen=True)
class ReleaseInfo:
    """The release table's row; see schema.sql for units."""

    id: str
    area: str
    title: str
    created: datetime
    schema_version: int
    engine_version: str
    content_key: str
    attribution: str
    source: str
    first_date: date
    last_date: date
    pairs: int
    moving_area_m2: float
    halo_m: float
    solved_share: float
    reference: str
    threshold: float
    t95: float
    incidence_deg: float
    heading_deg: float | None
    wavelength_m: float
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Layer:
    """A raster of the map."""

    name: str
    file: str
    unit: str
    palette: str
    low: float | None
    high: float | None
    neutral: float | None


@dataclass(frozen=True)
class Patch:
    """A patch with its activity; see schema.sql for units."""

    patch_id: str
    name: str
    mine_class: str
    area_m2: float
    west: float
    south: float
    east: float
    north: float
    activity: str
    observed_share: float
    coherent_pixels: int
    decorrelated_pixels: int
    detectable_rate: float | None
    cluster_parts: int | None
    cluster_pixels: int | None
    cluster_area_m2: float | None
    cluster_distance_m: float | None
    median_rate: float | None
    extreme_rate: float | None
    standard_error: float | None
    significant_share: float | None


@dataclass(frozen=True)
class Verdict:
    patch_id: str
    register: str | None
    kind: str
    reasons: list[dict[str, Any]]


@dataclass(frozen=True)
class Series:
    """Displacement in mm since the first date, and what to draw as its error bars (1 σ, mm)."""

    dates: Sequence[date]
    displacement: Sequence[float]
    noise: Sequence[float]


@dataclass(frozen=True)
class PatchSeries(Series):
    """of : "cluster" or "patch". rate, standard_error : mm/yr, of the mean series."""

    of: str
    pixels: int
    rate: float
    standard_error: float


@dataclass(frozen=True)
class PixelReading:
    """All that a release knows of one pixel. Rates in mm/yr; series None where there is none."""

    lon: float
    lat: float
    state: str
    pairs: int
    pairs_used: int
    groups: int
    dates: int
    coherence: float | None
    rate: float | None
    standard_error: float | None
    vertical: float | None
    series: Series | None


@dataclass(frozen=True)
class Interferogram:
    first_date: date
    second_date: date
    days: int
    perpendicular_baseline_m: float | None
    valid_share: float
    used: bool


@dataclass(frozen=True)
class Acquisition:
    date: date
    noise_mm: float | None


@dataclass(frozen=True)
class RateBin:
    """Area of the frame, in m², with rates from `low` to `high`, mm/yr."""

    low: float
    high: float
    area_m2: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Step:
    """Provenance of one step."""

    name: str
    finished: datetime
    seconds: float
    peak_memory_bytes: int
    parameters: dict[str, Any]
    versions: dict[str, str]
    report: dict[str, Any]


class ReleaseReader:
    """Reads one release. Safe to share between threads: each query takes a cursor of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._connection = connect_for_reading(folder / DATABASE)

    def _rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        with self._connection.cursor() as cursor:
            result = cursor.execute(query, list(parameters))
            names = [column[0] for column in result.description]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    @cached_property
    def schema_version(self) -> int:
        """By which schema the release was written; all else can be read only when it is this version's own."""
        version: int = self._rows("SELECT schema_version FROM release")[0]["schema_version"]
        return version

    @cached_property
    def info(self) -> ReleaseInfo:
        return ReleaseInfo(**self._rows("FROM release")[0])

    @cached_property
    def layers(self) -> dict[str, Layer]:
        query = "SELECT name, file, unit, palette, low, high, neutral FROM layer ORDER BY position"
        return {row["name"]: Layer(**row) for row in self._rows(query)}

    def layer_path(self, name: str) -> Path:
        return self.folder / LAYERS / self.layers[name].file

    @cached_property
    def states(self) -> dict[int, str]:
        """Value -> code of the state layer."""
        return {row["value"]: row["code"] for row in self._rows("FROM category WHERE layer = 'state'")}

    def patches(self) -> list[Patch]:
        """All patches: motion inside first, then the decorrelated, motion beside, the still, what was not seen."""
        return [
            Patch(**row)
            for row in self._rows(
                """
                SELECT patch.* EXCLUDE (geometry), activity.* EXCLUDE (patch_id, cluster)
                FROM patch JOIN activity USING (patch_id)
                ORDER BY CASE WHEN cluster_distance_m = 0 THEN 0
                              WHEN activity = 'decorrelated' THEN 1
                              WHEN cluster_distance_m > 0 THEN 2
                              WHEN activity = 'no_change' THEN 3
                              ELSE 4 END,
                         abs(median_rate) * sqrt(cluster_area_m2) DESC NULLS LAST,
                         patch_id
                """
            )
        ]

    def verdicts(self, patch_id: str | None = None) -> list[Verdict]:
        """Of one patch, or of all."""
        rows = self._rows(
            "SELECT patch_id, register, kind, reasons FROM verdict WHERE $1 IS NULL OR patch_id = $1", [patch_id]
        )
        return [Verdict(**{**row, "reasons": json.loads(row["reasons"])}) for row in rows]

    def patch_series(self, patch_id: str) -> PatchSeries | None:
        rows = self._rows(
            """SELECT "of", pixels, dates, displacement_mm AS displacement, rate, standard_error
               FROM series WHERE patch_id = ?""",
            [patch_id],
        )
        return PatchSeries(**rows[0], noise=self._noise) if rows else None

    def acquisitions(self) -> list[Acquisition]:
        return [Acquisition(**row) for row in self._rows("FROM acquisition ORDER BY date")]

    @cached_property
    def _noise(self) -> list[float]:
        return [float("nan") if row.noise_mm is None else row.noise_mm for row in self.acquisitions()]

    @cached_property
    def _dates(self) -> list[date]:
        return [row.date for row in self.acquisitions()]

    def rate_histogram(self) -> list[RateBin]:
        """Area of the frame by rate, in bins of a whole number of mm/yr."""
        return [RateBin(**row) for row in self._rows("SELECT low, high, area_m2 FROM rate_bin ORDER BY low")]

    def state_shares(self) -> dict[str, float]:
        """Share of the frame by state of its pixels, in the order of the states."""
        rows = self._rows("SELECT code, share FROM category WHERE layer = 'state' AND share > 0 ORDER BY value")
        return {row["code"]: row["share"] for row in rows}

    def interferograms(self) -> list[Interferogram]:
        return [Interferogram(**row) for row in self._rows("FROM interferogram ORDER BY first_date, second_date")]

    def steps(self) -> list[Step]:
        rows = self._rows("SELECT * EXCLUDE (position) FROM step ORDER BY position")
        parsed = ("parameters", "versions", "report")
        return [Step(**{key: json.loads(value) if key in parsed else value for key, value in r.items()}) for r in rows]

    def inputs(self) -> list[dict[str, Any]]:
        """Files that the release was made from: step, file, sha256."""
        return self._rows("FROM input ORDER BY step, file")

    def patches_geojson(self) -> str:
        """Outlines of the patches with identifier, name and activity."""
        return self._geojson(
            """SELECT patch_id, name, activity, ST_AsGeoJSON(geometry) AS geometry
               FROM patch JOIN activity USING (patch_id)"""
        )

    def clusters_geojson(self) -> str:
        """Outline of the moving ground that speaks for each patch."""
        return self._geojson(
            """SELECT patch_id, activity, ST_AsGeoJSON(cluster) AS geometry FROM activity WHERE cluster IS NOT NULL"""
        )

    def _geojson(self, query: str) -> str:
        features = [
            {"type": "Feature", "geometry": json.loads(row.pop("geometry")), "properties": row}
            for row in self._rows(query)
        ]
        return json.dumps({"type": "FeatureCollection", "features": features})

    def pixel(self, lon: float, lat: float) -> PixelReading | None:
        """What is known at a place (degrees); None outside the frame."""
        try:
            values = {name: self._point(self.layer_path(name), lon, lat)[0] for name in _PIXEL_LAYERS}
        except PointOutsideBounds:
            return None
        state = self.states[int(values["state"] or 0)]
        displacement = self._point(self.folder / SERIES, lon, lat)
        whole = [value for value in displacement if value is not None]
        return PixelReading(
            lon=lon,
            lat=lat,
            state=state,
            pairs=int(values["pairs"] or 0),
            pairs_used=self.info.pairs,
            groups=int(values["groups"] or 0),
            dates=len(self._dates),
            coherence=values["coherence"],
            rate=values["rate"],
            standard_error=values["error"],
            vertical=values["vertical"],
            series=Series(self._dates, whole, self._noise) if len(whole) == len(displacement) else None,
        )

    @staticmethod
    def _point(path: Path, lon: float, lat: float) -> list[float | None]:
        """The value of each band at a place, None for no data; reads the one tile that holds it."""
        with Reader(str(path)) as raster:
            values = raster.point(lon, lat).array
        return [None if masked or math.isnan(value) else float(value) for value, masked in _unmask(values)]


_PIXEL_LAYERS = ("state", "pairs", "groups", "coherence", "rate", "error", "vertical")


def _unmask(values: Any) -> list[tuple[float, bool]]:
    mask = values.mask if values.mask.shape else [bool(values.mask)] * len(values.data)
    return list(zip(values.data.tolist(), [bool(item) for item in mask], strict=True))


@dataclass(frozen=True)
class RunStatus:
    """What the latest run of the engine on an area is doing, or how it ended.

    state : running, failed, finished, or "broken_off" for a run that ended without saying so.
    """

    state: str
    step: str
    done: int
    total: int
    updated: datetime
    error: str | None


def areas(home: Home) -> list[str]:
    """Areas that have a release, by name."""
    if not home.releases_root.is_dir():
        return []
    return sorted(path.name for path in home.releases_root.iterdir() if (path / CURRENT).exists())


def areas_at_work(home: Home) -> list[str]:
    """Areas on which the engine has worked, with a release or not, by name."""
    names = (path.parent.name for path in home.work_root.glob("*/status.json"))
    return sorted(name for name in names if _NAME.fullmatch(name))


def releases(home: Home, area: str) -> list[str]:
    """Releases of an area, the newest first."""
    folder = home.releases(area)
    if not folder.is_dir():
        return []
    return sorted((path.name for path in folder.iterdir() if _RELEASE.fullmatch(path.name)), reverse=True)


def current_release(home: Home, area: str) -> ReleaseReader | None:
    """The release that is current at this moment."""
    if not _NAME.fullmatch(area):
        return None
    try:
        name = (home.releases(area) / CURRENT).readlink().name
    except FileNotFoundError:
        return None
    except OSError:  # a backup that followed links has made a folder of the link: the newest is what it stood for
        name = next(iter(releases(home, area)), "")
    return release(home, area, name)


def release(home: Home, area: str, release_id: str) -> ReleaseReader | None:
    """A release by name, or None when there is none, or none that this version can read."""
    if not (_NAME.fullmatch(area) and _RELEASE.fullmatch(release_id)):
        return None
    folder = home.releases(area) / release_id
    if not (folder / DATABASE).is_file():
        return None
    try:
        reader = _open(folder.resolve())
        return reader if reader.schema_version == SCHEMA_VERSION else None
    except duckdb.Error:  # damaged, or of another DuckDB: one area's must not take down the pages of all
        logging.exception("the release %s of %s cannot be opened", release_id, area)
        return None


@lru_cache(maxsize=32)
def _open(folder: Path) -> ReleaseReader:
    # By its real path: a database that is opened twice by one path is one instance in DuckDB, whatever a link says now.
    return ReleaseReader(folder)


def run_status(home: Home, area: str) -> RunStatus | None:
    """Status of the latest run, None when there was none or its file says nothing."""
    try:
        known = json.loads(home.status(area).read_text(encoding="utf-8"))
        updated = datetime.fromisoformat(known["updated"])
        state = "broken_off" if known["state"] == "running" and not _at_work(known, updated) else known["state"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return RunStatus(
        state, known.get("step", ""), known.get("done", 0), known.get("total", 0), updated, known.get("error")
    )


def _at_work(known: dict[str, Any], updated: datetime) -> bool:
    """Whether the process of a run lives; on another machine, whether it has been heard of lately."""
    if known.get("host") != gethostname():
        return datetime.now(UTC) - updated < _UNHEARD
    try:
        os.kill(known["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
