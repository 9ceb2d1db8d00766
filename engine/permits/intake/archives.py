"""Zip archives: looked at whole before anything is unpacked, and unpacked under names of our own."""

import stat
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.errors import InputError
from engine.permits.intake import encodings
from engine.permits.intake.limits import MIB, Limits

_WANTED = frozenset(
    {".shp", ".shx", ".dbf", ".prj", ".cpg", ".gpkg", ".geojson", ".json", ".kml", ".csv", ".tsv", ".txt", ".xlsx"}
    | {".parquet"}
)
_SYSTEMS = ("thumbs.db", "desktop.ini")
_ARCHIVES = (".zip", ".kmz", ".rar", ".7z")
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
DAMAGED = (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error)


@dataclass(frozen=True)
class Member:
    """name : in the archive, its folders with it, as people read it. path : where it was unpacked."""

    name: str
    path: Path

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()


@dataclass(frozen=True)
class Contents:
    """nested : archives in the archive, which are not opened. names : of all files in it that a person put there.
    hidden : of those that a system adds by itself, such as __MACOSX.
    """

    members: tuple[Member, ...]
    nested: tuple[str, ...]
    names: tuple[str, ...]
    hidden: tuple[str, ...]


def is_workbook(path: Path) -> bool:
    """Whether an archive is an Excel workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except DAMAGED:
        return False


def unpack(path: Path, folder: Path, limits: Limits) -> Contents:
    """Unpack what may be read.

    Raises
    ------
    InputError
        For an archive that is damaged, encrypted, too large or too many, or that reaches outside itself.
    """
    folder.mkdir()
    try:
        with zipfile.ZipFile(path) as archive:
            infos = check(archive, limits)
            names = _names(infos)
            wanted = [(info, name) for info, name in zip(infos, names, strict=True) if _is_wanted(name)]
            left = limits.unpacked_bytes
            members = []
            for number, (info, name) in enumerate(wanted):
                target = folder / f"{number}{PurePosixPath(name).suffix.lower()}"
                left -= _unpack_one(archive, info, target, left)
                members.append(Member(name, target))
    except DAMAGED as error:
        raise damaged(error) from None
    seen = tuple(name for name in names if not _is_hidden(name))
    nested = tuple(name for name in seen if name.lower().endswith(_ARCHIVES))
    return Contents(tuple(members), nested, seen, tuple(name for name in names if _is_hidden(name)))


def damaged(_error: Exception) -> InputError:
    return InputError("the archive is damaged or cut off", mend="zip the files anew, and supply it again")


def check(archive: zipfile.ZipFile, limits: Limits) -> list[zipfile.ZipInfo]:
    """The files in an archive.

    Raises
    ------
    InputError
        For one that is encrypted, too large or too many, or that reaches outside itself.
    """
    infos = archive.infolist()
    if len(infos) > limits.members:
        raise InputError(f"more than {limits.members} files in it", mend="zip only the permits' files")
    for info in infos:
        _check_name(info)
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise InputError("it is encrypted", mend="unzip it, and supply it without a password")
    unpacked, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if unpacked > limits.unpacked_bytes or (
        unpacked > limits.ratio_from_bytes and unpacked > limits.ratio * max(packed, 1)
    ):
        raise too_large(unpacked)
    return [info for info in infos if not info.is_dir()]


def too_large(size: int) -> InputError:
    return InputError(
        f"it unpacks to {size // MIB} MB or more, which is more than is opened here",
        mend="zip only the permits of the place in question",
    )


def _check_name(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/") or "\0" in name:
        raise InputError("a file in it wants to be unpacked outside its folder", mend="zip the files anew")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise InputError("a file in it is a link to another", mend="zip the files themselves anew")


def _is_wanted(name: str) -> bool:
    return not _is_hidden(name) and PurePosixPath(name).suffix.lower() in _WANTED


def _is_hidden(name: str) -> bool:
    """Whether a system put a file into an archive by itself: macOS its folder, Windows and Office theirs."""
    path = PurePosixPath(name)
    return path.name.startswith((".", "~$")) or path.name.lower() in _SYSTEMS or "__MACOSX" in path.parts


def _names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Names as people read them: Chinese ones are often written in GBK, and nothing says so."""
    raw = [None if info.flag_bits & _UTF8_FLAG else _raw(info.filename) for info in infos]
    encoding = encodings.guess(name for name in raw if name is not None) or "ascii"
    return [
        (info.filename if name is None else name.decode(encoding, errors="replace")).replace("\\", "/")
        for info, name in zip(infos, raw, strict=True)
    ]


def _raw(name: str) -> bytes | None:
    try:
        return name.encode("cp437")
    except UnicodeEncodeError:
        return None


def _unpack_one(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Unpack one file and return its size: what its entry says of that may be a lie."""
    size = 0
    with archive.open(info) as packed, target.open("wb") as unpacked:
        while block := packed.read(MIB):
            size += len(block)
            if size > left:
                raise too_large(size)
            unpacked.write(block)
    return size
