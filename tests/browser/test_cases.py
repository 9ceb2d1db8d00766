"""A case in a browser: an inspector opens and confirms it on the map's card and finds it on the page of cases."""

from pathlib import Path

from playwright.sync_api import Page, expect

from store.casebook import Casebook
from store.home import Home
from store.patches import PatchFilter
from store.reader import current_release
from tests.browser.conftest import StartServer
from tests.browser.driving import no_failure, open_map

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
