"""How hard a simulated scene is: how far random forests get that see colours, or colours and texture.

    python -m benchmarks.weining AREA [--date DATE] [--seed N] [--json]

Both learn from the interpretation that the area names, on the ground that it does not hold out; they are assessed on
what is true of the rest, with as much background to a pixel of a mine as there is. Texture is measured on the image as
it is, across the edges of that ground, too. Prints a table; `--json` adds its figures as one JSON object in the last
line.
"""

import argparse
import datetime
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rich.console import Console
from rich.table import Table
from scipy.ndimage import uniform_filter
from sklearn.ensemble import RandomForestClassifier

from engine.area import Area, read_area
from engine.grid import Block, Grid
from engine.imagery import open_source
from engine.patches.labels import UNLABELLED, read_labels
from engine.patches.split import training_ground
from engine.raster import Raster

TREES, LEAF = 200, 5
# Pixels to learn from, of mines and of background, and pixels of mines to be assessed on; fewer where there are fewer.
LEARNT, ASSESSED = (8_000, 120_000), 5_000
# Edges of the squares within which texture is measured, pixels.
SCALES = (5, 11, 23, 47, 95)
THRESHOLDS = np.linspace(0.02, 0.98, 97)
# Rows that are looked at together, with as many more on either side as texture reaches.
_STRIP, _REACH = 1024, max(SCALES) // 2 + 2

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Samples:
    """Pixels of a scene. index : into the flat image. labels : number of their class, 0 for background."""

    index: NDArray[np.int64]
    labels: NDArray[np.uint8]

    @property
    def mined(self) -> NDArray[np.bool_]:
        return self.labels > 0


@dataclass(frozen=True)
class Problem:
    """What is learnt from, what is assessed, and how much background there is to a pixel of a mine in either.

    lookalike : of the pixels to be assessed, which lie on ground that looks like a mine and is none.
    """

    classes: tuple[str, ...]
    learnt: Samples
    learnt_imbalance: float
    assessed: Samples
    imbalance: float
    lookalike: NDArray[np.bool_]


@dataclass(frozen=True)
class Result:
    name: str
    figures: dict[str, float]
    recalls: dict[str, float]
    seconds: float


