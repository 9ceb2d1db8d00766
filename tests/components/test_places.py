"""Places as people write them."""

import pytest
from pyproj import Transformer

from components.places import Place, is_written_as_place, read_place

NEAR = (105.5, 37.65)


@pytest.mark.parametrize(
    "text",
    [
        "37.645, 105.503",
        "105.503,37.645",
        "37.645 105.503",
        "37.645°, 105.503°",
        "37.645N 105.503E",
        "105.503° E, 37.645° N",
        "37.645北, 105.503东",
        "37°38'42\"N 105°30'10.8\"E",
        "37°38′42″N，105°30′10.8″E",
        "37度38分42秒北 105度30分10.8秒东",
    ],
)
def test_degrees(text: str) -> None:
    assert read_place(text, NEAR) == pytest.approx((105.503, 37.645), abs=1e-6)


def test_south_and_west_are_negative() -> None:
    assert read_place("34.19° S, 70.5° W", NEAR) == (-70.5, -34.19)
    assert read_place("-34.19, 150.9", (150.9, -34.2)) == (150.9, -34.19)


@pytest.mark.parametrize(("epsg", "zone"), [(4523, 35_000_000), (4544, 0), (4496, 0)])
def test_gauss_kruger(epsg: int, zone: int) -> None:
    """EPSG:4523 and 4496 have the zone (35 of three degrees, 18 of six) in the easting; 4544 has not."""
    there = Transformer.from_crs(4326, epsg, always_xy=True)
    easting, northing = there.transform(105.503, 37.645)
    assert easting // 1e6 == (zone // 1e6 or {4544: 0, 4496: 18}[epsg])
    for text in (f"{northing:.2f}, {easting:.2f}", f"{easting:.2f} {northing:.2f}"):
        assert read_place(text, NEAR) == pytest.approx((105.503, 37.645), abs=1e-6)


@pytest.mark.parametrize(
    "text",
    ["", "P-0005", "C6405002016042130900060", "37.6", "91, 181", "1 2 3", "37.6N", "37.6N 38.1N", "12345678", "9e9, 3"],
)
def test_what_is_no_place(text: str) -> None:
    assert read_place(text, NEAR) is None


def test_an_easting_of_an_unknown_zone_is_no_place() -> None:
    near: Place = (-70.0, -30.0)
    assert read_place("4166500, 455000", near) is None
    assert read_place("4166500, 99455000", NEAR) is None


@pytest.mark.parametrize("text", ["97.2 N 500.1 E", "91, 181", "4166500, 99455000", "37.6N 38.1N", "37.645, 105.503"])
def test_a_place_that_is_none_is_still_written_as_one(text: str) -> None:
    assert is_written_as_place(text)


@pytest.mark.parametrize("text", ["", "P-0005", "C6405002016042130900060", "37.6N", "1 2 3", "north 3 E 4 N"])
def test_words_are_not_written_as_a_place(text: str) -> None:
    assert not is_written_as_place(text)
