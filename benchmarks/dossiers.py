"""How long the dossier of a patch takes: the first of a process, which imports what draws and writes, and later ones.

    python -m benchmarks.dossiers [AREA] [--patches N] [--json]

AREA is a published area; without one, the small simulated one is made and published in a folder that is thrown away.
Prints a table; `--json` adds its figures as one JSON object in the last line.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

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
    figures = (
        measure_made_up(given.patches) if given.area is None else measure(Home.default(), given.area, given.patches)
    )
    table = Table("", "", title="Dossiers", title_justify="left")
    for name, value in figures.items():
        table.add_row(name, f"{value:.2f}")
    Console().print(table)
    if given.json:
        print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area", nargs="?")
    parser.add_argument("--patches", type=int, default=5, help="of which dossiers are made")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    return parser.parse_args()


def measure_made_up(count: int) -> dict[str, float]:
    """Of a place with images, radar and permits, whose patches are those of its reference interpretation."""
    # Here, since the process that makes a first dossier imports this module and has no use for these.
    from engine.area import read_area
    from engine.blocks import Workers
    from engine.pipeline import run
    from engine.simulate.weining import simulate

    with TemporaryDirectory() as scratch:
        home, folder = Home(Path(scratch) / "home"), Path(scratch) / "area"
        simulate("small", 1, folder, workers=Workers("threads", 2), count=lambda _part, _total: lambda: None)
        text = (folder / "area.toml").read_text(encoding="utf-8")
        # Outlines that are given take the place of a model, which would have to be trained first.
        parts = re.split(r"(?m)^(?=\[)", text)
        without = ("[reference", "[training]", "[extraction]", "[segmentation]", "[refinement]")
        kept = [re.sub(r"(?m)^labels.*\n", "", part) for part in parts if not part.startswith(without)]
        outlines = '[patches]\npath = "reference/reference_2021.gpkg"\n'
        (folder / "area.toml").write_text("".join(kept) + outlines, encoding="utf-8")
        area = read_area(folder)
        run(area, home, workers=Workers("threads", 2))
        return measure(home, area.name, count)


def measure(home: Home, area: str, count: int) -> dict[str, float]:
    """Seconds from the reader to the zip, and the zip's size in MiB."""
    reader = current_release(home, area)
    assert reader is not None, f"no release of {area}"
    patches = reader.patch_ids()[:count]
    command = [sys.executable, "-c", FIRST, area, patches[0]]
    environment = os.environ | {"PITWATCH_HOME": str(home.root)}
    first = float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
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
