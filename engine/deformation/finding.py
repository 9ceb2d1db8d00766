"""The files of a stack, wherever below its folder they lie, and the pairs that they are of."""

import os
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from engine.deformation.stack import DatePair, Interferogram
from engine.errors import InputError
from engine.raster import Raster


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


def list_interferograms(
    folder: Path, unwrapped: str, coherence: str, baselines: dict[DatePair, float] | None = None
) -> list[Interferogram]:
    """Find the pairs of a folder by file name pattern, and the coherence of each by its dates.

    Raises
    ------
    InputError
        For no file, a name without two dates, dates in the wrong order, or two files of one pair.
    """
    for option, pattern in (("stack.unwrapped", unwrapped), ("stack.coherence", coherence)):
        if not pattern or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise InputError(
                f"'{pattern}' is no file name pattern",
                field=option,
                mend="give one relative to stack.path, such as *unw*.tif",
            )
    if not folder.is_dir():
        raise InputError(
            "the folder of the stack does not exist", file=folder, field="stack.path", mend="correct stack.path"
        )
    # Other rasters may lie beside the stack (heights, say): what bears no two dates is no pair's coherence.
    # And a name may match both patterns: that of mexico_20200105_20200117_unw.tif has "co" in it.
    phases = set(files_below(folder, unwrapped))
    others = [path for path in files_below(folder, coherence) if path not in phases]
    dated = [path for path in others if dates_in(path.name) or dates_in(path.parent.name)]
    coherent = _by_pair(dated, "coherence", "stack.coherence")
    unwrapped_by_pair = _by_pair(phases, "interferogram", "stack.unwrapped")
    if not unwrapped_by_pair:
        packed = any(files_below(folder, "*.zip"))
        raise InputError(
            f"no interferogram matches '{unwrapped}'",
            file=folder,
            field="stack.unwrapped",
            mend=f"{'unpack the .zip files in it, or ' if packed else ''}correct stack.path or stack.unwrapped",
        )
    return [
        Interferogram(pair, path, coherent.get(pair), (baselines or {}).get(pair))
        for pair, path in sorted(unwrapped_by_pair.items())
    ]


def _by_pair(paths: Iterable[Path], what: str, option: str) -> dict[DatePair, Path]:
    found: dict[DatePair, Path] = {}
    for path in sorted(paths):
        pair = pair_of(path)
        if pair in found:
            raise InputError(
                f"a second {what} of {pair} beside {found[pair].name}",
                file=path,
                field=option,
                mend=f"remove one of the two, or narrow {option}",
            )
        found[pair] = path
    return found


def pair_of(path: Path) -> DatePair:
    """The two dates in a file's name (YYYYMMDD or YYMMDD, times of day allowed), its folder's, or its GeoTIFF tags."""
    dates = dates_in(path.name)
    if len(dates) < 2:
        dates = dates_in(path.parent.name)
    if len(dates) < 2 and path.suffix.lower() in (".tif", ".tiff"):
        with Raster(path) as raster:
            tags = raster.tags
        dates = [day for key in ("FIRST_DATE", "SECOND_DATE") if (day := parse_day(tags.get(key, "").replace("-", "")))]
    if len(dates) < 2:
        raise InputError(
            "no two dates in the file's name",
            file=path,
            field="dates",
            mend="write both into its name as YYYYMMDD, such as 20060619_20061002",
        )
    if dates[0] >= dates[1]:
        raise InputError(
            f"the pair's dates are not in order ({dates[0]}, {dates[1]})",
            file=path,
            field="dates",
            mend="form the pair with the earlier acquisition first",
        )
    return DatePair(dates[0], dates[1])


def dates_in(name: str) -> list[date]:
    """Dates such as 20060619, 060619 and 2006-06-19 (or with _ or .), in the order of the name.

    Six digits may be a number of another kind (a burst's, say): they are dates only where there are no two of eight.
    """
    stamps = re.finditer(r"(?<!\d)(\d{4}([-_.])\d{2}\2\d{2}|\d{8}|\d{6})(?:T\d{6})?(?!\d)", name)
    digits = [re.sub(r"\D", "", stamp[1]) for stamp in stamps]
    found = [(one, day) for one in digits if (day := parse_day(one))]
    long = [day for one, day in found if len(one) == 8]
    return long if len(long) >= 2 else [day for _, day in found]


def parse_day(stamp: str) -> date | None:
    """YYYYMMDD or YYMMDD; None for what is neither."""
    if not re.fullmatch(r"\d{6}|\d{8}", stamp):
        return None
    try:
        return datetime.strptime(stamp, "%Y%m%d" if len(stamp) == 8 else "%y%m%d").date()
    except ValueError:
        return None
