"""A register of permits, read from a vector file: its own columns under the names that the engine uses."""

import datetime
import math
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from engine.errors import InputError
from engine.permits.dates import as_date
from engine.permits.options import PermitOptions
from engine.permits.register import DATE_COLUMNS, NUMBER_COLUMNS, PERMIT_COLUMNS, TEXT_COLUMNS, Register
from engine.vectors import begins_as, column_of, polygons_in, read_vectors, require_degrees

READABLE = frozenset({".geojson", ".json", ".gpkg", ".shp", ".zip"})
_DRIVERS = {"GeoJSON", "GPKG", "ESRI Shapefile"}
# An edge of a permit is straight in the register's own system: it is cut so fine that in another it stays so to within
# centimetres.
_FINE_DEGREES, _FINE_METRES = 0.005, 500.0


def read_register(options: PermitOptions, area_folder: Path) -> Register:
    """Read an area's register.

    Rows of one number that say the same are one permit; rows that differ are several, told apart by their place in the
    file, as are permits without a number. A permit without dates or without an outline is kept, since it is there; the
    verdicts say what cannot be said because of it.

    Raises
    ------
    InputError
        For a file that is missing, of another form or cannot be read, no CRS, texts whose encoding is not known, no
        polygon at all, a missing column, no number at all, a date that is none, and kinds of which none occurs.
    """
    path = area_folder / options.path
    table = _read(path, options)
    shapes = gpd.GeoSeries([polygons_in(shape) for shape in table.geometry], crs=table.crs)
    if shapes.is_empty.all():
        raise InputError("no polygon in it", file=path, field="geometry", mend="supply the permits as polygons")
    fine = shapes.segmentize(_FINE_DEGREES if table.crs.is_geographic else _FINE_METRES)
    degrees = fine.to_crs("EPSG:4326")
    require_degrees(degrees[~degrees.is_empty], path)
    broken = ~(table.geometry.is_valid | table.geometry.isna())
    columns = options.columns.model_dump()
    permits = gpd.GeoDataFrame(
        {
            "number": _numbers(table, columns["number"], path),
            **{name: _words(column_of(table, columns[name], path, f"permits.columns.{name}")) for name in TEXT_COLUMNS},
            **dict.fromkeys(NUMBER_COLUMNS, math.nan),
            "mended": broken.to_numpy(),
            "as_read": [shape.wkb if shape else b"" for shape in table.geometry.force_2d()],
        },
        geometry=degrees.to_numpy(),
        crs="EPSG:4326",
    )
    for name in DATE_COLUMNS:
        permits[name] = _dates(table, permits["number"], columns.get(name), path, f"permits.columns.{name}")
    _require_kinds(permits["kind"], options, path)
    return _join(permits[PERMIT_COLUMNS], table.crs.to_string())


def _read(path: Path, options: PermitOptions) -> gpd.GeoDataFrame:
    zipped = path.suffix.lower() == ".zip" and path.is_file()
    within, described = _inside(path, options.layer) if zipped else (None, _has_cpg(path))
    table = read_vectors(
        path,
        field="permits.path",
        readable=READABLE,
        layer=None if zipped else options.layer,
        encoding=options.encoding,
        within=within,
    )
    if (driver := pyogrio.read_info(within or path)["driver"]) not in _DRIVERS:
        raise InputError(f"it is read as {driver}", file=path, mend="supply a shapefile, GeoPackage or GeoJSON")
    shapefile = zipped or path.suffix.lower() == ".shp"
    if shapefile and options.encoding is None and not described and not _is_plain(table):
        raise InputError(
            "it has letters beyond ASCII, and nothing says how they are written",
            file=path,
            field="permits.encoding",
            mend='say it, for example encoding = "GB18030", or supply its .cpg',
        )
    return table


