"""How fast the app is on a large area: the real server, Chromium with software rendering, and many people at once.

    python -m benchmarks.app [--home HOME] [--million HOME] [--json]

Without homes, made-up releases of 10,000 patches with images of 272 million pixels, and of a million patches, are
written first (some minutes; `benchmarks/crowded.py`), and kept under `--scratch` for the next time. Everything stays on
this machine's loopback. Prints a table of what was asked and what was measured; `--json` adds the figures as one JSON
object in the last line.
"""

import argparse
import http.client
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import psutil
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from benchmarks.crowded import AREA, make_release
from store.home import Home
from store.reader import ReleaseReader, current_release
from web.urls import tile_template, vector_tile_template

ROOT = Path(__file__).parents[1]
CHROMIUM = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
CHROMIUM += ["--no-first-run", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
CHROMIUM += ["--ignore-gpu-blocklist"]
_AT_ONCE, _PEOPLE = 6, 20
# What the issue asks for, in the unit of the figure.
ASKED = {
    "start_s": 5.0,
    "cold_map_s": 4.0,
    "warm_map_s": 2.0,
    "click_p95_ms": 300.0,
    "filter_p95_ms": 400.0,
    "tile_p95_ms": 60.0,
    "vector_tile_p95_ms": 150.0,
    "vector_tile_1m_p95_ms": 150.0,
    "people_20_p95_ms": 2000.0,
    "mb_per_session": 30.0,
}


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    start_s: float

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def memory_mb(self) -> float:
        return float(psutil.Process(self.process.pid).memory_info().rss / 2**20)

    @property
    def cpu_s(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


@contextmanager
def serving(home: Home) -> Iterator[Server]:
    """The app's own server on a free port of the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    environment = {**os.environ, "PITWATCH_HOME": str(home.root)}
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.02)
        yield Server(process, port, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(timeout=20)


def measure_pages(server: Server, reader: ReleaseReader) -> dict[str, float]:
    """What one person waits for: the first map, a series, a filter."""
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM)
        figures = {"cold_map_s": _first_map(browser, server)}
        context = browser.new_context(viewport={"width": 1500, "height": 900})
        page = context.new_page()
        _open_map(page, server)
        page.close()
        page = context.new_page()
        figures["warm_map_s"] = _open_map(page, server)
        clicks = _clicks(page, [one.patch_id for one in reader.patches(limit=40)])
        filters = _filters(page)
        browser.close()
    return figures | {
        "click_median_ms": float(np.median(clicks)),
        "click_p95_ms": _p95(clicks),
        "filter_median_ms": float(np.median(filters)),
        "filter_p95_ms": _p95(filters),
    }


def _first_map(browser: Browser, server: Server) -> float:
    """Of a server that has answered nobody yet, in a browser that has nothing of it."""
    context = browser.new_context(viewport={"width": 1500, "height": 900})
    taken = _open_map(context.new_page(), server)
    context.close()
    return taken


# What the page itself looks for, frame by frame, in the components' own trees, too: the driver looks every half second
# at last, and its way there and back is not the app's.
_FIND = """(selector) => [document, ...[...document.querySelectorAll("*")].map((each) => each.shadowRoot)]
    .map((tree) => tree && tree.querySelector(selector)).find((found) => found)"""


def _open_map(page: Page, server: Server) -> float:
    """From the address being asked for to a map that is drawn and a list beside it, s."""
    page.goto(f"{server.address}/?area={AREA}", wait_until="commit")
    both = f"() => ['.map[data-drawn]', '[role=option]'].every({_FIND}) && performance.now()"
    return float(page.wait_for_function(both, polling="raf", timeout=120_000).json_value()) / 1000


def _clicks(page: Page, patch_ids: Sequence[str]) -> list[float]:
    """From a click on a row of the list to the patch's series, ms; the first, which opens the column, is left out."""
    taken = []
    for patch_id in patch_ids:
        row = page.locator(f"[data-id='{patch_id}']")
        row.scroll_into_view_if_needed()
        taken.append(
            row.evaluate(
                """(row, wanted) => new Promise((resolve) => {
                    const started = performance.now();
                    const look = () => {
                        const chart = document.querySelector(`.st-key-series-${wanted} .scatterlayer .point`);
                        if (chart) resolve(performance.now() - started); else requestAnimationFrame(look);
                    };
                    row.click();
                    look();
                })""",
                patch_id,
            )
        )
    return taken[1:]


def _filters(page: Page) -> list[float]:
    """From Enter to the first of the patches that match, ms."""
    box = page.get_by_placeholder("Identifier, name, permit or place")
    taken = []
    for number in range(10, 30):
        box.fill(f"P-000{number}")
        page.evaluate(
            f"""(wanted) => {{
                const find = {_FIND};
                window.filtered = new Promise((resolve) => addEventListener("keydown", () => {{
                    const started = performance.now();
                    const look = () => {{
                        if (find(wanted)) resolve(performance.now() - started);
                        else requestAnimationFrame(look);
                    }};
                    look();
                }}, {{ capture: true, once: true }}));
            }}""",
            f"[data-id^='P-000{number}']",
        )
        box.press("Enter")
        taken.append(float(page.evaluate("window.filtered")))
        page.get_by_text("100 patches of 10,000 match the filter").wait_for()
    return taken


def measure_tiles(server: Server, templates: Sequence[str], reader: ReleaseReader, count: int) -> list[float]:
    """How long tiles of the area's middle take, ms, six at once, each asked for once."""
    info = reader.info
    addresses = list(islice(_addresses(templates, (info.west, info.south, info.east, info.north)), count))

    def ask(share: Sequence[str]) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        taken = []
        for address in share:
            started = time.perf_counter()
            connection.request("GET", address)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 204):
                raise RuntimeError(f"{address}: {answer.status}")
            taken.append((time.perf_counter() - started) * 1000)
        return taken

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        shares = [addresses[place::_AT_ONCE] for place in range(_AT_ONCE)]
        return [one for share in pool.map(ask, shares) for one in share]


def _addresses(templates: Sequence[str], frame: tuple[float, float, float, float]) -> Iterator[str]:
    """Tiles within a frame, of every zoom level at which it is larger than one, in an order of chance."""
    random = np.random.default_rng(1)
    west, south, east, north = frame
    least = max(0, math.floor(math.log2(360 / (east - west))))
    while True:
        zoom = int(random.integers(least, least + 6))
        lon, lat = random.uniform(west, east), random.uniform(south, north)
        x = int((lon + 180) / 360 * 2**zoom)
        y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
        template = templates[int(random.integers(len(templates)))]
        yield template.format(z=zoom, x=x, y=y)


def measure_people(server: Server, patch_ids: Sequence[str]) -> dict[str, float]:
    """Twenty people at once, each opening the map and then ten patches: what each waits for, and what each costs."""
    before = server.memory_mb
    with ThreadPoolExecutor(_PEOPLE) as pool:
        people = [pool.submit(_person, server, patch_ids[place::_PEOPLE]) for place in range(_PEOPLE)]
        taken = [one for person in people for one in person.result()]
    return {
        "people_20_median_ms": float(np.median(taken)),
        "people_20_p95_ms": _p95(taken),
        "mb_per_session": (server.memory_mb - before) / _PEOPLE,
    }


def _person(server: Server, patch_ids: Sequence[str]) -> list[float]:
    """A session by Streamlit's own protocol; how long the script ran each time, from asking to its end, ms."""
    taken = []
    with connect(
        f"ws://127.0.0.1:{server.port}/_stcore/stream",
        max_size=None,
        subprotocols=["streamlit"],  # type: ignore[list-item]
    ) as socket_:
        for query in [f"area={AREA}", *(f"area={AREA}&patch={patch_id}" for patch_id in patch_ids[:10])]:
            ask = BackMsg()
            ask.rerun_script.query_string = query
            started = time.perf_counter()
            socket_.send(ask.SerializeToString())
            while True:
                answer = ForwardMsg()
                answer.ParseFromString(bytes(socket_.recv()))  # type: ignore[arg-type]
                if answer.WhichOneof("type") == "script_finished":
                    break
            taken.append((time.perf_counter() - started) * 1000)
            time.sleep(2.0)  # people look at what they see
    return taken


def _p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95))


