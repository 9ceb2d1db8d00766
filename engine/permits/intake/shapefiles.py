"""Shapefiles: which parts are there, whether they agree, and how their texts are written."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyogrio
from pyproj import CRS
from pyproj.exceptions import CRSError

from engine.errors import InputError
from engine.permits.cadastre import Heading, Note
from engine.permits.intake import encodings, vectors
from engine.permits.intake.archives import Member
from engine.permits.intake.layers import Layer, Loaded
from engine.permits.intake.limits import Limits

_FORM = "shapefile"
_HEADER = 100  # bytes, of .shp and .shx
_POINTS, _LINES, _POLYGONS = (1, 8, 11, 18, 21, 28), (3, 13, 23), (5, 15, 25, 31)
_PRJ = 20_000  # bytes that are looked at
_SAMPLED = 3000  # records whose texts tell their encoding


@dataclass(frozen=True)
class Parts:
    """One shapefile's. name : for people. others : by suffix."""

    name: str
    shp: Path
    others: dict[str, Path]


def shapefiles_in(members: Sequence[Member]) -> list[Parts]:
    """Every shapefile among some files, with the parts that are called like it."""
    found = []
    shps = [member for member in members if member.suffix == ".shp"]
    stems = [PurePosixPath(member.name).stem for member in shps]
    for member, stem in zip(shps, stems, strict=True):
        key = _key(member.name)
        others = {m.suffix: m.path for m in members if m.suffix != ".shp" and _key(m.name) == key}
        name = stem if stems.count(stem) == 1 else str(PurePosixPath(member.name).with_suffix(""))
        found.append(Parts(name, member.path, others))
    return found


def _key(name: str) -> str:
    return str(PurePosixPath(name).with_suffix("")).casefold()


def layer_of(parts: Parts, folder: Path, limits: Limits, chosen: str | None) -> Layer:
    """A shapefile, its parts put side by side in `folder`, which must be new.

    Raises
    ------
    InputError
        When a part is empty, cut off, or does not belong to the others.
    """
    folder.mkdir()
    kind = _kind(parts)
    shp = parts.shp.rename(folder / "layer.shp")
    notes = []
    records = _records(shp)
    if (shx := parts.others.get(".shx")) and shx.stat().st_size == _HEADER + 8 * records:
        shx.rename(folder / "layer.shx")
    else:
        notes.append(Note(Heading.MENDED, "index_made", {"layer": parts.name}))
    dbf = parts.others.get(".dbf")
    if dbf is None:
        notes.append(Note(Heading.READ, "no_attributes", {"layer": parts.name}))
    else:
        _check_table(dbf, records)
        dbf = dbf.rename(folder / "layer.dbf")
    crs = _system(parts.others.get(".prj"), folder / "layer.prj")
    encoding, guessed = (None, False) if dbf is None else _encoding(dbf, parts.others.get(".cpg"), chosen)
    if dbf is not None and encoding is not None:
        _trim_names(dbf, encoding)
    return Layer(
        parts.name,
        kind,
        _columns(shp, encoding),
        lambda: _load(shp, limits, encoding, crs, guessed=guessed, notes=notes),
    )


def _kind(parts: Parts) -> str:
    size = parts.shp.stat().st_size
    header = parts.shp.open("rb").read(_HEADER)
    if size == 0:
        raise InputError("its .shp is empty (0 bytes)", mend="supply the shapefile again, with all its parts")
    if not header.startswith(b"\x00\x00\x27\x0a") or len(header) < _HEADER:
        raise InputError("its .shp is no shapefile", mend="supply the shapefile again, with all its parts")
    stated = 2 * struct.unpack(">i", header[24:28])[0]
    if stated > size or stated < _HEADER:
        raise InputError(
            f"its .shp is cut off: it says {stated} bytes and has {size}",
            mend="supply the shapefile again, with all its parts",
        )
    shape_type = struct.unpack("<i", header[32:36])[0]
    for kind, types in (("polygon", _POLYGONS), ("line", _LINES), ("point", _POINTS)):
        if shape_type in types:
            return kind
    return "any"


def _records(shp: Path) -> int:
    """How many records a .shp holds, counted in it: its index may be missing or wrong."""
    data = np.fromfile(shp, dtype=">i4")
    place, count, end = _HEADER // 4, 0, len(data)
    while place + 2 <= end:
        length = int(data[place + 1]) // 2
        if length < 1 or place + 2 + length > end:
            raise InputError(
                f"its .shp is damaged after record {count}", mend="supply the shapefile again, with all its parts"
            )
        place += 2 + length
        count += 1
    return count


