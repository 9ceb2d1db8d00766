"""The files of a stack, wherever below its folder they lie."""

import os
from collections.abc import Iterator
from pathlib import Path


def files_below(folder: Path, pattern: str) -> Iterator[Path]:
    """Files of a name pattern in a folder and in those below it, in no order.

    Links to folders are followed, so that products may lie elsewhere; each folder is looked at once. What is hidden is
    left out: `._20200105_20200117_unw.tif` is what a Mac leaves beside a file, and no second one.
    """
    found = (path for below in _folders(folder) for path in below.glob(pattern))
    return (path for path in found if not (path.name.startswith(".") or path.is_dir()))


def one_file(folder: Path, pattern: str) -> Path | None:
    """The first file of a pattern, in the folder or below it."""
    return min((path for path in files_below(folder, pattern) if path.is_file()), default=None)


def _folders(folder: Path) -> Iterator[Path]:
    """A folder and all below it that are not hidden, each once, wherever links lead."""
    seen = {os.path.realpath(folder)}
    for here, names, _ in os.walk(folder, followlinks=True):
        yield Path(here)
        below = [Path(here, name) for name in names if not name.startswith(".")]
        # Of a folder and a link to it the folder stays, which comes last.
        places = {os.path.realpath(path): path.name for path in sorted(below, key=lambda path: not path.is_symlink())}
        names[:] = sorted(name for place, name in places.items() if place not in seen)
        seen.update(places)
