"""An open server answers callers on this machine, and those whom an administrator has let in."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app import app
from store.reader import ReleaseReader
from tests.web.conftest import PHOTO
from web.guard import Guard, allowed_names, allowed_networks
from web.handover import hand_over
from web.routes import ROUTES
from web.urls import ABOUT, HANDOVER, MAP, PHOTOS, TILES, VECTOR_TILES, VECTORS, VENDOR, photo_url

LOCAL = "http://localhost:8501"
ELSEWHERE = ("192.0.2.7", 50000)
MALFORMED = ["office", "10.0.0.1/8", "10.0.0.0/8;::1"]


def answer(client: str | None, host: str | None, *, kind: str = "http") -> Any:
    """What a caller from this address hears who asks for this host: "entered", a status, or the code of a close."""
    told: list[Any] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        told.append("entered")

    async def send(message: Any) -> None:
        told.append(message.get("status") or message.get("code"))

    async def receive() -> Any:
        return {"type": f"{kind}.connect"}

    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    scope = {"type": kind, "client": client and (client, 50000), "headers": headers, "method": "GET", "path": "/"}
    guard = Guard(behind, networks=allowed_networks(), names=allowed_names())
    with ThreadPoolExecutor(1) as aside:  # a loop may be running here already, the browser tests' own
        aside.submit(asyncio.run, guard(scope, receive, send)).result()
    return told[0]


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PITWATCH_ALLOW", raising=False)
    monkeypatch.delenv("PITWATCH_NAMES", raising=False)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("client", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:8501", "[::1]", "[::1]:8501"])
def test_callers_on_this_machine_enter(client: str, host: str, kind: str) -> None:
    assert answer(client, host, kind=kind) == "entered"


@pytest.mark.parametrize(("kind", "refusal"), [("http", 403), ("websocket", 1008)])
@pytest.mark.parametrize("client", ["192.0.2.7", "10.0.0.1", "0.0.0.0", "2001:db8::7", "::", "a-name", "", None])
def test_other_callers_are_refused(client: str | None, kind: str, refusal: int) -> None:
    assert answer(client, "localhost:8501", kind=kind) == refusal


@pytest.mark.parametrize(("kind", "refusal"), [("http", 403), ("websocket", 1008)])
@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:8501",
            "localhost.evil.example:8501",
            "127.0.0.1.evil.example",
            "192.0.2.7:8501",
        ),
        *("evil.example:localhost", "[::1].evil.example", "[2001:db8::7]:8501", "localhost@evil.example", "", None),
    ],
)
def test_other_names_for_this_machine_are_refused(host: str | None, kind: str, refusal: int) -> None:
    """A page elsewhere may have pointed its own name here (DNS rebinding)."""
    assert answer("127.0.0.1", host, kind=kind) == refusal


def test_the_servers_own_start_passes() -> None:
    assert answer(None, None, kind="lifespan") == "entered"


@pytest.mark.parametrize(
    ("client", "heard"),
    [("10.1.2.3", "entered"), ("192.168.1.9", "entered"), ("2001:db8::7", "entered"), ("192.168.2.9", 403)],
)
def test_an_administrator_lets_networks_in(client: str, heard: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITWATCH_ALLOW", "10.0.0.0/8, 192.168.1.0/24,2001:db8::/32,")
    monkeypatch.setenv("PITWATCH_NAMES", "pitwatch.example")
    assert answer(client, "Pitwatch.example:8501") == heard


def test_letting_networks_in_keeps_this_machine_and_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITWATCH_ALLOW", "10.0.0.0/8")
    assert answer("127.0.0.1", "localhost:8501") == "entered"
    assert answer("10.1.2.3", "evil.example") == 403


@pytest.mark.parametrize("allowed", MALFORMED)
def test_a_network_that_cannot_be_read_is_explained(allowed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITWATCH_ALLOW", allowed)
    with pytest.raises(ValueError, match="PITWATCH_ALLOW"):
        answer("127.0.0.1", "localhost")


# An address under each route that the server answers. A new route needs one.
ADDRESSES = {
    TILES: "/tiles/metropolitan/{0}/rate/0/0/0",
    VECTORS: "/vectors/metropolitan/{0}/patches.geojson",
    VECTOR_TILES: "/vector-tiles/metropolitan/{0}/0/0/0.mvt",
    VENDOR: "/vendor/icon.png",
    ABOUT: ABOUT,
    HANDOVER: hand_over("{}"),
    PHOTOS: photo_url(1, PHOTO.sha256, "picture"),
    MAP: MAP,
}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_route_is_refused_to_callers_from_elsewhere(
    route: BaseRoute, client: TestClient, routes: Starlette, reader: ReleaseReader
) -> None:
    assert isinstance(route, Route | Mount)
    address = ADDRESSES[route.path].format(reader.info.id)
    assert client.get(address, follow_redirects=False).status_code in (200, 307)
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        refused = TestClient(routes, base_url=LOCAL, client=ELSEWHERE).request(method, address)
        assert refused.status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/map", "/vendor/icon.png", "/_stcore/health", "/_stcore/host-config", "/nothing"]
)
def test_the_guard_stands_before_streamlit_too(path: str) -> None:
    assert TestClient(app, base_url=LOCAL, client=ELSEWHERE).get(path).status_code == 403


def test_the_guard_closes_streamlits_websocket() -> None:
    elsewhere = TestClient(app, base_url=LOCAL, client=ELSEWHERE)
    with pytest.raises(WebSocketDisconnect) as closing, elsewhere.websocket_connect("/_stcore/stream"):
        pass
    assert closing.value.code == 1008


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", ["/", "/vendor/icon.png"])
def test_every_answer_keeps_the_browser_to_this_server(path: str) -> None:
    here = TestClient(app, base_url=LOCAL, client=("127.0.0.1", 50000))
    policy = here.get(path).headers["content-security-policy"]
    assert "img-src 'self' data: blob:;" in policy
    assert "connect-src 'self'" in policy
    assert "http" not in policy
