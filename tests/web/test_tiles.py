"""Tiles show what the layer holds, in the palette's colours."""

from io import BytesIO
from math import asinh, pi, radians, tan

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from store.home import Home
from store.reader import ReleaseReader, current_release
from store.rows import Layer
from web.palette import HATCHED, stops
from web.routes import ROUTES
from web.tiles import colour

DECORRELATED = (150.9304, -34.2004)
MOTION = Layer("rate", "rate.tif", "mm/yr", "motion", -20.0, 20.0, 5.0)
STATE = Layer("state", "state.tif", "code", "state", None, None, None)
STATES = {0: "no_data", 1: "solved", 2: "minimum_norm", 4: "few_pairs"}
STEP = 40 / 255  # mm/yr, between two colours of MOTION


def position(lon: float, lat: float, zoom: int) -> tuple[int, int, int, int]:
    """Tile x and y, and column and row in it, of a place in Web Mercator."""
    x = (lon + 180) / 360 * 2**zoom * 256
    y = (1 - asinh(tan(radians(lat))) / pi) / 2 * 2**zoom * 256
    return int(x // 256), int(y // 256), int(x % 256), int(y % 256)


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Red, green, blue, alpha; shape (rows, cols, 4)."""
    return np.asarray(Image.open(BytesIO(png)).convert("RGBA"))


def address(reader: ReleaseReader, layer: str, z: int, x: int, y: int) -> str:
    return f"/tiles/{reader.info.area}/{reader.info.id}/{layer}/{z}/{x}/{y}"


def get(client: TestClient, reader: ReleaseReader, layer: str, z: int, x: int, y: int) -> NDArray[np.uint8]:
    answer = client.get(address(reader, layer, z, x, y))
    assert answer.status_code == 200
    return pixels(answer.content)


def painted(values: NDArray[np.float32] | NDArray[np.uint8], layer: Layer) -> NDArray[np.uint8]:
    """What a tile of these values looks like."""
    return pixels(colour(values[None], np.ones(values.shape, bool), layer, STATES).content)


def wanted(rate: float, layer: Layer) -> NDArray[np.float64]:
    """The palette's own colour of a rate, without steps."""
    assert layer.high is not None
    found = stops(layer.palette, layer.high, layer.neutral)
    rgb = np.array([[int(stop.colour[i : i + 2], 16) for i in (1, 3, 5)] for stop in found])
    share = (rate / layer.high + 1) / 2
    return np.array([np.interp(share, [stop.place for stop in found], rgb[:, band]) for band in range(3)])


@pytest.mark.parametrize("layer", ["rate", "vertical", "error", "coherence", "pairs", "groups", "state", "terrain"])
def test_every_layer_is_served_as_a_png_for_good(layer: str, client: TestClient, reader: ReleaseReader) -> None:
    x, y, *_ = position(*DECORRELATED, 12)
    answer = client.get(address(reader, layer, 12, x, y))
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    image = pixels(answer.content)
    assert image.shape == (256, 256, 4)
    assert image[..., 3].any()


def test_a_tile_shows_the_layers_own_values(client: TestClient, reader: ReleaseReader) -> None:
    """Every pixel of the layer, at its centre: its palette's colour, or nothing where it has no rate."""
    layer = reader.layers["rate"]
    assert layer.neutral is not None
    with rasterio.open(reader.layer_path("rate")) as raster:
        rates, transform = raster.read(1), raster.transform
    tiles: dict[tuple[int, int], NDArray[np.uint8]] = {}
    for (row, col), rate in np.ndenumerate(rates):
        x, y, i, j = position(*(transform @ (col + 0.5, row + 0.5)), 12)
        if (x, y) not in tiles:
            tiles[x, y] = get(client, reader, "rate", 12, x, y)
        found = tiles[x, y][j, i]
        assert found[3] == (0 if np.isnan(rate) else 255)
        if found[3] and abs(abs(rate) - layer.neutral) > STEP:
            np.testing.assert_allclose(found[:3], wanted(rate, layer), atol=6)


def test_a_decorrelated_pixel_is_clear_in_the_rate_and_hatched_in_the_state(
    client: TestClient, reader: ReleaseReader
) -> None:
    x, y, i, j = position(*DECORRELATED, 15)
    within = np.s_[j - 5 : j + 5, i - 5 : i + 5]
    assert not get(client, reader, "rate", 15, x, y)[within][..., 3].any()
    assert set(np.unique(get(client, reader, "state", 15, x, y)[within][..., 3])) == {0, 210}


def colours_in_a_row(client: TestClient, reader: ReleaseReader, layer: str) -> int:
    """Number of colours in a row of a tile in which 14 pixels of the layer lie side by side."""
    x, y, _, j = position(*DECORRELATED, 15)
    return len(np.unique(get(client, reader, layer, 15, x, y)[j], axis=0))


def test_measured_pixels_stay_squares(client: TestClient, reader: ReleaseReader) -> None:
    assert colours_in_a_row(client, reader, "rate") <= 15


def test_relief_is_smooth(client: TestClient, reader: ReleaseReader) -> None:
    assert colours_in_a_row(client, reader, "terrain") > 30


@pytest.mark.parametrize("rate", [-25, -20, -14, -10, -6, -4.5, 0, 4.5, 6, 10, 14, 20, 25])
def test_known_rates_have_the_palettes_colours(rate: float) -> None:
    image = painted(np.full((256, 256), rate, np.float32), MOTION)
    np.testing.assert_allclose(image[0, 0, :3], wanted(rate, MOTION), atol=6)


@pytest.mark.parametrize("rate", [-4.97, 5.06])
def test_the_edge_of_the_neutral_band_is_sharp(rate: float) -> None:
    red, green, blue = painted(np.full((256, 256), rate, np.float32), MOTION)[0, 0, :3]
    assert (red == green == blue) == (abs(rate) <= 5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_clear(value: float) -> None:
    assert not painted(np.full((256, 256), value, np.float32), MOTION)[..., 3].any()


@pytest.mark.parametrize(("value", "code"), STATES.items())
def test_states_are_hatched_as_the_palette_says(value: int, code: str) -> None:
    share = (painted(np.full((256, 256), value, np.uint8), STATE)[..., 3] > 0).mean()
    assert share == HATCHED.get(code, 0) / 8


def test_hatching_runs_on_across_tiles() -> None:
    tile = painted(np.full((256, 256), 4, np.uint8), STATE)[..., 3]
    four = np.block([[tile, tile], [tile, tile]])
    np.testing.assert_array_equal(four[1:, :-1], four[:-1, 1:])


def test_outside_the_layer_there_is_nothing_for_good(client: TestClient, reader: ReleaseReader) -> None:
    answer = client.get(address(reader, "rate", 12, 0, 0))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/nowhere/{0}/rate/0/0/0",
        "/tiles/metropolitan/20200101T000000Z/rate/0/0/0",
        "/tiles/metropolitan/current/rate/0/0/0",
        "/tiles/metropolitan/{0}/secret/0/0/0",
        "/tiles/metropolitan/{0}/rate.tif/0/0/0",
        "/tiles/..%2Freleases%2Fmetropolitan/{0}/rate/0/0/0",
        "/tiles/metropolitan/{0}/..%2Flayers%2Frate/0/0/0",
        "/tiles/metropolitan/{0}/rate/31/0/0",
        "/tiles/metropolitan/{0}/rate/1/2/0",
        "/tiles/metropolitan/{0}/rate/1/0/2",
        "/tiles/metropolitan/{0}/rate/1/0/-1",
        "/tiles/metropolitan/{0}/rate/one/0/0",
    ],
)
def test_what_is_not_there_is_not_found(path: str, client: TestClient, reader: ReleaseReader) -> None:
    assert client.get(address(reader, "rate", 0, 0, 0)).status_code == 200
    assert client.get(path.format(reader.info.id)).status_code == 404


