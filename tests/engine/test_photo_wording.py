"""What is said of photos: when, where and in which direction, that one was taken elsewhere, and why a file is none."""

from datetime import datetime
from typing import Any

import pytest

from engine.wording.photos import FAR_M, photo_direction, photo_facts, photo_far, photo_problem
from store.photos import PhotoError, read_photo
from tests.photos import photo

NOTHING: dict[str, Any] = {"taken_at": None, "utc_offset": "", "lon": None, "lat": None, "direction": None}


def test_what_a_photo_does_not_say_is_said() -> None:
    at = {"taken_at": datetime(2021, 3, 5, 9, 3)}
    assert photo_facts(NOTHING) == [
        "the photo does not say when it was taken",
        "the photo does not say where it was taken",
    ]
    assert photo_facts({**NOTHING, **at})[0] == "taken 5 Mar 2021 09:03"
    placed = {**NOTHING, **at, "utc_offset": "-03:00", "lon": -70.5, "lat": -33.4, "direction": 0.0}
    assert photo_facts(placed) == ["taken 5 Mar 2021 09:03 -03:00", "33.4000° S, 70.5000° W", "looking north (0°)"]


@pytest.mark.parametrize(
    ("degrees", "said"),
    [
        *((22, "north (22°)"), (23, "northeast (23°)"), (180, "south (180°)"), (292, "west (292°)")),
        *((293, "northwest (293°)"), (337.6, "north (338°)"), (359.6, "north (0°)")),
    ],
)
def test_directions(degrees: float, said: str) -> None:
    assert photo_direction(degrees) == f"looking {said}"


@pytest.mark.parametrize(
    ("metres", "said"),
    [(None, ""), (0.0, ""), (FAR_M - 1, ""), (FAR_M, "0.5 km"), (3_240.0, "3.2 km"), (7_595_900.0, "7,596 km")],
)
def test_what_was_taken_elsewhere(metres: float | None, said: str) -> None:
    assert photo_far(metres) == (said and f"taken {said} from the patch")


@pytest.mark.parametrize("content", [b"", b"no picture", photo((300, 300))[:900]])
def test_every_refusal_names_the_file_and_a_mend(content: bytes) -> None:
    with pytest.raises(PhotoError) as raised:
        read_photo("IMG {1}.jpg", content)
    said = photo_problem(raised.value.why, raised.value.file, most_mb=20, most_pixels=64_000_000)
    assert said.startswith("IMG {1}.jpg ")
    assert ": " in said


def test_limits_are_said() -> None:
    assert "20 MB" in photo_problem("bytes", "a", most_mb=20, most_pixels=64_000_000)
    assert "64 million" in photo_problem("pixels", "a", most_mb=20, most_pixels=64_000_000)
