"""A made-up release as large as a province's: patches, their series and verdicts, permits, and images of many pixels.

`python -m benchmarks.crowded HOME --patches 10000` writes one into a home by the store's own way of publishing. It is
for measuring the app; nothing in it was computed from radar or images.
"""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from engine.grid import Grid, cover
from engine.publish.attention import attention_table, with_order
from engine.raster import start_cog, write_cog, write_cube
from store.home import Home
from store.release import LAYERS, SCHEMA_VERSION, SERIES, begin, check, new_release_id, publish, write_tables

AREA = "crowded"
FIRST, DATES, STEP = date(2019, 1, 11), 90, 12
IMAGES = (date(2019, 5, 18), date(2021, 11, 6))
_CORNER, _CELL = (104.2, 26.9), 0.0017  # degrees; one patch a cell
_CLASSES = ("gangue_dump", "iron_pit", "clay_pit", "sandstone_pit")
_ACTIVITIES = {"negative": 0.12, "positive": 0.06, "settlement": 0.06, "decorrelated": 0.1, "no_change": 0.6}
_CHANGES = {"new": 0.1, "grown": 0.2, "shrunk": 0.1, "gone": 0.1, "unchanged": 0.5}
_VERDICTS = {"no_permit": 0.3, "crosses": 0.1, "after_expiry": 0.1, "inside": 0.5}
_RADAR_PIXELS, _NAN = 400, float("nan")


def make_release(home: Home, patches: int, image_pixels: int, *, with_series: bool = True, seed: int = 1) -> str:
    """Publish the release; returns its identifier. image_pixels : side of the images, none where it is 0."""
    random = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(patches)))
    frame = (_CORNER[0], _CORNER[1] - side * _CELL, _CORNER[0] + side * _CELL, _CORNER[1])
    release_id = new_release_id(home, AREA)
    folder = begin(home, AREA, release_id)
    layers = _rasters(folder, frame, image_pixels, random)
    tables = _tables(patches, side, frame, random, with_series=with_series) | {
        "release": pd.DataFrame([_release_row(release_id, frame)]),
        "layer": pd.DataFrame({"position": place, **layer} for place, layer in enumerate(layers)),
        "image": pd.DataFrame(_image_rows(frame)) if image_pixels else pd.DataFrame(),
    }
    tables["attention"] = attention_table(tables)
    tables["patch"] = with_order(tables)
    write_tables(folder, tables)
    check(folder, tables)
    publish(home, AREA, release_id, folder)
    return release_id


def _release_row(release_id: str, frame: tuple[float, ...]) -> dict[str, Any]:
    texts = {"title": "Crowded", "attribution": "made up", "source": "Made up.", "content_key": release_id}
    return {
        **{"id": release_id, "area": AREA, "schema_version": SCHEMA_VERSION, "engine_version": "benchmark"},
        **texts,
        "created": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "first_date": FIRST,
        "last_date": IMAGES[-1],
        **_bounds(frame),
    }


def _bounds(frame: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(("west", "south", "east", "north"), frame, strict=True))


def _image_rows(frame: tuple[float, ...]) -> Iterator[dict[str, Any]]:
    for day in IMAGES:
        named = {"layer": f"image-{day:%Y%m%d}", "probability": None, "bands": ["red", "green", "blue"]}
        yield {"date": day, **named, "pixel_m": 1.0, "valid_share": 1.0, **_bounds(frame)}


