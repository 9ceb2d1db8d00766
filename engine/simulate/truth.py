"""What is true of the patches and of what looks like them, as files that nothing but an assessment may read."""

import csv
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from engine.grid import Block
from engine.raster import start_cog
from engine.simulate.frame import EPOCHS
from engine.simulate.measures import geodesic_m2
from engine.simulate.plan import Patch, Plan
from engine.simulate.terrain import Terrain
from engine.simulate.vectors import dates, texts, write_geopackage

# Rows and columns that are burnt at a time.
_BLOCK = 1024
# Ground that is hard to tell from mines (`write_context`).
PLAIN, SHADOW, WIND_FARM = 0, 1, 2
# A wind farm is its pads and what lies this near to a turbine: tracks, mast, the foot of its shadow.
_TURBINE_M = 60.0


def write_truth(plan: Plan, terrain: Terrain, folder: Path) -> None:
    """Write `patches_YEAR.gpkg`, `labels_YEAR.tif` and `context_YEAR.tif` for both years, `confusers.gpkg` and
    `changes.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    for season, epoch in enumerate(EPOCHS):
        year = epoch.date.year
        write_context(plan, terrain, season, folder / f"context_{year}.tif")
        write_patches(plan, year, folder / f"patches_{year}.gpkg")
        write_labels(plan, year, folder / f"labels_{year}.tif")
    write_confusers(plan, folder / "confusers.gpkg")
    write_changes(plan, folder / "changes.csv")


def outlines_in(plan: Plan, year: int) -> list[tuple[Patch, BaseGeometry]]:
    """The patches that are there in a year's image, with their outlines in it."""
    seen = [(patch, patch.before if year == EPOCHS[0].date.year else patch.after) for patch in plan.patches]
    return [(patch, outline) for patch, outline in seen if outline is not None]


def write_patches(plan: Plan, year: int, path: Path) -> None:
    """True outlines in EPSG:4544. area_m2 is geodesic; weathered_m2 is that of the part of it that blends in."""
    seen = outlines_in(plan, year)
    patches = [patch for patch, _ in seen]
    weathered = [
        0.0 if patch.weathered is None else geodesic_m2(patch.weathered.intersection(outline))
        for patch, outline in seen
    ]
    columns = {
        "number": np.array([patch.number for patch in patches], np.int32),
        "code": np.array([int(patch.mine_class) for patch in patches], np.int32),
        "mine_class": texts([patch.mine_class.title for patch in patches]),
        "change": texts([patch.change.value for patch in patches]),
        "activity": texts([patch.activity.value for patch in patches]),
        "area_m2": np.array([round(geodesic_m2(outline), 2) for _, outline in seen]),
        "weathered": np.array([area > 0 for area in weathered]),
        "weathered_m2": np.round(weathered, 2),
        "role": texts([patch.role for patch in patches]),
        "started": dates([patch.started for patch in patches]),
    }
    write_geopackage(path, columns, [outline for _, outline in seen])


def write_labels(plan: Plan, year: int, path: Path) -> None:
    """Codes of METHOD §1 on the optical grid, 0 background; a pixel is what its centre lies in."""
    seen = outlines_in(plan, year)
    outlines, grid = [outline for _, outline in seen], plan.frame.optical_grid
    tree = shapely.STRtree(outlines)
    with start_cog(path, grid, dtype=np.uint8, nodata=None, unit="code", names=["mine class"]) as write:
        for block in grid.blocks(_BLOCK):
            corner, end = grid.transform @ (block.col0, block.row0), grid.transform @ (block.col1, block.row1)
            burnt = [
                (outlines[at], int(seen[at][0].mine_class)) for at in sorted(tree.query(shapely.box(*corner, *end)))
            ]
            codes = np.zeros(block.shape, np.uint8)
            if burnt:
                rasterize(burnt, out=codes, transform=_of_block(grid.transform, block), all_touched=False)
            write(block, codes[None])


def write_context(plan: Plan, terrain: Terrain, season: int, path: Path) -> None:
    """Where mines are hard to tell, on the optical grid: 0 plain, 1 in the shadow of the terrain at the image's hour,
    more than half of the sun hidden, 2 wind farm: its pads (they are cut before turbines stand), and all within 60 m of
    a turbine. season : 0 in 2019, 1 in 2021. What the shadow of the mines' own relief covers is not told apart.
    """
    grid = plan.frame.optical_grid
    farm: list[BaseGeometry] = [turbine.pad for turbine in plan.turbines]
    farm += [turbine.place.buffer(_TURBINE_M) for turbine in plan.turbines if season or turbine.built_by_2019]
    with start_cog(path, grid, dtype=np.uint8, nodata=None, unit="code", names=["context"]) as write:
        for block in grid.blocks(_BLOCK):
            west, north = grid.transform @ (block.col0 + 0.5, block.row0 + 0.5)
            x = west + plan.frame.size.pixel_m * np.arange(block.shape[1], dtype=np.float64)
            y = north - plan.frame.size.pixel_m * np.arange(block.shape[0], dtype=np.float64)
            codes = np.where(terrain.window(terrain.sunlight[season], x, y) < 0.5, SHADOW, PLAIN).astype(np.uint8)
            if farm:
                shapes = [(shape, WIND_FARM) for shape in farm]
                rasterize(shapes, out=codes, transform=_of_block(grid.transform, block), all_touched=False)
            write(block, codes[None])


def _of_block(transform: Affine, block: Block) -> Affine:
    moved: Affine = transform @ Affine.translation(block.col0, block.row0)
    return moved


def write_confusers(plan: Plan, path: Path) -> None:
    """What looks like a mine and is none, with the code of the class that it looks like."""
    columns = {
        "number": np.array([one.number for one in plan.confusers], np.int32),
        "kind": texts([one.kind.value for one in plan.confusers]),
        "like_code": np.array([int(one.like) for one in plan.confusers], np.int32),
        "like": texts([one.like.title for one in plan.confusers]),
        "area_m2": np.array([round(geodesic_m2(one.outline), 2) for one in plan.confusers]),
    }
    write_geopackage(path, columns, [one.outline for one in plan.confusers])


def write_changes(plan: Plan, path: Path) -> None:
    """One line a patch: what two images show of it, what is done there, how its core moves (rates in mm/yr up)."""
    rows = [_change(patch) for patch in plan.patches]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _change(patch: Patch) -> dict[str, object]:
    motion = patch.motion
    return {
        "number": patch.number,
        "code": int(patch.mine_class),
        "mine_class": patch.mine_class.title,
        "change": patch.change.value,
        "activity": patch.activity.value,
        "started": patch.started or "",
        "area_2019_m2": _area(patch.before),
        "area_2021_m2": _area(patch.after),
        "motion": motion.kind.value,
        "rate_mm_yr": f"{motion.rate:.2f}",
        "rate_before_mm_yr": f"{motion.before:.2f}",
        "day": motion.day or "",
        "until": motion.until or "",
        "step_mm": f"{motion.step_mm:.2f}",
        "annual_mm": f"{motion.annual_mm:.2f}",
        "role": patch.role or "",
    }


def _area(outline: BaseGeometry | None) -> str:
    return "" if outline is None else f"{geodesic_m2(outline):.2f}"
