"""How far a register may lie off because of its datum."""

import pytest
from pyproj import CRS

from engine.permits.datums import UNKNOWN_SHIFT_M, datum_error, is_unknown
from engine.permits.options import JudgingOptions
from engine.permits.precision import precision_of


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4544", "EPSG:4523", "EPSG:32648", "EPSG:2177"])
def test_modern_frames_add_nothing_to_the_survey(crs: str) -> None:
    assert datum_error(crs) == pytest.approx(1.3, abs=0.1)
    assert not is_unknown(crs)


@pytest.mark.parametrize("crs", ["EPSG:2380", "EPSG:2359", "EPSG:2432", CRS.from_epsg(2380).to_wkt()])
def test_a_step_that_is_not_public_may_come_to_a_hundred_metres(crs: str) -> None:
    assert is_unknown(crs)
    assert datum_error(crs) == pytest.approx(UNKNOWN_SHIFT_M, abs=0.1)


def test_a_step_that_is_known_has_its_own_accuracy() -> None:
    assert datum_error("EPSG:22183") == pytest.approx((1.3**2 + 1.0) ** 0.5)  # POSGAR 94: EPSG says 1 m
    assert not is_unknown("EPSG:22183")


def test_what_is_known_better_may_be_said() -> None:
    # By a system that brings its shift, or by an error that is given.
    shifted = "+proj=tmerc +lon_0=105 +x_0=500000 +ellps=IAU76 +towgs84=24.0,-123.0,-94.0 +type=crs"
    assert not is_unknown(shifted)
    assert precision_of(JudgingOptions(), "EPSG:2380").total_m > 100
    assert precision_of(JudgingOptions(datum_error_m=2.0), "EPSG:2380").total_m < 6
