"""How long uploads and dossiers take, on registers that are made up: reading and checking a hundred thousand permits,
holding 5,000 patches against 3,500, and the evidence on one patch.

    python -m benchmarks.permits [--permits N] [--compared N] [--patches N] [--json]

Prints a table; `--json` adds its figures as one JSON object in the last line.
"""

import argparse
import json
import resource
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import shapely
from rich.console import Console
from rich.table import Table

from benchmarks import dossiers, permit_comparison
from engine.permits.reading import read_cadastre
from engine.permits.registering import make_register

_SPACING_M, _RADIUS_M, _CORNERS = 1500.0, 600.0, 10


def main() -> None:
    given = _arguments()
    with TemporaryDirectory() as scratch:
        figures = read(write_register(Path(scratch), given.permits))
    figures |= permit_comparison.measure(given.compared, given.patches)
    figures |= dossiers.measure_made_up(5)
    table = Table("", "", title="Permits", title_justify="left")
    for name, value in figures.items():
        table.add_row(name, f"{value:.1f}")
    Console().print(table)
    if given.json:
        print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--permits", type=int, default=100_000, help="in the register that is read")
    parser.add_argument("--compared", type=int, default=3_500, help="permits that patches are held against")
    parser.add_argument("--patches", type=int, default=5_000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    return parser.parse_args()


def write_register(folder: Path, count: int) -> Path:
    """A zipped shapefile in GBK without a .cpg; neighbours overlap here and there."""
    random = np.random.default_rng(0)
    side = int(np.ceil(np.sqrt(count)))
    rows, columns = np.divmod(np.arange(count), side)
    middles = np.column_stack([columns, rows]) * _SPACING_M + (360_000.0, 2_900_000.0)
    angles = np.sort(random.uniform(0, 2 * np.pi, (count, _CORNERS)), axis=1)
    radii = random.uniform(0.5, 1.6, (count, _CORNERS)) * _RADIUS_M
    corners = middles[:, None, :] + radii[..., None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    names = [
        f"{kind}矿{number}" for number, kind in zip(range(count), ("煤", "铁", "石灰岩", "铅锌") * count, strict=False)
    ]
    table = gpd.GeoDataFrame(
        {
            "许可证号": [f"C53{number:016d}" for number in range(count)],
            "矿山名称": names,
            "采矿权人": [f"某某县第{number}矿业有限公司" for number in range(count)],
            "有效期起": "2015-01-01",
            "有效期止": "2025-12-31",
            "面积": random.uniform(0.1, 3, count),
        },
        geometry=shapely.polygons(corners),
        crs="EPSG:4544",
    )
    table.to_file(folder / "register.shp", encoding="GBK")
    with zipfile.ZipFile(folder / "register.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in ("shp", "shx", "dbf", "prj"):
            archive.write(folder / f"register.{suffix}", f"许可证/register.{suffix}")
    return folder / "register.zip"


def read(path: Path) -> dict[str, float]:
    """Seconds of reading and of understanding and checking; the most memory of the process that reads, in MiB."""
    started = time.perf_counter()
    cadastre = read_cadastre(path)
    seconds = time.perf_counter() - started
    assert cadastre.encoding == "GB18030"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    started = time.perf_counter()
    register, _report = make_register(cadastre)
    checked = time.perf_counter() - started
    assert len(register.permits) == len(cadastre.table)
    return {"read_s": round(seconds, 2), "check_s": round(checked, 2), "read_peak_mib": round(peak)}


if __name__ == "__main__":
    main()