def test_a_picture_keeps_its_colours_and_is_clear_where_it_has_no_data() -> None:
    layer = Layer("image-20210619", "image-20210619.tif", "1", "picture", None, None, None)
    bands = np.zeros((3, 256, 256), np.uint8)
    bands[:, 10, 20] = (200, 100, 50)
    seen = (bands > 0).any(axis=0)
    tile = pixels(colour(bands, seen, layer, {}).content)
    assert tuple(tile[10, 20]) == (200, 100, 50, 255)
    assert tile[0, 0, 3] == 0


def test_the_shipped_images_are_served(both_published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tile in the middle of the frame is filled; one beside it is empty."""
    reader = current_release(both_published, "strzegom")
    assert reader is not None
    monkeypatch.setenv("PITWATCH_HOME", str(both_published.root))
    with TestClient(Starlette(routes=ROUTES)) as client:
        x, y, _, _ = position(16.2427, 51.0004, 16)
        for layer in ("image-20210619", "image-20230301", "probability-20230301"):
            assert (get(client, reader, layer, 16, x, y)[..., 3] == 255).all()
            assert client.get(address(reader, layer, 16, x + 50, y)).status_code == 204
        outlines = client.get(f"/vectors/strzegom/{reader.info.id}/outlines.geojson").json()["features"]
    dates = {feature["properties"]["date"] for feature in outlines}
    assert dates == {"2021-06-19", "2023-03-01"}
    assert len(outlines) == sum(len(reader.outlines(patch.patch_id)) for patch in reader.patches())