def _rasters(folder: Path, frame: tuple[float, ...], pixels: int, random: np.random.Generator) -> list[dict[str, Any]]:
    """Pictures, rates and the like, and the cube of series; returns the rows of the table layer."""
    rows: list[dict[str, Any]] = []
    if pixels:
        grid = _grid(frame, pixels)
        for day in IMAGES:
            name = f"image-{day:%Y%m%d}"
            _picture(folder / LAYERS, name, grid, random)
            rows.append({"name": name, "file": f"{name}.tif", "unit": "1", "palette": "picture"})
    grid = _grid(frame, _RADAR_PIXELS)
    rate = _smooth(grid.shape, random) * 12
    motion = {"unit": "mm/yr", "palette": "motion", "low": -30.0, "high": 30.0, "neutral": 5.0}
    values: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
        "rate": (rate, motion),
        "vertical": (rate * 1.25, motion),
        "error": (np.ones_like(rate), {"unit": "mm/yr", "palette": "sequential", "low": 0.0, "high": 2.0}),
        "coherence": (np.full_like(rate, 0.9), {"unit": "1", "palette": "sequential", "low": 0.0, "high": 1.0}),
        "pairs": (np.full(grid.shape, 334, np.uint16), {"unit": "1", "palette": "sequential", "low": 0, "high": 334}),
        "groups": (np.ones(grid.shape, np.uint16), {"unit": "1", "palette": "sequential", "low": 1, "high": 10}),
        "state": (np.zeros(grid.shape, np.uint8), {"unit": "code", "palette": "state"}),
    }
    for name, (array, row) in values.items():
        nodata = float("nan") if array.dtype.kind == "f" else None
        write_cog(folder / LAYERS / f"{name}.tif", array, grid, nodata=nodata, unit=row["unit"], name=name)
        rows.append({"name": name, "file": f"{name}.tif", **row})
    years = np.arange(DATES, dtype=np.float32) * STEP / 365.25
    write_cube(
        folder / SERIES,
        lambda block: rate[block.slices][None] * years[:, None, None],
        grid,
        band_names=[str(FIRST + timedelta(days=STEP * number)) for number in range(DATES)],
        unit="mm",
    )
    return rows


def _grid(frame: tuple[float, ...], pixels: int) -> Grid:
    west, south, east, north = frame
    step = Affine((east - west) / pixels, 0.0, west, 0.0, (south - north) / pixels, north)
    return Grid(CRS.from_epsg(4326), step, (pixels, pixels))


def _smooth(shape: tuple[int, int], random: np.random.Generator) -> NDArray[np.float32]:
    rows, cols = (np.linspace(0, 12, size)[:, None] for size in shape)
    waves = sum(
        np.sin(rows * random.uniform(0.5, 3) + random.uniform(0, 6)) * np.sin(cols.T * random.uniform(0.5, 3))
        for _wave in range(4)
    )
    return np.asarray(waves / 2, np.float32)


def _picture(folder: Path, name: str, grid: Grid, random: np.random.Generator) -> None:
    """Ground with detail down to the pixel, as an image has it: what a tile costs to read depends on it."""
    coarse = _smooth((257, 257), random)
    speckle = random.normal(0, 9, (1024, 1024)).astype(np.float32)
    with start_cog(
        folder / f"{name}.tif", grid, dtype="uint8", nodata=0, unit="1", names=("red", "green", "blue")
    ) as write:
        for block in cover(grid.shape, 1024):
            rows, cols = (
                np.arange(piece.start, piece.stop) * 256 // size
                for piece, size in zip(block.slices, grid.shape, strict=True)
            )
            ground = 120 + 60 * coarse[np.ix_(rows, cols)] + speckle[: len(rows), : len(cols)]
            write(block, np.clip(np.stack([ground, ground * 0.9, ground * 0.75]), 1, 255).astype(np.uint8))


