"""A table of pairs beside a stack: what the names of its files do not tell."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.deformation.finding import dates_in
from engine.deformation.stack import DatePair, Interferogram
from engine.errors import InputError

# Columns by the words of their names, in small letters and put together; what processors and their users call them.
_COLUMNS = {
    "pair": {"pair", "pairs", "date12", "dates", "ifg", "ifgram", "interferogram"},
    "first": {"first", "reference", "primary", "master", "earlier", "date1"},
    "second": {"second", "secondary", "slave", "later", "date2"},
    "unwrapped": {"unwrapped", "unw", "phase", "unwrappedphase"},
    "coherence": {"coherence", "coh", "cor", "corr", "cc"},
    "baseline": {"perpendicularbaseline", "baselineperpendicular", "bperp", "perp", "perpbaseline", "baseline"},
}
_UNIT_OR_KIND = {"m", "meter", "metre", "date", "file", "path", "raster"}
_FIELD = "stack.pairs"


class TablePair(NamedTuple):
    """A line: its files, if the table names files, and its perpendicular baseline in m, None where it says nothing."""

    unwrapped: Path | None
    coherence: Path | None
    perpendicular_baseline: float | None

    def interferogram(self, pair: DatePair) -> Interferogram | None:
        """None where the table names no files."""
        if self.unwrapped is None:
            return None
        return Interferogram(pair, self.unwrapped, self.coherence, self.perpendicular_baseline)


def read_pair_table(path: Path, folder: Path) -> dict[DatePair, TablePair]:
    """The pairs of a table with a line of names, separated by commas, semicolons, tabs or blanks, in order of dates.

    Columns are `first` and `second`, or `pair` (both dates in one, as 20200101_20200113); `unwrapped` and `coherence`,
    files relative to `folder`; `perpendicular_baseline_m`. What other columns say is left aside.

    Raises
    ------
    InputError
        For a table that cannot be read, has no dates or nothing beside them; a line without two dates in order, with a
        pair that stands above already, a file that is not there, or a baseline that is no number.
    """
    found: dict[DatePair, TablePair] = {}
    for number, line in _lines(path):
        pair = _pair(path, number, line)
        if pair in found:
            raise _wrong(path, number, f"{pair} stands above already", "remove one of the two lines")
        unwrapped = _file(path, number, folder, line.get("unwrapped"))
        if unwrapped is None and "unwrapped" in line:
            raise _wrong(path, number, f"{pair} has no unwrapped file", "name it, or remove the line")
        coherence = _file(path, number, folder, line.get("coherence"))
        found[pair] = TablePair(unwrapped, coherence, _baseline(path, number, line.get("baseline", "")))
    if not found:
        raise InputError("the table has no pair", file=path, field=_FIELD, mend="give it a line for each pair")
    return dict(sorted(found.items()))


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and cells of every line that is not empty, by what the columns are."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(
            f"the table of pairs cannot be read ({error.strerror})", file=path, field=_FIELD, mend="correct the path"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            "the table of pairs is no text in UTF-8", file=path, field=_FIELD, mend="save it as CSV in UTF-8"
        ) from error
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip(" \t,;#")]
    cells = _separated([line for _, line in lines])
    names = [_column(name) for name in cells[0]] if cells else []
    dated = "pair" in names or {"first", "second"} <= set(names)
    if not dated or not {"unwrapped", "baseline"} & set(names) or any(names.count(name) > 1 for name in _COLUMNS):
        raise InputError(
            f"a table of pairs has other columns ({', '.join(cells[0]) if cells else 'it is empty'})",
            file=path,
            field=_FIELD,
            mend="name them in the first line, each once: first, second (dates), and unwrapped, coherence (files) or "
            "perpendicular_baseline_m",
        )
    for (number, _), own in zip(lines[1:], cells[1:], strict=True):
        if any(cell.strip() for cell in own[len(names) :]):  # a decimal comma makes two cells of one
            raise _wrong(path, number, f"{len(own)} cells under {len(names)} names", "put cells with commas in quotes")
        yield number, {name: cell.strip() for name, cell in zip(names, own, strict=False) if name}


def _separated(lines: list[str]) -> list[list[str]]:
    """The cells of lines, by the sign that the first one is divided by."""
    if not lines:
        return []
    sign = next((sign for sign in "\t;," if sign in lines[0]), None)
    if sign is None:
        return [line.lstrip("# ").split() for line in lines]
    # Line by line: a quotation mark that is never closed would swallow all that follow.
    return [next(csv.reader([line], delimiter=sign, skipinitialspace=True)) for line in lines]


def _column(name: str) -> str | None:
    """What a column is by its name; None for what is not read."""
    plain = "".join(word for word in re.findall("[a-z0-9]+", name.lower()) if word not in _UNIT_OR_KIND)
    return next((column for column, names in _COLUMNS.items() if plain in names), None)


def _pair(path: Path, number: int, line: dict[str, str]) -> DatePair:
    cells = [line["pair"]] if "pair" in line else [line.get("first", ""), line.get("second", "")]
    days = [day for cell in cells for day in dates_in(cell)]
    if len(days) != 2:
        said = " ".join(cells).strip() or "nothing"
        raise _wrong(path, number, f"'{said}' is not two dates", "write them as 2020-01-13 or 20200113")
    if days[0] >= days[1]:
        raise _wrong(
            path,
            number,
            f"the pair's dates are not in order ({days[0]}, {days[1]})",
            "form the pair with the earlier acquisition first",
        )
    return DatePair(*days)


def _file(path: Path, number: int, folder: Path, name: str | None) -> Path | None:
    if not name:
        return None
    if not (file := folder / name).is_file():
        raise _wrong(path, number, f"there is no file {file}", "correct the name: it is relative to stack.path")
    return file


def _baseline(path: Path, number: int, text: str) -> float | None:
    if text.lower() in ("", "-", "nan", "none", "null"):
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e5:
        raise _wrong(path, number, f"'{text}' is no perpendicular baseline in m", "give a number, or leave it empty")
    return value


def _wrong(path: Path, number: int, what: str, mend: str) -> InputError:
    return InputError(f"line {number}: {what}", file=path, field=_FIELD, mend=mend)
