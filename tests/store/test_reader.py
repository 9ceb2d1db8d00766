"""What a reader says of a release, and which releases it opens at all."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gethostname
from threading import Barrier

import pytest
import rasterio

from store.database import connect_for_writing
from store.home import Home
from store.reader import ReleaseReader, areas, areas_at_work, current_release, release, releases, run_status
from store.release import CURRENT, DATABASE, SERIES

AREA = "metropolitan"
MOVING, DECORRELATED = (150.9354, -34.1904), (150.9304, -34.2004)  # longitude, latitude


def opened(home: Home) -> ReleaseReader:
    reader = current_release(home, AREA)
    assert reader is not None
    return reader


@pytest.fixture
def reader(published: Home) -> ReleaseReader:
    return opened(published)


def test_a_moving_pixel_has_its_rate_and_series(reader: ReleaseReader) -> None:
    pixel = reader.pixel(*MOVING)
    assert pixel is not None
    assert pixel.rate == pytest.approx(-11, abs=0.5)
    assert pixel.series is not None
    assert len(pixel.series.dates) == len(pixel.series.displacement) == len(pixel.series.noise) == pixel.dates == 13


def test_a_decorrelated_pixel_has_no_series_and_says_why(reader: ReleaseReader) -> None:
    pixel = reader.pixel(*DECORRELATED)
    assert pixel is not None
    assert (pixel.state, pixel.pairs, pixel.pairs_used) == ("few_pairs", 4, 17)
    assert pixel.series is pixel.rate is pixel.standard_error is pixel.vertical is None


@pytest.mark.parametrize("place", [(0.0, 0.0), (151.2, -34.19), (150.9354, 34.1904), (-34.1904, 150.9354)])
def test_outside_the_frame_nothing_is_known(place: tuple[float, float], reader: ReleaseReader) -> None:
    assert reader.pixel(*place) is None


def test_a_place_is_read_from_the_pixel_that_holds_it(reader: ReleaseReader) -> None:
    """Also near the pixel's edges, and in the corners of the frame."""
    with rasterio.open(reader.layer_path("pairs")) as raster:
        pairs, transform = raster.read(1), raster.transform
    chance = random.Random(1)
    inside = [(row, col) for row in range(pairs.shape[0]) for col in range(pairs.shape[1]) if pairs[row, col]]
    for row, col in [inside[0], inside[-1], *chance.sample(inside, 10)]:
        lon, lat = transform @ (col + chance.choice([0.01, 0.99]), row + chance.choice([0.01, 0.99]))
        pixel = reader.pixel(lon, lat)
        assert pixel is not None
        assert pixel.pairs == pairs[row, col]


