"""Every page by its own address, on a server that has served nothing before; and what a page says when it is empty."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from store.home import Home
from tests.browser.conftest import ROOT, StartServer
from tests.browser.driving import no_failure
from web.urls import PAGES

PATHS = re.findall(r'url_path="([^"]+)"', (ROOT / "navigation.py").read_text())
SHOWN = {
    "map": "Along the line of sight",
    "patch": "All that is known of one patch",
    "compare": "two images of different dates are needed",
    "cases": "No cases yet",
    "permits": "Permits of this area",
    "overview": "Patches by class and activity",
    "quality": "Network of interferograms",
    "sources": "Global Energy Monitor",
}


def test_a_machine_without_chinese_is_sent_a_font_for_it(page: Page, server: str) -> None:
    """Browsers refuse some that other programs read."""
    page.goto(server)
    expect(page.get_by_text(SHOWN["map"]).first).to_be_visible()
    family = page.locator("p").first.evaluate("(text) => getComputedStyle(text).fontFamily")
    ours = family.index("Pitwatch Chinese")
    assert family.index("Source Sans") < family.index("Microsoft YaHei") < ours, "what a system has comes first"
    loaded = "document.fonts.load('16px \"Pitwatch Chinese\"', '矿').then((faces) => faces.map((face) => face.status))"
    assert page.evaluate(loaded) == ["loaded"]


def test_every_page_is_known_here() -> None:
    assert set(PATHS) == set(SHOWN) == set(PAGES)


@pytest.mark.parametrize("path", PATHS)
def test_a_deep_link_on_a_cold_server_in_both_themes(
    page: Page, published: Home, start_server: StartServer, path: str
) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{start_server(published)}/{path}")
    expect(page.get_by_text(SHOWN[path]).first).to_be_visible()
    expect(page.get_by_text("open: no sign-in")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)
    assert brightness(page) > 600
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_text(SHOWN[path]).first).to_be_visible()
    page.wait_for_function(f"({BRIGHTNESS})(document.querySelector('[data-testid=stApp]')) < 200")
    no_failure(page)


BRIGHTNESS = (
    "(app) => getComputedStyle(app).backgroundColor.match(/[0-9]+/g).slice(0, 3).reduce((sum, one) => sum + +one, 0)"
)


def brightness(page: Page) -> float:
    """Of the page's ground: red, green and blue together, up to 765."""
    return float(page.get_by_test_id("stApp").evaluate(BRIGHTNESS))


