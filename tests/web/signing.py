"""Callers of a server with sign-in: its settings, and the cookies that Streamlit would have given them."""

import time
from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from streamlit.auth_util import set_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from web.guard import Guard, allowed_names, allowed_networks
from web.roles import ROLES, Roles
from web.routes import ROUTES
from web.sign_in import SignIn

LOCAL = "http://localhost:8501"
SECRET = "of-the-tests-" * 4
SETTINGS = SignIn(SECRET, LOCAL, Roles({"li@example.org": "analyst"}, "groups"), hours=8)


def guarded(app: ASGIApp) -> Guard:
    return Guard(app, networks=allowed_networks(), names=allowed_names(), sign_in=SETTINGS)


def guarded_routes() -> Guard:
    return guarded(Starlette(routes=ROUTES))


def claims(**said: Any) -> dict[str, Any]:
    """What is in the cookie of somebody who has just signed in."""
    return {"sub": "somebody", "iat": time.time(), "origin": LOCAL, "is_logged_in": True, "provider": "default"} | said


def cookies(said: dict[str, Any], secret: str = SECRET) -> dict[str, str]:
    """As Streamlit signs and, where they are large, splits them."""
    given: dict[str, str] = {}

    def sign(name: str, value: str) -> bytes:
        return create_signed_value(secret, name, value)

    def put(name: str, value: str) -> None:
        given[name] = sign(name, value).decode()

    set_cookie_with_chunks(put, sign, USER_COOKIE_NAME, said, cookie_attr_size=60)
    return given


CALLERS = {
    "anonymous": {},
    "no role": cookies(claims()),
    **{role: cookies(claims(groups=role)) for role in ROLES},
    "by address": cookies(claims(email="Li@example.org")),
}


def caller(app: Any, given: dict[str, str], client: tuple[str, int] = ("127.0.0.1", 50000)) -> TestClient:
    return TestClient(app, base_url=LOCAL, client=client, cookies=given, follow_redirects=False)
