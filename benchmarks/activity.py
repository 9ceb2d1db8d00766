"""How right activity is on simulated ground whose truth is known, and how fast it is found.

    python -m benchmarks.activity AREA ... [--work FOLDER] [--speed] [--json]

AREA is a folder that `python -m engine simulate weining` made. Patches are those of the reference interpretation, with
an interpreter's errors; motion comes from the area's interferograms through the engine's own steps, whose products are
kept in the work folder. Only patches that can be matched to true ones are counted. `--speed` times 238 and 10,000
patches, copies of the first area's, on two cores.
"""

import argparse
import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.permit_verdicts import match, patch_tables
from engine.activity.fitting import DAYS_PER_YEAR
from engine.activity.steps import COURSES
from engine.area import Area, read_area
from engine.blocks import Workers
from engine.permits.precision import precision_of
from engine.permits.reading import read_cadastre
from engine.permits.registering import make_register
from engine.permits.subjects import subjects
from engine.pipeline.radar import classify, radar_steps
from engine.steps import Progress, Workspace

CLASSES = ("positive", "negative", "settlement", "decorrelated", "no change", "not observable")
# The truth's words for changes that an image shows, and the engine's.
CHANGES = {
    "unchanged": "unchanged",
    "grown": "grown",
    "new": "new",
    "shrunk": "shrunk",
    "levelled": "gone",
    "solar station": "gone",
}
MOVING = ("positive", "negative")
STEP_DAYS = 24
SPEED = (238, 10_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("areas", type=Path, nargs="+")
    parser.add_argument("--work", type=Path, default=Path("var/activity"))
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--list", action="store_true", help="every patch that was taken for what it is not")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    console = Console(width=160)
    found = pd.concat([assess(folder, given.work / folder.name) for folder in given.areas], ignore_index=True)
    figures: dict[str, Any] = {}
    for column, title in (("activity", "Own ground"), ("paper_activity", "The paper's rule, over the scene")):
        console.print(confusion(found, "expected", column, CLASSES, title, figures))
    console.print(confusion(found, "true_change", "change", tuple(dict.fromkeys(CHANGES.values())), "Images", figures))
    figures |= dates(found) | growth(found) | losses(found)
    for name, value in figures.items():
        if not isinstance(value, dict):
            console.print(f"{name}: {value:.3g}" if isinstance(value, float) else f"{name}: {value}")
    if given.list:
        wrong = found[found["expected"] != found["activity"]]
        shown = ["area", "number", "expected", "activity", "motion", "class_confidence", "course", "fading"]
        print(wrong[shown].to_string())
        dated = found[found["true_day"].notna() | found["turn"].notna()]
        shown = ["area", "number", "expected", "activity", "motion", "true_day", "turn", "day", "day_first", "day_last"]
        print(dated[shown].to_string())
    if given.speed:
        for count in SPEED:
            seconds, cpu = speed(given.areas[0], given.work / given.areas[0].name, count)
            figures[f"seconds_{count}"], figures["patches_per_s"] = seconds, count / seconds
            console.print(f"{count} patches: {seconds:.1f} s, {cpu:.1f} CPU s")
    if given.json:
        print(json.dumps(figures))


def assess(folder: Path, work: Path) -> pd.DataFrame:
    """One row for each true patch that was interpreted: what is true of it beside what was found."""
    area = read_area(folder)
    register = make_register(read_cadastre(folder / "permits" / "permits.gpkg"))[0]
    assert area.options.permits is not None
    tables = patch_tables(area, precision_of(area.options.permits, register.crs, pixel_m=1.0), work)
    matched = match(folder, {one.patch_id: one.latest.shape for one in subjects(tables)})
    truth = pd.read_csv(folder / "truth" / "motion.csv").set_index("patch")
    changes = pd.read_csv(folder / "truth" / "changes.csv").set_index("number")
    own = (
        tables["patch"]
        .drop(columns="geometry")
        .merge(tables["activity"].drop(columns="cluster"), on="patch_id", how="left")
        .merge(pd.read_parquet(work / COURSES), on="patch_id", how="left")
        .set_index("patch_id")
    )
    rows = []
    for number, name in matched.items():
        true, change = truth.loc[number], changes.loc[number]
        rows.append(
            {
                "area": folder.name,
                "number": number,
                "patch_id": name,
                "expected": true["expected"],
                "motion": true["motion"],
                "true_day": _day(true["day"]),
                "true_until": _day(true["until"]),
                "true_change": CHANGES[true["change"]],
                "true_growth": _area(change["area_2021_m2"]) - _area(change["area_2019_m2"]),
                **own.loc[name].to_dict(),
            }
        )
    found = pd.DataFrame(rows)
    for column in ("activity", "paper_activity"):
        found[column] = found[column].str.replace("_", " ")
    return found


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


def _area(value: float) -> float:
    return 0.0 if np.isnan(value) else float(value)


def confusion(
    found: pd.DataFrame, true: str, said: str, classes: tuple[str, ...], title: str, figures: dict[str, Any]
) -> Table:
    """Patches by a true class and by what is said of them; the recall of each class goes into the figures."""
    counts = pd.crosstab(found[true], found[said])
    table = Table(title=f"{title} ({said}); rows are true")
    others = [name for name in counts.columns if name not in classes]
    for column in ("", *classes, *others, "of", "recall"):
        table.add_column(column, justify="right")
    recalls = {}
    for name in classes:
        if name not in counts.index:
            continue
        row, total = counts.loc[name], int(counts.loc[name].sum())
        recalls[name] = float(row.get(name, 0)) / total
        cells = [str(row.get(one, 0)) for one in (*classes, *others)]
        table.add_row(name, *cells, str(total), f"{recalls[name]:.2f}")
    figures[f"recall_{said}"] = recalls
    return table


def dates(found: pd.DataFrame) -> dict[str, float]:
    """How well days of motion are told."""
    seen = found[found["turn"].notna() & found["true_day"].notna() & ~found["motion"].isin(["decay", "violent"])]
    same = seen[seen["motion"].isin(["onset", "stop", "step"])]
    off = np.array([(day - true).days for day, true in zip(same["day"], same["true_day"], strict=True)], float)
    held = _held(same, "day_first", "day_last", "true_day")
    moving = found[found["expected"].isin(MOVING)]
    steps, bent = same["motion"] == "step", same["motion"].isin(["onset", "stop"]) & (same["turn"] != "step")
    bounds = np.array([cramer_rao_days(row) for row in same[bent].to_dict("records")])
    still = found[(found["motion"] == "none") & (found["expected"] == "no change")]
    true_steps = moving[moving["motion"] == "step"]
    return {
        "steps": float(len(true_steps)),
        "steps_dated": float(
            np.sum(steps & (np.abs(off) <= STEP_DAYS) & same["expected"].isin(MOVING)) / max(len(true_steps), 1)
        ),
        "onsets_and_stops_dated": float(
            (bent & same["expected"].isin(MOVING)).sum() / max(moving["motion"].isin(["onset", "stop"]).sum(), 1)
        ),
        "days_off_rms": _rms(off[bent]),
        "days_off_median": float(np.median(np.abs(off[bent]))) if bent.any() else float("nan"),
        "cramer_rao_days_median": float(np.median(bounds)) if bounds.size else float("nan"),
        "off_over_cramer_rao_rms": _rms(off[bent] / bounds),
        "off_over_cramer_rao_median": float(np.median(np.abs(off[bent] / bounds)) / 0.6745) if bounds.size else np.nan,
        "intervals_hold": float(held.mean()) if held.size else float("nan"),
        "dated": float(len(same)),
        "still": float(len(still)),
        "false_turns": float(still["turn"].notna().mean()),
        "seasonal_turns": float(found[found["motion"] == "seasonal"]["turn"].notna().mean()),
    }


def cramer_rao_days(row: dict[str, Any]) -> float:
    """Least standard deviation that any unbiased date of a kink can have, days, with the noise that was found.

    Of a level, two rates and the day, from acquisitions every 12 days over three years as the area has them.
    """
    years = np.arange(0, 3.0, 12 / DAYS_PER_YEAR)
    at = (row["true_day"] - date(2019, 1, 11)).days / DAYS_PER_YEAR
    return cramer_rao(years, at, row["rate_after"] - row["rate_before"], row["noise_mm"], row["walk_mm"])


def cramer_rao(years: NDArray[np.float64], at: float, change: float, noise_mm: float, walk_mm: float) -> float:
    """The same for any dates; `change` of rate in mm/yr."""
    late = years > at
    slopes = np.column_stack([np.ones_like(years), years, np.maximum(years - at, 0), -change * late])
    covariance = noise_mm**2 * np.eye(years.size) + walk_mm**2 * np.minimum.outer(years, years)
    information = slopes.T @ np.linalg.solve(covariance, slopes)
    return float(np.sqrt(np.linalg.inv(information)[3, 3]) * DAYS_PER_YEAR)


def growth(found: pd.DataFrame) -> dict[str, float]:
    """Error of what was gained, of patches that grew and are said to have grown; m² are of both outlines."""
    grown = found[(found["true_change"] == "grown") & (found["change"] == "grown")]
    error = np.abs(grown["change_m2"] - grown["true_growth"]) / grown["true_growth"]
    within = np.abs(grown["change_m2"] - grown["true_growth"]) <= grown["change_margin_m2"]
    return {"growth_error_median": float(error.median()), "growth_within_margin": float(within.mean())}


def losses(found: pd.DataFrame) -> dict[str, float]:
    """How well digging is dated by the loss of coherence."""
    dug = found[(found["motion"] == "violent") & (found["expected"] == "decorrelated")]
    dated = dug[dug["lost_first"].notna()]
    held = _held(dated, "lost_first", "lost_last", "true_day")
    ended = dug[dug["true_until"].notna()]
    ends = ended[ended["lost_until_first"].notna()]
    held_ends = _held(ends, "lost_until_first", "lost_until_last", "true_until")
    width = [(high - low).days for low, high in zip(dated["lost_first"], dated["lost_last"], strict=True)]
    false = dug[dug["true_until"].isna()]["lost_until_first"].notna()
    return {
        "dug": float(len(dug)),
        "losses_dated": len(dated) / max(len(dug), 1),
        "losses_held": float(held.mean()) if held.size else float("nan"),
        "loss_interval_days": float(np.median(width)) if width else float("nan"),
        "ends_dated": len(ends) / max(len(ended), 1),
        "ends_held": float(held_ends.mean()) if held_ends.size else float("nan"),
        "false_ends": float(false.mean()) if len(false) else float("nan"),
    }


def _held(found: pd.DataFrame, first: str, last: str, true: str) -> NDArray[np.bool_]:
    """Whether each interval holds the true day."""
    return np.array([low <= day <= high for low, high, day in zip(found[first], found[last], found[true], strict=True)])


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")


def speed(folder: Path, work: Path, count: int) -> tuple[float, float]:
    """Seconds and CPU seconds to classify so many patches, copies of the area's interpreted ones laid side by side."""
    area = read_area(folder)
    workspace = Workspace(work, {}, Progress(work / "status.json", lambda _: None))
    radar = radar_steps(area, workspace, Workers("threads", 1))
    assert radar is not None
    patches = gpd.GeoDataFrame(list(_copies(area, count)), columns=["patch_id", "geometry"], crs="EPSG:4326")
    with TemporaryDirectory() as scratch:
        start, cpu = time.perf_counter(), time.process_time()
        classify(patches, radar, Path(scratch), area)
        return time.perf_counter() - start, time.process_time() - cpu


def _copies(area: Area, count: int) -> Iterator[tuple[str, Any]]:
    """Interpreted outlines, shifted by ever other amounts within the frame."""
    assert area.options.imagery is not None
    drawn = gpd.read_file(area.folder / str(area.options.imagery.images[0].labels)).to_crs("EPSG:4326")
    west, south, east, north = drawn.total_bounds
    chance = np.random.default_rng(0)
    for number in range(count):
        shape = drawn.geometry.iloc[number % len(drawn)]
        if number >= len(drawn):
            x0, y0, x1, y1 = shape.bounds
            dx, dy = chance.uniform(west - x0, east - x1), chance.uniform(south - y0, north - y1)
            shape = gpd.GeoSeries([shape]).translate(dx, dy).iloc[0]
        yield f"S-{number:05d}", shape


if __name__ == "__main__":
    main()
