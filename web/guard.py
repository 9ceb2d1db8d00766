"""The guard before everything. It asks two things of a caller.

**Where from, and by which name?** The server answers callers on this machine, and only under this machine's names (a
page elsewhere cannot reach it by pointing a host name of its own here). Two variables are an administrator's decision
to open it further: `PITWATCH_ALLOW`, networks that may reach it beside this machine, and `PITWATCH_NAMES`, host names
by which it may be called; both separated by commas. This holds with sign-in and without.

**Who?** Asked when sign-in is configured (web.sign_in); without, the server is open to whoever may reach it. Streamlit
guards its pages only, not its files nor any route of ours, so all is denied here but what a browser needs to show the
page with the button: Streamlit's empty page and its own files, the connection over which the script draws, and the way
to the identity provider and back. Anything else needs a sign-in that has not run out (401), and a role (403). What the
pages show, `navigation.py` decides.
"""

import os
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.about import REALM
from web.connection import until_it_ends
from web.returning import CALLBACK, returning
from web.roles import MAY_SEND_FILES, SettingsError
from web.sign_in import SignIn
from web.urls import CHINESE_FONT, PAGES

Network = IPv4Network | IPv6Network

_LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def allowed_networks() -> tuple[Network, ...]:
    """This machine, and what `PITWATCH_ALLOW` names.

    Raises
    ------
    SettingsError
        Naming the variable, when a part of it is no network.
    """
    try:
        return (*_LOOPBACK, *(ip_network(text) for text in _listed("PITWATCH_ALLOW")))
    except ValueError as error:
        given = os.environ["PITWATCH_ALLOW"]
        raise SettingsError(f"PITWATCH_ALLOW='{given}': {error}; give networks such as 10.0.0.0/8") from None


def allowed_names() -> frozenset[str]:
    """This machine's names, and those of `PITWATCH_NAMES`."""
    return _LOCAL_NAMES | {name.lower() for name in _listed("PITWATCH_NAMES")}


def _listed(variable: str) -> list[str]:
    return [part.strip() for part in os.environ.get(variable, "").split(",") if part.strip()]


# Whatever a page holds (a picture in a document or a name, say), the browser asks this server alone.
_POLICY = (
    "img-src 'self' data: blob:; connect-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; "
    "frame-src 'self'; object-src 'none'; form-action 'self'"
)

# What shows the page with the button, to anyone. Only to be read.
_STREAM = "/_stcore/stream"
_ASKED_FIRST = ("/_stcore/health", "/_stcore/host-config")  # by a browser on a page's address under that too: not found
_SHELL = frozenset(
    (
        *("/", "/favicon.png", "/manifest.json", "/auth/login", "/auth/logout", CALLBACK, *_ASKED_FIRST),
        CHINESE_FONT,
        *(f"/{page}{rest}" for page in PAGES for rest in ("", *_ASKED_FIRST)),
    )
)
_SHELL_FILES = "/static/"
_UPLOADS = "/_stcore/upload_file"


class Guard:
    """Middleware that answers 401 or 403 to who may not have what is asked for, and keeps pages to this server.

    sign_in : None leaves the server open to the networks.
    """

    def __init__(
        self, app: ASGIApp, *, networks: tuple[Network, ...], names: frozenset[str], sign_in: SignIn | None = None
    ) -> None:
        self._app, self._networks, self._names, self._sign_in = app, networks, names, sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if refusal:
            await refusal(scope, receive, send)
            return
        if self._sign_in and scope["type"] == "websocket":
            scope, receive = until_it_ends(self._sign_in.caller(scope), scope, receive, send)

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"content-security-policy", _POLICY.encode()),
                    (b"referrer-policy", b"same-origin"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        if self._sign_in:
            send = returning(scope, send, caller=self._sign_in.caller)
        await self._app(scope, receive, send_with_policy)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        """The answer to a caller who may not have what is asked for."""
        if not self._may_enter(scope):
            return _refused(403, "This server answers callers on its own machine only.")
        if self._sign_in is None or _is_shell(scope):
            return None
        person = self._sign_in.caller(scope)
        if person is None:
            return _refused(401, "Sign in first.")
        if person.role is None:
            return _refused(403, "No role has been given to you.")
        if scope["path"].startswith(_UPLOADS) and person.role not in MAY_SEND_FILES:
            return _refused(403, "Your role does not upload.")
        return None

    def _may_enter(self, scope: Scope) -> bool:
        address = _address(scope)
        inside = address is not None and any(address in network for network in self._networks)
        return inside and _host(scope) in self._names


def _is_shell(scope: Scope) -> bool:
    path: str = scope["path"]
    if scope["type"] == "websocket":
        return path == _STREAM
    return scope["method"] in ("GET", "HEAD") and (path in _SHELL or path.startswith(_SHELL_FILES))


def _refused(status: int, words: str) -> PlainTextResponse:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = REALM
    return PlainTextResponse(words, status_code=status, headers=headers)


def _address(scope: Scope) -> IPv4Address | IPv6Address | None:
    """The caller's, or None when it is not known."""
    try:
        address = ip_address(scope["client"][0])
    except (LookupError, TypeError, ValueError):
        return None
    # A server bound to both families sees IPv4 callers as ::ffff:127.0.0.1.
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _host(scope: Scope) -> str:
    """The name by which the server was called, without port."""
    for key, value in scope["headers"]:
        if key == b"host":
            name: str = value.decode("latin-1").lower()
            return name if name.endswith("]") else name.rsplit(":", 1)[0]
    return ""
