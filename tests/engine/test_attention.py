"""Attention: worse in one respect and no better in any other never stands further down."""

from datetime import date
from typing import Any

import pytest

from engine.attention import attention

PERIOD = (date(2019, 1, 1), date(2021, 12, 31))
PATCH: dict[str, Any] = {
    "confidence": 0.9,
    "change": "grown",
    "change_m2": 5_000.0,
    "activity": "negative",
    "class_confidence": 0.9,
    "median_rate": -8.0,
    "turn": "onset",
    "day": date(2020, 6, 1),
    "lost_first": None,
}


def verdict(kind: str, certainty: str = "certain", ground: float = 2_000.0) -> dict[str, Any]:
    return {"kind": kind, "certainty": certainty, "likely_m2": ground}


def points(patch: dict[str, Any] | None = None, *verdicts: dict[str, Any]) -> float:
    return sum(attention(PATCH | (patch or {}), verdicts, PERIOD).values())


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"class_confidence": 0.6}, {"class_confidence": 0.99}),
        ({"median_rate": 3.0}, {"median_rate": -15.0}),
        ({"day": date(2019, 6, 1)}, {"day": date(2021, 6, 1)}),
        ({"change_m2": 100.0}, {"change_m2": 9_000.0}),
        ({"change": "unchanged"}, {"change": "new"}),
        ({"activity": "no_change"}, {"activity": "settlement"}),
        ({"activity": "settlement"}, {"activity": "decorrelated"}),
        ({"turn": None}, {"turn": "step"}),
    ],
)
def test_it_grows_with_each_part(less: dict[str, Any], more: dict[str, Any]) -> None:
    assert points(less) < points(more)


def test_it_grows_with_verdicts() -> None:
    none, inside = points(), points(None, verdict("inside"))
    assert none == inside
    doubtful, certain = points(None, verdict("crosses", "doubtful")), points(None, verdict("crosses"))
    assert none < doubtful < certain < points(None, verdict("no_permit"))
    assert certain < points(None, verdict("crosses", ground=90_000.0))
    assert points(None, verdict("crosses"), verdict("no_permit")) == points(None, verdict("no_permit"))
    assert points({"confidence": 0.4}, verdict("crosses")) < certain


def test_it_is_a_hundred_at_most_and_its_parts_add_up() -> None:
    worst = PATCH | {
        "confidence": None,
        "change": "new",
        "change_m2": 1e6,
        "class_confidence": 1.0,
        "median_rate": -300.0,
        "day": PERIOD[1],
    }
    parts = attention(worst, [verdict("no_permit", ground=1e9)], PERIOD)
    assert parts == {"verdict": 40, "ground": 15, "activity": 15, "rate": 10, "recent": 8, "change": 12}


def test_what_is_not_known_gives_nothing() -> None:
    assert attention({"patch_id": "A"}, [], None) == {}
    nothing = dict.fromkeys(PATCH, float("nan")) | {"activity": None, "change": None, "turn": None}
    assert attention(nothing, [{"kind": "crosses", "certainty": "certain", "likely_m2": None}], None) == {
        "verdict": 30.0
    }
