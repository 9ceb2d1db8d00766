"""What is said to have changed at mines that the engine found by itself, held against what is true.

    python -m benchmarks.found_changes AREA ... [--model FILE] [--boundary-error M ...] [--json]

AREA is a folder that `python -m engine simulate weining` made. Its images go through the engine's own steps (network,
objects, refinement), which are kept as those of a run are, and patches are followed through the dates with each of the
boundary errors, metres; by default with what the model says of itself. Patches that are no mine stand in a row of their
own, as do mines that were not found.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from rich.console import Console

from benchmarks.activity import CHANGES, confusion
from benchmarks.permit_verdicts import METRIC, SAME, match
from engine.area import Area, read_area
from engine.blocks import Workers
from engine.imagery import IMAGE
from engine.patches.inference import PROBABILITY
from engine.patches.steps import OUTLINES, PATCHES, track_patches
from engine.pipeline.optical import optical_steps
from engine.products import ExtractionProducts, OpticalProducts
from engine.steps import Progress, Workspace
from store.home import Home

CLASSES = (*dict.fromkeys(CHANGES.values()), "undetermined", "missed")
NO_MINE = "no mine"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("areas", type=Path, nargs="+")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--boundary-error", type=float, nargs="+", default=[], metavar="M")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    console, found = Console(width=160), []
    for folder in given.areas:
        area = read_area(folder)
        found.append(pd.concat(followed(area.with_model(given.model) if given.model else area, given.boundary_error)))
    figures: dict[str, Any] = {}
    for error_m, those in pd.concat(found, ignore_index=True).groupby("boundary_error_m"):
        own: dict[str, Any] = {}
        named = f"Boundary error {error_m:g} m"
        console.print(confusion(those, "true_change", "change", (*CLASSES, NO_MINE), named, own))
        grown = those[(those["true_change"] == "grown") & (those["change"] == "grown")]
        own["growth_off_median"] = ((grown["change_m2"] - grown["true_growth"]).abs() / grown["true_growth"]).median()
        real = those[those["true_change"] != NO_MINE]
        own["areas_within_margin"] = ((real["area_m2"] - real["true_m2"]).abs() <= real["margin_m2"]).sum() / max(
            int(real["area_m2"].notna().sum()), 1
        )
        console.print({name: round(value, 3) for name, value in own.items() if not isinstance(value, dict)})
        figures[f"{error_m:g}"] = own
    if given.json:
        print(json.dumps(figures))


def followed(area: Area, errors_m: list[float]) -> Iterator[pd.DataFrame]:
    """A row for each true mine and each patch that is none, for each boundary error."""
    folder = Home.default().work(area.name) / "changes"
    workspace = Workspace(folder, {}, Progress(folder / "progress.json", lambda _: None))
    optical = optical_steps(area, workspace, Workers())
    assert optical is not None and optical.extraction is not None
    for error_m in errors_m or [optical.extraction.boundary_error_m]:
        tables = _tracked(area, optical, replace(optical.extraction, boundary_error_m=error_m), folder)
        yield _against_truth(area.folder, *tables).assign(area=area.folder.name, boundary_error_m=error_m)


def _tracked(
    area: Area, optical: OpticalProducts, extraction: ExtractionProducts, folder: Path
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    track_patches(
        extraction.outlines,
        {day: path / PROBABILITY for day, path in extraction.probabilities.items()},
        {day: path / IMAGE for day, path in optical.images.items()},
        gpd.GeoDataFrame({"patch_id": []}, geometry=[], crs="EPSG:4326"),
        (),
        folder,
        boundary_error_m=extraction.boundary_error_m,
        options=area.options.change,
    )
    return gpd.read_parquet(folder / PATCHES), gpd.read_parquet(folder / OUTLINES)


def _against_truth(folder: Path, patches: gpd.GeoDataFrame, outlines: gpd.GeoDataFrame) -> pd.DataFrame:
    true = pd.read_csv(folder / "truth" / "changes.csv").set_index("number")
    own, last = patches.set_index("patch_id"), outlines.sort_values("date").groupby("patch_id").last()
    matched = match(folder, dict(own.geometry))
    rows: list[dict[str, Any]] = []
    for number, change in true.iterrows():
        areas = change[["area_2019_m2", "area_2021_m2"]].fillna(0)
        row = {"number": number, "true_change": CHANGES[change["change"]], "true_growth": areas.iloc[1] - areas.iloc[0]}
        if (name := matched.get(int(number))) is None:
            rows.append(row | {"change": "missed"})
            continue
        latest = last.loc[name]
        year = date.fromisoformat(str(latest["date"])[:10]).year
        rows.append(
            row
            | {"change": own.loc[name, "change"], "change_m2": own.loc[name, "change_m2"]}
            | {"area_m2": latest["area_m2"], "margin_m2": latest["margin_m2"], "true_m2": change[f"area_{year}_m2"]}
        )
    others = own[~own.index.isin(list(matched.values()))]
    mines = gpd.GeoSeries(
        pd.concat([gpd.read_file(folder / "truth" / f"patches_{year}.gpkg").geometry for year in (2019, 2021)]),
        crs=METRIC,
    )
    shared = others.to_crs(METRIC).geometry.intersection(mines.union_all()).area
    others = others[(shared < SAME / 2 * others.to_crs(METRIC).area).to_numpy()]
    rows += [{"true_change": NO_MINE, "change": change} for change in others["change"]]
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
