"""The server's own routes with the guard before them, over the published home."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from store.home import Home
from web.routes import MIDDLEWARE, ROUTES

LOCAL = "http://localhost:8501"


@pytest.fixture
def routes(published: Home, monkeypatch: pytest.MonkeyPatch) -> Starlette:
    monkeypatch.setenv("PITWATCH_HOME", str(published.root))
    monkeypatch.delenv("PITWATCH_ALLOW", raising=False)
    return Starlette(routes=ROUTES, middleware=MIDDLEWARE)


@pytest.fixture
def client(routes: Starlette) -> Iterator[TestClient]:
    """A browser on this machine."""
    with TestClient(routes, base_url=LOCAL, client=("127.0.0.1", 50000)) as client:
        yield client
