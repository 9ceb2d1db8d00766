"""Numbers with their units, dates and places, as the language writes them; minus is a minus sign."""

from datetime import date
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal

from engine.wording.language import gettext as _
from engine.wording.language import language


def number(value: float, digits: int = 0) -> str:
    """A number with fixed decimals, grouped as the language has it."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = format_decimal(round(value, digits) + 0.0, format=pattern, locale=language())
    return text.replace("-", "−")


def day(value: date) -> str:
    """A date, for example 19 Jun 2006."""
    return _day(value, language())


# Charts and lists say the same days again and again.
@lru_cache(maxsize=4096)
def _day(value: date, spoken: str) -> str:
    # The order of day, month and year is the language's own.
    return format_date(value, _("d MMM y"), locale=spoken)


def month(value: date) -> str:
    """A month and its year, for example Jun 2006."""
    return format_date(value, _("MMM y"), locale=language())


def period(first: date, last: date) -> str:
    return f"{day(first)} – {day(last)}"


def place(lon: float, lat: float) -> str:
    """A place, for example 34.1904° S, 150.9354° E."""
    south_north = _("{degrees}° S") if lat < 0 else _("{degrees}° N")
    west_east = _("{degrees}° W") if lon < 0 else _("{degrees}° E")
    parts = south_north.format(degrees=number(abs(lat), 4)), west_east.format(degrees=number(abs(lon), 4))
    return ", ".join(parts)


def hectares(square_metres: float) -> str:
    """An area: km² from a square kilometre on, else hectares; in Chinese with mu."""
    if square_metres >= 1e6:
        return _("{area} km²").format(area=number(square_metres / 1e6, 1)) + _mu(square_metres)
    digits = 0 if square_metres >= 1e5 else 1
    return _("{area} ha").format(area=number(square_metres / 1e4, digits)) + _mu(square_metres)


def area_heading(what: str) -> str:
    """Of a column of areas as `area_cell` writes them."""
    return _("{what}, ha").format(what=what)


def area_cell(square_metres: float, digits: int = 2) -> str:
    """An area in a column of hectares; where the language counts land in mu, with them in brackets."""
    words = number(square_metres / 1e4, digits)
    return f"{words}（{_in_mu(square_metres)}）" if language() == "zh" else words


def ground(square_metres: float) -> str:
    """An area that may be small and that something rests on: finer than `hectares` where that would hide it."""
    if square_metres < 100:
        return _("{area} m²").format(area=number(square_metres))
    if square_metres < 1e4:
        return _("{area} ha").format(area=number(square_metres / 1e4, 2)) + _mu(square_metres)
    return hectares(square_metres)


def _mu(square_metres: float) -> str:
    """The same in mu where the language counts land in it."""
    return f"（{_in_mu(square_metres)} 亩）" if language() == "zh" else ""


def _in_mu(square_metres: float) -> str:
    """A mu is a fifteenth of a hectare."""
    mu = square_metres * 15 / 1e4
    return number(mu, 1 if mu < 10 else 0)


def hectares_with_margin(square_metres: float, margin: float) -> str:
    """An area and what its boundary's error makes of it."""
    digits = 1 if margin < 1e5 else 0
    return _("{area} ± {margin} ha").format(
        area=number(square_metres / 1e4, digits), margin=number(max(margin / 1e4, 0.1), digits)
    ) + _mu(square_metres)


def percent(share: float) -> str:
    return _("{share} %").format(share=number(100 * share))


def rate(value: float, margin: float | None = None) -> str:
    """A rate in mm a year, with half its 95 % interval when it is known."""
    if margin is None:
        return _("{rate} mm/yr").format(rate=number(value))
    digits = 0 if margin >= 1 else 1
    margin = max(margin, 0.1)  # no rate is printed as if it were known for certain
    return _("{rate} ± {margin} mm/yr").format(rate=number(value, digits), margin=number(margin, digits))
