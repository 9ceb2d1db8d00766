"""A case as data: GeoPackage, tables and JSON, the same bytes each time."""

import csv
import io
import json
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from engine.evidence.case import Case
from engine.evidence.corners import Corner, corners_of

_BOM = "\ufeff"  # by which Excel knows UTF-8


def geopackage(case: Case) -> bytes:
    """Layers patch (a row a date), outside (a row a verdict), permits, zones, moving_ground; EPSG:4326, none empty."""
    layers = {
        "patch": _frame(
            [
                {"patch_id": case.patch_id, **{k: v for k, v in asdict(outline).items() if k != "geometry"}}
                for outline in case.outlines
            ],
            [outline.geometry for outline in case.outlines],
        ),
        "outside": _frame(
            [
                {
                    "patch_id": case.patch_id,
                    "verdict": verdict.kind,
                    "certainty": verdict.certainty,
                    "since": verdict.since,
                    "date": verdict.date,
                    "least_m2": verdict.least_m2,
                    "likely_m2": verdict.likely_m2,
                    "most_m2": verdict.most_m2,
                }
                for verdict in case.verdicts
                if verdict.outside is not None
            ],
            [verdict.outside for verdict in case.verdicts if verdict.outside is not None],
        ),
        "zones": _frame([{"name": name} for name, _zone in case.zones], [zone for _name, zone in case.zones]),
        "permits": _frame(_permit_rows(case), [permit.geometry for permit in case.permits]),
        "moving_ground": _frame(
            [{"patch_id": case.patch_id}] if case.cluster else [], [case.cluster] if case.cluster else []
        ),
    }
    return geopackage_of({name: frame for name, frame in layers.items() if len(frame)}, case.release["created"])


def geopackage_of(layers: dict[str, gpd.GeoDataFrame], changed: datetime) -> bytes:
    """A GeoPackage of several layers whose time of change is `changed`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "evidence.gpkg"
        for name, frame in layers.items():
            # By way of Arrow days stay days, without a time.
            mode = "a" if path.exists() else "w"
            frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio", mode=mode, use_arrow=True)
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE gpkg_contents SET last_change = ?", [f"{changed:%Y-%m-%dT%H:%M:%S.000Z}"])
        return _counted_anew(path.read_bytes())


def _counted_anew(database: bytes) -> bytes:
    """An SQLite file that says it was changed once: GDAL's number of changes depends on how long its writing took.

    The counter is at byte 24, and at byte 92 for which count the header holds (SQLite's file format, 1.3).
    """
    once = (1).to_bytes(4, "big")
    return database[:24] + once + database[28:92] + once + database[96:]


def _frame(rows: Sequence[dict[str, Any]], shapes: Sequence[BaseGeometry | None]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows)
    unknown = {name: "string" for name in frame.columns if frame[name].isna().all()}
    return gpd.GeoDataFrame(frame.astype(unknown), geometry=list(shapes), crs="EPSG:4326")


def _permit_rows(case: Case) -> list[dict[str, Any]]:
    left_out = ("geometry", "as_read")
    return [
        {name: getattr(permit, name) for name in permit.__dataclass_fields__ if name not in left_out}
        for permit in case.permits
    ]


def series_csv(case: Case) -> bytes | None:
    """date, displacement_mm, noise_mm, and what was taken away of it, still_ground_mm; None without a series."""
    motion = case.motion
    if motion is None:
        return None
    columns = {"displacement_mm": motion.displacement_mm, "noise_mm": motion.noise_mm}
    if motion.still_mm is not None:
        columns["still_ground_mm"] = motion.still_mm
    rows = zip(motion.dates, *columns.values(), strict=True)
    return _csv(("date", *columns), ((day.isoformat(), *(f"{one:.3f}" for one in values)) for day, *values in rows))


def corners_csv(case: Case) -> bytes:
    """All corners of the patch and of the permits concerned, in the register's system and in degrees."""
    within = case.register_crs or case.crs
    rows = [_corner_row("patch", case.patch_id, corner) for corner in corners_of(case.geometry, "EPSG:4326", within)]
    for permit in case.concerned:
        shape, crs = (permit.as_read, case.register_crs) if case.register_crs else (permit.geometry, "EPSG:4326")
        if shape is not None and crs is not None:
            rows += [_corner_row("permit", permit.number, corner) for corner in corners_of(shape, crs, within)]
    return _csv(
        ("of", "name", "ring", "corner", "easting", "northing", "longitude", "latitude", "crs"),
        ([*row, within] for row in rows),
    )


def _corner_row(of: str, name: str, corner: Corner) -> list[str]:
    metres = ["", ""] if corner.x is None or corner.y is None else [f"{corner.x:.3f}", f"{corner.y:.3f}"]
    return [of, name, str(corner.ring), str(corner.number), *metres, f"{corner.lon:.8f}", f"{corner.lat:.8f}"]


def permits_csv(case: Case) -> bytes | None:
    rows = _permit_rows(case)
    return _csv(tuple(rows[0]), ([_plain(value) for value in row.values()] for row in rows)) if rows else None


def inputs_csv(case: Case) -> bytes:
    inputs = case.provenance.inputs
    return _csv(("step", "file", "sha256"), ((one.step, one.file, one.sha256) for one in inputs))


def case_json(case: Case) -> bytes:
    """Release, patch, verdicts with their reasons, radar, and steps."""
    known = {
        "release": dict(case.release),
        "patch": dict(case.patch),
        "radar": case.radar,
        "register": {
            "file": case.register,
            "crs": case.register_crs,
            "sha256": case.register_sha256,
            "uploaded": case.uploaded,
        },
        "positional_error_m": case.positional_error_m,
        "verdicts": [
            {
                "kind": verdict.kind,
                "certainty": verdict.certainty,
                "since": verdict.since,
                "days": verdict.days,
                "reasons": [dict(one) for one in verdict.reasons],
                "date": verdict.date,
                "least_m2": verdict.least_m2,
                "likely_m2": verdict.likely_m2,
                "most_m2": verdict.most_m2,
                "distance_m": verdict.distance_m,
                "permits": list(verdict.permits),
            }
            for verdict in case.verdicts
        ],
        "extraction": case.provenance.extraction,
        "steps": [asdict(step) for step in case.provenance.steps],
    }
    if case.casework is not None:
        # How the identity provider knows those who made entries is nobody else's business.
        trail = [{name: value for name, value in one.items() if name != "identity"} for one in case.casework.trail]
        photos = [asdict(photo) for photo in case.casework.photos]
        for photo in photos:
            del photo["thumbnail"], photo["original"]
        known["case"] = {**case.casework.case, "trail": trail, "photos": photos}
    return (json.dumps(known, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n").encode()


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return (_BOM + file.getvalue()).encode()


def _harmless(cell: str) -> str:
    """A text that a spreadsheet would run as a formula is marked as text; numbers stay what they are."""
    if cell[:1] not in "=+-@\t\r" or not cell:
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
