"""Releases that commands read."""

from pathlib import Path

from engine.area import read_area
from engine.errors import InputError
from store.home import Home
from store.reader import ReleaseReader, areas, current_release


def published(path: Path, home: Home) -> ReleaseReader:
    """The current release of an area that is named, or whose folder or area.toml is.

    Raises
    ------
    InputError
        When there is none that can be read.
    """
    name = read_area(path).name if path.exists() else str(path)
    reader = current_release(home, name)
    if reader is None:
        known = areas(home)
        raise InputError(
            f"no release of '{name}' has been published that this version can read",
            field="AREA",
            mend=f"run it first, or take one of: {', '.join(known)}" if known else "run it first: python -m engine run",
        )
    return reader
