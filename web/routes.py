"""All routes beside Streamlit's own."""

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from web.about import answer
from web.guard import Guard, allowed_names, allowed_networks
from web.tiles import tile
from web.urls import ABOUT, TILES, VECTORS, VENDOR
from web.vectors import vectors

_STATIC = Path(__file__).parents[1] / "static"

ROUTES: list[BaseRoute] = [
    Route(TILES, tile),
    Route(VECTORS, vectors),
    Route(ABOUT, answer),
    Mount(VENDOR, StaticFiles(directory=_STATIC)),
]
MIDDLEWARE = [Middleware(Guard, networks=allowed_networks(), names=allowed_names())]
