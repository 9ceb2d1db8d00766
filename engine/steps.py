"""Steps that run once: records of inputs and parameters, resuming, and the status that the app shows.

A step writes into `<name>.partial` and is renamed to `<name>` when it is whole. Its record says what it was made from;
a step whose record still holds is not run again. A partial folder of the very same inputs is taken up again after a
kill; any other is thrown away.
"""

import hashlib
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import lru_cache
from pathlib import Path
from socket import gethostname
from typing import Any

from engine.errors import InputError

RECORD = "record.json"
_ENGINE = Path(__file__).parent


@dataclass(frozen=True)
class StepRecord:
    """What a finished step was made from, and what it cost.

    key : hash of everything that the products depend on.
    inputs : file -> sha256; parameters : as given; versions : of this engine and of the libraries that compute.
    seconds : wall time; peak_memory : bytes, of the process so far; report : what the step says about its result.
    """

    name: str
    key: str
    inputs: dict[str, str]
    parameters: dict[str, Any]
    versions: dict[str, str]
    finished: str = ""
    seconds: float = 0.0
    peak_memory: int = 0
    report: dict[str, Any] = field(default_factory=dict)


class Progress:
    """What a running step tells: the status file always, and whoever listens (the terminal)."""

    def __init__(self, status: Path, listen: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
        self._status, self._listen = status, listen
        self._state: dict[str, Any] = {"pid": os.getpid(), "host": gethostname(), "started": _now()}
        self._written = 0.0

    def tell(self, *, flush: bool = True, **state: Any) -> None:
        self._state.update(state, updated=_now())
        self._listen(self._state)
        if flush or time.monotonic() - self._written > 0.5:
            _write_json(self._status, self._state)
            self._written = time.monotonic()

    def count(self, total: int) -> Callable[[], None]:
        """A function to call after each of `total` equal parts of the step."""
        done = 0
        self.tell(done=0, total=total)

        def advance() -> None:
            nonlocal done
            done += 1
            self.tell(flush=done == total, done=done, total=total)

        return advance


class Workspace:
    """The work folder of one area: its steps, their records, the lock and the status file."""

    def __init__(self, folder: Path, versions: dict[str, str], progress: Progress, *, force: bool = False) -> None:
        self.folder, self._versions, self.progress, self._force = folder, versions, progress, force
        self.records: list[StepRecord] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._fingerprints_file = folder / "fingerprints.json"
        self._fingerprints: dict[str, list[str]] = _read_json(self._fingerprints_file)

    def step(
        self,
        name: str,
        make: Callable[[Path], dict[str, Any]],
        *,
        code: str | tuple[str, ...],
        files: Iterable[Path] = (),
        after: Iterable[StepRecord] = (),
        parameters: dict[str, Any] | None = None,
    ) -> StepRecord:
        """Run `make(folder)` unless its products are up to date; it returns a report as JSON.

        `code` is the module or package of the engine that makes the products, or several: when it changes, they are
        made anew.
        """
        self.progress.tell(step=name, done=0, total=0)
        inputs = {str(path): self.fingerprint(path) for path in files}
        _write_json(self._fingerprints_file, self._fingerprints)
        parameters = parameters or {}
        contents = sorted((Path(path).name, digest) for path, digest in inputs.items())
        versions = self.versions(code)
        key = _hash([name, contents, parameters, versions, [record.key for record in after]])
        record = self._up_to_date(name, key)
        if record is None:
            record = self._run(name, make, StepRecord(name, key, inputs, parameters, versions))
        self.records.append(record)
        self.progress.tell(finished=name)
        return record

    def path(self, record: StepRecord) -> Path:
        """The folder of a finished step."""
        return self.folder / record.name

    def versions(self, code: str | tuple[str, ...]) -> dict[str, str]:
        """Of the engine, of the libraries that compute, and of the code of a step."""
        return self._versions | {"code": code_digest(*([code] if isinstance(code, str) else code))}

    def former(self, name: str) -> Path | None:
        """The folder of a step as it was finished last, for a step that builds on it.

        None where there is none, and where every step is to be done again.
        """
        folder = self.folder / name
        return folder if (folder / RECORD).is_file() and not self._force else None

    def _up_to_date(self, name: str, key: str) -> StepRecord | None:
        path = self.folder / name / RECORD
        if self._force:
            return None
        try:
            record = StepRecord(**_read_json(path))
        except TypeError:  # written by another version, or emptied by a power cut
            return None
        return record if record.key == key else None

    def _run(self, name: str, make: Callable[[Path], dict[str, Any]], intent: StepRecord) -> StepRecord:
        folder, partial = self.folder / name, self.folder / f"{name}.partial"
        key_file = partial / "key"
        if partial.exists() and (self._force or not key_file.exists() or key_file.read_text() != intent.key):
            shutil.rmtree(partial)
        partial.mkdir(exist_ok=True)
        key_file.write_text(intent.key)
        started = time.monotonic()
        report = make(partial)
        record = StepRecord(
            **{
                **asdict(intent),
                "finished": _now(),
                "seconds": round(time.monotonic() - started, 3),
                "peak_memory": _peak_memory(),
                "report": report,
            }
        )
        key_file.unlink()
        _write_json(partial / RECORD, asdict(record))
        if folder.exists():
            (folder / RECORD).unlink(missing_ok=True)  # what is removed in part must not count as finished
            shutil.rmtree(folder)
        os.replace(partial, folder)
        return record

    def fingerprint(self, path: Path) -> str:
        """sha256 of a file, remembered by size and time of change.

        Raises
        ------
        InputError
            When it cannot be read.
        """
        try:
            stat = path.stat()
        except OSError as error:
            raise InputError(
                f"it cannot be read ({error.strerror})", file=path, mend="check the path, or supply the file"
            ) from None
        seen = f"{stat.st_size}:{stat.st_mtime_ns}"
        known = self._fingerprints.get(str(path))
        if known is None or known[0] != seen:
            with path.open("rb") as file:
                known = [seen, hashlib.file_digest(file, "sha256").hexdigest()]
            self._fingerprints[str(path)] = known
        return known[1]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a work folder for one run; a second run is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise InputError(
                "another run is at work on this area", file=folder, mend="wait until it has finished, or stop it"
            ) from None
        yield


@lru_cache
def code_digest(*places: str) -> str:
    """Hash of the source of modules or packages of the engine, and of what all of them rest on."""
    files = {path for place in (*places, "grid.py", "raster.py", "compiled.py") for path in _sources(_ENGINE / place)}
    return _hash([[path.name, path.read_text(encoding="utf-8")] for path in sorted(files)])[:16]


def _sources(place: Path) -> Iterable[Path]:
    """Modules, and the tables of words and numbers that they read."""
    return (*place.rglob("*.py"), *place.rglob("*.toml")) if place.is_dir() else [place]


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _read_json(path: Path) -> Any:
    """What a JSON file holds; one that is missing or cannot be read holds nothing."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}


def _write_json(path: Path, value: Any) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(value, indent=1, ensure_ascii=False, default=str))
    os.replace(partial, path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _peak_memory() -> int:
    """Largest resident set of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
