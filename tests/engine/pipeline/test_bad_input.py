"""What a run refuses, and that the last good release stays."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point

from engine.cli import main
from engine.errors import InputError
from engine.grid import Pixel
from store.reader import releases, run_status
from tests.engine.conftest import (
    PAIRS,
    UTM,
    phases,
    subsidence,
    write_tif,
)
from tests.engine.pipeline.places import Place, third


@dataclass(frozen=True)
class Fault:
    """Something wrong with an area, and what has to be said of it: file, field and mend."""

    spoil: Callable[[Place], object]
    file: str
    field: str
    mend: str
    form: str = "geotiff"


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
