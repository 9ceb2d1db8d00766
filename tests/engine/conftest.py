"""Small stacks with known truth, written as processors leave them, and areas round them."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry import box

from engine.deformation.stack import DatePair
from engine.grid import Grid

WAVELENGTH = 0.05546576  # m
DATES = tuple(date(2020, 1, 1) + timedelta(days=12 * number) for number in range(6))
PAIRS = tuple(DatePair(DATES[i], DATES[j]) for i in range(6) for j in range(i + 1, min(i + 3, 6)))

UTM = Grid(CRS.from_epsg(32633), Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 5_650_000.0), (20, 24))
DEGREES = Grid(CRS.from_epsg(4326), Affine(0.001, 0.0, 15.0, 0.0, -0.001, 51.0), (20, 24))

# The bowl of `subsidence`: rows and columns, and its rate.
BOWL = (slice(8, 13), slice(9, 14))
BOWL_RATE = -40.0  # mm/yr

Phases = dict[DatePair, NDArray[np.float32]]


def subsidence(shape: tuple[int, int] = UTM.shape) -> NDArray[np.float64]:
    """Rate towards the satellite in mm/yr: a bowl that sinks in ground that is still."""
    rate = np.zeros(shape)
    rate[BOWL] = BOWL_RATE
    return rate


def phases(rate: NDArray[np.float64], pairs: Sequence[DatePair] = PAIRS) -> Phases:
    """What a radar sees of a steady rate (mm/yr), with an offset to each date that the reference has to take away.

    The offset also keeps still ground from being phase 0, which stands for no data.
    """
    offsets = {day: 0.5 + 0.37 * (day.toordinal() % 7) for pair in pairs for day in pair}
    per_year = -4 * np.pi / WAVELENGTH * rate / 1000.0
    return {
        pair: (per_year * pair.days / 365.25 + 0.1 + offsets[pair.second] - offsets[pair.first]).astype(np.float32)
        for pair in pairs
    }


def write_tif(path: Path, array: NDArray[Any], grid: Grid | None, nodata: float | None = 0.0) -> Path:
    """A GeoTIFF; without a grid it has a transform and no CRS."""
    grid_of = grid or UTM
    path.parent.mkdir(parents=True, exist_ok=True)
    profile: dict[str, Any] = {"driver": "GTiff", "count": 1, "dtype": array.dtype, "nodata": nodata}
    profile |= {"height": array.shape[0], "width": array.shape[1], "transform": grid_of.transform}
    if grid is not None:
        profile["crs"] = grid.crs.to_wkt()
    with rasterio.open(path, "w", **profile) as target:
        target.write(array, 1)
    return path


def write_geotiffs(
    folder: Path, stack: Phases, grid: Grid = UTM, coherence: Mapping[DatePair, NDArray[np.float32]] | None = None
) -> dict[str, Any]:
    """A stack of GeoTIFFs under `folder`/stack; returns its table for area.toml."""
    for pair, phase in stack.items():
        write_tif(folder / "stack" / f"{pair}_unw.tif", phase, grid)
    for pair, values in (coherence or {}).items():
        write_tif(folder / "stack" / f"{pair}_cor.tif", values, grid)
    return {"format": "geotiff", "path": "stack", "wavelength_m": WAVELENGTH, "incidence_deg": 37.0}


def write_gamma(
    folder: Path, stack: Phases, grid: Grid = DEGREES, coherence: Mapping[DatePair, NDArray[np.float32]] | None = None
) -> dict[str, Any]:
    """A stack in GAMMA's form under `folder`/stack; returns its table for area.toml."""
    root = folder / "stack"
    root.mkdir(parents=True, exist_ok=True)
    for pair, phase in stack.items():
        phase.astype(">f4").tofile(root / f"{pair.first:%Y%m%d}-{pair.second:%Y%m%d}.unw")
    for pair, values in (coherence or {}).items():
        values.astype(">f4").tofile(root / f"{pair.first:%Y%m%d}-{pair.second:%Y%m%d}.cc")
    (root / f"{DATES[0]:%Y%m%d}_slc.par").write_text(
        f"radar_frequency: {299_792_458.0 / WAVELENGTH:.10e} Hz\nincidence_angle: 37.0 degrees\n"
        "heading: 190.0 degrees\nrange_looks: 8\nazimuth_looks: 2\n"
        "sar_to_earth_center: 7080600.0 m\nearth_radius_below_sensor: 6371577.0 m\n"
    )
    (root / "map_dem.par").write_text(gamma_map(grid))
    return {"format": "gamma", "path": "stack"}


def gamma_map(grid: Grid) -> str:
    """A DEM/MAP parameter file of a grid in degrees or UTM."""
    transform = grid.transform
    if grid.crs.is_geographic:
        head, x, y = "DEM_projection: EQA\n", "lon", "lat"
    else:
        zone, south = int(grid.crs.utm_zone[:-1]), grid.crs.utm_zone.endswith("S")
        head = f"DEM_projection: UTM\nprojection_zone: {zone}\nfalse_northing: {1e7 if south else 0.0} m\n"
        x, y = "east", "north"
    return (
        f"{head}width: {grid.cols}\nnlines: {grid.rows}\ncorner_{x}: {transform.c} u\ncorner_{y}: {transform.f} u\n"
        f"post_{x}: {transform.a} u\npost_{y}: {transform.e} u\n"
    )


def write_area(folder: Path, stack: Mapping[str, Any], *, name: str = "testbed", **tables: Mapping[str, Any]) -> Path:
    """An area.toml and its SOURCE.md; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f'name = "{name}"', 'title = "A testbed"']
    for table, entries in {"stack": stack, **tables}.items():
        lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in entries.items())]
    (folder / "area.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "SOURCE.md").write_text("Made up, with known truth.\n", encoding="utf-8")
    return folder


def write_patch(path: Path, grid: Grid = UTM, pixels: tuple[slice, slice] = BOWL) -> Path:
    """One outline round some pixels, as GeoJSON in degrees."""
    rows, cols = pixels
    west, north = grid.transform @ (cols.start, rows.start)
    east, south = grid.transform @ (cols.stop, rows.stop)
    outline = gpd.GeoDataFrame(
        {"id": ["A"], "label": ["Bowl"]}, geometry=[box(west, south, east, north)], crs=grid.crs.to_wkt()
    )
    outline.to_crs("EPSG:4326").to_file(path, driver="GeoJSON")
    return path
