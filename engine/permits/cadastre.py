"""What a cadastre file holds, before anyone has decided what its columns mean; and the choices of who reads it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import geopandas as gpd


class Heading(StrEnum):
    """Of the quality report."""

    READ = "read"
    MENDED = "mended"
    GUESSED = "guessed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Note:
    """One thing that a reader of a register should know, as a code with parameters (plain JSON values).

    `engine.wording` makes the sentence. rows : of the file that it is about, counted from 1 after its heading.
    """

    heading: Heading
    code: str
    parameters: dict[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class CrsGuess:
    """A coordinate reference system that the numbers of a file allow. crs : such as "EPSG:4544".

    bounds : where the file would lie, west, south, east, north in degrees. distance_km : from the place that was
    asked about; None where none was. why : code of what speaks for it.
    """

    crs: str
    bounds: tuple[float, float, float, float]
    why: str
    distance_km: float | None = None


@dataclass(frozen=True)
class Choices:
    """What a person says of a file; None leaves it to the file, or to a guess that is listed in the notes.

    layer : of a file with several; the names of those to read together are separated by "|". encoding : of its texts.
    crs : used where the file says none, and instead of what it says where `override_crs`.
    """

    layer: str | None = None
    encoding: str | None = None
    crs: str | None = None
    override_crs: bool = False


@dataclass(frozen=True)
class Cadastre:
    """A file as it was read.

    name : of the file, for people; never a path. sha256 : of the file as it was given (of all parts, by name, where
    it is loose). form : "shapefile", "GeoPackage", "GeoJSON", "KML", "table of corners", "table with WKT" … layers :
    all that are in it; layer : the one (or those) read. encoding : of its texts, and whether it was guessed.

    table : one row a record, the register's own columns, and `geometry`: polygons, flat, mended, in `crs`; empty where
    a record has none. Two columns more: `row_in_file`, counted from 1, and `as_read`, the geometry before it was
    mended, flat, as WKB, its corners in the register's own order. crs : None where the file does not say it and nobody
    has chosen; then `guesses` says which are possible, the likeliest first, and `table.crs` is None.
    """

    name: str
    sha256: str
    form: str
    layers: tuple[str, ...]
    layer: str
    encoding: str | None
    encoding_guessed: bool
    crs: str | None
    crs_guessed: bool
    guesses: tuple[CrsGuess, ...]
    table: gpd.GeoDataFrame
    notes: tuple[Note, ...] = ()
