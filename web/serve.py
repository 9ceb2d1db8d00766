"""`python -m web.serve`: start the app's server, or say that it is running already."""

import argparse
import os
import sys
from http.client import HTTPConnection
from pathlib import Path

_APP = Path(__file__).parents[1] / "app.py"
_ADDRESS = "127.0.0.1"


def main() -> int:
    """Serve until interrupted; 0 when a server of ours answers at the port already."""
    parser = argparse.ArgumentParser(prog="python -m web.serve", description="Serve the app on this machine.")
    parser.add_argument("--port", type=int, default=8501)
    port = parser.parse_args().port
    address = f"http://{_ADDRESS}:{port}"
    if _answers(port):
        print(f"Pitwatch is running already at {address} and shows the newest release.")
        return 0
    print(f"Pitwatch is served at {address} (stop it with Ctrl+C).", flush=True)
    os.chdir(_APP.parent)  # where Streamlit looks for its settings
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", _APP.name, f"--server.port={port}"])
    raise AssertionError("exec does not return")


def _answers(port: int) -> bool:
    """Whether a Streamlit server answers at the port."""
    connection = HTTPConnection(_ADDRESS, port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().read() == b"ok"
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