def main() -> None:
    given = _arguments()
    area = read_area(given.area)
    problem = pose(area, given.date, np.random.default_rng(given.seed))
    colours, textures = measure(area, given.date, (problem.learnt.index, problem.assessed.index))
    both = [np.concatenate(pair, axis=1) for pair in zip(colours, textures, strict=True)]
    results = [
        forest("colours", problem, *colours, seed=given.seed),
        forest("colours and texture", problem, *both, seed=given.seed),
    ]
    print_table(problem, results, Console())
    if given.json:
        print(json.dumps(as_json(problem, results)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area", type=Path, help="folder of a simulated area, with its truth")
    parser.add_argument("--date", type=datetime.date.fromisoformat, default=datetime.date(2019, 5, 18))
    parser.add_argument("--seed", type=int, default=0, help="of the pixels that are drawn, and of the forests")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    return parser.parse_args()


def pose(area: Area, day: datetime.date, chance: np.random.Generator) -> Problem:
    """Draw the pixels of either half of the ground."""
    options, reference = area.options, area.options.reference
    assert options.imagery is not None and reference is not None
    (image,) = [one for one in options.imagery.images if one.date == day]
    assert image.labels is not None
    grid = open_source(image, options.imagery, area.folder).grid
    labels = {
        one.date: read_labels(area.folder / one.labels, grid, reference)
        for one in options.imagery.in_order
        if one.labels is not None
    }
    known, seen = labels[day], training_ground(labels, reference)[day]
    with Raster(area.folder / "truth" / f"labels_{day.year}.tif") as raster:
        true = raster.read().astype(np.uint8)
    learnt, learnt_imbalance = _draw(known, (known != UNLABELLED) & seen, *LEARNT, chance)
    assessed, imbalance = _draw(true, ~seen, ASSESSED, None, chance)
    return Problem(
        classes=tuple(reference.classes),
        learnt=learnt,
        learnt_imbalance=learnt_imbalance,
        assessed=assessed,
        imbalance=imbalance,
        lookalike=_lookalikes(area.folder / "truth" / "confusers.gpkg", grid).ravel()[assessed.index],
    )


def _draw(
    labels: NDArray[np.uint8],
    where: NDArray[np.bool_],
    mined: int,
    background: int | None,
    chance: np.random.Generator,
) -> tuple[Samples, float]:
    """Pixels of mines and of background (None: in proportion), and how many of the latter there are to one mined."""
    mines, rest = np.flatnonzero((labels > 0) & where), np.flatnonzero((labels == 0) & where)
    imbalance = len(rest) / len(mines)
    mined = min(mined, len(mines))
    background = min(round(mined * imbalance) if background is None else background, len(rest))
    drawn = [chance.choice(mines, mined, replace=False), chance.choice(rest, background, replace=False)]
    index = np.sort(np.concatenate(drawn))
    return Samples(index, labels.ravel()[index]), imbalance


def _lookalikes(path: Path, grid: Grid) -> NDArray[np.bool_]:
    shapes = gpd.read_file(path).geometry
    burnt: NDArray[np.uint8] = rasterize(shapes, grid.shape, transform=grid.transform, dtype="uint8")
    return burnt.astype(np.bool_)


def measure(
    area: Area, day: datetime.date, places: Sequence[NDArray[np.int64]]
) -> tuple[tuple[Values, ...], tuple[Values, ...]]:
    """Colours and textures at places, each (places, features): strip by strip, one feature in memory at a time."""
    imagery = area.options.imagery
    assert imagery is not None
    (image,) = [one for one in imagery.images if one.date == day]
    source = open_source(image, imagery, area.folder)
    rows, cols = source.grid.shape
    found: dict[str, list[list[Values]]] = {"colours": [[] for _ in places], "textures": [[] for _ in places]}
    for first in range(0, rows, _STRIP):
        top, end = max(0, first - _REACH), min(rows, first + _STRIP)
        bands = source.read(source.grid, Block(top, min(rows, end + _REACH), 0, cols))
        inside = [at[(at >= first * cols) & (at < end * cols)] - top * cols for at in places]
        for name, features in (("colours", _colours(bands)), ("textures", _textures(bands))):
            columns = [[one.ravel()[at] for at in inside] for one in features]
            for number in range(len(places)):
                found[name][number].append(np.stack([column[number] for column in columns], axis=1))
    colours, textures = (tuple(np.concatenate(parts) for parts in found[name]) for name in found)
    return colours, textures


def _colours(bands: Values) -> Iterator[Values]:
    """The bands and two of their ratios."""
    yield from bands
    yield bands[0] / bands[2]
    yield bands[3] / bands[0]


def _textures(bands: Values) -> Iterator[Values]:
    """Means and spreads of each band; how steep its brightness is, and whether rather down or along."""
    for band in bands:
        for edge in SCALES:
            mean = uniform_filter(band, edge)
            yield mean
            yield np.sqrt(np.maximum(uniform_filter(band * band, edge) - mean * mean, 0))
    down, along = np.gradient(bands.mean(axis=0))
    for edge in SCALES:
        yield uniform_filter(np.hypot(down, along), edge)
        yield uniform_filter(np.abs(down) - np.abs(along), edge)


def forest(name: str, problem: Problem, learnt: Values, assessed: Values, *, seed: int) -> Result:
    """Train and assess one. Its threshold is the best for the trees that did not see a pixel, weighted as the ground
    that is learnt from has it."""
    started = time.perf_counter()
    trees = RandomForestClassifier(TREES, min_samples_leaf=LEAF, n_jobs=-1, oob_score=True, random_state=seed)
    trees.fit(learnt, problem.learnt.mined)
    seconds = time.perf_counter() - started
    drawn = np.sum(~problem.learnt.mined) / np.sum(problem.learnt.mined)
    weights = np.where(problem.learnt.mined, 1.0, problem.learnt_imbalance / drawn)
    votes = trees.oob_decision_function_[:, 1]
    threshold = max(THRESHOLDS, key=lambda least: accuracy(problem.learnt.mined, votes >= least, weights)["f1"])

    mined, probability = problem.assessed.mined, trees.predict_proba(assessed)[:, 1]
    flagged = probability >= threshold
    alarms = flagged & ~mined
    figures = accuracy(mined, flagged) | {
        "threshold": float(threshold),
        "best_f1": max(accuracy(mined, probability >= least)["f1"] for least in THRESHOLDS),
        "lookalikes_of_false_alarms": _share(problem.lookalike[alarms]),
    }
    recalls = {
        title: _share(flagged[problem.assessed.labels == number])
        for number, title in enumerate(problem.classes, start=1)
    }
    return Result(name, figures, recalls, seconds)


def accuracy(
    mined: NDArray[np.bool_], flagged: NDArray[np.bool_], weights: NDArray[np.float64] | None = None
) -> dict[str, float]:
    """Of what is mined, by weighted counts; 0 where nothing is flagged."""
    weights = np.ones(len(mined)) if weights is None else weights
    hits, found, there = (float(weights[which].sum()) for which in (mined & flagged, flagged, mined))
    return {
        "f1": 2 * hits / (found + there),
        "users_accuracy": hits / found if found else 0.0,
        "producers_accuracy": hits / there,
    }


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def print_table(problem: Problem, results: Sequence[Result], console: Console) -> None:
    mined = int(problem.assessed.mined.sum())
    console.print(
        f"assessed on {mined} pixels of mines and {len(problem.assessed.labels) - mined} of background, "
        f"{problem.imbalance:.1f} to one, {_share(problem.lookalike[~problem.assessed.mined]):.1%} of it lookalikes; "
        f"learnt from {len(problem.learnt.labels)}"
    )
    table = Table("", "F1", "user's", "producer's", "threshold", "best F1 of all", "alarms on lookalikes")
    columns = ("f1", "users_accuracy", "producers_accuracy", "threshold", "best_f1", "lookalikes_of_false_alarms")
    for result in results:
        table.add_row(result.name, *(f"{result.figures[column]:.3f}" for column in columns))
    console.print(table)
    table = Table("found of", *problem.classes)
    for result in results:
        table.add_row(result.name, *(f"{recall:.3f}" for recall in result.recalls.values()))
    console.print(table)
    for result in results:
        console.print(f"{result.name}: {result.seconds:.0f} s to train")


def as_json(problem: Problem, results: Sequence[Result]) -> dict[str, Any]:
    """Figures as `forest.figure`, and recalls as `forest.recall.class`; null for what there is none of."""
    found: dict[str, float] = {"imbalance": problem.imbalance}
    for result in results:
        name = result.name.replace(" ", "_")
        found |= {f"{name}.{figure}": value for figure, value in result.figures.items()}
        found |= {f"{name}.recall.{title.replace(' ', '_')}": value for title, value in result.recalls.items()}
    return {key: None if np.isnan(value) else round(value, 4) for key, value in found.items()}


if __name__ == "__main__":
    main()
