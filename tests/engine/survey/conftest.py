"""Folders as people have them: other names, other folders, and things that belong to nobody."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from safetensors.numpy import save_file
from shapely.geometry import box

from engine.grid import Grid
from engine.survey.files import Listing, Unused, list_files
from tests.conftest import METROPOLITAN

SENTINEL2 = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
STRZEGOM = Grid(CRS.from_epsg(32633), Affine(10.0, 0.0, 601_200.0, 0.0, -10.0, 5_646_000.0), (48, 56))

# How the endings of GAMMA's files are renamed, the longer ones first.
_RENAMED = {
    "_utm.unw": ".phase",
    "_utm.inc": ".angle",
    "_utm.lv_theta": ".look",
    "_utm.dem": ".hgt.bin",
    "_utm_dem.par": ".map.TXT",
    "_slc.par": ".mli.PAR",
    "_base.par": ".baseline.txt",
}


def copy_metropolitan(folder: Path) -> Path:
    """The shipped stack and outline under other names, parameters apart from pixels."""
    for path in sorted((METROPOLITAN / "gamma").iterdir()):
        ending = next(ending for ending in _RENAMED if path.name.endswith(ending))
        name = f"sydney {path.name.removesuffix(ending).replace('-', '_')}{_RENAMED[ending]}"
        target = folder / ("parameters" if path.suffix == ".par" else "phase/2006 and 2007") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    (folder / "vector").mkdir()
    shutil.copyfile(METROPOLITAN / "mine_boundary.geojson", folder / "vector" / "Border of the pit.GeoJSON")
    return folder


def scene(bands: int, grid: Grid = STRZEGOM, *, offset: int = 0, seed: int = 1) -> NDArray[np.uint16]:
    """Reflectances of a made-up image, its rim 0 in every band, shape (bands, rows, cols)."""
    values = np.random.default_rng(seed).integers(60, 4000, (bands, *grid.shape)) + offset
    values[:, 0] = values[:, :, -1] = 0
    return values.astype(np.uint16)


def write_image(
    path: Path,
    values: NDArray[Any],
    names: Sequence[str] = (),
    *,
    grid: Grid = STRZEGOM,
    tags: Mapping[str, str] | None = None,
    nodata: float | None = None,
    options: Mapping[str, str] | None = None,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile: dict[str, Any] = {"driver": "GTiff", "count": len(values), "dtype": values.dtype, "nodata": nodata}
    profile |= options or {}
    profile |= {"height": grid.rows, "width": grid.cols, "transform": grid.transform, "crs": grid.crs.to_wkt()}
    with rasterio.open(path, "w", **profile) as target:
        target.write(values)
        for band, name in enumerate(names, start=1):
            target.set_band_description(band, name)
        target.update_tags(**(tags or {}))
    return path


def write_strzegom(folder: Path) -> Path:
    """Two Sentinel-2 images of ten named bands, the later one with the offset."""
    write_image(folder / "summer" / "Quarry_2021-06-19.TIF", scene(10), SENTINEL2)
    write_image(folder / "winter" / "quarry 2023_03_01.tiff", scene(10, offset=1000), SENTINEL2)
    return folder


def write_polygons(path: Path, columns: Mapping[str, Sequence[Any]], grid: Grid = STRZEGOM, **how: Any) -> Path:
    """Small squares in a row within a grid, one for each value of the columns."""
    count = len(next(iter(columns.values()))) if columns else 2
    west, south, east, north = grid.bounds
    step = (east - west) / (count + 1)
    squares = [
        box(west + step * (k + 0.5), (south + north) / 2, west + step * (k + 0.9), (south + north) / 2 + step * 0.4)
        for k in range(count)
    ]
    table = gpd.GeoDataFrame(dict(columns), geometry=squares, crs=grid.crs.to_wkt()).to_crs("EPSG:4326")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_file(path, **how)
    return path


def write_model(path: Path, bands: Sequence[str], **header: Any) -> Path:
    """The header of a checkpoint, and no weights to speak of."""
    header |= {"name": path.stem, "classes": ["background", "quarry"], "bands": [{"name": band} for band in bands]}
    save_file({"weight": np.zeros(1, np.float32)}, path, metadata={"pitwatch": json.dumps(header)})
    return path


def listed(folder: Path) -> tuple[Listing, Unused]:
    unused = Unused(folder)
    return list_files(folder, unused), unused
