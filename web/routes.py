"""All routes beside Streamlit's own."""

from pathlib import Path
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from web.about import answer
from web.guard import Guard, allowed_names, allowed_networks
from web.handover import handed_over
from web.photos import photo
from web.roles import SettingsError
from web.sign_in import sign_in
from web.tiles import tile
from web.urls import ABOUT, HANDOVER, MAP, PHOTOS, TILES, VECTOR_TILES, VECTORS, VENDOR
from web.vectors import vector_tile, vectors

_STATIC = Path(__file__).parents[1] / "static"


async def _first_page(request: Request) -> RedirectResponse:
    """Streamlit serves its default page at the root alone; a reader may ask for it by its name."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


ROUTES: list[BaseRoute] = [
    Route(TILES, tile),
    Route(VECTORS, vectors),
    Route(VECTOR_TILES, vector_tile),
    Route(ABOUT, answer),
    Route(HANDOVER, handed_over),
    Route(PHOTOS, photo),
    Route(MAP, _first_page),
    Mount(VENDOR, StaticFiles(directory=_STATIC)),
]


def _guard() -> Middleware:
    """As an administrator has configured it when the server starts."""
    names, signing = allowed_names(), sign_in()
    if signing and (host := urlsplit(signing.origin).hostname or "") not in names and f"[{host}]" not in names:
        raise SettingsError(
            f"[auth] redirect_uri brings people back to '{host}', by which this server may not be called; allow the "
            f"name: PITWATCH_NAMES={host}"
        )
    return Middleware(Guard, networks=allowed_networks(), names=names, sign_in=signing)


MIDDLEWARE = [_guard()]
