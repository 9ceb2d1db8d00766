"""Which server this is, so that a second `make run` can tell its own from another."""

import hashlib

from starlette.requests import Request
from starlette.responses import JSONResponse

from store.home import Home

# All that a server with sign-in tells strangers; no browser asks for a password on it.
REALM = 'Cookie realm="Pitwatch"'


def about() -> dict[str, str]:
    """The program, and a sign of the home that it shows (not its path)."""
    return {"program": "pitwatch", "home": hashlib.sha256(str(Home.default().root).encode()).hexdigest()[:16]}


async def answer(_: Request) -> JSONResponse:
    return JSONResponse(about())
