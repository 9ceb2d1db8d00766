"""What two images show of the patches that changed most, side by side with what is said of them.

    python -m benchmarks.change_pictures AREA FILE [--patches 6]

AREA is the name of an area with a release; FILE a picture (.jpg or .png). Each patch is drawn on the first and on the
last date: its outline on that date in yellow, that of the other date dashed.
"""

import argparse
from dataclasses import asdict
from pathlib import Path
from textwrap import fill

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rasterio.windows import from_bounds

from engine import wording
from store.database import connect_for_reading
from store.home import Home
from store.reader import current_release
from store.release import DATABASE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area")
    parser.add_argument("file", type=Path)
    parser.add_argument("--patches", type=int, default=6)
    given = parser.parse_args()
    reader = current_release(Home.default(), given.area)
    if reader is None:
        raise SystemExit(f"{given.area} has no release; run it first")
    patches = sorted(reader.patches(), key=lambda one: -abs(one.change_m2 or 0.0))[: given.patches]
    outlines = _outlines(reader.folder / DATABASE)
    first, last = reader.images[0], reader.images[-1]
    figure = Figure(figsize=(9.2, 2.9 * len(patches)), layout="constrained")
    axes = figure.subplots(len(patches), 3, squeeze=False, width_ratios=[1, 1, 1])
    for row, patch in zip(axes, patches, strict=True):
        own = outlines[outlines["patch_id"] == patch.patch_id]
        for axis, image in zip(row, (first, last), strict=False):
            _draw(axis, reader.layer_path(image.layer), own, str(image.date))
            axis.set_title(wording.day(image.date), fontsize=9, loc="left")
        row[2].axis("off")
        words = wording.patch_statement(asdict(patch), asdict(reader.radar) if reader.radar else None)
        row[2].text(0, 0.95, f"{patch.patch_id}\n{fill(words, 44)}", va="top", fontsize=8.5, transform=row[2].transAxes)
    given.file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(given.file, dpi=110)


def _outlines(database: Path) -> gpd.GeoDataFrame:
    with connect_for_reading(database) as connection:
        table = connection.execute(
            "SELECT patch_id, date::VARCHAR AS date, ST_AsWKB(geometry) AS wkb FROM outline"
        ).df()
    shapes = [shapely.from_wkb(bytes(one)) for one in table["wkb"]]
    return gpd.GeoDataFrame(table[["patch_id", "date"]], geometry=shapes, crs="EPSG:4326")


def _draw(axis: Axes, picture: Path, outlines: gpd.GeoDataFrame, date: str) -> None:
    with rasterio.open(picture) as raster:
        west, south, east, north = outlines.to_crs(raster.crs).total_bounds
        middle, half = ((west + east) / 2, (south + north) / 2), 0.7 * max(east - west, north - south)
        bounds = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
        crop = raster.read(window=from_bounds(*bounds, raster.transform), boundless=True, fill_value=0)[:3]
        shapes = outlines.to_crs(raster.crs)
    axis.imshow(np.moveaxis(crop, 0, -1), extent=(bounds[0], bounds[2], bounds[1], bounds[3]))
    for day, shape in zip(shapes["date"], shapes.geometry, strict=True):
        own = day == date
        for part in getattr(shape, "geoms", (shape,)):
            x, y = part.exterior.xy
            axis.plot(x, y, color="#F0E442", linewidth=1.6 if own else 1.0, linestyle="-" if own else (0, (3, 3)))
    axis.set(xticks=[], yticks=[], xlim=(bounds[0], bounds[2]), ylim=(bounds[1], bounds[3]))


if __name__ == "__main__":
    main()
