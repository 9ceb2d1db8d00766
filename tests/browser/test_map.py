"""The inspector's work on the map, in a browser."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import click_place, drawn, no_failure, on_screen, open_map, series_points
from tests.conftest import METROPOLITAN

SITE = "M1345.B1"


def test_pixels_are_clicked_one_after_the_other_and_gone_back_to(page: Page, server: str) -> None:
    """The one shows its series with uncertainty, the other says why it has none."""
    first, second = page.get_by_text(re.compile(r"^34\.190\d° S")), page.get_by_text(re.compile(r"^34\.200\d° S"))
    open_map(page, server)
    click_place(page, 150.9354, -34.1904)
    expect(page.get_by_text("−11 ± 7 mm/yr along the line of sight")).to_be_visible()
    expect(page.get_by_text("13 dates from 17 of 17 pairs")).to_be_visible()
    points = series_points(page)
    assert len(points) == 13
    assert points[0] == 0
    assert points[-1] == pytest.approx(-19.4, abs=0.1)
    bars = page.locator(".js-plotly-plot").first.evaluate(
        "(chart) => chart.data.some((each) => each.error_y && each.mode === 'markers')"
    )
    assert bars, "points without error bars"
    expect(first).to_be_visible()

    click_place(page, 150.9304, -34.2004)
    expect(page.get_by_text("Decorrelated: 4 of 17 pairs have phase at this pixel")).to_be_visible()
    expect(page.get_by_text("Its own network falls apart")).to_be_visible()
    expect(second).to_be_visible()

    page.go_back()
    expect(first).to_be_visible()
    page.go_forward()
    expect(second).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text("Patches by class and activity")).to_be_visible()
    page.get_by_role("link", name="Map").click()
    drawn(page)
    expect(second).to_be_visible()
    no_failure(page)


def test_the_outline_selects_the_site_in_map_list_and_url(page: Page, server: str) -> None:
    open_map(page, server)
    click_place(page, *_vertex_in_frame())
    expect(page.get_by_text("permits not tested").last).to_be_visible()
    expect(page.get_by_role("option", selected=True)).to_contain_text("Metropolitan Coal Mine")
    expect(page).to_have_url(re.compile(f"patch={SITE}"))
    assert "at=" not in page.url, "the outline is the site, not a place in it"
    assert len(series_points(page)) == 13


def _vertex_in_frame() -> tuple[float, float]:
    """A corner of the site's outline well inside the frame."""
    collection = json.loads((METROPOLITAN / "mine_boundary.geojson").read_text())
    ring = collection["features"][0]["geometry"]["coordinates"][0]
    return next((lon, lat) for lon, lat, *_ in ring if 150.912 < lon < 150.947 and -34.215 < lat < -34.175)


def test_the_list_selects_with_the_keyboard(page: Page, server: str) -> None:
    open_map(page, server)
    page.get_by_role("listbox").focus()
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile(f"patch={SITE}"))
    expect(page.get_by_text("moves away from the satellite")).to_be_visible()


def test_the_ground_stays_where_it_is_when_something_is_selected(page: Page, server: str) -> None:
    open_map(page, server)
    page.locator(".map").evaluate("(element) => element.map.jumpTo({ center: [150.937, -34.197], zoom: 13.6 })")
    before = on_screen(page, 150.9354, -34.1904)
    click_place(page, 150.9354, -34.1904)
    expect(page.get_by_text("mm/yr along the line of sight")).to_be_visible()
    assert on_screen(page, 150.9354, -34.1904) == pytest.approx(before, abs=1)
    click_place(page, 150.9304, -34.2004)
    expect(page.get_by_text("4 of 17 pairs")).to_be_visible()
    assert on_screen(page, 150.9354, -34.1904) == pytest.approx(before, abs=1)


def test_what_was_clicked_stays_in_view_when_the_map_gets_narrower(page: Page, server: str) -> None:
    open_map(page, server)
    page.locator(".map").evaluate("(element) => element.map.jumpTo({ center: [150.915, -34.2], zoom: 13 })")
    click_place(page, 150.945, -34.2)
    expect(page.get_by_text(re.compile(r"° S, 150\.94"))).to_be_visible()
    page.wait_for_timeout(500)
    x, _ = on_screen(page, 150.945, -34.2)
    assert 0 < x < page.locator(".map").evaluate("(element) => element.clientWidth")


def test_what_is_chosen_in_the_list_comes_into_view(page: Page, server: str) -> None:
    open_map(page, server)
    page.locator(".map").evaluate("(element) => element.map.jumpTo({ center: [150.5, -34.2], zoom: 12 })")
    page.get_by_role("option").click()
    expect(page).to_have_url(re.compile(f"patch={SITE}"))
    page.wait_for_timeout(500)
    x, y = on_screen(page, 150.97, -34.18)  # in the middle of the site
    assert 0 < x < page.locator(".map").evaluate("(element) => element.clientWidth")
    assert y > 0


