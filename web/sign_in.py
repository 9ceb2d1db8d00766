"""Sign-in with OpenID Connect, where the secrets file has `[auth]`: its settings, and whom a claim or cookie names.

Streamlit does the signing in (`st.login`) and keeps what the provider has said in a signed cookie. It looks at the
cookie when a page connects, and at no time of it: routes, and how long a sign-in is good for, are up to us.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import Scope
from streamlit import config
from streamlit.auth_util import get_cookie_with_chunks, is_authlib_installed
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from web.returning import CALLBACK
from web.roles import Role, Roles, SettingsError, read_roles

# A working day. Who has left, or has another role by now, finds it changed the next morning.
_HOURS = 12.0
_MOST_HOURS = 30 * 24.0  # the cookie's own age
_LEAST_SECRET = 32
_LONGEST_NAME = 60  # characters; the header has one row
_REQUIRED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True)
class Person:
    """Someone who has signed in; without a role when an administrator has given none.

    identity : what the provider knows them by (`sub`), since names are not one person's alone.
    """

    name: str
    identity: str
    role: Role | None
    until: float  # Unix time at which the sign-in ends


@dataclass(frozen=True)
class SignIn:
    """What an administrator has configured."""

    cookie_secret: str
    origin: str  # scheme, host and port under which people sign in; the cookie of another server is none of ours
    roles: Roles
    hours: float = _HOURS

    def person(self, claims: Mapping[str, Any]) -> Person | None:
        """Who that is; None when nobody is signed in, or no longer."""
        issued = claims.get("iat")
        if claims.get("is_logged_in") is not True or isinstance(issued, bool) or not isinstance(issued, int | float):
            return None
        until = issued + self.hours * 3600
        if not time.time() < until:
            return None
        told = (claims.get(claim) for claim in ("name", "preferred_username", "email", "sub"))
        name = next((text for text in told if isinstance(text, str) and text.strip()), "?")
        subject = claims.get("sub")
        identity = subject if isinstance(subject, str) else ""
        return Person(name[:_LONGEST_NAME], identity, self.roles.role(claims), until)

    def caller(self, scope: Scope) -> Person | None:
        """Who asks, by the cookie that Streamlit has signed."""
        cookies = HTTPConnection(scope).cookies

        def unsigned(name: str) -> bytes | None:
            return decode_signed_value(self.cookie_secret, name, cookies.get(name, "").encode("latin-1"))

        try:
            claims: object = json.loads(get_cookie_with_chunks(unsigned, USER_COOKIE_NAME) or b"null")
        except ValueError:
            return None
        if not isinstance(claims, dict) or claims.get("origin") != self.origin:
            return None
        return self.person(claims)


@cache
def sign_in() -> SignIn | None:
    """The settings as they were when the server started; None where it is open."""
    return read_sign_in()


def read_sign_in() -> SignIn | None:
    """From the files where Streamlit looks for secrets.

    Raises
    ------
    SettingsError
        Naming the file, the field and the mend. A file that cannot be read is none that leaves the server open.
    """
    file = " and ".join(path for path in config.get_option("secrets.files") if Path(path).exists()) or "secrets.toml"
    try:
        secrets = secrets_singleton.to_dict()
    except StreamlitSecretNotFoundError as error:
        if error.error_id == "no-secrets-found":
            return None
        raise SettingsError(f"{error}; mend it, or take it away to serve this machine alone") from None
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{file} cannot be read ({error}); mend it, or take it away") from None
    ours = secrets.get("pitwatch")
    if "auth" not in secrets:
        if ours is None:
            return None
        raise SettingsError(f"{file}: [pitwatch] is there, but [auth] is missing; add it (docs/sign-in.md)")
    auth = _auth(secrets["auth"], file)
    origin = _origin(auth["redirect_uri"], file)
    if not is_authlib_installed():
        raise SettingsError(f"{file}: [auth] needs Authlib; install it: pip install -r requirements-app.txt")
    if config.get_option("server.trustedUserHeaders"):
        raise SettingsError("server.trustedUserHeaders would let a header name anyone, past [auth]; take it out")
    if not isinstance(ours, Mapping):
        raise SettingsError(f"{file}: [auth] is there, but [pitwatch.roles] is missing; add it (docs/sign-in.md)")
    if unknown := sorted(set(ours) - {"roles", "session_hours"}):
        raise SettingsError(f"{file}: [pitwatch] has an unknown key '{unknown[0]}'; it may have roles, session_hours")
    return SignIn(auth["cookie_secret"], origin, read_roles(ours.get("roles"), file), _hours(ours, file))


def _auth(given: object, file: str) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise SettingsError(f"{file}: [auth] must be a table")
    found = {}
    for key in _REQUIRED:
        value = given.get(key)
        if not (isinstance(value, str) and value.strip()):
            raise SettingsError(f"{file}: [auth] {key} is missing or no text; give it directly under [auth]")
        found[key] = value
    if len(found["cookie_secret"]) < _LEAST_SECRET:
        raise SettingsError(
            f"{file}: [auth] cookie_secret is too short, others could sign in as anyone; give {_LEAST_SECRET} or more "
            "random characters: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return found


def _origin(redirect: str, file: str) -> str:
    """As Streamlit makes it, to put into its cookie."""
    parts = urlsplit(redirect.replace("{port}", str(config.get_option("server.port"))))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path != CALLBACK:
        raise SettingsError(
            f"{file}: [auth] redirect_uri = '{redirect}' is not this server's address with {CALLBACK} after it, such "
            f"as https://pitwatch.example.org{CALLBACK}"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _hours(section: Mapping[str, Any], file: str) -> float:
    hours = section.get("session_hours", _HOURS)
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= _MOST_HOURS:
        raise SettingsError(f"{file}: [pitwatch] session_hours = {hours!r} must be a number up to {_MOST_HOURS:g}")
    return float(hours)
