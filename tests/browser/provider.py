"""A small OpenID provider on this machine: discovery, authorisation with PKCE, RS256 identity tokens, signing out.

Its sign-in page is a list of names to click on.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = ("pitwatch", "a-secret-of-the-tests")


class Provider:
    """Serves until it is closed; `people` are claims by subject."""

    def __init__(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        self.people = people
        self.signed_out = 0
        self.codes: dict[str, dict[str, str]] = {}  # each good once
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        provider = self

        class Handler(_Handler):
            served = provider

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, asked: Mapping[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT[0], "sub": asked["subject"], "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], **self.people[asked["subject"]]}
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)


class _Handler(BaseHTTPRequestHandler):
    served: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        address = self.served.address
        if parts.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": address,
                    "authorization_endpoint": f"{address}/authorize",
                    "token_endpoint": f"{address}/token",
                    "jwks_uri": f"{address}/keys",
                    "end_session_endpoint": f"{address}/leave",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                }
            )
        elif parts.path == "/keys":
            self._json({"keys": [self.served.key.as_dict(private=False)]})
        elif parts.path == "/authorize" and asked["client_id"] == CLIENT[0]:
            links = "".join(
                f'<p><a href="/chosen?{escape(urlencode({**asked, "subject": subject}))}">{escape(subject)}</a>'
                for subject in self.served.people
            )
            self._send("text/html", f"<title>Provider</title>{links}".encode())
        elif parts.path == "/chosen":
            code = secrets.token_urlsafe()
            self.served.codes[code] = asked
            self._redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
        elif parts.path == "/leave":
            self.served.signed_out += 1
            self._redirect(asked["post_logout_redirect_uri"])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {key: values[0] for key, values in parse_qs(body).items()}
        asked = self.served.codes.pop(given["code"], None)
        credentials = base64.b64encode(":".join(CLIENT).encode()).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != proof or self.headers["Authorization"] != f"Basic {credentials}":
            self.send_error(400)
            return
        self._json({"access_token": "none", "token_type": "Bearer", "id_token": self.served.token(asked)})

    def _json(self, content: object) -> None:
        self._send("application/json", json.dumps(content).encode())

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests' output is for failures."""