def test_a_selection_can_be_sent_as_a_link(page: Page, server: str) -> None:
    open_map(page, server, f"?area=metropolitan&patch={SITE}&at=150.93540,-34.19040")
    expect(page.get_by_text("34.1904° S, 150.9354° E")).to_be_visible()
    expect(page.get_by_role("option", selected=True)).to_contain_text("Metropolitan Coal Mine")


def test_a_place_outside_the_frame_says_so(page: Page, server: str) -> None:
    open_map(page, server)
    page.locator(".map").evaluate("(element) => element.map.jumpTo({ zoom: 11 })")
    click_place(page, 150.86, -34.2)
    expect(page.get_by_text("This place lies outside the frame")).to_be_visible()


def test_each_layer_has_its_tiles_its_legend_and_colours_that_mean_something(page: Page, server: str) -> None:
    """The darkest red of the bowl is on the screen where the lowest rates lie."""
    open_map(page, server)
    expect(page.locator(".legend")).to_contain_text("Rate, line of sight, mm/yr")
    page.get_by_text("Layers").click()
    with page.expect_response(re.compile(r"/tiles/.*/coherence/")) as answer:
        page.get_by_label("Temporal coherence").check()
    assert answer.value.ok
    expect(page.locator(".legend")).to_contain_text("Temporal coherence")
    expect(page.locator(".legend .ticks")).to_have_text("0.00.51.0")
    page.get_by_role("radio", name="Rate, line of sight").check()
    expect(page.locator(".legend .ticks")).to_have_text("−20−5520")
    for layer in ("Decorrelated or flagged", "Moving ground", "Outlines of patches"):
        page.get_by_label(layer).uncheck()
    page.get_by_text("Layers").click()
    page.locator(".map").evaluate(
        "async (element) => { if (!element.map.loaded()) await new Promise((done) => element.map.once('idle', done)); }"
    )
    colour = page.locator(".map").evaluate(
        """(element) => new Promise((done) => {
             element.map.once('render', () => {
               const at = element.map.project([150.9354, -34.2037]), ratio = devicePixelRatio;
               const canvas = element.map.getCanvas(), gl = canvas.getContext('webgl2'), out = new Uint8Array(4);
               gl.readPixels(at.x * ratio, canvas.height - at.y * ratio, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, out);
               done(Array.from(out));
             });
             element.map.triggerRepaint();
           })"""
    )
    red, green, blue, _ = colour
    assert red > 90
    assert green < 80
    assert blue < 90


def test_the_legend_names_every_line_and_area_that_is_switched_on(page: Page, server: str) -> None:
    open_map(page, server)
    rows = page.locator(".legend .row")
    expect(rows).to_have_text(["▼ moving away", "Moving ground", "decorrelated", "flagged"])
    painted = page.locator(".map").evaluate("(element) => element.map.getPaintProperty('clusters', 'line-color')")
    expect(rows.nth(1).locator("path")).to_have_attribute("stroke", painted)
    page.get_by_text("Layers").click()
    for layer in ("Decorrelated or flagged", "Moving ground"):
        page.get_by_label(layer).uncheck()
    expect(rows).to_have_text(["▼ moving away"])
    page.get_by_role("radio", name="None").last.check()  # no layer of data: the lines keep their legend
    expect(rows).to_have_text(["▼ moving away"])
    page.locator(".legend summary").click()
    expect(rows.first).to_be_hidden()
    page.get_by_label("Moving ground").check()
    expect(rows.first).to_be_hidden()


def test_the_legend_of_a_small_map_is_folded_until_it_is_opened(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 1100, "height": 700})
    open_map(page, server)
    rows = page.locator(".legend .row")
    expect(rows.first).to_be_visible()
    page.get_by_role("option").first.click()
    expect(page.get_by_role("option", selected=True)).to_be_visible()
    expect(rows.first).to_be_hidden()
    page.locator(".legend summary").click()
    expect(rows.first).to_be_visible()
    page.set_viewport_size({"width": 1090, "height": 700})
    page.wait_for_timeout(500)
    expect(rows.first).to_be_visible()


def test_open_layers_do_not_cover_the_legend_and_stay_on_the_map(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 900, "height": 560})
    open_map(page, server)
    layers, legend, ground = (page.locator(name) for name in (".layers", ".legend", ".map"))
    place = legend.bounding_box()
    layers.locator("summary").click()
    boxes = [one.bounding_box() for one in (layers, legend, ground)]
    assert all(boxes)
    opened, beside, whole = (box for box in boxes if box)
    assert beside["x"] >= opened["x"] + opened["width"]
    assert beside["x"] + beside["width"] <= whole["x"] + whole["width"]
    assert opened["y"] + opened["height"] <= whole["y"] + whole["height"]
    page.set_viewport_size({"width": 700, "height": 560})
    expect(legend).to_be_hidden()
    page.set_viewport_size({"width": 900, "height": 560})
    layers.locator("summary").click()
    assert legend.bounding_box() == place
