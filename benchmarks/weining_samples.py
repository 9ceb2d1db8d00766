"""How models/weining-resnet18.samples.parquet was made: what the model takes for mines where it has not learnt.

    python -m benchmarks.weining_samples FOLDER [--out FOLDER]

Makes `medium`, of pixels of 1 m, and `small`, of 2 m, in FOLDER (areas that are there stay), has the model look through
both dates of each, and keeps what the regions of its masks look like, and whether the reference interpretation, an
interpreter's errors and all, has a mine there. No model has learnt from these seeds, and no figure is of them.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console

from benchmarks.weining_model import NAME, TRIED_ON, made
from engine.area import Area
from engine.blocks import Workers
from engine.imagery import IMAGE
from engine.objects.screening import Samples, known_regions, regions_of, write_samples
from engine.objects.steps import FoundClasses, describe_date
from engine.patches.inference import MASK, PROBABILITY
from engine.patches.labels import UNLABELLED, read_labels
from engine.patches.split import is_mine
from engine.pipeline import extract_area
from store.home import Home

SEEDS = {"medium": (*TRIED_ON, 51, 52, 53, 54), "small": tuple(range(101, 111))}
MODELS = Path(__file__).parents[1] / "models"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="for the simulated areas")
    parser.add_argument("--out", type=Path, default=MODELS, help="for the samples")
    given = parser.parse_args()
    console, by_pixel_m, home = Console(stderr=True), {}, Home(given.folder / "home")
    for size, seeds in SEEDS.items():
        parts, pixel_m = [], 0.0
        for seed in seeds:
            found, pixel_m = samples_of(made(given.folder, size, seed, console), MODELS / f"{NAME}.safetensors", home)
            parts += found
        mine = np.concatenate([part.mine for part in parts])
        console.print(f"{size}: {mine.sum()} mines, {(~mine).sum()} others")
        by_pixel_m[pixel_m] = Samples(pd.concat([part.looks for part in parts]), mine)
    write_samples(given.out / f"{NAME}.samples.parquet", by_pixel_m)


def samples_of(area: Area, model: Path, home: Home) -> tuple[list[Samples], float]:
    """The regions of the masks of an area's images, all of whose ground is known; edge of its pixels, metres."""
    imagery, reference = area.options.imagery, area.options.reference
    assert imagery is not None and reference is not None
    extracted, workspace = extract_area(area, home, workers=Workers(), listen=lambda _: None, model=model)
    grid = extracted.images.grid
    bands = [band.name for band in extracted.checkpoint.description.bands]
    least_pixels = area.options.refinement.least_area_m2 / grid.square_pixel_m**2
    folders = {day: workspace.path(record) for day, record in extracted.records.items()}
    found = {day: FoundClasses(folder / PROBABILITY, folder / MASK) for day, folder in folders.items()}
    images = {day: workspace.path(record) / IMAGE for day, record in extracted.images.records.items()}
    parts = []
    for image in imagery.in_order:
        assert image.labels is not None
        probability, classes = found[image.date].read()
        regions = regions_of(classes > 0, least_pixels)
        looks = describe_date(image.date, regions, probability, images, found, bands)
        labels = read_labels(area.folder / image.labels, grid, reference)
        parts.append(known_regions(regions, looks, is_mine(labels), labels != UNLABELLED))
    return parts, grid.square_pixel_m


if __name__ == "__main__":
    main()
