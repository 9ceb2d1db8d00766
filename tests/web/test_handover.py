"""What a page hands to the browser by address."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from web import handover
from web.routes import ROUTES


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


def test_what_was_handed_over_is_answered(client: TestClient) -> None:
    answer = client.get(handover.hand_over('{"type": "FeatureCollection", "features": []}'))
    assert answer.json() == {"type": "FeatureCollection", "features": []}
    assert answer.headers["content-type"] == "application/geo+json"


def test_what_was_not_is_not_there(client: TestClient) -> None:
    assert client.get("/handover/0123.geojson").status_code == 404


def test_the_oldest_is_dropped_beyond_the_bound(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "_MOST_BYTES", 25)
    first, second, third = (handover.hand_over(f'{{"number": {number}}}') for number in (1, 2, 3))
    assert [client.get(address).status_code for address in (first, second, third)] == [404, 404, 200]
    handover.hand_over('{"text": "longer than the bound allows"}')
    assert client.get(handover.hand_over('{"text": "longer than the bound allows"}')).status_code == 200


def test_the_map_page_is_found_by_its_name(client: TestClient) -> None:
    answer = client.get("/map?area=strzegom", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/?area=strzegom")
