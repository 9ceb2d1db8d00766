"""The files of a folder: a bounded walk that never leaves it, and what a file's first bytes say it is."""

import codecs
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import InputError

MAX_FILES = 20_000
MAX_DEPTH = 32
# Where nobody keeps inputs: results, and what tools leave behind.
_SKIPPED_FOLDERS = {"var", "node_modules", "__pycache__"}
_HEAD = 4096  # bytes
_LEAST_ASCII = 0.9  # of the bytes of a text that is no UTF-8
_LARGEST_TEXT = 65_536  # bytes; parameter files are a few kilobytes

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# What begins like this may point at other files (a VRT does), so that no raster library gets to see it.
_MARKUP = (b"<", b"{", b"[")


@dataclass(frozen=True)
class Entry:
    """A file with its first bytes."""

    path: Path
    size: int
    head: bytes

    @property
    def is_tiff(self) -> bool:
        return self.head.startswith(_TIFF)

    @property
    def is_markup(self) -> bool:
        return self.head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_MARKUP)

    @property
    def is_text(self) -> bool:
        return 0 < self.size <= _LARGEST_TEXT and b"\0" not in self.head and _reads_as_text(self.head)

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8", errors="replace")

    @property
    def suffix(self) -> str:
        return self.path.suffix.lower()


def _reads_as_text(head: bytes) -> bool:
    """Whether bytes are text: numbers may lack a zero byte, but not be letters throughout."""
    letters = sum(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head)
    if letters > _LEAST_ASCII * len(head):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the head may end within a letter
    except UnicodeDecodeError:
        return False
    return not any(byte < 9 for byte in head)


@dataclass
class Unused:
    """Files that were looked at and are not used, each with the reason."""

    root: Path
    reasons: dict[Path, str] = field(default_factory=dict)

    def add(self, path: Path, why: str) -> None:
        self.reasons.setdefault(path, why)


@dataclass(frozen=True)
class Listing:
    """The regular files of a folder in order of their names. `whole` is false where the walk was broken off."""

    root: Path
    entries: tuple[Entry, ...]
    whole: bool

    def beside(self, path: Path) -> list[Entry]:
        """The other files of its folder whose names begin as this one's stem does."""
        stem = path.name.split(".")[0]
        return [
            entry
            for entry in self.entries
            if entry.path.parent == path.parent and entry.path != path and entry.path.name.startswith(stem)
        ]


def list_files(root: Path, unused: Unused) -> Listing:
    """Every file of a folder that may be opened.

    Hidden files and folders are passed over. A link is followed only to a file within the folder that would not be
    found otherwise (one that a data manager keeps in a hidden folder); a file with a companion that leads out of
    the folder is left alone too, since the library that opens the one opens the other.

    Raises
    ------
    InputError
        When it is no folder, or cannot be read.
    """
    if not root.is_dir():
        raise InputError(
            "it is no folder" if root.exists() else "the folder does not exist",
            file=root,
            mend="name the folder that your data lie in",
        )
    inside = root.resolve()
    links: list[Path] = []
    entries: list[Entry] = []
    leading_out: set[tuple[Path, str]] = set()
    count = 0
    for found in _walk(root, root, unused, depth=0):
        count += 1
        if count > MAX_FILES:
            break
        if found.is_symlink():
            links.append(found)
        elif entry := _entry(found, unused):
            entries.append(entry)
    known = {entry.path.resolve() for entry in entries}
    for link in links:
        target = link.resolve()
        if not target.is_relative_to(inside):
            unused.add(link, "a link out of the folder: not followed; copy the file into it")
            leading_out.add((link.parent, link.name.split(".")[0]))
        elif target.is_file() and target not in known and (entry := _entry(link, unused)):
            known.add(target)
            entries.append(entry)
    kept = []
    for entry in sorted(entries, key=lambda entry: entry.path):
        if (entry.path.parent, entry.path.name.split(".")[0]) in leading_out:
            unused.add(entry.path, "a file that belongs to it is a link out of the folder: not opened")
        else:
            kept.append(entry)
    return Listing(root, tuple(kept), whole=count <= MAX_FILES)


def _walk(folder: Path, root: Path, unused: Unused, depth: int) -> Iterator[Path]:
    """Files and links under a folder; those of a folder before those of the folders in it."""
    try:
        with os.scandir(folder) as scan:
            found = sorted((entry for entry in scan if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        if folder == root:
            raise InputError(
                f"the folder cannot be read ({error.strerror})", file=folder, mend="give yourself the right to read it"
            ) from None
        unused.add(folder, f"the folder cannot be read ({error.strerror})")
        return
    folders = []
    for entry in found:
        path = folder / entry.name
        if not _is_writable_text(entry.name):
            unused.add(path, "its name is no UTF-8 text: rename it")
        elif entry.is_symlink() and path.is_dir():
            if not path.resolve().is_relative_to(root.resolve()):
                unused.add(path, "a link out of the folder: not followed; copy the files into it")
        elif entry.is_dir(follow_symlinks=False):
            folders.append(path)
        else:
            yield path
    for path in folders:
        if path.name in _SKIPPED_FOLDERS:
            continue
        if depth >= MAX_DEPTH:
            unused.add(path, "too deep in the folder")
        else:
            yield from _walk(path, root, unused, depth + 1)


def _entry(path: Path, unused: Unused) -> Entry | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return None
        with path.open("rb") as file:
            return Entry(path, status.st_size, file.read(_HEAD))
    except OSError as error:
        unused.add(path, f"it cannot be read ({error.strerror})")
        return None


def _is_writable_text(name: str) -> bool:
    """Whether a name can stand in a UTF-8 file; what is no UTF-8 on disk comes as lone surrogates."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def shown(path: Path, root: Path) -> str:
    """A path for people, relative to the folder, on one line whatever is in it."""
    return printable(path.relative_to(root).as_posix()) if path.is_relative_to(root) else printable(str(path))


def printable(text: str) -> str:
    """Text without anything that would break a line or steer a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
