"""Outlines as GeoJSON."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import box, shape
from starlette.testclient import TestClient

from store.home import Home
from store.reader import ReleaseReader, current_release
from tests.store.test_permits import HERE, published
from tests.store.test_release import AREA


def features(client: TestClient, reader: ReleaseReader, name: str) -> list[dict[str, Any]]:
    answer = client.get(f"/vectors/metropolitan/{reader.info.id}/{name}.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    assert "immutable" in answer.headers["cache-control"]
    collection = answer.json()
    assert collection["type"] == "FeatureCollection"
    assert all(feature["type"] == "Feature" for feature in collection["features"])
    found: list[dict[str, Any]] = collection["features"]
    return found


def test_patches_are_those_of_the_release(client: TestClient, reader: ReleaseReader) -> None:
    found = {feature["properties"]["patch_id"]: feature for feature in features(client, reader, "patches")}
    patches = reader.patches()
    assert found.keys() == {patch.patch_id for patch in patches}
    for patch in patches:
        feature = found[patch.patch_id]
        assert feature["properties"]["activity"] == patch.activity
        outline = shape(feature["geometry"])
        assert outline.is_valid
        assert outline.bounds == pytest.approx((patch.west, patch.south, patch.east, patch.north))


def test_moving_ground_lies_in_the_frame(client: TestClient, reader: ReleaseReader) -> None:
    (cluster,) = features(client, reader, "clusters")
    assert cluster["properties"] == {"patch_id": "M1345.B1", "activity": "negative"}
    info, ground = reader.info, shape(cluster["geometry"])
    assert ground.is_valid
    assert ground.area > 0
    assert box(info.west, info.south, info.east, info.north).buffer(1e-9).contains(ground)


@pytest.mark.parametrize("name", ["permits", "outside", "zones"])
def test_without_a_register_there_are_none(client: TestClient, reader: ReleaseReader, name: str) -> None:
    assert features(client, reader, name) == []


def test_zones_are_those_of_the_release(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    zone = {"name": "red line", "since": datetime.date(2018, 6, 30), "geometry": HERE.wkb}
    release = published(home, zone=pd.DataFrame([zone])).folder
    monkeypatch.setenv("PITWATCH_HOME", str(home.root))
    (feature,) = client.get(f"/vectors/{AREA}/{release.name}/zones.geojson").json()["features"]
    assert feature["properties"] == {"name": "red line", "since": "2018-06-30"}
    assert shape(feature["geometry"]).equals(HERE)


@pytest.mark.parametrize(
    "path",
    [
        "/vectors/nowhere/{}/patches.geojson",
        "/vectors/metropolitan/20200101T000000Z/patches.geojson",
        "/vectors/metropolitan/current/patches.geojson",
        "/vectors/metropolitan/{}/release.geojson",
        "/vectors/metropolitan/{}/patches.csv",
        "/vectors/..%2Freleases%2Fmetropolitan/{}/patches.geojson",
    ],
)
def test_what_is_not_there_is_not_found(path: str, client: TestClient, reader: ReleaseReader) -> None:
    assert client.get(path.format(reader.info.id)).status_code == 404


def test_outlines_near_a_place_are_those_of_the_patches_there(
    both_published: Home, monkeypatch: pytest.MonkeyPatch, client: TestClient
) -> None:
    monkeypatch.setenv("PITWATCH_HOME", str(both_published.root))
    reader = current_release(both_published, "strzegom")
    assert reader is not None
    one = reader.patches()[0]
    address = f"/vectors/strzegom/{reader.info.id}/outlines.geojson"
    near = client.get(f"{address}?near={one.west},{one.south},{one.east},{one.north}").json()["features"]
    every = client.get(address).json()["features"]
    own = [feature for feature in every if feature["properties"]["patch_id"] == one.patch_id]
    assert [feature for feature in near if feature["properties"]["patch_id"] == one.patch_id] == own
    assert len(own) <= len(near) < len(every)
    for nonsense in ("1,2,3", "a,b,c,d", "nan,0,0,0", ""):
        assert client.get(f"{address}?near={nonsense}").status_code == 404


def test_scenes_reach_as_far_round_a_patch_as_the_rule_looks(client: TestClient, reader: ReleaseReader) -> None:
    (scene,) = features(client, reader, "scenes")
    (patch,) = features(client, reader, "patches")
    assert reader.radar is not None
    there = Transformer.from_crs(4326, 32756, always_xy=True)
    inner, outer = (
        shapely.transform(shape(one["geometry"]), lambda at: np.column_stack(there.transform(at[:, 0], at[:, 1])))
        for one in (patch, scene)
    )
    assert outer.contains(inner)
    assert outer.hausdorff_distance(inner.buffer(reader.radar.halo_m)) < 0.01 * reader.radar.halo_m


def test_a_vector_tile_is_kept_for_good_and_nonsense_is_not_there(client: TestClient, reader: ReleaseReader) -> None:
    address = f"/vector-tiles/metropolitan/{reader.info.id}"
    tile = client.get(f"{address}/8/235/153.mvt")
    assert (tile.status_code, tile.headers["content-type"]) == (200, "application/vnd.mapbox-vector-tile")
    assert "immutable" in tile.headers["cache-control"]
    assert b"M1345.B1" in tile.content
    assert client.get(f"{address}/8/235/153.mvt?activities=positive").status_code == 204
    assert client.get(f"{address}/8/0/0.mvt").status_code == 204
    for wrong in ("31/0/0", "1/2/0", "1/0/-1", "a/0/0"):
        assert client.get(f"{address}/{wrong}.mvt").status_code == 404
    assert client.get("/vector-tiles/metropolitan/20200101T000000Z/0/0/0.mvt").status_code == 404
