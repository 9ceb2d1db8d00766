"""The list's texts."""

import pytest

from components.triage import unbroken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("confidence 86 %", "confidence 86_%"),
        ("−12 mm/yr · 0.5 ha · gone", "−12_mm/yr · 0.5_ha · gone"),
        ("0.5 公顷（7.1 亩）", "0.5_公顷（7.1_亩）"),
        ("since 3 Aug 2020 · 40 m outside", "since 3 Aug 2020 · 40_m outside"),
        ("shaft 4 handover", "shaft 4 handover"),
    ],
)
def test_numbers_stay_with_their_units(text: str, expected: str) -> None:
    assert unbroken(text) == expected.replace("_", "\N{NO-BREAK SPACE}")
