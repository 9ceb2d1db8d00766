"""The guard before everything.

Without sign-in the server is open, so it answers only callers on this machine, and only under this machine's names (a
page elsewhere cannot reach it by pointing a host name of its own here). Two variables are an administrator's decision
to open it further: `PITWATCH_ALLOW`, networks that may reach it beside this machine, and `PITWATCH_NAMES`, host names
by which it may be called; both separated by commas.
"""

import os
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Network = IPv4Network | IPv6Network

_LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def allowed_networks() -> tuple[Network, ...]:
    """This machine, and what `PITWATCH_ALLOW` names.

    Raises
    ------
    ValueError
        Naming the variable, when a part of it is no network.
    """
    try:
        return (*_LOOPBACK, *(ip_network(text) for text in _listed("PITWATCH_ALLOW")))
    except ValueError as error:
        given = os.environ["PITWATCH_ALLOW"]
        raise ValueError(f"PITWATCH_ALLOW='{given}': {error}; give networks such as 10.0.0.0/8") from None


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


class Guard:
    """Middleware that answers 403 to callers who may not reach an open server, and keeps pages to this server."""

    def __init__(self, app: ASGIApp, *, networks: tuple[Network, ...], names: frozenset[str]) -> None:
        self._app, self._networks, self._names = app, networks, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._may_enter(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                refusal = PlainTextResponse("This server answers callers on its own machine only.", status_code=403)
                await refusal(scope, receive, send)
            return

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"content-security-policy", _POLICY.encode()),
                    (b"referrer-policy", b"same-origin"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._app(scope, receive, send_with_policy)

    def _may_enter(self, scope: Scope) -> bool:
        address = _address(scope)
        inside = address is not None and any(address in network for network in self._networks)
        return inside and _host(scope) in self._names


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
