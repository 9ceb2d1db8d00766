"""What to say of an archive in which there is no file of permits: what is in it, what is read, what to do."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from engine.errors import InputError

_SHOWN = 5
ZIPPED = "a shapefile (.shp with its .dbf, .shx and .prj), GeoPackage, GeoJSON, KML, GeoParquet, CSV or XLSX"
_PARTS = (".dbf", ".shx", ".prj", ".cpg")
_READ_ALONE = (".zip", ".kmz")
_ARCHIVES = (*_READ_ALONE, ".rar", ".7z")
_OF_MACOS = "__MACOSX"
# By suffix, what people take for permits, and how it becomes something that is read.
_MENDS = {
    **dict.fromkeys(
        (".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".doc", ".docx"),
        "pictures and documents are not read: write the corners into a table (CSV or XLSX), one row a corner, or ask "
        "whoever made them for the outlines",
    ),
    ".xls": "save the table as .xlsx or CSV",
    ".gdb": "export the layer of permits to a GeoPackage",
    **dict.fromkeys((".dwg", ".dxf"), "export the outlines as polygons to a shapefile or GeoPackage"),
    **dict.fromkeys((".mif", ".mid", ".tab", ".map"), "export the table of permits to a shapefile or GeoPackage"),
}


def without_permits(names: Sequence[str], hidden: Sequence[str]) -> InputError:
    """The refusal of an archive.

    Parameters
    ----------
    names : of the files in it, their folders with them. hidden : of those that a system adds by itself.
    """
    things = list(dict.fromkeys(_thing(name) for name in names))
    if not things:
        added = list(dict.fromkeys(_thing(name) for name in hidden))
        why = f"it holds nothing but what the system adds ({_list(added)})" if added else "there is no file in it"
        return InputError(why, mend=f"zip the files of the permits again: {ZIPPED}")
    if nested := [thing for thing in things if _suffix(thing) in _ARCHIVES]:
        return InputError(
            f"there is no file of permits in it, but archives, which are not opened: {_list(nested)}",
            mend=_mend_of_nested(nested),
        )
    if all(_suffix(thing) in _PARTS for thing in things):
        return InputError(
            f"it holds parts of a shapefile without its .shp, where the outlines are: {_list(things)}",
            mend="add the .shp of the same name, and zip all parts again",
        )
    mends = list(dict.fromkeys(_MENDS[suffix] for thing in things if (suffix := _suffix(thing)) in _MENDS))
    return InputError(
        f"there is no file of permits in it; it holds: {_list(things)}",
        mend="; ".join([*mends, f"in an archive is read {ZIPPED}"]),
    )


def _mend_of_nested(nested: Sequence[str]) -> str:
    """What is read when it is supplied by itself may be; the rest has to be unpacked, too."""
    readable = [PurePosixPath(name).name for name in nested if _suffix(name) in _READ_ALONE]
    if not readable:
        return f"unpack all of them, and zip the permits alone: {ZIPPED}"
    return f"unpack it, and supply {readable[0] if len(readable) == 1 else 'the one with the permits'} by itself"


def _thing(name: str) -> str:
    """A file as people see it: a geodatabase is a folder of many, and so is what macOS adds."""
    parts = PurePosixPath(name).parts
    whole = (number for number, part in enumerate(parts) if part == _OF_MACOS or part.lower().endswith(".gdb"))
    end = next(whole, len(parts))
    return "/".join(parts[: end + 1])


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _list(names: Sequence[str]) -> str:
    shown = ["".join(letter if letter.isprintable() else "?" for letter in name) for name in names[:_SHOWN]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