def test_on_paper_it_is_dark_on_white_with_nothing_to_press(page: Page, server: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{server}/overview")
    tick = page.locator(".js-plotly-plot .xtick text").first
    tick.wait_for()
    page.emulate_media(color_scheme="dark", media="print")
    assert brightness(page) == 3 * 255
    colour = "(element, name) => getComputedStyle(element)[name]"
    assert tick.evaluate(colour, "fill") == "rgb(34, 34, 34)"
    assert page.get_by_role("heading", name="Overview").evaluate(colour, "color") == "rgb(17, 17, 17)"
    expect(page.get_by_role("button", name="PDF")).to_be_hidden()
    expect(page.get_by_role("button", name="Show them").first).to_be_hidden()


def test_on_paper_a_table_that_is_wider_than_the_page_shrinks(page: Page, server: str) -> None:
    """Tables are painted as wide as the window was, and paper does not have them painted anew."""
    page.goto(f"{server}/quality")
    page.get_by_role("tab", name="Provenance").click()
    table = page.locator("[data-testid=stDataFrame]:visible").first
    table.locator("canvas").first.wait_for()
    page.emulate_media(media="print")
    table.evaluate("table => table.querySelectorAll('canvas').forEach(one => { one.style.width = '3000px'; })")
    widths = "table => [...table.querySelectorAll('canvas')].map(one => one.getBoundingClientRect().right)"
    body, heading = table.evaluate(widths)
    assert body <= page.evaluate("() => document.querySelector('.block-container').getBoundingClientRect().right")
    assert heading == body
    expect(table.locator(".dvn-scroller")).to_be_hidden()


def test_no_page_can_be_reached_past_the_navigation(page: Page, server: str) -> None:
    """Streamlit would run a file directly under pages/ by its name, without what `navigation.py` asks first."""
    assert list((ROOT / "pages").glob("*.py")) == []
    page.goto(f"{server}/summary")
    expect(page.get_by_text("Patches by class and activity")).to_have_count(0)


def test_without_a_release_the_pages_say_what_to_do(page: Page, start_server: StartServer, tmp_path: Path) -> None:
    page.goto(start_server(Home(tmp_path / "empty")))
    expect(page.get_by_text("No area has been published yet")).to_be_visible()
    expect(page.get_by_text("make run")).to_be_visible()
    no_failure(page)


def test_the_overview_leads_to_the_map(page: Page, server: str) -> None:
    page.goto(f"{server}/overview")
    page.get_by_role("button", name="Show them").nth(1).click()  # what is active
    expect(page.get_by_text("1 patch of 1 match the filter")).to_be_visible()
    expect(page.get_by_role("option").first).to_contain_text("Metropolitan Coal Mine")


def test_a_bar_of_the_overview_opens_its_list_and_two_steps_back_undo_it(page: Page, server: str) -> None:
    page.goto(f"{server}/overview?area=metropolitan")
    bar = page.locator(".st-key-chart-activity .bars .point path").first
    bar.scroll_into_view_if_needed()
    page.wait_for_timeout(1_000)  # the chart takes its place
    box = bar.bounding_box()
    assert box is not None
    # Plotly itself finds out what lies under the pointer, which has to come from elsewhere.
    middle = box["x"] + box["width"] / 3, box["y"] + box["height"] / 2
    page.mouse.move(middle[0] + 5, middle[1])
    page.mouse.click(*middle)
    expect(page.get_by_text("1 patch of 1 match the filter")).to_be_visible()
    assert re.search(r"classes%3D.+activities%3D", page.url)
    page.go_back()  # what is chosen is written into the address before the page is another
    expect(page.get_by_text("Patches by class and activity").first).to_be_visible()
    page.go_back()
    page.wait_for_url(f"{server}/overview?area=metropolitan")
    expect(page.get_by_text("Patches by class and activity").first).to_be_visible()


def test_what_a_bar_opens_can_be_chosen_by_keyboard(page: Page, server: str) -> None:
    page.goto(f"{server}/overview?area=metropolitan")
    shown = page.get_by_role("button", name="As a table").first
    shown.focus()
    page.keyboard.press("Enter")
    table = page.get_by_test_id("stPopoverBody").get_by_test_id("stDataFrame")
    table.locator("canvas").first.wait_for()
    table.locator("canvas").first.focus()
    page.wait_for_timeout(500)
    for key in ("ArrowDown", "Shift+Space"):
        page.keyboard.press(key)
    expect(page.get_by_text("1 patch of 1 match the filter")).to_be_visible()


def test_the_name_of_a_figure_is_whole_in_a_narrow_window(page: Page, optical_server: str) -> None:
    page.set_viewport_size({"width": 1100, "height": 700})
    page.goto(f"{optical_server}/overview?area=strzegom")
    page.get_by_test_id("stMetric").first.wait_for()
    held = "label => [...label.querySelectorAll('*')].map(one => getComputedStyle(one).whiteSpace)"
    assert "nowrap" not in page.get_by_test_id("stMetricLabel").nth(1).evaluate(held)  # "Mined, 1 Mar 2023"


def test_provenance_names_steps_and_inputs(page: Page, server: str) -> None:
    page.goto(f"{server}/quality")
    page.get_by_role("tab", name="Provenance").click()
    expect(page.get_by_text("published").first).to_be_visible()
    expect(page.get_by_text("mintpy 1.6.4")).to_be_visible()


def test_a_picture_in_a_document_or_a_name_is_not_fetched_from_elsewhere(
    page: Page, published: Home, start_server: StartServer, tmp_path: Path
) -> None:
    """What the pages leave in, the browser is told not to ask for."""
    home = Home(tmp_path / "home")
    shutil.copytree(published.root, home.root, symlinks=True)
    picture = "<img src='http://127.0.0.2:9/a.png'> ![seen](http://127.0.0.2:9/b.png)"
    with duckdb.connect(str(home.releases("metropolitan") / "current" / "release.duckdb")) as database:
        database.execute("UPDATE release SET source = ?, title = ?", [picture, picture])
    address = start_server(home)
    for path in ("map", "overview", "sources"):  # every page has the header with the title
        page.goto(f"{address}/{path}")
        expect(page.get_by_text("open: no sign-in")).to_be_visible()
    page.evaluate("new Image().src = 'http://127.0.0.2:9/c.png'")  # even when a page asks
    page.wait_for_timeout(500)
