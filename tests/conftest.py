"""What many tests share: the shipped area, a home with its release, and small stacks with known truth."""

from pathlib import Path

import pytest

from engine.area import Area, read_area
from engine.blocks import Workers
from engine.pipeline import run
from store.home import Home

ROOT = Path(__file__).parents[1]
METROPOLITAN = ROOT / "areas" / "metropolitan"
GEOTIFF_STACK = ROOT / "tests" / "data" / "metropolitan_geotiff"


@pytest.fixture(scope="session")
def metropolitan() -> Area:
    return read_area(METROPOLITAN)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, metropolitan: Area) -> Home:
    """A home in which the shipped area has been run and published. Read only: tests that write make their own."""
    home = Home(tmp_path_factory.mktemp("home"))
    run(metropolitan, home, workers=Workers(count=2))
    return home
