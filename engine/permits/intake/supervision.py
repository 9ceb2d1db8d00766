"""A fork that reads one folder within limits; what fells it fells nothing else."""

import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from engine.errors import InputError
from engine.permits.cadastre import Cadastre
from engine.permits.intake.exchange import ENDED, SCRATCH, write_cadastre, write_refusal
from engine.permits.intake.limits import Limits

_FELL, _OUT_OF_MEMORY = 1, 3

Read = Callable[[Path], Cadastre]


def supervise(folder: Path, limits: Limits, read: Read) -> None:
    """Have a private folder read by a fork, and write into it how that ended."""
    child = os.fork()
    if child == 0:
        _read_and_exit(folder, limits, read)
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


def _read_and_exit(folder: Path, limits: Limits, read: Read) -> None:
    status = _FELL
    try:
        _confine(limits)
        os.chdir(folder / SCRATCH)
        os.environ["TMPDIR"] = str(folder / SCRATCH)
        write_cadastre(read(folder), folder)
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
