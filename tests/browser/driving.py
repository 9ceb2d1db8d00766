"""What a person does with the pages."""

from playwright.sync_api import Page, expect


def open_map(page: Page, address: str, query: str = "") -> None:
    """Open the map and wait until everything on it is drawn."""
    page.goto(f"{address}/{query}")
    drawn(page)


def drawn(page: Page) -> None:
    page.locator(".map[data-drawn]").wait_for()


def click_place(page: Page, lon: float, lat: float) -> None:
    """Click the map at a place, in degrees."""
    x, y = on_screen(page, lon, lat)
    page.locator(".map canvas").click(position={"x": x, "y": y})


def on_screen(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place is drawn, in pixels from the map's upper left."""
    point = page.locator(".map").evaluate("(element, at) => element.map.project(at)", [lon, lat])
    return point["x"], point["y"]


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
