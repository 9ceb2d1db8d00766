"""The real server and a real browser, cut off from every machine but this one."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from store.home import Home
from tests.browser.provider import CLIENT, Provider
from web.roles import ROLES

ROOT = Path(__file__).parents[2]
LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    # Only maps are drawn by what stands in for a graphics card: for everything else the processor itself is quicker.
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
    "--force-prefers-reduced-motion",
    # Names of other machines do not resolve: whatever asks for one fails, and is seen to have asked.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marked as what drives the browser; one worker runs them all (see tests/conftest.py), for they share servers."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


expect.set_options(timeout=20_000)  # shared machines are slow at times

StartServer = Callable[..., str]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers that have not served anything yet, given a home and options; gives their address."""
    running: list[subprocess.Popen[bytes]] = []

    def start(home: Home, *options: str) -> str:
        process, address = _start(home, tmp_path / f"server-{len(running)}.log", *options)
        running.append(process)
        return address

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def server(published: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that shows the shipped area."""
    process, address = _start(published, tmp_path_factory.mktemp("server") / "log")
    yield address
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="session")
def optical_server(both_published: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that shows both shipped areas."""
    process, address = _start(both_published, tmp_path_factory.mktemp("optical-server") / "log")
    yield address
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="session")
def permit_server(permitted: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that shows both, the optical one with a register of permits."""
    process, address = _start(permitted, tmp_path_factory.mktemp("permit-server") / "log")
    yield address
    process.terminate()
    process.wait(timeout=20)


def _start(home: Home, log: Path, *options: str) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", *options]
    environment = {**os.environ, "PITWATCH_HOME": str(home.root)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5):
                return process, address
        except OSError:  # refused, or slow to answer while it starts
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    process.kill()
    raise AssertionError("the server did not start:\n" + log.read_text())


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """Who signs people in: one of each role, one without, and one whose sign-in ends soon."""
    people: dict[str, dict[str, object]] = {role: {"name": f"One {role}", "groups": ["all", role]} for role in ROLES}
    people["stranger"] = {"name": "*Some* <b>one</b>", "groups": ["all"], "email": "stranger@example.org"}
    people["late"] = {"name": "Late", "groups": "analyst"}
    serving = Provider(people)
    yield serving
    serving.close()


@pytest.fixture(scope="session")
def asking(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The option of a server that asks people to sign in."""
    secrets = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    secrets.write_text(f"""
        [auth]
        redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
        cookie_secret = "{"of-the-tests-" * 3}"
        client_id = "{CLIENT[0]}"
        client_secret = "{CLIENT[1]}"
        server_metadata_url = "{provider.address}/.well-known/openid-configuration"
        [pitwatch.roles]
        claim = "groups"
    """)
    return f"--secrets.files={secrets}"


@pytest.fixture(scope="session")
def asking_server(published: Home, asking: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with sign-in that shows the shipped area."""
    process, address = _start(published, tmp_path_factory.mktemp("asking-server") / "log", asking)
    yield address
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1500, "height": 900})
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; when the test is over, nothing must have been asked of another machine, and no script have failed."""
    asked: list[str] = []
    failures: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(LOCAL):
            asked.append(request.url)

    def withdraw(request: Request) -> None:
        """What the page's own policy has stopped was asked of nobody."""
        if request.failure == "csp" and request.url in asked:
            asked.remove(request.url)

    opened = context.new_page()
    opened.on("request", note)
    opened.on("requestfailed", withdraw)
    opened.on("websocket", lambda socket: asked.append(socket.url) if not socket.url.startswith(LOCAL) else None)
    opened.on("pageerror", lambda error: failures.append(str(error)))
    yield opened
    assert asked == [], "the page asked another machine"
    assert failures == [], "a script failed"
