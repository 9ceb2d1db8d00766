"""Tiles hold the release's own shapes, thinned where they would blur, and of a filter what it leaves."""

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest

from store.map_shapes import DEEPEST
from store.patches import PatchFilter
from store.reader import ReleaseReader


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int, int]:
    x = int((lon + 180) / 360 * 2**zoom)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
    return zoom, x, y


def bounds_of(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    lons = [column / 2**z * 360 - 180 for column in (x, x + 1)]
    lats = [math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z)))) for row in (y + 1, y)]
    return lons[0], lats[0], lons[1], lats[1]


def read(tile: bytes, place: tuple[int, int, int], layer: str, folder: Path) -> gpd.GeoDataFrame:
    """The layer as GDAL reads it, in degrees; without rows where the tile has no such layer."""
    z, x, y = place
    path = folder / str(z) / str(x) / f"{y}.mvt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tile)
    if layer not in {name for name, _kind in pyogrio.list_layers(path)}:
        return gpd.GeoDataFrame({"patch_id": []}, geometry=[], crs="EPSG:4326")
    return gpd.read_file(path, layer=layer).to_crs("EPSG:4326")


@pytest.fixture
def middle(crowd: ReleaseReader) -> tuple[float, float]:
    return (crowd.info.west + crowd.info.east) / 2, (crowd.info.south + crowd.info.north) / 2


def test_a_deep_tile_has_every_patch_in_it_where_it_lies(
    crowd: ReleaseReader, middle: tuple[float, float], tmp_path: Path
) -> None:
    place = tile_of(*middle, DEEPEST)
    found = read(crowd.vector_tile(*place), place, "patches", tmp_path)
    west, south, east, north = bounds_of(*place)
    own = {patch.patch_id: patch for patch in crowd.patches()}
    inside = {
        name
        for name, one in own.items()
        if west < one.west and one.east < east and south < one.south and one.north < north
    }
    assert len(inside) > 1
    assert inside <= set(found["patch_id"])
    for row in found.itertuples():
        patch = own[row.patch_id]
        assert (row.activity, row.change) == (patch.activity, patch.change)
        if row.patch_id in inside:
            np.testing.assert_allclose(
                row.geometry.bounds, (patch.west, patch.south, patch.east, patch.north), atol=2e-6
            )


def test_what_is_drawn_stays_drawn_and_at_last_all_is(crowd: ReleaseReader, tmp_path: Path) -> None:
    drawn: set[str] = set()
    for zoom in (8, 10, 12, 14, DEEPEST):
        corners = [
            tile_of(lon, lat, zoom)
            for lon, lat in ((crowd.info.west, crowd.info.north), (crowd.info.east, crowd.info.south))
        ]
        found: set[str] = set()
        for x in range(corners[0][1], corners[1][1] + 1):
            for y in range(corners[0][2], corners[1][2] + 1):
                found |= set(read(crowd.vector_tile(zoom, x, y), (zoom, x, y), "patches", tmp_path)["patch_id"])
        assert drawn <= found
        drawn = found
    assert len(drawn) == 400


def test_of_what_would_blur_that_which_asks_for_most_attention_is_drawn(
    crowd: ReleaseReader, middle: tuple[float, float], tmp_path: Path
) -> None:
    place = tile_of(*middle, 4)
    found = set(read(crowd.vector_tile(*place), place, "patches", tmp_path)["patch_id"])
    assert len(found) < 10
    first = crowd.patches(limit=1)[0]
    assert first.patch_id in found


@pytest.mark.parametrize("zoom", [8, 11, DEEPEST])
def test_a_filter_holds_in_tiles(zoom: int, crowd: ReleaseReader, middle: tuple[float, float], tmp_path: Path) -> None:
    chosen = PatchFilter(suspected="certain")
    place = tile_of(*middle, zoom)
    tile = crowd.vector_tile(*place, chosen)
    for layer in ("patches", "outlines", "outside"):
        assert set(read(tile, place, layer, tmp_path)["patch_id"]) <= set(crowd.patch_ids(chosen))
    assert len(read(tile, place, "patches", tmp_path))


def test_outlines_are_those_of_earlier_dates_and_permits_have_their_validity(
    crowd: ReleaseReader, middle: tuple[float, float], tmp_path: Path
) -> None:
    place = tile_of(*middle, 15)
    tile = crowd.vector_tile(*place)
    assert set(read(tile, place, "outlines", tmp_path)["date"]) == {"2019-05-18"}
    assert set(read(tile, place, "permits", tmp_path)["valid_to"]) == {"2020-06-30"}


def test_far_away_there_is_nothing(crowd: ReleaseReader) -> None:
    assert crowd.vector_tile(12, 0, 0) == b""
