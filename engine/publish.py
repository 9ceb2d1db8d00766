"""From the products of the steps to the rows and layers of a release."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.colors import LightSource
from numpy.typing import NDArray

from engine import __version__
from engine.activity.steps import ACTIVITY
from engine.activity.steps import SERIES as PATCH_SERIES
from engine.area import Area
from engine.deformation.inversion import PixelState
from engine.deformation.mintpy_files import SeriesFile, read_geometry
from engine.deformation.steps import M_TO_MM, ChosenNetwork, MotionRasters, PreparedStack
from engine.deformation.velocity import t95
from engine.grid import Grid, geodesic_area
from engine.permits.verdicts import Verdict
from engine.raster import Raster, write_cog, write_cube
from engine.steps import StepRecord
from store.home import Home
from store.release import LAYERS, SCHEMA_VERSION, SERIES, begin, check, new_release_id, publish, write_tables

Row = dict[str, Any]
RATE_BIN = 1.0  # mm/yr


@dataclass(frozen=True)
class Products:
    """Folders of the finished steps, and what the verdicts step found."""

    stack: Path
    network: Path
    inversion: Path
    velocity: Path
    patches: Path
    activity: Path
    verdicts: dict[str, list[Verdict]]


def publish_release(area: Area, products: Products, records: Sequence[StepRecord], home: Home, key: str) -> str:
    """Write, check and publish a release; returns its identifier. On any error the last good one stays current."""
    release_id = new_release_id(home, area.name)
    folder = begin(home, area.name, release_id)
    try:
        stack = PreparedStack.read(products.stack)
        chosen = ChosenNetwork.read(products.network, stack)
        layers = _write_layers(stack, products, folder / LAYERS, area.options.activity.threshold_mm_per_year)
        _write_series_cube(stack, products, folder / SERIES)
        tables = {
            "release": pd.DataFrame([_release_row(area, stack, chosen, products, release_id, key)]),
            "acquisition": _acquisitions(products),
            "interferogram": _interferograms(stack, chosen),
            "layer": pd.DataFrame(layers),
            "category": _states(products),
            "rate_bin": _rate_bins(products),
            "patch": _patches(products),
            "activity": _activities(products),
            "series": pd.read_parquet(products.activity / PATCH_SERIES),
            "verdict": _verdicts(products),
            "step": _steps(records),
            "input": _inputs(records, area),
        }
        write_tables(folder, tables)
        check(folder, tables)
        publish(home, area.name, release_id, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return release_id


def _release_row(
    area: Area, stack: PreparedStack, chosen: ChosenNetwork, products: Products, release_id: str, key: str
) -> Row:
    bounds = stack.grid.bounds_lonlat
    with Raster(products.inversion / "state.tif") as raster:
        solved = float((raster.read() == PixelState.SOLVED).mean())
    reference = area.options.inversion.reference
    return {
        "id": release_id,
        "area": area.name,
        "title": area.options.title,
        "created": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "schema_version": SCHEMA_VERSION,
        "engine_version": __version__,
        "content_key": key,
        "attribution": area.options.attribution,
        "source": area.source,
        "first_date": chosen.network.dates[0],
        "last_date": chosen.network.dates[-1],
        "pairs": len(chosen.numbers),
        "moving_area_m2": geodesic_area(gpd.read_parquet(products.activity / ACTIVITY)["cluster"].union_all()),
        "halo_m": area.options.activity.radius_m,
        "solved_share": solved,
        "reference": reference if isinstance(reference, str) else "{}, {}".format(*reference),
        "threshold": area.options.activity.threshold_mm_per_year,
        "t95": t95(len(chosen.network.dates)),
        "incidence_deg": float(np.nanmedian(read_geometry(stack.folder).incidence)),
        "heading_deg": stack.radar.heading,
        "wavelength_m": stack.radar.wavelength,
        **bounds._asdict(),
    }


def _write_layers(stack: PreparedStack, products: Products, folder: Path, neutral: float) -> list[Row]:
    """Copy or make the layers of the map; returns their rows."""
    rates, inverted = products.velocity, products.inversion
    span = _symmetric_span(rates / "rate.tif")
    motion = {"unit": "mm/yr", "palette": "motion", "low": -span, "high": span, "neutral": neutral}
    rows: list[Row] = [
        {"name": "rate", "file": _copy(rates / "rate.tif", folder), **motion},
        {"name": "vertical", "file": _copy(rates / "vertical.tif", folder), **motion},
        {
            "name": "error",
            "file": _copy(rates / "error.tif", folder),
            **_sequential("mm/yr", 0.0, _upper(rates / "error.tif")),
        },
        {"name": "coherence", "file": _copy(inverted / "coherence.tif", folder), **_sequential("1", 0.0, 1.0)},
        {
            "name": "pairs",
            "file": _copy(inverted / "pairs.tif", folder),
            **_sequential("1", 0.0, float(len(stack.valid_shares))),
        },
        {"name": "groups", "file": _copy(inverted / "groups.tif", folder), **_sequential("1", 1.0, 10.0)},
        {
            "name": "state",
            "file": _copy(inverted / "state.tif", folder),
            "unit": "code",
            "palette": "state",
        },
    ]
    height = read_geometry(stack.folder).height
    if height is not None:
        shade = _hillshade(height, stack.grid)
        write_cog(folder / "terrain.tif", shade, stack.grid, nodata=None, unit="1", name="shaded relief")
        rows.append({"name": "terrain", "file": "terrain.tif", "unit": "1", "palette": "grey", "low": 0, "high": 255})
    return [{"position": position, **row} for position, row in enumerate(rows)]


def _sequential(unit: str, low: float, high: float) -> Row:
    return {"unit": unit, "palette": "sequential", "low": low, "high": high}


def _copy(path: Path, folder: Path) -> str:
    try:
        os.link(path, folder / path.name)  # the step's folder is replaced, never written to: sharing is safe
    except OSError:
        shutil.copyfile(path, folder / path.name)
    return path.name


def _symmetric_span(path: Path) -> float:
    """End of the rate's colour scale: the 99.8th percentile of its size, at least 10, rounded up to fives (mm/yr)."""
    with Raster(path) as raster:
        size = np.abs(raster.read())
    size = size[np.isfinite(size)]
    top = float(np.percentile(size, 99.8)) if size.size else 10.0
    return float(max(10.0, 5.0 * np.ceil(top / 5.0)))


