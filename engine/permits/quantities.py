"""Areas and elevations as registers write them: units, decimal commas, both ends in one cell."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.permits.phrases import fold

Floats = npt.NDArray[np.float64]

SQUARE_METRES = {"m2": 1.0, "ha": 1e4, "km2": 1e6, "acre": 4046.8564224, "mu": 1e4 / 15}
# As they stand in a cell or a heading, folded (² is then 2).
_UNITS = (
    (
        "km2",
        r"km ?\^?2|sq\.? ?km|sqkm|square kilomet\w*|kilometros? cuadrados?|quilometros? quadrados?|平方公里|平方千米",
    ),
    ("ha", r"has?|hectares?|hectareas?|hect\w*|公顷"),
    ("acre", r"acres?|ac|英亩"),
    ("mu", r"mu|亩"),
    ("m2", r"m ?\^?2|sq\.? ?m|sqm|square met\w*|metros cuadrados|metros quadrados|平方米"),
)
_UNIT = re.compile("|".join(rf"(?P<{unit}>(?<![a-z])(?:{names})(?![a-z]))" for unit, names in _UNITS))
_IN_HEADING = re.compile(
    "|".join(rf"(?P<{unit}>(?<![a-z])(?:{names})(?![a-z]))" for unit, names in _UNITS) + r"|(?P<ha_>hect|^has)"
)
_NUMBER = re.compile(r"[+-]?\d[\d.,' ]*")
_FITS = 0.4  # logarithm of the ratio to the geodesic area up to which a unit is believed
_NONE = re.compile(r"[-—–/ ]*|n/?a|nan|none|null|s/?d|无|未知|不详")

_ELEVATION = re.compile(r"(?P<sign>[+-])?\s*(?P<number>\d+(?:[.,]\d+)*)")
_BETWEEN = re.compile(r"\s*(?:m\.?|米|公尺|msnm|masl|metros?|metres?)?\s*")


@dataclass
class Areas:
    """Areas of a column in m², NaN where a cell has none.

    unit : of cells that name none, such as "ha"; "" where no cell is so, None where none fits. unit_from : "cells",
    "heading" or "geometry". decimal : the decimal sign; decided : whether the numbers themselves decide it.
    refused : texts that are no area, by place.
    """

    m2: Floats
    unit: str | None = ""
    unit_from: str = "cells"
    decimal: str = "."
    decided: bool = True
    refused: dict[int, str] = field(default_factory=dict)


def read_areas(values: pd.Series, *, heading: str, geodesic_m2: Floats) -> Areas:
    """Areas of a column.

    Parameters
    ----------
    values : numbers, or texts such as "298,2633 ha". heading : name of the column, which may hold the unit.
    geodesic_m2 : areas of the same permits' outlines, NaN where there is none; they tell which unit is meant where
    neither cells nor heading say it, and which sign is the decimal one where the numbers leave it open.
    """
    cells = [_tidy(cell) for cell in values]
    found = [_UNIT.search(cell) for cell in cells]
    numbers = [_NUMBER.search(cell[: unit.start()] if unit else cell) for cell, unit in zip(cells, found, strict=True)]
    digits = ["" if number is None else number.group().strip() for number in numbers]
    units = [None if unit is None else unit.lastgroup for unit in found]
    decimals = _decimal_signs(digits)
    options = [_Reading(digits, units, sign, heading, geodesic_m2) for sign in decimals]
    best = min(options, key=lambda one: one.misfit)
    refused = {
        place: cell
        for place, cell in enumerate(cells)
        if not _NONE.fullmatch(cell) and not (digits[place] and best.values[place] >= 0)
    }
    best.m2[list(refused)] = math.nan
    return Areas(best.m2, best.unit, best.unit_from, best.decimal, len(decimals) == 1, refused)


class _Reading:
    """A column read with one decimal sign; misfit : how far its areas are off those of the outlines."""

    def __init__(
        self, digits: Sequence[str], units: Sequence[str | None], decimal: str, heading: str, geodesic_m2: Floats
    ) -> None:
        self.decimal = decimal
        self.values = np.array([_as_number(text, decimal) for text in digits])
        bare = np.array([unit is None for unit in units], bool) & np.isfinite(self.values)
        self.unit: str | None = ""
        self.unit_from = "cells"
        with np.errstate(divide="ignore", invalid="ignore"):
            if bare.any():
                self._say_unit(heading, bare, geodesic_m2)
            bare_factor = math.nan if self.unit is None else SQUARE_METRES.get(self.unit, math.nan)
            self.m2 = self.values * np.array([SQUARE_METRES[unit] if unit else bare_factor for unit in units])
            self.misfit = _misfit(self.m2, geodesic_m2)

    def _say_unit(self, heading: str, bare: npt.NDArray[np.bool_], geodesic_m2: Floats) -> None:
        unit: str | None = unit_in_heading(heading)
        self.unit_from = "heading"
        if unit is None:
            self.unit_from = "geometry"
            fits = {name: _misfit(self.values[bare] * m2, geodesic_m2[bare]) for name, m2 in SQUARE_METRES.items()}
            unit = min(fits, key=lambda name: fits[name])
            unit = unit if fits[unit] <= _FITS else None
        self.unit = unit


def unit_in_heading(heading: str) -> str | None:
    """The unit that the name of a column of areas holds; None where it holds none."""
    found = _IN_HEADING.search(fold(re.sub(r"[_()（）/\[\].:-]+", " ", heading)))
    return found.lastgroup.rstrip("_") if found and found.lastgroup else None


def _misfit(m2: Floats, geodesic_m2: Floats) -> float:
    """Logarithm of the middle ratio, without its sign; infinite where nothing can be compared."""
    both = (m2 > 0) & (geodesic_m2 > 0)
    return abs(float(np.median(np.log(m2[both] / geodesic_m2[both])))) if both.any() else math.inf


def _tidy(cell: object) -> str:
    if cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, int | float | np.number):
        return np.format_float_positional(float(cell), trim="-")
    return fold(str(cell).replace("−", "-"))


def _decimal_signs(digits: Iterable[str]) -> list[str]:
    """Decimal signs that the numbers of a column allow; where none decides, both, the point first."""
    votes = {sign for text in digits if (sign := _decimal_sign(text))}
    if len(votes) == 1:
        return list(votes)
    one_sign = {sign for text in digits for sign in ".," if sign in text}
    return [".", ","] if one_sign or votes else ["."]


def _decimal_sign(text: str) -> str | None:
    """The decimal sign of one number; None where it has none, or could be of either."""
    point, comma = text.rfind("."), text.rfind(",")
    if point >= 0 and comma >= 0:
        return "." if point > comma else ","
    sign = "." if point >= 0 else ","
    whole, *groups = text.split(sign)
    if not groups:
        return None
    other = "," if sign == "." else "."
    if len(groups) > 1:
        return other
    could_be_thousands = len(groups[0]) == 3 and 1 <= len(whole.lstrip("+-")) <= 3 and whole.lstrip("+-") != "0"
    return None if could_be_thousands else sign


def _as_number(text: str, decimal: str) -> float:
    thousands = "," if decimal == "." else "."
    plain = re.sub(r"[' ]", "", text).replace(thousands, "").replace(decimal, ".")
    try:
        return float(plain)
    except ValueError:
        return math.nan


@dataclass
class Elevations:
    """Metres above the sea, NaN where a cell has none; refused : texts that are none, by place."""

    top: Floats
    bottom: Floats
    refused: dict[int, str]


def read_elevations(values: pd.Series) -> Elevations:
    """The upper and lower end of a column of ranges such as +1250m至+980m, in either order."""
    ends, refused = _read_ends(values, 2)
    return Elevations(ends.max(axis=1), ends.min(axis=1), refused)


def read_metres(values: pd.Series) -> tuple[Floats, dict[int, str]]:
    """Elevations of a column of one a cell, and the texts that are none, by place."""
    ends, refused = _read_ends(values, 1)
    return ends[:, 0], refused


def _read_ends(values: pd.Series, count: int) -> tuple[Floats, dict[int, str]]:
    """As many elevations a cell, shape (cells, count), NaN where there are others; and the texts of those, by place."""
    read, refused = np.full((len(values), count), math.nan), {}
    for place, cell in enumerate(values):
        text = _tidy(cell)
        if _NONE.fullmatch(text):
            continue
        ends = _elevations_in(text)
        if len(ends) == count:
            read[place] = ends
        else:
            refused[place] = text
    return read, refused


def _elevations_in(text: str) -> list[float]:
    """A minus straight behind a number, or its unit, stands between two; any other is a sign."""
    ends, stop = [], None
    for found in _ELEVATION.finditer(text):
        between = stop is not None and _BETWEEN.fullmatch(text[stop : found.start()]) is not None
        try:
            size = float(found["number"].replace(",", "."))
        except ValueError:  # several signs: nobody knows which is the decimal one
            return []
        ends.append(-size if found["sign"] == "-" and not between else size)
        stop = found.end()
    return ends
