"""Pairs that come, go and change: what is left is what a run from scratch leaves, and little of it is read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import engine.deformation.steps
import engine.pipeline.radar
from engine.area import read_area
from engine.blocks import Workers
from engine.deformation.additions import Provenance
from engine.deformation.inversion import InversionOptions
from engine.deformation.mintpy_files import GEOMETRY, STACK, StackFile
from engine.deformation.stack import DatePair, Geometry, Interferogram, Radar
from engine.deformation.steps import prepare_stack
from engine.errors import InputError
from engine.grid import Grid
from engine.pipeline import deform_area
from engine.steps import Progress
from store.home import Home
from tests.engine.conftest import DATES, PAIRS, UTM, WAVELENGTH, phases, subsidence, write_area, write_geotiffs

RADAR = Radar(WAVELENGTH, looks=8.0)
SHARED = {"options": {"format": "geotiff", "wavelength_m": WAVELENGTH}, "versions": {"engine": "1"}}


@dataclass
class Rasters:
    """A reader of made-up rasters. versions : of the files of each pair; another version is another file."""

    versions: Mapping[DatePair, int]
    grid: Grid = UTM
    radar: Radar = RADAR
    hidden: bool = False
    read: list[DatePair] = field(default_factory=list)

    @property
    def interferograms(self) -> list[Interferogram]:
        return [
            Interferogram(pair, Path(f"{pair}-{version}.unw"), Path(f"{pair}.cc"), pair.days / 7)
            for pair, version in sorted(self.versions.items())
        ]

    @property
    def files(self) -> list[Path]:
        return [path for item in self.interferograms for path in item.files]

    def phase(self, interferogram: Interferogram) -> NDArray[np.float32]:
        self.read.append(interferogram.pair)
        phase = self._chance(interferogram).normal(1, 1, self.grid.shape).astype(np.float32)
        phase[self._chance(interferogram).random(phase.shape) < 0.05] = np.nan
        return phase

    def coherence(self, interferogram: Interferogram) -> NDArray[np.float32]:
        chance = self._chance(interferogram)
        # Of very different sizes: sums of them depend on the order in which they are taken.
        coherence = (chance.random(self.grid.shape) * 10.0 ** chance.integers(-12, 1, self.grid.shape)).astype("f4")
        coherence[chance.random(coherence.shape) < 0.02] = np.nan
        return coherence

    def _chance(self, interferogram: Interferogram) -> np.random.Generator:
        return np.random.default_rng([PAIRS.index(interferogram.pair), self.versions[interferogram.pair]])

    def geometry(self) -> Geometry:
        hidden = np.zeros(self.grid.shape, np.bool_)
        hidden[3:6, 4] = self.hidden
        return Geometry(np.full(self.grid.shape, 37, np.float32), None, hidden=hidden)


def lay_down(
    reader: Rasters,
    folder: Path,
    former: Path | None = None,
    *,
    coherent: bool = True,
    shared: Mapping[str, Any] = SHARED,
) -> dict[str, Any]:
    folder.mkdir(parents=True)
    options = InversionOptions(weights="variance" if coherent else "none")
    provenance = Provenance(str, shared, former)  # each path has contents of its own
    progress = Progress(folder.parent / "status.json")
    return prepare_stack(reader, folder, options=options, progress=progress, provenance=provenance)


def left(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


ALL = dict.fromkeys(PAIRS, 0)
STATES = st.lists(st.dictionaries(st.sampled_from(PAIRS), st.integers(0, 1), min_size=1), min_size=2, max_size=4)


@settings(max_examples=10, deadline=None)
@given(states=STATES, coherent=st.booleans())
def test_whatever_comes_goes_or_changes_it_is_as_if_made_from_scratch(
    states: list[dict[DatePair, int]], coherent: bool
) -> None:
    with TemporaryDirectory() as name:
        before: dict[DatePair, int] = {}
        former = None
        for number, state in enumerate(states):
            reader, folder = Rasters(state), Path(name, f"updated-{number}")
            report = lay_down(reader, folder, former, coherent=coherent)
            assert reader.read == sorted(pair for pair in state if before.get(pair) != state[pair])
            assert (report["pairs_read"], report["pairs_taken_over"]) == (
                len(reader.read),
                len(state) - len(reader.read),
            )
            assert report["all_read_anew"] is None
            scratch = Path(name, f"scratch-{number}")
            lay_down(Rasters(state), scratch, coherent=coherent)
            assert left(folder) == left(scratch)
            assert set(left(folder)) == {STACK, GEOMETRY, "stack.json"}
            before, former = state, folder


def cut_short(folder: Path) -> None:
    contents = (folder / STACK).read_bytes()
    (folder / STACK).write_bytes(contents[: len(contents) // 2])


def of_an_earlier_version(folder: Path) -> None:
    facts = json.loads((folder / "stack.json").read_text())
    (folder / "stack.json").write_text(json.dumps(facts | {"origin": None}))


MOVED = replace(UTM, transform=UTM.transform @ Affine.translation(1, 0))
OTHER_WAVELENGTH = {**SHARED, "options": {"format": "geotiff", "wavelength_m": 0.031}}
UNFIT: dict[str, tuple[Callable[[Path], object], dict[str, Any], dict[str, Any], str]] = {
    "grid": (lambda _: None, {"grid": MOVED}, {}, "changed since: grid.transform"),
    "frame": (lambda _: None, {"grid": replace(UTM, shape=(20, 23))}, {}, "changed since: grid.shape"),
    "radar": (lambda _: None, {"radar": Radar(WAVELENGTH, 190.0, 8.0)}, {}, "changed since: radar.heading"),
    "mask": (lambda _: None, {"hidden": True}, {}, "changed since: masks"),
    "wavelength": (
        lambda _: None,
        {"radar": Radar(0.031, looks=8.0)},
        {"shared": OTHER_WAVELENGTH},
        "changed since: options.wavelength_m, radar.wavelength",
    ),
    "coherence": (lambda _: None, {}, {"coherent": False}, "changed since: coherence"),
    "engine": (
        lambda _: None,
        {},
        {"shared": {**SHARED, "versions": {"engine": "2", "code": "1"}}},
        "changed since: versions.code, versions.engine",
    ),
    "cut short": (cut_short, {}, {}, "cannot be read"),
    "no file": (lambda folder: (folder / STACK).unlink(), {}, {}, "cannot be read"),
    "no facts": (lambda folder: (folder / "stack.json").unlink(), {}, {}, "cannot be read"),
    "another stack's": (
        lambda folder: (
            lay_down(Rasters({PAIRS[0]: 0}), folder / "x") and (folder / "x" / STACK).replace(folder / STACK)
        ),
        {},
        {},
        "cannot be read",
    ),
    "earlier version": (of_an_earlier_version, {}, {}, "cannot be read"),
}


@pytest.mark.parametrize(("spoil", "reader", "options", "reason"), UNFIT.values(), ids=UNFIT.keys())
def test_what_does_not_hold_any_more_is_all_read_anew_and_the_report_says_why(
    tmp_path: Path,
    spoil: Callable[[Path], object],
    reader: dict[str, Any],
    options: dict[str, Any],
    reason: str,
) -> None:
    lay_down(Rasters(ALL), tmp_path / "former")
    spoil(tmp_path / "former")
    changed = Rasters(ALL, **reader)
    report = lay_down(changed, tmp_path / "updated", tmp_path / "former", **options)
    assert changed.read == list(PAIRS)
    assert reason in report["all_read_anew"]
    lay_down(Rasters(ALL, **reader), tmp_path / "scratch", **options)
    assert left(tmp_path / "updated") == left(tmp_path / "scratch")


def test_a_pair_that_the_disk_does_not_give_any_more_is_read_from_its_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_down(Rasters(ALL), tmp_path / "former")
    given_back = StackFile.coherence

    def failing(self: StackFile, pairs: Any, block: Any) -> Any:
        if list(pairs) == [3]:
            raise OSError("can't read data")
        return given_back(self, pairs, block)

    monkeypatch.setattr(StackFile, "coherence", failing)
    reader = Rasters(ALL)
    lay_down(reader, tmp_path / "updated", tmp_path / "former")
    assert reader.read == [PAIRS[3]]
    assert left(tmp_path / "updated") == left(tmp_path / "former")


def test_an_area_to_which_a_pair_is_added_reads_that_one_and_a_kill_leaves_the_last_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, coherence = phases(subsidence()), {pair: np.full(UTM.shape, 0.5, np.float32) for pair in PAIRS}
    place, last = tmp_path / "area", PAIRS[-1]
    table = write_geotiffs(place, {p: stack[p] for p in PAIRS[:-1]}, UTM, coherence) | {"looks": 8.0}
    write_area(place, table, inversion={"weights": "variance"})

    class Enough(Exception):
        pass

    def stop(*_: Any, **__: Any) -> None:
        raise Enough  # the step after the stack is of no interest here

    monkeypatch.setattr(engine.pipeline.radar, "choose_network", stop)

    def run(home: str) -> tuple[dict[str, Any], dict[str, bytes]]:
        with pytest.raises(Enough):
            deform_area(read_area(place), Home(tmp_path / home), workers=Workers("serial"))
        files = left(Home(tmp_path / home).work("testbed") / "stack")
        report = json.loads(files.pop("record.json"))["report"]
        return report, files

    report, first = run("home")
    assert (report["pairs_read"], report["pairs_taken_over"], report["dates"]) == (8, 0, len(DATES))
    write_geotiffs(place, {last: stack[last]})

    with monkeypatch.context() as patched:
        patched.setattr(engine.deformation.steps, "write_geometry", stop)
        report, files = run("home")
    assert (report["pairs_read"], files) == (8, first)  # the last whole one

    (place / "stack" / f"{last}_unw.tif").write_bytes(b"cut off")
    with pytest.raises(InputError, match=str(last)):
        deform_area(read_area(place), Home(tmp_path / "home"), workers=Workers("serial"))
    write_geotiffs(place, {last: stack[last]})

    report, updated = run("home")
    assert (report["pairs_read"], report["pairs_taken_over"], report["all_read_anew"]) == (1, 8, None)
    assert not list(Home(tmp_path / "home").work("testbed").glob("stack.*"))
    report, scratch = run("another")
    assert report["pairs_read"] == 9
    assert updated == scratch
    assert updated != first