def _upper(path: Path) -> float:
    with Raster(path) as raster:
        values = raster.read()
    values = values[np.isfinite(values)]
    return float(np.ceil(np.percentile(values, 98))) if values.size else 1.0


def _hillshade(height: NDArray[np.float32], grid: Grid) -> NDArray[np.uint8]:
    """Shaded relief lit from the north-west, light (170–255) so that what lies over it is read first."""
    size = np.sqrt(float(np.median(grid.pixel_area)))
    light = LightSource(azdeg=315, altdeg=45)
    shade = light.hillshade(np.nan_to_num(height), vert_exag=1.5, dx=size, dy=size)
    return (170 + 85 * shade).astype(np.uint8)


def _write_series_cube(stack: PreparedStack, products: Products, path: Path) -> None:
    series = SeriesFile(products.inversion)
    write_cube(
        path,
        lambda block: series.read(block) * np.float32(M_TO_MM),
        stack.grid,
        band_names=[str(day) for day in series.dates],
        unit="mm",
    )


def _acquisitions(products: Products) -> pd.DataFrame:
    noise = json.loads((products.velocity / "noise.json").read_text())
    return pd.DataFrame({"date": pd.to_datetime(list(noise)), "noise_mm": list(noise.values())})


def _interferograms(stack: PreparedStack, chosen: ChosenNetwork) -> pd.DataFrame:
    used = set(chosen.numbers)
    return pd.DataFrame(
        {
            "first_date": item.pair.first,
            "second_date": item.pair.second,
            "days": item.pair.days,
            "perpendicular_baseline_m": item.perpendicular_baseline,
            "valid_share": share,
            "used": number in used,
        }
        for number, (item, share) in enumerate(zip(stack.file.interferograms, stack.valid_shares, strict=True))
    )


def _states(products: Products) -> pd.DataFrame:
    with Raster(products.inversion / "state.tif") as raster:
        state = raster.read()
    return pd.DataFrame(
        {"layer": "state", "value": int(item), "code": item.name.lower(), "share": float((state == item).mean())}
        for item in PixelState
    )


def _rate_bins(products: Products) -> pd.DataFrame:
    motion = MotionRasters.read(products.inversion, products.velocity)
    rate, grid = motion.rate, motion.grid
    seen = np.isfinite(rate)
    areas = np.broadcast_to(grid.pixel_area[:, None], grid.shape)
    lows = np.floor(rate[seen] / RATE_BIN) * RATE_BIN
    bins = pd.DataFrame({"low": lows, "area_m2": areas[seen]}).groupby("low", as_index=False).sum()
    return bins.assign(high=bins["low"] + RATE_BIN)


def _patches(products: Products) -> pd.DataFrame:
    patches = gpd.read_parquet(products.patches / "patches.parquet")
    bounds = patches.bounds.set_axis(["west", "south", "east", "north"], axis=1)
    columns = patches[["patch_id", "name", "mine_class", "area_m2"]]
    return pd.concat([pd.DataFrame(columns), bounds, patches.geometry.to_wkb().rename("geometry")], axis=1)


def _activities(products: Products) -> pd.DataFrame:
    activities = gpd.read_parquet(products.activity / ACTIVITY)
    return pd.DataFrame(activities.drop(columns="cluster")).assign(cluster=activities["cluster"].to_wkb())


def _verdicts(products: Products) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patch_id": patch_id,
            "register": None,
            "kind": str(verdict.kind),
            "reasons": json.dumps([asdict(reason) for reason in verdict.reasons]),
        }
        for patch_id, verdicts in products.verdicts.items()
        for verdict in verdicts
    )


def _steps(records: Sequence[StepRecord]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "position": position,
            "name": record.name,
            "finished": datetime.fromisoformat(record.finished).replace(tzinfo=None),
            "seconds": record.seconds,
            "peak_memory_bytes": record.peak_memory,
            "parameters": json.dumps(record.parameters),
            "versions": json.dumps(record.versions),
            "report": json.dumps(record.report),
        }
        for position, record in enumerate(records)
    )


def _inputs(records: Sequence[StepRecord], area: Area) -> pd.DataFrame:
    folder = area.folder.resolve()

    def relative(file: str) -> str:
        path = Path(file).resolve()
        return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name

    return pd.DataFrame(
        [
            {"step": record.name, "file": relative(file), "sha256": digest}
            for record in records
            for file, digest in record.inputs.items()
        ]
    )
