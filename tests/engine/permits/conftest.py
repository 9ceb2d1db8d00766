"""Cadastres are read by forks of the tests' own process, which saves most tests the start of another."""

import resource
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine.permits import reading
from engine.permits.intake.cadastres import read_request_as_cadastre
from engine.permits.intake.drivers import environment
from engine.permits.intake.exchange import read_request
from engine.permits.intake.supervision import supervise


def address_space() -> int:
    """Of this process, bytes."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


@pytest.fixture(autouse=True)
def started_already(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Not for tests that are marked `real_process`."""
    if request.node.get_closest_marker("real_process"):
        return

    def read(folders: Sequence[Path], seconds: int) -> None:
        with pytest.MonkeyPatch.context() as forks:
            for name, value in environment().items():
                forks.setenv(name, value)
            for folder in folders:
                limits = read_request(folder).limits
                # A fork begins with all that the tests before have loaded: networks, compilers, servers.
                memory = limits.memory_bytes + address_space()
                supervise(folder, replace(limits, memory_bytes=memory), read_request_as_cadastre)

    monkeypatch.setattr(reading, "read_confined", read)
