"""With sign-in configured, every address is closed to whom it is not for."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.secrets import secrets_singleton

import web.routes
from app import app
from store.home import Home
from store.reader import ReleaseReader
from tests.web.signing import CALLERS, LOCAL, SETTINGS, caller, claims, cookies, guarded, guarded_routes
from tests.web.test_guard import ADDRESSES, ELSEWHERE
from web.connection import until_it_ends
from web.guard import Guard
from web.handover import hand_over
from web.roles import MAY_SEND_FILES, ROLES, SettingsError
from web.routes import ROUTES
from web.sign_in import Person, read_sign_in
from web.urls import ABOUT, CHINESE_FONT, MAP, PAGES

SHELL = ["/", *(f"/{page}" for page in PAGES), "/_stcore/health", "/_stcore/host-config", "/favicon.png"]
# Streamlit's own, and what is near to an open address but is none.
CLOSED = [
    *("/media/a.png", "/_stcore/upload_file/session/file", "/component/a/b.js", "/_stcore/bidi-components/a/b.js"),
    *("/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent/interact", "/_stcore/agent/openapi.json"),
    *("/app/static/a.png", "/nothing", "/permits.py", "/Map", "/map/", "/map/about.json", "/static", "/auth/", "/auth"),
    *("//about.json", "/vendor/../about.json", "/_stcore/health/", "/_stcore/stream", "/oauth2callback/x", ""),
]


@pytest.fixture
def routes_asking(published: Home, monkeypatch: pytest.MonkeyPatch) -> Guard:
    monkeypatch.setenv("PITWATCH_HOME", str(published.root))
    monkeypatch.delenv("PITWATCH_ALLOW", raising=False)
    return guarded_routes()


@pytest.fixture(scope="module")
def streamlit() -> Guard:
    """The app as a server has it: it may have one alone."""
    return guarded(app)


def expected(who: str) -> int:
    return {"anonymous": 401, "no role": 403}.get(who, 200)


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_route_asks_who_it_is(route: BaseRoute, who: str, routes_asking: Guard, reader: ReleaseReader) -> None:
    assert isinstance(route, Route | Mount)
    hand_over("{}")  # other tests may have dropped it
    address = ADDRESSES[route.path].format(reader.info.id)
    answer = caller(routes_asking, CALLERS[who]).get(address)
    if route.path == MAP:  # a page's address: Streamlit's empty page, that is all
        assert answer.status_code == 307
        return
    assert answer.status_code == expected(who)
    if answer.status_code != 200:
        assert len(answer.content) < 100
        assert answer.headers["cache-control"] == "no-store"
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
        other = caller(routes_asking, CALLERS[who]).request(method, address)
        assert (other.status_code == expected(who)) if expected(who) != 200 else (other.status_code not in (401, 403))


@pytest.mark.parametrize("who", CALLERS)
def test_callers_from_elsewhere_are_refused_whoever_they_are(who: str, routes_asking: Guard) -> None:
    assert caller(routes_asking, CALLERS[who], ELSEWHERE).get(ABOUT).status_code == 403


def answered(path: str, method: str = "GET", who: str = "anonymous", kind: str = "http") -> Any:
    """What the guard says of a path, which no client has tidied before."""
    told: list[Any] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        told.append("entered")

    async def send(message: Any) -> None:
        told.append(message.get("status") or message.get("code"))

    async def receive() -> Any:
        return {}

    cookie = "; ".join(f"{name}={value}" for name, value in CALLERS[who].items())
    headers = [(b"host", b"localhost"), (b"cookie", cookie.encode())]
    scope = {"type": kind, "client": ("127.0.0.1", 1), "headers": headers, "method": method, "path": path}
    at_once(guarded(behind)(scope, receive, send))
    return told[0]


def at_once(work: Any) -> Any:
    with ThreadPoolExecutor(1) as aside:  # a loop may be running here already, the browser tests' own
        return aside.submit(asyncio.run, work).result()


@pytest.mark.parametrize("path", [*SHELL, "/static/js/index.js", "/auth/login", "/auth/logout", "/oauth2callback"])
def test_the_page_with_the_button_is_open_to_read(path: str) -> None:
    assert answered(path) == answered(path, "HEAD") == "entered"
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert answered(path, method) == 401


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", CLOSED)
def test_anything_else_is_closed(path: str, method: str) -> None:
    assert answered(path, method) == 401
    assert answered(path, method, "no role") == 403
    assert answered(path, method, "administrator") == "entered"


@pytest.mark.parametrize("role", ROLES)
def test_who_may_send_files(role: str) -> None:
    told = "entered" if role in MAY_SEND_FILES else 403
    for method in ("PUT", "DELETE", "OPTIONS"):
        assert answered("/_stcore/upload_file/session/file", method, role) == told


def test_who_may_not_send_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.guard.MAY_SEND_FILES", frozenset({"manager"}))
    for method in ("PUT", "DELETE", "OPTIONS"):
        assert answered("/_stcore/upload_file/session/file", method, "manager") == "entered"
        assert answered("/_stcore/upload_file/session/file", method, "inspector") == 403


@pytest.mark.parametrize("path", ["/_stcore/stream/", "/", "/tiles", "/_stcore/health", "/static/x"])
def test_no_other_websocket_is_open(path: str) -> None:
    assert answered(path, kind="websocket") == 1008


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_route_of_streamlit_is_closed_that_the_button_does_not_need(streamlit: Guard) -> None:
    """Also those that a newer one brings."""
    caller(streamlit, {}).get("/")  # makes them
    assert app._starlette_app is not None
    open_ = {*SHELL, "/auth/login", "/auth/logout", "/oauth2callback"}
    seen = 0
    for route in app._starlette_app.routes:
        path = getattr(route, "path", "")
        if isinstance(route, Mount) or path in open_ or not isinstance(route, Route):
            continue
        for method in route.methods or ():
            address = path.replace(":path", "").replace("{", "").replace("}", "")
            assert caller(streamlit, {}).request(method, address).status_code == 401, address
            seen += 1
    assert seen > 20


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_font_that_the_button_may_need_is_served_to_anyone(streamlit: Guard) -> None:
    assert caller(streamlit, {}).get(CHINESE_FONT).headers["content-type"] == "font/ttf"
    beside = str(Path(CHINESE_FONT).with_name("LICENSE.txt"))
    assert caller(streamlit, {}).get(beside).status_code == 401


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", ["/", *(f"/{page}" for page in PAGES if page != "map"), "/favicon.png"])
def test_streamlits_empty_page_is_served_to_anyone(path: str, streamlit: Guard) -> None:
    answer = caller(streamlit, {}).get(path)
    assert answer.status_code == 200
    assert "content-security-policy" in answer.headers


def status(given: dict[str, str], routes_asking: Guard) -> int:
    return caller(routes_asking, given).get(ABOUT).status_code


def test_a_large_cookie_is_put_together(routes_asking: Guard) -> None:
    chance = Random(1)
    given = cookies(claims(groups=[*(chance.randbytes(16).hex() for _ in range(400)), "manager"]))
    assert len(given) > 3
    assert status(given, routes_asking) == 200
    given.pop("_streamlit_user_2")
    assert status(given, routes_asking) == 401


@pytest.mark.parametrize(
    "said",
    [
        {"iat": time.time() - 9 * 3600},
        {"iat": None},
        {"iat": True},
        {"iat": "9999999999"},
        {"iat": float("nan")},
        {"is_logged_in": False},
        {"is_logged_in": "yes"},
        {"origin": "https://another.example"},
        {"origin": None},
    ],
)
def test_what_is_old_or_anothers_is_nobody(said: dict[str, Any], routes_asking: Guard) -> None:
    assert status(cookies(claims(groups="administrator")), routes_asking) == 200
    assert status(cookies(claims(groups="administrator", **said)), routes_asking) == 401


def test_a_cookie_that_is_not_ours_is_nobody(routes_asking: Guard) -> None:
    good = cookies(claims(groups="administrator"))
    ((name, value),) = good.items()
    assert status(good, routes_asking) == 200
    assert status(cookies(claims(groups="administrator"), secret="another's-" * 5), routes_asking) == 401
    forged = [value[:-1], value[1:], "", "null", "{}", value.replace(".", ""), f"{value}.", "ü"]
    assert [status({name: text}, routes_asking) for text in forged if text.isascii()] == [401] * (len(forged) - 1)
    assert status({"_streamlit_user_tokens": value}, routes_asking) == 401  # signed under another name


@pytest.mark.parametrize("content", [[], "administrator", None, 1])
def test_a_cookie_of_another_form_is_nobody(content: Any, routes_asking: Guard) -> None:
    assert status(cookies(content), routes_asking) == 401


def heard(person: Person | None, cookie: bytes, *messages: Any) -> tuple[Any, list[Any], list[Any]]:
    """The scope that Streamlit has of a connection, what it hears of these messages, and what the browser is sent."""
    told: list[Any] = []
    waiting = iter(messages)

    async def receive() -> Any:
        return next(waiting, {"type": "none"})

    async def send(message: Any) -> None:
        told.append(message)

    given = {"headers": [(b"host", b"localhost"), (b"cookie", cookie)]}
    scope, receive_in_time = until_it_ends(person, given, receive, send)
    return scope["headers"], [at_once(receive_in_time()) for _ in range(3)], told


CONNECT, SAID = {"type": "websocket.connect"}, {"type": "websocket.receive", "bytes": b"x"}


def test_a_connection_ends_with_the_sign_in() -> None:
    _, messages, told = heard(Person("a", "", "analyst", time.time() + 60), b"_streamlit_user=a", CONNECT, SAID, SAID)
    assert (messages, told) == ([CONNECT, SAID, SAID], [])
    headers, messages, told = heard(Person("a", "", "analyst", time.time() - 1), b"_streamlit_user=a", CONNECT, SAID)
    assert messages[:2] == [CONNECT, {"type": "websocket.disconnect", "code": 1008}]
    assert told == [{"type": "websocket.close", "code": 1008}]
    assert (b"cookie", b"_streamlit_user=a") in headers


def test_a_connection_past_the_sign_in_knows_nobody_and_shows_the_button_at_once() -> None:
    cookie = b"_streamlit_user=a; \xa0_streamlit_user_1=b;x=c; _streamlit_user_tokens=d; y=_streamlit_user"
    headers, messages, _ = heard(None, cookie, CONNECT, SAID)
    assert headers == [(b"host", b"localhost"), (b"cookie", b"x=c; y=_streamlit_user")]
    assert BackMsg.FromString(messages[1]["bytes"]).WhichOneof("type") == "rerun_script"
    assert (messages[0], messages[2]) == (CONNECT, SAID)


def test_a_connection_of_nobody_is_left_as_it_is() -> None:
    headers, messages, _ = heard(None, b"_streamlit_xsrf=c", CONNECT, SAID)
    assert headers[1] == (b"cookie", b"_streamlit_xsrf=c")
    assert messages[:2] == [CONNECT, SAID]


AUTH = f"""[auth]
redirect_uri = "{LOCAL}/oauth2callback"
cookie_secret = "{"s" * 32}"
client_id = "pitwatch"
client_secret = "shared"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"
"""
ROLES_TOO = '[pitwatch.roles]\nclaim = "groups"\n'


@pytest.fixture
def secrets(tmp_path: Path) -> Iterator[Path]:
    before = config.get_option("secrets.files")
    file = tmp_path / "secrets.toml"
    config.set_option("secrets.files", [str(file)])
    secrets_singleton._reset()
    yield file
    config.set_option("secrets.files", before)
    secrets_singleton._reset()


def test_without_a_section_auth_the_server_is_open(secrets: Path) -> None:
    assert read_sign_in() is None
    secrets.write_text("[connections]\nurl = 'x'")
    assert read_sign_in() is None


def test_settings_are_read(secrets: Path) -> None:
    secrets.write_text(AUTH + "[pitwatch]\nsession_hours = 4\n" + ROLES_TOO)
    settings = read_sign_in()
    assert settings is not None
    assert (settings.cookie_secret, settings.origin, settings.hours) == ("s" * 32, LOCAL, 4)
    person = settings.person(claims(groups="manager", name="Bo"))
    assert person is not None
    assert (person.name, person.role) == ("Bo", "manager")
    assert person.until == pytest.approx(time.time() + 4 * 3600, abs=60)


def test_people_must_come_back_by_a_name_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web.routes, "sign_in", lambda: replace(SETTINGS, origin="https://pitwatch.example"))
    monkeypatch.delenv("PITWATCH_NAMES", raising=False)
    with pytest.raises(SettingsError, match=r"PITWATCH_NAMES=pitwatch\.example"):
        web.routes._guard()
    monkeypatch.setenv("PITWATCH_NAMES", "pitwatch.example")
    assert web.routes._guard().kwargs["sign_in"].origin == "https://pitwatch.example"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[auth", "Error parsing secrets file"),
        (ROLES_TOO, r"\[auth\] is missing"),
        ('auth = "yes"', r"\[auth\] must be a table"),
        ("[auth]\n", r"\[auth\] redirect_uri is missing"),
        *(
            (AUTH.replace(f"{key} =", f"not_{key} =") + ROLES_TOO, rf"\[auth\] {key} is missing")
            for key in ("cookie_secret", "client_id", "client_secret", "server_metadata_url")
        ),
        (AUTH.replace("s" * 32, "xxx") + ROLES_TOO, "cookie_secret is too short"),
        (AUTH.replace("/oauth2callback", "/") + ROLES_TOO, "redirect_uri = "),
        (AUTH.replace("http://", "ftp://") + ROLES_TOO, "redirect_uri = "),
        (AUTH, r"\[pitwatch.roles\] is missing"),
        (AUTH + "[pitwatch]\n", "says nobody's role"),
        (AUTH + "[pitwatch]\nhours = 3\n" + ROLES_TOO, "unknown key 'hours'"),
        *(
            (f"{AUTH}[pitwatch]\nsession_hours = {hours}\n{ROLES_TOO}", "session_hours = ")
            for hours in ("0", "-1", "721", "true", "nan", '"8"')
        ),
        (AUTH + '[pitwatch.roles.people]\nli@example.org = "analyst"\n', "Error parsing secrets file"),
    ],
)
def test_what_is_wrong_closes_the_server(text: str, told: str, secrets: Path) -> None:
    secrets.write_text(text)
    with pytest.raises(SettingsError, match=told) as error:
        read_sign_in()
    assert str(secrets) in str(error.value)


def test_a_file_that_cannot_be_read_closes_the_server(secrets: Path) -> None:
    secrets.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_sign_in()


def test_headers_that_name_people_close_the_server(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.write_text(AUTH + ROLES_TOO)
    asked = config.get_option
    name = "server.trustedUserHeaders"
    monkeypatch.setattr(config, "get_option", lambda key: {"X-User": "email"} if key == name else asked(key))
    with pytest.raises(SettingsError, match="trustedUserHeaders"):
        read_sign_in()
