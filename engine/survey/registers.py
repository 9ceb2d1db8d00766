"""Registers of permits in the forms in which people have them: archives, KML, tables, and shapefiles in GBK."""

import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

import pandas as pd
import shapely

from engine.errors import InputError
from engine.permits.cadastre import Cadastre
from engine.permits.columns import KEPT_COLUMNS, known_names
from engine.permits.reading import read_cadastre
from engine.survey.columns import Subject, subject_of
from engine.survey.files import Entry, Listing, Unused, printable
from engine.survey.vectors import VectorLayer, layer_of

_TABLES = (".csv", ".tsv")
_FORMS = (".kml", ".kmz", ".xlsx")
_IN_ARCHIVES = {".shp", ".gpkg", ".geojson", ".json", ".parquet", *_FORMS, *_TABLES}
_RASTERS = {".tif", ".tiff", ".jp2", ".img", ".nc", ".h5"}
_LARGEST = 50_000_000  # bytes; of a register, and of what is looked into for one
_MOST = 20  # files that are opened: each takes a process of its own


def read_registers(listing: Listing, unused: Unused) -> list[VectorLayer]:
    """Every register of permits in a form that outlines are not read in; what is refused is noted with the reason."""
    found = []
    for number, entry in enumerate(_candidates(listing)):
        if number == _MOST:
            unused.add(entry.path, f"not looked into: {_MOST} archives, tables and KML files were, and more are here")
            break
        try:
            cadastre = read_cadastre(entry.path)
        except InputError as error:
            if entry.suffix != ".shp":  # which may still be read as outlines
                unused.add(entry.path, f"{printable(error.problem)}; {error.mend}")
            continue
        if layer := _layer(entry, cadastre, listing, unused):
            found.append(layer)
    return found


def _layer(entry: Entry, cadastre: Cadastre, listing: Listing, unused: Unused) -> VectorLayer | None:
    there = ~shapely.is_empty(cadastre.table.geometry.to_numpy())
    outlines = cadastre.table.loc[there, ["geometry"]]
    table = pd.DataFrame(cadastre.table[there].drop(columns=list(KEPT_COLUMNS)))
    if subject_of(table) is not Subject.PERMITS:
        if entry.suffix != ".shp":
            unused.add(entry.path, "no register of permits, by its columns; convert outlines to GeoPackage or GeoJSON")
        return None
    if cadastre.crs is None:
        likely = ", ".join(guess.crs for guess in cadastre.guesses[:3])
        why = "permits that do not say their coordinate reference system; name it as `crs` in [permits]"
        unused.add(entry.path, f"{why}{f' (likely: {likely})' if likely else ''}")
        return None
    layer = cadastre.layer if len(cadastre.layers) > 1 else None
    return layer_of(entry.path, layer, table, outlines.to_crs("EPSG:4326"), listing.root)


def _candidates(listing: Listing) -> Iterator[Entry]:
    """Files that may be registers, as far as names and first bytes tell."""
    for entry in listing.entries:
        if 0 < entry.size <= _LARGEST and (
            entry.suffix in _FORMS
            or (entry.suffix == ".zip" and _may_hold_one(entry))
            or (entry.suffix in _TABLES and _is_headed_like_one(entry))
            or (entry.suffix == ".shp" and _has_foreign_names(entry, listing))
        ):
            yield entry


def _may_hold_one(entry: Entry) -> bool:
    try:
        with zipfile.ZipFile(entry.path) as archive:
            suffixes = {PurePosixPath(name).suffix.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    return bool(suffixes & _IN_ARCHIVES) and not suffixes & _RASTERS


def _is_headed_like_one(entry: Entry) -> bool:
    text = entry.head.decode("utf-8-sig", errors="replace")
    if text.count("\N{REPLACEMENT CHARACTER}") > 1:  # the head may end within a letter
        text = entry.head.decode("gb18030", errors="replace")
    return any(len(known_names(re.split(r'[",;\t|]+', line)[:100])) > 1 for line in text.splitlines()[:10])


def _has_foreign_names(entry: Entry, listing: Listing) -> bool:
    """Whether a shapefile names columns in letters beyond ASCII, whose encoding has to be told."""
    heads = [beside.head for beside in listing.beside(entry.path) if beside.suffix == ".dbf"]
    for head in (head for head in heads if len(head) >= 32):
        end = min(struct.unpack("<H", head[8:10])[0], len(head))
        if not all(head[at : at + 11].isascii() for at in range(32, end, 32)):
            return True
    return False
