"""Places that were run, and what is run again."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import engine.deformation.steps
import engine.pipeline
import engine.pipeline.radar
from tests.engine.pipeline.places import Place, build

STEPS = {
    (engine.pipeline.radar, "prepare_stack"): "stack",
    (engine.pipeline.radar, "choose_network"): "network",
    (engine.pipeline.radar, "invert_stack"): "inversion",
    (engine.pipeline.radar, "estimate_rates"): "velocity",
    (engine.pipeline, "_prepare_patches"): "patches",
    (engine.pipeline, "classify"): "activity",
    (engine.pipeline.verdicts, "judge_patches"): "verdicts",
    (engine.pipeline, "publish_release"): "publish",
}
ALL = list(STEPS.values())


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Place]:
    """One of each form, with a good release. Read only: tests work on copies."""
    places = {form: build(tmp_path_factory.mktemp(form), form) for form in ("geotiff", "gamma")}
    for place in places.values():
        place.run()
    return places


@pytest.fixture
def place(made: dict[str, Place], tmp_path: Path) -> Place:
    return made["geotiff"].copy(tmp_path)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps whose functions are called from here on."""
    names: list[str] = []

    def watch(module: ModuleType, function: str, step: str) -> None:
        original = getattr(module, function)

        def called(*arguments: Any, **options: Any) -> Any:
            names.append(step)
            return original(*arguments, **options)

        monkeypatch.setattr(module, function, called)

    for (module, function), step in STEPS.items():
        watch(module, function, step)
    return names
