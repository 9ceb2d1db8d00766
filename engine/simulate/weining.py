"""A simulated study area, from its seed to its folder: what is seen of it, what is known of it, and the truth apart."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from affine import Affine
from pyproj import CRS

from engine.area import AREA_FILE
from engine.blocks import Workers
from engine.errors import InputError
from engine.grid import Grid
from engine.raster import write_cog
from engine.simulate.area_file import area_text, source_text
from engine.simulate.frame import OPTICAL_CRS, SIZES, Frame
from engine.simulate.land_cover import write_land_cover
from engine.simulate.optics.images import scene_of, write_images
from engine.simulate.radar.stack import simulate_radar
from engine.simulate.reference import write_reference
from engine.simulate.register.drawing import draw_register
from engine.simulate.register.files import write_register
from engine.simulate.register.verdicts import write_verdicts
from engine.simulate.terrain import SPACING_M, Terrain
from engine.simulate.truth import write_truth
from engine.steps import code_digest

TRUTH, NOTE = "truth", "simulation.json"
Count = Callable[[str, int], Callable[[], None]]


def simulate(size: str, seed: int, out: Path, *, workers: Workers, count: Count, force: bool = False) -> bool:
    """Write a simulated area into `out`, whole or not at all; False when it is there already, made by the same code.

    The same size and seed give the same bytes, whatever the number of workers. `out`/area.toml names all that a run may
    read; `out`/truth is for assessment alone.

    Parameters
    ----------
    count : makes, for a named part of the work and its number of equal steps, a function to call after each.

    Raises
    ------
    InputError
        When `out` holds anything else than a simulated area.
    """
    frame = Frame(SIZES[size], seed)
    note = {"size": size, "seed": seed, "code": code_digest("simulate", "blocks.py")}
    if _is_there(out, note) and not force:
        return False
    with _whole(out) as folder:
        for name in ("images", "permits", "reference", "radar", TRUTH):
            (folder / name).mkdir()
        scene = scene_of(frame)
        plan, terrain = scene.plan, scene.terrain
        _write_heights(terrain, folder / "dem.tif")
        write_reference(plan, folder / "reference")
        write_land_cover(plan, terrain, folder / "land_cover.tif")
        register = draw_register(plan)
        write_register(register, folder / "permits")
        write_truth(plan, terrain, folder / TRUTH)
        write_verdicts(plan, register, folder / TRUTH)
        write_images(frame, folder / "images", workers=workers, count=lambda total: count("images", total))
        simulate_radar(
            plan,
            terrain,
            folder / "radar",
            folder / TRUTH,
            workers=workers,
            count=lambda total: count("interferograms", total),
        )
        (folder / AREA_FILE).write_text(area_text(frame), encoding="utf-8")
        (folder / "SOURCE.md").write_text(source_text(frame), encoding="utf-8")
        (folder / NOTE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    return True


def _is_there(out: Path, note: dict[str, Any]) -> bool:
    """Whether the very area is there; refuses to write over what is none."""
    if not out.exists():
        return False
    try:
        return bool(json.loads((out / NOTE).read_text(encoding="utf-8")) == note)
    except (OSError, ValueError):
        if not out.is_dir() or any(out.iterdir()):
            raise InputError(
                "it is there, and it is no simulated area",
                file=out,
                field="out",
                mend="name a folder that is not there yet",
            ) from None
        return False


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A folder that takes the place of `out` when all went well, and is gone when not."""
    partial, old = out.with_name(out.name + ".partial"), out.with_name(out.name + ".old")
    for left in (partial, old):
        shutil.rmtree(left, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        if out.exists():
            os.replace(out, old)
        os.replace(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _write_heights(terrain: Terrain, path: Path) -> None:
    """The terrain's lattice, with its margin."""
    transform = Affine(SPACING_M, 0, terrain.x[0] - SPACING_M / 2, 0, -SPACING_M, terrain.y[0] + SPACING_M / 2)
    grid = Grid(CRS(OPTICAL_CRS), transform, terrain.height.shape)
    write_cog(path, terrain.height, grid, nodata=None, unit="m", name="height")
