"""`python -m web.serve`: start the app's server, or say that it is running already."""

import argparse
import json
import os
import socket
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from web.about import REALM, about
from web.urls import ABOUT

_APP = Path(__file__).parents[1] / "app.py"
_ADDRESS = "127.0.0.1"


def main() -> int:
    """Serve until interrupted; 0 when a server of this home answers at the port already, 1 when another has it.

    One with sign-in does not tell its home; it counts as this one's.
    """
    parser = argparse.ArgumentParser(prog="python -m web.serve", description="Serve the app on this machine.")
    parser.add_argument("--port", type=_port, default=8501)
    port = parser.parse_args().port
    address = f"http://{_ADDRESS}:{port}"
    if running := _running(port):
        print(running.format(address=address))
        return 0
    if not _is_free(port):
        print(f"Port {port} is taken by another program. Choose one: make run PORT={port + 1}", file=sys.stderr)
        return 1
    print(f"Pitwatch is served at {address} (stop it with Ctrl+C).", flush=True)
    os.chdir(_APP.parent)  # where Streamlit looks for its settings
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", _APP.name, f"--server.port={port}"])
    raise AssertionError("exec does not return")


def _running(port: int) -> str:
    """What to say of a Pitwatch that answers there; empty when none does."""
    connection = HTTPConnection(_ADDRESS, port, timeout=2)
    try:
        connection.request("GET", ABOUT)
        response = connection.getresponse()
        if response.getheader("WWW-Authenticate") == REALM:
            return "Pitwatch, with sign-in, is running already at {address}."
        told: object = json.loads(response.read())
        return "Pitwatch is running already at {address} and shows the newest release." if told == about() else ""
    except (OSError, HTTPException, ValueError):
        return ""
    finally:
        connection.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_ADDRESS, port))
        except OSError:
            return False
    return True


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"'{text}' is no port (1 to 65535)")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
