"""A second `make run` tells its own server from another's."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from tests.web.signing import caller, guarded_routes
from web import serve
from web.about import about
from web.urls import ABOUT


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which something listens that is not ours."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_server_tells_which_home_it_shows_but_not_where_it_lies(client: TestClient) -> None:
    assert client.get(ABOUT).json() == about()
    assert "/" not in about()["home"]


def test_another_home_is_another_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "one"))
    first = about()
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path / "two"))
    assert about() != first


def test_a_port_that_another_program_has_is_named(
    taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["serve", "--port", str(taken)])
    assert serve.main() == 1
    told = capsys.readouterr()
    assert f"Port {taken} is taken by another program" in told.err
    assert "is served at" not in told.out


def test_a_server_with_sign_in_is_known_by_what_it_tells_strangers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = caller(guarded_routes(), {})

    class Connection:
        def __init__(self, *_: object, **__: object) -> None: ...

        def request(self, method: str, path: str) -> None:
            answer = asked.request(method, path)
            self.getresponse = lambda: SimpleNamespace(getheader=answer.headers.get, read=lambda: answer.content)

        def close(self) -> None: ...

    monkeypatch.setattr(serve, "HTTPConnection", Connection)
    monkeypatch.setattr("sys.argv", ["serve", "--port", "8501"])
    assert serve.main() == 0
    assert "Pitwatch, with sign-in, is running already" in capsys.readouterr().out


@pytest.mark.parametrize("port", ["0", "99999", "abc", "-1"])
def test_a_port_that_is_none_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["serve", f"--port={port}"])
    with pytest.raises(SystemExit) as stopped:
        serve.main()
    assert stopped.value.code == 2
