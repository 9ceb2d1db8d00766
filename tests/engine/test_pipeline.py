"""A run as a whole: its numbers, what it runs again, what it refuses, and that a kill costs nothing but time."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod
from shapely.geometry import Point

import engine.deformation.steps
import engine.pipeline
import engine.pipeline.radar
from engine.area import read_area
from engine.blocks import Workers
from engine.cli import main
from engine.deformation.inversion import PixelState
from engine.errors import InputError
from engine.grid import Block, Pixel
from engine.pipeline import run
from engine.raster import Raster
from engine.steps import locked
from store.home import Home
from store.reader import ReleaseReader, current_release, releases, run_status
from tests.conftest import ROOT
from tests.engine.conftest import (
    BOWL_RATE,
    DATES,
    DEGREES,
    PAIRS,
    UTM,
    phases,
    subsidence,
    write_area,
    write_gamma,
    write_geotiffs,
    write_patch,
    write_tif,
)

SERIAL = Workers("serial")
# The store's raster reader (rio-tiler on rasterio) multiplies Affine transforms by `*` still.
rasters_by_place = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


@dataclass
class Place:
    """An area and the home that its releases go to."""

    area: Path
    home: Home

    def run(self, **options: Any) -> str:
        return run(read_area(self.area), self.home, workers=SERIAL, **options)

    @property
    def current(self) -> ReleaseReader:
        release = current_release(self.home, "testbed")
        assert release is not None
        return release

    @property
    def current_id(self) -> str:
        """Without opening the release's database, which takes a while."""
        return (self.home.releases("testbed") / "current").readlink().name

    def copy(self, folder: Path) -> "Place":
        shutil.copytree(self.area, folder / "area")
        shutil.copytree(self.home.root, folder / "home", symlinks=True)
        (folder / "home" / "work" / "testbed" / "area.txt").unlink(missing_ok=True)  # it is the copy's home now
        return Place(folder / "area", Home(folder / "home"))

    def set(self, old: str, new: str) -> None:
        """Change the text of area.toml."""
        file = self.area / "area.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))


