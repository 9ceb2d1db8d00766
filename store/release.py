"""Write a release, check it, publish it.

A release is a folder `releases/<area>/<id>/` with `release.duckdb`, `layers/` and, in an area with a radar stack,
`series.tif`. It is written beside the others under a name that readers do not see, checked, renamed, and made current
by replacing one symbolic link. Readers that hold an older one keep it.
"""

import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from store.database import connect_for_reading, connect_for_writing
from store.home import Home
from store.map_shapes import write_map_shapes

SCHEMA_VERSION = 7
DATABASE, SERIES, LAYERS, CURRENT = "release.duckdb", "series.tif", "layers", "current"

# Written in this order; a frame's columns are matched by name, `geometry`, `cluster` and `outside` hold WKB.
TABLES = (
    "release",
    "radar",
    "image",
    "extraction",
    "acquisition",
    "interferogram",
    "layer",
    "category",
    "rate_bin",
    "patch",
    "outline",
    "sighting",
    "surface",
    "activity",
    "series",
    "course",
    "register",
    "permit",
    "zone",
    "verdict",
    "attention",
    "step",
    "input",
)
_GEOMETRY_COLUMNS = {
    "patch": "geometry",
    "outline": "geometry",
    "activity": "cluster",
    "permit": "geometry",
    "zone": "geometry",
    "verdict": "outside",
}
_HILBERT = ("patch", "permit")  # looked through by windows of the map


class ReleaseError(Exception):
    """A release that is not whole; it was not published."""


def new_release_id(home: Home, area: str) -> str:
    """An identifier that sorts by time and that no release of the area has."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    candidates = [stamp, *(f"{stamp}-{number:02}" for number in range(2, 100))]
    return next(name for name in candidates if not (home.releases(area) / name).exists())


def begin(home: Home, area: str, release_id: str) -> Path:
    """The hidden folder to put the release's files in; what killed runs left there is swept away."""
    for leftover in home.releases(area).glob(".*.partial"):
        shutil.rmtree(leftover)
    for leftover in home.releases(area).glob(f".{CURRENT}.*"):
        leftover.unlink()
    folder = home.releases(area) / f".{release_id}.partial"
    (folder / LAYERS).mkdir(parents=True)
    return folder


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the database of a release from one frame a table; those that are not given stay empty."""
    schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
    connection = connect_for_writing(folder / DATABASE)
    try:
        connection.execute(schema)
        for table in TABLES:
            frame = tables.get(table)
            if frame is None or frame.empty:
                continue
            connection.register("frame", frame)
            geometry = _GEOMETRY_COLUMNS.get(table)
            shape = f"ST_GeomFromWKB({geometry}::BLOB)"
            columns = f"* REPLACE ({shape} AS {geometry})" if geometry else "*"
            # Along the curve within their own bounds: that through the whole world is too coarse for a province.
            curve = f"ORDER BY ST_Hilbert({shape}, (SELECT ST_Extent(ST_Extent_Agg({shape})) FROM frame))"
            order = curve if table in _HILBERT else ""
            connection.execute(f"INSERT INTO {table} BY NAME SELECT {columns} FROM frame {order}")
            connection.unregister("frame")
        write_map_shapes(connection)
        connection.execute("CHECKPOINT")
    finally:
        connection.close()


def check(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Read the release back as the app will, and refuse one that is not whole."""
    connection = connect_for_reading(folder / DATABASE)
    try:
        for table in TABLES:
            (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
            expected = len(tables[table]) if table in tables else 0
            if count != expected:
                raise ReleaseError(f"table {table} has {count} rows instead of {expected}")
        names = [row[0] for row in connection.execute("SELECT file FROM layer").fetchall()]
        (stacks,) = connection.execute("SELECT count(*) FROM radar").fetchone() or (0,)
    finally:
        connection.close()
    for path in [*([folder / SERIES] if stacks else []), *(folder / LAYERS / name for name in names)]:
        if not path.is_file() or path.stat().st_size == 0:
            raise ReleaseError(f"{path.name} is missing")


def publish(home: Home, area: str, release_id: str, folder: Path) -> Path:
    """Make a checked release current, in one step for all readers."""
    target = home.releases(area) / release_id
    for path in folder.rglob("*"):
        if path.is_file():
            _sync(path)
    current = home.releases(area) / CURRENT
    if current.is_dir() and not current.is_symlink():
        shutil.rmtree(current)  # a backup that followed links has made a second copy of a release of it
    link = home.releases(area) / f".{CURRENT}.{os.getpid()}"
    link.symlink_to(release_id)
    folder.rename(target)
    try:
        os.replace(link, current)
    except BaseException:
        target.rename(folder)
        link.unlink()
        raise
    _sync(home.releases(area))
    return target


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
