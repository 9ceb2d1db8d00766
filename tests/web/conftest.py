"""The server's own routes with the guard before them, over the published home and a casebook with a photo."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from store.casebook import Casebook
from store.cases import Author
from store.home import Home
from tests.photos import new_photo
from web.routes import MIDDLEWARE, ROUTES

LOCAL = "http://localhost:8501"


# The only one of the only case.
PHOTO = new_photo()


@pytest.fixture(scope="session")
def casebook(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a casebook whose only case has a photo. Read only."""
    url = f"sqlite:///{tmp_path_factory.mktemp('casebook') / 'casebook.sqlite'}"
    book, li = Casebook(url), Author("Li Na")
    book.enter(book.open("metropolitan", "P-0001", by=li, release="r1"), "photo", by=li, photos=[PHOTO])
    return url


@pytest.fixture(autouse=True)
def _with_its_cases(casebook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITWATCH_CASEBOOK", casebook)


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
