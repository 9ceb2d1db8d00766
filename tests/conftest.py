"""What many tests share: the shipped area, a home with its release, and small stacks with known truth."""

import shutil
from pathlib import Path

import pytest

from engine.area import Area, read_area
from engine.blocks import Workers
from engine.pipeline import run
from store.home import Home
from tests.permits import publish_with_register

ROOT = Path(__file__).parents[1]
METROPOLITAN = ROOT / "areas" / "metropolitan"
STRZEGOM = ROOT / "areas" / "strzegom"
GEOTIFF_STACK = ROOT / "tests" / "data" / "metropolitan_geotiff"


@pytest.fixture(scope="session")
def metropolitan() -> Area:
    return read_area(METROPOLITAN)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, metropolitan: Area) -> Home:
    """A home in which the shipped radar area has been run and published. Read only: tests that write make their own."""
    home = Home(tmp_path_factory.mktemp("home"))
    run(metropolitan, home, workers=Workers(count=2))
    return home


@pytest.fixture(scope="session")
def both_published(tmp_path_factory: pytest.TempPathFactory, published: Home) -> Home:
    """The same with the shipped optical area beside it. Read only, too."""
    home = Home(tmp_path_factory.mktemp("both") / "home")
    shutil.copytree(published.root, home.root, symlinks=True)
    run(read_area(STRZEGOM), home, workers=Workers(count=2))
    return home


@pytest.fixture(scope="session")
def permitted(tmp_path_factory: pytest.TempPathFactory, both_published: Home) -> Home:
    """The same with a made-up register for the optical area. Read only, too."""
    return publish_with_register(STRZEGOM, both_published, tmp_path_factory.mktemp("permitted"))
