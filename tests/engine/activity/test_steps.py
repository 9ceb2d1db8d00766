"""The activity step on a made frame: what was laid into the ground comes out of the tables."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from pyproj import CRS
from shapely.geometry import box

from engine.activity.decorrelation import DatedPair
from engine.activity.motion import Motion
from engine.activity.options import ActivityOptions
from engine.activity.sites import Sites
from engine.activity.steps import ACTIVITY, COURSES, SERIES, Coherence, classify_patches
from engine.activity.surroundings import walk_of_noise
from engine.grid import Block, Grid

GRID = Grid(CRS.from_epsg(32648), Affine(15.0, 0.0, 500_000.0, 0.0, -15.0, 4_150_000.0), (160, 200))
DATES = [date(2019, 1, 11) + timedelta(days=12 * number) for number in range(80)]
YEARS = np.array([(day - DATES[0]).days for day in DATES]) / 365.25
PLACES = {
    "onset": (20, 30),
    "line": (20, 90),
    "fading": (20, 150),
    "dug": (80, 30),
    "still": (80, 90),
    "small": (80, 150),
    "step": (130, 40),
    "grown": (130, 100),
}
COURSES_OF = {
    "onset": -14.0 * np.maximum(YEARS - 1.3, 0),
    "line": 9.0 * YEARS,
    "fading": -30.0 * (1 - np.exp(-YEARS)),
    "grown": -30.0 * (1 - np.exp(-YEARS)),
    "step": -11.0 * (YEARS > 1.51),
}
EDGE = 8
DUG = 40  # number of the date from which on it is dug


def window(name: str) -> tuple[slice, slice]:
    row, col = PLACES[name]
    edge = 2 if name == "small" else EDGE
    return slice(row, row + edge), slice(col, col + edge)


@pytest.fixture(scope="module")
def frame() -> tuple[Motion, np.ndarray]:
    """Air that is the same over the frame, noise of pixels that walks, and what moves."""
    chance = np.random.default_rng(2)
    air = chance.normal(0, 3, (YEARS.size, 1, 1))
    steps = np.sqrt(np.diff(YEARS, prepend=YEARS[0]))[:, None, None]
    series = air + np.cumsum(chance.normal(size=(YEARS.size, *GRID.shape)) * steps, axis=0)
    series += chance.normal(0, 0.5, series.shape)
    for name, course in COURSES_OF.items():
        series[:, *window(name)] += course[:, None, None]
    series -= series[:1]
    centred = YEARS - YEARS.mean()
    rate = (np.tensordot(centred, series, axes=1) / (centred @ centred)).astype(np.float32)
    error = np.full(GRID.shape, 0.7, np.float32)
    lost = np.zeros(GRID.shape, bool)
    lost[window("dug")] = True
    rate[lost], error[lost], series[:, lost] = np.nan, np.nan, np.nan
    return Motion(GRID, rate, error, np.ones(GRID.shape, bool), lost, 2.0), series.astype(np.float32)


def patches() -> gpd.GeoDataFrame:
    shapes = []
    for name in PLACES:
        rows, cols = window(name)
        west, north = GRID.transform @ (cols.start, rows.start)
        east, south = GRID.transform @ (cols.stop, rows.stop)
        shapes.append(box(west, south, east, north))
    changes = ["grown" if name == "grown" else "unchanged" for name in PLACES]
    table = gpd.GeoDataFrame({"patch_id": list(PLACES), "change": changes}, geometry=shapes, crs=GRID.crs)
    return table.to_crs("EPSG:4326")


def coherence() -> Coherence:
    pairs = [DatedPair(at, first, second) for at, (first, second) in enumerate(pairwise(DATES))]

    def read(number: int) -> np.ndarray:
        values = np.full(GRID.shape, 0.7, np.float32) + np.float32(0.02 * (number % 3))
        if number >= DUG - 1:
            values[window("dug")] = 0.2
        return values

    return Coherence(pairs, read)


@pytest.fixture(scope="module")
def found(frame: tuple[Motion, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    motion, series = frame
    folder = tmp_path_factory.mktemp("activity")

    def read(block: Block) -> np.ndarray:
        return series[(slice(None), *block.slices)]

    report = classify_patches(
        patches(), motion, read, DATES, folder, ActivityOptions(), years=float(YEARS[-1]), coherence=coherence()
    )
    assert report["walk_known"]
    return folder


def test_each_patch_is_what_was_laid_into_it(found: Path) -> None:
    activity = gpd.read_parquet(found / ACTIVITY).set_index("patch_id")["activity"]
    assert dict(activity) == {
        "onset": "negative",
        "line": "positive",
        "fading": "settlement",
        "dug": "decorrelated",
        "still": "no_change",
        "small": "not_observable",
        "step": "negative",
        "grown": "negative",  # it fades as well, but images show that it is dug
    }


def test_turns_are_dated(found: Path) -> None:
    courses = pd.read_parquet(found / COURSES).set_index("patch_id")
    assert set(courses.index) == set(PLACES) - {"dug", "small"}
    assert courses.loc["onset", "turn"] == "onset"
    day = DATES[0] + timedelta(days=round(1.3 * 365.25))
    margin = timedelta(days=12)  # one interval in twenty misses, and this one may
    assert courses.loc["onset", "day_first"] - margin <= day <= courses.loc["onset", "day_last"] + margin
    assert courses.loc["step", "turn"] == "step"
    assert abs((courses.loc["step", "day"] - DATES[0]).days - 1.51 * 365.25) < 24
    assert courses.loc[["line", "still"], "turn"].isna().all()


def test_what_is_dug_is_dated_by_its_coherence(found: Path) -> None:
    activity = gpd.read_parquet(found / ACTIVITY).set_index("patch_id")
    assert activity.loc["dug", "lost_first"] < DATES[DUG] <= activity.loc["dug", "lost_last"]
    assert pd.isna(activity.loc["dug", "lost_until_first"])
    assert activity.drop(index="dug")["lost_first"].isna().all()


def test_the_air_is_taken_from_series_and_kept_apart(found: Path) -> None:
    series = pd.read_parquet(found / SERIES).set_index("patch_id")
    still = series.loc["still"]
    assert np.std(still["displacement_mm"]) < 1.0 < 2.0 < np.std(still["still_mm"])
    assert series.loc["onset", "of"] == "cluster"
    assert still["of"] == "patch"
    off = np.array(series.loc["line", "fitted_mm"]) - np.array(series.loc["line", "displacement_mm"])
    assert np.abs(off).max() < 3.0


def test_confidence_is_a_probability_where_it_can_be_told(found: Path) -> None:
    activity = gpd.read_parquet(found / ACTIVITY).set_index("patch_id")["class_confidence"]
    assert np.isnan(activity["small"])
    known = activity.drop(index="small")
    assert ((known > 0.5) & (known <= 1)).all()


def test_noise_of_rates_says_how_far_noise_walks(frame: tuple[Motion, np.ndarray]) -> None:
    """One millimetre in the root of a year a pixel, less for the mean of several."""
    motion, _ = frame
    far = Sites(patches().geometry, GRID, ActivityOptions()).far_from_all()
    walk = walk_of_noise(motion, far, years=float(YEARS[-1]), radius_m=300.0, threshold=5.0)
    assert walk is not None
    assert walk(0.7, 1) == pytest.approx(1.0, rel=0.25)
    assert walk(0.7, 9) == pytest.approx(1 / 3, rel=0.35)
    assert walk(1.4, 9) == pytest.approx(2 * walk(0.7, 9))
    assert walk_of_noise(motion, np.zeros_like(far), years=2.6, radius_m=300.0, threshold=5.0) is None


def test_without_patches_there_is_nothing(frame: tuple[Motion, np.ndarray], tmp_path: Path) -> None:
    motion, series = frame
    none = patches().iloc[:0]
    classify_patches(
        none, motion, lambda block: series[(slice(None), *block.slices)], DATES, tmp_path, ActivityOptions(), years=2.6
    )
    assert len(gpd.read_parquet(tmp_path / ACTIVITY)) == 0
    assert len(pd.read_parquet(tmp_path / COURSES)) == 0
