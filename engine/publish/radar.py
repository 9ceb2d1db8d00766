"""What the radar found, as rows and layers of a release."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.colors import LightSource
from numpy.typing import NDArray

from engine.activity.steps import ACTIVITY, COURSES
from engine.activity.steps import SERIES as PATCH_SERIES
from engine.area import Area
from engine.deformation.inversion import PixelState
from engine.deformation.mintpy_files import SeriesFile, read_geometry
from engine.deformation.network import Network, date_baselines
from engine.deformation.rates import MotionRasters
from engine.deformation.stack import Interferogram
from engine.deformation.steps import M_TO_MM, ChosenNetwork, PreparedStack, describe_reference
from engine.deformation.velocity import t95
from engine.grid import Grid, geodesic_area
from engine.products import RadarProducts
from engine.publish.parts import Part, Row, sequential, share_file
from engine.raster import Raster, write_cog, write_cube
from store.release import LAYERS, SERIES

RATE_BIN = 1.0  # mm/yr


def radar_part(area: Area, products: RadarProducts, activity: Path, folder: Path) -> Part:
    """Write the layers and the series cube into a release's folder; returns its tables and layers."""
    stack = PreparedStack.read(products.stack)
    chosen = ChosenNetwork.read(products.network, stack)
    layers = _write_layers(stack, products, folder / LAYERS, area.options.activity.threshold_mm_per_year)
    _write_series_cube(stack, products, folder / SERIES)
    dates = chosen.network.dates
    return Part(
        tables={
            "radar": pd.DataFrame([_radar_row(area, stack, chosen, products, activity)]),
            "acquisition": _acquisitions(products),
            "interferogram": _interferograms(stack, chosen),
            "category": _states(products),
            "rate_bin": _rate_bins(products),
            "activity": _activities(activity),
            "series": pd.read_parquet(activity / PATCH_SERIES),
            "course": pd.read_parquet(activity / COURSES),
        },
        layers=layers,
        bounds=stack.grid.bounds_lonlat,
        dates=(dates[0], dates[-1]),
    )


def _radar_row(area: Area, stack: PreparedStack, chosen: ChosenNetwork, products: RadarProducts, activity: Path) -> Row:
    with Raster(products.inversion / "state.tif") as raster:
        solved = float((raster.read() == PixelState.SOLVED).mean())
    return {
        "first_date": chosen.network.dates[0],
        "last_date": chosen.network.dates[-1],
        "pairs": len(chosen.numbers),
        "moving_area_m2": geodesic_area(gpd.read_parquet(activity / ACTIVITY)["cluster"].union_all()),
        "halo_m": area.options.activity.radius_m,
        "solved_share": solved,
        "reference": describe_reference(stack, area.options.inversion),
        "threshold": area.options.activity.threshold_mm_per_year,
        "t95": t95(int(area.options.velocity.within(chosen.network.dates).sum())),
        "incidence_deg": float(np.nanmedian(read_geometry(stack.folder).incidence)),
        "heading_deg": stack.radar.heading,
        "wavelength_m": stack.radar.wavelength,
    }


def _write_layers(stack: PreparedStack, products: RadarProducts, folder: Path, neutral: float) -> list[Row]:
    """Copy or make the layers of the map; returns their rows."""
    rates, inverted = products.velocity, products.inversion
    span = _symmetric_span(rates / "rate.tif", neutral)
    motion = {"unit": "mm/yr", "palette": "motion", "low": -span, "high": span, "neutral": neutral}
    rows: list[Row] = [
        {"name": "rate", "file": share_file(rates / "rate.tif", folder), **motion},
        {"name": "vertical", "file": share_file(rates / "vertical.tif", folder), **motion},
        {
            "name": "error",
            "file": share_file(rates / "error.tif", folder),
            **sequential("mm/yr", 0.0, _upper(rates / "error.tif")),
        },
        {"name": "coherence", "file": share_file(inverted / "coherence.tif", folder), **sequential("1", 0.0, 1.0)},
        {
            "name": "pairs",
            "file": share_file(inverted / "pairs.tif", folder),
            **sequential("1", 0.0, float(len(stack.valid_shares))),
        },
        {"name": "groups", "file": share_file(inverted / "groups.tif", folder), **sequential("1", 1.0, 10.0)},
        {
            "name": "state",
            "file": share_file(inverted / "state.tif", folder),
            "unit": "code",
            "palette": "state",
        },
    ]
    if products.decomposition is not None:
        rows += _decomposed_layers(products.decomposition, folder, motion)
    height = read_geometry(stack.folder).height
    if height is not None:
        shade = _hillshade(height, stack.grid)
        write_cog(folder / "terrain.tif", shade, stack.grid, nodata=None, unit="1", name="shaded relief")
        rows.append({"name": "terrain", "file": "terrain.tif", "unit": "1", "palette": "grey", "low": 0, "high": 255})
    return rows


