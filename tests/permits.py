"""A made-up register for the shipped optical area."""

import shutil
from pathlib import Path

import geopandas as gpd
from shapely.geometry import box

from engine.area import read_area
from engine.blocks import Workers
from engine.pipeline import run
from store.home import Home

# Of the frame in degrees: a permit over the western part, one east of it that has expired, none in the north-east.
PERMITS = {
    "W": (box(16.21, 50.97, 16.2375, 51.02), "2010-01-01", "2030-12-31"),
    "E": (box(16.2375, 50.97, 16.262, 51.02), "2010-01-01", "2022-12-31"),
}
TABLE = """
[permits]
path = "permits.gpkg"
columns = { number = "no", holder = "owner", valid_from = "from", valid_to = "to" }
"""


def publish_with_register(shipped: Path, published: Home, folder: Path) -> Home:
    """A copy of a home, in which an area has a newer release with verdicts; only what depends on permits is run."""
    home, area = Home(folder / "home"), folder / "area"
    shutil.copytree(published.root, home.root, symlinks=True)
    shutil.copytree(shipped, area)
    (home.work(shipped.name) / "area.txt").unlink()
    shapes, first, last = zip(*PERMITS.values(), strict=True)
    columns = {"no": list(PERMITS), "owner": "Granit *sp.* z o.o.", "from": first, "to": last}
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326").to_crs("EPSG:2177").to_file(area / "permits.gpkg")
    with (area / "area.toml").open("a") as file:
        file.write(TABLE)
    run(read_area(area), home, workers=Workers("serial"))
    return home
