"""Runs as a whole: the numbers of the shipped area and of known truth."""

from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from engine.deformation.inversion import PixelState
from engine.grid import Pixel
from engine.raster import Raster
from store.home import Home
from store.reader import ReleaseReader, current_release
from tests.engine.conftest import (
    BOWL_RATE,
    DATES,
    DEGREES,
    PAIRS,
    UTM,
    phases,
    subsidence,
    write_area,
    write_geotiffs,
)
from tests.engine.pipeline.places import Place, build

# The store's raster reader (rio-tiler on rasterio) multiplies Affine transforms by `*` still.
rasters_by_place = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


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
