"""A kill costs nothing but time; and a home takes one area of a name."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import engine.deformation.steps
import engine.pipeline
import engine.pipeline.radar
from engine.area import read_area
from engine.errors import InputError
from engine.grid import Block
from engine.pipeline import run
from engine.raster import Raster
from store.home import Home
from store.reader import ReleaseReader, current_release, run_status
from tests.conftest import ROOT
from tests.engine.conftest import (
    UTM,
)
from tests.engine.pipeline.places import SERIAL, Place, build

KILLED_RUN = """
import os, signal, sys
from pathlib import Path
import engine.deformation.steps as steps
from engine.area import read_area
from engine.blocks import Workers
from engine.pipeline import run
from store.home import Home

invert, done = steps._invert_block, 0

def kill_after_some(block, **given):
    global done
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    done += 1
    return invert(block, **given)

steps._invert_block = kill_after_some
run(read_area(Path(sys.argv[1])), Home(Path(sys.argv[2])), workers=Workers("serial"))
"""


def contents(release: ReleaseReader) -> dict[str, Any]:
    """All that a release says, but for its name, its time, and what it cost."""
    said: dict[str, Any] = {
        "info": replace(release.info, id="", created=None),  # type: ignore[arg-type]
        "patches": release.patches(),
        "outlines": release.patches_geojson(),
        "clusters": release.clusters_geojson(),
        "verdicts": release.verdicts(),
        "series": [release.patch_series(patch.patch_id) for patch in release.patches()],
        "pairs": release.interferograms(),
        "acquisitions": release.acquisitions(),
        "histogram": release.rate_histogram(),
        "inputs": release.inputs(),
        "steps": [(step.name, step.parameters, step.versions, step.report) for step in release.steps()],
    }
    for path in [*(release.layer_path(name) for name in release.layers), release.folder / "series.tif"]:
        with Raster(path) as raster:
            said[path.name] = [raster.read(band + 1).tobytes() for band in range(len(raster.band_names))]
    return said


@pytest.fixture
def blocks_run(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Block]]:
    """The blocks that are inverted from here on."""
    found: list[Block] = []
    original = engine.deformation.steps._invert_block

    def watch(block: Block, **given: Any) -> Any:
        found.append(block)
        return original(block, **given)

    monkeypatch.setattr(engine.deformation.steps, "_invert_block", watch)
    yield found


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, ran: list[str], blocks_run: list[Block]) -> None:
    """kill -9 after 4 of 9 blocks: only the other 5 are inverted, and the release is that of a run without a kill."""
    place = build(tmp_path / "killed")
    command = [sys.executable, "-c", KILLED_RUN, str(place.area), str(place.home.root), "4"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    killed = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert current_release(place.home, "testbed") is None
    status = run_status(place.home, "testbed")
    assert status is not None
    assert (status.state, status.step) == ("broken_off", "inversion")
    kept = {path.stem for path in (place.home.work("testbed") / "inversion.partial" / "blocks").glob("*.npz")}
    assert len(kept) == 4

    place.run()
    assert ran == ["inversion", "velocity", "patches", "activity", "verdicts", "publish"]
    assert {block.name for block in blocks_run} == {block.name for block in UTM.blocks(8)} - kept
    assert len(blocks_run) == 5

    undisturbed = Place(place.area, Home(tmp_path / "undisturbed"))
    undisturbed.run()
    assert contents(place.current) == contents(undisturbed.current)


def test_kept_blocks_of_other_parameters_are_not_used(place: Place, blocks_run: list[Block]) -> None:
    partial = place.home.work("testbed") / "inversion.partial"
    place.set("[inversion]", "[inversion]\nmin_temporal_coherence = 0.8")
    (partial / "blocks").mkdir(parents=True)
    (partial / "key").write_text("of something else")
    (partial / "blocks" / "0-8_0-8.npz").write_bytes(b"")
    place.run()
    assert len(blocks_run) == 9


def test_what_a_killed_publication_left_is_swept_away(place: Place) -> None:
    leftover = place.home.releases("testbed") / ".20000101T000000Z.partial"
    leftover.mkdir()
    place.set("A testbed", "Another")
    place.run()
    assert not leftover.exists()


def test_a_second_area_of_one_name_is_refused(place: Place, tmp_path: Path) -> None:
    place.run()
    second = shutil.copytree(place.area, tmp_path / "second")
    with pytest.raises(InputError, match="another area is called 'testbed' already") as refused:
        run(read_area(second), place.home, workers=SERIAL)
    assert (refused.value.file, refused.value.field) == (second / "area.toml", "name")


def test_an_area_may_be_moved(place: Place, tmp_path: Path) -> None:
    release = place.run()
    place.area.rename(tmp_path / "moved")
    assert run(read_area(tmp_path / "moved"), place.home, workers=SERIAL) == release