def _decomposed_layers(products: Path, folder: Path, motion: Row) -> list[Row]:
    """Rates east and up, in the colours of the rate along the line of sight, and their standard errors."""
    rates = [{"name": name, "file": share_file(products / f"{name}.tif", folder), **motion} for name in ("east", "up")]
    errors = [products / f"{row['name']}_standard_error.tif" for row in rates]
    return [
        *rates,
        *(
            {"name": path.stem, "file": share_file(path, folder), **sequential("mm/yr", 0.0, _upper(path))}
            for path in errors
        ),
    ]


def _symmetric_span(path: Path, neutral: float) -> float:
    """End of the rate's colour scale, mm/yr: the 99.8th percentile of its size, at least 10 and 2 `neutral`, rounded
    up to fives."""
    with Raster(path) as raster:
        size = np.abs(raster.read())
    size = size[np.isfinite(size)]
    top = float(np.percentile(size, 99.8)) if size.size else 10.0
    return float(max(10.0, 5.0 * np.ceil(max(top, 2 * neutral) / 5.0)))


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


def _write_series_cube(stack: PreparedStack, products: RadarProducts, path: Path) -> None:
    series = SeriesFile(products.series)
    write_cube(
        path,
        lambda block: series.read(block) * np.float32(M_TO_MM),
        stack.grid,
        band_names=[str(day) for day in series.dates],
        unit="mm",
    )


def _acquisitions(products: RadarProducts) -> pd.DataFrame:
    noise = json.loads((products.velocity / "noise.json").read_text())
    return pd.DataFrame({"date": pd.to_datetime(list(noise)), "noise_mm": list(noise.values())})


def _interferograms(stack: PreparedStack, chosen: ChosenNetwork) -> pd.DataFrame:
    used, pairs = set(chosen.numbers), stack.interferograms
    baselines = _baselines(pairs)
    return pd.DataFrame(
        {
            "first_date": item.pair.first,
            "second_date": item.pair.second,
            "days": item.pair.days,
            "perpendicular_baseline_m": item.perpendicular_baseline,
            "valid_share": share,
            "coherence": item.mean_coherence,
            "first_baseline_m": baselines.get(item.pair.first),
            "second_baseline_m": baselines.get(item.pair.second),
            "used": number in used,
        }
        for number, (item, share) in enumerate(zip(pairs, stack.valid_shares, strict=True))
    )


def _baselines(pairs: Sequence[Interferogram]) -> dict[date, float]:
    """Perpendicular baseline of each date against the first, m; empty where a pair has none."""
    if any(item.perpendicular_baseline is None for item in pairs):
        return {}
    network = Network(tuple(item.pair for item in pairs))
    found = date_baselines(pairs, network, field="network")
    return {day: float(value) for day, value in zip(network.dates, found, strict=True)}


def _states(products: RadarProducts) -> pd.DataFrame:
    with Raster(products.inversion / "state.tif") as raster:
        state = raster.read()
    return pd.DataFrame(
        {"layer": "state", "value": int(item), "code": item.name.lower(), "share": float((state == item).mean())}
        for item in PixelState
    )


def _rate_bins(products: RadarProducts) -> pd.DataFrame:
    motion = MotionRasters.read(products.inversion, products.velocity)
    rate, grid = motion.rate, motion.grid
    seen = np.isfinite(rate)
    areas = np.broadcast_to(grid.pixel_area[:, None], grid.shape)
    lows = np.floor(rate[seen] / RATE_BIN) * RATE_BIN
    bins = pd.DataFrame({"low": lows, "area_m2": areas[seen]}).groupby("low", as_index=False).sum()
    return bins.assign(high=bins["low"] + RATE_BIN)


def _activities(activity: Path) -> pd.DataFrame:
    activities = gpd.read_parquet(activity / ACTIVITY)
    return pd.DataFrame(activities.drop(columns="cluster")).assign(cluster=activities["cluster"].to_wkb())
