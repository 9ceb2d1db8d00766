"""From the copies of a file in a private folder to its cadastre."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from engine.errors import InputError
from engine.permits.cadastre import Cadastre, Heading, Note
from engine.permits.intake import (
    archives,
    geojson,
    geoparquet,
    overlaps,
    placemarks,
    rings,
    shapefiles,
    systems,
    tables,
    workbooks,
)
from engine.permits.intake.archives import Member
from engine.permits.intake.attributes import check_attribute
from engine.permits.intake.exchange import SCRATCH, Request, read_request
from engine.permits.intake.forms import form_of
from engine.permits.intake.geopackages import layers_in
from engine.permits.intake.layers import Layer, Loaded, choose, together
from engine.permits.intake.missing import without_permits

_ZIPPED = (".gpkg", ".kml", ".geojson", ".json", ".parquet", ".xlsx", ".csv", ".tsv", ".txt")

# Of tables, by what a note says of their outlines.
_FORMS = {
    "outlines_from_wkt": "table with WKT",
    "outlines_from_corners": "table of corners",
    "outlines_from_lists": "table with lists of corners",
}


def read_request_as_cadastre(folder: Path) -> Cadastre:
    """Read what a private folder holds.

    Raises
    ------
    InputError
        When it cannot be read, or something has to be chosen first.
    """
    request = read_request(folder)
    members = [Member(part.name, folder / part.stored) for part in request.parts]
    form, layers, notes = _layers(members, folder / SCRATCH, request)
    read = choose(layers, request.choices.layer)
    loaded = together([(layer.name, layer.load()) for layer in read])
    if len(layers) > len(read):
        left = [layer.name for layer in layers if layer not in read]
        notes.append(Note(Heading.READ, "layers_left", {"count": len(left), "layers": left[:20]}))
    if loaded.encoding_guessed:
        notes.append(Note(Heading.GUESSED, "encoding", {"encoding": loaded.encoding}))
    form = next((_FORMS[note.code] for note in loaded.notes if note.code in _FORMS), form)
    return _cadastre(request, form, layers, read, loaded, notes)


def _cadastre(
    request: Request, form: str, layers: Sequence[Layer], read: Sequence[Layer], loaded: Loaded, notes: list[Note]
) -> Cadastre:
    rows = loaded.row_numbers()
    outlines = rings.outlines_of(loaded.shapes, rows, loaded.unclosed, request.limits)
    settled = systems.settle(loaded.crs, outlines.polygons, request.choices, request.near)
    polygons = outlines.polygons
    if settled.swapped:
        polygons = shapely.transform(polygons, lambda corners: corners[:, ::-1])
    astray = systems.astray(settled.crs, polygons)
    polygons = np.where(astray, shapely.Polygon(), polygons)
    if astray.any():
        refused = tuple(int(row) for row in rows[astray])
        notes.append(Note(Heading.REFUSED, "outside_system", {"count": len(refused)}, refused))
    in_degrees = systems.in_degrees(settled.crs, settled.guesses, polygons)
    table = gpd.GeoDataFrame(_storable(loaded.columns), geometry=polygons, crs=settled.crs)
    table["row_in_file"] = rows
    table["as_read"] = outlines.as_read
    return Cadastre(
        name=request.name,
        sha256=request.sha256,
        form=form,
        layers=tuple(layer.name for layer in layers),
        layer="|".join(layer.name for layer in read),
        encoding=loaded.encoding,
        encoding_guessed=loaded.encoding_guessed,
        crs=settled.crs,
        crs_guessed=False,
        guesses=settled.guesses,
        table=table,
        notes=(
            Note(Heading.READ, "records", {"count": len(table), "form": form}),
            *notes,
            *loaded.notes,
            *outlines.notes,
            *settled.notes,
            *check_attribute(table, settled.crs),
            *overlaps.notes_of(polygons, rows, in_degrees=in_degrees),
        ),
    )


def _layers(members: Sequence[Member], scratch: Path, request: Request) -> tuple[str, list[Layer], list[Note]]:
    """The form of what was given, its layers, and what is to be said of it."""
    if len(members) > 1 or members[0].suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
        return _loose(members, scratch, request)
    member = members[0]
    form = form_of(member.path, member.name)
    if form == "zip" and not archives.is_workbook(member.path):
        return _zipped(member, scratch, request)
    return *_single(member, form, scratch, request), []


def _loose(members: Sequence[Member], scratch: Path, request: Request) -> tuple[str, list[Layer], list[Note]]:
    found = shapefiles.shapefiles_in(members)
    if len(members) == 1 and found:
        form_of(members[0].path, members[0].name)
    if not found:
        raise InputError("its .shp is missing", mend="supply the .shp together with its .dbf, .shx and .prj")
    return "shapefile", _of_shapefiles(found, scratch, request), []


def _of_shapefiles(found: Sequence[shapefiles.Parts], scratch: Path, request: Request) -> list[Layer]:
    chosen, limits = request.choices.encoding, request.limits
    layers = []
    for number, parts in enumerate(found):
        with _naming(f"{parts.name}.shp" if len(found) > 1 else None):
            layers.append(shapefiles.layer_of(parts, scratch / f"shapefile-{number}", limits, chosen))
    return layers


def _zipped(member: Member, scratch: Path, request: Request) -> tuple[str, list[Layer], list[Note]]:
    contents = archives.unpack(member.path, scratch / "unpacked", request.limits)
    notes = []
    if contents.nested:
        notes.append(Note(Heading.READ, "archives_left", {"names": [Path(n).name for n in contents.nested[:20]]}))
    if found := shapefiles.shapefiles_in(contents.members):
        return "shapefile", _of_shapefiles(found, scratch, request), notes
    for suffix in _ZIPPED:
        fit = [one for one in contents.members if one.suffix == suffix]
        if fit:
            return *_of_files(fit, scratch, request), notes
    raise without_permits(contents.names, contents.hidden)


@contextmanager
def _naming(name: str | None) -> Iterator[None]:
    """Name the file within an archive that is at fault, where nothing else is named."""
    try:
        yield
    except InputError as error:
        raise InputError(error.problem, field=error.field or name, mend=error.mend) from None


def _of_files(members: Sequence[Member], scratch: Path, request: Request) -> tuple[str, list[Layer]]:
    """The layers of all files of one form in an archive, named after their files where there are several."""
    layers: list[Layer] = []
    form = ""
    for number, member in enumerate(members):
        inside = scratch / f"file-{number}"
        inside.mkdir()
        with _naming(member.name):
            form, found = _single(member, form_of(member.path, member.name), inside, request)
        stem = PurePosixPath(member.name).stem
        for one in found:
            name = one.name if len(members) == 1 else stem if len(found) == 1 else f"{stem}/{one.name}"
            layers.append(replace(one, name=name, load=partial(_load_named, one, member.name)))
    return form, layers


def _load_named(layer: Layer, name: str) -> Loaded:
    with _naming(name):
        return layer.load()


def _single(member: Member, form: str, scratch: Path, request: Request) -> tuple[str, list[Layer]]:
    limits, chosen, path = request.limits, request.choices.encoding, member.path
    if form == "geopackage":
        return "GeoPackage", layers_in(path, scratch / "geopackage", limits)
    if form == "geojson":
        return "GeoJSON", [geojson.layer_of(path, scratch / "geojson", limits, chosen)]
    if form == "kml":
        return "KML", [placemarks.layer_of(path, limits)]
    if form == "parquet":
        return "GeoParquet", [geoparquet.layer_of(path, limits)]
    if form == "text":
        return "table", [tables.layer_of(path, limits, chosen, request.near)]
    if form == "zip" and archives.is_workbook(path):
        return "table", workbooks.layers_in(path, limits, request.near)
    if form == "shapefile":
        return "shapefile", _of_shapefiles([shapefiles.Parts("permits", path, {})], scratch, request)
    raise InputError("it is an archive in an archive", mend="unpack it, and supply the archive that holds the permits")


def _storable(columns: pd.DataFrame) -> pd.DataFrame:
    """Columns under names of their own, each of one type."""
    taken: dict[str, int] = {}
    names = []
    for column in columns.columns:
        name = str(column) or "column"
        if name in ("geometry", "row_in_file", "as_read"):
            name = f"{name} of the file"
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name} {taken[name]}")
    return pd.DataFrame(
        {name: _one_type(columns.iloc[:, place]) for place, name in enumerate(names)}, index=columns.index
    )


def _one_type(values: pd.Series) -> pd.Series:
    if values.dtype != object:
        return values
    there = [value for value in values if not _is_missing(value)]
    if there and all(isinstance(value, int | float) and not isinstance(value, bool) for value in there):
        return pd.to_numeric(values)
    if len({type(value) for value in there}) <= 1 and not isinstance(next(iter(there), ""), dict | list | np.ndarray):
        return values
    return pd.Series(
        [None if _is_missing(value) else _text(value) for value in values], index=values.index, dtype=object
    )


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NaT


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
