"""What is kept of a tuning is what is read; what is no tuning is left out and logged."""

import json
import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from store.home import Home
from store.tunings import Curve, Level, TriedPair, Tuning, keep_tuning, read_tunings

KEY = "ab" * 32
VALUES = (0.1, 0.5, 0.9)


def tried(**changes: Any) -> Tuning:
    """Nine pairs, the best at shape 0.1 and compactness 0.5, and a curve whose third level is chosen."""
    pairs = [
        TriedPair(
            shape=shape, compactness=width, difference=0.06 + abs(shape - 0.1) + abs(width - 0.5), iou=0.7, objects=9
        )
        for shape in VALUES
        for width in VALUES
    ]
    levels = [
        Level(
            scale=10.0 * at,
            objects=1000 // at,
            local_variance=4.0 + at,
            rate=None if at == 1 else 5.0 / at,
            per_patch=12.5 / at,
            candidate=at == 3,
        )
        for at in range(1, 6)
    ]
    plain: dict[str, Any] = {
        "area": "place",
        "key": KEY,
        "made": datetime(2026, 11, 24, 12, tzinfo=UTC),
        "engine_version": "0.1.0",
        "dates": [date(2019, 5, 18)],
        "windows": 20,
        "patches": 14,
        "weights": [],
        "at_scale": 50.0,
        "shape": 0.1,
        "compactness": 0.5,
        "pairs": pairs,
        "curves": [Curve(step=10, scale=30.0, levels=levels), Curve(step=100, scale=None, levels=levels[:1])],
    }
    return Tuning(**plain | changes)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_what_was_kept_is_read_back(home: Home) -> None:
    path = keep_tuning(home, tried())
    assert path.parent == home.root / "tunings" / "place"
    assert read_tunings(home, "place") == [tried()]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_later_one_of_the_same_inputs_takes_its_place(home: Home) -> None:
    keep_tuning(home, tried())
    keep_tuning(home, tried(patches=15))
    assert [one.patches for one in read_tunings(home, "place")] == [15]


def test_those_of_other_inputs_stand_beside_it_the_newest_first(home: Home) -> None:
    keep_tuning(home, tried())
    keep_tuning(home, tried(key="00" * 32, made=datetime(2026, 11, 25, tzinfo=UTC)))
    keep_tuning(home, tried(key="ff" * 32, made=datetime(2026, 11, 23, tzinfo=UTC)))
    assert [one.key[:2] for one in read_tunings(home, "place")] == ["00", "ab", "ff"]
    assert read_tunings(home, "elsewhere") == []


def damaged(**changes: Any) -> str:
    return json.dumps(json.loads(tried().model_dump_json()) | changes)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        "[]",
        "\udcff",
        damaged(colour="blue"),
        damaged(pairs=[]),
        damaged(shape="NaN"),
        damaged(key="../../elsewhere"),
        damaged().replace("0.06", "Infinity", 1),
        damaged(area="x" * 3_000_000),
    ],
    ids=["cut", "empty", "list", "bytes", "unknown", "no-pairs", "nan", "path", "infinite", "large"],
)
def test_what_is_no_tuning_is_left_out_and_logged(home: Home, text: str, caplog: pytest.LogCaptureFixture) -> None:
    kept = keep_tuning(home, tried())
    wrong = kept.with_name("ffffffffffff.json")
    wrong.write_bytes(text.encode("utf-8", "surrogateescape"))
    with caplog.at_level(logging.WARNING):
        assert read_tunings(home, "place") == [tried()]
        assert read_tunings(home, "place") == [tried()]
    assert [str(wrong) in record.getMessage() for record in caplog.records] == [True]


def test_one_of_another_version_or_area_is_left_out(home: Home) -> None:
    keep_tuning(home, tried(version=999))
    assert read_tunings(home, "place") == []
    (home.tunings("other")).mkdir(parents=True)
    keep_tuning(home, tried()).rename(home.tunings("other") / "ab.json")
    assert read_tunings(home, "other") == []


def test_a_changed_file_is_read_anew(home: Home) -> None:
    path = keep_tuning(home, tried())
    assert read_tunings(home, "place") == [tried()]
    path.write_text("{")
    assert read_tunings(home, "place") == []


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError):
        tried(colour="blue")
