"""Pictures of every page for docs/images, both languages, both themes: `python -m benchmarks.screenshots HOME`."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

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
}
_SIZE = {"width": 1440, "height": 900}
_TAB = {"en": "Radar", "zh": "雷达"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--area", default="weining-small")
    parser.add_argument("--patch", default="P-0077")
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--pages", nargs="*", default=list(PAGES))
    given = parser.parse_args()
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
                    page.screenshot(path=given.out / f"{name}-{language}-{theme}.jpg", type="jpeg", quality=72)
                    page.close()
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