def _inside(path: Path, layer: str | None) -> tuple[str, bool]:
    """The address of the shapefile in an archive, and whether a .cpg beside it says how its texts are written."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not Path(name).name.startswith(".")]
            found = [name for name in names if Path(name).suffix.lower() == ".shp"]
            found = [name for name in found if layer is None or Path(name).stem == layer]
            heads = [archive.read(name)[:4] for name in found[:1]]
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"not a readable archive ({error})", file=path, mend="supply it again") from None
    if len(found) != 1:
        raise InputError(
            f"{len(found)} shapefiles in it" if found else "no shapefile in it",
            file=path,
            field="permits.layer" if found else None,
            mend=f"say which: {', '.join(Path(name).stem for name in found)}" if found else "zip a .shp with its parts",
        )
    if not begins_as(".shp", heads[0]):
        raise InputError("what it calls a shapefile is none", file=path, mend="supply it again")
    stem = str(Path(found[0]).with_suffix("")).lower()
    return f"/vsizip/{path.resolve()}/{found[0]}", f"{stem}.cpg" in {name.lower() for name in names}


def _has_cpg(path: Path) -> bool:
    return any(beside.suffix.lower() == ".cpg" for beside in path.parent.glob(f"{path.stem}.*"))


def _is_plain(table: gpd.GeoDataFrame) -> bool:
    """Whether all names and texts are ASCII, which every encoding writes alike."""
    texts = [str(column) for column in table.columns]
    for column in table.columns.drop(table.geometry.name):
        texts += [value for value in table[column] if isinstance(value, str)]
    return all(text.isascii() for text in texts)


def _numbers(table: gpd.GeoDataFrame, column: str, path: Path) -> pd.Series:
    numbers = _words(column_of(table, column, path, "permits.columns.number"))
    if (numbers == "").all():
        raise InputError(
            "no permit has a number", file=path, field=column, mend="name the column by which permits are told apart"
        )
    return numbers


def _words(values: pd.Series) -> pd.Series:
    """Values as text without blanks round it; a column of whole numbers with gaps is read as floats."""
    return pd.Series([_word(value) for value in values], index=values.index, dtype=object)


def _word(value: object) -> str:
    if pd.isna(value):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _dates(table: gpd.GeoDataFrame, numbers: pd.Series, column: str | None, path: Path, option: str) -> pd.Series:
    found: list[datetime.date | None] = []
    for row, (number, value) in enumerate(zip(numbers, column_of(table, column, path, option), strict=True), start=1):
        try:
            found.append(as_date(value))
        except ValueError as error:
            raise InputError(
                f"permit {number or _row(row)}: {error}",
                file=path,
                field=column,
                mend="write year, month and day as 2020-12-31, or leave the cell empty where there is no date",
            ) from None
    return pd.Series(found, dtype=object)


def _require_kinds(kinds: pd.Series, options: PermitOptions, path: Path) -> None:
    """Refuse kinds that allow extraction of which the register has none: then nothing at all would be permitted."""
    if options.extraction_kinds and not set(options.extraction_kinds) & set(kinds):
        there = ", ".join(repr(kind) for kind in sorted(set(kinds))[:20])
        raise InputError(
            f"none of {', '.join(options.extraction_kinds)} occurs in it",
            file=path,
            field="permits.extraction_kinds",
            mend=f"take some of: {there}",
        )


def _join(permits: gpd.GeoDataFrame, crs: str) -> Register:
    """One row a permit, each under a name of its own: one of several parts may have a row for each."""
    rows_of: dict[tuple[str, ...], list[int]] = {}
    for row, said in enumerate(permits[["number", *TEXT_COLUMNS, *DATE_COLUMNS]].itertuples(index=False)):
        number, *others = (str(value) for value in said)
        rows_of.setdefault((number or _row(row + 1), *others), []).append(row)
    several = {rows[0]: permits.iloc[rows] for rows in rows_of.values() if len(rows) > 1}
    firsts = [rows[0] for rows in rows_of.values()]
    whole = permits.iloc[firsts].reset_index(drop=True)
    for place, first in enumerate(firsts):
        if first in several:
            whole.loc[place, "geometry"] = several[first].geometry.union_all()
            whole.loc[place, "mended"] = bool(several[first]["mended"].any())
    unnumbered = whole["number"] == ""
    ambiguous = whole["number"].duplicated(keep=False) & ~unnumbered
    named = zip(whole["number"], firsts, ambiguous | unnumbered, strict=True)
    whole["number"] = [f"{number} {_row(row + 1)}".strip() if unclear else number for number, row, unclear in named]
    return Register(whole, crs, len(several), int(unnumbered.sum()), int(ambiguous.sum()))


def _row(number: int) -> str:
    """What a permit is called by its place in the file."""
    return f"(row {number})"
