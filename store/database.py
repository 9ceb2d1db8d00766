"""DuckDB connections: spatial loaded from its package, nothing fetched, readers locked down."""

from importlib.resources import files
from pathlib import Path
from threading import Lock

import duckdb


def connect_for_writing(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection to a database that only this process knows of."""
    connection = duckdb.connect(str(path), config=_NO_FETCHING)
    _load_spatial(connection)
    return connection


def connect_for_reading(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection that can reach no other file. Take a `cursor()` of it for each thread."""
    # DuckDB keeps one instance of a file in a process: a second connection finds it set up and locked already.
    with _OPENING:
        connection = duckdb.connect(str(path), read_only=True, config=_NO_FETCHING)
        if connection.execute("SELECT current_setting('lock_configuration')").fetchone() != (True,):
            _load_spatial(connection)
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
    return connection


_OPENING = Lock()
_NO_FETCHING: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def _load_spatial(connection: duckdb.DuckDBPyConnection) -> None:
    extension = files("duckdb_extension_spatial") / "extensions" / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
    connection.execute(f"LOAD '{extension}'")
    # Without it ST_Transform takes latitude first and gives infinity. Global, so that cursors have it too.
    connection.execute("SET GLOBAL geometry_always_xy = true")
