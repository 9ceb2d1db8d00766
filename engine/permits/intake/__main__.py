"""The process that reads cadastres: python -m engine.permits.intake FOLDER ... (see `confinement`).

Each folder is read by a fork of its own, so that what fells it fells nothing else.
"""

import json
import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

import pyogrio

from engine.errors import InputError
from engine.permits.intake.cadastres import read_request_as_cadastre
from engine.permits.intake.drivers import ALLOWED
from engine.permits.intake.exchange import ENDED, SCRATCH, read_request, write_cadastre, write_refusal
from engine.permits.intake.limits import Limits

_FELL, _OUT_OF_MEMORY = 1, 3


def main() -> None:
    if extra := set(pyogrio.list_drivers()) - ALLOWED:
        raise SystemExit(f"GDAL brings drivers that nobody has judged: {', '.join(sorted(extra))}")
    for folder in map(Path, sys.argv[1:]):
        limits = read_request(folder).limits
        child = os.fork()
        if child == 0:
            _read_and_exit(folder, limits)
        (folder / ENDED).write_text(json.dumps({"why": _wait(child, limits.seconds)}))


def _wait(child: int, seconds: int) -> str:
    """Wait for a process, stop it when its time is over, and say how it ended."""
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "time"
        time.sleep(0.005)
    if os.WIFSIGNALED(status):
        return "time" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "fell"
    return {0: "done", _OUT_OF_MEMORY: "memory"}.get(os.WEXITSTATUS(status), "fell")


def _read_and_exit(folder: Path, limits: Limits) -> None:
    status = _FELL
    try:
        _confine(limits)
        os.chdir(folder / SCRATCH)
        os.environ["TMPDIR"] = str(folder / SCRATCH)
        write_cadastre(read_request_as_cadastre(folder), folder)
        status = 0
    except InputError as error:
        write_refusal(error, folder)
        status = 0
    except MemoryError:
        status = _OUT_OF_MEMORY
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _confine(limits: Limits) -> None:
    os.umask(0o077)
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, limits.unpacked_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        _, most = resource.getrlimit(what)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(what, (value, value))


if __name__ == "__main__":
    main()
