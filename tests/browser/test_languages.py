"""What the browser itself writes is in the reader's language, too."""

import re

import pytest
from playwright.sync_api import Browser, expect


@pytest.mark.parametrize(
    ("locale", "dated", "save"),
    [
        ("en-GB", r"[A-Z][a-z]{2} \d{4}", "Save the chart as a picture"),
        ("zh-CN", r"\d{4}年\d{1,2}月", "将图表存为图片"),
    ],
)
def test_charts_write_dates_and_tools_in_the_reader_s_language(
    browser: Browser, server: str, locale: str, dated: str, save: str
) -> None:
    context = browser.new_context(locale=locale, viewport={"width": 1500, "height": 900})
    page = context.new_page()
    page.goto(f"{server}/patch?area=metropolitan&patch=M1345.B1")
    charts = page.locator(".js-plotly-plot:visible")
    expect(charts.first.locator(".xtick").first).to_have_text(re.compile(dated))
    expect(charts.first.locator(f"[data-title='{save}']")).to_have_count(1)
    page.goto(f"{server}/quality?area=metropolitan")
    page.get_by_role("tab").filter(has_text=re.compile("Radar|雷达")).click()
    for chart in range(2):  # the network, and the noise
        expect(charts.nth(chart).locator(".xtick").first).to_have_text(re.compile(dated))
    context.close()
