"""Verdicts on the map, in a browser: permits and what lies outside them, the filter of the list, the card."""

import re
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from playwright.sync_api import Page, expect

from store.home import Home
from store.reader import ReleaseReader, current_release
from tests.browser.driving import no_failure, open_map
from tests.permits import PERMITS

AREA = "strzegom"


@pytest.fixture
def reader(permitted: Home) -> ReleaseReader:
    reader = current_release(permitted, AREA)
    assert reader is not None
    return reader


def drawn_features(page: Page, layer: str) -> set[str]:
    """Identifiers of what a layer of the map shows."""
    found: list[str] = page.locator(".map").evaluate(
        "(element, id) => element.map.queryRenderedFeatures({ layers: [id] })"
        ".map(({ properties }) => properties.number ?? properties.patch_id)",
        layer,
    )
    return set(found)


def wait_for_feature(page: Page, layer: str, name: str) -> None:
    """The map draws what is selected when it comes to it."""
    for _ in range(100):
        if name in drawn_features(page, layer):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{name} is not drawn in {layer}")


def test_verdicts_are_seen_on_the_map_and_told_on_the_card(
    page: Page, permit_server: str, reader: ReleaseReader
) -> None:
    open_map(page, permit_server, f"?area={AREA}")
    crossing = {verdict.patch_id for verdict in reader.verdicts() if verdict.kind == "crosses"}
    assert drawn_features(page, "permits-line") == {"W", "E"}
    assert drawn_features(page, "outside") == crossing

    named = page.locator(".legend .row").all_text_contents()
    assert {"Permits", "Outside a valid permit"} <= set(named)
    page.locator(".layers summary").click()
    visible = "(element, id) => element.map.getLayoutProperty(id, 'visibility')"
    for label, layers in {
        "Permits": ("permits-line", "permits-casing"),
        "Outside a valid permit": ("outside",),
    }.items():
        page.get_by_label(label, exact=True).uncheck()
        assert {page.locator(".map").evaluate(visible, layer) for layer in layers} == {"none"}
        page.get_by_label(label, exact=True).check()
    page.locator(".layers summary").click()

    page.get_by_role("button", name="Verdict").click()
    page.get_by_role("button", name=re.compile("suspected: no permit")).click()
    page.keyboard.press("Escape")
    alone = {
        verdict.patch_id
        for verdict in reader.verdicts()
        if (verdict.kind, verdict.certainty) == ("no_permit", "certain")
    }
    rows = page.locator("li[role=option][data-id]")
    expect(rows).to_have_count(len(alone))
    page.wait_for_timeout(1_000)
    assert drawn_features(page, "outside") <= alone, "the hatch of a patch that is not shown"
    chosen = str(rows.first.get_attribute("data-id"))
    rows.first.click()
    expect(page.get_by_text("covers any of it").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d ha outside"))).to_be_visible()
    wait_for_feature(page, "outside", chosen)
    no_failure(page)


def test_two_dates_are_compared_with_the_permits_over_them(page: Page, permit_server: str) -> None:
    page.goto(f"{permit_server}/compare?area={AREA}")
    frame = page.frame_locator("iframe")
    frame.locator("body[data-drawn]").wait_for()
    expect(frame.locator("path.permit")).to_have_count(2)
    expect(page.get_by_text("Boundaries of permits are yellow and black.")).to_be_visible()
    no_failure(page)


def test_an_area_without_a_register_has_no_such_layers(page: Page, permit_server: str) -> None:
    open_map(page, permit_server, "?area=metropolitan")
    assert page.locator(".map").evaluate("(element) => !element.map.getLayer('permits-line')")
    page.locator(".layers summary").click()
    expect(page.get_by_label("Outlines of patches")).to_be_visible()
    expect(page.get_by_label("Permits", exact=True)).to_have_count(0)
    no_failure(page)


def test_a_file_is_dropped_checked_and_held_against_the_patches(
    page: Page, permit_server: str, reader: ReleaseReader, tmp_path: Path
) -> None:
    """From the file to a card with a dossier of the uploaded register, on the map as in the list."""
    shapes, first, last = zip(*PERMITS.values(), strict=True)
    columns = {"permit no": [f"U-{name}" for name in PERMITS], "valid from": first, "valid to": last}
    file = tmp_path / "upload.geojson"
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326").to_file(file)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{permit_server}/permits?area={AREA}")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("2 permits")).to_be_visible()
    forward = page.get_by_role("button", name="Verdicts").last
    expect(forward).to_have_css("color", "rgb(16, 33, 44)")  # dark on the dark theme's light blue
    forward.click()
    page.locator(".map[data-drawn]").wait_for()
    assert drawn_features(page, "permits-line") == {"U-W", "U-E"}
    crossing = next(one.patch_id for one in reader.verdicts() if one.kind == "crosses")
    page.locator(f"li[data-id='{crossing}']").click()
    expect(page.get_by_text("beyond permit U-W").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Dossier (English)").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        case = next(archive.read(name).decode() for name in archive.namelist() if name.endswith("case.json"))
    assert "U-W" in case
    no_failure(page)
