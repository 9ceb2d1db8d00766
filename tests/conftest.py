"""What many tests share: the shipped area, a home with its release, and small stacks with known truth."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

from benchmarks.crowded import make_release
from engine.area import Area, read_area
from engine.blocks import Workers
from engine.pipeline import run
from store.home import Home
from store.reader import ReleaseReader, current_release
from tests.permits import publish_with_register

ROOT = Path(__file__).parents[1]
METROPOLITAN = ROOT / "areas" / "metropolitan"
STRZEGOM = ROOT / "areas" / "strzegom"
GEOTIFF_STACK = ROOT / "tests" / "data" / "metropolitan_geotiff"
SIMULATE = ROOT / "tests" / "engine" / "simulate"
BROWSER = ROOT / "tests" / "browser"


class _BySharing(LoadScopeScheduling):
    """What tests share is made by one worker: a file goes to one, and so do all that simulate, and all that drive the
    browser.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = ROOT / nodeid.partition("::")[0]
        return str(next((folder for folder in (SIMULATE, BROWSER) if folder in path.parents), path))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return _BySharing(config, log)


@pytest.fixture(autouse=True)
def _same_main_module() -> Iterator[None]:
    """Streamlit's runs put their page in the place of the main module, which processes that are spawned later run."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own


@pytest.fixture(scope="session")
def metropolitan() -> Area:
    return read_area(METROPOLITAN)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first of all workers makes, and the others wait for."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            partial = folder.with_name(f"{name}.partial")
            partial.mkdir()
            make(partial)
            partial.rename(folder)
    return folder


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, metropolitan: Area) -> Home:
    """A home in which the shipped radar area has been run and published. Read only: tests that write make their own."""
    return Home(
        made_once(tmp_path_factory, "home", lambda path: run(metropolitan, Home(path), workers=Workers(count=2)))
    )


@pytest.fixture(scope="session")
def both_published(tmp_path_factory: pytest.TempPathFactory, published: Home) -> Home:
    """The same with the shipped optical area beside it. Read only, too."""

    def add(path: Path) -> None:
        shutil.copytree(published.root, path, symlinks=True, dirs_exist_ok=True)
        run(read_area(STRZEGOM), Home(path), workers=Workers(count=2))

    return Home(made_once(tmp_path_factory, "both", add))


@pytest.fixture(scope="session")
def permitted(tmp_path_factory: pytest.TempPathFactory, both_published: Home) -> Home:
    """The same with a made-up register for the optical area. Read only, too."""
    return Home(
        made_once(tmp_path_factory, "permitted", lambda path: publish_with_register(STRZEGOM, both_published, path))
        / "home"
    )


@pytest.fixture(scope="session")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a made-up release of 400 patches that differ in all that lists are filtered by. Read only."""
    return Home(made_once(tmp_path_factory, "crowded", lambda path: make_release(Home(path), 400, 64)))


@pytest.fixture
def reader(published: Home) -> ReleaseReader:
    """The shipped radar area's release."""
    found = current_release(published, "metropolitan")
    assert found is not None
    return found
