"""The swipe's page asks this server alone, and what it is given stays text."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
import streamlit as st

from components.swipe import SwipeImage, swipe_map
from tests.conftest import ROOT
from web.urls import VENDOR, tile_template

HOSTILE = """</script><script>alert(1)</script> "x" 'y' {{ 1234 * 1001 }} ${8 * 8} <img src=x onerror=alert(1)> & é"""
LEFT = SwipeImage(tile_template("area", "20240101T000000Z", "image-20210619"), "19 Jun 2021", "2021-06-19")
RIGHT = SwipeImage(tile_template("area", "20240101T000000Z", "image-20230824"), "24 Aug 2023", "2023-08-24")
GIVEN: dict[str, Any] = {
    "left": LEFT,
    "right": RIGHT,
    "bounds": (150.9, -34.3, 151.1, -34.1),
    "outlines": "/vectors/area/20240101T000000Z/outlines.geojson",
    "permits": "/vectors/area/20240101T000000Z/permits.geojson",
    "attribution": "Copernicus Sentinel data 2023",
    "key": "swipe",
}
Draw = Callable[..., str]


@pytest.fixture
def frame(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was given to Streamlit's frame."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(st, "iframe", lambda page, **options: given.update(page=page, **options))
    return given


@pytest.fixture
def draw(frame: dict[str, Any]) -> Draw:
    def drawn(**changes: Any) -> str:
        swipe_map(**GIVEN | changes)
        page: str = frame["page"]
        return page

    return drawn


class Page(HTMLParser):
    """Elements of a page as a browser reads them: names, attributes, and the texts of its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script" and data.strip():
            self.scripts.append(data)


def data_of(page: str) -> dict[str, Any]:
    """What the page's own script is given."""
    found = re.search(r"JSON\.parse\((\".*\")\);", page)
    assert found
    data: dict[str, Any] = json.loads(json.loads(found[1]))
    return data


def test_the_page_names_no_other_machine(draw: Draw) -> None:
    page = draw(focus=(150.95, -34.25, 151.0, -34.2), selected="P1")
    assert re.findall(r"""(?:[a-z]+:)?//[a-z0-9.-]+\.[a-z]+[^"'\s]*""", page, re.IGNORECASE) == []
    assert re.findall(r"https?:|wss?:|@import", page) == []


def test_all_that_it_loads_is_vendored(draw: Draw) -> None:
    loaded = [attributes.get("src") or attributes.get("href") for _, attributes in Page(draw()).elements]
    paths = [path for path in loaded if path]
    assert len(paths) == 5
    for path in paths:
        assert path.startswith(f"{VENDOR}/")
        assert (ROOT / "static" / path.removeprefix(f"{VENDOR}/")).is_file(), path


def test_what_vendored_styles_show_is_vendored() -> None:
    folder = ROOT / "static" / "leaflet-side-by-side"
    for name in re.findall(r"url\(([^)]+)\)", (folder / "range.css").read_text()):
        assert (folder / name).is_file()


def test_tiles_and_outlines_are_asked_for_by_path(draw: Draw) -> None:
    page = draw()
    assert f'"{LEFT.tiles}"' in page
    assert f'"{RIGHT.tiles}"' in page
    assert data_of(page)["outlines"] == GIVEN["outlines"]
    assert data_of(page)["permits"] == GIVEN["permits"]


def test_the_same_input_gives_the_same_page(draw: Draw) -> None:
    """Otherwise every rerun of Streamlit's script would load the frame again."""
    assert draw() == draw()


@pytest.mark.parametrize("field", ["tiles", "label", "date", "attribution", "selected", "outlines", "permits"])
def test_hostile_texts_stay_texts(draw: Draw, field: str) -> None:
    """Neither HTML, nor a script's end, nor a template: Folium renders its own output once more."""
    plain = Page(draw(selected="P1"))
    changes = {"left": LEFT._replace(**{field: HOSTILE})} if field in LEFT._fields else {field: HOSTILE}
    page = draw(**{"selected": "P1"} | changes)
    hostile = Page(page)
    assert hostile.elements == plain.elements
    assert len(hostile.scripts) == len(plain.scripts)
    assert str(1234 * 1001) not in page
    assert "alert(1)" in hostile.scripts[-1]


@pytest.mark.parametrize("field", ["label", "date", "tiles", "selected", "outlines", "permits"])
def test_texts_arrive_as_they_are(draw: Draw, field: str) -> None:
    if field in LEFT._fields:
        assert data_of(draw(left=LEFT._replace(**{field: HOSTILE})))["left"][field] == HOSTILE
    else:
        assert data_of(draw(**{field: HOSTILE}))[field] == HOSTILE


def test_attribution_reaches_leaflet_as_text(draw: Draw) -> None:
    """Leaflet takes it as HTML."""
    found = re.findall(r'"attribution": (".*")', draw(attribution=HOSTILE))
    assert len(found) == 2
    for text in map(json.loads, found):
        assert not set(text) & set("<>{")
        assert unescape(text) == HOSTILE


def test_without_attribution(draw: Draw) -> None:
    assert '"attribution": " "' in draw(attribution="")


def test_the_frame_says_what_it_shows(draw: Draw, frame: dict[str, Any]) -> None:
    draw(height=300)
    assert frame["height"] == 300
    assert "19 Jun 2021 (left) and 24 Aug 2023 (right)" in frame["alt"]


def test_focus_is_what_is_shown_at_first(draw: Draw) -> None:
    assert data_of(draw())["focus"] == [[-34.3, 150.9], [-34.1, 151.1]]
    assert data_of(draw(focus=(150.95, -34.25, 151.0, -34.2)))["focus"] == [[-34.25, 150.95], [-34.2, 151.0]]


def test_map_libraries_are_loaded_where_they_draw_and_nothing_heavy_with_them() -> None:
    program = """
import sys
import components.swipe
loaded = lambda *names: sorted(sys.modules.keys() & set(names))
print(loaded("folium", "branca", "leafmap"))
import streamlit as st
st.iframe = lambda *args, **options: None
image = components.swipe.SwipeImage("/tiles/{z}/{x}/{y}.png", "a", "2021-01-01")
components.swipe.swipe_map(
    left=image, right=image, bounds=(0.0, 0.0, 1.0, 1.0), outlines="/o.geojson", attribution="a", key="k"
)
print(loaded("folium", "leafmap", "torch", "mintpy", "numba", "scipy", "matplotlib", "geopandas", "IPython"))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[]", "['folium']"]
