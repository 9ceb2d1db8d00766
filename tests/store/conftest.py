"""Homes that a test may change."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.area import Area
from engine.blocks import Workers
from engine.pipeline import run
from store.home import Home
from store.reader import ReleaseReader, current_release


@pytest.fixture
def own_home(published: Home, tmp_path: Path) -> Home:
    """A copy of the published home."""
    copy = Home(tmp_path / "home")
    shutil.copytree(published.root, copy.root, symlinks=True)
    return copy


@pytest.fixture
def publish_anew(own_home: Home, metropolitan: Area) -> Callable[[], str]:
    """A function that publishes the shipped area in `own_home` once more, under another title."""
    options = metropolitan.options.model_copy(update={"title": "Another title"})
    return lambda: run(replace(metropolitan, options=options), own_home, workers=Workers(count=1))


@pytest.fixture
def permitted_reader(permitted: Home) -> ReleaseReader:
    found = current_release(permitted, "strzegom")
    assert found is not None
    return found


@pytest.fixture
def crowd(crowded: Home) -> ReleaseReader:
    found = current_release(crowded, "crowded")
    assert found is not None
    return found
