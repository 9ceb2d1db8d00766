"""Areas and elevations, in the units and with the signs that registers use."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.permits.quantities import Areas, read_areas, read_elevations, read_metres, unit_in_heading


def areas(*cells: Any, heading: str = "area", geodesic: list[float] | None = None) -> Areas:
    known = np.full(len(cells), math.nan) if geodesic is None else np.array(geodesic, float)
    return read_areas(pd.Series(list(cells), dtype=object), heading=heading, geodesic_m2=known)


@pytest.mark.parametrize(
    ("text", "m2"),
    [
        ("298,2633 ha", 2_982_633),
        ("2.094,9707 ha", 20_949_707),
        ("12.5 km²", 12_500_000),
        ("12.5km2", 12_500_000),
        ("0.0127平方公里", 12_700),
        ("3公顷", 30_000),
        ("15亩", 10_000),
        ("1 234,5 m2", 1234.5),
        ("10 acres", 40_468.564),
        ("2 hectáreas", 20_000),
        ("面积：3.5 公顷", 35_000),
    ],
)
def test_units_in_the_cells(text: str, m2: float) -> None:
    read = areas(text)
    assert read.m2 == pytest.approx([m2])
    assert (read.unit, read.unit_from, read.refused) == ("", "cells", {})


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        *(("矿区面积 (km2)", "km2"), ("面积(km²)", "km2"), ("矿区面积（平方公里）", "km2"), ("面积（亩）", "mu")),
        *(("area_ha", "ha"), ("HECTAGIS", "ha"), ("HASDATUM", "ha"), ("sup_reg_ha", "ha"), ("superficie_has", "ha")),
        *(("AREA_KM2", "km2"), ("Area (sq. km)", "km2"), ("AreaAcres", None), ("area_acres", "acre")),
        *(("KQMJ", None), ("Shape_Area", None), ("hazard area", None), ("area_m2", "m2")),
    ],
)
def test_units_in_the_heading(heading: str, unit: str | None) -> None:
    assert unit_in_heading(heading) == unit


@pytest.mark.parametrize(("unit", "m2"), [("m2", 1.0), ("ha", 1e4), ("km2", 1e6), ("acre", 4046.856), ("mu", 666.667)])
def test_a_unit_that_nobody_says_is_told_by_the_outlines(unit: str, m2: float) -> None:
    read = areas(1.0, 2.5, 7.0, heading="KQMJ", geodesic=[1.1 * m2, 2.4 * m2, math.nan])
    assert (read.unit, read.unit_from) == (unit, "geometry")
    assert read.m2 == pytest.approx([m2, 2.5 * m2, 7 * m2], rel=1e-4)


def test_a_unit_that_does_not_fit_is_not_made_up() -> None:
    read = areas(1.0, 2.0, geodesic=[60_000, 120_000])
    assert read.unit is None
    assert np.isnan(read.m2).all()
    assert areas(5.0).unit is None


def test_the_heading_counts_more_than_the_outlines() -> None:
    read = areas(1.0, heading="area_ha", geodesic=[1e6])
    assert (read.unit, list(read.m2)) == ("ha", [1e4])


def test_one_value_decides_the_decimal_sign_of_the_column() -> None:
    assert areas("1.234 ha", "298,2633 ha").m2 == pytest.approx([12_340_000, 2_982_633])
    assert areas("1,234 ha", "298.2633 ha").m2 == pytest.approx([12_340_000, 2_982_633])
    assert areas("1,234,567 m2", "1,234 m2").m2 == pytest.approx([1_234_567, 1234])


def test_where_none_does_the_outlines_decide() -> None:
    comma = areas("1,234 ha", geodesic=[12_300])
    assert (comma.decimal, comma.decided) == (",", False)
    assert comma.m2 == pytest.approx([12_340])
    assert areas("1,234 ha", geodesic=[12_300_000]).m2 == pytest.approx([12_340_000])
    assert areas("1,234 ha").m2 == pytest.approx([12_340_000])


def test_what_is_no_area_is_listed() -> None:
    read = areas("n/a", "", None, "large", "-5 ha", "1 ha")
    assert read.refused == {3: "large", 4: "-5 ha"}
    assert np.isnan(read.m2[:5]).all()
    assert read.m2[5] == 1e4


@given(
    hectares=st.lists(st.integers(1, 10**9), min_size=1, max_size=20),
    comma=st.booleans(),
    grouped=st.booleans(),
)
def test_what_is_written_is_read(hectares: list[int], comma: bool, grouped: bool) -> None:
    """In ten thousandths of a hectare; with four decimals nothing is open."""
    texts = [f"{size / 1e4:,.4f}" if grouped else f"{size / 1e4:.4f}" for size in hectares]
    if comma:
        texts = [text.translate(str.maketrans(",.", ".,")) for text in texts]
    assert areas(*(f"{text} ha" for text in texts)).m2 == pytest.approx(hectares)


@given(st.lists(st.floats(0.001, 1e9), min_size=1, max_size=20))
def test_numbers_are_read_as_they_are(sizes: list[float]) -> None:
    assert areas(*sizes, heading="area_ha").m2 == pytest.approx(1e4 * np.array(sizes))


@pytest.mark.parametrize(
    ("text", "top", "bottom"),
    [
        ("+1250m至+980m", 1250, 980),
        ("1250-980", 1250, 980),
        ("980m-1250m", 1250, 980),
        ("+100~-50", 100, -50),
        ("由1250米至980米标高", 1250, 980),
        ("1250--200", 1250, -200),
        ("-150 m a -300 m", -150, -300),
        ("1.250,5", math.nan, math.nan),
        ("", math.nan, math.nan),
    ],
)
def test_elevations_in_one_cell(text: str, top: float, bottom: float) -> None:
    read = read_elevations(pd.Series([text]))
    assert (read.top[0], read.bottom[0]) == pytest.approx((top, bottom), nan_ok=True)


def test_elevations_one_a_cell() -> None:
    metres, refused = read_metres(pd.Series([1250, "+980 m", "-20", None, "deep", "1 to 2"], dtype=object))
    assert metres == pytest.approx([1250, 980, -20, math.nan, math.nan, math.nan], nan_ok=True)
    assert refused == {4: "deep", 5: "1 to 2"}
