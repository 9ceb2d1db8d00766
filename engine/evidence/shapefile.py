"""A selection as a zipped shapefile, and what that format cannot hold said beside it."""

import csv
import io
import tempfile
import unicodedata
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

_NAME_BYTES, _TEXT_BYTES = 10, 254
_WHEN = (1980, 1, 1, 0, 0, 0)


def zipped(frame: gpd.GeoDataFrame, name: str, encoding: str) -> bytes:
    """The parts of the shapefile, its .cpg, and columns.csv: full names of columns, and how many texts were cut.

    Parameters
    ----------
    frame : flat columns. encoding : of names and texts; a letter that it does not have becomes a question mark.
    """
    names = short_names([str(column) for column in frame.columns.drop(frame.geometry.name)], encoding)
    table = gpd.GeoDataFrame(geometry=frame.geometry, crs=frame.crs)
    cut: dict[str, list[int]] = {}
    for column, short in names.items():
        values = frame[column]
        if pd.api.types.is_bool_dtype(values):
            values = values.astype("Int64")
        if values.dtype == object and any(isinstance(value, str) for value in values):
            texts = [value if value is None else str(value) for value in values]
            fitting = [value if value is None else _fitting(value, _TEXT_BYTES, encoding) for value in texts]
            cut[column] = [row for row, (text, fit) in enumerate(zip(texts, fitting, strict=True), 1) if text != fit]
            values = pd.Series(fitting, dtype=object)
        table[short] = values.to_numpy()
    stem = _stem(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{stem}.shp"
        ordered = table[[*names.values(), "geometry"]]
        ordered.to_file(
            path,
            driver="ESRI Shapefile",
            engine="pyogrio",
            encoding=encoding,
            geometry_type="MultiPolygon",
            promote_to_multi=True,
            use_arrow=True,
            DBF_DATE_LAST_UPDATE="1980-01-01",
        )
        parts = {part.name: part.read_bytes() for part in sorted(Path(folder).iterdir()) if part.suffix != ".cpg"}
    parts[f"{stem}.cpg"] = encoding.encode()
    parts["columns.csv"] = _columns(names, cut)
    return _zip(parts)


def short_names(columns: Sequence[str], encoding: str) -> dict[str, str]:
    """A name of at most ten bytes for each column, all different whatever the case, cut at whole letters."""
    taken: set[str] = set()
    names = {}
    for column in columns:
        short, number = _fitting(column, _NAME_BYTES, encoding) or "column", 1
        while short.lower() in taken or short.lower() == "geometry":
            tail = f"_{number}"
            short = _fitting(column, _NAME_BYTES - len(tail), encoding) + tail
            number += 1
        taken.add(short.lower())
        names[column] = short
    return names


def _fitting(text: str, most: int, encoding: str) -> str:
    """As many whole letters as fit into so many bytes; an accent is not parted from its letter."""
    encoded = text.encode(encoding, "replace")
    if len(encoded) <= most:
        return encoded.decode(encoding)
    cut = encoded[:most].decode(encoding, "ignore")
    while cut and unicodedata.combining(text[len(cut)]):
        cut = cut[:-1]
    return cut


def _stem(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name) or "selection"


def _columns(names: dict[str, str], cut: dict[str, list[int]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(("shapefile", "column", "texts cut", "rows"))
    for column, short in names.items():
        rows = cut.get(column, [])
        writer.writerow((short, column, len(rows), " ".join(map(str, rows))))
    return ("\ufeff" + file.getvalue()).encode()


def _zip(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(entry, content)
    return file.getvalue()
