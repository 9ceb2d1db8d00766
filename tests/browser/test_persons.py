"""A day's work of each of the three persons, from the first page to what they take along.

On the shipped quarries with a made-up register; with `PITWATCH_PERSONS=HOME:AREA` on an area of another home, such as
the simulated Weining (`make persons`), which takes too long to make for every run of the tests.
"""

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from store.home import Home
from store.patches import PatchFilter
from store.reader import ReleaseReader, current_release
from tests.browser.conftest import _start
from tests.browser.driving import drawn, no_failure, open_map


@pytest.fixture(scope="module")
def reader(permitted: Home) -> ReleaseReader:
    folder, _colon, area = os.environ.get("PITWATCH_PERSONS", f"{permitted.root}:strzegom").rpartition(":")
    found = current_release(Home(Path(folder)), area)
    assert found is not None, "PITWATCH_PERSONS names no release"
    return found


@pytest.fixture(scope="module")
def address(reader: ReleaseReader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = Home(reader.folder.parents[2])
    process, found = _start(home, tmp_path_factory.mktemp("persons") / "log")
    yield found
    process.terminate()
    process.wait(timeout=20)


def test_an_inspector_finds_judges_compares_and_takes_evidence_along(
    page: Page, address: str, reader: ReleaseReader
) -> None:
    area = reader.info.area
    open_map(page, address, f"?area={area}")
    page.get_by_role("button", name="More").click()
    page.get_by_role("radio", name="suspected").click()
    page.keyboard.press("Escape")
    chosen = PatchFilter(suspected="certain")
    expect(page.get_by_text(f"of {reader.patch_count()} match the filter")).to_be_visible()
    first = reader.patches(chosen)[0]
    rows = page.locator("li[role=option][data-id]")
    expect(rows).to_have_count(min(reader.patch_count(chosen), 100))
    expect(rows.first).to_have_attribute("data-id", first.patch_id)
    # Through the list with the keyboard, and back to the first.
    rows.first.click()
    expect(page.get_by_role("heading", name=first.patch_id)).to_be_visible()
    page.keyboard.press("ArrowDown")
    second = reader.patches(chosen)[1]
    expect(page.get_by_role("heading", name=second.patch_id)).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("heading", name=first.patch_id)).to_be_visible()
    # Everything about it, with both images side by side.
    page.get_by_role("button", name="All about it").click()
    swipe = page.frame_locator("iframe").first
    expect(swipe.locator(".leaflet-sbs-divider")).to_be_visible()
    expect(page.get_by_text("Across releases")).to_be_visible()
    expect(page.get_by_text("suspected").first).to_be_visible()
    page.locator(".map[data-drawn]").first.wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Dossier (English)").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        names = archive.namelist()
    assert any(name.endswith(".pdf") for name in names) and any(name.endswith("MANIFEST.sha256") for name in names)
    # And back to the list as it was.
    page.get_by_role("button", name="Show on map").click()
    expect(page.get_by_role("option", selected=True)).to_have_attribute("data-id", first.patch_id)
    drawn(page)
    expect(page.get_by_text("match the filter")).to_be_visible()
    no_failure(page)


def test_a_manager_reads_the_overview_follows_a_figure_and_prints(
    page: Page, address: str, reader: ReleaseReader
) -> None:
    figures = reader.figures()
    assert figures.certain is not None
    page.goto(f"{address}/overview?area={reader.info.area}")
    expect(page.get_by_text(f"{figures.certain.patches} · ").first).to_be_visible()
    expect(page.get_by_text("Largest outside a permit")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    with page.expect_download() as download:
        page.get_by_role("button", name="XLSX").click()
    book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert "Figures" in book.sheetnames and "Patches by verdict" in book.sheetnames
    assert page.pdf(print_background=False).startswith(b"%PDF")
    tile = page.locator(".st-key-list-tile-certain")
    tile.get_by_role("button", name="Show them").click()
    drawn(page)
    expect(page.get_by_text(f"{figures.certain.patches} patches of {figures.patches} match the filter")).to_be_visible()
    assert "suspected%3Dcertain" in page.url
    no_failure(page)


def test_a_link_to_a_filtered_view_shows_the_same_to_a_colleague(
    page: Page, address: str, reader: ReleaseReader
) -> None:
    info = reader.info
    lon, lat = (info.west + info.east) / 2, (info.south + info.north) / 2
    open_map(page, address, f"?area={info.area}&show=suspected%3Dcertain#map=15.00/{lat:.5f}/{lon:.5f}")
    middle = page.locator(".map").evaluate("(element) => [element.map.getZoom(), element.map.getCenter().lng]")
    assert middle == [pytest.approx(15.0), pytest.approx(lon, abs=1e-4)]
    count = reader.patch_count(PatchFilter(suspected="certain"))
    expect(page.get_by_text(f"{count} patches of {reader.patch_count()} match the filter")).to_be_visible()


def test_an_area_is_drawn_and_a_distance_measured(page: Page, address: str, reader: ReleaseReader) -> None:
    open_map(page, address, f"?area={reader.info.area}")
    box = page.locator(".map canvas").bounding_box()
    assert box is not None
    corners = [(0.5, 0.4), (0.6, 0.4), (0.6, 0.5)]
    page.get_by_label("Measure a distance").click()
    for across, down in corners[:2]:
        page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    metres = page.locator(".map").evaluate(
        "(element, at) => element.map.unproject(at[0]).distanceTo(element.map.unproject(at[1]))",
        [[box["width"] * across, box["height"] * down] for across, down in corners[:2]],
    )
    said = page.locator(".measured")
    expect(said).to_contain_text("m –")
    value, unit = (said.text_content() or "").split(" ")[:2]
    assert float(value) * {"m": 1, "km": 1000}[unit] == pytest.approx(metres, rel=0.02)
    page.keyboard.press("Escape")
    expect(said).to_be_hidden()
    page.get_by_label("Draw an area").click()
    for across, down in corners:
        page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Drawn area")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Outline as GeoJSON").click()
    assert b'"Polygon"' in Path(download.value.path()).read_bytes()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Drawn area")).to_have_count(0)
    no_failure(page)
