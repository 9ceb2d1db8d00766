"""The guard before everything.

Without sign-in the server is open, so it answers only callers on this machine, and only under this machine's names (a
page elsewhere cannot reach it by pointing a host name here). Networks that may reach an open server are an
administrator's decision: `PITWATCH_ALLOW`, networks separated by commas.
"""

import os
from ipaddress import ip_address, ip_network

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK = "127.0.0.0/8,::1/128"
_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}


class Guard:
    """Middleware that answers 403 to callers who may not reach an open server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        allowed = os.environ.get("PITWATCH_ALLOW", _LOOPBACK)
        self._networks = [ip_network(text.strip()) for text in allowed.split(",")]
        self._any_name = allowed != _LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._may_enter(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                refusal = PlainTextResponse("This server answers callers on its own machine only.", status_code=403)
                await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_enter(self, scope: Scope) -> bool:
        client = scope.get("client")
        try:
            address = ip_address(client[0]) if client else None
        except ValueError:
            return False
        inside = address is not None and any(address in network for network in self._networks)
        return inside and (self._any_name or _host(scope) in _LOCAL_NAMES)


def _host(scope: Scope) -> str:
    """The name by which the server was called, without port."""
    for key, value in scope["headers"]:
        if key == b"host":
            name: str = value.decode("latin-1")
            return name.rsplit(":", 1)[0] if not name.endswith("]") else name
    return ""
