"""A case in a browser: opened and confirmed on the map's card, found on the page of cases, with photos."""

import re
from pathlib import Path

from PIL.ExifTags import GPS
from playwright.sync_api import Browser, Page, expect

from store.casebook import Casebook
from store.cases import Author
from store.home import Home
from store.patches import PatchFilter
from store.reader import current_release
from tests.browser.conftest import StartServer
from tests.browser.driving import no_failure, open_map
from tests.photos import new_photo, photo

AREA = "strzegom"


def test_a_case_is_opened_confirmed_and_listed(
    page: Page, permitted: Home, start_server: StartServer, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.releases_root.symlink_to(permitted.releases_root)
    reader = current_release(home, AREA)
    assert reader is not None
    patch = reader.patch_ids(PatchFilter(suspected="certain"))[0]
    open_map(page, start_server(home), f"?area={AREA}&patch={patch}")
    page.get_by_role("button", name="Open a case").click()
    page.get_by_label("Your name, for the trail").fill("Li Na")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    page.get_by_role("button", name="Confirm", exact=True).click()
    page.get_by_label("What was found, and how").fill("two excavators, no permit at hand")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("☑ confirmed")).to_be_visible()
    page.get_by_role("link", name="Cases").click()
    expect(page.get_by_text("confirmed (1)")).to_be_visible()
    expect(page.get_by_text("two excavators, no permit at hand")).to_be_visible()
    no_failure(page)
    (case,) = Casebook.default(home).cases(AREA)
    assert (case.patch, case.state, case.changed_by) == (patch, "confirmed", "Li Na")


def test_a_photo_is_added_seen_large_and_found_on_the_map(
    page: Page, permitted: Home, start_server: StartServer, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.releases_root.symlink_to(permitted.releases_root)
    reader = current_release(home, AREA)
    assert reader is not None
    patch = reader.patch_ids(PatchFilter(suspected="certain"))[0]
    known = reader.patch(patch)
    assert known is not None
    case = Casebook.default(home).open(AREA, patch, by=Author("Wu Bo"), release="r1")
    file = tmp_path / "IMG_0001.jpg"
    file.write_bytes(photo((800, 600), place=(known.east, known.south), gps={GPS.GPSImgDirection: 45.0}))
    address = start_server(home)
    page.goto(f"{address}/cases?area={AREA}&patch={patch}")
    page.get_by_role("button", name="Add photos").click()
    page.get_by_label("Your name, for the trail").fill("Li Na")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("What they show").fill("two excavators")
    expect(page.get_by_text("IMG_0001.jpg")).to_be_visible()
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    expect(page.get_by_text("added 1 photo: two excavators")).to_be_visible()
    page.keyboard.press("Escape")
    thumbnail = page.get_by_role("button", name="two excavators")
    expect(thumbnail.get_by_role("img")).to_have_js_property("naturalWidth", 360)
    thumbnail.click()
    large = page.get_by_role("dialog")
    expect(large.get_by_role("img", name="two excavators")).to_have_js_property("naturalWidth", 800)
    with page.expect_download() as download:
        large.get_by_role("button", name="The file as it was given").click()
    assert download.value.path().read_bytes() == file.read_bytes()
    open_map(page, address, f"?area={AREA}&patch={patch}")
    page.get_by_role("button", name="two excavators").click()
    expect(page.locator(".taken img")).to_have_js_property("naturalWidth", 360)
    expect(page.locator(".taken")).to_contain_text("two excavators")
    assert "at=" not in page.url  # it was no click on the ground
    page.locator(".layers summary").click()
    shown = page.get_by_role("checkbox", name="Photos of the case")
    shown.uncheck()
    expect(page.get_by_role("button", name="two excavators")).to_be_hidden()
    expect(page.locator(".taken")).to_have_count(0)
    shown.check()
    expect(page.get_by_role("button", name="two excavators")).to_be_visible()
    no_failure(page)
    (kept,) = Casebook.default(home).photos(case.id)
    assert (kept.name, kept.shot.direction) == ("IMG_0001.jpg", 45)


def test_a_large_photo_keeps_its_language(
    browser: Browser, permitted: Home, start_server: StartServer, tmp_path: Path
) -> None:
    """What is pressed in a dialog runs the dialog alone."""
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.releases_root.symlink_to(permitted.releases_root)
    reader = current_release(home, AREA)
    assert reader is not None
    patch, wu = reader.patch_ids()[0], Author("Wu Bo")
    book = Casebook.default(home)
    case = book.open(AREA, patch, by=wu, release="r1")
    book.enter(case, "photo", by=wu, text="two excavators", photos=[new_photo(place=(16.5, 50.9))])
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{start_server(home)}/cases?area={AREA}&patch={patch}")
    page.get_by_role("button", name="two excavators").click()
    page.get_by_role("dialog").get_by_role("button", name="在地图上显示").click()
    page.wait_for_url(re.compile(r"[?&]at="))
    context.close()
