"""The map of a dossier, opened from disk."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from engine.evidence.gathering import gather
from engine.evidence.selecting import patches_with
from engine.evidence.webmap import web_map
from store.home import Home
from store.reader import current_release


def test_the_map_opens_from_disk_and_asks_nobody(browser: Browser, permitted: Home, tmp_path: Path) -> None:
    reader = current_release(permitted, "strzegom")
    assert reader is not None
    path = tmp_path / "map.html"
    path.write_bytes(web_map(gather(reader, patches_with(reader, "crosses")[0])))
    asked: list[str] = []
    said: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    expect(page.locator(".leaflet-image-layer")).to_have_count(1)
    expect(page.locator("path.leaflet-interactive").first).to_be_visible()
    page.get_by_text("19 Jun 2021").first.click()
    assert page.locator(".leaflet-image-layer").evaluate("image => image.naturalWidth") > 50
    page.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
