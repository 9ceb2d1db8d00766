"""Releases appear whole or not at all, also to processes that read while another publishes.

Run as a script, this file is such a reader.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from store import release as store_release
from store.home import Home
from store.reader import ReleaseReader, current_release, releases
from store.release import (
    LAYERS,
    SCHEMA_VERSION,
    SERIES,
    ReleaseError,
    begin,
    check,
    new_release_id,
    publish,
    write_tables,
)

AREA = "quarry"
DAY, NOON = date(2020, 1, 1), datetime(2020, 1, 1, 12)


def tables(mark: str) -> dict[str, pd.DataFrame]:
    """The smallest whole release, with a mark in several of its tables."""
    words = dict.fromkeys(("id", "area", "title", "engine_version", "content_key", "attribution", "source"), mark)
    frame = dict.fromkeys(("west", "south", "east", "north"), 1.0)
    days = {"first_date": DAY, "last_date": DAY}
    numbers = ("moving_area_m2", "halo_m", "solved_share", "threshold", "t95", "incidence_deg", "wavelength_m")
    radar = {**days, "pairs": 1, "reference": mark, **dict.fromkeys(numbers, 1.0)}
    step = {"name": mark, "finished": NOON, "seconds": 1.0, "peak_memory_bytes": 1}
    return {
        "release": pd.DataFrame([{**words, **frame, **days, "created": NOON, "schema_version": SCHEMA_VERSION}]),
        "radar": pd.DataFrame([radar]),
        "layer": pd.DataFrame([{"name": "rate", "position": 0, "file": "rate.tif", "unit": "1", "palette": "grey"}]),
        "category": pd.DataFrame([{"layer": "state", "value": 0, "code": mark, "share": 1.0}]),
        "step": pd.DataFrame([{"position": 0, **step, "parameters": "{}", "versions": "{}", "report": "{}"}]),
    }


def marks(reader: ReleaseReader) -> set[str]:
    """All the marks that one release shows: one, unless it is a mixture."""
    files = {(reader.folder / SERIES).read_text(), reader.layer_path("rate").read_text()}
    return {reader.info.title, *reader.states.values(), *(step.name for step in reader.steps()), *files}


def write(home: Home, mark: str) -> tuple[str, Path]:
    """A release that waits to be checked and published: its identifier and folder."""
    release_id = new_release_id(home, AREA)
    folder = begin(home, AREA, release_id)
    write_tables(folder, tables(mark))
    (folder / SERIES).write_text(mark)
    (folder / LAYERS / "rate.tif").write_text(mark)
    return release_id, folder


def publish_marked(home: Home, mark: str) -> str:
    release_id, folder = write(home, mark)
    check(folder, tables(mark))
    publish(home, AREA, release_id, folder)
    return release_id


def shown(home: Home, area: str = AREA) -> tuple[list[str], str, set[str]]:
    """What there is to see of an area: its releases, the current one, the names in its folder."""
    current = current_release(home, area)
    assert current is not None
    return releases(home, area), current.folder.name, {path.name for path in home.releases(area).iterdir()}


def no_space_left(*_: object) -> None:
    raise OSError("no space left")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def good(home: Home) -> str:
    """The last good release."""
    return publish_marked(home, "good")


def test_a_published_release_is_current(home: Home, good: str) -> None:
    newer = publish_marked(home, "newer")
    assert shown(home) == ([newer, good], newer, {newer, good, "current"})


def test_a_reader_keeps_its_release_when_a_newer_one_is_published(home: Home, good: str) -> None:
    reader = current_release(home, AREA)
    publish_marked(home, "newer")
    assert reader is not None
    assert marks(reader) == {"good"}


def test_an_unfinished_release_is_not_seen_and_is_swept_away_by_the_next(home: Home, good: str) -> None:
    _, leftover = write(home, "killed")
    assert shown(home)[:2] == ([good], good)
    newer = publish_marked(home, "newer")
    assert not leftover.exists()
    assert shown(home) == ([newer, good], newer, {newer, good, "current"})


def test_a_missing_row_is_noticed(home: Home) -> None:
    _, folder = write(home, "short")
    expected = tables("short")
    expected["step"] = pd.concat([expected["step"]] * 2)
    with pytest.raises(ReleaseError, match="table step has 1 rows instead of 2"):
        check(folder, expected)


@pytest.mark.parametrize("name", [f"{LAYERS}/rate.tif", SERIES])
def test_a_missing_or_empty_file_is_noticed(name: str, home: Home) -> None:
    _, folder = write(home, "thin")
    for spoil in ((folder / name).unlink, (folder / name).touch):
        spoil()
        with pytest.raises(ReleaseError, match="is missing"):
            check(folder, tables("thin"))


@pytest.mark.parametrize(
    "function", ["radar._write_layers", "radar._write_series_cube", "write_tables", "check", "publish"]
)
def test_a_failure_leaves_the_last_good_release_current(
    function: str, own_home: Home, publish_anew: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown(own_home, "metropolitan")
    monkeypatch.setattr(f"engine.publish.{function}", no_space_left)
    with pytest.raises(OSError, match="no space left"):
        publish_anew()
    assert shown(own_home, "metropolitan") == before


def test_a_release_that_did_not_become_current_is_not_seen(
    home: Home, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id, folder = write(home, "late")
    monkeypatch.setattr(os, "replace", no_space_left)
    with pytest.raises(OSError, match="no space left"):
        publish(home, AREA, release_id, folder)
    assert shown(home)[:2] == ([good], good)


class Noon(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, _zone: object = None) -> datetime:
        return NOON.replace(tzinfo=UTC)


def test_releases_of_one_second_have_names_of_their_own(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_release, "datetime", Noon)
    names = [publish_marked(home, f"{number}") for number in range(3)]
    assert releases(home, AREA) == [*reversed(names)]
    assert len(set(names)) == 3


def test_many_releases_of_one_second_are_in_order(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_release, "datetime", Noon)
    names = []
    for _ in range(11):
        names.append(new_release_id(home, AREA))
        (home.releases(AREA) / names[-1]).mkdir(parents=True)
    assert releases(home, AREA) == [*reversed(names)]


def test_readers_see_whole_releases_while_others_are_published(home: Home, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    publish_marked(home, "00")
    readers = [
        subprocess.Popen(
            [sys.executable, __file__, str(home.root), str(stop)],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for number in range(1, 11):
            publish_marked(home, f"{number:02}")
        stop.touch()
        for reader in readers:
            told, errors = reader.communicate(timeout=30)
            assert errors == ""
            seen = json.loads(told)
            assert seen == sorted(seen)
            assert seen[-1] == "10"
            assert len(seen) > 4
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()


def read_until_told_to_stop(home: Home, stop: Path) -> None:
    """Print "ready", and when told to stop the marks of all releases in the order in which they were seen."""
    first = current_release(home, AREA)
    assert first is not None
    seen = [*marks(first)]
    print("ready", flush=True)
    latest, stopping = time.monotonic() + 60, False
    while not stopping:
        stopping = stop.exists() or time.monotonic() > latest
        for _ in range(100):
            current = current_release(home, AREA)
            assert current is not None, "for a moment no release was current"
        (mark,) = marks(current)
        time.sleep(0.003)
        seen += [mark] if mark != seen[-1] else []
    assert marks(first) == {"00"}, "an old release changed"
    print(json.dumps(seen))


if __name__ == "__main__":
    read_until_told_to_stop(Home(Path(sys.argv[1])), Path(sys.argv[2]))
