"""Releases that commands read."""

from pathlib import Path

from engine.area import AREA_FILE, read_area
from engine.errors import InputError
from store.home import Home
from store.reader import ReleaseReader, areas, current_release


def published(home: Home, area: str) -> ReleaseReader:
    """The current release of an area.

    Parameters
    ----------
    area : its name, its folder or its area.toml.

    Raises
    ------
    InputError
        When there is none.
    """
    known = areas(home)
    place = Path(area)
    name = read_area(place).name if place.suffix == ".toml" or (place / AREA_FILE).is_file() else area
    reader = current_release(home, name)
    if reader is None:
        raise InputError(
            f"no release of an area '{name}' is here",
            field="AREA",
            mend=f"name one of {', '.join(known)}, or run `python -m engine run` on it" if known else "run it first",
        )
    return reader