def measure(home: Home, million: Home) -> dict[str, float]:
    figures: dict[str, float] = {}
    reader = _release(home)
    info = reader.info
    with serving(home) as server:
        figures["start_s"] = server.start_s
        figures |= measure_pages(server, reader)
        pictures = [tile_template(AREA, info.id, image.layer) for image in reader.images]
        tiles = measure_tiles(server, pictures, reader, 300)
        figures |= {"tile_median_ms": float(np.median(tiles)), "tile_p95_ms": _p95(tiles)}
        vectors = measure_tiles(server, [vector_tile_template(AREA, info.id, "")], reader, 200)
        figures["vector_tile_p95_ms"] = _p95(vectors)
        figures |= measure_people(server, reader.patch_ids())
        figures |= {"server_mb": server.memory_mb, "server_cpu_s": server.cpu_s}
    many = _release(million)
    with serving(million) as server:
        vectors = measure_tiles(server, [vector_tile_template(AREA, many.info.id, "")], many, 200)
        figures |= {"vector_tile_1m_median_ms": float(np.median(vectors)), "vector_tile_1m_p95_ms": _p95(vectors)}
    return figures


def _release(home: Home) -> ReleaseReader:
    reader = current_release(home, AREA)
    if reader is None:
        raise SystemExit(f"{home.root} has no release of {AREA}: python -m benchmarks.crowded {home.root}")
    return reader


def _made(folder: Path, make: Callable[[Home], object]) -> Home:
    home = Home(folder)
    if current_release(home, AREA) is None:
        make(home)
    return home


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="of 10,000 patches")
    parser.add_argument("--million", type=Path, help="of a million patches")
    parser.add_argument("--scratch", type=Path, default=ROOT / "var" / "benchmarks")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    given = parser.parse_args()
    home = _made(given.home or given.scratch / "crowded", lambda made: make_release(made, 10_000, 16_500))
    million = _made(
        given.million or given.scratch / "million", lambda made: make_release(made, 1_000_000, 0, with_series=False)
    )
    figures = measure(home, million)
    table = Table("figure", "measured", "asked", title="App, 10,000 patches, 272 Mpx images", title_justify="left")
    for name, value in figures.items():
        asked = ASKED.get(name)
        table.add_row(name, f"{value:.2f}" if value < 10 else f"{value:.0f}", "" if asked is None else f"≤ {asked:g}")
    Console().print(table)
    if given.json:
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
