"""How long the dossier of a patch takes: the first of a process, which imports what draws and writes, and later ones.

    python -m benchmarks.dossiers AREA [--patches N] [--json]

AREA is a published area. Prints a table; `--json` adds its figures as one JSON object in the last line.
"""

import argparse
import json
import subprocess
import sys
import time
from statistics import median

from rich.console import Console
from rich.table import Table

from store.home import Home
from store.reader import ReleaseReader, current_release

FIRST = """
import sys, time
from store.home import Home
from store.reader import current_release
reader = current_release(Home.default(), sys.argv[1])
started = time.perf_counter()
from benchmarks.dossiers import make
make(reader, sys.argv[2])
print(time.perf_counter() - started)
"""


def main() -> None:
    given = _arguments()
    reader = current_release(Home.default(), given.area)
    assert reader is not None, f"no release of {given.area}"
    figures = measure(reader, given.area, reader.patch_ids()[: given.patches])
    table = Table("", "", title="Dossiers", title_justify="left")
    for name, value in figures.items():
        table.add_row(name, f"{value:.2f}")
    Console().print(table)
    if given.json:
        print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area")
    parser.add_argument("--patches", type=int, default=5, help="of which dossiers are made")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    return parser.parse_args()


def measure(reader: ReleaseReader, area: str, patches: list[str]) -> dict[str, float]:
    """Seconds from the reader to the zip, and the zip's size in MiB."""
    command = [sys.executable, "-c", FIRST, area, patches[0]]
    first = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    size = make(reader, patches[0])
    seconds = []
    for patch_id in patches:
        started = time.perf_counter()
        make(reader, patch_id)
        seconds.append(time.perf_counter() - started)
    return {
        "dossier_s": round(first, 2),
        "next_dossier_s": round(median(seconds), 2),
        "zip_mib": round(size / 2**20, 1),
    }


def make(reader: ReleaseReader, patch_id: str) -> int:
    """The dossier of a patch in Chinese; returns the size of its zip in bytes."""
    from engine.evidence.dossier import make_dossier
    from engine.evidence.gathering import gather

    return len(make_dossier(gather(reader, patch_id), "zh").archive())


if __name__ == "__main__":
    main()
