"""Files that somebody sent are opened in another process: with limits, little to read, and a folder that goes."""

import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import InputError
from engine.permits.cadastre import Cadastre, Choices
from engine.permits.intake.drivers import environment
from engine.permits.intake.exchange import ENDED, SCRATCH, Part, Request, read_answer
from engine.permits.intake.limits import MIB, Limits

_ROOT = Path(__file__).parents[3]
_START_S = 30  # that the process may take to start, and to end, on a busy machine
_log = logging.getLogger(__name__)


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that only this user can read, and that goes whatever happens."""
    with tempfile.TemporaryDirectory(prefix="pitwatch-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def prepare(
    paths: Sequence[Path],
    folder: Path,
    *,
    choices: Choices,
    near: tuple[float, float] | None,
    limits: Limits,
) -> Request:
    """Copy a file, or the parts of one, into a folder under names of our own, and write what is asked of it.

    Raises
    ------
    InputError
        For a file that is missing, empty or too large.
    """
    name = paths[0].name if len(paths) == 1 else next((p.name for p in paths if p.suffix.lower() == ".shp"), "")
    (folder / SCRATCH).mkdir()
    parts, digests, total = [], [], 0
    for number, path in enumerate(paths):
        if not path.is_file():
            raise InputError("the file does not exist", file=path.name, mend="correct the path")
        total += path.stat().st_size
        if total > limits.file_bytes:
            raise InputError(
                f"it is larger than {limits.file_bytes // MIB} MB",
                file=path.name,
                mend="supply only the permits of the place in question, as a GeoPackage or a zipped shapefile",
            )
        parts.append(Part(path.name, f"{number}"))
        digests.append((path.name, _copy(path, folder / f"{number}")))
    whole = digests[0][1] if len(digests) == 1 else _digest_of(sorted(digests))
    request = Request(name or paths[0].name, whole, tuple(parts), choices, near, limits)
    request.write(folder)
    return request


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as given, target.open("wb") as copy:
        while block := given.read(MIB):
            digest.update(block)
            copy.write(block)
    return digest.hexdigest()


def _digest_of(digests: Sequence[tuple[str, str]]) -> str:
    return hashlib.sha256("".join(f"{name}\0{digest}\n" for name, digest in digests).encode()).hexdigest()


def read_confined(folders: Sequence[Path], seconds: int) -> None:
    """Have prepared folders read, one after the other, by one process; `seconds` : that each may take."""
    scrubbed = {
        "PATH": os.defpath,
        "PYTHONPATH": str(_ROOT),
        "LANG": "C.UTF-8",
        "TMPDIR": str(folders[0] / SCRATCH),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **environment(),
    }
    command = [sys.executable, "-m", "engine.permits.intake", *map(str, folders)]
    process = subprocess.Popen(
        command,
        cwd=folders[0] / SCRATCH,
        env=scrubbed,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, said = process.communicate(timeout=len(folders) * (seconds + 5) + _START_S)
        if said:
            _log.warning("reading a cadastre: %s", said.decode(errors="replace")[-4000:])
    except subprocess.TimeoutExpired:
        _log.warning("the process that reads cadastres did not end")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def take_answer(folder: Path, request: Request) -> Cadastre:
    """What was read.

    Raises
    ------
    InputError
        When the file was refused, and when its process was ended or fell.
    """
    cadastre = read_answer(folder, request.name)
    if cadastre is not None:
        return cadastre
    ended = json.loads((folder / ENDED).read_text()) if (folder / ENDED).is_file() else {}
    if ended.get("why") == "time":
        problem = f"reading it took longer than {request.limits.seconds} seconds and was stopped"
    elif ended.get("why") == "memory":
        problem = f"reading it needed more than {request.limits.memory_bytes // MIB} MB of memory and was stopped"
    else:
        problem = "it is damaged in a way that stops the program that reads it"
    raise InputError(
        problem,
        file=request.name,
        mend="open it in a GIS, keep the permits of the place in question, and save them as a new GeoPackage",
    )
