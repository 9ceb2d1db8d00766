"""Pictures of every page for docs/images, both languages, both themes: `python -m benchmarks.screenshots HOME`."""

import argparse
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.app import CHROMIUM, serving
from store.home import Home

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PAGES = {
    "map": "/?area={area}&patch={patch}",
    "patch": "/patch?area={area}&patch={patch}",
    "compare": "/compare?area={area}&patch={patch}",
    "cases": "/cases?area={area}&patch={patch}",
    "overview": "/overview?area={area}",
    "quality": "/quality?area={area}",
    "permits": "/permits?area={area}",
}
_SIZE = {"width": 1440, "height": 900}
_TAB = {"en": "Radar", "zh": "雷达"}


def shoot_permits(page: Page, register: Path, shoot: Callable[[str], object]) -> None:
    """The four steps from a file to what is kept, the third with the first of its patches."""
    shoot("permits-file")
    page.locator("input[type=file]").set_input_files(register)
    page.get_by_test_id("stDataFrame").wait_for()
    page.wait_for_timeout(2_000)
    shoot("permits-check")
    page.get_by_role("radio", name=re.compile("^3 ·")).click()
    page.get_by_role("option").first.click(timeout=120_000)
    page.wait_for_timeout(5_000)
    shoot("permits-verdicts")
    page.get_by_role("radio", name=re.compile("^4 ·")).click()
    page.wait_for_timeout(4_000)
    shoot("permits-keep")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--area", default="weining-small")
    parser.add_argument("--patch", default="P-0077")
    parser.add_argument("--register", type=Path, help="file of permits; that of the simulated area if not given")
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--pages", nargs="*", default=list(PAGES))
    given = parser.parse_args()
    register = given.register or given.home / "simulated" / given.area / "permits" / "permits.gpkg"
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next(path for name in names if (path := shutil.which(name)))
    with serving(Home(given.home)) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM)
        for locale, language in (("en-GB", "en"), ("zh-CN", "zh")):
            for theme in ("light", "dark"):
                context = browser.new_context(viewport=_SIZE, locale=locale, color_scheme=theme)
                for name in given.pages:
                    page = context.new_page()
                    page.goto(server.address + PAGES[name].format(area=given.area, patch=given.patch))
                    page.wait_for_timeout(4_000)
                    if name == "quality":
                        page.get_by_role("tab", name=_TAB[language]).click()
                    page.wait_for_timeout(5_000)

                    def shoot(name: str, page: Page = page, ending: str = f"{language}-{theme}.jpg") -> None:
                        page.screenshot(path=given.out / f"{name}-{ending}", type="jpeg", quality=72)

                    if name == "permits":
                        shoot_permits(page, register, shoot)
                    else:
                        shoot(name)
                    page.close()
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
