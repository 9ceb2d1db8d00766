"""Every query that the app asks. A reader holds one release; a newer one does not change what it says."""

import json
import logging
import math
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from socket import gethostname
from typing import Any

import duckdb
from rio_tiler.errors import PointOutsideBounds
from rio_tiler.io import Reader
from shapely.geometry.base import BaseGeometry

from store.differences import FactQueries
from store.grounds import GroundSeries, mean_series
from store.home import Home
from store.permits import PermitQueries
from store.release import CURRENT, DATABASE, LAYERS, SCHEMA_VERSION, SERIES
from store.rows import (
    Acquisition,
    EastUp,
    Extraction,
    Image,
    Interferogram,
    Layer,
    Outline,
    PatchSeries,
    PixelReading,
    Radar,
    RateBin,
    Series,
    Sighting,
    Step,
)
from store.shapes import ShapeQueries
from store.summaries import SummaryQueries
from store.vector_tiles import TileQueries

# After so long without a word a run on another machine (or in another container) counts as broken off.
_UNHEARD = timedelta(hours=1)
_METRES_PER_DEGREE = 111_320.0  # of latitude
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_RELEASE = re.compile(r"\d{8}T\d{6}Z(-\d+)?")


class ReleaseReader(TileQueries, SummaryQueries, FactQueries, PermitQueries, ShapeQueries):
    """Reads one release. Safe to share between threads: each query takes a cursor of its own."""

    @cached_property
    def radar(self) -> Radar | None:
        """What the rates rest on; None in an area without a stack."""
        rows = self._rows("FROM radar")
        return Radar(**rows[0]) if rows else None

    @cached_property
    def images(self) -> list[Image]:
        """The images, by date."""
        return [Image(**row) for row in self._rows("FROM image ORDER BY date")]

    @cached_property
    def extraction(self) -> Extraction | None:
        """How patches were found in the images; None where they were not."""
        rows = self._rows("FROM extraction")
        return Extraction(**{**rows[0], "metrics": json.loads(rows[0]["metrics"])}) if rows else None

    @cached_property
    def layers(self) -> dict[str, Layer]:
        query = "SELECT name, file, unit, palette, low, high, neutral FROM layer ORDER BY position"
        return {row["name"]: Layer(**row) for row in self._rows(query)}

    def layer_path(self, name: str) -> Path:
        return self.folder / LAYERS / self.layers[name].file

    @cached_property
    def states(self) -> dict[int, str]:
        """Value -> code of the state layer."""
        return self.codes("state")

    def codes(self, layer: str) -> dict[int, str]:
        """Value -> code of a layer of codes; empty for one of measurements."""
        return self._codes.get(layer, {})

    @cached_property
    def _codes(self) -> dict[str, dict[int, str]]:
        codes: dict[str, dict[int, str]] = {}
        for row in self._rows("SELECT layer, value, code FROM category ORDER BY layer, value"):
            codes.setdefault(row["layer"], {})[row["value"]] = row["code"]
        return codes

    def attention(self, patch_id: str) -> dict[str, float]:
        """Points by part, the most first."""
        rows = self._rows(
            "SELECT part, points FROM attention WHERE patch_id = ? ORDER BY points DESC, part", [patch_id]
        )
        return {row["part"]: row["points"] for row in rows}

    def activity_counts(self) -> dict[tuple[str, str, str], int]:
        """How many patches there are of each class of mine, by activity and by the paper's rule."""
        rows = self._rows(
            """SELECT mine_class, activity, paper_activity, count(*) AS patches
               FROM patch JOIN activity USING (patch_id) GROUP BY ALL ORDER BY ALL"""
        )
        return {(row["mine_class"], row["activity"], row["paper_activity"]): row["patches"] for row in rows}

    def outlines(self, patch_id: str) -> list[Outline]:
        """A patch on each date on which it was found."""
        return [
            Outline(**row)
            for row in self._rows(
                """SELECT date, mine_class, area_m2, margin_m2, confidence FROM outline
                   WHERE patch_id = ? ORDER BY date""",
                [patch_id],
            )
        ]

    def areas_by_class(self) -> dict[tuple[str, date], tuple[float, float]]:
        """Area and margin in m² of all outlines, by class and date; margins add up as errors of one sign do."""
        rows = self._rows(
            """SELECT mine_class, date, sum(area_m2) AS area, sum(margin_m2) AS margin
               FROM outline GROUP BY mine_class, date"""
        )
        return {(row["mine_class"], row["date"]): (row["area"], row["margin"]) for row in rows}

    def sightings(self, patch_id: str) -> list[Sighting]:
        """What the image of each date shows of a patch's ground."""
        rows = self._rows(
            "SELECT date, seen_share, probability FROM sighting WHERE patch_id = ? ORDER BY date", [patch_id]
        )
        return [Sighting(**row) for row in rows]

    def grounds(self) -> dict[str, bytes]:
        """The ground of all outlines of each patch that was found in images, as WKB in EPSG:4326."""
        rows = self._rows(
            """SELECT patch_id, ST_AsWKB(ST_Union_Agg(outline.geometry)) AS ground
               FROM outline GROUP BY patch_id ORDER BY patch_id"""
        )
        return {row["patch_id"]: bytes(row["ground"]) for row in rows}

    def patch_series(self, patch_id: str) -> PatchSeries | None:
        rows = self._rows(
            """SELECT "of", pixels, dates, displacement_mm AS displacement, still_mm AS still, fitted_mm AS fitted,
                      fitted_error_mm AS fitted_error, rate, standard_error, noise_mm, day, day_first, day_last
               FROM series LEFT JOIN course USING (patch_id) WHERE patch_id = ?""",
            [patch_id],
        )
        if not rows:
            return None
        day, first, last, own = (rows[0].pop(name) for name in ("day", "day_first", "day_last", "noise_mm"))
        turn = None if day is None else (day, first, last)
        # What the air puts into every series of the frame is gone from one that is held against the ground round it.
        noise = self._noise if own is None else [own] * len(rows[0]["dates"])
        return PatchSeries(**rows[0], turn=turn, noise=noise)

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

    def report(self, step: str) -> dict[str, Any]:
        """What a step says of its result; nothing where the release has no such step."""
        return next((one.report for one in self.steps() if one.name == step), {})

    def inputs(self) -> list[dict[str, Any]]:
        """Files that the release was made from: step, file, sha256."""
        return self._rows("FROM input ORDER BY step, file")

    def patches_geojson(self, patch_id: str | None = None) -> str:
        """Outlines of the patches, the latest of each, with identifier, name, activity and change; of one or of all."""
        return self._geojson(
            """SELECT patch_id, name, activity, change, ST_AsGeoJSON(geometry) AS geometry
               FROM patch LEFT JOIN activity USING (patch_id) WHERE $1 IS NULL OR patch_id = $1""",
            [patch_id],
        )

    def outlines_geojson(self, near: Sequence[float] | None = None) -> str:
        """Outlines of the patches on every date, with identifier, date and change.

        near : west, south, east, north: of the patches that reach into them alone.
        """
        west, south, east, north = near or (-180.0, -90.0, 180.0, 90.0)
        return self._geojson(
            """SELECT patch_id, outline.date::VARCHAR AS date, change, ST_AsGeoJSON(outline.geometry) AS geometry
               FROM outline JOIN patch USING (patch_id) WHERE east >= ? AND north >= ? AND west <= ? AND south <= ?""",
            [west, south, east, north],
        )

    def clusters_geojson(self) -> str:
        """Outline of the moving ground that speaks for each patch."""
        return self._geojson(
            """SELECT patch_id, activity, ST_AsGeoJSON(cluster) AS geometry FROM activity WHERE cluster IS NOT NULL"""
        )

    def scenes_geojson(self) -> str:
        """Patches with the ground round them that motion counts for by the paper's rule."""
        halo = self.radar.halo_m if self.radar else 0.0
        # In a plane that is true to scale at the patch: degrees of longitude are shrunk before, and stretched after.
        return self._geojson(
            """WITH shrunk AS (SELECT patch_id, geometry, cos(radians((south + north) / 2)) AS scale FROM patch)
               SELECT patch_id, ST_AsGeoJSON(ST_Affine(
                   ST_Buffer(ST_Affine(geometry, scale, 0, 0, 1, 0, 0), ?), 1 / scale, 0, 0, 1, 0, 0)) AS geometry
               FROM shrunk""",
            [halo / _METRES_PER_DEGREE],
        )

    def ground_series(self, polygon: BaseGeometry) -> tuple[GroundSeries, Series | None]:
        """Mean series of the pixels in a polygon (degrees), None where no pixel has one.

        Raises
        ------
        TooMuchGround
            When the polygon holds more pixels than are read at once.
        """
        found = mean_series(self.folder / SERIES, polygon, self._dates)
        return found, Series(found.dates, found.displacement, self._noise) if found.pixels else None

    def pixel(self, lon: float, lat: float) -> PixelReading | None:
        """What the radar knows of a place (degrees); None outside the frame, or without a stack."""
        if self.radar is None:
            return None
        try:
            values = {name: self._point(self.layer_path(name), lon, lat)[0] for name in _PIXEL_LAYERS}
            both = [self._point(self.layer_path(name), lon, lat)[0] for name in EastUp._fields if name in self.layers]
        except PointOutsideBounds:
            return None
        state = self.states[int(values["state"] or 0)]
        known = [value for value in both if value is not None]
        displacement = self._point(self.folder / SERIES, lon, lat)
        whole = [value for value in displacement if value is not None]
        return PixelReading(
            lon=lon,
            lat=lat,
            state=state,
            pairs=int(values["pairs"] or 0),
            pairs_used=self.radar.pairs,
            groups=int(values["groups"] or 0),
            dates=len(self._dates),
            coherence=values["coherence"],
            rate=values["rate"],
            standard_error=values["error"],
            vertical=values["vertical"],
            series=Series(self._dates, whole, self._noise) if len(whole) == len(displacement) else None,
            east_up=EastUp(*known) if len(known) == len(EastUp._fields) else None,
        )

    def probabilities(self, lon: float, lat: float) -> dict[date, float | None]:
        """How probable a mine is at a place (degrees) on the date of each image, 0–1; None without data."""
        found: dict[date, float | None] = {}
        for image in self.images:
            if image.probability is not None:
                with suppress(PointOutsideBounds):
                    percent = self._point(self.layer_path(image.probability), lon, lat)[0]
                    found[image.date] = None if percent is None else percent / 100
        return found

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


def known_patches(home: Home, area: str) -> tuple[dict[str, bytes], set[str]]:
    """Of an area: the ground of each patch of the newest release that has any, and all identifiers ever given.

    Ground is WKB in EPSG:4326. Whatever version of Pitwatch wrote the releases: no name must be given twice.
    """
    grounds: dict[str, bytes] = {}
    names: set[str] = set()
    for name in releases(home, area):
        try:
            reader = _open((home.releases(area) / name).resolve())
            names |= set(reader.patch_ids())
            grounds = grounds or reader.grounds()
        except duckdb.Error:  # damaged, or from before there were outlines
            continue
    return grounds, names


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


def readable_releases(home: Home, area: str) -> list[str]:
    """Releases of an area that this version can read, the newest first."""
    return [name for name in releases(home, area) if _readable(home, area, name)]


# A release does not change. Of many, only some are kept open: whether one can be read is asked with every page.
@lru_cache(maxsize=4096)
def _readable(home: Home, area: str, release_id: str) -> bool:
    return release(home, area, release_id) is not None


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
