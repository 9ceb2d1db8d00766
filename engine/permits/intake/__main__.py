"""The process that reads cadastres: python -m engine.permits.intake FOLDER ... (see `confinement`)."""

import sys
from pathlib import Path

import pyogrio

from engine.permits.intake.cadastres import read_request_as_cadastre
from engine.permits.intake.drivers import ALLOWED
from engine.permits.intake.exchange import read_request
from engine.permits.intake.supervision import supervise


def main() -> None:
    if extra := set(pyogrio.list_drivers()) - ALLOWED:
        raise SystemExit(f"GDAL brings drivers that nobody has judged: {', '.join(sorted(extra))}")
    for folder in map(Path, sys.argv[1:]):
        supervise(folder, read_request(folder).limits, read_request_as_cadastre)


if __name__ == "__main__":
    main()
