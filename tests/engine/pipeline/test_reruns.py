"""What a run runs again, and what it does not."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

import engine.deformation.steps
import engine.pipeline
import engine.pipeline.radar
from engine.errors import InputError
from engine.steps import locked
from store.reader import releases, run_status
from tests.engine.conftest import (
    PAIRS,
    UTM,
    write_patch,
    write_tif,
)
from tests.engine.pipeline.conftest import ALL
from tests.engine.pipeline.places import Place, build


def test_the_first_run_runs_everything(tmp_path: Path, ran: list[str]) -> None:
    build(tmp_path).run()
    assert ran == ALL


def test_a_second_run_runs_nothing_and_keeps_the_release(place: Place, ran: list[str]) -> None:
    place.run()  # the copy has files of its own, with the same contents
    before = place.current_id
    assert place.run() == before
    assert ran == []
    assert releases(place.home, "testbed") == [before]


CHANGES: dict[str, tuple[Callable[[Place], object], list[str]]] = {
    "title": (lambda place: place.set("A testbed", "Another"), ["publish"]),
    "source": (lambda place: (place.area / "SOURCE.md").write_text("Elsewhere."), ["publish"]),
    "radius": (lambda place: place.set("radius_m = 500", "radius_m = 300"), ["activity", "verdicts", "publish"]),
    "outline": (
        lambda place: write_patch(place.area / "outlines.geojson", UTM, (slice(8, 12), slice(9, 14))),
        ["patches", "activity", "verdicts", "publish"],
    ),
    "class": (
        lambda place: place.set("[patches]", '[patches]\nmine_class = "pit"'),
        ["patches", "activity", "verdicts", "publish"],
    ),
    "coherence": (
        lambda place: place.set("[inversion]", "[inversion]\nmin_temporal_coherence = 0.8"),
        ["inversion", "velocity", "activity", "verdicts", "publish"],
    ),
    "network": (
        lambda place: place.set("[patches]", "[network]\nmax_days = 20\n[patches]"),
        ["network", "inversion", "velocity", "activity", "verdicts", "publish"],
    ),
    "wavelength": (
        lambda place: place.set("wavelength_m = 0.05546576", "wavelength_m = 0.056"),
        [step for step in ALL if step != "patches"],
    ),
    "interferogram": (
        lambda place: write_tif(place.area / "stack" / f"{PAIRS[0]}_unw.tif", np.ones(UTM.shape, np.float32), UTM),
        [step for step in ALL if step != "patches"],
    ),
    "nothing but the time of a file": (lambda place: os.utime(place.area / "outlines.geojson", (1, 1)), []),
}


@pytest.mark.parametrize(("change", "again"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_runs_again_what_depends_on_it(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    change: Callable[[Place], object],
    again: list[str],
) -> None:
    monkeypatch.setattr(engine.pipeline, "publish_release", lambda *_: "a release")  # to write one takes a while
    ran = request.getfixturevalue("ran")
    change(place)
    place.run()
    assert ran == again


def test_another_size_of_blocks_changes_nothing(place: Place, ran: list[str]) -> None:
    place.set("block = 8", "block = 16")
    place.run()
    assert ran == []


def test_a_change_beside_a_shape_file_is_seen(tmp_path: Path) -> None:
    place = build(tmp_path)
    outlines = gpd.read_file(place.area / "outlines.geojson")
    outlines.to_file(place.area / "outlines.shp")
    place.set("outlines.geojson", "outlines.shp")
    place.run()
    outlines.assign(label="Renamed").to_file(place.area / "outlines.shp")
    place.run()
    assert place.current.patches()[0].name == "Renamed"


def test_force_runs_every_step_and_publishes_nothing_twice(place: Place, ran: list[str]) -> None:
    before = place.current_id
    assert place.run(force=True) == before
    assert ran == ALL[:-1]


def test_a_run_tells_its_steps_and_its_end(place: Place) -> None:
    told: list[tuple[str, str]] = []
    release = place.run(listen=lambda state: told.append((state["state"], state.get("step", ""))))
    assert [step for step in ALL if ("running", step) in told] == ALL[:-1]
    assert told[-1][0] == "finished"
    status = run_status(place.home, "testbed")
    assert status is not None
    assert (status.state, status.error) == ("finished", None)
    assert release == place.current_id


def test_a_second_run_at_the_same_time_is_refused(place: Place) -> None:
    with locked(place.home.work("testbed")), pytest.raises(InputError, match="another run is at work"):
        place.run()


def test_products_that_were_deleted_are_made_again(place: Place, ran: list[str]) -> None:
    shutil.rmtree(place.home.work("testbed"))
    before = place.current_id
    assert place.run() == before
    assert ran == ALL[:-1]
