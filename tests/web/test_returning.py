"""After signing in people are where they wanted to be, and never on another server."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from web.returning import COOKIE, returning


async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
    await (RedirectResponse("/", 302) if scope["path"] == "/oauth2callback" else Response("page"))(scope, receive, send)


def ask(path: str, query: str = "", cookie: str = "", *, known: bool = False) -> dict[str, str]:
    """The headers of the answer."""
    answers: list[Message] = []

    async def send(message: Message) -> None:
        answers.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    scope["scheme"] = "http"
    answer = streamlit(scope, receive, returning(scope, send, caller=lambda _: "someone" if known else None))
    with ThreadPoolExecutor(1) as aside:  # the browser tests leave a loop running in theirs
        aside.submit(asyncio.run, answer).result()
    return {key.decode(): value.decode() for key, value in answers[0]["headers"]}


@pytest.mark.parametrize(
    ("path", "query"), [("/patch", "area=a&patch=P-1"), ("/", "at=1,2&text=%E7%85%A4"), ("/overview", ""), ("/", "")]
)
def test_the_address_that_was_asked_for_is_kept_and_gone_to(path: str, query: str) -> None:
    kept = ask(path, query)["set-cookie"]
    assert "HttpOnly; SameSite=Lax" in kept
    back = ask("/oauth2callback", cookie=kept.split(";")[0].removeprefix(f"{COOKIE}="))
    assert back["location"] == (f"{path}?{query}" if query else path)
    assert "Max-Age=0" in back["set-cookie"]


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.org/",
        "//elsewhere.org/map",
        "/\\elsewhere.org",
        "/auth/logout",
        "map",
        "/map\r\nx: y",
        "//[",
        "/map/x",
    ],
)
def test_a_cookie_leads_to_pages_of_this_server_alone(address: str) -> None:
    assert ask("/oauth2callback", cookie=quote(address, safe=""))["location"] == "/"


def test_nothing_is_kept_of_who_has_signed_in_nor_of_other_addresses() -> None:
    assert "set-cookie" not in ask("/map", "a=b", known=True)
    assert "set-cookie" not in ask("/static/app.js")
    assert "pitwatch_return=%2F;" in ask("/map", "text=" + "x" * 3_000)["set-cookie"]
