"""Work with patches that were found in images, in a browser: map, list, both dates."""

import re

from playwright.sync_api import FrameLocator, Page, expect

from store.home import Home
from store.reader import ReleaseReader, current_release
from store.rows import Patch
from tests.browser.driving import click_place, drawn, no_failure, open_map

AREA = "strzegom"
# In the large quarry in the south-west, and in the forest in the middle, degrees.
QUARRY, FOREST = (16.2326, 50.9949), (16.2427, 51.0004)


def reader_of(home: Home) -> ReleaseReader:
    reader = current_release(home, AREA)
    assert reader is not None
    return reader


def largest(home: Home) -> Patch:
    return max(reader_of(home).patches(), key=lambda patch: patch.area_m2)


def test_the_list_and_the_map_are_one_selection(page: Page, optical_server: str, both_published: Home) -> None:
    open_map(page, optical_server, f"?area={AREA}")
    expect(page.get_by_role("option")).to_have_count(len(reader_of(both_published).patches()))
    patch = largest(both_published)
    page.get_by_role("option").filter(has_text=patch.patch_id).click()
    expect(page).to_have_url(re.compile(f"patch={patch.patch_id}"))
    expect(page.get_by_role("heading", name=patch.patch_id)).to_be_visible()
    expect(page.get_by_text("permits not tested").last).to_be_visible()
    expect(page.get_by_text("Motion: not measured")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("19 Jun 2021")
    width = page.locator(".map").evaluate("(element) => element.map.getPaintProperty('patches-line', 'line-width')")
    assert patch.patch_id in str(width)
    no_failure(page)


def test_a_click_selects_the_quarry_and_tells_its_probabilities(page: Page, optical_server: str) -> None:
    open_map(page, optical_server, f"?area={AREA}")
    click_place(page, *QUARRY)
    expect(page.get_by_text(re.compile("19 Jun 2021: probability of a mine (9[0-9]|100) %"))).to_be_visible()
    expect(page.get_by_role("option", selected=True)).to_have_count(1)
    click_place(page, *FOREST)
    expect(page.get_by_text(re.compile("1 Mar 2023: probability of a mine [0-4] %"))).to_be_visible()
    expect(page.get_by_role("option", selected=True)).to_have_count(0)


def test_images_and_outlines_of_each_date_are_layers(page: Page, optical_server: str) -> None:
    open_map(page, optical_server, f"?area={AREA}")
    page.locator(".layers summary").click()
    visible = "(element, id) => element.map.getLayoutProperty(id, 'visibility')"
    assert page.locator(".map").evaluate(visible, "image-20230301") == "visible"
    assert page.locator(".map").evaluate(visible, "2021-06-19-line") == "none"
    page.get_by_label("Image, 19 Jun 2021").check()
    page.get_by_label("Outlines of 19 Jun 2021").check()
    page.get_by_label("Probability of a mine, 1 Mar 2023").check()
    assert page.locator(".map").evaluate(visible, "image-20210619") == "visible"
    assert page.locator(".map").evaluate(visible, "image-20230301") == "none"
    assert page.locator(".map").evaluate(visible, "2021-06-19-line") == "visible"
    expect(page.locator(".legend")).to_contain_text("Probability of a mine, 1 Mar 2023, %")


def test_another_area_takes_its_own_layers(page: Page, optical_server: str) -> None:
    """From the images to the radar and back: no layer of the one is asked for in the other, and what was put away there
    comes back, in the map and in the panel alike.
    """
    open_map(page, optical_server, f"?area={AREA}")
    page.locator(".layers summary").click()
    page.locator(".layers input[name=image]").last.check()
    choose_area(page, "Metropolitan")
    expect(page.locator(".legend")).to_contain_text("Rate, line of sight")
    choose_area(page, "Strzegom")
    expect(page.locator(".legend")).not_to_contain_text("Rate, line of sight")
    drawn(page)
    expect(page.get_by_label("Image, 1 Mar 2023")).to_be_checked()
    shown = "(element) => element.map.getLayoutProperty('image-20230301', 'visibility')"
    assert page.locator(".map").evaluate(shown) == "visible"
    no_failure(page)


def choose_area(page: Page, name: str) -> None:
    picker = page.get_by_role("combobox", name="Monitored area")
    expect(picker).to_have_count(1)  # while a page is drawn anew there may be two
    picker.click()
    page.get_by_role("option", name=re.compile(name)).click()


def swipe(page: Page) -> FrameLocator:
    frame = page.frame_locator("iframe")
    frame.locator("body[data-drawn]").wait_for()
    return frame


def test_from_a_patch_to_its_two_images(page: Page, optical_server: str, both_published: Home) -> None:
    patch = largest(both_published)
    open_map(page, optical_server, f"?area={AREA}&patch={patch.patch_id}")
    page.get_by_role("button", name="Compare the images").click()
    frame = swipe(page)
    expect(page).to_have_url(re.compile(f"compare.*patch={patch.patch_id}"))
    assert frame.locator("path.outline.left").count() > 0
    assert frame.locator("path.outline.right").count() > 0
    expect(frame.locator("img.leaflet-tile").first).to_be_visible()
    no_failure(page)


def test_the_divider_follows_mouse_and_keys_and_the_comparison_the_patch(
    page: Page, optical_server: str, both_published: Home
) -> None:
    page.goto(f"{optical_server}/compare?area={AREA}")
    divider = swipe(page).get_by_role("slider")
    before = float(divider.input_value())
    box = divider.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 200, y, steps=5)
    page.mouse.up()
    dragged = float(divider.input_value())
    assert dragged < before - 0.1
    divider.focus()
    page.keyboard.press("ArrowRight")
    assert float(divider.input_value()) > dragged

    patch = largest(both_published)
    page.get_by_role("combobox", name="Patch").click()
    page.get_by_role("option", name=re.compile(patch.patch_id)).click()
    expect(page).to_have_url(re.compile(f"patch={patch.patch_id}"))
    expect(page.get_by_text(re.compile("^Quarry, "))).to_be_visible()
    swipe(page)
    no_failure(page)
