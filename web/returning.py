"""Back from the identity provider to the address that was asked for: Streamlit itself knows its first page alone.

Until someone has signed in, a cookie of their own browser holds the page that they came for, with its query.
"""

from collections.abc import Callable
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import Message, Scope, Send

from web.urls import PAGES

CALLBACK = "/oauth2callback"
COOKIE = "pitwatch_return"
_SECONDS = 600  # to sign in
_MOST = 2_000  # characters: browsers drop longer cookies
_PAGES = frozenset(("/", *(f"/{page}" for page in PAGES)))


def returning(scope: Scope, send: Send, *, caller: Callable[[Scope], object]) -> Send:
    """`send`, which keeps the address of a page for whom nobody knows yet, and leads there from the callback.

    caller : gives who asks, None for someone who has not signed in; asked for pages alone.
    """
    if scope["type"] != "http" or scope["method"] != "GET":
        return send
    if scope["path"] in _PAGES and caller(scope) is None:
        return _with_cookie(send, _address(scope), _SECONDS, secure=scope.get("scheme") == "https")
    if scope["path"] == CALLBACK and (kept := _kept(scope)):
        return _leading_to(kept, _with_cookie(send, "", 0, secure=scope.get("scheme") == "https"))
    return send


def _address(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    address = f"{scope['path']}?{query}" if query else str(scope["path"])
    return address if len(address) <= _MOST else "/"


def _kept(scope: Scope) -> str | None:
    """The address in the cookie, if it is that of a page of ours: anyone may have written the cookie."""
    address = unquote(HTTPConnection(scope).cookies.get(COOKIE, ""))
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    ours = not parts.scheme and not parts.netloc and parts.path in _PAGES
    return address if ours and address.isascii() and address.isprintable() else None


def _with_cookie(send: Send, value: str, seconds: int, *, secure: bool) -> Send:
    cookie = f"{COOKIE}={quote(value, safe='')}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax"

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", cookie + ("; Secure" if secure else ""))
        await send(message)

    return sending


def _leading_to(address: str, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 302:
            headers = MutableHeaders(scope=message)
            if headers.get("location") == "/":
                headers["location"] = address
        await send(message)

    return sending