def _tables(
    count: int, side: int, frame: tuple[float, ...], random: np.random.Generator, *, with_series: bool
) -> dict[str, pd.DataFrame]:
    names = np.array([f"P-{number:07}" for number in range(1, count + 1)])
    number = np.arange(count)
    middles = (
        np.stack([frame[0] + (number % side + 0.5) * _CELL, frame[3] - (number // side + 0.5) * _CELL], axis=1)
        + random.uniform(-0.15, 0.15, (count, 2)) * _CELL
    )
    reach = _CELL * random.uniform(0.08, 0.32, count)
    latest = _blobs(middles, reach, random)
    area = shapely.area(latest) * 111_320**2 * np.cos(np.radians(26.8))
    classes = random.choice(_CLASSES, count)
    change = random.choice(list(_CHANGES), count, p=list(_CHANGES.values()))
    confidence = random.uniform(0.5, 0.99, count)
    bounds = shapely.bounds(latest)
    known = {"patch_id": names, "mine_class": classes, "area_m2": area, "confidence": confidence}
    patch = pd.DataFrame(
        {
            **known,
            "name": "",
            "change": change,
            "change_from": IMAGES[0],
            "change_to": IMAGES[1],
            "change_m2": np.where(change == "grown", area * 0.2, np.where(change == "new", area, 0.0)),
            "change_margin_m2": area * 0.05,
            "first_seen": IMAGES[0],
            "last_seen": IMAGES[1],
            **{side_name: bounds[:, place] for place, side_name in enumerate(("west", "south", "east", "north"))},
            "geometry": shapely.to_wkb(latest),
        }
    )
    outlines = [
        pd.DataFrame({**known, "date": day, "margin_m2": area * 0.05, "geometry": shapely.to_wkb(shapes)})
        for day, shapes in zip(IMAGES, (_blobs(middles, reach * 0.9, random), latest), strict=True)
    ]
    activity = random.choice([*_ACTIVITIES, "not_observable"], count, p=[*_ACTIVITIES.values(), 0.06])
    series = _series_tables(names, activity, random) if with_series else {}
    return {
        "radar": pd.DataFrame([_radar_row()]),
        "extraction": pd.DataFrame([_extraction_row()]),
        "acquisition": pd.DataFrame({"date": _days(), "noise_mm": 2.0}),
        "category": pd.DataFrame([{"layer": "state", "value": 0, "code": "solved", "share": 1.0}]),
        "rate_bin": pd.DataFrame({"low": [-6.0, 0.0], "high": [-5.0, 1.0], "area_m2": [1e6, 1e8]}),
        "patch": patch,
        "outline": pd.concat(outlines),
        "sighting": pd.DataFrame(
            {"patch_id": np.repeat(names, 2), "date": np.tile(IMAGES, count), "seen_share": 1.0, "probability": 0.8}
        ),
        "activity": _activity(names, activity, random),
        "verdict": _verdicts(names, area, latest, random),
        "permit": _permits(middles[::3], random),
        "register": pd.DataFrame(
            [{"name": "made up", "sha256": "0" * 64, "crs": "EPSG:4326", "permits": len(middles[::3]), "report": "{}"}]
        ).assign(error_m=5.0),
        "step": pd.DataFrame(
            [{"position": 0, "name": "made", "finished": datetime(2022, 1, 1), "seconds": 1.0}]
        ).assign(peak_memory_bytes=1, parameters="{}", versions="{}", report="{}"),
        **series,
    }


def _days() -> list[date]:
    return [FIRST + timedelta(days=STEP * number) for number in range(DATES)]


def _radar_row() -> dict[str, Any]:
    numbers = {"moving_area_m2": 1e6, "halo_m": 500.0, "solved_share": 0.97, "threshold": 5.0, "t95": 1.99}
    named = {"reference": "median", "heading_deg": -12.6, "wavelength_m": 0.05546576, "incidence_deg": 37.3}
    return {"first_date": FIRST, "last_date": _days()[-1], "pairs": 334, **numbers, **named}


def _extraction_row() -> dict[str, Any]:
    known = {"model": "made up", "sha256": "0" * 64, "classes": list(_CLASSES), "metrics": json.dumps({})}
    return known | {"threshold": 0.5, "least_share": 0.5, "boundary_error_m": 0.5}


def _blobs(middles: NDArray[Any], reach: NDArray[Any], random: np.random.Generator) -> NDArray[Any]:
    """Star-shaped polygons of 24 corners."""
    corners = 24
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = reach[:, None] * random.uniform(0.7, 1.3, (len(middles), corners))
    points = middles[:, None] + np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=-1)
    return np.asarray(shapely.polygons(np.concatenate([points, points[:, :1]], axis=1)))


def _activity(names: NDArray[Any], activity: NDArray[Any], random: np.random.Generator) -> pd.DataFrame:
    moving = np.isin(activity, ("negative", "positive", "settlement"))
    lost = activity == "decorrelated"
    rate = np.where(moving, random.uniform(6, 30, len(names)) * np.where(activity == "positive", 1, -1), np.nan)
    first = pd.Series([FIRST + timedelta(days=int(day)) for day in random.integers(0, 1000, len(names))])
    return pd.DataFrame(
        {
            "patch_id": names,
            "activity": activity,
            "paper_activity": np.where(activity == "settlement", "negative", activity),
            "class_confidence": random.uniform(0.6, 1.0, len(names)),
            "observed_share": 1.0,
            "coherent_pixels": 40,
            "decorrelated_pixels": np.where(lost, 20, 0),
            "shared_share": 0.0,
            "detectable_rate": 3.0,
            "cluster_parts": np.where(moving, 1, np.nan),
            "cluster_pixels": np.where(moving, 20, np.nan),
            "cluster_area_m2": np.where(moving, 8_000.0, np.nan),
            "cluster_distance_m": np.where(moving, 0.0, np.nan),
            "median_rate": rate,
            "extreme_rate": rate * 1.4,
            "standard_error": np.where(moving, 0.7, np.nan),
            "significant_share": np.where(moving, 1.0, np.nan),
            "lost_first": first.where(lost),
            "lost_last": (first + timedelta(days=24)).where(lost),
            "cluster": None,
        }
    )


def _series_tables(names: NDArray[Any], activity: NDArray[Any], random: np.random.Generator) -> dict[str, pd.DataFrame]:
    days = np.arange(DATES) * STEP
    count = len(names)
    begins = random.integers(100, 900, count)
    moving = np.isin(activity, ("negative", "positive"))
    rates = np.where(moving, np.where(activity == "positive", 15.0, -15.0), 0.0) / 365.25
    fitted = (rates[:, None] * np.clip(days[None] - begins[:, None], 0, None)).astype(np.float32)
    values = fitted + random.normal(0, 1, fitted.shape).astype(np.float32)
    turn = pd.Series([FIRST + timedelta(days=int(day)) for day in begins]).where(moving)
    error = np.full(DATES, 0.4, np.float32)
    series = {
        "patch_id": names,
        "of": np.where(moving, "cluster", "patch"),
        "pixels": 40,
        "dates": [_days()] * count,
        "displacement_mm": list(values),
        "still_mm": [error] * count,
        "spread_mm": [error] * count,
        "fitted_mm": list(fitted),
        "fitted_error_mm": [error] * count,
        "rate": rates * 365.25,
        "standard_error": 0.5,
    }
    course = {
        "patch_id": names,
        "course": np.where(moving, "onset", "constant"),
        "turn": np.where(moving, "onset", None),
        "day": turn,
        "day_first": turn - timedelta(days=20),
        "day_last": turn + timedelta(days=20),
        "rate_after": rates * 365.25,
        **dict.fromkeys(("rate_before", "error_before", "error_after", "annual_mm", "walk_mm", "fading"), 0.0),
        **dict.fromkeys(("noise_mm", "p_value", "cusum_p"), 0.5),
    }
    return {"series": pd.DataFrame(series), "course": pd.DataFrame(course)}


def _verdicts(
    names: NDArray[Any], area: NDArray[Any], shapes: NDArray[Any], random: np.random.Generator
) -> pd.DataFrame:
    kind = random.choice(list(_VERDICTS), len(names), p=list(_VERDICTS.values()))
    against = kind != "inside"
    judged = json.dumps([{"code": "judged", "parameters": {"date": str(IMAGES[-1])}}])
    ground = np.where(against, area * 0.6, 0.0)
    return pd.DataFrame(
        {
            "patch_id": names,
            "register": "made up",
            "kind": kind,
            "certainty": np.where((kind != "after_expiry") & (random.random(len(names)) < 0.2), "doubtful", "certain"),
            "reasons": judged,
            "date": IMAGES[-1],
            "least_m2": ground * 0.8,
            "likely_m2": ground,
            "most_m2": ground * 1.2,
            "permits": [[]] * len(names),
            "since": None,
            "days": np.where(kind == "after_expiry", 100.0, _NAN),
            "outside": np.where(against, shapely.to_wkb(shapes), None),
        }
    )


def _permits(middles: NDArray[Any], random: np.random.Generator) -> pd.DataFrame:
    shapes = _blobs(middles, np.full(len(middles), 0.4 * _CELL), random)
    bounds = shapely.bounds(shapes)
    texts = {"mine": "", "holder": "", "mineral": "", "kind": "", "status": ""}
    return pd.DataFrame(
        {
            "number": [f"C{number:09}" for number in range(len(middles))],
            **texts,
            "valid_from": date(2015, 1, 1),
            "valid_to": date(2020, 6, 30),
            "mended": False,
            **{name: bounds[:, place] for place, name in enumerate(("west", "south", "east", "north"))},
            "geometry": shapely.to_wkb(shapes),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--patches", type=int, default=10_000)
    parser.add_argument("--image-pixels", type=int, default=16_500, help="side of the images (16,500² are 272 Mpx)")
    parser.add_argument("--no-series", action="store_true")
    given = parser.parse_args()
    with rasterio.Env(GDAL_NUM_THREADS="ALL_CPUS"):
        made = make_release(Home(given.home), given.patches, given.image_pixels, with_series=not given.no_series)
    print(made)


if __name__ == "__main__":
    main()
