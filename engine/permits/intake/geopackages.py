"""GeoPackages: SQLite files, looked at for what they would have SQLite do before GDAL opens them."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from engine.errors import InputError
from engine.permits.intake import vectors
from engine.permits.intake.layers import Layer
from engine.permits.intake.limits import Limits

_FORM = "GeoPackage"
_HARMLESS = ("rtree", "rtree_i32", "fts3", "fts4", "fts5")
_VIRTUAL = re.compile(r"create\s+virtual\s+table.*?\busing\s+[\"'`\[]?(\w+)", re.IGNORECASE | re.DOTALL)


def layers_in(path: Path, folder: Path, limits: Limits) -> list[Layer]:
    """The layers of a GeoPackage. Views, which are queries of whoever made the file, are not run.

    Raises
    ------
    InputError
        For a file that is damaged, no GeoPackage, or that would read other files.
    """
    tables = _tables(path)
    folder.mkdir()
    named = path.rename(folder / "cadastre.gpkg")
    names = [name for name in vectors.names_in(named, _FORM) if name in tables]
    if not names:
        raise InputError("no layer with outlines in it", mend="supply the permits as polygons")
    return [vectors.layer_of(named, name, _FORM, limits) for name in names]


def _tables(path: Path) -> set[str]:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("PRAGMA cell_size_check = ON")
            things = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            _check_things(things)
            if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise _damaged()
            contents = {
                name
                for (name,) in database.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")
            }
    except sqlite3.OperationalError as error:
        if "gpkg_contents" in str(error):
            raise InputError(
                "it is a database and no GeoPackage", mend="supply the permits as a GeoPackage or shapefile"
            ) from None
        raise _damaged() from None
    except (sqlite3.DatabaseError, UnicodeDecodeError, OverflowError):
        raise _damaged() from None
    return contents & {name for kind, name, _ in things if kind == "table"}


def _check_things(things: list[tuple[str, str, str | None]]) -> None:
    for _, _, made_by in things:
        found = _VIRTUAL.search(made_by or "")
        if found and found.group(1).lower() not in _HARMLESS:
            raise InputError(
                f"a table in it takes its rows from elsewhere ({found.group(1)[:40]})",
                mend="copy the permits into a new GeoPackage in a GIS, and supply that",
            )


def _damaged() -> InputError:
    return InputError("the GeoPackage is damaged or cut off", mend="supply it again, or save it anew in a GIS")