def build(folder: Path, form: str = "geotiff") -> Place:
    """The bowl as an area, with a patch round it, that has not been run."""
    area = folder / "area"
    area.mkdir(parents=True)
    write, grid = (write_gamma, DEGREES) if form == "gamma" else (write_geotiffs, UTM)
    stack = write(area, phases(subsidence()), grid) | {"looks": 8}
    write_patch(area / "outlines.geojson", grid)
    patches = {"path": "outlines.geojson", "id_field": "id", "name_field": "label"}
    write_area(area, stack, patches=patches, inversion={"block": 8}, activity={"radius_m": 500})
    return Place(area, Home(folder / "home"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Place]:
    """One of each form, with a good release. Read only: tests work on copies."""
    places = {form: build(tmp_path_factory.mktemp(form), form) for form in ("geotiff", "gamma")}
    for place in places.values():
        place.run()
    return places


@pytest.fixture
def place(made: dict[str, Place], tmp_path: Path) -> Place:
    return made["geotiff"].copy(tmp_path)


# The shipped area


@pytest.fixture(scope="module")
def shipped(published: Home) -> ReleaseReader:
    release = current_release(published, "metropolitan")
    assert release is not None
    return release


@rasters_by_place
def test_the_bowl_of_the_shipped_area_sinks_by_eleven_millimetres(shipped: ReleaseReader) -> None:
    pixel = shipped.pixel(150.9354, -34.1904)
    assert pixel is not None
    assert pixel.state == "solved"
    assert (pixel.dates, pixel.pairs, pixel.pairs_used) == (13, 17, 17)
    assert pixel.rate is not None
    assert -12 < pixel.rate < -10
    assert pixel.series is not None
    assert len(pixel.series.displacement) == 13
    assert pixel.series.displacement[0] == 0


@rasters_by_place
def test_the_middle_of_the_shipped_bowl_is_decorrelated(shipped: ReleaseReader) -> None:
    pixel = shipped.pixel(150.9304, -34.2004)
    assert pixel is not None
    assert pixel.state in ("few_pairs", "dates_missing", "low_coherence")
    assert (pixel.pairs, pixel.pairs_used) == (4, 17)
    assert (pixel.rate, pixel.series) == (None, None)


def test_the_fastest_solved_pixel_of_the_shipped_area(shipped: ReleaseReader) -> None:
    with Raster(shipped.layer_path("rate")) as raster:
        rate, grid = raster.read(), raster.grid
    with Raster(shipped.layer_path("state")) as raster:
        rate[raster.read() != PixelState.SOLVED] = np.nan
    row, col = np.unravel_index(np.nanargmin(rate), rate.shape)
    assert rate[row, col] == pytest.approx(-20, abs=1)
    lon, lat = grid.lonlat(Pixel(int(row), int(col)))
    assert Geod(ellps="WGS84").inv(lon, lat, 150.936, -34.203)[2] < 150


def test_four_fifths_of_the_shipped_area_are_solved(shipped: ReleaseReader) -> None:
    assert shipped.radar is not None
    assert 0.77 < shipped.radar.solved_share < 0.83
    assert shipped.state_shares()["solved"] == pytest.approx(shipped.radar.solved_share)
    assert sum(shipped.state_shares().values()) == pytest.approx(1.0)


def test_the_shipped_release_says_what_it_is(shipped: ReleaseReader) -> None:
    info = shipped.radar
    assert info is not None
    assert (info.pairs, str(info.first_date), str(info.last_date)) == (17, "2006-06-19", "2007-09-17")
    assert info.wavelength_m == pytest.approx(0.0562356424)
    assert info.incidence_deg == pytest.approx(22.9671)
    assert [step.name for step in shipped.steps()] == [
        "stack",
        "network",
        "inversion",
        "velocity",
        "patches",
        "activity",
        "verdicts",
    ]
    files = {row["file"] for row in shipped.inputs()}
    assert "mine_boundary.geojson" in files
    assert "gamma/20060619-20061002_utm.unw" in files
    assert not any(Path(file).is_absolute() for file in files)


def test_the_shipped_mine_moves_away(shipped: ReleaseReader) -> None:
    (patch,) = shipped.patches()
    assert patch.activity == "negative"
    assert patch.median_rate is not None
    assert -15 < patch.median_rate < -5
    assert 0.2 < patch.observed_share < 0.3
    (verdict,) = shipped.verdicts(patch.patch_id)
    assert (verdict.kind, verdict.reasons[0]["code"]) == ("not_tested", "no_register")


# Known truth


@pytest.mark.parametrize("form", ["geotiff", "gamma"])
@rasters_by_place
def test_a_known_bowl_is_published(made: dict[str, Place], form: str) -> None:
    release, grid = made[form].current, DEGREES if form == "gamma" else UTM
    (patch,) = release.patches()
    assert (patch.patch_id, patch.name, patch.activity, patch.cluster_pixels) == ("A", "Bowl", "negative", 25)
    assert patch.median_rate == pytest.approx(BOWL_RATE, abs=1e-3)
    place = grid.lonlat(Pixel(10, 11))
    pixel = release.pixel(*place)
    assert pixel is not None
    assert pixel.rate == pytest.approx(BOWL_RATE, abs=1e-3)
    assert pixel.vertical == pytest.approx(BOWL_RATE / np.cos(np.radians(37)), abs=1e-2)
    assert pixel.series is not None
    years = (DATES[-1] - DATES[0]).days / 365.25
    assert pixel.series.displacement[-1] == pytest.approx(BOWL_RATE * years, abs=1e-2)
    assert release.patch_series("A") is not None


def test_an_area_without_patches_is_published(tmp_path: Path) -> None:
    place = build(tmp_path)
    write_area(place.area, write_geotiffs(place.area, phases(subsidence())))
    place.run()
    assert place.current.patches() == []
    assert place.current.state_shares() == {"solved": 1.0}


def test_an_area_in_which_nothing_moves_is_published(tmp_path: Path) -> None:
    place = build(tmp_path)
    write_geotiffs(place.area, phases(np.zeros(UTM.shape)))
    place.run()
    assert [patch.activity for patch in place.current.patches()] == ["no_change"]


def test_an_area_that_is_all_noise_is_published(tmp_path: Path) -> None:
    place, generator = build(tmp_path), np.random.default_rng(51)
    noise = {pair: generator.uniform(-2 * np.pi, 2 * np.pi, UTM.shape).astype(np.float32) for pair in PAIRS}
    write_geotiffs(place.area, noise)
    place.set("[inversion]", "[inversion]\nmin_temporal_coherence = 0.999")
    place.run()
    assert [patch.activity for patch in place.current.patches()] == ["decorrelated"]
    assert "solved" not in place.current.state_shares()


# What is run again


STEPS = {
    (engine.pipeline.radar, "prepare_stack"): "stack",
    (engine.pipeline.radar, "choose_network"): "network",
    (engine.pipeline.radar, "invert_stack"): "inversion",
    (engine.pipeline.radar, "estimate_rates"): "velocity",
    (engine.pipeline, "_prepare_patches"): "patches",
    (engine.pipeline, "classify"): "activity",
    (engine.pipeline.verdicts, "judge_patches"): "verdicts",
    (engine.pipeline, "publish_release"): "publish",
}
ALL = list(STEPS.values())


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps whose functions are called from here on."""
    names: list[str] = []

    def watch(module: ModuleType, function: str, step: str) -> None:
        original = getattr(module, function)

        def called(*arguments: Any, **options: Any) -> Any:
            names.append(step)
            return original(*arguments, **options)

        monkeypatch.setattr(module, function, called)

    for (module, function), step in STEPS.items():
        watch(module, function, step)
    return names


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


# Bad input


@dataclass(frozen=True)
class Fault:
    """Something wrong with an area, and what has to be said of it: file, field and mend."""

    spoil: Callable[[Place], object]
    file: str
    field: str
    mend: str
    form: str = "geotiff"


def third(place: Place) -> Path:
    """An interferogram that is not the first."""
    return sorted((place.area / "stack").glob("*unw*"))[2]


def virtual(place: Place) -> None:
    source = place.area / "elsewhere.tif"
    shutil.move(third(place), source)
    (place.area / "stack" / f"{PAIRS[2]}_unw.tif").write_text(
        f'<VRTDataset rasterXSize="{UTM.cols}" rasterYSize="{UTM.rows}"><VRTRasterBand dataType="Float32" band="1">'
        f"<SimpleSource><SourceFilename>{source}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )


def disconnect(place: Place) -> None:
    """Leave pairs of the first two dates, and of the last two."""
    for path in sorted((place.area / "stack").glob("*_unw.tif"))[1:-1]:
        path.unlink()


def refer_to_decorrelated(place: Place) -> None:
    phase = phases(subsidence())[PAIRS[2]]
    phase[3, 4] = 0
    write_tif(third(place), phase, UTM)
    lon, lat = UTM.lonlat(Pixel(3, 4))
    place.set("block = 8", f"block = 8\nreference = [{lon}, {lat}]")


def outlines(**columns: Any) -> Callable[[Place], None]:
    """Two outlines with other columns, or of another form."""

    def spoil(place: Place) -> None:
        path = place.area / "outlines.geojson"
        shape = gpd.read_file(path).geometry.iloc[0]
        shapes = [Point(15, 51)] * 2 if columns.get("points") else [shape, shape]
        given = {"id": columns.get("id", ["A", "B"]), "label": ["", ""]}
        gpd.GeoDataFrame(given, geometry=shapes, crs="EPSG:4326").to_file(path)

    return spoil


def shape_without_prj(place: Place) -> None:
    gpd.read_file(place.area / "outlines.geojson").to_file(place.area / "outlines.shp")
    (place.area / "outlines.prj").unlink()
    place.set("outlines.geojson", "outlines.shp")


def toml(old: str, new: str) -> Callable[[Place], None]:
    return lambda place: place.set(old, new)


ONES = np.ones(UTM.shape, np.float32)
FIRST, THIRD = f"{PAIRS[0]}_unw.tif", f"{PAIRS[2]}_unw.tif"
FAULTS = {
    "unknown key": Fault(toml("title =", "titel = 1\ntitle ="), "area.toml", "titel", "did you mean 'title'?"),
    "unknown key in a table": Fault(toml("block =", "blok ="), "area.toml", "inversion.blok", "did you mean 'block'?"),
    "no TOML": Fault(toml("[stack]", "[stack"), "area.toml", "", "correct the syntax"),
    "no UTF-8": Fault(
        lambda place: (place.area / "area.toml").write_bytes(b'name = "\xff"'),
        "area.toml",
        "",
        "save the file as UTF-8",
    ),
    "no area.toml": Fault(lambda place: (place.area / "area.toml").unlink(), "area.toml", "", "check the path"),
    "no folder of the area": Fault(lambda place: shutil.rmtree(place.area), "area", "", "check the path"),
    "no folder of the stack": Fault(toml('path = "stack"', 'path = "nix"'), "area/nix", "", "correct stack.path"),
    "missing heights": Fault(toml("[patches]", 'dem = "dem.tif"\n[patches]'), "dem.tif", "", "check the path"),
    "no reference system": Fault(lambda place: write_tif(third(place), ONES, None), THIRD, "CRS", "set it"),
    "other shape": Fault(
        lambda place: write_tif(third(place), ONES[:5], UTM), THIRD, "shape", "bring all rasters of the stack onto one"
    ),
    "other shape, GAMMA": Fault(
        lambda place: ONES[:5].tofile(third(place)), "20200113-20200125.unw", "shape", "onto one grid", "gamma"
    ),
    "cut short": Fault(
        lambda place: third(place).write_bytes(third(place).read_bytes()[:-900]), THIRD, "", "copy or download it again"
    ),
    "corrupt": Fault(lambda place: third(place).write_bytes(b"junk"), THIRD, "", "supply the file again"),
    "virtual raster": Fault(virtual, THIRD, "", "convert it to GeoTIFF"),
    "no data at all": Fault(
        lambda place: write_tif(third(place), 0 * ONES, UTM), THIRD, "20200113_20200125", "take it out of the stack"
    ),
    "no data at all, GAMMA": Fault(
        lambda place: (0 * ONES).tofile(third(place)),
        "20200113-20200125.unw",
        "20200113_20200125",
        "take it out of the stack",
        "gamma",
    ),
    "dates the wrong way round": Fault(
        lambda place: third(place).rename(place.area / "stack" / "20200125_20200113_unw.tif"),
        "20200125_20200113_unw.tif",
        "",
        "with the earlier acquisition first",
    ),
    "two files of one pair": Fault(
        lambda place: shutil.copy(third(place), place.area / "stack" / f"again_{THIRD}"),
        f"again_{THIRD}",
        "",
        "remove one of the two",
    ),
    "no coherence": Fault(toml("block = 8", 'weights = "variance"'), FIRST, "weights", "set weights = 'none'"),
    "no coherence, GAMMA": Fault(
        toml("block = 8", 'weights = "coherence"'), "20200101-20200113.unw", "weights", "set weights = 'none'", "gamma"
    ),
    "not connected": Fault(disconnect, "area", "network", "add interferograms that link them"),
    "reference outside the frame": Fault(
        toml("block = 8", "reference = [10.0, 51.0]"), "area", "inversion.reference", "or 'median'"
    ),
    "reference decorrelated": Fault(refer_to_decorrelated, "area", "inversion.reference", "or 'median'"),
    "missing outlines": Fault(
        lambda place: (place.area / "outlines.geojson").unlink(), "outlines.geojson", "", "check the path"
    ),
    "outlines without reference system": Fault(shape_without_prj, "outlines.shp", "CRS", "supply its .prj"),
    "outlines without polygons": Fault(outlines(points=True), "outlines.geojson", "geometry", "as polygons"),
    "identifiers twice": Fault(outlines(id=["A", "A"]), "outlines.geojson", "id", "make it unique"),
    "missing column": Fault(
        toml('id_field = "id"', 'id_field = "nix"'), "outlines.geojson", "patches.id_field", "take one of: id, label"
    ),
}


@pytest.mark.filterwarnings("ignore:Exception ignored.*engine.log:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_bad_input_is_explained_and_the_good_release_stays(
    made: dict[str, Place],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: Fault,
) -> None:
    place = made[fault.form].copy(tmp_path)
    before = place.current_id
    fault.spoil(place)
    monkeypatch.setenv("PITWATCH_HOME", str(place.home.root))
    assert main(["run", str(place.area)]) == 2
    _, error, explained = capsys.readouterr().err.rpartition(f"error {place.area}\n")
    said = {line[:8].strip(): line[9:] for line in explained.splitlines()}
    assert fault.file in said.get("file", error)
    assert said.get("field", "").endswith(fault.field)
    assert said["wrong"]
    assert fault.mend in said["mend"]
    assert place.current_id == before
    assert releases(place.home, "testbed") == [before]


def test_what_was_mended_is_published(place: Place) -> None:
    good = third(place).read_bytes()
    third(place).write_bytes(good[:-900])
    with pytest.raises(InputError):
        place.run()
    status = run_status(place.home, "testbed")
    assert status is not None
    assert status.state == "failed"
    assert "breaks off" in str(status.error)
    write_tif(third(place), ONES, UTM)
    assert place.run() == place.current_id
    assert len(releases(place.home, "testbed")) == 2


def test_a_release_that_cannot_be_written_is_not_published(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    before = place.current_id
    place.set("A testbed", "Another")
    monkeypatch.setattr("engine.publish.radar.write_cube", fails)
    with pytest.raises(OSError, match="the disk is full"):
        place.run()
    assert place.current_id == before
    assert [path.name for path in place.home.releases("testbed").iterdir() if path.name != "current"] == [before]


# Kills


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
