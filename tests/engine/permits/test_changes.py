"""What changed between two registers and between two sets of verdicts."""

import math
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely.affinity import translate
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from engine.grid import geodesic_area
from engine.permits.changes import CHANGE_COLUMNS, register_changes, verdict_changes
from engine.permits.register import Register
from engine.permits.registering import make_register
from tests.engine.permits.cadastres import ONE, TWO, cadastre


def register(*shapes: BaseGeometry | None, **columns: list[Any]) -> Register:
    rows = len(shapes) or 2
    given = {
        "permit number": [f"C{row}" for row in range(1, rows + 1)],
        "valid from": ["2015-01-01"] * rows,
        "valid to": ["2020-12-31"] * rows,
        "holder": ["A"] * rows,
        "mineral": ["coal"] * rows,
        "status": ["valid"] * rows,
    }
    return make_register(cadastre(*shapes, **{**given, **columns}))[0]


def test_nothing_changed() -> None:
    changes = register_changes(register(), register())
    assert changes.counts == {}
    assert list(changes.table.columns) == CHANGE_COLUMNS


def test_permits_that_came_and_went() -> None:
    changes = register_changes(register(), register(**{"permit number": ["C2", "C3"]}, holder=["A", "A"]))
    named = dict(zip(changes.table["change"], changes.table["number"], strict=True))
    assert named == {"added": "C3", "removed": "C1", "boundary_moved": "C2"}


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("2020-12-31", "2025-12-31", "renewed"),
        ("2020-12-31", "9999-12-31", "renewed"),
        ("2020-12-31", None, "renewed"),
        ("2020-12-31", "2019-12-31", "shortened"),
        (None, "2019-12-31", "shortened"),
    ],
)
def test_permits_that_end_otherwise(before: str | None, after: str | None, change: str) -> None:
    old, new = (register(**{"valid to": [end, "2020-12-31"]}) for end in (before, after))
    (row,) = register_changes(old, new).table.itertuples()
    assert (row.number, row.change, row.before, row.after) == ("C1", change, before or "", after or "")
    assert math.isnan(row.gained_m2)


def test_texts_and_first_days_that_changed() -> None:
    new = register(
        holder=["B", "A"],
        mineral=["coal", "iron"],
        status=["expired", "valid"],
        **{"valid from": ["2015-01-01", "2016"]},
    )
    changes = register_changes(register(), new)
    assert changes.counts == {"holder_changed": 1, "mineral_changed": 1, "status_changed": 1, "begins_otherwise": 1}
    (row,) = changes.table[changes.table["change"] == "mineral_changed"].itertuples()
    assert (row.number, row.before, row.after) == ("C2", "coal", "iron")


def moved(east_m: float) -> tuple[Register, Register]:
    """In metres, so that the truth is known."""
    square = box(500_000, 2_965_000, 501_000, 2_966_000)
    shapes = gpd.GeoSeries([square, translate(square, east_m)], crs="EPSG:4544").to_crs("EPSG:4326")
    return register(shapes[0]), register(shapes[1])


def test_a_boundary_that_moved_says_how_much_and_how_far() -> None:
    (row,) = register_changes(*moved(30.0)).table.itertuples()
    assert row.change == "boundary_moved"
    assert (row.gained_m2, row.lost_m2) == pytest.approx((30_000, 30_000), rel=1e-3)
    assert row.distance_m == pytest.approx(30.0, rel=1e-3)


def test_rounding_moves_no_boundary() -> None:
    assert register_changes(*moved(0.9)).counts == {}
    assert register_changes(*moved(0.9), tolerance_m=0.5).counts == {"boundary_moved": 1}


def test_the_order_of_corners_and_parts_moves_no_boundary() -> None:
    turned = box(*ONE.bounds, ccw=False)
    assert register_changes(register(ONE, TWO), register(turned, TWO)).counts == {}


def test_outlines_that_came_and_went() -> None:
    changes = register_changes(register(ONE, None), register(None, TWO))
    assert changes.counts == {"outline_added": 1, "outline_removed": 1}


def test_a_permit_that_grew_gained_and_lost_nothing() -> None:
    wider = box(104.20, 26.80, 104.22, 26.81)
    (row,) = register_changes(register(ONE), register(wider)).table.itertuples()
    assert row.lost_m2 == pytest.approx(0, abs=1)
    assert row.gained_m2 == pytest.approx(geodesic_area(wider) - geodesic_area(ONE), rel=1e-4)


def verdicts(*rows: tuple[int, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["patch_id", "kind", "least_m2", "likely_m2", "most_m2"])


def test_breaches_that_came_went_grew_and_shrank() -> None:
    old = verdicts(
        (1, "crosses", 90, 100, 110), (2, "crosses", 90, 100, 110), (3, "no_permit", 90, 100, 110),
        (4, "inside", 0, 0, 5), (5, "crosses", 90, 100, 110), (7, "after_expiry", math.nan, math.nan, math.nan),
    )  # fmt: skip
    new = verdicts(
        (1, "crosses", 111, 120, 130), (2, "crosses", 60, 70, 80), (3, "crosses", 90, 100, 110),
        (4, "inside", 0, 0, 50), (5, "crosses", 105, 115, 125), (6, "no_permit", 1, 2, 3),
        (7, "after_expiry", math.nan, math.nan, math.nan),
    )  # fmt: skip
    changes = verdict_changes(old, new, breaches=["crosses", "no_permit", "after_expiry"])
    found = [(row.patch_id, row.kind, row.change) for row in changes.table.itertuples()]
    assert sorted(found) == [
        (1, "crosses", "grown"),
        (2, "crosses", "shrunk"),
        (3, "crosses", "new"),
        (3, "no_permit", "gone"),
        (6, "no_permit", "new"),
    ]
    assert changes.counts == {"new": 2, "grown": 1, "shrunk": 1, "gone": 1}
    grown = changes.table[changes.table["change"] == "grown"].iloc[0]
    assert (grown["before_m2"], grown["after_m2"]) == (100, 120)


def test_verdicts_without_a_change() -> None:
    same = verdicts((1, "crosses", 90, 100, 110))
    assert verdict_changes(same, same, breaches=["crosses"]).counts == {}
    assert verdict_changes(same.iloc[:0], same.iloc[:0], breaches=["crosses"]).counts == {}
