"""Contrast, names and roles, as axe-core looks for them (WCAG 2), in both themes; and the keyboard's reach."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.driving import drawn

AREA = "strzegom"
READY = {
    "": ".map[data-drawn]",
    "patch": "iframe",
    "compare": "iframe",
    "cases": "[data-testid=stPopoverButton]",
    "overview": ".js-plotly-plot",
    "permits": "[data-testid=stFileUploaderDropzone]",
    "quality": "[data-testid=stDataFrame]",
}
GRAVE = ("serious", "critical")


# Both themes take their colours from the same few variables: the pages that draw most are looked at in both.
@pytest.mark.parametrize("path", READY)
def test_nothing_grave_is_in_anyone_s_way(page: Page, permit_server: str, path: str) -> None:
    for theme in ("light", "dark") if path in ("", "overview") else ("light",):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        if theme == "light":
            page.goto(f"{permit_server}/{path}?area={AREA}&patch=P-0001")
        page.locator(READY[path]).first.wait_for()
        page.wait_for_timeout(1_500)  # until nothing fades any more: what is half seen has half the contrast
        found = Axe().run(page).response["violations"]
        grave = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in GRAVE]
        assert grave == [], theme


def test_the_list_the_map_and_the_tools_are_reached_by_keyboard(page: Page, permit_server: str) -> None:
    page.goto(f"{permit_server}/?area={AREA}")
    drawn(page)
    reached: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => {
                    let at = document.activeElement;
                    while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                    if (at.getAttribute("role") === "listbox") return "list";
                    return at.getAttribute("aria-label") ?? at.textContent;
                }"""
            )
        )
    assert "list" in reached
    assert {"Measure a distance", "Copy a link to this view"} <= reached
    assert any("Layers" in one for one in reached)
    expect(page.get_by_test_id("stException")).to_have_count(0)
