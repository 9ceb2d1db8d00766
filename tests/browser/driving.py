"""What a person does with the pages."""

from typing import Any

from playwright.sync_api import Page, expect


def open_map(page: Page, address: str, query: str = "") -> None:
    """Open the map and wait until everything on it is drawn."""
    page.goto(f"{address}/{query}")
    drawn(page)


def drawn(page: Page) -> None:
    page.locator(".map[data-drawn]").wait_for()


def click_place(page: Page, lon: float, lat: float) -> None:
    """Click the map at a place, in degrees."""
    point = page.locator(".map").evaluate("(element, at) => element.map.project(at)", [lon, lat])
    page.locator(".map canvas").click(position={"x": point["x"], "y": point["y"]})


def view(page: Page) -> dict[str, Any]:
    """Centre and zoom of the map."""
    found: dict[str, Any] = page.locator(".map").evaluate(
        "(element) => ({ zoom: element.map.getZoom(), ...element.map.getCenter() })"
    )
    return found


def series_points(page: Page) -> list[float]:
    """Displacements, in mm, of the first series chart."""
    chart = page.locator(".js-plotly-plot").first
    chart.wait_for()
    points: list[float] = chart.evaluate(
        "(chart) => { const t = chart.data.find((each) => each.mode === 'markers').y;"
        " return Array.from(t._inputArray ?? t); }"
    )
    return points


def no_failure(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