def spoil_all_tiles_but_that_of(path: Path, place: tuple[float, float]) -> None:
    with rasterio.open(path) as raster:
        row, col = raster.index(*place)
        height, width = raster.block_shapes[0]
        tiles = {
            (y, x): [int(raster.get_tag_item(f"BLOCK_{what}_{x}_{y}", "TIFF", bidx=1)) for what in ("OFFSET", "SIZE")]
            for y in range(-(-raster.height // height))
            for x in range(-(-raster.width // width))
        }
    del tiles[row // height, col // width]
    assert len(tiles) > 10
    with path.open("r+b") as file:
        for offset, size in tiles.values():
            file.seek(offset)
            file.write(b"\xff" * size)


def test_a_series_is_read_without_the_rest_of_the_cube(reader: ReleaseReader, own_home: Home) -> None:
    whole = reader.pixel(*MOVING)
    spoilt = opened(own_home)
    spoil_all_tiles_but_that_of(spoilt.folder / SERIES, MOVING)
    assert spoilt.pixel(*MOVING) == whole
    with pytest.raises(rasterio.RasterioIOError):
        spoilt.pixel(150.9154, -34.1904)


def test_threads_share_a_reader(reader: ReleaseReader) -> None:
    questions: list[Callable[[], object]] = [
        reader.patches,
        reader.acquisitions,
        reader.interferograms,
        reader.rate_histogram,
        reader.steps,
        reader.patches_geojson,
        lambda: reader.patch_series("M1345.B1"),
        lambda: reader.verdicts("M1345.B1"),
        lambda: reader.pixel(*MOVING),
    ]
    answers = [repr(ask()) for ask in questions]

    def ask_fifty(seed: int) -> None:
        for number in random.Random(seed).choices(range(len(questions)), k=50):
            assert repr(questions[number]()) == answers[number]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask_fifty, range(8)))


LOCKED = "a second connection to a database is refused, because the first has locked the configuration"


def test_a_release_may_be_opened_twice(own_home: Home) -> None:
    """As happens when the first reader has left the cache but is still held by a session."""
    folder = opened(own_home).folder
    held, again = ReleaseReader(folder), ReleaseReader(folder)
    assert held.patches() == again.patches()


def test_a_release_may_be_opened_by_several_threads_at_once(own_home: Home) -> None:
    """As happens when the first callers come together."""
    together = Barrier(4)

    def open_it(_: int) -> str:
        together.wait()
        return opened(own_home).info.title

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(open_it, range(4)))) == 1


def test_a_release_of_another_schema_is_not_opened(own_home: Home) -> None:
    name = (own_home.releases(AREA) / CURRENT).readlink().name
    with connect_for_writing(own_home.releases(AREA) / name / DATABASE) as connection:
        connection.execute("UPDATE release SET schema_version = schema_version + 1")
    assert release(own_home, AREA, name) is None
    assert current_release(own_home, AREA) is None
    assert areas(own_home) == [AREA]  # it is named, so that the app can say why it is not shown


@pytest.mark.parametrize("contents", [b"garbage" * 999, b""], ids=["garbage", "empty"])
def test_a_release_that_cannot_be_read_is_not_opened(contents: bytes, own_home: Home) -> None:
    """One broken area must not take down the pages of the others."""
    (own_home.releases(AREA) / CURRENT / DATABASE).write_bytes(contents)
    assert current_release(own_home, AREA) is None


def test_a_copy_whose_links_became_folders_does_not_break_the_app(published: Home, tmp_path: Path) -> None:
    shutil.copytree(published.root, tmp_path, symlinks=False, dirs_exist_ok=True)
    current_release(Home(tmp_path), AREA)


@pytest.mark.parametrize(
    "name",
    [
        "../releases/metropolitan",
        "metropolitan/../metropolitan",
        "./metropolitan",
        "",
        ".",
        "..",
        "nowhere",
        "METROPOLITAN",
    ],
)
def test_an_area_is_found_by_its_own_name_only(name: str, published: Home, reader: ReleaseReader) -> None:
    assert release(published, name, reader.folder.name) is None
    assert current_release(published, name) is None


@pytest.mark.parametrize("name", ["../metropolitan/{}", "./{}", "{}/", "{}\n", "current", "", "20200101T000000Z"])
def test_a_release_is_found_by_its_own_name_only(name: str, published: Home, reader: ReleaseReader) -> None:
    assert release(published, AREA, reader.folder.name) is reader
    assert release(published, AREA, name.format(reader.folder.name)) is None


def test_an_empty_home_has_no_areas(tmp_path: Path) -> None:
    for home in (Home(tmp_path / "missing"), Home(tmp_path)):
        assert areas(home) == areas_at_work(home) == releases(home, AREA) == []
        assert current_release(home, AREA) is None
        assert run_status(home, AREA) is None


def told(home: Home, text: str | bytes) -> Home:
    """The home with this as status of its run."""
    home.status(AREA).parent.mkdir(parents=True)
    home.status(AREA).write_bytes(text.encode() if isinstance(text, str) else text)
    return home


def status(**state: object) -> str:
    own = {"pid": os.getpid(), "host": gethostname(), "updated": "2020-01-01T12:00:00+00:00", "step": "stack"}
    return json.dumps(own | state)


@pytest.mark.parametrize("state", ["running", "failed", "finished"])
def test_the_status_of_a_run_is_told(state: str, tmp_path: Path) -> None:
    home = told(Home(tmp_path), status(state=state, done=3, total=8, error="no CRS"))
    found = run_status(home, AREA)
    assert areas_at_work(home) == [AREA]
    assert found is not None
    assert (found.state, found.step, found.done, found.total, found.error) == (state, "stack", 3, 8, "no CRS")


@pytest.mark.parametrize(("ago", "shown"), [(timedelta(minutes=5), "running"), (timedelta(hours=2), "broken_off")])
def test_a_run_on_another_machine_is_known_by_its_last_word(ago: timedelta, shown: str, tmp_path: Path) -> None:
    updated = (datetime.now(UTC) - ago).isoformat()
    found = run_status(told(Home(tmp_path), status(state="running", host="elsewhere", updated=updated)), AREA)
    assert found is not None
    assert found.state == shown


@pytest.mark.parametrize(
    ("state", "shown"), [("running", "broken_off"), ("failed", "failed"), ("finished", "finished")]
)
def test_a_run_whose_process_is_gone_has_broken_off(state: str, shown: str, tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    found = run_status(told(Home(tmp_path), status(state=state, pid=gone.pid)), AREA)
    assert found is not None
    assert found.state == shown


@pytest.mark.parametrize("text", ["", "{", "no JSON", b"\xff\xfe\x00"])
def test_a_status_that_cannot_be_read_is_none(text: str | bytes, tmp_path: Path) -> None:
    assert run_status(told(Home(tmp_path), text), AREA) is None


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"state": "running"}', '{"state": "failed", "updated": "now"}'])
def test_a_status_of_another_form_is_none(text: str, tmp_path: Path) -> None:
    assert run_status(told(Home(tmp_path), text), AREA) is None
