"""Colours keep what the map says with them: which way, how fast, and that still ground is grey."""

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from web.palette import (
    ACTIVITY_COLOURS,
    ACTIVITY_SIGNS,
    CHANGE_COLOURS,
    PERMIT_COLOUR,
    VERDICT_COLOURS,
    VERDICT_SIGNS,
    lookup_table,
    stops,
)

# (end of the scale, neutral band), mm/yr.
SCALES = [(10.0, 5.0), (20.0, 5.0), (25.0, 3.0), (120.0, 5.0)]
# How a deuteranope sees linear RGB (Machado, Oliveira & Fernandes 2009, severity 1).
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
# Linear sRGB to XYZ under D65 (IEC 61966-2-1), with its white.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(rgb: ArrayLike) -> NDArray[np.float64]:
    share = np.asarray(rgb, float) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb: ArrayLike) -> NDArray[np.float64]:
    """CIE L*, a*, b* of linear RGB, shape (..., 3)."""
    ratio = np.asarray(rgb) @ XYZ.T / WHITE
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def at(rate: float, high: float, neutral: float) -> NDArray[np.uint8]:
    """The colour of a rate."""
    return lookup_table("motion", high, neutral)[round((rate + high) / (2 * high) * 255)]


@pytest.mark.parametrize(("high", "neutral"), SCALES)
def test_both_directions_have_the_same_places_and_strength(high: float, neutral: float) -> None:
    places = np.array([stop.place for stop in stops("motion", high, neutral)])
    np.testing.assert_allclose(places, 1 - places[::-1])
    lightness = lab(linear(lookup_table("motion", high, neutral)))[:, 0]
    np.testing.assert_allclose(lightness, lightness[::-1], atol=6)


@pytest.mark.parametrize(("high", "neutral"), SCALES)
def test_just_what_is_still_is_grey(high: float, neutral: float) -> None:
    rates = np.linspace(-high, high, 256)
    grey = np.ptp(lookup_table("motion", high, neutral).astype(int), axis=1) == 0
    np.testing.assert_array_equal(grey, np.abs(rates) <= neutral)


@pytest.mark.parametrize(("high", "neutral"), SCALES)
def test_faster_is_darker_and_more_than_still(high: float, neutral: float) -> None:
    rates = np.linspace(-high, high, 256)
    lightness = lab(linear(lookup_table("motion", high, neutral)))[:, 0]
    assert (np.diff(lightness[rates < -neutral]) > 0).all()
    assert (np.diff(lightness[rates > neutral]) < 0).all()
    assert lightness[np.abs(rates) <= neutral].min() > lightness[np.abs(rates) > neutral].max() + 5


def test_red_is_away_and_blue_towards() -> None:
    red, _, blue = at(-15, 20, 5).astype(int)
    assert red > blue + 100
    red, _, blue = at(15, 20, 5).astype(int)
    assert blue > red + 100


@pytest.mark.parametrize("vision", [np.eye(3), DEUTERANOPIA], ids=["common", "deuteranopia"])
@pytest.mark.parametrize(("high", "neutral"), SCALES)
def test_away_still_and_towards_are_told_apart(vision: NDArray[np.float64], high: float, neutral: float) -> None:
    away, still, towards = (lab((linear(at(rate, high, neutral)) @ vision.T).clip(0, 1)) for rate in (-10.0, 0.0, 10.0))
    for one, other in ((away, towards), (away, still), (towards, still)):
        assert np.linalg.norm(one - other) > 15


@pytest.mark.parametrize("palette", ["sequential", "grey"])
def test_more_is_lighter(palette: str) -> None:
    assert (np.diff(lab(linear(lookup_table(palette, 1.0, None)[::15]))[:, 0]) > 3).all()


def test_an_unknown_palette_is_an_error() -> None:
    with pytest.raises(ValueError, match="no palette 'rainbow'"):
        stops("rainbow", 1.0, None)


def test_every_activity_has_a_colour_and_a_sign_of_its_own() -> None:
    assert ACTIVITY_COLOURS.keys() == ACTIVITY_SIGNS.keys()
    assert len(set(ACTIVITY_COLOURS.values())) == len(set(ACTIVITY_SIGNS.values())) == len(ACTIVITY_SIGNS)


def test_every_verdict_has_a_sign_of_its_own_and_a_colour_that_says_whether_it_speaks_against_a_patch() -> None:
    assert VERDICT_COLOURS.keys() == VERDICT_SIGNS.keys()
    assert len(set(VERDICT_SIGNS.values())) == len(VERDICT_SIGNS)
    for_it = {VERDICT_COLOURS[kind] for kind in ("inside", "not_tested", "renewal_pending")}
    assert for_it.isdisjoint(VERDICT_COLOURS[kind] for kind in ("no_permit", "crosses", "after_expiry"))


def test_permits_have_a_colour_that_no_outline_of_a_patch_has() -> None:
    assert PERMIT_COLOUR not in {*ACTIVITY_COLOURS.values(), *CHANGE_COLOURS.values()}
