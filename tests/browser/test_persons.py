"""A day's work of each of the three persons, from the first page to what they take along.

On the shipped quarries with a made-up register; with `PITWATCH_PERSONS=HOME:AREA` on an area of another home, such as
the simulated Weining (`make persons`), which takes too long to make for every run of the tests.
"""

import io
import json
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from engine.permits.fields import Field
from store.home import Home
from store.patches import PatchFilter
from store.reader import ReleaseReader, current_release
from tests.browser.conftest import StartServer, _start
from tests.browser.driving import drawn, no_failure, open_map

_ROW_PX = 35  # of a table


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


def test_an_analyst_mends_a_register_compares_and_takes_the_verdicts_along(
    page: Page, reader: ReleaseReader, start_server: StartServer, tmp_path: Path
) -> None:
    """A register in which a permit is missing, in GBK and without its system, and whose days stand under odd names."""
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.releases_root.symlink_to(reader.folder.parents[1])
    inside = max((one for one in reader.verdicts() if one.kind == "inside"), key=lambda one: one.patch_id)
    register = reader.register
    assert register is not None
    file = tmp_path / "许可证.zip"
    file.write_bytes(_odd_register(reader, without=inside.permits))
    page.goto(f"{start_server(home)}/permits?area={reader.info.area}")
    expect(page.get_by_text("the release shown is judged by it")).to_be_visible()
    page.locator("input[type=file]").set_input_files(file)
    # The system: seen on the map before it is taken.
    expect(page.get_by_text("It is not assumed: choose it.")).to_be_visible()
    page.get_by_test_id("stRadioOption").filter(has_text=f"{register.crs} ").click()
    page.get_by_role("button", name="Take this one").click()
    expect(page.get_by_text("texts in GB18030 (guessed)")).to_be_visible()
    expect(page.get_by_text("lie on this area.").or_(page.get_by_text("lies on this area."))).to_be_visible()
    # The days: nothing was made of their columns.
    expect(page.get_by_text("Not used: 备注甲, 备注乙")).to_be_visible()
    _set_column(page, Field.VALID_FROM, "备注甲")
    expect(page.get_by_text("Not used: 备注乙")).to_be_visible()
    _set_column(page, Field.VALID_TO, "备注乙")
    expect(page.get_by_text("Not used:")).to_have_count(0)
    # A reload on the way costs nothing.
    page.reload()
    expect(page.get_by_text("texts in GB18030 (guessed)")).to_be_visible()
    expect(page.get_by_text("Not used:")).to_have_count(0)
    # What was inside has no permit now, and is found among those that have none.
    page.get_by_role("button", name="Verdicts").last.click()
    expect(page.get_by_role("button", name="Keep")).to_be_visible()
    page.get_by_role("combobox", name=re.compile("Verdict")).click()
    page.get_by_role("option", name=re.compile("suspected: no permit")).click()
    row = page.locator(f"li[data-id='{inside.patch_id}']")
    expect(row).to_contain_text("suspected: no permit")
    row.click()
    expect(page.get_by_role("heading", name=inside.patch_id)).to_be_visible()
    page.get_by_role("button", name="Keep").click()
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").filter(has_text="Download").click()
    download.value.save_as(tmp_path / "verdicts.gpkg")
    taken = gpd.read_file(tmp_path / "verdicts.gpkg")
    assert "no_permit" in set(taken.loc[taken["patch_id"] == inside.patch_id, "kind"])
    no_failure(page)


def _odd_register(reader: ReleaseReader, *, without: Sequence[str]) -> bytes:
    """The release's permits but for some, as a zipped shapefile that says neither its system nor its encoding."""
    register = reader.register
    assert register is not None
    permits = gpd.GeoDataFrame.from_features(json.loads(reader.permits_geojson()), crs="EPSG:4326")
    names = {"number": "许可证号", "mine": "矿山名称", "valid_from": "备注甲", "valid_to": "备注乙"}
    permits = permits[~permits["number"].isin(without)].rename(columns=names)
    archive = io.BytesIO()
    with TemporaryDirectory() as folder, zipfile.ZipFile(archive, "w") as files:
        permits.to_crs(register.crs).to_file(Path(folder) / "permits.shp", encoding="GBK")
        for path in sorted(Path(folder).iterdir()):
            if path.suffix not in (".cpg", ".prj"):
                files.write(path, path.name)
    return archive.getvalue()


def _set_column(page: Page, field: Field, column: str) -> None:
    """Choose a column in the table of step 2, which is drawn and not made of elements: by its place and the keys."""
    row = 1 + list(Field).index(field)
    page.get_by_test_id("stDataFrame").click(position={"x": 20, "y": _ROW_PX * (row + 0.5)})
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#portal input")).to_be_focused()
    page.keyboard.insert_text(column)
    page.get_by_role("option", name=column, exact=True).click()


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