def _check_table(dbf: Path, records: int) -> None:
    header = dbf.open("rb").read(32)
    mend = "supply it again, or leave the .dbf out to read the outlines alone"
    if len(header) < 32:
        raise InputError("its .dbf is empty" if not header else "its .dbf is cut off", mend=mend)
    count, start, width = struct.unpack("<IHH", header[4:12])
    if count != records:
        raise InputError(f"its .dbf has {count} records and its .shp {records}: they do not belong together", mend=mend)
    if width == 0 or start < 33 or dbf.stat().st_size < start + count * width:
        raise InputError("its .dbf is cut off", mend=mend)


def _encoding(dbf: Path, cpg: Path | None, chosen: str | None) -> tuple[str, bool]:
    """How the texts of a .dbf are written, and whether that was guessed."""
    if chosen:
        return encodings.known(chosen), False
    texts = list(_texts(dbf))
    guess = encodings.guess(texts)
    said = cpg.open("rb").read(80).decode("ascii", errors="ignore").strip("\0 \r\n") if cpg else ""
    if guess is None:
        return "UTF-8", False
    if said:
        try:
            encoding = encodings.known(said)
        except InputError:
            return guess, True
        if all(encodings.could_be(text, encoding) for text in texts[:_SAMPLED]):
            return encoding, False
    return guess, True


def _fields(file: BinaryIO) -> list[bytes]:
    """What a .dbf says of its columns, 32 bytes each."""
    file.seek(0)
    start = struct.unpack("<H", file.read(32)[8:10])[0]
    described = file.read(start - 32)
    fields = [described[at : at + 32] for at in range(0, len(described) - 31, 32)]
    end = next((at for at, field in enumerate(fields) if field[:1] == b"\r"), len(fields))
    return fields[:end]


def _trim_names(dbf: Path, encoding: str) -> None:
    """Cut names of columns to whole letters: the ten bytes of a name often end within one."""
    with dbf.open("r+b") as file:
        for number, field in enumerate(_fields(file)):
            name = field[:11].split(b"\0")[0]
            file.seek(32 * (number + 1))
            file.write(encodings.whole_letters(name, encoding).ljust(11, b"\0"))


def _trim_texts(dbf: Path, encoding: str) -> None:
    """The same for texts."""
    with dbf.open("r+b") as file:
        count, start, width = struct.unpack("<IHH", file.read(12)[4:12])
        columns = _text_columns(_fields(file))
        for record in range(count):
            place = start + record * width
            file.seek(place)
            row = file.read(width)
            for first, last in columns:
                text = row[first:last].rstrip(b" \0")
                if not text.isascii() and (whole := encodings.whole_letters(text, encoding)) != text:
                    file.seek(place + first)
                    file.write(whole.ljust(last - first))


def _text_columns(fields: Sequence[bytes]) -> list[tuple[int, int]]:
    """Where in a record the columns of text begin and end."""
    columns, place = [], 1
    for field in fields:
        length = field[16] + (256 * field[17] if field[11:12] == b"C" else 0)
        if field[11:12] == b"C":
            columns.append((place, place + length))
        place += length
    return columns


def _texts(dbf: Path) -> Iterator[bytes]:
    """Names of the columns, and what is in some records' columns of text."""
    with dbf.open("rb") as file:
        count, start, width = struct.unpack("<IHH", file.read(12)[4:12])
        described = _fields(file)
        yield from (field[:11].split(b"\0")[0] for field in described)
        fields = _text_columns(described)
        step = max(1, count // _SAMPLED)
        for record in range(0, count, step):
            file.seek(start + record * width)
            row = file.read(width)
            yield from (row[first:last].rstrip(b" \0") for first, last in fields)


def _columns(shp: Path, encoding: str | None) -> tuple[str, ...]:
    with vectors.quiet():
        try:
            return tuple(str(name) for name in pyogrio.read_info(shp, encoding=encoding)["fields"])
        except UnicodeDecodeError as error:
            raise vectors.wrong_encoding(error) from None
        except vectors.FAILURES as error:
            raise vectors.unreadable(_FORM, error) from None


def _system(prj: Path | None, target: Path) -> str | None:
    """What a .prj says, where it cannot be understood; GDAL reads the others, under their new name."""
    said = prj.read_bytes()[:_PRJ].decode(errors="replace").strip() if prj else ""
    if prj is None or not said:
        return None
    try:
        CRS.from_user_input(said)
    except CRSError:
        return said
    prj.rename(target)
    return None


def _load(
    shp: Path, limits: Limits, encoding: str | None, crs: str | None, *, guessed: bool, notes: list[Note]
) -> Loaded:
    try:
        loaded = vectors.load(shp, shp.stem, _FORM, limits, encoding)
    except InputError as error:
        if encoding is None or error.field != "encoding":
            raise
        _trim_texts(shp.with_suffix(".dbf"), encoding)
        loaded = vectors.load(shp, shp.stem, _FORM, limits, encoding)
    if encoding is None:
        loaded.columns = pd.DataFrame(index=loaded.columns.index)
    loaded.crs = loaded.crs or crs
    loaded.encoding, loaded.encoding_guessed = encoding, guessed
    loaded.notes += notes
    return loaded
